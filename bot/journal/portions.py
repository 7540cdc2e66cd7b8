"""A run's records in portions: one as long as a year's night is read in the memory of a few thousand."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select, true, type_coerce
from sqlalchemy.types import NullType

from bot.journal import tables
from bot.journal.chain import Record
from bot.journal.codec import Words
from bot.journal.rows import Read
from bot.journal.tables import read_stored_instant

PORTION = 2_000
"""Records read at once."""
_NO_WORDS: Mapping[str, Words] = {}

_record, _words = tables.record.c, tables.words.c
_RECORDS = select(
    _record.seq, type_coerce(_record.at, NullType()), _record.by, _record.via, _record.kind, _record.body, _record.prev,
    _record.hash,
).order_by(_record.seq)  # fmt: skip
"""The time as the database keeps it: it is read once for all records that share it."""
_OF_RUN = _record.run_id == bindparam("run_id")
_PORTION = _RECORDS.where(_OF_RUN, _record.seq.between(bindparam("first"), bindparam("last")))
_BESIDE = (_words.run_id == bindparam("run_id")) & _words.seq.between(bindparam("first"), bindparam("last"))
_WORDS = select(_words.seq, _words.field, _words.text, _words.salt).where(_BESIDE)


def stream_records(read: Read, run_id: str, upto: int) -> Iterator[Record]:
    """A run's records from the first to number `upto`, in order, with the words beside them.

    What is appended meanwhile is not read; a record that is missing is passed over, as `verify_chain` names it.
    """
    for first in range(1, upto + 1, PORTION):
        span = {"run_id": run_id, "first": first, "last": min(first + PORTION - 1, upto)}
        beside: dict[int, dict[str, Words]] = {}
        for row in read(_WORDS, **span):
            beside.setdefault(row.seq, {})[row.field] = Words(row.text, row.salt)
        yield from _records(run_id, read(_PORTION, **span), beside)


def pick_records(read: Read, run_id: str, upto: int, kinds: Mapping[str, Collection[str]]) -> Iterator[Record]:
    """The records of these kinds, up to number `upto`, in order, without the words beside them.

    Of a kind that comes with names of lists, only those in which one of the lists is not empty, or is not there.
    """
    return _records(run_id, read(_picking(kinds), run_id=run_id, last=upto), {})


def _picking(kinds: Mapping[str, Collection[str]]) -> Select[Any]:
    wanted = or_(*(and_(_record.kind == kind, _holds_any(lists)) for kind, lists in kinds.items()))
    return _RECORDS.where(_OF_RUN, _record.seq <= bindparam("last"), wanted)


def _holds_any(lists: Collection[str]) -> ColumnElement[bool]:
    """A body is canonical JSON, so that an empty list is spelled in one way, and no words of a person spell it."""
    return or_(*(~_record.body.contains(f'"{name}":[]') for name in lists)) if lists else true()


def _records(run_id: str, rows: Collection[Any], beside: Mapping[int, Mapping[str, Words]]) -> Iterator[Record]:
    written, at = None, datetime.min.replace(tzinfo=UTC)
    for seq, stored, by, via, kind, body, prev, hash_ in rows:
        if stored != written:
            written, at = stored, _instant(stored)
        yield Record(run_id, seq, at, by, via, kind, body, prev, hash_, beside.get(seq, _NO_WORDS))


def _instant(stored: Any) -> datetime:  # noqa: ANN401  (text or a time, whichever the database keeps)
    at: datetime = read_stored_instant(stored) if isinstance(stored, str) else stored.astimezone(UTC)
    return at

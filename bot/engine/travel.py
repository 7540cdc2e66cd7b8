"""A run travels: its records, chain, typed words and pinned texts as lines of JSON, from one database to another."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.engine.audit import audit_records
from bot.engine.reading import fold
from bot.engine.rebuild import free_ref, keep_counting
from bot.format.runbook import Runbook
from bot.journal.chain import Record, SaltedWords, Unreadable, canonical, text_digest, verify_chain
from bot.journal.ledger import read_tip
from bot.journal.rows import Locked, RunRow, row_of
from bot.journal.store import Journal
from bot.journal.transaction import WriteTransaction
from bot.run.situation import Stamp
from bot.run.state import Run

FORMAT = "handrail-run/v1"
_NAMED = 5
"""Faults that are named in one sentence."""
_REF = re.compile(r"[A-Z0-9]{1,10}-[0-9]{1,18}")
ImportState = Literal["new", "same", "older", "extended"]


class CannotImport(Exception):
    """The file is not taken in; the sentence says why."""


class Unlawful(CannotImport):
    """The file is sound, and tells what the rules never let happen."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        more = f" And {len(faults) - _NAMED} more." if len(faults) > _NAMED else ""
        super().__init__(f"It breaks the law: {' '.join(faults[:_NAMED])}{more}")
        self.faults = faults


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


T = TypeVar("T", bound=_Line)


class _PinnedText(_Line):
    runbook: str
    text: str


class _WordsLine(_Line):
    text: str | None
    salt: str | None


class _ArrivalLine(_Line):
    head: int
    hash: str
    at: Annotated[datetime, Field(strict=False)]
    by: str
    source: str
    evidence: bool | None = None


class _Header(_Line):
    """The first line of a file: what run it is, how far it goes, and the texts it is pinned to."""

    format: str
    run_id: Annotated[str, Field(min_length=1, max_length=64)]
    ref: str
    exported_at: Annotated[datetime, Field(strict=False)]
    head: Annotated[int, Field(ge=1)]
    hash: str
    digest: str
    texts: dict[str, _PinnedText]
    arrivals: list[_ArrivalLine] = []


class _RecordLine(_Line):
    """A record; its body is an object here, and canonical JSON in the database."""

    run_id: str
    seq: int
    at: Annotated[datetime, Field(strict=False)]
    by: str
    via: Annotated[str, Field(max_length=16)]
    kind: Annotated[str, Field(max_length=40)]
    body: dict[str, Any]
    prev: str
    hash: str
    words: dict[str, _WordsLine] = {}

    def as_record(self) -> Record:
        beside = {name: SaltedWords(words.text, words.salt) for name, words in self.words.items()}
        return Record(
            self.run_id, self.seq, self.at, self.by, self.via, self.kind, canonical(self.body), self.prev, self.hash,
            beside,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file. `listed_as` differs from `ref` when another run here has that ref already.

    `unlawful`: what the rules would never have let happen; it was taken in as evidence.
    """

    ref: str
    listed_as: str
    state: ImportState
    added: int
    unlawful: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A file that was read and found sound."""

    header: _Header
    records: list[Record]
    unlawful: tuple[str, ...] = ()


def export_run(journal: Journal, row: RunRow, at: datetime) -> Iterator[str]:
    """The lines of a run's file: the header, then each record with the words beside it. No line feeds."""
    records = journal.records(row.run_id)
    pinned = {digest: journal.pinned(digest) for digest in _digests_in(records)}
    header = {
        "format": FORMAT, "run_id": row.run_id, "ref": row.ref, "exported_at": at.isoformat(), "head": records[-1].seq,
        "hash": records[-1].hash, "digest": records[0].prev, "ledger": str(read_tip(journal.read)),
        "texts": {digest: {"runbook": one[0], "text": one[1]} for digest, one in pinned.items() if one is not None},
        "arrivals": [
            {"head": one.head, "hash": one.hash, "at": one.at.isoformat(), "by": one.by, "source": one.source}
            | ({"evidence": True} if one.evidence else {})
            for one in journal.arrivals(row.run_id)
        ],
    }  # fmt: skip
    yield canonical(header)
    yield from (_record_line(record) for record in records)


def _digests_in(records: list[Record]) -> list[str]:
    started = json.loads(records[0].body)
    return [records[0].prev, *started.get("calls", {}).values()]


def _record_line(record: Record) -> str:
    beside = {name: {"text": words.text, "salt": words.salt} for name, words in record.words.items()}
    line = {
        "run_id": record.run_id, "seq": record.seq, "at": record.at.isoformat(), "by": record.by, "via": record.via,
        "kind": record.kind, "body": json.loads(record.body), "prev": record.prev, "hash": record.hash,
    }  # fmt: skip
    return canonical(line | ({"words": beside} if beside else {}))


def import_run(
    journal: Journal, books: Callable[[str], Runbook], lines: Iterable[str], stamp: Stamp, source: str,
    *, as_evidence: bool = False,
) -> Imported:  # fmt: skip
    """Take in a run's file. It keeps its id and its ref, says for ever where it came from, and is only read here.

    The same file again changes nothing; a longer one of the same run adds what is new. CannotImport when the file is
    not sound, or when this database holds other records of that run; Unlawful when it tells what the rules never let
    happen, unless it is taken in `as_evidence`, and marked so for ever.
    """
    parcel = _open_parcel(lines)
    texts = {digest: (one.runbook, one.text) for digest, one in parcel.header.texts.items()}
    journal.write(lambda transaction: transaction.pin_texts(texts, stamp.at))
    parcel, run = _judged(parcel, books, as_evidence=as_evidence)
    if _REF.fullmatch(run.start.ref) is None:
        raise CannotImport("The name of the run is not one that Handrail gives.")
    done = journal.write(lambda transaction: _unpack(transaction, parcel, run, stamp, source))
    if done.state != "new":  # words may have been erased where it came from, and are now here
        journal.clear_traces()
    return replace(done, unlawful=parcel.unlawful)


def _judged(parcel: _Parcel, books: Callable[[str], Runbook], *, as_evidence: bool) -> tuple[_Parcel, Run]:
    """The parcel with what is unlawful in it, and the run that it tells."""
    header = parcel.header
    try:
        book = books(header.digest)
        found = audit_records(header.run_id, book, parcel.records)
        unlawful = tuple(one.sentence for one in found if one.severity != "allowed_then")
        if unlawful and not as_evidence:
            raise Unlawful(unlawful)
        return replace(parcel, unlawful=unlawful), fold(header.run_id, parcel.records, books)
    except (Unreadable, LookupError, ValueError, TypeError) as why:
        raise CannotImport(f"The records cannot be read here: {why}") from why


def _open_parcel(lines: Iterable[str]) -> _Parcel:
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    _, first = next(numbered, (0, ""))
    header = _read_line(_Header, 1, first)
    if header.format != FORMAT:
        raise CannotImport(f"This file is of the format “{header.format}”; this Handrail reads {FORMAT}.")
    for digest, one in header.texts.items():
        if text_digest(one.text) != digest:
            raise CannotImport(f"The text of the runbook {one.runbook} was changed: its digest does not fit.")
    if header.digest not in header.texts:
        raise CannotImport("The text of the runbook that this run is pinned to is missing.")
    records = [_read_line(_RecordLine, number, line).as_record() for number, line in numbered]
    return _verified(_Parcel(header, records))


def _verified(parcel: _Parcel) -> _Parcel:
    header = parcel.header
    stray = next((record.seq for record in parcel.records if record.run_id != header.run_id), None)
    if stray is not None:
        raise CannotImport(f"Record {stray} belongs to another run.")
    verdict = verify_chain(header.digest, parcel.records, until=header.hash, length=header.head)
    if verdict.fault is not None:
        raise CannotImport(verdict.fault)
    return parcel


def _read_line(kind: type[T], number: int, line: str) -> T:
    try:
        return kind.model_validate_json(line)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the line"
        raise CannotImport(f"Line {number} is not what `handrail export` writes ({place}: {first['msg']}).") from None


def _unpack(transaction: WriteTransaction, parcel: _Parcel, run: Run, stamp: Stamp, source: str) -> Imported:
    locked = transaction.lock_run(run.id)
    if locked is None:
        return _add_new(transaction, parcel, run, stamp, source)
    here = transaction.records(run.id)
    for mine, theirs in zip(here, parcel.records, strict=False):
        if mine.hash != theirs.hash:
            raise CannotImport(f"{locked.ref} is here already, and record {mine.seq} of it is not the one in the file.")
    _erase_what_was_erased(transaction, here, parcel.records)
    fresh = parcel.records[len(here) :]
    if not fresh:
        return Imported(run.start.ref, locked.ref, "older" if len(here) > len(parcel.records) else "same", 0)
    return _extend(transaction, locked, fresh, parcel, run, stamp, source)


def _add_new(transaction: WriteTransaction, parcel: _Parcel, run: Run, stamp: Stamp, source: str) -> Imported:
    ref = free_ref(transaction, run.start.ref)
    transaction.add_records(parcel.records)
    transaction.add_run({**row_of(run, parcel.header.hash, imported=True), "ref": ref}, told=run.seq)
    _note_arrivals(transaction, parcel, run, stamp, source)
    keep_counting(transaction, run)
    return Imported(run.start.ref, ref, "new", run.seq)


def _extend(
    transaction: WriteTransaction,
    locked: Locked,
    fresh: list[Record],
    parcel: _Parcel,
    run: Run,
    stamp: Stamp,
    source: str,
) -> Imported:
    if not locked.imported:
        raise CannotImport(f"{locked.ref} was made here, yet the file goes further: two databases have led one run.")
    transaction.add_records(fresh)
    row = row_of(run, parcel.header.hash, imported=True)
    transaction.set_columns(run.id, {**row, "ref": locked.ref, "told": run.seq})
    _note_arrivals(transaction, parcel, run, stamp, source)
    return Imported(run.start.ref, locked.ref, "extended", len(fresh))


def _note_arrivals(transaction: WriteTransaction, parcel: _Parcel, run: Run, stamp: Stamp, source: str) -> None:
    """Where it came from, and where it had come from before that."""
    known = transaction.arrival_heads(run.id)
    for one in parcel.header.arrivals:
        if one.head not in known and one.head != run.seq:
            before = Stamp(one.at, one.by, "import")
            transaction.note_arrival(
                run.id, one.head, one.hash, before, one.source, evidence=bool(one.evidence), is_last=False
            )
    if run.seq not in known:
        exported = f"{source}, exported {parcel.header.exported_at:%Y-%m-%d %H:%M} UTC"
        evidence = bool(parcel.unlawful)
        transaction.note_arrival(run.id, run.seq, parcel.header.hash, stamp, exported, evidence=evidence)


def _erase_what_was_erased(transaction: WriteTransaction, here: list[Record], theirs: list[Record]) -> None:
    for mine, other in zip(here, theirs, strict=False):
        if any(words.text is None and mine.words[name].text is not None for name, words in _shared(mine, other)):
            transaction.erase_words(mine.run_id, mine.seq)


def _shared(mine: Record, other: Record) -> Iterator[tuple[str, SaltedWords]]:
    beside: Mapping[str, SaltedWords] = other.words
    return ((name, words) for name, words in beside.items() if name in mine.words)

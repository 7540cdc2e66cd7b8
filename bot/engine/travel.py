"""A run travels: its records, chain, typed words and pinned texts as lines of JSON, from one database to another."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bot.engine.audit import audit_records
from bot.engine.kinship import Shelf, compare_around, compare_family
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


def _in_utc(at: datetime) -> datetime:
    """The same moment in UTC; ValueError for one that no database keeps."""
    if at.tzinfo is None:
        raise ValueError("it has no time zone")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("there was no such time") from None


_Moment = Annotated[datetime, Field(strict=False), AfterValidator(_in_utc)]
_Said = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""What stands in a column of its own: no database holds a NUL there."""


T = TypeVar("T", bound=_Line)


class _PinnedText(_Line):
    runbook: str
    text: str


class _WordsLine(_Line):
    text: str | None
    salt: str | None


class _ArrivalLine(_Line):
    head: Annotated[int, Field(ge=1)]
    hash: str
    at: _Moment
    by: _Said
    source: _Said
    evidence: bool | None = None


class _Header(_Line):
    """The first line of a file: what run it is, how far it goes, and the texts it is pinned to."""

    format: str
    run_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    ref: str
    exported_at: _Moment
    head: Annotated[int, Field(ge=1)]
    hash: str
    digest: str
    texts: dict[str, _PinnedText]
    arrivals: list[_ArrivalLine] = []


class _RecordLine(_Line):
    """A record; its body is an object here, and canonical JSON in the database."""

    run_id: str
    seq: int
    at: _Moment
    by: _Said
    via: Annotated[_Said, Field(max_length=16)]
    kind: Annotated[_Said, Field(max_length=40)]
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
    parcel, run = _judged(journal, parcel, books, as_evidence=as_evidence)
    if _REF.fullmatch(run.start.ref) is None:
        raise CannotImport("The name of the run is not one that Handrail gives.")
    done = journal.write(lambda transaction: _unpack(transaction, parcel, run, stamp, source))
    if done.state != "new":  # words may have been erased where it came from, and are now here
        journal.clear_traces()
    return replace(done, unlawful=parcel.unlawful)


def _judged(
    journal: Journal, parcel: _Parcel, books: Callable[[str], Runbook], *, as_evidence: bool
) -> tuple[_Parcel, Run]:
    """The parcel with what is unlawful in it, and the run that it tells."""
    header = parcel.header
    try:
        book = books(header.digest)
        found = audit_records(header.run_id, book, parcel.records)
        unlawful = tuple(one.sentence for one in found if one.severity != "allowed_then")
        if unlawful and not as_evidence:
            raise Unlawful(unlawful)
        run = fold(header.run_id, parcel.records, books)
        unlawful = unlawful or tuple(_compare_relatives(journal, books, parcel.records, run))
        if unlawful and not as_evidence:
            raise Unlawful(unlawful)
        return replace(parcel, unlawful=unlawful), run
    except (Unreadable, LookupError, ValueError, TypeError) as why:
        raise CannotImport(f"The records cannot be read here: {why}") from why


def _compare_relatives(
    journal: Journal, books: Callable[[str], Runbook], records: list[Record], run: Run
) -> Iterator[str]:
    """What would not fit, were it here, between this run and those that are here of its chain."""

    def records_of(run_id: str) -> list[Record]:
        return records if run_id == run.id else journal.records(run_id)

    def made_here(run_id: str) -> bool:
        return run_id != run.id and bool(journal.records(run_id)) and not journal.arrivals(run_id)

    if len(journal.records(run.id)) >= len(records):
        return
    shelf, as_it_is = Shelf(records_of, books, made_here), Shelf(journal.records, books, made_here)
    yield from compare_family(shelf, records)
    yield from compare_around(shelf, records)
    caller = run.start.parent.run if run.start.parent is not None else None
    for other in journal.relatives(run.id, run.start.ref, caller):
        theirs = journal.records(other)
        before = {*compare_family(as_it_is, theirs)}
        yield from (f"Of a run that is here: {one}" for one in compare_family(shelf, theirs) if one not in before)


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
    heads = [one.head for one in header.arrivals]
    here = {record.seq: record.hash for record in parcel.records}
    if len(set(heads)) < len(heads) or any(here.get(one.head) != one.hash for one in header.arrivals):
        raise CannotImport("What it says of its arrivals elsewhere does not fit its records.")
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


def _require_no_place_of_ours(transaction: WriteTransaction, run: Run) -> None:
    """A run that was called is made where its caller was made, and has its id from there: nobody takes it before."""
    parts = run.id.split(".")
    above = {".".join(parts[:many]) for many in range(1, len(parts))}
    above |= {run.start.parent.run} if run.start.parent is not None else set()
    for one in sorted(above):
        ours = transaction.run_columns(one)
        if ours is not None and not ours["imported"]:
            raise CannotImport(f"{ours['ref']} was made here, and so is whatever run it calls: this one was not.")


def _add_new(transaction: WriteTransaction, parcel: _Parcel, run: Run, stamp: Stamp, source: str) -> Imported:
    _require_no_place_of_ours(transaction, run)
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

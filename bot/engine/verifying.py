"""One run verified: its chain, its row, and whether the rules would have let it happen."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.bulkhead import contain
from bot.engine.audit import audit_records
from bot.engine.kinship import Shelf, compare_around, compare_family
from bot.engine.reading import fold
from bot.engine.rebuild import differing
from bot.format.runbook import Runbook
from bot.journal.chain import Record, text_digest
from bot.journal.hands import HandsLeases
from bot.journal.rows import row_of
from bot.journal.store import Journal, events_of
from bot.journal.transaction import is_given_right
from bot.run.events import OUTPUT, Redacted
from bot.run.hands.events import ActionFinished
from bot.run.state import Run

PUT_OFF = timedelta(minutes=10)
"""What was due and could not be done is looked at again within this; its row says a later time then."""
Books = Callable[[str], Runbook]


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """What became of a run: all that does not fit, in sentences, and what is worth knowing beside it."""

    ref: str | None
    records: int
    head: str
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()


def verify_run(
    journal: Journal, books: Books, run_id: str, now: datetime, until: str | None = None,
    bound_from: Mapping[int, datetime] | None = None,
) -> RunVerdict:  # fmt: skip
    """Verify a run as it is at `now`; `until` is a head that somebody holds. A broken chain is judged no further.

    `bound_from`: by law, from when on nothing that was made here goes by an older one; what was imported may.
    """
    records, columns = journal.at_one_moment(run_id)
    verdict = journal.verify_records(records, columns, until)
    faults, notes = [] if verdict.fault is None else [verdict.fault], tuple(verdict.notes)
    if verdict.sound:
        try:
            book = books(records[0].prev)
        except (LookupError, ValueError) as why:
            said = f"The runbook that it is pinned to cannot be read by this version, so it was not judged: {why}"
            return RunVerdict(_ref(columns), verdict.records, verdict.head, (said,), notes)
        made_here = not journal.arrivals(run_id)
        found = tuple(audit_records(run_id, book, records, bound_from if made_here else None))
        faults += [one.sentence for one in found if one.severity != "allowed_then"]
        notes += tuple(one.sentence for one in found if one.severity == "allowed_then")
        shelf = Shelf(journal.records, books, lambda one: not journal.arrivals(one))
        faults += compare_family(shelf, records)
        faults += compare_around(shelf, records)
        faults += _compare_outputs(journal, run_id, records)
        faults += _compare_row(journal, books, run_id, records, columns, now)
    return RunVerdict(_ref(columns), verdict.records, verdict.head, tuple(faults), notes)


def _compare_outputs(journal: Journal, run_id: str, records: list[Record]) -> Iterator[str]:
    """What commands printed is what the records say it was, or was erased by one. Other databases may not have it."""
    with contain() as reading:
        happened = list(events_of(records))
    if reading.failure is not None:
        return  # that a record cannot be read was said
    kept = {(one.step, one.visit, one.attempt): one for one in HandsLeases(journal).outputs(run_id)}
    erased = {event.of for _, event, _ in happened if isinstance(event, Redacted) and OUTPUT in event.fields}
    for seq, event, _ in happened:
        if not isinstance(event, ActionFinished) or not event.digest:
            continue
        output = kept.get((event.step, event.visit, event.attempt))
        if output is None:
            continue
        if output.text is None and seq not in erased:
            yield f"What the command of record {seq} printed was erased, and no record says so."
        if output.text is not None and text_digest(output.text) != event.digest:
            yield f"What the command of record {seq} printed was changed: the digest does not fit."


def _ref(columns: Mapping[str, Any] | None) -> str | None:
    return str(columns["ref"]) if columns is not None else None


def _compare_row(
    journal: Journal, books: Books, run_id: str, records: list[Record], columns: Mapping[str, Any] | None, now: datetime
) -> Iterator[str]:
    if columns is None:
        yield "It is not listed: its row is gone. `handrail rebuild` makes it anew."
        return
    with contain() as reading:
        run = fold(run_id, records, books)
        wrong = _differing(run, columns, imported=bool(journal.arrivals(run_id)), head=records[-1].hash, now=now)
    if reading.failure is not None:
        return  # that a record cannot be read was said
    if wrong:
        named = ", ".join(f"{name} is {columns[name]!s}" for name in wrong)
        yield f"Its row says what its records do not: {named}. `handrail rebuild` puts it right."
    if not is_given_right(journal.read, run_id, records):
        yield "The values by which it is found are not those of its records. `handrail rebuild` puts them right."


def _differing(run: Run, columns: Mapping[str, Any], *, imported: bool, head: str, now: datetime) -> list[str]:
    should = row_of(run, head, imported=imported)
    wrong = differing(should, columns)
    if columns["hands"] is None and should["hands"] == "wants":
        wrong.pop("hands")  # a row of a version before hands, until the run's next record: hands leave it alone
    due, set_ = should["due_at"], columns["due_at"]
    if isinstance(due, datetime) and isinstance(set_, datetime) and due < set_ <= now + PUT_OFF:
        del wrong["due_at"]
    if not 0 <= columns["told"] <= columns["head"]:
        wrong["told"] = columns["head"]
    return sorted(wrong)

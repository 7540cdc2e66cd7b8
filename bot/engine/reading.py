"""Reads a run of the journal: folded from its records or from what is remembered, whole or as far as somebody asks."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from threading import Lock

from bot.format.runbook import Runbook
from bot.journal.chain import Record, Unreadable, Verdict, Verifying, verify_chain
from bot.journal.ledger import Tip, read_tip
from bot.journal.rows import RunRow, pick_records, stream_records
from bot.journal.store import Journal, events_of
from bot.run.events import Event, Redacted, Started
from bot.run.evolve import evolve
from bot.run.situation import Stamp
from bot.run.state import Run, Unstarted
from bot.timeline.entries import Chain, Entry, Timeline
from bot.timeline.pseudonyms import Disguise, disguise_of
from bot.timeline.telling import FORETELLING, EntryBuilder, kind_of, look_ahead

ReadAfter = Callable[[int], list[Record]]


@dataclass(frozen=True, slots=True)
class _Kept:
    run: Run
    hash: str


class RunCache:
    """Folds records into runs. What it keeps is derived: each use is checked against the head's number and hash."""

    def __init__(self, books: Callable[[str], Runbook], capacity: int = 512) -> None:
        self.book = lru_cache(maxsize=256)(books)
        self._capacity = capacity
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = Lock()

    def bring_up(self, run_id: str, head: int, hash_: str, read_after: ReadAfter) -> Run:
        """The run as its records up to `head` make it; reads only those that are new since it was folded last.

        Unreadable when the records do not lead to that head.
        """
        with self._lock:
            kept = self._kept.get(run_id)
        if kept is not None and kept.run.seq == head and kept.hash == hash_:
            return kept.run
        run = self._go_on(kept, head, read_after) if kept is not None and kept.run.seq < head else None
        if run is None:
            run = fold(run_id, read_after(0), self.book)
        if run.seq != head:
            raise Unreadable(f"{run.start.ref} should have {head} records and has {run.seq}: run `handrail verify`.")
        self.keep(run, hash_)
        return run

    def _go_on(self, kept: _Kept, head: int, read_after: ReadAfter) -> Run | None:
        """The kept run with what came since; None when it has to be folded from the beginning."""
        fresh = read_after(kept.run.seq)
        if not fresh or fresh[0].prev != kept.hash or fresh[-1].seq != head:
            return None
        events = list(events_of(fresh))
        if any(isinstance(event, Redacted) for _, event, _ in events):
            return None
        return go_on(kept.run, ((event, stamp) for _, event, stamp in events))

    def keep(self, run: Run, hash_: str) -> None:
        """Keep a run as committed with this head; the one that was used longest ago goes."""
        with self._lock:
            self._kept[run.id] = _Kept(run, hash_)
            self._kept.move_to_end(run.id)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)

    def seen(self, run_id: str) -> Run | None:
        """The run as it was folded last, which may be behind its records; None when it is not kept."""
        with self._lock:
            kept = self._kept.get(run_id)
        return kept.run if kept is not None else None

    def drop(self, run_id: str) -> None:
        """Fold this run anew the next time."""
        with self._lock:
            self._kept.pop(run_id, None)


def fold(run_id: str, records: Iterable[Record], books: Callable[[str], Runbook]) -> Run:
    """The run that all its records make; Unreadable when there is none, or the first is no start."""
    events = events_of(records)
    _, first, stamp = next(events, (0, None, None))
    if not isinstance(first, Started) or stamp is None:
        raise Unreadable(f"Run {run_id} does not begin with its start: run `handrail verify`.")
    run = evolve(Unstarted(run_id, books(first.digest)), first, stamp)
    return go_on(run, ((event, at) for _, event, at in events))


def lived(
    run_id: str, records: Iterable[Record], books: Callable[[str], Runbook]
) -> Iterator[tuple[int, Run | Unstarted, Event, Stamp, Run]]:
    """Each event with the run before and after it; Unreadable where one cannot be read."""
    run: Run | Unstarted | None = None
    for seq, event, stamp in events_of(records):
        before = run or Unstarted(run_id, books(event.digest if isinstance(event, Started) else ""))
        run = evolve(before, event, stamp)
        yield seq, before, event, stamp, run


def go_on(run: Run | Unstarted, happened: Iterable[tuple[Event, Stamp]]) -> Run:
    """The run after these events."""
    for event, stamp in happened:
        run = evolve(run, event, stamp)
    if isinstance(run, Unstarted):
        raise TypeError(f"run {run.id} was given nothing to begin with")
    return run


_FORETELLING = {kind_of(event): lists for event, lists in FORETELLING.items()}


class Reading:
    """One run, up to the record that was its last when the reading was opened.

    Read `entries` to their end, then ask for the `chain` and the `timeline`; or take the `whole` at once. It is read
    once, so that what is told is what was verified.
    """

    def __init__(
        self, journal: Journal, row: RunRow, teller: EntryBuilder, disguise: Disguise | None, until: datetime | None
    ) -> None:
        self._journal, self._row, self._teller, self._disguise, self._until = journal, row, teller, disguise, until
        self._verdict: Verdict | None = None
        self.ref = row.ref

    @property
    def pseudonyms(self) -> bool:
        """Whether people are replaced by roles."""
        return self._disguise is not None

    @property
    def chain(self) -> Chain:
        """The chain as it was found. Asked for before the entries were read to their end, it reads all records."""
        row, verdict = self._row, self._verdict
        if verdict is None:
            records = _records(self._journal, row)
            verdict = verify_chain(row.digest, records, until=row.hash, length=row.head, noting=False)
        return _chain(row, verdict, read_tip(self._journal.read))

    def entries(self) -> Iterator[Entry]:
        """Each entry in order; Unreadable names a record that this version cannot read."""
        take, disguise = self._teller.take, self._disguise
        for seq, event, stamp in events_of(self._verified()):
            if disguise is None:
                yield take(seq, event, stamp)
            else:
                yield take(seq, disguise.event(event), disguise.stamp(stamp))

    def timeline(self, entries: Iterable[Entry] = ()) -> Timeline:
        """What follows from all entries that were read, with those that are handed in."""
        return self._teller.tell(entries, until=self._until, chain=self.chain)

    def whole(self) -> Timeline:
        """Everything at once, entries too."""
        return self.timeline(tuple(self.entries()))

    def _verified(self) -> Iterator[Record]:
        """All records; once they were taken to the last, it is known whether the chain is sound."""
        row = self._row
        verifying = Verifying(row.digest, until=row.hash, noting=False)
        for record in _records(self._journal, row):
            verifying.take(record)
            yield record
        self._verdict = verifying.verdict(length=row.head)


def open_reading(
    journal: Journal, books: Callable[[str], Runbook], row: RunRow, *, until: datetime | None = None,
    pseudonyms: bool = False,
) -> Reading:  # fmt: skip
    """Begin to read a run, up to the last record of `row`.

    `until`: the moment up to which an open run is looked at. `pseudonyms`: people are replaced by roles. Unreadable
    when a record cannot be read by this version, LookupError when the runbook's text is lost.
    """
    book = books(row.digest)
    ahead = look_ahead(events_of(pick_records(journal.read, row.run_id, row.head, _FORETELLING)))
    disguise = disguise_of(events_of(_records(journal, row))) if pseudonyms else None
    teller = EntryBuilder(Unstarted(row.run_id, book if disguise is None else disguise.book(book)), ahead)
    return Reading(journal, row, teller, disguise, until)


def _records(journal: Journal, row: RunRow) -> Iterator[Record]:
    return stream_records(journal.read, row.run_id, row.head)


def _chain(row: RunRow, verdict: Verdict, tip: Tip) -> Chain:
    command = f"handrail verify {row.ref} --head {row.hash}"
    return Chain(row.hash, row.head, verdict.sound, verdict.fault, command, str(tip), row.evidence)

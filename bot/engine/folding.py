"""Runs as their records make them, with the newest kept so that a click costs the same however long the run is."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

from bot.format.runbook import Runbook
from bot.journal.chain import Record, Unreadable
from bot.journal.store import events_of
from bot.run.events import Event, Redacted, Started
from bot.run.situation import Stamp
from bot.run.state import Run, Unstarted, evolve

ReadAfter = Callable[[int], list[Record]]


@dataclass(frozen=True, slots=True)
class _Kept:
    run: Run
    hash: str


class Folder:
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


def go_on(run: Run | Unstarted, happened: Iterable[tuple[Event, Stamp]]) -> Run:
    """The run after these events."""
    for event, stamp in happened:
        run = evolve(run, event, stamp)
    if isinstance(run, Unstarted):
        raise TypeError(f"run {run.id} was given nothing to begin with")
    return run

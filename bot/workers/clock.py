"""Sends runs a Tick through the handler when they are due: woken for the next due time, and each second to be safe."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Condition, Event, Thread
from time import monotonic

import structlog

from bot.bulkhead import bulkhead
from bot.engine import CommandHandler, Outage
from bot.journal.failing import say_why_not_written
from bot.journal.rows import Waiting
from bot.journal.store import Journal

SWEEP = "clock"
"""The name under which the journal remembers when the clock swept last, on whatever replica."""
DOWN_SINCE, DOWN_UNTIL = "clock down since", "clock down until"
"""The names of the last outage: all replicas have to say the same of what was due in it."""
EVERY = timedelta(seconds=1)
OUTAGE = timedelta(seconds=30)
"""When nobody swept for longer than this, Handrail was down."""
_NOTE_EVERY = timedelta(seconds=4)
_BATCH, _ROUNDS = 50, 1_000
"""Runs in one transaction, and transactions in one sweep."""
_HELD = timedelta(milliseconds=25)
"""When we look again at what is due and was not ours to tick: another replica is at it, with a batch."""
_STANDS_STILL, _LOOKS_UP = 60.0, 10.0

log = structlog.get_logger(__name__)


class Clock:
    """Ticks runs that are due. Due times live in the journal; nothing is lost with the process."""

    def __init__(
        self,
        journal: Journal,
        handler: CommandHandler,
        now: Callable[[], datetime],
        steady: Callable[[], float] = monotonic,
        compared: Callable[[timedelta], object] = lambda _: None,
    ) -> None:
        """Take the journal, the handler, a clock, and a steady one in seconds. PostgreSQL judges by its own clock.

        `compared` hears with each sweep how far ours is behind that one.
        """
        self._journal, self._handler, self._now, self._steady, self._compared = journal, handler, now, steady, compared
        self._found: list[Callable[[Waiting], object]] = []
        self._changed, self._over = Condition(), Event()
        self._next: datetime | None = None
        """What we were woken for and did not look at yet, or know to be due next."""
        self._behind = timedelta(0)
        """How far our clock is behind the one that judges, when they were compared last."""
        self._noted: datetime | None = None
        self._outage: Outage | None = None
        self._swept: float | None = None
        self._looked = steady()
        self.trouble = ""
        """Why the last sweep could write nothing, in words; empty when it could."""
        self.is_behind = False
        """So much is due that one batch did not hold it: whoever can wait lets the clock go first."""

    def wake(self, _run_id: str, due_at: datetime | None) -> None:
        """A commit set a due time: wake for it if nothing else wakes us earlier. Never raises, never waits."""
        if due_at is not None:
            self._set(due_at)

    def hear(self, found: Callable[[Waiting], object]) -> None:
        """Have `found` told with each sweep what waits for anybody, so that nobody else has to ask. It never waits."""
        self._found.append(found)

    def run(self, stopping: Event) -> None:
        """Sweep until `stopping`. Raises when no sweep has begun for a minute."""
        sweeping = Thread(target=self._keep_sweeping, name="clock sweeps", daemon=True)
        sweeping.start()
        try:
            while not stopping.wait(_LOOKS_UP):
                if self._steady() - self._looked > _STANDS_STILL:
                    raise RuntimeError("the clock stands still")
        finally:
            with self._changed:
                self._over.set()
                self._changed.notify_all()
        sweeping.join()

    def _keep_sweeping(self) -> None:
        """Sweep at each due time, and each second at least."""
        while not self._over.is_set():
            begun = self._steady()
            with self._changed:
                self._next = None
            self._sweep()
            with self._changed:
                while not self._over.is_set() and (left := self._left(begun)) > 0:
                    self._changed.wait(left)

    def _left(self, begun: float) -> float:
        """Seconds until the next sweep, when the last began at `begun` of the steady clock."""
        left = begun + EVERY.total_seconds() - self._steady()
        if self._next is None:
            return left
        return min(left, (self._next - self._behind - self._now()).total_seconds())

    def _set(self, due_at: datetime) -> None:
        with self._changed:
            if self._next is None or due_at < self._next:
                self._next = due_at
                self._changed.notify_all()

    def _sweep(self) -> None:
        self._looked = self._steady()
        with bulkhead(log, "the clock could not sweep; it looks again in a second") as sweep:
            self._look_back()
            waiting = self._compare()
            if waiting.due_at is not None and waiting.due_at <= waiting.now:
                self._tick_all()
                waiting = self._compare()
            for hear in self._found:
                hear(waiting)
            if waiting.due_at is not None:
                self._set(waiting.due_at if waiting.due_at > waiting.now else waiting.now + _HELD)
            self._note()
            self._swept, self.trouble = self._steady(), ""
        if sweep.failure is not None:
            self.trouble = say_why_not_written(sweep.failure)

    def _compare(self) -> Waiting:
        """What waits, and with it the clock that judges."""
        now = self._now()
        waiting = self._journal.waiting(now)
        self._behind = waiting.now - now
        self._compared(self._behind)
        return waiting

    def _tick_all(self) -> None:
        # What was done may make another run due: a sub-run that opens, ends and tells its caller.
        for _ in range(_ROUNDS):
            if not self._tick_some() or self._over.is_set():
                break
            self._note()

    def _tick_some(self) -> bool:
        """Tick some of the runs that are due; whether there was one."""
        look = self._handler.tick_due(_BATCH, self._outage)
        for run_id in look.to_propagate:
            with bulkhead(log, "work between runs could not be done", run=run_id):
                self._handler.propagate(run_id)
        self._looked, self.is_behind = self._steady(), look.due == _BATCH
        return look.due > 0

    def _look_back(self) -> None:
        """At the start, and when we did not sweep for a while: did anybody? What was due meanwhile is late for it."""
        if self._swept is not None and self._steady() - self._swept < OUTAGE.total_seconds():
            return
        now, last = self._journal.moment(self._now()), self._journal.last_sweep(SWEEP)
        if last is not None and now - last > OUTAGE:
            log.warning("nobody looked at the clock for a while", since=last.isoformat(), until=now.isoformat())
            # The outage first: whoever finds that somebody sweeps again has to find it too.
            self._journal.note_sweep(DOWN_SINCE, last)
            self._journal.note_sweep(DOWN_UNTIL, now)
            self._journal.note_sweep(SWEEP, now)
        since, until = self._journal.last_sweep(DOWN_SINCE), self._journal.last_sweep(DOWN_UNTIL)
        self._outage = Outage(since, until) if since is not None and until is not None else None

    def _note(self) -> None:
        """Say every while that we sweep, by the clock that judges."""
        now = self._now() + self._behind
        if self._noted is None or not timedelta(0) <= now - self._noted < _NOTE_EVERY:
            self._journal.note_sweep(SWEEP, now, as_a_click=True)
            self._noted = now

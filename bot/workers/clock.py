"""One job set to the next due time, and a safety sweep each second, send runs a Tick through the handler."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Lock
from time import monotonic

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from bot.bulkhead import bulkhead
from bot.engine import CommandHandler, Outage
from bot.journal.failing import say_why_not_written
from bot.journal.store import Journal

SWEEP = "clock"
"""The name under which the journal remembers when the clock swept last, on whatever replica."""
DOWN_SINCE, DOWN_UNTIL = "clock down since", "clock down until"
"""The names of the last outage: all replicas have to say the same of what was due in it."""
EVERY = timedelta(seconds=1)
OUTAGE = timedelta(seconds=30)
"""When nobody swept for longer than this, Handrail was down."""
_NOTE_EVERY = timedelta(seconds=2)
_AT_ONCE = 3
"""Sweeps that may be asked for at a time; one of them works."""
_BATCH, _ROUNDS = 50, 1_000
"""Runs in one transaction, and transactions in one sweep."""
_AT_LEAST = timedelta(milliseconds=5)
"""So that a time that is nearly there does not turn in circles."""
_HELD = timedelta(milliseconds=25)
"""When we look again at what is due and was not ours to tick: another replica is at it, with a batch."""
_STANDS_STILL, _LOOKS_UP = 60.0, 2.0
_DUE, _SAFETY = "due", "sweep"

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
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._sweeping, self._setting, self._asked = Lock(), Lock(), Event()
        self._next: datetime | None = None
        self._behind = timedelta(0)
        """How far our clock is behind the one that judges, when they were compared last."""
        self._noted: datetime | None = None
        self._outage: Outage | None = None
        self._swept: float | None = None
        self._looked = steady()
        self._stopping = Event()
        self._takes_times = False
        self.trouble = ""
        """Why the last sweep could write nothing, in words; empty when it could."""
        self.is_behind = False
        """So much is due that one batch did not hold it: whoever can wait lets the clock go first."""

    def wake(self, _run_id: str, due_at: datetime | None) -> None:
        """A commit set a due time: wake for it if nothing else wakes us earlier. Never raises, never waits."""
        if due_at is not None:
            self._set(due_at)

    def run(self, stopping: Event) -> None:
        """Sweep until `stopping`. Raises when no sweep has begun for a minute."""
        self._stopping = stopping
        # A late job is run all the same, once: with the default grace of a second it would be dropped.
        how = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1, "replace_existing": True}
        self._scheduler.add_job(self._sweep, "interval", seconds=EVERY.total_seconds(), id=_SAFETY, **how)
        self._scheduler.start()
        self._takes_times = True
        try:
            self._sweep()
            while not stopping.wait(_LOOKS_UP):
                if self._steady() - self._looked > _STANDS_STILL:
                    raise RuntimeError("the clock stands still")
        finally:
            # The scheduler waits for a sweep that is under way, and would hold whoever sets a time meanwhile: for ever,
            # when that is the sweep.
            with self._setting:
                self._takes_times = False
            self._scheduler.shutdown()

    def _set(self, due_at: datetime) -> None:
        with self._setting:
            if not self._takes_times or (self._next is not None and self._next <= due_at):
                return
            self._next = due_at
            # A sweep that this job began may set it anew: that must not be dropped as a second one of itself.
            how = {"id": _DUE, "replace_existing": True, "misfire_grace_time": None, "max_instances": _AT_ONCE}
            when = max(due_at - self._behind, self._now() + _AT_LEAST)
            self._scheduler.add_job(self._sweep, "date", run_date=when, **how)

    def _sweep(self) -> None:
        """Tick who is due, and set the job to the next due time. One at a time; what is asked meanwhile comes after."""
        self._asked.set()
        while self._asked.is_set() and self._sweeping.acquire(blocking=False):
            self._asked.clear()
            self._sweep_alone()

    def _sweep_alone(self) -> None:
        self._looked = self._steady()
        try:
            with bulkhead(log, "the clock could not sweep; it looks again in a second") as sweep:
                self._look_back()
                # What was done may make another run due: a sub-run that opens, ends and tells its caller.
                for _ in range(_ROUNDS):
                    if not self._tick_some() or self._stopping.is_set():
                        break
                    self._note()
                self._set_next()
                self._note()
                self._swept, self.trouble = self._steady(), ""
            if sweep.failure is not None:
                self.trouble = say_why_not_written(sweep.failure)
        finally:
            self._sweeping.release()

    def _tick_some(self) -> bool:
        """Tick some of the runs that are due; whether there was one."""
        look = self._handler.tick_due(_BATCH, self._outage)
        for run_id in look.to_propagate:
            with bulkhead(log, "work between runs could not be done", run=run_id):
                self._handler.propagate(run_id)
        self._looked, self.is_behind = self._steady(), look.due == _BATCH
        return look.due > 0

    def _set_next(self) -> None:
        now = self._now()
        self._behind = self._journal.moment(now) - now
        self._compared(self._behind)
        with self._setting:
            self._next = None
        following = self._journal.next_due()
        if following is not None:
            self._set(following if following > now + self._behind else now + self._behind + _HELD)

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
            self._journal.try_to_write()
            self._journal.note_sweep(SWEEP, now)
            self._noted = now

"""Who is due? One job set to the next due time, and a safety sweep each second, send runs a Tick through the desk."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Lock
from time import monotonic

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from bot.core.commands import Tick
from bot.desk import Desk
from bot.journal.store import Journal

SWEEP = "clock"
"""The name under which the journal remembers when the clock swept last."""
EVERY = timedelta(seconds=1)
_PRUNE_EVERY, _KEPT = timedelta(minutes=10), timedelta(days=1)
"""How often old request keys are forgotten, and how long they are kept: far longer than Slack repeats itself."""
_NOTE_EVERY = timedelta(seconds=2)
_LIMIT, _ROUNDS = 100, 10
_AT_LEAST = timedelta(milliseconds=20)
"""So that a clock that runs a little ahead of the database's does not turn in circles."""
_BROKEN = timedelta(seconds=30)
"""How long a run that cannot be ticked is left alone, so that it does not keep the others."""
_STANDS_STILL = 60.0
_DUE, _SAFETY = "due", "sweep"

log = structlog.get_logger(__name__)


class Clock:
    """Ticks runs that are due. Due times live in the journal; nothing is lost with the process."""

    def __init__(
        self, journal: Journal, desk: Desk, now: Callable[[], datetime], steady: Callable[[], float] = monotonic
    ) -> None:
        """Take the journal, the desk, a clock, and a steady one in seconds. PostgreSQL judges by its own clock."""
        self._journal, self._desk, self._now, self._steady = journal, desk, now, steady
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._sweeping, self._setting = Lock(), Lock()
        self._next: datetime | None = None
        self._noted = self._pruned = datetime.min.replace(tzinfo=now().tzinfo)
        self._looked = steady()

    def wake(self, _run_id: str, due_at: datetime | None) -> None:
        """A commit set a due time: wake for it if nothing else wakes us earlier. Never raises, never waits."""
        if due_at is not None:
            self._set(due_at)

    def run(self, stopping: Event) -> None:
        """Sweep until `stopping`. Raises when no sweep has begun for a minute."""
        # A late job is run all the same, once: with the default grace of a second it would be dropped.
        how = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1, "replace_existing": True}
        self._scheduler.add_job(self._sweep, "interval", seconds=EVERY.total_seconds(), id=_SAFETY, **how)
        self._scheduler.start()
        try:
            self._sweep()
            while not stopping.wait(0.25):
                if self._steady() - self._looked > _STANDS_STILL:
                    raise RuntimeError("the clock stands still")
        finally:
            self._scheduler.shutdown()  # waits for a sweep that is under way

    def _set(self, due_at: datetime) -> None:
        with self._setting:
            if not self._scheduler.running or (self._next is not None and self._next <= due_at):
                return
            self._next = due_at
            how = {"id": _DUE, "replace_existing": True, "misfire_grace_time": None}
            self._scheduler.add_job(self._sweep, "date", run_date=max(due_at, self._now() + _AT_LEAST), **how)

    def _sweep(self) -> None:
        """Tick who is due, and set the job to the next due time."""
        if not self._sweeping.acquire(blocking=False):
            return
        self._looked = self._steady()
        try:
            # What was done may make another run due: a sub-run that opens, ends and tells its caller.
            for _ in range(_ROUNDS):
                if not self._tick_all():
                    break
            self._set_next()
            self._keep_house()
        except Exception:
            log.exception("the clock could not sweep; it looks again in a second")
        finally:
            self._sweeping.release()

    def _tick_all(self) -> bool:
        """Tick every run that is due; whether there was one."""
        due = self._journal.due(self._now(), _LIMIT)
        for run_id in due:
            try:
                self._desk.handle(run_id, Tick(), by="clock", via="clock")
                self._desk.run_errands(run_id)
            except Exception:
                log.exception("a run could not be ticked", run=run_id)
                self._journal.defer(run_id, self._now() + _BROKEN)
        return bool(due)

    def _set_next(self) -> None:
        with self._setting:
            self._next = None
        following = self._journal.next_due()
        if following is not None:
            self._set(following)

    def _keep_house(self) -> None:
        now = self._now()
        if now - self._noted >= _NOTE_EVERY:
            self._journal.note_sweep(SWEEP, now)
            self._noted = now
        if now - self._pruned >= _PRUNE_EVERY:
            self._journal.prune_inbox(now - _KEPT)
            self._pruned = now

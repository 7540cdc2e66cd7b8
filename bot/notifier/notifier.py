"""Walks each run from where it was told last, and tells Slack what is new; safe to repeat."""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Event, Lock

import structlog
from sqlalchemy import update

from bot.bulkhead import bulkhead
from bot.format.runbook import Runbook
from bot.journal import tables
from bot.journal.leases import ChannelRate, DutyLeases
from bot.journal.outbox import Outbox
from bot.journal.rows import RunRow
from bot.journal.store import Journal
from bot.notifier.backlog import BacklogReader
from bot.notifier.calling import PageHooks
from bot.notifier.delivery import Delivery
from bot.notifier.lanes import Lanes, Rank
from bot.notifier.messenger import Messenger
from bot.notifier.patience import Patience, Patiences
from bot.notifier.placing import HOME
from bot.notifier.schedule import Rush, Schedule
from bot.notifier.sending import DeliveryContext
from bot.notifier.troubles import Troubles
from bot.stopping import wake_at_end

WORKERS = 8
"""Threads that `Notifier.run` is meant to be called on: each may hang for some seconds while Slack does."""
LEASE = timedelta(seconds=12)
"""More than twice the time limit of any call to Slack, so that nobody speaks on a lease that has run out."""
_RENEW = LEASE.total_seconds() / 2 - 1
_SWEEP, _SWEEP_LIMIT = "the sweep", 200
_ALL = 1_000_000
_HOME_EVERY = 30.0
"""Seconds between two looks at the runs that had to leave their channel."""
_LOOK_AGAIN = 0.2
"""Seconds until a run is looked at again that another process is telling."""
_IDLE = 20.0
_AFTER_THE_ANSWER = 0.005
"""Seconds; the answer to the click goes out meanwhile. Telling at once made it wait for the interpreter."""

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Somebody else tells this run by now."""


class Notifier:
    """Tells Slack. `wake` after each commit; `run` on each of `WORKERS` threads."""

    def __init__(
        self,
        *,
        journal: Journal,
        messenger: Messenger,
        book_of: Callable[[str], Runbook],
        channel_of_team: Callable[[str], str | None],
        token: str,
        clock: Callable[[], float] = time.monotonic,
        calls: PageHooks | None = None,
    ) -> None:
        """Take the runbook of a digest, a team's channel, and a token that no other process has."""
        self._journal, self._token, self._clock = journal, token, clock
        self._calls = calls or PageHooks()
        self._rush = Rush(clock)
        self._schedule = Schedule(clock, self._rush.is_on, self._calls.is_flood)
        outbox, lanes = Outbox(journal), Lanes(clock, self._schedule.add, self._keep_channel)
        self._pace = ChannelRate(DutyLeases(journal, token))
        self._troubles = Troubles(clock)
        self._office = DeliveryContext(messenger, outbox, channel_of_team, self._calls.note, lanes, self._troubles)
        self._beside = ThreadPoolExecutor(WORKERS, thread_name_prefix="direct")
        self._tales = BacklogReader(journal, book_of)
        self._patiences, self._sweeps_every = Patiences(clock), 1.0
        self._looked_home = -math.inf
        self._opening, self._is_open = Lock(), False
        self._doubtful: set[str] = set()
        """Runs that were being told when the last process ended: after a power cut its last notes may be missing."""

    def _keep_channel(self, channel: str, seconds: float, rank: Rank | None) -> bool:
        """Keep a channel for the posts of this process; where it is alone, as on SQLite, it has it anyway."""
        waits_with = None if rank is None else rank is Rank.CARD
        return not self._journal.judges or self._pace.keep(channel, timedelta(seconds=seconds), is_card=waits_with)

    def wake(self, run_id: str) -> None:
        """Something new happened in this run. Never raises, never waits."""
        self._rush.note()
        self._schedule.add(run_id, _AFTER_THE_ANSWER, urgent=self._calls.is_urgent(run_id))

    def sweep(self) -> None:
        """Something is untold: look what. Never raises, never waits."""
        self._schedule.add(_SWEEP)

    def run(self, stopping: Event, sweeps_every: float = 1.0) -> None:
        """Tell one run after the other until `stopping`. What goes wrong with one does not keep the others.

        It looks by itself what is untold each `sweeps_every` seconds, and whenever `sweep` says so.
        """
        self._sweeps_every = sweeps_every
        self._open()
        wake_at_end(stopping, self._schedule.wake_all)
        while not stopping.is_set():
            name = self._schedule.take(_IDLE)
            if name is not None:
                self._schedule.done(name, self._attend(name))

    def _open(self) -> None:
        with self._opening:
            if self._is_open:
                return
            if self._journal.engine.dialect.name == "sqlite":
                # One process serves on SQLite, so a lease that is there was left by one that was killed.
                self._journal.change(update(tables.run), {"lease_token": None, "lease_until": None})
                self._doubtful.update(self._journal.untold(_ALL))
            self._is_open = True
            self._schedule.add(_SWEEP)

    def _attend(self, name: str) -> float | None:
        """Look at a run, or sweep; seconds until it is looked at again."""
        with bulkhead(log, "could not tell a run", run=name):
            return self._sweep() if name == _SWEEP else self.tell_run(name)
        return self._sweeps_every if name == _SWEEP else self._set_aside(name)

    def _sweep(self) -> float:
        """The safety net: whoever was not woken is found here."""
        for run_id in self._journal.untold(_SWEEP_LIMIT):
            self._schedule.add(run_id)
        if self._clock() - self._looked_home > _HOME_EVERY:
            self._looked_home = self._clock()
            for run_id in self._office.outbox.runs_with(HOME):
                self._schedule.add(run_id)
        return self._sweeps_every

    def _set_aside(self, run_id: str) -> float:
        """Leave a run that broke alone for a while, in the sweep's eyes too."""
        wait = self._patiences.of(run_id).stumble()
        # The database may be what broke; the lease runs out by itself.
        with bulkhead(log, "could not set a run aside", run=run_id):
            self._journal.postpone(run_id, self._token, timedelta(seconds=wait))
        return wait

    def tell_run(self, run_id: str) -> float | None:
        """Tell one run as far as it goes. None when all is told; otherwise seconds until the next try."""
        if not self._journal.lease(run_id, self._token, LEASE):
            row = self._journal.run_row(run_id)
            return _LOOK_AGAIN if row is not None and row.told < row.head else None
        patience = self._patiences.of(run_id)
        try:
            wait = self._tell_held(run_id, patience)
        except LeaseLost:
            return _LOOK_AGAIN
        if wait is None:
            self._patiences.drop(run_id)
        else:
            self._journal.postpone(run_id, self._token, timedelta(seconds=wait))
        return wait

    def _tell_held(self, run_id: str, patience: Patience) -> float | None:
        hold, again = self._holder(run_id), False
        while True:
            row = self._journal.run_row(run_id)
            backlog = self._tales.read(row) if row is not None and row.told < row.head and not row.imported else None
            if backlog is None:
                self._look_home(row, patience, hold)
                self._office.lanes.forget(run_id)
                self._journal.release(run_id, self._token)
                return None
            delivery = Delivery(
                self._office, backlog, patience, hold, is_doubtful=run_id in self._doubtful,
                is_old=partial(self._is_old, run_id, backlog.head),
            )  # fmt: skip
            wait = delivery.deliver(self._beside)
            if wait == 0.0 and not again:
                again = True
                continue
            if wait is not None:
                return wait
            head = self._journal.tell_up_to(run_id, self._token, backlog.head)
            if head is None:
                raise LeaseLost(run_id)
            self._tales.keep(backlog)
            self._doubtful.discard(run_id)
            if head == backlog.head:
                return None
            if self._rush.is_on():
                self._journal.release(run_id, self._token)
                return None  # whatever came meanwhile has woken us, and waits for its turn

    def _look_home(self, row: RunRow | None, patience: Patience, hold: Callable[[], None]) -> None:
        """A run that had to leave its channel, and of which nothing is new, looks whether it can go back."""
        if row is None or row.imported or not self._office.outbox.keys_of(row.run_id, HOME):
            return
        backlog = self._tales.whole(row)
        if backlog is not None:
            Delivery(self._office, backlog, patience, hold).look_home()

    def _is_old(self, run_id: str, head: int) -> bool:
        """Whether more has happened in a run by now."""
        row = self._journal.run_row(run_id)
        return row is not None and row.head > head

    def refusals(self) -> tuple[str, ...]:
        """What Slack does not let the app do at the moment, with its words."""
        return self._troubles.words()

    def _holder(self, run_id: str) -> Callable[[], None]:
        """A function that renews the lease when half of it is gone, and raises LeaseLost when it is somebody else's."""
        held_since = self._clock()

        def hold() -> None:
            nonlocal held_since
            if self._clock() - held_since > _RENEW:
                if not self._journal.lease(run_id, self._token, LEASE):
                    raise LeaseLost(run_id)
                held_since = self._clock()

        return hold

"""Makes the attempts that are outstanding: each by one process, each recorded, and one that hangs delays nobody."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock
from time import monotonic

import structlog

from bot.bulkhead import bulkhead
from bot.engine import CommandHandler, Unknown
from bot.journal.leases import Attempt, AttemptLeases
from bot.journal.store import NotRecorded
from bot.oncall.pager.message import DeliveryResult, PageMessage
from bot.oncall.pager.sender import LIMIT
from bot.run.commands import NoteAttempt
from bot.run.paging.ladder import PageAttempt, next_calls
from bot.run.state import Run
from bot.stopping import wake_at_end

LEASE = timedelta(seconds=LIMIT + 15)
"""An attempt is over long before; after a kill another process makes it so much later."""
AT_ONCE = 100
"""Attempts under way in one process: so many may hang before anybody has to wait."""
_MANY = 1_000
_EVERY, _REST, _BROKEN = 1.0, 0.05, 5.0
"""Seconds: the safety sweep; between two looks in a rush; after a run that could not be looked at."""
_RECORDING, _PAUSE = 5, 1.0
_FORGET_EVERY = 3_600.0

_SHARED = DeliveryResult(reached=True, words="accepted once for everybody who shares it")

log = structlog.get_logger(__name__)

Send = Callable[[str, PageMessage], DeliveryResult]
Write = Callable[[Run, PageAttempt, str], PageMessage]
"""Writes what is sent: the run, the call, and the key that all attempts for one page by one channel share."""
Address = Callable[[str], str | DeliveryResult]


@dataclass(frozen=True, slots=True)
class Sending:
    """What an attempt is made with: the address of a channel, what is written, and who sends it."""

    address_of: Address
    write: Write
    send: Send


@dataclass(slots=True)
class _Seen:
    """Runs that were looked at with this head; not looked at again before `until`, by a steady clock."""

    head: int
    until: float


@dataclass(slots=True)
class _Under:
    """Attempts that this process makes at the moment."""

    attempts: set[Attempt] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def begin(self, attempt: Attempt) -> bool:
        with self.lock:
            fresh = attempt not in self.attempts
            self.attempts.add(attempt)
            return fresh

    def end(self, attempt: Attempt) -> None:
        with self.lock:
            self.attempts.discard(attempt)


class Pager:
    """Looks for outstanding attempts after each commit and each second, and has them made on `pool`.

    At least once: an attempt is made, then recorded; whoever is killed in between leaves a lease that runs out.
    """

    def __init__(
        self,
        handler: CommandHandler,
        calls: AttemptLeases,
        hands: Sending,
        pool: Executor,
        *,
        token: str,
        steady: Callable[[], float] = monotonic,
        looks_every: float = _EVERY,
    ) -> None:
        """Take a token that no other process has, and a pool with room for many attempts that hang.

        It looks by itself each `looks_every` seconds, and when it is woken.
        """
        self._handler, self._calls, self._hands, self._pool, self._token = handler, calls, hands, pool, token
        self._steady, self._woken, self._under = steady, Event(), _Under()
        self._looks_every = looks_every
        self._seen: dict[str, _Seen] = {}
        self._forgot = steady()

    def wake(self, _run_id: str, _due_at: datetime | None) -> None:
        """Something happened in a run. Never raises, never waits."""
        self.look_now()

    def look_now(self) -> None:
        """There may be an attempt to make. Never raises, never waits."""
        self._woken.set()

    def run(self, stopping: Event) -> None:
        """Look until `stopping`. What goes wrong with one look does not keep the next."""
        wake_at_end(stopping, self._woken.set)
        while not stopping.is_set():
            self._woken.clear()
            with bulkhead(log, "the pager could not look; it looks again in a second"):
                self.look()
            if self._woken.wait(self._looks_every):
                stopping.wait(_REST)

    def look(self) -> None:
        """Begin every attempt whose time has come and that nobody makes."""
        waiting = self._calls.waiting(self._handler.now(), _MANY)
        self._seen = {run_id: seen for run_id, head in waiting if (seen := self._seen_at(run_id, head)) is not None}
        moment = self._handler.journal.moment(self._handler.now()) if waiting else self._handler.now()
        for run_id, head in waiting:
            if run_id not in self._seen:
                self._seen[run_id] = _Seen(head, self._steady() + self._begin(run_id, moment))
        if self._steady() - self._forgot > _FORGET_EVERY:
            self._forgot = self._steady()
            self._calls.forget(moment)

    def _seen_at(self, run_id: str, head: int) -> _Seen | None:
        seen = self._seen.get(run_id)
        return seen if seen is not None and seen.head == head and seen.until > self._steady() else None

    def _begin(self, run_id: str, moment: datetime) -> float:
        """Begin what is due in one run; seconds until it is looked at again when nothing happens in it."""
        with bulkhead(log, "a run could not be looked at for its calls", run=run_id) as looking:
            due = _one_for_each_channel(next_calls(self._handler.load(run_id)), moment)
        if looking.failure is not None:
            return _BROKEN
        for call in due:
            attempt = Attempt(run_id, call.page, call.person)
            if self._under.begin(attempt):
                self._pool.submit(self._make, attempt)
        return _EVERY

    def _make(self, attempt: Attempt) -> None:
        try:
            with bulkhead(log, "an attempt broke; it is made again later", run=attempt.run_id, page=attempt.page):
                if self._calls.take(attempt, self._token, LEASE):
                    self.make(attempt)
                    self._calls.drop(attempt, self._token)
        finally:
            self._under.end(attempt)
            self._woken.set()

    def make(self, attempt: Attempt) -> None:
        """Make an attempt that this process has taken, when it is still to be made, and record what came of it."""
        run = self._handler.load(attempt.run_id)
        moment = self._handler.journal.moment(self._handler.now())
        mine = (one for one in next_calls(run) if (one.page, one.person) == (attempt.page, attempt.person))
        call = next(mine, None)
        if call is None or call.not_before > moment:
            return
        answer = self._attempt(run, call)
        log.info("a channel was tried", run=run.start.ref, page=call.page, channel=call.channel, reached=answer.reached)
        self._record(run.id, call, answer)

    def _attempt(self, run: Run, call: PageAttempt) -> DeliveryResult:
        page = run.pages.page(call.page)
        taken = page is not None and any(
            channel == call.channel and tried.reached for (_, channel), tried in page.tries.items()
        )
        if taken:
            return _SHARED
        address = self._hands.address_of(call.channel)
        if isinstance(address, DeliveryResult):
            return address
        return self._hands.send(address, self._hands.write(run, call, key_of("page", run.id, call.page, call.channel)))

    def _record(self, run_id: str, call: PageAttempt, answer: DeliveryResult) -> None:
        """Record it, however long the database takes to come back; what cannot be recorded is tried again later."""
        noted = NoteAttempt(
            call.page, call.person, call.channel, call.attempt, answer.reached, answer.words, answer.last
        )
        key = key_of("call", run_id, call.page, call.person, call.channel, call.attempt)
        for left in reversed(range(_RECORDING)):
            try:
                self._handler.handle(run_id, noted, by="clock", via="clock", key=key)
            except NotRecorded:
                if not left:
                    raise
                Event().wait(_PAUSE)
            except Unknown:
                return
            else:
                return


def _one_for_each_channel(calls: Sequence[PageAttempt], moment: datetime) -> list[PageAttempt]:
    """Calls whose time has come. Where people share a channel, one goes first: what reaches it reaches all of them."""
    found: dict[tuple[int, str], PageAttempt] = {}
    for call in calls:
        if call.not_before <= moment:
            found.setdefault((call.page, call.channel), call)
    return list(found.values())


def key_of(*parts: object) -> str:
    """One key for the same parts, of one length, that says nothing about them."""
    return f"handrail-{hashlib.sha256(chr(0).join(map(str, parts)).encode()).hexdigest()[:40]}"

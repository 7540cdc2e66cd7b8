"""Hands at work: takes what runs want under a lease, executes it within `hands.yaml`, and records how it ended.

The start is recorded before the process exists, and only whoever recorded it executes it, as it is recorded. Whoever
is killed anywhere leaves a lease that runs out: then nobody knows how it ended, and nothing is repeated.
"""

from collections.abc import Callable, Collection
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from time import monotonic

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.bulkhead import bulkhead, contain
from bot.engine import CommandHandler, Unknown
from bot.format.catalogue import CLOCK
from bot.format.hands import HandsFile
from bot.format.permits import NotAllowed
from bot.format.runbook import Decide, Wait, captures_of
from bot.hands.allowing import Allowed, CommandOrigin, allow
from bot.hands.executing import Bounds, Ended, digest_of, execute
from bot.hands.output import redacted
from bot.hands.reading import read_values
from bot.hands.requesting import send
from bot.hands.spool import AttemptOutcome, Spool
from bot.journal.hands import HandsLeases, HandsWork, Output
from bot.journal.store import NotRecorded
from bot.run.commands import DeclineHands, FinishAction, HandsCommand, LoseAction, OfferHands, Refused, StartAction
from bot.run.hands.events import ActionStarted
from bot.run.hands.rules import CHECK_LIMIT, CannotOrder, goes_by_itself, look_at, order_of, retry_at, wanted
from bot.run.hands.rules import started as record_of_start
from bot.run.places import AtStep
from bot.run.state import Run
from bot.stopping import wake_at_end

LEASE = timedelta(seconds=10)
RENEW = 3.0
"""Seconds between two renewals, so that two may fail."""
LOOK = 0.25
_PAUSE = 1.0
_SHOWN = 20_000
"""Signs of the end of what was read for a choice, of which the rules keep the last lines."""
Permitted = Callable[[], Allowed]
"""Whether the file, as it is now, lets the same happen once more; NotAllowed when it does not."""
_GIVEN_UP = "Nobody waits for it any more: the hands were ended, or the run went on."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ExecutionContext:
    """What hands work with: the file as it is now, the machine's name, and what takes secrets out of a text."""

    hands: Callable[[], HandsFile]
    host: str
    scrub: Callable[[str], str]
    now: Callable[[], datetime]
    authors: Callable[[str, str], Collection[str]] = lambda *_: ()
    """Who is known to have written a version: a runbook's id, a digest -> names."""
    spool: Spool = field(default_factory=lambda: Spool(None))


@dataclass(slots=True)
class _Busy:
    """Runs that this process is at."""

    runs: set[str] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def begin(self, run_id: str, most: int) -> bool:
        with self.lock:
            if run_id in self.runs or len(self.runs) >= most:
                return False
            self.runs.add(run_id)
            return True

    def end(self, run_id: str) -> None:
        with self.lock:
            self.runs.discard(run_id)


class Worker:
    """One process of hands. Several may work on one database, each with a file of its own."""

    def __init__(
        self, handler: CommandHandler, leases: HandsLeases, bench: ExecutionContext, pool: Executor, *, token: str
    ) -> None:
        """Take a token that no other process has, and a pool with as many threads as the file lets run at once."""
        self._handler, self._leases, self._bench, self._pool, self._token = handler, leases, bench, pool, token
        self._busy, self._ending = _Busy(), Event()
        self._not_mine: dict[str, int] = {}
        """Runs whose place others serve, and their heads."""
        self._later: dict[str, tuple[int, datetime]] = {}
        """Runs that are tried again, their heads, and not before when."""

    def run(self, stopping: Event) -> None:
        """Look until `stopping`; a command that was started is followed to its end all the same, a wait is given up."""
        recovered, failure = False, ""
        while not stopping.wait(LOOK):
            with contain() as looking:
                recovered = recovered or self.recover()
                if recovered:
                    self.look()
            failure, before = repr(looking.failure or ""), failure
            if looking.failure is not None and failure != before:
                # such as a file that cannot be read: once, and not four times a second
                log.error("hands could not look; they look again in a moment", exc_info=looking.failure)
        self._ending.set()
        while self._busy.runs:
            Event().wait(LOOK)

    def look(self) -> None:
        """Take what is wanted and what these hands serve, as much as they do at once."""
        hands, waiting = self._bench.hands(), self._leases.waiting(LEASE)
        self._not_mine = {one.run_id: one.head for one in waiting if self._not_mine.get(one.run_id) == one.head}
        now = self._handler.now()
        for run_id, (_, again) in list(self._later.items()):  # threads that serve put in and take out
            if again <= now:
                self._later.pop(run_id, None)
        for one in waiting:
            if self._later.get(one.run_id, (None,))[0] == one.head:
                continue
            if one.run_id in self._not_mine or not self._busy.begin(one.run_id, hands.at_once):
                continue
            self._pool.submit(self._serve, one)

    def _serve(self, one: HandsWork) -> None:
        try:
            with bulkhead(log, "hands broke at a run", run=one.run_id):
                self._take(one, self._bench.hands())  # as it is now: it may have waited for a place among others
        finally:
            self._busy.end(one.run_id)

    def _take(self, one: HandsWork, hands: HandsFile) -> None:
        try:
            if one.state == "wants" and not self._is_mine(one, hands):
                self._not_mine[one.run_id] = one.head
            elif one.run_id not in self._later and self._leases.take(one.run_id, self._token, LEASE):
                try:
                    self.serve(one.run_id, hands)
                finally:
                    self._leases.release(one.run_id, self._token)
        except (NotRecorded, SQLAlchemyError) as failure:
            log.warning("hands have to wait for the database", run=one.run_id, failure=type(failure).__name__)

    def _is_mine(self, one: HandsWork, hands: HandsFile) -> bool:
        run = self._handler.load(one.run_id)
        again = retry_at(run)
        if again is not None and self._handler.now() < again:
            self._later[one.run_id] = (one.head, again)
        else:
            self._later.pop(one.run_id, None)
        try:
            return hands.place(order_of(run).place) is not None
        except CannotOrder:
            return True  # whoever looks first says so

    def serve(self, run_id: str, hands: HandsFile) -> None:
        """Do what a run wants now, once it was taken."""
        taken, run = monotonic(), self._handler.load(run_id)
        if lose_actions(self._handler, run):
            return
        want, here = wanted(run), run.here
        if want is None or not isinstance(here, AtStep):
            return
        again = retry_at(run)
        if again is not None and self._handler.now() < again:
            return
        attempt = (here.step, here.visit, run.hands.attempts + 1)
        by_itself = goes_by_itself(run, run.book.by_id[here.step])
        source = CommandOrigin(run.start.digest, self._bench.authors(run.book.id, run.start.digest))
        try:
            order = order_of(run)
            allowed = allow(hands, order, source, run.start.mode, by_itself=by_itself)
        except (CannotOrder, NotAllowed) as why:
            self._say(run_id, DeclineHands(*attempt, str(why)))
            return
        if want == "offer":
            self._say(run_id, OfferHands(*attempt, hands.name))
            return
        events = self._say(run_id, StartAction(*attempt, hands.name, self._bench.host))
        started = next((one for one in events if isinstance(one, ActionStarted)), None)
        if started is not None:
            in_time = monotonic() - taken < LEASE.total_seconds() / 2
            as_meant = started == record_of_start(order, started.worker, started.host)
            permitted = lambda: allow(self._bench.hands(), order, source, run.start.mode, by_itself=by_itself)  # noqa: E731  (the same question again)
            self._execute(run, started, allowed, permitted, is_to_run=in_time and as_meant)

    def _execute(
        self, run: Run, started: ActionStarted, allowed: Allowed, permitted: Permitted, *, is_to_run: bool
    ) -> None:
        """Execute what was recorded, and record how it ended, however long the database is away."""
        over, secrets = Event(), list(allowed.secrets)

        def again() -> Allowed:
            once_more = permitted()
            secrets.extend(one for one in once_more.secrets if one not in secrets)
            return once_more

        Thread(target=self._keep_lease, args=(run.id, over), name=f"lease {run.id[:8]}", daemon=True).start()
        try:
            step = run.book.by_id[started.step]
            if is_to_run:
                wait = step if isinstance(step, Wait) else None
                go_on = _Going(self._handler, run.id, started)
                ended = (
                    self._wait(run, wait, started, again)
                    if wait is not None
                    else _as_cancelled(_run(allowed, started.limit, go_on), go_on)
                )
                if go_on.left and ended is not None and ended.how == "limit":
                    ended = None
            else:
                ended = Ended("not started", 0.0, trouble="It was not started: too much time had passed. ")
            if ended is None:
                self._say(run.id, LoseAction(started.step, started.visit, started.attempt, _GIVEN_UP))
                return
            self._record(run, started, ended, tuple(secrets))
        finally:
            over.set()

    def _wait(self, run: Run, step: Wait, started: ActionStarted, permitted: Permitted) -> Ended | None:
        """Let the time pass, or look again and again until it is so, or may not be so, or the time is over.

        None when these hands end meanwhile, or the run goes elsewhere. Each look is held to the file as it is then.
        """
        begun = monotonic()
        if step.poll is None:
            action = self._handler.load(run.id).hands.runs(started.step, started.visit, started.attempt)
            if action is None:
                return None
            over = action.at + timedelta(seconds=started.limit)
            while self._handler.now() <= over:
                left = (over - self._handler.now()).total_seconds()
                if self._is_given_up(run.id, started, min(_PAUSE, max(0.01, left))):
                    return self._cancelled(run.id, started, begun)
            return Ended("waited", monotonic() - begun)
        errors, last = 0, Ended("limit", 0.0, trouble="It was not looked at.")
        while (left := started.limit - (monotonic() - begun)) > 0:
            try:
                allowed = permitted()
            except NotAllowed as why:
                return Ended("not started", monotonic() - begun, trouble=str(why))
            last = _run(allowed, min(left, CHECK_LIMIT.total_seconds()))
            stdout = last.out.decode("utf-8", "replace")
            found = read_values(captures_of(step), stdout, last.exit)
            seen = look_at(run, step, stdout, last.exit, found.captured)
            errors = errors + 1 if seen == "error" else 0
            too_many = step.poll.fail_after_errors is not None and errors >= step.poll.fail_after_errors
            if seen in ("until", "fail") or too_many or (last.how == "not started" and allowed.web is None):
                how = "refused" if allowed.web is not None and last.exit is None else last.how
                return replace(last, seconds=monotonic() - begun, how=how)
            again = monotonic() + min(step.poll.every.total_seconds(), max(0.0, started.limit - (monotonic() - begun)))
            while (left := again - monotonic()) > 0:
                if self._is_given_up(run.id, started, min(_PAUSE, left)):
                    return self._cancelled(run.id, started, begun)
        return Ended("limit", monotonic() - begun, None, b"", last.printed, last.size, "It did not come about in time.")

    def _is_given_up(self, run_id: str, started: ActionStarted, seconds: float) -> bool:
        """Whether nobody waits any more, once so much time has passed."""
        if self._ending.wait(seconds):
            return True
        try:
            run = self._handler.load(run_id)
        except SQLAlchemyError:
            return False
        return not _stands_at(run, started) or _is_cancelled(run, started)

    def _cancelled(self, run_id: str, started: ActionStarted, begun: float) -> Ended | None:
        """How a wait ended that is given up: somebody cancelled it, or (None) nobody waits for it."""
        try:
            cancelled = _is_cancelled(self._handler.load(run_id), started)
        except SQLAlchemyError:
            return None
        return Ended("cancelled", monotonic() - begun) if cancelled else None

    def _keep_lease(self, run_id: str, over: Event) -> None:
        while not over.wait(RENEW):
            try:
                self._leases.renew(run_id, self._token, LEASE)
            except (NotRecorded, SQLAlchemyError) as failure:
                log.warning("a lease could not be renewed", run=run_id, failure=type(failure).__name__)

    def _record(self, run: Run, started: ActionStarted, ended: Ended, secrets: tuple[str, ...]) -> None:
        """Write the outcome down, record it however long the database is away, and forget what was written."""
        is_cut = ended.size > len(ended.printed)
        text = redacted(ended.printed, secrets, self._bench.scrub, is_cut=is_cut)
        which = (started.step, started.visit, started.attempt)
        hide = lambda said: redacted(said.encode("utf-8", "replace"), secrets, self._bench.scrub)  # noqa: E731  (one door)
        if ended.how == "lost":
            command: FinishAction | LoseAction = LoseAction(*which, f"{ended.trouble} Nobody knows what it did.")
        else:
            command = self._outcome(run, started, ended, text, hide)
        outcome = AttemptOutcome(run.id, command, text, self._bench.now())
        shown = redacted(ended.out, secrets, self._bench.scrub)
        self._bench.spool.keep(outcome, ended.out.decode("utf-8", "replace") if shown == _plain(ended.out) else shown)
        while not self._told(outcome):
            log.warning("an outcome waits for the database", run=run.start.ref, step=started.step)
            Event().wait(_PAUSE)

    def _told(self, outcome: AttemptOutcome) -> bool:
        """Whether an outcome needs nothing more: it is in the record, or its run has no place for it."""
        command = outcome.command
        try:
            if outcome.text and isinstance(command, FinishAction):
                which = (command.step, command.visit, command.attempt)
                self._leases.keep(
                    Output(outcome.run_id, *which, command.digest, command.size, outcome.text, outcome.at)
                )
            self._say(outcome.run_id, command)
        except (NotRecorded, SQLAlchemyError):
            return False
        except (Unknown, Refused):
            log.warning("an outcome has no place in its run", run=outcome.run_id, step=command.step)
        self._bench.spool.drop(outcome)
        return True

    def recover(self) -> bool:
        """Record what an earlier process on this machine saw end, and did not live to record; whether all is told."""
        told = []
        for one in self._bench.spool.left():
            # What breaks for another reason than the database keeps its file, and holds up no other run.
            with bulkhead(log, "an outcome could not be recorded, and its file stays", run=one.run_id):
                told.append(self._told(one))
        return all(told)

    def _outcome(
        self, run: Run, started: ActionStarted, ended: Ended, text: str, hide: Callable[[str], str]
    ) -> FinishAction:
        step = run.book.by_id[started.step]
        stdout = ended.out.decode("utf-8", "replace")
        found = read_values(captures_of(step), stdout, ended.exit, hide)
        secret = [name for name, value in found.captured.items() if hide(value) != _plain(value.encode())]
        missing = found.missing | {name: f"“{name}” looks like a secret, so it is not kept." for name in secret}
        how = "limit" if ended.how == "lost" else ended.how
        return FinishAction(
            started.step, started.visit, started.attempt, how, int(ended.seconds * 1000), ended.exit, stdout,
            {name: value for name, value in found.captured.items() if name not in secret}, missing,
            digest_of(text) if text else "", ended.size, ended.trouble,
            text[-_SHOWN:] if isinstance(step, Decide) else "",
        )  # fmt: skip

    def _say(self, run_id: str, command: HandsCommand) -> tuple[object, ...]:
        outcome = self._handler.handle(run_id, command, CLOCK, "hands")
        return () if outcome.repeated else tuple(event for _, event, _ in outcome.events)


def _plain(printed: bytes) -> str:
    """What was printed, as it stands when there is no secret in it."""
    return redacted(printed, (), str)


class _Going:
    """Whether a command goes on: until somebody cancels it, or has chosen without what it reads.

    Asked each moment, the record is looked at each second.
    """

    def __init__(self, handler: CommandHandler, run_id: str, started: ActionStarted) -> None:
        self._handler, self._run_id, self._started = handler, run_id, started
        self._again = 0.0
        self.cancelled = self.left = False

    def __call__(self) -> bool:
        if not self.cancelled and not self.left and monotonic() >= self._again:
            with suppress(SQLAlchemyError):  # a database that is away ends nothing
                run = self._handler.load(self._run_id)
                self.cancelled = _is_cancelled(run, self._started)
                self.left = isinstance(run.book.by_id[self._started.step], Decide) and not _stands_at(
                    run, self._started
                )
            self._again = monotonic() + _PAUSE
        return not self.cancelled and not self.left


def _stands_at(run: Run, started: ActionStarted) -> bool:
    here = run.here
    return isinstance(here, AtStep) and (here.step, here.visit) == (started.step, started.visit)


def _is_cancelled(run: Run, started: ActionStarted) -> bool:
    action = run.hands.runs(started.step, started.visit, started.attempt)
    return action is not None and action.cancelled is not None


def _as_cancelled(ended: Ended, going: _Going) -> Ended:
    """What was ended because somebody cancelled it; what ended before that, or was never begun, is told as it was."""
    return replace(ended, how="cancelled", trouble="") if going.cancelled and ended.how == "limit" else ended


def _run(allowed: Allowed, seconds: float, go_on: Callable[[], bool] = lambda: True) -> Ended:
    if allowed.web is not None:
        return send(allowed.web, seconds, go_on=go_on)
    return execute(allowed.argv, allowed.environment, Bounds(seconds), go_on=go_on)


def lose_actions(handler: CommandHandler, run: Run) -> bool:
    """Record that nobody knows how the commands of a run ended, once their lease was taken; whether there were any."""
    for one in run.hands.running:
        event = one.event
        why = f"The hands {event.worker} on {event.host} do not answer; it may still be running there."
        handler.handle(run.id, LoseAction(event.step, event.visit, event.attempt, why), CLOCK, "hands")
    return bool(run.hands.running)


def watch_hands(
    handler: CommandHandler, leases: HandsLeases, token: str, stopping: Event, lost: Event, every: float = _PAUSE
) -> None:
    """On each replica that serves: what hands left behind is unknown, also when no other hands are there.

    It looks each `every` seconds, and when `lost` is set.
    """
    wake_at_end(stopping, lost.set)
    while not stopping.is_set():
        lost.wait(every)
        lost.clear()
        with bulkhead(log, "what hands left behind could not be looked at"):
            try:
                for one in leases.waiting(LEASE):
                    if one.state == "runs" and leases.take(one.run_id, token, LEASE):
                        try:
                            lose_actions(handler, handler.load(one.run_id))
                        finally:
                            leases.release(one.run_id, token)
            except (NotRecorded, SQLAlchemyError) as failure:
                log.warning("hands are not watched while the database is away", failure=type(failure).__name__)

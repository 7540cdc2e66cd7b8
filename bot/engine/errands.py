"""What a run has to do by itself between two runs: open the one it calls, tell its caller how it ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.bulkhead import contain
from bot.engine.plan import StartPlan, called_plan, givers_in
from bot.format.runbook import Runbook
from bot.journal.store import Busy, Journal, NotRecorded
from bot.run.commands import (
    Command,
    GrowChain,
    NoteCallDelayed,
    NoteCallTold,
    NoteChildNotOpened,
    NoteChildOpened,
    NoteParentTold,
    Refused,
    TakeChildOutcome,
)
from bot.run.paging.dues import errand_due
from bot.run.places import InCall, Over
from bot.run.situation import Via
from bot.run.state import Run

CLOCK = "clock"
RETRY_AFTER = timedelta(seconds=30)
SOON = timedelta(seconds=5)
"""When a run that somebody holds is asked again."""
TELL_AFTER = timedelta(seconds=75)
"""A call that could not be opened for so long was tried three times: then the run says so."""


class Begun(Protocol):
    """What a start gives back: the run that stands now."""

    @property
    def run(self) -> Run: ...


class Desk(Protocol):
    """What an errand asks of the desk."""

    @property
    def journal(self) -> Journal: ...
    def now(self) -> datetime: ...
    def load(self, run_id: str, /) -> Run: ...
    def book(self, digest: str, /) -> Runbook: ...
    def handle(self, run_id: str, command: Command, by: str, via: Via, /) -> object: ...
    def start(self, plan: StartPlan, by: str, via: Via, key: str | None, run_id: str | None, /) -> Begun: ...


def run_errands(desk: Desk, plan_call: Callable[[Run], StartPlan], run_id: str) -> None:
    """Do what is due between this run and another. Each part is a transaction of its own and safe to repeat.

    A crash between two of them is mended the next time, since the run stays due. What cannot be done now is put off by
    half a minute (a run that somebody holds, by seconds), and the reason is raised.
    """
    run = desk.load(run_id)
    if errand_due(run) is None:
        return
    with contain() as errand:
        if isinstance(run.here, InCall) and run.here.ref is None:
            _open_call(desk, plan_call, run, run.here)
        elif isinstance(run.here, InCall):
            _tell_call(desk, run, run.here)
        elif isinstance(run.here, Over):
            _return_call(desk, run, run.here)
    if errand.failure is not None:
        _say_delay(desk, run, errand.failure)
        later = SOON if isinstance(errand.failure, Busy) else RETRY_AFTER
        desk.journal.defer(run_id, desk.journal.moment(desk.now()) + later)
        raise errand.failure


def _say_delay(desk: Desk, run: Run, failure: Exception) -> None:
    """Let people know, once, that a call is waited for in vain; they may want to go another way."""
    here = run.here
    if not isinstance(here, InCall) or here.ref is not None or here.delayed or desk.now() - here.since < TELL_AFTER:
        return
    why = str(failure) if isinstance(failure, NotRecorded) else "Handrail broke on it, and its log says why."
    try:
        _send(desk, run.id, NoteCallDelayed(here.step, here.visit, here.child, why))
    except NotRecorded:
        return  # as it is now nothing can be written: the next try says it


def _open_call(desk: Desk, plan_call: Callable[[Run], StartPlan], run: Run, here: InCall) -> None:
    """Start the called run, by whoever operates the caller: they asked for it, so they may not sign in it.

    What can never be opened is said, with the reason, and the step is left; what cannot be now is tried again.
    """
    try:
        _require_no_circle(desk, run, here)
        book = _called_book(desk, here)
        plan = called_plan(plan_call(run), run, here, book)
        child = desk.start(plan, run.operator or run.requester, "clock", f"call:{here.child}", here.child)
    except Refused as refusal:
        _send(desk, run.id, NoteChildNotOpened(here.step, here.visit, here.child, refusal.sentence))
        return
    begun = child.run.start
    _send(desk, run.id, NoteChildOpened(here.step, here.visit, here.child, begun.ref, begun.chain))


def _tell_call(desk: Desk, run: Run, here: InCall) -> None:
    """Let the called run know who has come to operate above it: what they signed there counts no more."""
    chain = run.whole_chain
    if desk.journal.head(here.child) is not None:
        _send(desk, here.child, GrowChain(chain))
    _send(desk, run.id, NoteCallTold(here.step, here.visit, here.child, chain))


def _require_no_circle(desk: Desk, run: Run, here: InCall) -> None:
    """A runbook that one of the callers walks already is not called again: each would wait for the next for ever."""
    above: Run | None = run
    while above is not None:
        if above.book.id == here.runbook:
            raise Refused(
                f"The runbook “{here.runbook}” is walked in {above.start.ref}, which waits for this run: "
                "the calls go in a circle."
            )
        caller = above.start.parent
        above = desk.load(caller.run) if caller is not None and desk.journal.head(caller.run) is not None else None


def _called_book(desk: Desk, here: InCall) -> Runbook:
    """The pinned text of what is called; Refused when this run was pinned to none."""
    try:
        return desk.book(here.digest)
    except LookupError:
        raise Refused(
            f"The runbook “{here.runbook}” was not kept when this run started. Start it as a run of its own."
        ) from None


def _return_call(desk: Desk, run: Run, here: Over) -> None:
    caller = run.start.parent
    if caller is None:
        return
    if desk.journal.head(caller.run) is not None:
        # Whoever opened this run may have died before the caller knew of it: it hears of both, in their order.
        at, begun = (caller.step, caller.visit, run.id), run.start
        _send(desk, caller.run, NoteChildOpened(*at, begun.ref, begun.chain))
        _send(desk, caller.run, TakeChildOutcome(*at, here.outcome, run.vars, run.whole_chain, givers_in(run)))
    _send(desk, run.id, NoteParentTold())


def _send(desk: Desk, run_id: str, command: Command) -> None:
    """Let something happen in a run; Busy at once when somebody holds it, for this is the clock's thread."""
    if not desk.journal.is_free(run_id):
        raise Busy(f"{run_id} is held by somebody else.")
    desk.handle(run_id, command, CLOCK, "clock")

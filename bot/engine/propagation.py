"""What a run has to do by itself between two runs: open the one it calls, tell its caller how it ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.bulkhead import contain
from bot.engine.plan import StartPlan, called_plan, givers_in
from bot.format.catalogue import CLOCK
from bot.format.runbook import Runbook
from bot.journal.store import Busy, Journal, NotRecorded
from bot.run.calls.rules import call_to, calls_out, calls_to_propagate, givers_anew, handed_anew, is_ending
from bot.run.commands import (
    AskToStop,
    Command,
    GrowChain,
    NoteCallDelayed,
    NoteCallTold,
    NoteChildNotOpened,
    NoteChildOpened,
    NoteParentTold,
    Refused,
    TakeChildOutcome,
    TakeHanded,
)
from bot.run.paging.dues import propagation_due
from bot.run.places import AwaitingRuns, InCall, Over
from bot.run.situation import Via
from bot.run.state import Run, but

RETRY_AFTER = timedelta(seconds=30)
SOON = timedelta(seconds=5)
"""When a run that somebody holds is asked again."""
TELL_AFTER = timedelta(seconds=75)
"""A call that could not be opened for so long was tried three times: then the run says so."""


class Begun(Protocol):
    """What a start gives back: the run that stands now."""

    @property
    def run(self) -> Run: ...


class Handler(Protocol):
    """What propagation asks of the command handler."""

    @property
    def journal(self) -> Journal: ...
    def now(self) -> datetime: ...
    def load(self, run_id: str, /) -> Run: ...
    def book(self, digest: str, /) -> Runbook: ...
    def handle(self, run_id: str, command: Command, by: str, via: Via, /) -> object: ...
    def start(self, plan: StartPlan, by: str, via: Via, key: str | None, run_id: str | None, /) -> Begun: ...


def propagate(handler: Handler, plan_call: Callable[[Run], StartPlan], run_id: str) -> None:
    """Do what is due between this run and others. Each part is a transaction of its own and safe to repeat.

    A crash between two of them is mended the next time, since the run stays due. What cannot be done now is put off by
    half a minute (a run that somebody holds, by seconds), and the reason is raised once the rest has been tried.
    """
    run = handler.load(run_id)
    if propagation_due(run) is None:
        return
    failures = []
    for child in [call.child for call in calls_to_propagate(run)]:  # one team's run keeps no other from being opened
        call = None
        with contain() as attempt:
            now = handler.load(run_id)
            call = call_to(now, child)
            if call is not None and call.ref is None:
                _open_call(handler, plan_call, now, call)
            elif call is not None:
                _tell_call(handler, now, call)
        if attempt.failure is not None:
            with contain():  # as it is now nothing may be written at all: the next try says it
                _say_delay(handler, run_id, call, attempt.failure)
            failures.append(attempt.failure)
    with contain() as attempt:
        if isinstance(run.here, Over):
            _return_call(handler, run, run.here)
    failures += [attempt.failure] if attempt.failure is not None else []
    if failures:
        later = SOON if all(isinstance(one, Busy) for one in failures) else RETRY_AFTER
        handler.journal.defer(run_id, handler.journal.moment(handler.now()) + later)
        raise failures[0]


def _say_delay(handler: Handler, run_id: str, call: InCall | None, failure: Exception) -> None:
    """Let people know, once, that a call is waited for in vain; they may want to go another way."""
    if call is None or call.ref is not None or call.delayed or handler.now() - call.since < TELL_AFTER:
        return
    why = str(failure) if isinstance(failure, NotRecorded) else "Handrail broke on it, and its log says why."
    _send(handler, run_id, NoteCallDelayed(call.step, call.visit, call.child, why))


def _open_call(handler: Handler, plan_call: Callable[[Run], StartPlan], run: Run, call: InCall) -> None:
    """Start the called run, by whoever operates the caller: they asked for it, so they may not sign in it.

    What can never be opened is said, with the reason, and the step is left; what cannot be now is tried again.
    """
    try:
        _require_going_on(run)
        _require_free_asset(run, call)
        _require_no_circle(handler, run, call)
        book = _called_book(handler, call)
        plan = called_plan(plan_call(but(run, here=call)), run, call, book)
        child = handler.start(plan, run.operator or run.requester, "clock", f"call:{call.child}", call.child)
    except Refused as refusal:
        _send(handler, run.id, NoteChildNotOpened(call.step, call.visit, call.child, refusal.sentence))
        return
    begun = child.run.start
    _send(handler, run.id, NoteChildOpened(call.step, call.visit, call.child, begun.ref, begun.chain))


def _require_going_on(run: Run) -> None:
    if is_ending(run):
        raise Refused(f"{run.start.ref} is about to end, so nothing more is opened.")


def _require_free_asset(run: Run, call: InCall) -> None:
    """Two runs that are open at once work on different assets: two teams on one thing undo each other's work."""
    for other in calls_out(run):
        if other.child != call.child and other.ref is not None and other.asset == call.asset:
            raise Refused(f"{other.ref} works on “{call.asset}” for {run.start.ref} already. Wait until it has ended.")


def _tell_call(handler: Handler, run: Run, call: InCall) -> None:
    """Let the called run know who operates around it, what is handed over now, and that it is asked to stop."""
    chain, given, givers = run.whole_chain, handed_anew(run, call), givers_anew(run, call)
    here = run.here
    ending = here.ending if isinstance(here, AwaitingRuns) else None
    if handler.journal.head(call.child) is not None:
        _send(handler, call.child, GrowChain(chain))
        if given:
            _send(handler, call.child, TakeHanded(given, givers))
        if ending is not None and not call.asked:
            _send(handler, call.child, AskToStop(ending.by, run.name_of(ending.by), ending.reason))
    told = NoteCallTold(call.step, call.visit, call.child, chain, ending is not None, given, givers if given else {})
    _send(handler, run.id, told)


def _require_no_circle(handler: Handler, run: Run, here: InCall) -> None:
    """A runbook that one of the callers walks already is not called again: each would wait for the next for ever."""
    above: Run | None = run
    while above is not None:
        if above.book.id == here.runbook:
            raise Refused(
                f"The runbook “{here.runbook}” is walked in {above.start.ref}, which waits for this run: "
                "the calls go in a circle."
            )
        caller = above.start.parent
        above = (
            handler.load(caller.run) if caller is not None and handler.journal.head(caller.run) is not None else None
        )


def _called_book(handler: Handler, here: InCall) -> Runbook:
    """The pinned text of what is called; Refused when this run was pinned to none."""
    try:
        return handler.book(here.digest)
    except LookupError:
        raise Refused(
            f"The runbook “{here.runbook}” was not kept when this run started. Start it as a run of its own."
        ) from None


def _return_call(handler: Handler, run: Run, here: Over) -> None:
    caller = run.start.parent
    if caller is None:
        return
    if handler.journal.head(caller.run) is not None:
        # Whoever opened this run may have died before the caller knew of it: it hears of both, in their order.
        at, begun = (caller.step, caller.visit, run.id), run.start
        _send(handler, caller.run, NoteChildOpened(*at, begun.ref, begun.chain))
        _send(handler, caller.run, TakeChildOutcome(*at, here.outcome, run.vars, run.whole_chain, givers_in(run)))
    _send(handler, run.id, NoteParentTold())


def _send(handler: Handler, run_id: str, command: Command) -> None:
    """Let something happen in a run; Busy at once when somebody holds it, for this is the clock's thread."""
    if not handler.journal.is_free(run_id):
        raise Busy(f"{run_id} is held by somebody else.")
    handler.handle(run_id, command, CLOCK, "clock")

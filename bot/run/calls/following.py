"""What becomes of called runs, as the clock brings it to the run that called them, and to the called ones."""

from collections.abc import Mapping

from bot.format.pieces import Value
from bot.run.calls.events import EndAwaited, HandedAnew, StopWanted
from bot.run.calls.rules import calls_out
from bot.run.commands import (
    AskToStop,
    NoteCallDelayed,
    NoteCallTold,
    NoteChildNotOpened,
    NoteChildOpened,
    Refused,
    TakeChildOutcome,
    TakeHanded,
)
from bot.run.events import CallDelayed, CallNotOpened, CallOpened, CallTold, Ended
from bot.run.law.answers import return_of_child
from bot.run.law.draft import Draft
from bot.run.law.starting import handed_over
from bot.run.places import InCall
from bot.run.state import Run

Told = NoteChildOpened | NoteChildNotOpened | NoteCallDelayed | NoteCallTold | TakeChildOutcome


def follow_call(draft: Draft, call: InCall, command: Told) -> None:
    """What became of a run that this one called: it stands in that call, or waits for it at a `join`."""
    stands_there = draft.run.here == call
    match command:
        case NoteChildOpened():
            if call.ref is None:
                draft.add(CallOpened(call.step, call.visit, command.child, command.ref, command.told))
        case NoteChildNotOpened():
            if call.ref is None:
                draft.add(CallNotOpened(call.step, call.visit, command.child, command.why))
                _ = draft.leave("else") if stands_there else draft.go_on()
        case NoteCallDelayed():
            if call.ref is None and not call.delayed:
                draft.add(CallDelayed(call.step, call.visit, command.child, command.why))
        case NoteCallTold(told=told, stop=stop, given=given, givers=givers):
            if call.told != told or given or (stop and not call.asked):
                draft.add(CallTold(call.step, call.visit, command.child, told, stop, given, givers))
        case TakeChildOutcome():
            returned = return_of_child(draft.run, call, command)
            draft.add(returned)
            _ = draft.leave(returned.outcome) if stands_there else draft.go_on()


def hear_caller(draft: Draft, command: AskToStop | TakeHanded) -> None:
    """What the calling run lets this one know."""
    run = draft.run
    if run.over or run.start.parent is None:
        return
    match command:
        case AskToStop(by=by, named=named, reason=reason):
            if run.stop_wanted is None:
                draft.add(StopWanted(by, named, reason))
        case TakeHanded(values=values, givers=givers):
            new = fitting(run, {name: value for name, value in values.items() if name in run.start.given})
            if any(run.vars.get(name) != value for name, value in new.items()):
                draft.add(HandedAnew(new, {name: by for name, by in givers.items() if name in new}))


def fitting(run: Run, values: Mapping[str, Value]) -> Mapping[str, Value]:
    """The values by their own types; one that does not fit is taken as it is, for what was signed with it is void."""
    try:
        return handed_over(run.book, values)
    except Refused:
        return values


def stop(draft: Draft, reason: str) -> Draft:
    """The run ends; when runs are out that it opened meanwhile, they are asked to stop, and it waits for them."""
    if any(draft.run.here != call for call in calls_out(draft.run)):
        return draft.add(EndAwaited("aborted", None, reason))
    return draft.add(Ended("aborted", None, reason))

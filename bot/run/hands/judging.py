"""What stands against a record of hands by the law: nothing that it says of itself is believed."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.format.catalogue import CLOCK
from bot.format.runbook import ByHand, Decide, RunStep, Wait
from bot.run import commands, events
from bot.run.events import Event
from bot.run.hands.events import (
    ActionAsked,
    ActionFinished,
    ActionLost,
    ActionStarted,
    CancelAsked,
    HandsDeclined,
    HandsReady,
    LookedAgain,
    TakenByHand,
)
from bot.run.hands.rules import Executable, executed, exit_after, is_meant, order_of, started, wanted, why_not_start
from bot.run.places import AtStep
from bot.run.situation import Stamp
from bot.run.state import Run

BY_CLOCK = (HandsReady, HandsDeclined, ActionStarted, ActionFinished, ActionLost)
"""What no person does."""
ASKED_OF_HANDS: Mapping[type, Callable[[Any], commands.Command]] = {
    ActionAsked: lambda one: commands.Begin(one.step, one.visit, hands=True),
    CancelAsked: lambda one: commands.CancelAction(one.step, one.visit, one.words),
    TakenByHand: lambda one: commands.DoMyself(one.step, one.visit),
    LookedAgain: lambda one: commands.LookAgain(one.step, one.visit),
}
"""What a person asks for, by the event that comes of it."""


def ends_an_action(run: Run, event: Event, stamp: Stamp) -> bool:
    """Whether this is how a command of hands ended, as the record before says; nobody pressed it."""
    last, step = run.hands.last, run.book.by_id.get(getattr(event, "step", ""))
    if not isinstance(event, events.StepFinished) or stamp.by != CLOCK or last is None:
        return False
    if not isinstance(step, ByHand) or (last.step, last.visit) != (event.step, event.visit):
        return False
    set_ = step.set if isinstance(step, RunStep) and event.exit == "ok" else {}
    read = last.captured if isinstance(last, ActionFinished) else {}
    left, taken = ({name: one for name, one in values.items() if name not in set_} for values in (event.answers, read))
    without = exit_after(step, last, retries=False)  # as it was before hands tried again by themselves
    return left == taken and event.exit in (exit_after(step, last), without)


def _stands_at(run: Run, event: Any) -> bool:  # noqa: ANN401  (any event of hands)
    return isinstance(run.here, AtStep) and (run.here.step, run.here.visit) == (event.step, event.visit)


def _of_offer(run: Run, event: HandsReady, _: Stamp, __: object) -> str | None:
    return None if _stands_at(run, event) and wanted(run) == "offer" else "the run wanted no hands there."


def _of_declining(run: Run, event: HandsDeclined, _: Stamp, __: object) -> str | None:
    return None if _stands_at(run, event) and wanted(run) is not None else "the run wanted no hands there."


def _of_asking(run: Run, event: ActionAsked, stamp: Stamp, _: object) -> str | None:
    here = run.here
    begun = isinstance(here, AtStep) and _stands_at(run, event) and here.began_by == stamp.by
    return None if begun and run.hands.ready else "they had begun nothing that hands had offered to run."


def _of_start(run: Run, event: ActionStarted, stamp: Stamp, _: object) -> str | None:
    why = why_not_start(run, stamp.at)
    if why is not None:
        return why
    same = event == started(order_of(run), event.worker, event.host)
    return None if same else "this is not what the step runs."


def _of_outcome(run: Run, event: ActionFinished | ActionLost, stamp: Stamp, _: object) -> str | None:
    which = (event.step, event.visit, event.attempt)
    runs = run.hands.runs(*which) is not None
    if not runs and not (isinstance(event, ActionFinished) and run.hands.was_lost(*which)):
        return "nothing of the kind ran."
    if event.late is (runs and _stands_at(run, event)):
        return "it came late, or in time, and says otherwise."
    step, action = run.book.by_id.get(event.step), run.hands.runs(*which)
    if isinstance(event, ActionFinished) and event.ended == "cancelled" and runs and not (action and action.cancelled):
        return "nobody had cancelled it."
    if isinstance(event, ActionFinished) and event.shown and not isinstance(step, Decide):
        return "nobody chooses by it."
    if not isinstance(event, ActionFinished) or not event.ok or not isinstance(step, Executable):
        return None
    how = executed(step)
    seen = event.ended in ("exit", "status") and how is not None and is_meant(how, event.exit)
    if isinstance(step, Wait) and step.for_ is not None:
        seen = event.ended == "waited" and action is not None and stamp.at - action.at >= step.for_
    return None if seen and not event.failed and not event.trouble else "it was not seen to end well."


def _of_cancelling(run: Run, event: CancelAsked, _: Stamp, __: object) -> str | None:
    action = run.hands.runs(event.step, event.visit, event.attempt)
    runs = _stands_at(run, event) and action is not None and action.cancelled is None
    return None if runs else "nothing of the kind ran."


def _of_looking_again(run: Run, event: LookedAgain, _: Stamp, __: object) -> str | None:
    looked = _stands_at(run, event) and run.hands.last is not None
    return None if looked else "Handrail had not looked there."


def _of_doing_by_hand(run: Run, event: TakenByHand, _: Stamp, __: object) -> str | None:
    if isinstance(run.book.by_id.get(event.step), Decide):
        return "this is for people to choose anyway."
    free = _stands_at(run, event) and not run.hands.running and run.hands.asked is None
    return None if free else "Handrail was at it."


JUDGES_OF_HANDS: Mapping[type, Callable[[Run, Any, Stamp, Any], str | None]] = {
    HandsReady: _of_offer, HandsDeclined: _of_declining, ActionAsked: _of_asking, ActionStarted: _of_start,
    ActionFinished: _of_outcome, ActionLost: _of_outcome, LookedAgain: _of_looking_again,
    TakenByHand: _of_doing_by_hand, CancelAsked: _of_cancelling,
}  # fmt: skip

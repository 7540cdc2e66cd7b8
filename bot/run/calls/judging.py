"""What stands against records of called runs, by the rules that brought them about."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.format.runbook import Call, End
from bot.run import commands, events
from bot.run.calls.events import EndAwaited, HandedAnew, Joined, StopWanted
from bot.run.calls.rules import call_of, call_to, calls_out, given_of, way_of_join
from bot.run.commands import Refused
from bot.run.events import Event
from bot.run.law.authorise import authorise
from bot.run.law.direction import Heading
from bot.run.law.may_start import WORDS
from bot.run.places import AtStep, AwaitingRuns, Chain, InCall
from bot.run.situation import Stamp
from bot.run.state import Run


def is_of_a_run_meanwhile(run: Run, event: Event) -> bool:
    """Whether this is news of a run that was opened meanwhile: it moves nothing here."""
    if not isinstance(event, events.CallReturned | events.CallNotOpened):
        return False
    return not (isinstance(run.here, InCall) and run.here.child == event.child)


def object_to_ending(run: Run, event: events.Ended) -> str | None:
    """What stands against an end that was put off until all runs were back."""
    ending = run.here.ending if isinstance(run.here, AwaitingRuns) else None
    said = (event.outcome, event.step, event.reason)
    if ending is None or said != (ending.outcome, ending.step, ending.reason):
        return "this is not the end that the run was to come to."
    return "runs that it had opened were still out." if any(calls_out(run)) else None


def _of_call(run: Run, event: events.Called, _: Stamp, __: Heading) -> str | None:
    step, here = run.book.by_id.get(event.step), run.here
    stands = isinstance(here, AtStep) and (here.step, here.visit) == (event.step, event.visit)
    if not isinstance(step, Call) or not stands:
        return "the run was not there."
    if run.law < WORDS:
        return None
    call = call_of(run, step, event.visit)
    before = replace(call, child=f"{run.id}.{step.id}.{event.visit}")  # however long, before ids were shortened
    return None if event in (call, before) else "this is not what the step calls."


def _of_called(run: Run, event: Any, _: Stamp, __: Heading) -> str | None:  # noqa: ANN401  (the events of a call)
    call = call_to(run, event.child)
    if call is None or (call.step, call.visit) != (event.step, event.visit):
        return "the run was in no such call."
    if isinstance(event, events.CallNotOpened | events.CallDelayed | events.CallOpened) and call.ref is not None:
        return "the call had been opened."
    told = event.told if isinstance(event, events.CallOpened | events.CallTold) else Chain()
    if run.whole_chain.joined(told) != run.whole_chain:
        return "it tells the called run of people who are not of the chain."
    if isinstance(event, events.CallOpened) and any(
        one.ref is not None and one.asset == call.asset for one in calls_out(run)
    ):
        return "another run that it had called was open on that asset."
    step = run.book.by_id.get(call.step)
    handed = given_of(run, step) if isinstance(step, Call) else {}
    if isinstance(event, events.CallTold) and any(handed.get(name) != one for name, one in event.given.items()):
        return "this is not what the step hands over."
    if isinstance(event, events.CallReturned) and not set(event.captured) <= set(getattr(step, "capture", ())):
        return "the step takes no such value home."
    return None


def _of_joining(run: Run, event: Joined, stamp: Stamp, _: Heading) -> str | None:
    here = run.here
    if not isinstance(here, AwaitingRuns) or here.ending is not None:
        return "the run was at no `join`."
    rightly = (here.step, here.visit) == (event.step, event.visit)
    same = way_of_join(run, here, stamp.at) == (event.exit, dict(event.came))
    return None if rightly and same else "this is not how the runs that it waited for had ended."


def _of_awaited_end(run: Run, event: EndAwaited, stamp: Stamp, _: Heading) -> str | None:
    if isinstance(run.here, AwaitingRuns) and run.here.ending is not None:
        return "the run was about to end already."
    if not any(calls_out(run)):
        return "there was no run to wait for."
    step = run.book.by_id.get(event.step or "")
    if event.step is not None:
        there = isinstance(step, End) and run.here_is(step.id) and step.outcome == event.outcome
        return None if there else "the run had not come to that end."
    return object_to_stopping(run, event, stamp)


def object_to_stopping(run: Run, event: EndAwaited | events.Ended, stamp: Stamp) -> str | None:
    """What stands against a stop: it aborts the run, and takes somebody who may."""
    if event.outcome != "aborted":
        return "whoever stops a run aborts it."
    try:
        authorise(run, commands.Stop(event.reason), stamp)
    except Refused as refused:
        return f"Handrail refuses this to {stamp.by}: {refused.sentence}"
    return None


def _of_wish_to_stop(run: Run, _: StopWanted, __: Stamp, ___: Heading) -> str | None:
    return None if run.start.parent is not None else "no run had called this one."


def _of_handing_anew(run: Run, event: HandedAnew, _: Stamp, __: Heading) -> str | None:
    handed = run.start.parent is not None and set(event.values) <= set(run.start.given)
    return None if handed else "the calling run had handed over no such value."


JUDGES_OF_CALLS: Mapping[type, Callable[[Run, Any, Stamp, Heading], str | None]] = {
    events.Called: _of_call, events.CallOpened: _of_called, events.CallNotOpened: _of_called,
    events.CallDelayed: _of_called, events.CallTold: _of_called, events.CallReturned: _of_called,
    Joined: _of_joining, EndAwaited: _of_awaited_end, StopWanted: _of_wish_to_stop, HandedAnew: _of_handing_anew,
}  # fmt: skip

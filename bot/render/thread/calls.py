"""What a thread says of the runs of other teams: that one ends, or asks for it, or hands over something else."""

from collections.abc import Mapping
from typing import assert_never

from bot.format.pieces import Value
from bot.render.message import foreign, list_block, quote_block, section
from bot.render.prose import say_value, spoken_name
from bot.render.thread.post import Moment, Post, call_people, event_post
from bot.run.calls.events import EndAwaited, HandedAnew, StopWanted
from bot.run.calls.rules import calls_out, say_call


def tell_other_runs(moment: Moment, event: EndAwaited | StopWanted | HandedAnew) -> Post:
    """The post of an event between a run and those that it opened, or that opened it."""
    match event:
        case EndAwaited(reason=reason):
            return _end_awaited(moment, reason)
        case StopWanted(named=named, reason=reason):
            return _stop_wanted(moment, named, reason)
        case HandedAnew(values=values):
            return _handed_anew(moment, values)
        case _:
            assert_never(event)


def _end_awaited(moment: Moment, reason: str) -> Post:
    run = moment.after
    who, left = run.name_of(moment.stamp.by), " and ".join(say_call(run, call) for call in calls_out(run))
    text = f"{who} ends the run. It waits for {left}, which are asked to stop."
    said = f":octagonal_sign: *{foreign(who)} ends the run.* It waits for {foreign(left)}, which are asked to stop."
    return event_post(moment, text, section(said), quote_block(reason) if reason else None, broadcast=True)


def _stop_wanted(moment: Moment, named: str, reason: str) -> Post:
    run = moment.after
    above = run.start.parent.ref if run.start.parent is not None else "the run above"
    called = call_people(run, [run.operator] if run.operator else run.holders("operator"))
    text = f"{named} stops {above}, which opened this run, and asks to stop here too."
    said = f":octagonal_sign: {called}: *{foreign(named)} stops {foreign(above)}*, which opened this run. "
    more = "Let end what runs, then press *Stop the run…* in the menu."
    return event_post(moment, text, section(said + more), quote_block(reason) if reason else None)


def _handed_anew(moment: Moment, values: Mapping[str, Value]) -> Post:
    run = moment.after
    above = run.start.parent.ref if run.start.parent is not None else "The run above"
    lines = [f"{spoken_name(name)}: {say_value(run, name, value)}" for name, value in values.items()]
    text = f"{above} has corrected what it handed over."
    said = f":pencil2: *{foreign(above)} has corrected what it handed over.* What was signed with it counts no more."
    return event_post(moment, text, section(said), list_block(lines))

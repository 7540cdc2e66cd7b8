"""A called run as its caller knows it: what was handed over, whether it is open, and how it came back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.format.runbook import Call, StepBase
from bot.run.events import CallDelayed, Called, CallNotOpened, CallOpened, CallReturned, CallTold
from bot.run.places import Given, Givers, InCall, givers_within

NOT_OPENED = "not opened"
"""How a call came back whose run was never begun."""
OUT_OF_REACH = "out of reach"
"""How a call came back of which nobody hears in this record."""
News = CallOpened | CallDelayed | CallTold | CallNotOpened | CallReturned


def called(event: Called, step: StepBase | None, given: Mapping[str, Given], at: datetime) -> InCall:
    """A call as it begins."""
    handed = givers_handed(step, given)
    return InCall(
        event.step, event.visit, at, event.child, event.runbook, event.digest, event.asset, event.given, givers=handed
    )


def givers_handed(step: StepBase | None, given: Mapping[str, Given]) -> dict[str, Givers]:
    """Who gave what a call hands over, by the names there."""
    known = {name: one.givers for name, one in given.items()}
    handed = {name: givers_within(value, known) for name, value in step.with_.items()} if isinstance(step, Call) else {}
    return {name: givers for name, givers in handed.items() if givers}


def follow(call: InCall, event: News) -> InCall:
    """The call once this was heard of it."""
    match event:
        case CallOpened(ref=ref, told=told):
            return replace(call, ref=ref, told=told, delayed="")
        case CallDelayed(why=why):
            return replace(call, delayed=why)
        case CallTold(told=told, stop=stop, given=given, givers=givers) if given:
            return replace(call, told=told, asked=call.asked or stop, given=given, givers=givers)
        case CallTold(told=told, stop=stop):
            return replace(call, told=told, asked=call.asked or stop)
        case CallNotOpened(why=why):
            return replace(call, outcome=NOT_OPENED, why=why, delayed="")
        case CallReturned(outcome=outcome):
            return replace(call, outcome=outcome)
        case _:
            assert_never(event)


def lost_call(step: str, ref: str, at: datetime) -> InCall:
    """A run that another record opened, from which this one goes on: nobody here hears of it."""
    why = f"Nobody hears of {ref} here: it was opened by the run that this one goes on from."
    return InCall(step, 0, at, ref=ref, outcome=OUT_OF_REACH, why=why)

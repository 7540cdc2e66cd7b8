"""What shows when a run comes to a step: who brought it, what failed since the last time, whether it goes round."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import TypeVar

from bot.format.pieces import Value
from bot.format.runbook import Check, Decide, Do, Runbook, RunStep, StepBase
from bot.run.events import StepEntered
from bot.run.places import Given, RuledOut, Visit
from bot.run.situation import Stamp

T = TypeVar("T")
ROUNDS = 3
"""The time from which on the same way to the hold calls more people, and other ends are offered."""
RuledOuts = Mapping[str, tuple[RuledOut, ...]]
"""By name, the values that were answered and that a check refused since."""


def rounds(done: Sequence[Visit], held_from: str | None) -> int:
    """How often the step from which the hold was reached has come there by the exit that it took last."""
    exits = [one.exit for one in done if one.step == held_from]
    return exits.count(exits[-1]) if exits else 0


def who_brought(book: Runbook, event: StepEntered, stamp: Stamp) -> str | None:
    """Whose press led here straight away; nobody's after a wait, a call, a signature or what went by itself."""
    before = None if event.came_from is None else book.by_id[event.came_from]
    at_once = before is None or isinstance(before, Do | Decide | Check | RunStep)
    return stamp.by if at_once and stamp.by != "clock" else None


def ruled_out_at(
    book: Runbook,
    step: StepBase,
    done: Sequence[Visit],
    given: Mapping[str, Given],
    values: Mapping[str, Value],
    known: RuledOuts,
) -> RuledOuts:
    """An answer is asked for again, and a check has failed since it was given: that value is ruled out."""
    answer = step.answer if isinstance(step, Do) else None
    is_kept = answer is not None and not answer.blind and book.fields[answer.var].type != "secret"
    before = given.get(answer.var) if answer is not None and is_kept else None
    if answer is None or before is None or before.step != step.id:
        return known
    since = takewhile(lambda one: one.step != step.id, reversed(done))
    check = next((one for one in since if one.exit == "fail" and isinstance(book.by_id[one.step], Check)), None)
    if check is None:
        return known
    value = values[answer.var]
    others = tuple(one for one in known.get(answer.var, ()) if one.value != value)
    return {**known, answer.var: (*others, RuledOut(value, check.step, check.until))}


def without(known: Mapping[str, T], step: str) -> Mapping[str, T]:
    """What is known of every step but this one."""
    return {name: kept for name, kept in known.items() if name != step} if step in known else known

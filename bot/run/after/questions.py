"""The two questions to whoever operated a run: how clear the steps were, and where they hesitated."""

from bot.format.runbook import Check, Decide, Do, RunStep, Wait
from bot.run.after.events import Question
from bot.run.state import Run

QUESTIONS: tuple[Question, ...] = ("clarity", "hesitation")
NOWHERE = "nowhere"
CLARITY = ("1", "2", "3", "4", "5")
ANOTHER = "another"
"""Asks for a step that is not named: a press that opens a form, never an answer that is kept."""
_SLOWEST, _MOST = 4, 6
"""Steps that are named because they took long, and all that are named."""


def question_left(run: Run) -> Question | None:
    """The question that its operator has not answered yet. A called run asks none: the run that called it does."""
    if not run.over or run.operator is None or run.start.parent is not None:
        return None
    return next((one for one in QUESTIONS if one not in run.after.ratings), None)


def hesitated_steps(run: Run) -> tuple[str, ...]:
    """The steps at which somebody may have hesitated, in their order, six at most.

    Those of people that took longest against their typical time, all visits together; beside them those from which
    somebody went back, and those that were visited again.
    """
    spent: dict[str, float] = {}
    again: dict[str, None] = {}
    for visit in run.done:
        step = run.book.by_id[visit.step]
        if not isinstance(step, Do | Decide | Check | RunStep | Wait):
            continue
        if step.id in spent or visit.exit == "went back":
            again[step.id] = None
        usual = step.typical.total_seconds() if step.typical else 0.0
        spent[step.id] = spent.get(step.id, 0.0) + (visit.until - visit.since).total_seconds() - usual
    slowest = sorted(spent, key=lambda step: -spent[step])[:_SLOWEST]
    more = sorted((one for one in again if one not in slowest), key=lambda step: -spent[step])[: _MOST - len(slowest)]
    return tuple(step for step in spent if step in slowest or step in more)


def walked_steps(run: Run) -> tuple[str, ...]:
    """Every step of people that was walked, in order."""
    kinds = Do | Decide | Check | RunStep | Wait
    return tuple(dict.fromkeys(one.step for one in run.done if isinstance(run.book.by_id[one.step], kinds)))

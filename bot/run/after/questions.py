"""The two questions to whoever operated a run: how clear the steps were, and where they hesitated."""

from bot.format.runbook import Check, Decide, Do, RunStep, Wait
from bot.run.after.events import Question
from bot.run.state import Run

QUESTIONS: tuple[Question, ...] = ("clarity", "hesitation")
NOWHERE = "nowhere"
CLARITY = ("1", "2", "3", "4", "5")
_SLOWEST = 4
"""Steps that are named where somebody may have hesitated; with `nowhere` a row of five buttons."""


def question_left(run: Run) -> Question | None:
    """The question that its operator has not answered yet. A called run asks none: the run that called it does."""
    if not run.over or run.operator is None or run.start.parent is not None:
        return None
    return next((one for one in QUESTIONS if one not in run.after.ratings), None)


def slowest_steps(run: Run) -> tuple[str, ...]:
    """Up to four steps of people that took longest against their typical time, all visits together; in their order."""
    spent: dict[str, float] = {}
    for visit in run.done:
        step = run.book.by_id[visit.step]
        if isinstance(step, Do | Decide | Check | RunStep | Wait):
            usual = step.typical.total_seconds() if step.typical else 0.0
            spent[step.id] = spent.get(step.id, 0.0) + (visit.until - visit.since).total_seconds() - usual
    slowest = sorted(spent, key=lambda step: -spent[step])[:_SLOWEST]
    return tuple(step for step in spent if step in slowest)

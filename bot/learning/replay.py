"""An old run walked on another version of its runbook: where it would have gone otherwise."""

from dataclasses import dataclass

from bot.format.runbook import Runbook
from bot.learning.walks import RunWalk, StepWalk


@dataclass(frozen=True, slots=True)
class Replayed:
    """How far a run goes the same way."""

    ref: str
    same: int
    """Steps that it comes to as before, the one where it parts among them."""
    of: int
    differs: str = ""
    """How it parts, in words; empty where it goes the same way to its end."""


def replay(walk: RunWalk, old: Runbook, new: Runbook) -> Replayed:
    """The first place where `new` would lead elsewhere than `old`, by which it ran, did.

    Behind that the night would have been another one. Where people or the law left the written way, they would again.
    """
    whole = len(walk.visits)
    if whole and walk.visits[0].step == old.steps[0].id != new.steps[0].id:
        return Replayed(walk.ref, 0, whole, f"it would begin with {new.steps[0].id}")
    for number, visit in enumerate(walk.visits, 1):
        words = _parting(visit, old, new)
        if words:
            return Replayed(walk.ref, number, whole, words)
    return Replayed(walk.ref, whole, whole)


def _parting(visit: StepWalk, old: Runbook, new: Runbook) -> str:
    """How a visit would be left otherwise, in words; empty where it would not."""
    if visit.step not in new.by_id:
        return f"the step {visit.step} is gone"
    if not visit.by_exit or visit.to is None or visit.step not in old.by_id:
        return ""
    written = dict(old.exits(old.by_id[visit.step]))
    if written.get(visit.by_exit) != visit.to:
        return "" if visit.to in new.by_id else f"{visit.step} was left for {visit.to}, which is gone"
    now = dict(new.exits(new.by_id[visit.step])).get(visit.by_exit)
    if now is None:
        return f"{visit.step} has no exit “{visit.by_exit}” any more; it led to {visit.to}"
    return "" if now == visit.to else f"{visit.step} by “{visit.by_exit}” leads to {now} instead of {visit.to}"

"""An old run walked on another version of its runbook: where it would have gone otherwise."""

from dataclasses import dataclass

from bot.format.runbook import Runbook
from bot.learning.walks import RunWalk, StepWalk


@dataclass(frozen=True, slots=True)
class Replayed:
    """How far a run goes the same way; `differs` is empty where it does to its end."""

    ref: str
    same: int
    """Steps that it comes to as before, the one where it parts among them."""
    of: int
    step: str = ""
    """Where it parts."""
    exit: str = ""
    was: str = ""
    """Where the exit led, then."""
    now: str = ""
    """Where it leads now; empty where the exit, or the step itself, is gone."""
    differs: str = ""
    """The same in words."""


def replay(walk: RunWalk, old: Runbook, new: Runbook) -> Replayed:
    """The first place where `new` would lead elsewhere than `old`, by which it ran, did.

    Behind that the night would have been another one. Where people or the law left the written way, they would again.
    """
    whole = len(walk.visits)
    if whole and walk.visits[0].step == old.steps[0].id != new.steps[0].id:
        first = new.steps[0].id
        return Replayed(walk.ref, 0, whole, was=old.steps[0].id, now=first, differs=f"it would begin with {first}")
    for number, visit in enumerate(walk.visits, 1):
        words, now = _parting(visit, old, new)
        if words:
            return Replayed(walk.ref, number, whole, visit.step, visit.by_exit, visit.to or "", now, words)
    return Replayed(walk.ref, whole, whole)


def _parting(visit: StepWalk, old: Runbook, new: Runbook) -> tuple[str, str]:
    """How a visit would be left otherwise, in words, and where to; empty where it would not."""
    if visit.step not in new.by_id:
        return f"the step {visit.step} is gone", ""
    if not visit.by_exit or visit.to is None or visit.step not in old.by_id:
        return "", ""
    written = dict(old.exits(old.by_id[visit.step]))
    if written.get(visit.by_exit) != visit.to:
        return ("", "") if visit.to in new.by_id else (f"{visit.step} was left for {visit.to}, which is gone", "")
    now = dict(new.exits(new.by_id[visit.step])).get(visit.by_exit)
    if now is None:
        return f"{visit.step} has no exit “{visit.by_exit}” any more; it led to {visit.to}", ""
    if now != visit.to:
        return f"{visit.step} by “{visit.by_exit}” leads to {now} instead of {visit.to}", now
    return "", ""

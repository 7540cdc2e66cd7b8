"""Who may start a step under signatures now: one rule, asked at every start, and of every record by the audit.

A start is `Begun` of a step that is begun by hand; for a bound step that goes by itself, its being entered.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.format.runbook import RunStep, Signoff, StepBase
from bot.run.commands import Refused
from bot.run.law.scope import names_said, title_of
from bot.run.law.signing import content_of, is_complete, why_barred
from bot.run.members.rules import one_with, one_with_operators
from bot.run.places import Approval, AtStep
from bot.run.situation import is_unverified
from bot.run.state import Run

LAW = 3
"""The number of the law that stands at the head of `decide`. It rises whenever that law forbids something new."""
WORDS = 2
"""Since this law what is signed, begun and called is put in the words of now. It becomes `LAW` when they change."""


class WrongStarter(Refused):
    """This person may not start the step; the sentence names who can."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a step may not start now. `signoff`: that one has to be asked for (anew), and the run goes back to it."""

    why: str
    signoff: Signoff | None = None


def may_start(run: Run, step: StepBase, by: str, at: datetime) -> Objection | None:
    """What stands against `by` starting this step at `at`; None when nothing does. By the law of the run."""
    missing = missing_signoff(run, step, at)
    if missing is not None or run.law == 1:
        return missing
    why = _why_unwatched(run, step, by) or _why_not_by(run, step, by)
    return None if why is None else Objection(why)


def missing_signoff(run: Run, step: StepBase, at: datetime) -> Objection | None:
    """The first sign-off that binds this step and is not in force for exactly this start."""
    for signoff in run.book.signoffs_of.get(step.id, ()):
        why = _why_not_in_force(run, signoff, step, at)
        if why is not None:
            return Objection(why, signoff)
    return None


def _why_not_in_force(run: Run, signoff: Signoff, step: StepBase, at: datetime) -> str | None:
    approval = run.approvals.get(signoff.id)
    if approval is None:
        return f"“{title_of(run, signoff.id)}” has not been signed."
    if run.law == 1:
        return _why_over(run, signoff, approval, at)
    over = _why_over(run, signoff, approval, at)
    return over or _why_used_up(run, approval, step) or why_void(run, signoff, approval)


def is_signed_anew(run: Run, step: StepBase) -> bool:
    """Whether a further start of this step needs new signatures, as those that are in force covered an earlier one."""
    given = (run.approvals.get(one.id) for one in run.book.signoffs_of.get(step.id, ()))
    return run.law > 1 and any(_why_used_up(run, one, step) for one in given if one is not None)


def why_ended(run: Run, signoff: Signoff, at: datetime) -> str | None:
    """Why a sign-off under which a step was begun is in force no longer, before the command that it covers exists."""
    approval = run.approvals.get(signoff.id)
    if approval is None:
        return f"“{title_of(run, signoff.id)}” is not signed any more."
    return _why_over(run, signoff, approval, at) or why_void(run, signoff, approval)


def _why_over(run: Run, signoff: Signoff, approval: Approval, at: datetime) -> str | None:
    over = approval.valid_until is not None and at > approval.valid_until
    return f"The signature of “{title_of(run, signoff.id)}” is no longer valid." if over else None


def _why_used_up(run: Run, approval: Approval, step: StepBase) -> str | None:
    """A signature covers one start of what destroys, and of a change further ones while no signer has operated."""
    if step.id not in approval.started:
        return None
    title = title_of(run, step.id)
    if approval.glass:
        return f"The glass was broken for one start of “{title}”, and that has been. Another start is asked for anew."
    if isinstance(step, RunStep) and step.effect == "destroy":
        return f"“{title}” destroys, so each start is signed for anew: the signatures covered the one that has been."
    operated = [one for one in approval.signers if one in (*run.operators, *one_with_operators(run))]
    if operated:
        who = run.name_of(operated[0])
        return f"“{title}” was started before, and {who}, who signed it, has operated. It is asked for anew."
    return None


def why_void(run: Run, signoff: Signoff, approval: Approval) -> str | None:
    """Why what was approved counts no more, whatever time it is: other content, or no longer enough signers."""
    if content_of(run, signoff).digest != approval.digest:
        return f"What was signed in “{title_of(run, signoff.id)}” has changed since."
    barred = why_barred(run, signoff)
    if approval.glass:
        return _why_glass_ended(run, approval.signers[0], barred | dict.fromkeys(approval.lost, "is no lead any more"))
    roles = {one for role in signoff.from_ for one in run.holders(role)}
    counting = tuple(one for one in approval.signers if one in roles and one not in (*barred, *approval.lost))
    if is_complete(run, signoff, counting):
        return None
    lost = next((one for one in approval.signers if one not in counting), None)
    if lost is None:
        return "The signatures are not enough."
    return f"{run.name_of(lost)} {barred.get(lost, 'has left')}, so that signature no longer counts."


def _why_glass_ended(run: Run, breaker: str, barred: dict[str, str]) -> str | None:
    who = run.name_of(breaker)
    if breaker in run.operators:
        return (
            f"{who} {'operates now' if breaker == run.operator else 'has operated'}, so their broken glass has ended."
        )
    barred = one_with_operators(run) | barred
    if breaker in barred or breaker not in run.holders("lead"):
        return f"{who} {barred.get(breaker, 'is no lead any more')}, so their broken glass has ended."
    return None


def _why_unwatched(run: Run, step: StepBase, by: str) -> str | None:
    role = step.witness if isinstance(step, RunStep) else None
    if role is None:
        return None
    watcher = watcher_of(run)
    if watcher is None:
        others = tuple(one for one in run.holders(role) if one not in (run.operator, by))
        return f"Somebody has to watch first: {names_said(run, others)} can press I am watching."
    if is_unverified(by):
        who = run.name_of(watcher)
        return f"{who} watches, and you have not logged in here: you could be them. {_say_who_can(run, step, by)}"
    if watcher == by:
        return f"You watch this step, so somebody else has to begin it. {_say_who_can(run, step, by)}"
    if watcher in one_with(run, by):
        watches = f"{run.name_of(watcher)} watches, and {_say_one(run, by, watcher)}: you count as one. "
        return watches + _say_who_can(run, step, by)
    return None


def watcher_of(run: Run) -> str | None:
    """Who watches the step where the run stands, while they hold the role for it."""
    here = run.here
    if not isinstance(here, AtStep) or here.watched_by is None:
        return None
    step = run.book.by_id[here.step]
    role = step.witness if isinstance(step, RunStep) else None
    return here.watched_by if role is not None and here.watched_by in run.holders(role) else None


def _why_not_by(run: Run, step: StepBase, by: str) -> str | None:
    """Whoever starts is no signer, did not break the glass, and has proved who they are."""
    for signoff in run.book.signoffs_of.get(step.id, ()):
        approval = run.approvals[signoff.id]
        signed = f"“{title_of(run, signoff.id)}”"
        if by in approval.signers:
            did = f"You broke the glass for {signed}" if approval.glass else f"You signed {signed}"
            return f"{did}, so somebody else has to start “{title_of(run, step.id)}”. {_say_who_can(run, step, by)}"
        one = next((one for one in approval.signers if one in one_with(run, by)), None)
        if one is not None:
            did = "broke the glass for" if approval.glass else "signed"
            who = f"{run.name_of(one)} {did} {signed}, and {_say_one(run, by, one)}: you count as one. "
            return who + _say_who_can(run, step, by)
        if is_unverified(by):
            whom = "whoever broke its glass" if approval.glass else "one of its signers"
            given = "had its glass broken" if approval.glass else "was signed"
            message = f"{signed} {given}, and you have not logged in here: you could be {whom}. "
            return message + _say_who_can(run, step, by)
    return None


def _say_one(run: Run, by: str, other: str) -> str:
    """Why the two count as one, to `by`."""
    if other in run.members.let_in.get(by, ()):
        return "they let you in"
    return "you let them in" if by in run.members.let_in.get(other, ()) else "the same lead let you both in"


def _say_who_can(run: Run, step: StepBase, by: str) -> str:
    """Who may start this step instead, and what they press."""
    bound = [run.approvals.get(signoff.id) for signoff in run.book.signoffs_of.get(step.id, ())]
    signers = [one for given in bound if given is not None for one in given.signers]
    watcher = watcher_of(run)
    others = signers if watcher is None else [*signers, watcher]
    kept_off = {by, *others}.union(*(one_with(run, one) for one in others))
    role = step.who
    holders = run.holders(role) if role != "operator" else (*run.holders("operator"), *run.holders("lead"))
    able = tuple(dict.fromkeys(one for one in holders if one not in kept_off))
    if run.operator in able and role == "operator":
        return f"{run.name_of(run.operator)} operates this run and can."
    return f"{names_said(run, able)} can{' press Take over' if role == 'operator' else ''}."

"""A record held to the law, event by event: a chain can be sound and tell what the rules never let happen."""

from collections.abc import Iterable, Iterator

from bot.core.after.events import AfterEvent, FollowUpHandedOn, FollowUpReminded, Rated
from bot.core.catalogue import CLOCK
from bot.core.events import (
    Begun,
    Event,
    GlassBroken,
    GlassReviewed,
    HandOverAccepted,
    Noted,
    Signed,
    SignoffApproved,
    StepEntered,
    StepFinished,
    TellingEvent,
    TookOver,
)
from bot.core.paging.events import NobodyReached, PageTried
from bot.core.places import AtStep, AwaitingSignature
from bot.core.run import Run, Unstarted, evolve
from bot.core.runbook import Runbook, Signoff
from bot.core.situation import Stamp, is_unverified
from bot.core.walk.offers import needs_begin
from bot.core.walk.signing import is_complete

Happened = tuple[int, Event, Stamp]


def find_unlawful(run_id: str, book: Runbook, happened: Iterable[Happened]) -> Iterator[tuple[int, str]]:
    """Each record that no command could have led to, with the reason: its number, and a sentence.

    It looks at what a forger wants: signatures, what they cover, who operates, and what comes after the end. That what
    was signed is word for word what was run is not judged again, since each version renders with its own words.
    """
    run: Run | Unstarted = Unstarted(run_id, book)
    for seq, event, stamp in happened:
        why = _objection(run, event, stamp) if isinstance(run, Run) else None
        if why is not None:
            yield seq, why
        run = evolve(run, event, stamp)


def _objection(run: Run, event: Event, stamp: Stamp) -> str | None:
    if isinstance(event, AfterEvent):
        return _of_what_comes_after(run, event, stamp)
    # An attempt to reach somebody may have been under way when the run ended.
    if run.over and not isinstance(event, TellingEvent | GlassReviewed | Noted | PageTried | NobodyReached):
        return "the run had ended before."
    match event:
        case Signed():
            return _of_signature(run, event, stamp)
        case SignoffApproved():
            return _of_approval(run, event, stamp)
        case GlassBroken(step=step):
            lead = stamp.by in run.holders("lead") and stamp.by not in run.operated
            return None if lead and run.expired.get(step) else "the glass was not theirs to break, or not yet."
        case GlassReviewed():
            broke = {glass.by for glass in run.unreviewed}
            return "whoever broke the glass or operated reviewed it." if stamp.by in broke | run.operated else None
        case StepEntered(step=step):
            return _of_bound_step(run, step, stamp)
        case Begun(step=step):
            return _of_bound_step(run, step, stamp)
        case StepFinished(step=step):
            begun = isinstance(run.here, AtStep) and run.here.began is not None
            wanted = step in run.book.by_id and needs_begin(run, run.book.by_id[step])
            return "it ended without having been begun." if wanted and not begun else None
        case TookOver() | HandOverAccepted():
            may = {*run.holders("operator"), *run.holders("lead")}
            return None if stamp.by in may or is_unverified(stamp.by) else f"{stamp.by} may not operate this run."
        case _:
            return None


def _of_what_comes_after(run: Run, event: AfterEvent, stamp: Stamp) -> str | None:
    if not run.over:
        return "the run had not ended yet."
    if isinstance(event, Rated) and stamp.by not in run.operated:
        return f"{stamp.by} did not operate this run."
    by_itself = isinstance(event, FollowUpReminded | FollowUpHandedOn)
    return "nobody does this but Handrail's clock." if by_itself and stamp.by != CLOCK else None


def _of_signature(run: Run, event: Signed, stamp: Stamp) -> str | None:
    here = run.here
    if not isinstance(here, AwaitingSignature) or (here.step, here.digest) != (event.step, event.digest):
        return "this was not asked to be signed."
    if stamp.by not in here.eligible or stamp.by in here.signed:
        return f"{stamp.by} could not sign this, or had signed it already."
    return "the request had expired." if stamp.at >= here.expires_at else None


def _of_approval(run: Run, event: SignoffApproved, stamp: Stamp) -> str | None:
    here, step = run.here, run.book.by_id.get(event.step)
    if not isinstance(here, AwaitingSignature) or not isinstance(step, Signoff) or here.step != event.step:
        return "this was not asked to be signed."
    whole = set(event.signers) == set(here.signed) and stamp.by in here.signed and event.digest == here.digest
    return None if whole and is_complete(run, step, here.signed) else "the signatures that it counts are not there."


def _of_bound_step(run: Run, step: str, stamp: Stamp) -> str | None:
    for signoff in run.book.signoffs_of.get(step, ()):
        approval = run.approvals.get(signoff.id)
        if approval is None or (approval.valid_until is not None and stamp.at > approval.valid_until):
            return f"the signature of “{signoff.id}” was not there, or not valid any more."
    return None

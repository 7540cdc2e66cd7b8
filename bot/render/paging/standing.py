"""How a page stands: who is still asked, who is on it, or that nobody need answer any more."""

from collections.abc import Iterator
from typing import Literal

from bot.run.paging.state import Page
from bot.run.places import Approval, Over
from bot.run.state import Run

Standing = Literal["asking", "answered", "settled", "over"]
"""``settled``: what it was about has been done meanwhile."""
_OF_A_STEP = ("nudge", "step", "signoff", "signoff_wider", "decide", "circle", "end")
_SIGNING = ("signoff", "signoff_wider")
_ONCE = ("burn", "forecast", "fatigue", "glass", "already", "circle", "end", "stop")


def standing_of(run: Run, page: Page) -> Standing:
    """How a page stands by now."""
    if page.answered_by is not None:
        return "answered"
    if run.over:
        return "settled" if _was_done(run, page) else "over"
    return "settled" if _is_settled(run, page) else "asking"


def approval_of(run: Run, page: Page) -> Approval | None:
    """The signatures that a page asked for, when they were given and still count; None when they were not."""
    approval = run.approvals.get(page.step or "") if page.reason in _SIGNING else None
    return approval if approval is not None and approval.visit == page.visit and not approval.glass else None


def asking_pages(run: Run) -> tuple[Page, ...]:
    """Pages that somebody may still answer, the newest last."""
    return tuple(page for page in run.pages.pages if page.people and standing_of(run, page) == "asking")


def bundle_of(run: Run, number: int) -> tuple[Page, ...]:
    """The pages that were called in one look at the clock: one message for each reader, not a storm."""
    pages = run.pages.pages
    first = last = number - 1
    at = pages[first].at
    while first > 0 and pages[first - 1].at == at:
        first -= 1
    while last + 1 < len(pages) and pages[last + 1].at == at:
        last += 1
    return pages[first : last + 1]


def page_before(run: Run, page: Page) -> Page | None:
    """The last page for the same thing that was called in an earlier look; None for the first one."""
    if page.rung is None:
        return None
    what = (page.reason, page.step, page.visit)
    earlier = (one for one in reversed(run.pages.pages[: page.number - 1]) if one.at < page.at)
    return next((one for one in earlier if (one.reason, one.step, one.visit) == what and one.people), None)


def page_after(run: Run, page: Page) -> Page | None:
    """The page by which more people were called since for the same thing; None when there is none."""
    if page.reason in _ONCE:
        return None
    what = (page.reason, page.step, page.visit)
    later = (one for one in run.pages.pages[page.number :] if one.at > page.at and one.rung is not None and one.people)
    return next((one for one in later if (one.reason, one.step, one.visit) == what), None)


def failures_of(page: Page) -> Iterator[tuple[str, str, str]]:
    """Attempts that failed for good or so far: who, by which channel, and what came back."""
    for (person, channel), tried in page.tries.items():
        if not tried.reached:
            yield person, channel, tried.answer


def _was_done(run: Run, page: Page) -> bool:
    """Whether the step that a page was about was done before the run ended."""
    return page.reason in _OF_A_STEP and any((one.step, one.visit) == (page.step, page.visit) for one in run.done)


def _is_settled(run: Run, page: Page) -> bool:
    here = run.here
    match page.reason:
        case reason if reason in _OF_A_STEP:
            return isinstance(here, Over) or (here.step, here.visit) != (page.step, page.visit)
        case "no_signer" if page.visit:
            return isinstance(here, Over) or (here.step, here.visit) != (page.step, page.visit)
        case "no_signer":
            return page.step in run.approvals
        case "operator":
            return run.operator is not None
        case "handover":
            return run.offer is None or int(run.offer.at.timestamp()) != page.visit
        case "still":
            return run.pages.heard_at > page.at
        case _:
            return False

"""What answers a page: an act of somebody whom it called, of the kind that it asks for. All else is a sign of life."""

from dataclasses import dataclass

from bot.run.events import (
    Begun,
    Chosen,
    DoneAlready,
    EndAnswered,
    Ended,
    Event,
    GlassReviewed,
    HandOverAccepted,
    MismatchSeen,
    Signed,
    SignoffRejected,
    Skipped,
    StepFinished,
    TookOver,
    Watched,
    WentBack,
)
from bot.run.paging.events import PageReason
from bot.run.paging.state import CLOCK, Page, Pages, answer_pages, hear
from bot.run.places import Offer, Over, Place
from bot.run.situation import Stamp

MOVES = (
    Begun, Watched, StepFinished, Chosen, Skipped, WentBack, MismatchSeen, DoneAlready, EndAnswered,
    Signed, SignoffRejected, TookOver,
    HandOverAccepted, Ended,
)  # fmt: skip
"""Acts that move a run, or take it over."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a run stands, as far as pages are about it."""

    here: Place
    operator: str | None
    offer: Offer | None

    def still_wants(self, reason: PageReason, step: str | None, visit: int) -> bool:
        """Whether what people were called for is still so."""
        match reason:
            case "step" | "decide" | "nudge" | "signoff" | "signoff_wider" | "circle" | "end":
                return not isinstance(self.here, Over) and (self.here.step, self.here.visit) == (step, visit)
            case "operator":
                return self.operator is None
            case "handover":
                return self.offer is not None and int(self.offer.at.timestamp()) == visit
            case _:
                return True


def heed(pages: Pages, stand: Stand, event: Event, stamp: Stamp) -> Pages:
    """The pages of a run that stood so before `event`, once somebody has done this."""
    if stamp.by == CLOCK:
        return pages
    waiting = [page for page in pages.pages if page.answered_by is None]
    own = [page for page in waiting if _is_answer(pages, page, stand, event, stamp.by)]
    heard = hear(pages, stamp)
    if not own:
        return heard
    climb, reasons = heard.climb, {page.reason for page in own}
    called = () if climb is None or climb.answered_by is not None else climb.pages
    climbs = climb is not None and any(page.number in called and page.reason == climb.reason for page in own)
    others = [page for page in waiting if climbs and page.number in called and page.reason in reasons]
    return answer_pages(heard, tuple(page.number for page in (*others, *own)), stamp, climbs=climbs)


def _is_answer(pages: Pages, page: Page, stand: Stand, event: Event, by: str) -> bool:
    """Whether this act of `by` answers a page that nobody has answered; I'm on it always does, see `state.follow`."""
    if page.reason in (
        "glass",
        "already",
    ):  # it is the look of somebody else that counts, whether they were called or not
        return isinstance(event, GlassReviewed) and by != page.asked_by
    if by not in page.people or not stand.still_wants(page.reason, page.step, page.visit):
        return False
    match page.reason:
        case "start" | "operator" | "nudge" | "step" | "decide" | "circle":
            return isinstance(event, MOVES)
        case "end":
            return isinstance(event, EndAnswered | Chosen)
        case "signoff" | "signoff_wider":
            return isinstance(event, Signed | SignoffRejected)
        case "handover":
            return isinstance(event, HandOverAccepted)
        case "still":
            return pages.heard_at <= page.at
        case _:
            return False

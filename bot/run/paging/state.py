"""Whom an open run has called, and what answers a call: an act that moves the run, a signature, I am on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from bot.format.catalogue import CLOCK
from bot.run import events
from bot.run.paging.events import (
    NobodyReached,
    PageAnswered,
    Paged,
    PageDeclined,
    PageReason,
    PageTried,
    PagingEvent,
    ToldToCall,
)
from bot.run.places import Offer, Over, Place
from bot.run.situation import Stamp

_AGAIN, _LAST = timedelta(minutes=1), 50
"""Whoever presses I need help again within a minute calls nobody anew; and how many pages back that is looked for."""


@dataclass(frozen=True, slots=True)
class Try:
    """The last attempt to reach a person by one channel."""

    attempt: int
    reached: bool
    answer: str
    at: datetime
    last: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page; the fields of `Paged`, and what came of it. `at` is when it was recorded."""

    number: int
    reason: PageReason
    people: tuple[str, ...]
    via: tuple[str, ...]
    at: datetime
    was_due: datetime
    rung: int | None = None
    round: int = 1
    step: str | None = None
    visit: int = 0
    figure: int | None = None
    spared: tuple[str, ...] = ()
    down_since: datetime | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    declined: tuple[str, ...] = ()
    tries: Mapping[tuple[str, str], Try] = field(default_factory=dict)
    """By person and channel."""
    nobody: bool = False
    """Every channel of everybody has failed."""
    asked_by: str | None = None
    """Who pressed I need help, or did what calls others."""


@dataclass(frozen=True, slots=True)
class Climb:
    """The ladder that is being climbed. `stair` is the last that was called, -1 before the first."""

    reason: PageReason
    since: datetime
    stair: int
    stair_due: datetime
    """When the last stair was due: the next one is counted from there."""
    called_at: datetime
    """When it was called: the next round is counted from there."""
    pages: tuple[int, ...]
    rung: int | None = None
    round: int = 1
    step: str | None = None
    visit: int = 0
    hurried: datetime | None = None
    """The next stair is called at once: somebody cannot come, or nobody could be reached."""
    answered_by: str | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """People are to be called at once: somebody pressed I need help, broke the glass, or did what calls others."""

    reason: PageReason
    at: datetime
    by: str
    step: str
    visit: int


@dataclass(frozen=True, slots=True)
class Pages:
    """Everything about the pages of one run."""

    heard_at: datetime
    """When a person last did anything."""
    climb: Climb | None = None
    pages: tuple[Page, ...] = ()
    asked: tuple[Asked, ...] = ()
    said: frozenset[str] = frozenset()
    """Keys of what is said once, see `events.page_key`."""
    by_hand: tuple[ToldToCall, ...] = ()
    """Whom people at a terminal were told to call, as Handrail could not; until it calls for the same."""

    def page(self, number: int) -> Page | None:
        """A page by its number."""
        return self.pages[number - 1] if 0 < number <= len(self.pages) else None


def hear(pages: Pages, stamp: Stamp) -> Pages:
    """Somebody did something: a sign of life. What it answers is another matter, see `heeding`."""
    return replace(pages, heard_at=stamp.at) if stamp.at > pages.heard_at else pages


def ask(pages: Pages, asked: Asked) -> Pages:
    """People are to be called at once; asked again by the same person within a minute, they have been called."""
    calls = (
        *((one.reason, one.asked_by, one.at) for one in pages.pages[-_LAST:] if one.asked_by),
        *((one.reason, one.by, one.at) for one in pages.asked),
    )
    same = any((reason, by) == (asked.reason, asked.by) and abs(asked.at - at) < _AGAIN for reason, by, at in calls)
    return pages if same else replace(pages, asked=(*pages.asked, asked))


def follow(pages: Pages, event: PagingEvent, stamp: Stamp, inside: frozenset[str | None] = frozenset()) -> Pages:
    """The pages after one of their events; an event about a page that is not there changes nothing.

    `inside` are those who started or operate the run.
    """
    if isinstance(event, Paged):
        return _call(pages, event, stamp)
    if isinstance(event, ToldToCall):
        return replace(pages, by_hand=(*pages.by_hand, event))
    page = pages.page(event.page)
    if page is None:
        return pages
    match event:
        case PageAnswered():
            return _be_on_it(pages, page, stamp, inside)
        case PageDeclined():
            declined = _decline(pages, page.number, stamp)
            return _hurry(declined, page.number, stamp) if _is_awaited(pages, stamp.by) else declined
        case PageTried():
            tried = Try(event.attempt, event.reached, event.answer, stamp.at, event.last)
            return _with(pages, replace(page, tries={**page.tries, (event.person, event.channel): tried}))
        case NobodyReached():
            return _hurry(_with(pages, replace(page, nobody=True)), page.number, stamp)
        case _:
            assert_never(event)


def _call(pages: Pages, event: Paged, stamp: Stamp) -> Pages:
    # Its place is its number: a record from elsewhere may say another one, and no run may fall over it.
    event = replace(event, number=len(pages.pages) + 1)
    behind = [one for one in pages.asked if (one.reason, one.at) == (event.reason, event.was_due)]
    page = Page(
        event.number,
        event.reason,
        event.people,
        event.via,
        stamp.at,
        event.was_due,
        event.rung,
        event.round,
        event.step,
        event.visit,
        event.figure,
        event.spared,
        event.down_since,
        asked_by=behind[0].by if behind else None,
    )
    asked = tuple(one for one in pages.asked if one not in behind)
    by_hand = tuple(one for one in pages.by_hand if one.key != event.key)
    grown = replace(pages, pages=(*pages.pages, page), asked=asked, said=pages.said | {event.key}, by_hand=by_hand)
    return replace(grown, climb=_climb(pages.climb, event, stamp.at))


def _climb(before: Climb | None, event: Paged, at: datetime) -> Climb | None:
    """A page of the ladder begins a climb, or takes the one that nobody answered a stair up."""
    if event.stair is None and event.reason not in ("decide", "still"):
        return before
    if before is None or before.answered_by is not None or (event.reason == "still" and event.stair is None):
        # Asked whether they are still on it, people who do not answer let the ladder go on where it rested.
        rested = before.stair if event.reason == "still" and before is not None else -1
        stair = rested if event.stair is None else event.stair
        rung = before.rung if event.stair is None and rested >= 0 and before is not None else event.rung
        return Climb(
            event.reason,
            event.was_due,
            stair,
            event.was_due,
            at,
            (event.number,),
            rung,
            event.round,
            event.step,
            event.visit,
        )
    pages = (*before.pages, event.number)
    if event.stair is None or event.reason != before.reason:
        return replace(before, pages=pages)
    return replace(
        before,
        stair=event.stair,
        stair_due=event.was_due,
        called_at=at,
        rung=event.rung,
        round=event.round,
        pages=pages,
        hurried=None,
    )


def asks_for_others(page: Page, person: str, inside: frozenset[str | None]) -> bool:
    """Whether a page asks for somebody else than this person: nobody answers their own call."""
    if page.reason in ("help", "glass", "already", "circle", "end"):
        return person == page.asked_by
    return page.reason == "start" and person in inside and person not in page.people


def _be_on_it(pages: Pages, page: Page, stamp: Stamp, inside: frozenset[str | None]) -> Pages:
    """I'm on it counts for this page and, while a climb waits for somebody, for whatever that called others for."""
    climb = pages.climb
    waits = climb is not None and climb.answered_by is None
    called = tuple(pages.pages[number - 1] for number in climb.pages) if climb is not None and waits else ()
    own = [one for one in (*called, page) if not asks_for_others(one, stamp.by, inside)]
    rests = climb is not None and any(one.reason == climb.reason or one is page for one in own if one in called)
    return answer_pages(pages, tuple(one.number for one in own), stamp, climbs=rests or not called)


def answer_pages(pages: Pages, numbers: tuple[int, ...], stamp: Stamp, *, climbs: bool) -> Pages:
    """Somebody has answered these pages and, when it `climbs`, whoever the ladder calls."""
    for number in dict.fromkeys(numbers):
        page = pages.pages[number - 1]
        if page.answered_by is None:
            pages = _with(pages, replace(page, answered_by=stamp.by, answered_at=stamp.at))
    climb = pages.climb
    if climbs and climb is not None and climb.answered_by is None:
        pages = replace(pages, climb=replace(climb, answered_by=stamp.by, answered_at=stamp.at, hurried=None))
    return pages


def leave_unanswered(pages: Pages, gone: frozenset[str], stamp: Stamp) -> Pages:
    """Whoever is gone has answered nothing: what they were on calls the next people at once."""
    for page in pages.pages:
        if page.answered_by in gone:
            pages = _with(pages, replace(page, answered_by=None, answered_at=None))
    climb = pages.climb
    if climb is None or climb.answered_by not in gone:
        return pages
    return replace(pages, climb=replace(climb, answered_by=None, answered_at=None, hurried=stamp.at))


def _decline(pages: Pages, number: int, stamp: Stamp) -> Pages:
    """Whoever cannot come after all has not answered either."""
    climb = pages.climb
    if climb is not None and climb.answered_by == stamp.by:
        pages = replace(pages, climb=replace(climb, answered_by=None, answered_at=None))
    for one in (*(climb.pages if climb is not None else ()), number):
        page = pages.pages[one - 1]
        if page.answered_by == stamp.by:
            pages = _with(pages, replace(page, answered_by=None, answered_at=None))
    page = pages.pages[number - 1]
    return _with(pages, replace(page, declined=(*page.declined, stamp.by)))


def _is_awaited(pages: Pages, person: str) -> bool:
    """Whether the climb waits for this person: they were called, or they had said that they are on it."""
    climb = pages.climb
    return climb is not None and (
        climb.answered_by == person or any(person in pages.pages[number - 1].people for number in climb.pages)
    )


def _hurry(pages: Pages, number: int, stamp: Stamp) -> Pages:
    climb = pages.climb
    if climb is None or climb.answered_by is not None or number not in climb.pages:
        return pages
    return replace(pages, climb=replace(climb, hurried=stamp.at))


def _with(pages: Pages, page: Page) -> Pages:
    return replace(pages, pages=(*pages.pages[: page.number - 1], page, *pages.pages[page.number :]))


MOVES = (
    events.Begun,
    events.Watched,
    events.StepFinished,
    events.Chosen,
    events.Skipped,
    events.WentBack,
    events.MismatchSeen,
    events.DoneAlready,
    events.EndAnswered,
    events.Signed,
    events.SignoffRejected,
    events.TookOver,
    events.HandOverAccepted,
    events.Ended,
)
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
            case (
                "start"
                | "help"
                | "glass"
                | "already"
                | "stop"
                | "burn"
                | "forecast"
                | "fatigue"
                | "no_signer"
                | "still"
            ):
                return True
            case _:
                assert_never(reason)


def heed(pages: Pages, stand: Stand, event: events.Event, stamp: Stamp) -> Pages:
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


def _is_answer(pages: Pages, page: Page, stand: Stand, event: events.Event, by: str) -> bool:
    """Whether this act of `by` answers a page that nobody has answered; I'm on it always does, see `state.follow`."""
    if page.reason in (
        "glass",
        "already",
    ):  # it is the look of somebody else that counts, whether they were called or not
        return isinstance(event, events.GlassReviewed) and by != page.asked_by
    if by not in page.people or not stand.still_wants(page.reason, page.step, page.visit):
        return False
    match page.reason:
        case "start" | "operator" | "nudge" | "step" | "decide" | "circle":
            return isinstance(event, MOVES)
        case "end":
            return isinstance(event, events.EndAnswered | events.Chosen)
        case "signoff" | "signoff_wider":
            return isinstance(event, events.Signed | events.SignoffRejected)
        case "handover":
            return isinstance(event, events.HandOverAccepted)
        case "still":
            return pages.heard_at <= page.at
        case "help" | "glass" | "already" | "stop" | "burn" | "forecast" | "fatigue" | "no_signer":
            return False
        case _:
            assert_never(page.reason)

"""What went otherwise than planned: pages and who answered them, and where a run strayed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.format.runbook import IN_PART, TRY_AGAIN
from bot.run import events
from bot.run.paging.events import NobodyReached, PageAnswered, Paged, PageDeclined, PageTried
from bot.run.paging.ladder import still_holds, was_last_hope
from bot.run.paging.state import Page
from bot.run.state import Run
from bot.timeline.entries import Deviation, DeviationKind, Entry, PageOutcome, PageStory, StepVisit
from bot.timeline.people import Known

Exits = Mapping[tuple[str, int], str]
"""Step and visit -> the exit by which it was left, empty while the run stands there."""


class PagesCalled:
    """The pages of a run by their numbers."""

    def __init__(self) -> None:
        self._stories: dict[int, PageStory] = {}
        self._said: set[tuple[str, datetime]] = set()
        """Who pressed I'm on it, and when."""

    def take(self, entry: Entry, known: Known) -> None:
        """An entry, and whom the run knows."""
        match entry.event:
            case Paged() as paged:
                self._stories[paged.number] = _called(known, entry, paged)
            case PageAnswered():
                self._said.add((entry.by, entry.at))
            case PageDeclined(page=page):
                story = self._stories.get(page)
                self._change(page, declined=(*(story.declined if story else ()), entry.by_name))
            case PageTried() as tried:
                self._try(tried)
            case NobodyReached(page=page):
                self._change(page, nobody_reached=True)
            case _:
                return

    def told(self, run: Run, known: Known, visits: Iterable[StepVisit]) -> tuple[PageStory, ...]:
        """Every page, with who answered it as the run has it, and what came of it."""
        exits = {(one.step, one.visit): one.exit for one in visits}
        return tuple(self._ended(run, known, story, exits) for story in self._stories.values())

    def _ended(self, run: Run, known: Known, story: PageStory, exits: Exits) -> PageStory:
        page = run.pages.page(story.number)
        if page is None:
            return story
        if page.answered_by is None or page.answered_at is None:
            return replace(story, came_of=_came_of_silence(run, page, exits))
        said = (page.answered_by, page.answered_at) in self._said
        outcome: PageOutcome = "acknowledged" if said else "acted_on"
        by_them = page.answered_by in page.people
        return replace(
            story, answered_by=known.name(page.answered_by), answered_at=page.answered_at,
            came_of=outcome if by_them else "superseded",
        )  # fmt: skip

    def _try(self, tried: PageTried) -> None:
        story, beyond = self._stories.get(tried.page), tried.channel != "slack"
        if story is not None:
            self._change(
                tried.page, tries=story.tries + 1, reached=story.reached + tried.reached,
                pager_tries=story.pager_tries + beyond, pager_reached=story.pager_reached + (beyond and tried.reached),
            )  # fmt: skip

    def _change(self, page: int, **changes: object) -> None:
        if page in self._stories:
            self._stories[page] = replace(self._stories[page], **changes)  # type: ignore[arg-type]


def _came_of_silence(run: Run, page: Page, exits: Exits) -> PageOutcome:
    """What became of a page that nobody answered: whether it was settled all the same."""
    if page.step is not None and page.reason not in ("help", "glass", "already"):
        left = exits.get((page.step, page.visit), "")
        return "expired" if left == "expired" else "superseded" if left else "nobody"
    if page.reason == "still":
        return "superseded" if run.pages.heard_at > page.at else "nobody"
    return "nobody" if still_holds(run, page) else "superseded"


def _called(known: Known, entry: Entry, paged: Paged) -> PageStory:
    names = tuple(known.name(person) for person in paged.people)
    return PageStory(
        entry.seq, paged.number, entry.at, paged.was_due, paged.reason, paged.people, names, paged.via, paged.rung,
        paged.step, paged.figure, paged.down_since,
    )  # fmt: skip


LATE = timedelta(seconds=60)
"""A page that is recorded later than this after it was due is late."""
_ALWAYS: dict[type, DeviationKind] = {
    events.Skipped: "skipped",
    events.WentBack: "went_back",
    events.SentBack: "sent_back",
    events.SignoffRejected: "rejected",
    events.SignoffExpired: "expired",
    events.SignatureVoided: "void",
    events.GlassBroken: "glass",
    events.MismatchSeen: "mismatch",
    events.VisitsSpent: "visits_spent",
    events.Corrected: "corrected",
    NobodyReached: "nobody_reached",
    PageDeclined: "declined",
    events.SigningRefused: "barred",
    events.Redacted: "erased",
    events.WentOnElsewhere: "elsewhere",
    events.ReadingTaken: "read_otherwise",
    events.DoneAlready: "done_already",
    events.EndAsked: "end_asked",
}
STRAYING = frozenset({*_ALWAYS, events.StepFinished, Paged, PageTried})
"""The events that may be a deviation."""
_BADLY = frozenset({"problem", "fail", "timeout", TRY_AGAIN, IN_PART})


def kind_of_deviation(run: Run, entry: Entry) -> DeviationKind | None:
    """How the run, which has taken this record, left the straight way by it; None when it did not."""
    always = _ALWAYS.get(type(entry.event))
    if always is not None:
        return always
    match entry.event:
        case events.StepFinished(failed=failed) if failed:
            return "not_as_expected"
        case events.StepFinished(exit=exit_) if exit_ in _BADLY:
            return "problem"
        case Paged() if entry.late is not None and entry.late > LATE:
            return "late_page"
        case PageTried() as tried if _was_the_last(run, tried):
            return "page_failed"
        case _:
            return None


def _was_the_last(run: Run, tried: PageTried) -> bool:
    """Whether this attempt was the one after which no channel of its page is left."""
    page = run.pages.page(tried.page)
    return page is not None and was_last_hope(run, page, tried.person, tried.channel)


def deviation_of(run: Run, entry: Entry, kind: DeviationKind, known: Known, title: Callable[[str], str]) -> Deviation:
    """What was not as planned, and where: a page is of the step that it was about."""
    page = _page_of(run, entry)
    step = page.step if page is not None else entry.step
    said = (_about(page, entry, known) if page is not None else _failed(entry), entry.why, entry.evidence)
    words = "; ".join(part for part in said if part)
    shown = title(step) if page is not None and step is not None else entry.title
    return Deviation(entry.seq, entry.at, kind, entry.by, entry.by_name, step, shown, words, entry.late)


def _page_of(run: Run, entry: Entry) -> Page | None:
    match entry.event:
        case Paged(number=number):
            return run.pages.page(number)
        case PageTried(page=number) | NobodyReached(page=number) | PageDeclined(page=number):
            return run.pages.page(number)
        case _:
            return None


def _about(page: Page, entry: Entry, known: Known) -> str:
    """Which page, whom it called, and what the last channel answered."""
    names = ", ".join(known.name(person) for person in page.people) or "nobody"
    beyond = entry.event.channel != "slack" if isinstance(entry.event, PageTried) else False
    answer = entry.event.answer if isinstance(entry.event, PageTried) else ""
    said = f"; the last answer: {answer}" if answer else ""
    return f"page {page.number} to {names}{', beyond Slack' if beyond else ''}{said}"


def _failed(entry: Entry) -> str:
    """What was expected and did not hold, or what was corrected."""
    match entry.event:
        case events.StepFinished(failed=failed):
            return f"expected: {', '.join(failed)}" if failed else ""
        case events.Corrected(name=name):
            return name.replace("_", " ")
        case _:
            return ""

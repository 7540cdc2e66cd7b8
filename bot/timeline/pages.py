"""Each page as a story: who was called and why, whether it arrived, who answered."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from bot.run.paging.events import NobodyReached, PageAnswered, Paged, PageDeclined, PageTried
from bot.run.paging.ladder import still_holds
from bot.run.paging.state import Page
from bot.run.state import Run
from bot.timeline.entries import Entry, StepVisit
from bot.timeline.people import Known
from bot.timeline.stories import PageOutcome, PageStory

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

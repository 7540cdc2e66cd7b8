"""Each page as a story: who was called and why, whether it arrived, who answered."""

from dataclasses import replace
from datetime import datetime

from bot.core.paging.events import NobodyReached, Paged, PageDeclined, PageTried
from bot.core.run import Run
from bot.core.timeline.entries import Entry
from bot.core.timeline.gathering.people import Known
from bot.core.timeline.stories import PageStory


class Called:
    """The pages of a run by their numbers."""

    def __init__(self) -> None:
        self._stories: dict[int, PageStory] = {}

    def take(self, entry: Entry, known: Known) -> None:
        """An entry, and whom the run knows."""
        match entry.event:
            case Paged() as paged:
                self._stories[paged.number] = _called(known, entry, paged)
            case PageDeclined(page=page):
                story = self._stories.get(page)
                self._change(page, declined=(*(story.declined if story else ()), entry.by_name))
            case PageTried() as tried:
                self._try(tried)
            case NobodyReached(page=page):
                self._change(page, nobody_reached=True)
            case _:
                return

    def told(self, run: Run, known: Known) -> tuple[PageStory, ...]:
        """Every page; who was called and did anything has answered, as the run has it."""
        answers = {page.number: (page.answered_by, page.answered_at) for page in run.pages.pages}
        return tuple(
            _answered(known, story, *answers.get(story.number, (None, None))) for story in self._stories.values()
        )

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


def _answered(known: Known, story: PageStory, by: str | None, at: datetime | None) -> PageStory:
    return story if by is None else replace(story, answered_by=known.name(by), answered_at=at)


def _called(known: Known, entry: Entry, paged: Paged) -> PageStory:
    names = tuple(known.name(person) for person in paged.people)
    return PageStory(
        entry.seq, paged.number, entry.at, paged.was_due, paged.reason, paged.people, names, paged.via, paged.rung,
        paged.step, paged.figure, paged.down_since,
    )  # fmt: skip

"""What became of calling people by Slack: which deliveries are to be recorded, and which run goes first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.notifier.messenger import Failed, Impossible, Sent
from bot.render.thread import pages_of
from bot.run.commands import NoteAttempt
from bot.run.paging.ladder import channels_of
from bot.run.state import Run

SLACK = "slack"
_LOOKED_AT = 20
"""The newest pages; what is older was told long ago."""


@dataclass(frozen=True, slots=True)
class PageHooks:
    """What the notifier needs of the house about pages.

    `note` records what became of calling somebody in a run, and may be told the same twice; `is_urgent` says whether a
    run is told before others: it neither raises nor waits. While `is_flood`, more is due than is on the record yet, and
    telling makes room for the clock.
    """

    note: Callable[[str, NoteAttempt], object] = lambda _run_id, _attempt: None
    is_urgent: Callable[[str], bool] = lambda _run_id: False
    is_flood: Callable[[], bool] = lambda: False


def has_untold_page(run: Run) -> bool:
    """Whether somebody is called by Slack, and nobody knows yet whether it reached them: such a run is told first."""
    return any(
        page.answered_by is None and (person, SLACK) not in page.tries and SLACK in channels_of(run, page, person)
        for page in run.pages.pages[-_LOOKED_AT:]
        for person in page.people
    )


def is_untried(run: Run, key: str) -> bool:
    """Whether a direct message calls somebody whom the record does not know to have been tried by Slack."""
    pages = ((run.pages.page(number), person) for number, person in pages_of(run, key))
    return any(page is not None and (person, SLACK) not in page.tries for page, person in pages)


def attempts_of(run: Run, key: str, how: Sent | Failed, by: str = "") -> Iterator[NoteAttempt]:
    """What the record has to know of a direct message: that it was taken, or refused.

    What is refused may be taken later, when the app was put right: that is an attempt of its own.

    It is asked again after each round that did not end well; what the record knows already is not said again. `by` is
    the key of a newer message that was sent in its place.
    """
    if not isinstance(how, Sent | Impossible):
        return
    reached = isinstance(how, Sent)
    answer = "accepted" if isinstance(how, Sent) else how.why
    if by:
        answer += f", with page {by.split(':')[1]}"
    for number, person in pages_of(run, key):
        page = run.pages.page(number)
        if page is None or SLACK not in page.via:
            continue
        tried = page.tries.get((person, SLACK))
        if tried is None or (reached and not tried.reached):
            attempt = tried.attempt + 1 if tried is not None else 1
            yield NoteAttempt(number, person, SLACK, attempt, reached, answer, last=not reached)

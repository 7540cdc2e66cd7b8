"""Which channels beyond Slack are to be tried next, and whether anybody was reached at all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.run.paging.ladder import still_holds
from bot.run.paging.state import Page
from bot.run.state import Run

ATTEMPTS = 3
_BEFORE = (timedelta(0), timedelta(seconds=10), timedelta(seconds=30))
"""Before the first, second and third attempt by one channel."""


@dataclass(frozen=True, slots=True)
class Call:
    """An attempt to make, no sooner than `not_before`."""

    page: int
    person: str
    channel: str
    attempt: int
    not_before: datetime


def next_calls(run: Run) -> tuple[Call, ...]:
    """Attempts that are to be made: one for each person of a page that nobody has answered, by their next channel."""
    if run.over:
        return ()
    return tuple(call for page in run.pages.pages if _is_open(run, page) for call in _of_page(run, page))


def call_at(run: Run) -> datetime | None:
    """When the next attempt is to be made."""
    return min((call.not_before for call in next_calls(run)), default=None)


def channels_of(run: Run, page: Page, person: str) -> tuple[str, ...]:
    """How a person can be reached for a page: ``slack``, and the names of their own channels.

    Whom Slack does not reach is called by their own channels, though the rung speaks of Slack alone.
    """
    known = run.members.known.get(person)
    if known is None:
        return ()
    slack = ("slack",) if "slack" in page.via and known.slack is not None else ()
    beyond = "pager" in page.via or (slack and _failed(page, person, "slack"))
    return (*slack, *(known.pagers if beyond else ()))


def nobody_is_reached(run: Run, page: Page) -> bool:
    """Whether every channel of everybody who was called has failed for good; nobody called is nobody to fail."""
    return bool(page.people) and all(
        _failed(page, person, channel) for person in page.people for channel in channels_of(run, page, person)
    )


def was_last_hope(run: Run, page: Page, person: str, channel: str) -> bool:
    """Whether with this channel of this person every channel of a page has failed for good.

    Those beyond Slack count, as Slack wakes nobody; where nobody who was called has one, Slack does.
    """
    each = [(one, name) for one in page.people for name in channels_of(run, page, one)]
    counted = [one for one in each if one[1] != "slack"] or each
    return (person, channel) in counted and all(_failed(page, *one) for one in counted)


def _is_open(run: Run, page: Page) -> bool:
    return page.answered_by is None and not page.nobody and still_holds(run, page)


def _of_page(run: Run, page: Page) -> Iterator[Call]:
    for person in page.people:
        own = [channel for channel in channels_of(run, page, person) if channel != "slack"]
        tries = [page.tries.get((person, channel)) for channel in own]
        reached = any(one is not None and one.reached for one in tries)
        if reached or person in page.declined or not run.members.has(person):
            continue
        channel = next((one for one in own if not _failed(page, person, one)), None)
        if channel is None:
            continue
        tried = page.tries.get((person, channel))
        done, since = (0, _begun(page, person, own, channel)) if tried is None else (tried.attempt, tried.at)
        yield Call(page.number, person, channel, done + 1, since + _BEFORE[min(done, len(_BEFORE) - 1)])


def _begun(page: Page, person: str, own: list[str], channel: str) -> datetime:
    """When it is a channel's turn: at once, or when the one before it has failed."""
    before = own[: own.index(channel)]
    tried = page.tries.get((person, before[-1])) if before else None
    return page.at if tried is None else tried.at


def _failed(page: Page, person: str, channel: str) -> bool:
    tried = page.tries.get((person, channel))
    return tried is not None and not tried.reached and (tried.last or tried.attempt >= ATTEMPTS)

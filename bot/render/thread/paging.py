"""Pages in the thread and in direct messages: one message for each reader and look at the clock, kept true."""

from collections.abc import Iterator
from typing import assert_never

from bot.render.message import Message, foreign, is_account, quote_block, section
from bot.render.paging.message import page_message
from bot.render.paging.standing import bundle_of, failures_of, page_before, standing_of
from bot.render.prose import people_of, say_names, say_who
from bot.render.thread.post import Edit, Moment, Post, event_post
from bot.run.paging.events import (
    NobodyReached,
    PageAnswered,
    Paged,
    PageDeclined,
    PageTried,
    PagingEvent,
    ToldToCall,
)
from bot.run.paging.state import Page
from bot.run.state import Run

PAGE = "page"


def tell_paging(moment: Moment, event: PagingEvent) -> Iterator[Post | Edit]:
    """The posts of an event about pages. An attempt needs none: what failed stands on the page itself."""
    match event:
        case Paged():
            yield from _page(moment.after, event.number)
        case NobodyReached(page=number):
            yield _nobody_reached(moment, number)
        case PageDeclined(words=words) if words:
            who = say_who(moment.after, moment.stamp.by)
            yield event_post(
                moment, f"{who} can't come.", section(f":wave: *{foreign(who)} can't come.*"), quote_block(words)
            )
        case ToldToCall() | PageDeclined() | PageAnswered() | PageTried():
            return
        case _:
            assert_never(event)


def follow_pages(moment: Moment) -> Iterator[Edit]:
    """Pages that read differently now: somebody is on it, cannot come, was not reached, or need not come."""
    before, run = moment.before, moment.after
    if before is None or not before.pages.pages:
        return
    changed = [
        now for old, now in zip(before.pages.pages, run.pages.pages, strict=False) if _has_changed(moment, old, now)
    ]
    if isinstance(moment.event, Paged):
        overtaken = page_before(run, run.pages.pages[-1])
        changed += [overtaken] if overtaken is not None else []
    for first in dict.fromkeys(bundle_of(run, page.number)[0].number for page in changed):
        for key in _keys(bundle_of(run, first)):
            yield Edit(key, read_page(run, key))


def read_page(run: Run, key: str) -> Message:
    """How the message under this key reads now: ``page:3`` in the thread, ``page:3:ana`` in Ana's direct messages."""
    _, first, reader = (*key.split(":", 2), "")[:3]
    pages = bundle_of(run, int(first))
    return page_message(run, [page for page in pages if not reader or reader in page.people], reader or None)


def pages_of(run: Run, key: str) -> tuple[tuple[int, str], ...]:
    """(page, person) of every page that the direct message under this key brings; nothing for other keys."""
    kind, *rest = key.split(":", 2)
    if kind != PAGE or len(rest) < 2:  # noqa: PLR2004  (the page and its reader)
        return ()
    return tuple((page.number, rest[1]) for page in bundle_of(run, int(rest[0])) if rest[1] in page.people)


def matters_of(run: Run, key: str) -> frozenset[object]:
    """What the message under this key calls its reader for: a later page for the same says all that it does."""
    _, first, reader = (*key.split(":", 2), "")[:3]
    pages = [page for page in bundle_of(run, int(first)) if not reader or reader in page.people]
    return frozenset((page.reason, page.step, page.visit) for page in pages)


def _keys(pages: tuple[Page, ...]) -> Iterator[str]:
    first, people = pages[0].number, dict.fromkeys(one for page in pages for one in page.people)
    if people:
        yield f"{PAGE}:{first}"
        yield from (f"{PAGE}:{first}:{one}" for one in people)


def _page(run: Run, number: int) -> Iterator[Post | Edit]:
    """The messages of a look at the clock; one that is there already, for an earlier page of it, holds this one too."""
    pages = bundle_of(run, number)
    first, page = pages[0].number, pages[-1]
    there = {one for earlier in pages[:-1] for one in earlier.people}
    reached = {one for earlier in pages[:-1] if "slack" in earlier.via for one in earlier.people}
    slack = {one.id: one.slack for one in people_of(run, page.people)}
    for person in dict.fromkeys(page.people):
        key = f"{PAGE}:{first}:{person}"
        if person in reached:
            yield Edit(key, read_page(run, key))
        elif is_account(slack[person]) and "slack" in page.via:
            yield Post(key, read_page(run, key), f"dm:{slack[person]}")
    if page.people:
        key = f"{PAGE}:{first}"
        yield Edit(key, read_page(run, key)) if there else Post(key, read_page(run, key))
    for key in (f"{PAGE}:{first}:{one}" for one in sorted(reached - set(page.people))):
        yield Edit(key, read_page(run, key))


def _has_changed(moment: Moment, old: Page, now: Page) -> bool:
    before = moment.before or moment.after
    if standing_of(before, old) != standing_of(moment.after, now):
        return True
    return old is not now and _answers(old) != _answers(now)


def _answers(page: Page) -> tuple[object, ...]:
    return (page.answered_by, page.answered_at, page.declined, page.nobody, *failures_of(page))


def _nobody_reached(moment: Moment, number: int) -> Post:
    run, page = moment.after, moment.after.pages.page(number)
    who = say_names(run, page.people if page is not None else ())
    text = f"Nobody could be reached by page {number} ({who}). The ladder goes on."
    return event_post(
        moment,
        text,
        section(f":no_bell: *Nobody could be reached*: {foreign(who)}. The next are called."),
    )

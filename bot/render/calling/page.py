"""A page on a phone: what, which asset, since when, who operates, what is asked, and how to answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.render.calling.plain import cut, plain, simple
from bot.render.paging.words import say_request, say_silence_before, say_why
from bot.render.prose import say_names, say_place, say_ref, say_span, say_time_used
from bot.run.paging.state import Page
from bot.run.state import Run

SHORT = 160
"""Signs of one text message."""


@dataclass(frozen=True, slots=True)
class PageText:
    """A page in plain text; `short` has at most 160 signs."""

    title: str
    body: str
    short: str


def page_text(run: Run, page: Page, person: str, link: str | None, at: datetime) -> PageText:
    """A page as `person` reads it at `at`; nobody in particular, where several read it: times are in UTC then.

    Without a `link` it is answered in Slack.
    """
    title = plain(f"{say_ref(run)} · {run.start.asset.name}", 120)
    lines = (*say_what(run, page), "", *say_facts(run, page, person, at), "", *_say_how(run, page, link))
    return PageText(title, "\n".join(lines), _in_short(run, page, link))


def trial_text(name: str, at: datetime) -> PageText:
    """What is sent to see whether a person's channels work."""
    title = "TEST · Handrail"
    said = f"This is a test for {plain(name, 75)}: Handrail can reach you here. Nothing is asked of you."
    return PageText(title, f"{said}\n\nSent {at.astimezone(UTC):%H:%M} UTC.", cut(simple(f"TEST {said}"), SHORT))


def say_what(run: Run, page: Page) -> Iterator[str]:
    """Why people are called, and what is asked of them."""
    if run.start.mode != "live":
        yield "This is a drill: touch nothing live."
    yield plain(say_why(run, page), 400)
    before = say_silence_before(run, page)
    if before:
        yield plain(before, 400)
    yield plain(say_request(run, page), 400)


def say_facts(run: Run, page: Page, person: str, at: datetime) -> Iterator[str]:
    """What one has to know at once, a line each; times are in the zone of `person`."""
    zone = zone_of(run, person)
    others = [one for one in page.people if one != person]
    yield plain(f"Asset: {run.start.asset.name} (tier {run.start.asset.tier})")
    yield plain(f"Recovery: {run.start.title}")
    yield plain(say_place(run))
    yield f"Started: {run.started_at.astimezone(zone):%H:%M %Z}, {say_span(at - run.started_at)} ago"
    yield plain(f"Operator: {run.name_of(run.operator)}")
    if run.start.asset.rto:
        yield f"Used: {say_time_used(run, at)}"
    if others:
        yield plain(f"Called{' with you' if person in page.people else ''}: {say_names(run, others)}")


def _say_how(run: Run, page: Page, link: str | None) -> Iterator[str]:
    ref = plain(run.start.ref, 60)
    yield f"Answer: {link}" if link else f"Answer in Slack: “I'm on it” or “I can't”, in the thread of {ref}."
    yield f"{ref}, page {page.number}"


def _in_short(run: Run, page: Page, link: str | None) -> str:
    """The link is never cut: half a link answers nothing. One that leaves no room for words is left out."""
    tail = f" Answer: {link}" if link else " Answer in Slack."
    if len(tail) > SHORT - 30:
        tail = " Answer in Slack."
    said = simple(plain(f"{say_ref(run)} {run.start.asset.name}: {say_why(run, page)}"))
    return cut(said, SHORT - len(tail)) + tail


def zone_of(run: Run, person: str) -> tzinfo:
    """The zone in which a person reads times."""
    known = run.members.known.get(person)
    try:
        return ZoneInfo(known.timezone) if known is not None else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC

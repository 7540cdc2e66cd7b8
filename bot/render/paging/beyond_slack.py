"""A page beyond Slack: its words, as plain text, and the page on which it is answered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.render.message import one_line
from bot.render.paging.standing import standing_of
from bot.render.paging.words import say_request, say_silence_before, say_why
from bot.render.prose import say_mode, say_names, say_place, say_ref, say_span, say_time_used
from bot.run.paging.dues import next_stair
from bot.run.paging.state import Page
from bot.run.state import Run

_HARMLESS = str.maketrans({"<": "‹", ">": "›", "@": "＠", "`": "'", "*": "∗", "\\": "/"})  # noqa: RUF001  (look-alikes on purpose)
_SIMPLE = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "…": "...", "·": "-", "×": "x"})


def plain(text: str, limit: int = 300) -> str:
    """Foreign text as one line without mentions, links and markup, at most `limit` signs."""
    return cut(one_line(text).translate(_HARMLESS).replace("://", ": //"), limit)


def simple(text: str) -> str:
    """Our own typographic signs as plain ones: a single other sign makes a text message cost, and hold, half."""
    return text.translate(_SIMPLE)


def cut(text: str, limit: int) -> str:
    """At most `limit` signs; two dots at the end when something is missing."""
    return text if len(text) <= limit else f"{text[: max(limit - 2, 0)].rstrip()}.."[:limit]


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


@dataclass(frozen=True, slots=True)
class Sight:
    """A page as one person sees it. `stands`: who is on it already; `asks`, `declines`: which buttons there are."""

    mode: str
    heading: str
    reader: str
    what: tuple[str, ...]
    facts: tuple[str, ...]
    stands: str = ""
    asks: bool = False
    declines: bool = False


def sight_of(run: Run, page: Page, person: str, at: datetime) -> Sight:
    """The page as `person` sees it before they answer."""
    standing = standing_of(run, page)
    mine = page.answered_by == person
    is_open = standing in ("asking", "answered")
    asks = is_open and not mine
    return Sight(
        mode=say_mode(run),
        heading=f"{run.start.ref} · {run.start.asset.name}",
        reader=run.name_of(person),
        what=tuple(say_what(run, page)) if asks else (),
        facts=tuple(say_facts(run, page, person, at)),
        stands=_say_standing(run, page, person),
        asks=asks,
        declines=is_open and person not in page.declined,
    )


def say_taken(run: Run, page: Page, person: str) -> str:
    """What is said to whoever pressed I'm on it."""
    if page.answered_by in (person, None):
        return f"You are on it. Thank you. The run goes on in Slack: {run.start.ref}."
    return f"{_say_standing(run, page, person)} It is recorded that you are there too."


def say_declined(run: Run) -> str:
    """What is said to whoever pressed I can't."""
    due = next_stair(run)
    if due is None or not due.people:
        return "Thank you for saying so."
    return f"Thank you for saying so. Called next: {say_names(run, due.people)}."


def _say_standing(run: Run, page: Page, person: str) -> str:
    match standing_of(run, page):
        case "answered":
            who = "You are" if page.answered_by == person else f"{run.name_of(page.answered_by)} is"
            since = f" since {page.answered_at.astimezone(zone_of(run, person)):%H:%M %Z}" if page.answered_at else ""
            return f"{who} on it{since}."
        case "over":
            return "The run has ended. Nothing is asked of you any more."
        case "settled":
            return "What you were called for has been done meanwhile."
        case _:
            return "You have said that you can't." if person in page.declined else ""

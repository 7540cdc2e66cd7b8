"""What a page beyond Slack shows to whoever opens its link: how it stands, and which answers are left to give."""

from dataclasses import dataclass
from datetime import datetime

from bot.render.calling.page import say_facts, say_what, zone_of
from bot.render.paging.standing import standing_of
from bot.render.prose import say_mode, say_names
from bot.run.paging.dues import next_stair
from bot.run.paging.state import Page
from bot.run.state import Run


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

"""The escalation ladder: whose turn it is, and the call that goes to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.run.paging.state import Climb, Page, Stand
from bot.run.state import Run

ANSWER_WITHIN = timedelta(minutes=10)
"""A page is acknowledged within ten minutes, or the next one is called."""
NEXT_ROUND = timedelta(minutes=30)
"""Once everybody was called in vain, the ladder is begun again after so long."""


@dataclass(frozen=True, slots=True)
class LadderCall:
    """One call of the ladder: so long after it was begun, of a rung, these people."""

    after: timedelta
    rung: int
    people: tuple[str, ...]
    via: tuple[str, ...]


def stairs(run: Run) -> tuple[LadderCall, ...]:
    """Every call of the run's ladder in order; a rung that is repeated is so many stairs, ten minutes apart.

    An asset without a ladder has the people of the runbook's roles: who operates first, then all of them and the lead.
    A drill calls its own people only; a rung that has none of them is left out.
    """
    return run.found("stairs", _find_stairs)


def _find_stairs(run: Run) -> tuple[LadderCall, ...]:
    """A rung whose people are all out keeps its stairs, with nobody on them, so that a climb keeps its place."""
    found = []
    for number, (rung, was) in enumerate(zip(run.members.rungs, run.start.rungs, strict=True)):
        people = _who_takes_part(run, rung.people)
        for again in range(rung.repeat if people or _who_takes_part(run, was.people) else 0):
            after = timedelta(seconds=rung.after) + again * ANSWER_WITHIN
            found.append(LadderCall(after, number, people, rung.via))
    return tuple(found) if any(stair.people for stair in found) else _by_role(run)


def _who_takes_part(run: Run, people: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in people if run.start.mode == "live" or one in people_of_drill(run))


def _by_role(run: Run) -> tuple[LadderCall, ...]:
    operators, leads = run.holders("operator"), run.holders("lead")
    everybody = tuple(dict.fromkeys([*operators, *leads]))
    if not everybody:
        return ()
    via = ("slack", "pager")
    return LadderCall(timedelta(0), 0, everybody[:1], via), LadderCall(ANSWER_WITHIN, 1, everybody, via)


def still_holds(run: Run, called: Climb | Page) -> bool:
    """Whether what people were called for is still so."""
    return Stand(run.here, run.operator, run.offer).still_wants(called.reason, called.step, called.visit)


def people_of_drill(run: Run) -> frozenset[str]:
    """Who takes part in a drill: whoever began or operated it, and who is in its roles."""
    return frozenset({run.requester, *run.operated, *run.members.with_roles()})


def may_answer(run: Run) -> frozenset[str]:
    """Who may say I'm on it: anybody of the run's roles, ladder or pages, and whoever was put in; nobody who is out."""
    paged = (one for page in run.pages.pages for one in page.people)
    members = run.members
    everybody = {run.requester, *people_of_drill(run), *members.on_ladder(), *members.waiting, *paged}
    return frozenset(one for one in everybody if members.has(one) or one not in members.known)


def is_quiet(run: Run, person: str, at: datetime) -> bool:
    """Whether a drill leaves this person alone at this moment; a live run leaves nobody alone."""
    known = run.members.known.get(person)
    if run.start.mode == "live" or known is None or known.quiet is None:
        return False
    try:
        wall = at.astimezone(ZoneInfo(known.timezone)).time()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    begins, ends = map(time.fromisoformat, known.quiet)
    return begins <= wall < ends if begins <= ends else wall >= begins or wall < ends


_BEFORE = (timedelta(0), timedelta(seconds=10), timedelta(seconds=30))
"""Before the first, second and third attempt by one channel."""
ATTEMPTS = len(_BEFORE)


@dataclass(frozen=True, slots=True)
class PageAttempt:
    """An attempt to make, no sooner than `not_before`."""

    page: int
    person: str
    channel: str
    attempt: int
    not_before: datetime


def next_calls(run: Run) -> tuple[PageAttempt, ...]:
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


def _of_page(run: Run, page: Page) -> Iterator[PageAttempt]:
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
        yield PageAttempt(page.number, person, channel, done + 1, since + _BEFORE[done])


def _begun(page: Page, person: str, own: list[str], channel: str) -> datetime:
    """When it is a channel's turn: at once, or when the one before it has failed."""
    before = own[: own.index(channel)]
    tried = page.tries.get((person, before[-1])) if before else None
    return page.at if tried is None else tried.at


def _failed(page: Page, person: str, channel: str) -> bool:
    tried = page.tries.get((person, channel))
    return tried is not None and not tried.reached and (tried.last or tried.attempt >= ATTEMPTS)

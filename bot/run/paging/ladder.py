"""The ladder as it is climbed: each call of it a stair, with the people of a drill where it is one."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.run.paging.heeding import Stand
from bot.run.paging.state import Climb, Page
from bot.run.state import Run

ANSWER_WITHIN = timedelta(minutes=10)
"""RUNBOOKS.md, section 4: a page is acknowledged within ten minutes, or the next one is called."""
NEXT_ROUND = timedelta(minutes=30)
"""Once everybody was called in vain, the ladder is begun again after so long."""


@dataclass(frozen=True, slots=True)
class Stair:
    """One call of the ladder: so long after it was begun, of a rung, these people."""

    after: timedelta
    rung: int
    people: tuple[str, ...]
    via: tuple[str, ...]


def stairs(run: Run) -> tuple[Stair, ...]:
    """Every call of the run's ladder in order; a rung that is repeated is so many stairs, ten minutes apart.

    An asset without a ladder has the people of the runbook's roles: who operates first, then all of them and the lead.
    A drill calls its own people only; a rung that has none of them is left out.
    """
    return run.found("stairs", _find_stairs)


def _find_stairs(run: Run) -> tuple[Stair, ...]:
    """A rung whose people are all out keeps its stairs, with nobody on them, so that a climb keeps its place."""
    found = []
    for number, (rung, was) in enumerate(zip(run.members.rungs, run.start.rungs, strict=True)):
        people = _who_takes_part(run, rung.people)
        for again in range(rung.repeat if people or _who_takes_part(run, was.people) else 0):
            after = timedelta(seconds=rung.after) + again * ANSWER_WITHIN
            found.append(Stair(after, number, people, rung.via))
    return tuple(found) if any(stair.people for stair in found) else _by_role(run)


def _who_takes_part(run: Run, people: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in people if run.start.mode == "live" or one in people_of_drill(run))


def _by_role(run: Run) -> tuple[Stair, ...]:
    operators, leads = run.holders("operator"), run.holders("lead")
    everybody = tuple(dict.fromkeys([*operators, *leads]))
    if not everybody:
        return ()
    via = ("slack", "pager")
    return Stair(timedelta(0), 0, everybody[:1], via), Stair(ANSWER_WITHIN, 1, everybody, via)


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

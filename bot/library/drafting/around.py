"""What a new file can lean on: the teams, people and resources that the folder has already."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.format.catalogue import Catalogue, Team
from bot.library.drafting.scribe import scalar

_ENOUGH_SIGNERS = 3
"""The requester and the operator may not sign, so that of three people one is always left."""
_PEOPLE = """\
---
# Stand-ins, so that this file can be read on its own. Put your people and teams in their place.
schema: people/v1
people:
  - {id: todo-one, name: "TODO: the name of a person", slack: U00ONE}
  - {id: todo-two, name: "TODO: the name of a second person", slack: U00TWO}
  - {id: todo-three, name: "TODO: the name of a third person", slack: U00THREE}
teams:
  - {id: todo-team, name: "TODO: the name of the team", members: [todo-one, todo-two, todo-three]}
"""


@dataclass(frozen=True, slots=True)
class Around:
    """Ids of the folder that a draft names. `people` is a document of stand-ins when the folder has nobody."""

    owner: str = "todo-team"
    lead: str = "todo-team"
    others: str = "todo-team"
    """A team with people outside the owner team, as far as there is one."""
    reviewer: str = "todo-one"
    teams: tuple[str, ...] = ()
    ladders: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    runbooks: frozenset[str] = frozenset()
    people: str = _PEOPLE
    says: frozenset[str] = frozenset()
    """What the defaults of the folder say, so that a runbook need not."""


def look_around(catalogue: Catalogue, runbooks: Collection[str]) -> Around:
    """The likeliest teams of a folder: a guess that the draft marks as one."""
    staffed = [team for team in catalogue.teams.values() if set(team.members) & set(catalogue.people)]
    known = frozenset(runbooks)
    links = (tuple(catalogue.teams), tuple(catalogue.ladders), tuple(catalogue.resources))
    if not staffed:
        return Around(teams=links[0], ladders=links[1], resources=links[2], runbooks=known)
    owner = staffed[0]
    lead = next((team for team in staffed if "lead" in team.id), staffed[min(1, len(staffed) - 1)])
    enough = [team for team in staffed if len({*lead.members, *team.members}) >= _ENOUGH_SIGNERS]
    others = next((team for team in enough if team not in (owner, lead)), enough[0] if enough else None)
    if others is None:
        return Around(teams=links[0], ladders=links[1], resources=links[2], runbooks=known)
    reviewer = _first_known(owner, catalogue)
    return Around(owner.id, lead.id, others.id, reviewer, *links, runbooks=known, people="")


def _first_known(team: Team, catalogue: Catalogue) -> str:
    return next(member for member in team.members if member in catalogue.people)


def offered(ids: Collection[str], most: int = 6) -> str:
    """Ids in a comment: what there is to choose from."""
    said = ", ".join(scalar(one) for one in list(ids)[:most])
    return f" ({said}{', …' if len(ids) > most else ''})" if said else ""

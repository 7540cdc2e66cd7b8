"""Who a Slack user is: a person of the catalogue, or somebody that it does not know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.format.catalogue import Catalogue, Person
from bot.run.members.state import Members


@dataclass(frozen=True, slots=True)
class Grid:
    """The organisation on Enterprise Grid that the bot is installed in, and those of its workspaces that are known."""

    id: str = ""
    workspaces: frozenset[str] = frozenset()

    def has(self, payload: Mapping[str, Any], home: Callable[[], str]) -> bool:
        """Whether the sender is one of its people: only where the payload proves it, as strangers come the same way.

        What somebody sends by Slack Connect names our organisation as the installation too, and their own team beside
        the user, which is neither one of ours nor the workspace in which they pressed.
        """
        own, _ = sender_key(payload)
        if not self.id or _enterprise_of(payload) != self.id:
            return False
        team = payload.get("team")
        is_ours = isinstance(team, dict) and team.get("id") == own and team.get("enterprise_id") == self.id
        is_typed = "command" in payload and payload.get("team_id") == own
        return is_ours or is_typed or own in (self.id, *self.workspaces) or own == home()


NONE = Grid()
"""No organisation around the bot's workspace."""


class People:
    """Knows people by (team, user). `catalogue` is asked each time, so a reload of the files counts at once.

    `home_team` is the team of the bot itself; people whose `team_id` the catalogue does not name belong to it. On
    Enterprise Grid `grid` is the organisation around it: there a person is (organisation, user), whatever workspace of
    it they press from.
    """

    def __init__(
        self, catalogue: Callable[[], Catalogue], home_team: Callable[[], str], grid: Callable[[], Grid] = lambda: NONE
    ) -> None:
        self._catalogue, self._home_team, self._grid = catalogue, home_team, grid
        self._index: tuple[Catalogue, Mapping[str, tuple[Person, ...]]] | None = None

    def id_of(self, team: str, user: str) -> str:
        """A person's id, or ``slack:TEAM/USER`` for guests, people of other workspaces and whoever is not listed.

        An account that is listed for two people is nobody's: it could sign twice.
        """
        grid, home = self._grid(), self._home_team()
        alike = {home, grid.id, *grid.workspaces} if grid.id and team == grid.id else {team}
        here = [one.id for one in self._listed(user) if (one.team_id or home) in alike]
        return here[0] if len(here) == 1 else f"slack:{team}/{user}"

    def member_of(self, members: Members, sender: tuple[str, str], *, whole: bool) -> str | None:
        """The id under which a run knows somebody whom the catalogue does not know now; None where it need not.

        While the catalogue does not load whole, and where a lead keeps people whom it takes out or has yet to judge,
        they are who they were.
        """
        team, user = sender
        here = [one.id for one in members.people if one.slack == user and (members.stays(one.id) or not whole)]
        return here[0] if len(here) == 1 and team in (self._home_team(), self._grid().id) else None

    def key_of(self, payload: Mapping[str, Any]) -> tuple[str, str]:
        """Who sent a verified payload: (team id, user id), or (organisation id, user id) of its own people on Grid."""
        grid, (team, user) = self._grid(), sender_key(payload)
        return (grid.id, user) if grid.has(payload, self._home_team) else (team, user)

    def sender_of(self, payload: Mapping[str, Any]) -> str:
        """Who sent a verified payload. Nothing that a person can write is looked at."""
        return self.id_of(*self.key_of(payload))

    def _listed(self, user: str) -> tuple[Person, ...]:
        catalogue = self._catalogue()
        if self._index is None or self._index[0] is not catalogue:
            found: dict[str, tuple[Person, ...]] = {}
            for person in catalogue.people.values():
                if person.slack is not None:
                    found[person.slack] = (*found.get(person.slack, ()), person)
            self._index = (catalogue, found)
        return self._index[1].get(user, ())


def sender_key(payload: Mapping[str, Any]) -> tuple[str, str]:
    """(team id, user id) of a command, click, submission, shortcut or event; ("", "") where there is none.

    In a shared channel `team` is where it happened and `user.team_id` is whose person it is: the latter counts.
    """
    match payload.get("user"):
        case {"id": str(user), "team_id": str(team)}:
            return team, user
        case {"id": str(user)}:
            return team_of(payload), user
        case _:
            event = payload.get("event") or {}
            return team_of(payload), str(payload.get("user_id") or event.get("user") or "")


def team_of(payload: Mapping[str, Any]) -> str:
    """The team (or, for an install on a whole organisation, the enterprise) that a payload comes from."""
    team = payload.get("team")
    within = team.get("id") if isinstance(team, dict) else payload.get("team_id")
    return str(within or _enterprise_of(payload))


def _enterprise_of(payload: Mapping[str, Any]) -> str:
    enterprise = payload.get("enterprise")
    around = enterprise.get("id") if isinstance(enterprise, dict) else payload.get("enterprise_id")
    return str(around or "")

"""The board of who is on call at a moment: what every way of showing it is made of."""

from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(days=14)
"""How far ahead a board looks for times that nobody covers."""


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody, by name and Slack id."""

    name: str
    slack: str | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing that a rung tells: a rotation, a team or a person.

    `now` until `until`, then `after` from `after_at`; no times where they are not known or where nothing changes.
    `group` is a team's Slack user group. `is_gap`: nobody is on call, and so everybody of the rotation is told.
    """

    kind: str
    name: str
    now: tuple[Who, ...] = ()
    until: datetime | None = None
    after: tuple[Who, ...] = ()
    after_at: datetime | None = None
    group: str | None = None
    is_gap: bool = False


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of a ladder: how long after the start whom it tells, by what, and how often."""

    after: timedelta
    via: tuple[str, ...]
    repeat: int
    watches: tuple[Watch, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """A ladder, with the names of the assets that use it."""

    id: str
    assets: tuple[str, ...]
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """A time within the window in which nobody is on call in a rotation."""

    rotation: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A rotation's feed: when its last good copy was fetched, why it failed since, and what in it fits nobody."""

    rotation: str
    fetched_at: datetime | None
    failure: str
    strangers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """Everything about being on call at a moment. `asset` is the name of the one that was asked about, if any."""

    at: datetime
    asset: str | None
    ladders: tuple[Ladder, ...]
    others: tuple[Watch, ...]
    """Rotations that stand on no ladder: they say who comes first in a role."""
    holes: tuple[Hole, ...]
    feeds: tuple[Feed, ...]

"""What a run pins when it starts, and the stamp that every event carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from bot.format.pieces import Value

Mode = Literal["live", "drill", "training"]
Via = Literal["slack", "terminal", "web", "clock", "import", "hands"]

Typed = Annotated[str, "typed by a person"]
"""Words a person typed: kept beside the record, so that they can be erased without breaking the chain."""


_UNVERIFIED = "unverified: "
_LONGEST_USER = 40


@dataclass(frozen=True, slots=True)
class Stamp:
    """When, who and by which way in.

    `by` is a person's id, ``clock``, ``slack:TEAM/USER`` for somebody whom the catalogue does not know, or
    ``unverified: USER`` for a user of a machine who has not proved who they are.
    """

    at: datetime
    by: str
    via: Via

    @property
    def unverified(self) -> bool:
        """Somebody at a terminal, known by their user name there and no more: they may operate, and never sign."""
        return self.via == "terminal" and is_unverified(self.by)


def what_to_write(person: str) -> str:
    """What the catalogue has to say of somebody whom it does not know: ``slack: U0GUS, team_id: T0OTHER``."""
    team, slash, user = person.removeprefix("slack:").partition("/")
    return f" (slack: {user}, team_id: {team})" if person.startswith("slack:") and slash and user else ""


def unverified_id(user: str) -> str:
    """How somebody without a token is recorded: by the name under which the machine knows them.

    The environment can set that name, so it is brought down to one short line that says nothing else.
    """
    plain = "".join(sign for sign in user if sign.isprintable() and sign not in "<>")
    return f"{_UNVERIFIED}{' '.join(plain.split())[:_LONGEST_USER] or 'nobody'}"


def is_unverified(person: str | None) -> bool:
    """Whether this is a name that only a machine vouches for: it may be anybody's, a signer's too."""
    return person is not None and person.startswith(_UNVERIFIED)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person as the catalogue knew them when the run started."""

    id: str
    name: str
    slack: str | None = None
    timezone: str = "UTC"
    quiet: tuple[str, str] | None = None
    """Wall times between which drills and digests leave them alone: ``("22:00", "07:00")``."""
    pagers: tuple[str, ...] = ()
    """Names of their channels beyond Slack, the first to try first: ``env:ANA_SMS``."""


@dataclass(frozen=True, slots=True)
class AssetAsItWas:
    """The asset's slice of the catalogue, pinned. Times in seconds."""

    id: str
    name: str
    tier: int
    type: str
    owner: str
    facts: Mapping[str, Value] = field(default_factory=dict)
    rpo: int | None = None
    rto: int | None = None


@dataclass(frozen=True, slots=True)
class FrozenRung:
    """A rung of the ladder as it was: seconds after the start, whom it tells (and the people behind it), how."""

    after: int
    tell: tuple[str, ...]
    people: tuple[str, ...]
    via: tuple[str, ...]
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class PeopleNow:
    """What the catalogue says of a run's people at a moment, as far as it loads whole."""

    people: tuple[Somebody, ...]
    """Everybody of the catalogue who is of the run already, or belongs to it by role, ladder or the owner's team."""
    roles: Mapping[str, tuple[str, ...]]
    on_call: Mapping[str, tuple[str, ...]]
    """Role -> who has it by being on call alone."""
    rungs: tuple[frozenset[str], ...]
    """Whom each rung of the ladder can mean, whoever is on call."""
    told: tuple[tuple[str, ...], ...]
    """Whom each rung would call now."""
    catalogue: Mapping[str, str]
    """The catalogue's files with people, each with the digest of its bytes (``b2sum --length 128``)."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The step of another run that called this one."""

    run: str
    ref: str
    step: str
    visit: int


@dataclass(frozen=True, slots=True)
class Source:
    """A message that somebody put into the record: who wrote it, when, and where it stands."""

    author: str
    at: str
    link: str

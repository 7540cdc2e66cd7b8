"""What happened to the people of a run: who left it, who came, who was let in. Stored for ever."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.run.situation import Somebody


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who is out: of which roles, and of which rungs of the ladder (from 0)."""

    person: str
    name: str
    roles: tuple[str, ...] = ()
    rungs: tuple[int, ...] = ()
    gone: bool = False
    """The catalogue knows them no more, so they are none of the run's people."""
    account: bool = False
    """Their name stands with another Slack account now: whoever that is has to be let in."""


@dataclass(frozen=True, slots=True)
class Joiner:
    """Somebody who was put in. They may read, note and answer pages; to act in `roles` they have to be let in."""

    known: Somebody
    roles: tuple[str, ...] = ()
    rungs: tuple[int, ...] = ()
    on_call: tuple[str, ...] = ()
    """Of these roles those that they have by being on call, and not by the catalogue: the end of a turn takes none."""


@dataclass(frozen=True, slots=True)
class PeopleChanged:
    """The catalogue says otherwise than the run who is of it, and the run follows. A lead confirms what waited."""

    out: tuple[Leaver, ...] = ()
    into: tuple[Joiner, ...] = ()
    again: tuple[str, ...] = ()
    """Whom a lead had kept, and who stand in the catalogue again."""
    catalogue: Mapping[str, str] = field(default_factory=dict)
    """What it followed from: the catalogue's files with people, each with the digest of its bytes."""


@dataclass(frozen=True, slots=True)
class PeopleInDoubt:
    """So many would be out at once that a lead has to say so; until then everybody stays. With nobody: it is over."""

    out: tuple[Leaver, ...] = ()
    of: int = 0
    """How many people the run has."""
    missing: tuple[str, ...] = ()
    """Files of the catalogue that are gone."""
    catalogue: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PeopleKept:
    """A lead said that whom record `of` would have put out stay as they were."""

    of: int


@dataclass(frozen=True, slots=True)
class LetIn:
    """Somebody who was put in may act in these roles from now on."""

    person: str
    roles: tuple[str, ...]


MembersEvent = PeopleChanged | PeopleInDoubt | PeopleKept | LetIn

"""What can happen in the record of a protection. Kinds on disk are for ever, see ``journal/streams``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Outcome = Literal["ok", "failed", "damaged"]
Trouble = Literal["late", "failed", "too small", "damaged", "wrong place"]


@dataclass(frozen=True, slots=True)
class PlanTaken:
    """What the catalogue asks of the protection from now on; `places` are its target and its secondary, by id."""

    every: timedelta
    grace: timedelta
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Beat:
    """What was heard of a restore point: `of` is the moment to which it leads back."""

    of: datetime
    place: str
    outcome: Outcome = "ok"
    size: int | None = None
    """In bytes."""
    seconds: int | None = None
    """How long making it took."""
    checksum: str | None = None
    covers: tuple[str, ...] = ()
    """What is in it, by name."""
    said: str = ""


@dataclass(frozen=True, slots=True)
class RestoreTried:
    """A restore was tried from the restore point of a moment, or from the newest."""

    place: str
    of: datetime | None
    worked: bool
    seconds: int | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Troubled:
    """Something is wrong with the copies at a place, from now until it has returned."""

    place: str
    what: Trouble
    of: datetime | None = None
    """The restore point that it is about; of what is late, the newest good one."""
    size: int | None = None
    usual: int | None = None
    """The size that there is and the one that is usual, of what is too small."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A good restore point came: what was wrong at this place is over."""

    place: str
    what: tuple[Trouble, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class AllLost:
    """No place has a restore point that is young enough, neither the target nor the secondary."""


@dataclass(frozen=True, slots=True)
class RungCalled:
    """People of the asset's ladder are called, as all copies are lost."""

    rung: int
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Silenced:
    """Nobody is told until then; what happens is recorded all the same."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class SilenceEnded:
    """What happens is told again: the time is over, or somebody ended it."""


@dataclass(frozen=True, slots=True)
class SizeAccepted:
    """Somebody says that the smaller size is as it should be; what is usual is learnt anew."""

    place: str
    reason: str


ProtectionEvent = (
    PlanTaken
    | Beat
    | RestoreTried
    | Troubled
    | Returned
    | AllLost
    | RungCalled
    | Silenced
    | SilenceEnded
    | SizeAccepted
)

KINDS: Mapping[str, type[ProtectionEvent]] = {
    "plan-taken": PlanTaken,
    "beat": Beat,
    "restore-tried": RestoreTried,
    "troubled": Troubled,
    "returned": Returned,
    "all-lost": AllLost,
    "rung-called": RungCalled,
    "silenced": Silenced,
    "silence-ended": SilenceEnded,
    "size-accepted": SizeAccepted,
}
"""Kind on disk -> event. A kind is never renamed and never used again for something else."""

"""What can happen in the record of a reading. Kinds on disk are for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class LookPlanned:
    """From now on it is looked at so: by a command (`argv`), a web request (`url`), or a connection (`to`)."""

    every: timedelta
    place: str = "bot"
    profile: str | None = None
    argv: tuple[str, ...] = ()
    method: str = ""
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    to: str = ""
    ok: tuple[int, ...] = ()
    """Exit codes, or answers, that mean it went well; any answer that says it is there where nothing is written."""
    reads: str = ""
    """The JMESPath that makes of what is printed what is wanted."""


@dataclass(frozen=True, slots=True)
class LookDropped:
    """Nobody asks for it any more."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Hands looked; `names` is what an inventory holds."""

    worked: bool
    said: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookDeclined:
    """Hands do not look at it, and why."""

    why: str


ReadingEvent = LookPlanned | LookDropped | Looked | LookDeclined
READING_KINDS: Mapping[str, type[ReadingEvent]] = {
    "look-planned": LookPlanned,
    "look-dropped": LookDropped,
    "looked": Looked,
    "look-declined": LookDeclined,
}
"""Kind on disk -> event. A kind is never renamed and never used again for something else."""

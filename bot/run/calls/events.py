"""What happens between a run and those that it opened meanwhile. Names and fields are stored for ever."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.format.pieces import Value
from bot.run.situation import Typed


@dataclass(frozen=True, slots=True)
class Joined:
    """The run leaves a `join`. `came`: how the runs ended that it need not wait for any more, by their calls."""

    step: str
    visit: int
    exit: str
    came: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EndAwaited:
    """The run is to end, and waits for the runs that it opened meanwhile: they are asked to stop."""

    outcome: str
    step: str | None = None
    reason: Typed = ""


@dataclass(frozen=True, slots=True)
class StopWanted:
    """The run that opened this one is being stopped, and asks it to stop too; `by` did that, `named` is their name."""

    by: str
    named: str
    reason: Typed = ""


@dataclass(frozen=True, slots=True)
class HandedAnew:
    """What the calling run handed over has other values now; `givers` gave them."""

    values: Mapping[str, Value]
    givers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

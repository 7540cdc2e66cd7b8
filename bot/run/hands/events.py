"""What hands did in a run, and what people said to them. Names and fields are stored for ever; see journal/chain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.format.pieces import Value
from bot.run.situation import Typed

Ended = Literal["exit", "status", "limit", "cancelled", "not started", "refused", "waited"]
"""How a command came to its end: it was seen to exit, or answered with a status; it was killed at its limit, or since
somebody cancelled it; it never came to be; its answer could not be read; the time of a wait is over."""


@dataclass(frozen=True, slots=True)
class HandsReady:
    """Hands say that they can run this step; nothing runs before a person presses."""

    step: str
    visit: int
    worker: str


@dataclass(frozen=True, slots=True)
class HandsDeclined:
    """Hands do not do this step, which is walked by hand; `why` is a sentence for people. Nothing was started."""

    step: str
    visit: int
    why: str


@dataclass(frozen=True, slots=True)
class ActionAsked:
    """A person pressed Run: what they began is for hands to do."""

    step: str
    visit: int


@dataclass(frozen=True, slots=True)
class ActionStarted:
    """Recorded before the process exists. `command` is what stood on the card, `argv` what is executed, word by word.

    `host` is the machine, `place` what the runbook calls it; `limit` is in seconds.
    """

    step: str
    visit: int
    attempt: int
    worker: str
    host: str
    place: str
    effect: str
    command: str
    argv: tuple[str, ...]
    profile: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class ActionFinished:
    """What a command left behind. `failed` holds expectations that did not hold; `trouble` why it says nothing at all.

    `digest` is of the output that was kept (redacted, its last part), `size` of the whole. `late`: the run had gone
    on, and this moves nothing.
    """

    step: str
    visit: int
    attempt: int
    ended: Ended
    ok: bool
    milliseconds: int
    exit: int | None = None
    digest: str = ""
    size: int = 0
    captured: Mapping[str, Value] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    trouble: str = ""
    late: bool = False
    shown: Typed = ""
    """The last lines of what was read for a choice, redacted: they can be erased, as typed words can."""


@dataclass(frozen=True, slots=True)
class ActionLost:
    """Nobody knows how a command ended, or whether it still runs."""

    step: str
    visit: int
    attempt: int
    why: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """A person has Handrail end what runs."""

    step: str
    visit: int
    attempt: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class TakenByHand:
    """A person does this step themselves."""

    step: str
    visit: int


@dataclass(frozen=True, slots=True)
class LookedAgain:
    """A person has Handrail look once more."""

    step: str
    visit: int


HandsEvent = (
    HandsReady
    | HandsDeclined
    | ActionAsked
    | ActionStarted
    | ActionFinished
    | ActionLost
    | CancelAsked
    | TakenByHand
    | LookedAgain
)

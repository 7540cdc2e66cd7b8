"""What happened about pages: who was called and why, whether it arrived, and who answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.run.situation import Typed

PageReason = Literal[
    "start", "operator", "nudge", "step", "signoff", "signoff_wider", "decide", "help", "handover", "glass", "burn",
    "forecast", "fatigue", "still", "no_signer", "already", "circle", "end", "stop",
]  # fmt: skip
"""Why people are called.

``start``: a run began. ``operator``: nobody operates it. ``nudge``: the step waits long; to whoever acts there.
``step``: it waits too long. ``signoff``: again to the signers; ``signoff_wider``: to more people. ``decide``: a
decision that pages. ``help``: somebody pressed I need help. ``handover``: it was not accepted. ``glass``: it was
broken. ``burn``: so many per cent of the RTO are used. ``forecast``: the RTO will be missed. ``fatigue``: the run is
past its limit. ``still``: are you still on it? ``no_signer``: too few people may give a signature that is asked for,
or that will be (then `visit` is 0). ``already``: what is signed for was done before its turn. ``circle``: the same step
came to the hold by the same exit again and again. ``end``: somebody at the hold asks for an end.
``stop``: the run that called this one is being stopped.
"""


def page_key(
    reason: PageReason, due: datetime, rung: int | None, step: str | None, visit: int, figure: int | None
) -> str:
    """What a page is known by that is said once: for each run, each visit of a step, or each time that it was due."""
    match reason:
        case "burn":
            return f"burn:{figure}"
        case "forecast" | "fatigue" | "start":
            return reason
        case "operator":
            return f"{reason}:{visit}" if visit else reason
        case "still" | "help" | "glass" | "already" | "circle" | "end" | "stop":
            return f"{reason}:{due.isoformat()}"
        case "handover":
            return f"handover:{'them' if rung is None else 'ladder'}:{visit}"
        case _:
            return f"{reason}:{step}:{visit}"


@dataclass(frozen=True, slots=True)
class Paged:
    """People are called. It is recorded when the clock saw it: later than `was_due` means that it is told as late."""

    number: int
    """1 for the run's first page, then 2, …: buttons, deliveries and answers name it."""
    reason: PageReason
    people: tuple[str, ...]
    via: tuple[str, ...]
    """``slack`` and, for who has it, ``pager``."""
    was_due: datetime
    rung: int | None = None
    """The rung of the ladder, from 0; None for a page that is not of the ladder."""
    round: int = 1
    """How often the ladder was begun for this."""
    stair: int | None = None
    """Which call of the ladder this is, from 0: a rung that is repeated is called more than once."""
    step: str | None = None
    visit: int = 0
    figure: int | None = None
    """``burn``: per cent. ``forecast``: seconds beyond the RTO. ``still``, ``step``, ``nudge``: seconds of silence."""
    spared: tuple[str, ...] = ()
    """Who is left out: told the same less than a minute ago, or a drill in their quiet hours."""
    down_since: datetime | None = None
    """Handrail itself was down since then, which is why this is late."""

    @property
    def key(self) -> str:
        """See `page_key`."""
        return page_key(self.reason, self.was_due, self.rung, self.step, self.visit, self.figure)


@dataclass(frozen=True, slots=True)
class PageAnswered:
    """Somebody pressed I'm on it."""

    page: int


@dataclass(frozen=True, slots=True)
class PageDeclined:
    """Somebody cannot come: the climb goes on at once."""

    page: int
    words: Typed = ""


@dataclass(frozen=True, slots=True)
class PageTried:
    """One attempt to reach a person by one channel, and what came back."""

    page: int
    person: str
    channel: str
    """``slack``, or the name under which the catalogue has it (``env:ANA_SMS``); never an address."""
    attempt: int
    reached: bool
    answer: str
    """What the channel answered, in a few words without secrets."""
    last: bool = False
    """No further attempt is made by this channel."""


@dataclass(frozen=True, slots=True)
class NobodyReached:
    """Every channel of everybody who was called by this page has failed."""

    page: int


@dataclass(frozen=True, slots=True)
class ToldToCall:
    """Nothing that sends stood by, so nobody was called: whoever sat at the terminal was told to call these people."""

    reason: PageReason
    told: str
    """Who was told."""
    people: tuple[str, ...]
    was_due: datetime
    rung: int | None = None
    step: str | None = None
    visit: int = 0
    figure: int | None = None

    @property
    def key(self) -> str:
        """See `page_key`: a page with the same key calls for the same."""
        return page_key(self.reason, self.was_due, self.rung, self.step, self.visit, self.figure)


PagingEvent = ToldToCall | Paged | PageAnswered | PageDeclined | PageTried | NobodyReached

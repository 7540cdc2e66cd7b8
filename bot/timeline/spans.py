"""Stretches of time in a run: who was about, where it stood, what it did. Times are aware UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Doing = Literal["working", "waiting", "elsewhere", "paused"]
"""What a run does at each moment, one of four: people work; it waits for people; another run works; it is paused."""
WaitingFor = Literal["", "signature", "review", "operator", "begin", "call", "pause"]
"""What a run did not go on for; empty while people worked."""


Apart = Literal["", "held", "wait", "begin"]
"""What part of `working` nobody was at work in: the run was held at its exception step; a wait was running; a step that
a signature binds stood there and was not begun. Empty everywhere else."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person of the run: who they were and when they were about."""

    id: str
    name: str
    roles: tuple[str, ...]
    """As the run pinned them; empty for strangers."""
    records: int = 0
    """How many records are by them."""
    first_at: datetime | None = None
    last_at: datetime | None = None
    operated: timedelta = timedelta(0)
    acted_as: tuple[str, ...] = ()
    """The roles in which they acted, the first first; see `Entry.acted_as`."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody operated from `since` until `until`; None while they still do."""

    person: str
    name: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class StepVisit:
    """One visit of a step: `until` is None while the run stands there, `exit` is empty then."""

    step: str
    title: str
    phase: str | None
    visit: int
    since: datetime
    until: datetime | None
    exit: str
    by: str | None
    by_name: str
    said: str = ""
    """The label that was chosen, or the words that were given."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in which the run did one of four things; `why` says what it waited for."""

    doing: Doing
    since: datetime
    until: datetime
    why: WaitingFor = ""
    step: str | None = None
    apart: Apart = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """Time spent in a step or a phase, all visits together, against what is typical.

    `typical` is the sum of the author's typical times over the visits that were walked to an end of their own; None
    where there is none. `over` is how much longer exactly those visits took, negative when they were faster.
    """

    id: str
    title: str
    visits: int
    first_at: datetime
    last_at: datetime
    spent: timedelta
    typical: timedelta | None
    over: timedelta | None
    compared: timedelta | None = None
    """How long the visits took that `typical` is the sum of; `over` is this less `typical`."""


@dataclass(frozen=True, slots=True)
class ChangeLeft:
    """A change that nobody took back: the step, and the step that would, each with its title."""

    step: str
    title: str
    undo: str
    undo_title: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from step to step that was walked so many times."""

    step: str
    exit: str
    to: str
    times: int
    written: bool
    """False when the runbook has no such way: a step back, a skip, a mismatch."""

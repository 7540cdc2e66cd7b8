"""A timeline: one entry for each record, and around them what follows from all of them. Times are aware UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.run.events import Event
from bot.run.situation import Mode, Via
from bot.timeline.facts import Facts
from bot.timeline.milestones import Milestone
from bot.timeline.spans import Actor, ChangeLeft, Edge, Shift, Spent, StepVisit, Stretch
from bot.timeline.stories import Decision, Deviation, DeviationKind, PageStory, SignoffStory, Told

_NO_VALUES: Mapping[str, str] = {}


class Entry(NamedTuple):
    """One record as a reader needs it. Every record has exactly one.

    A tuple, as a frozen dataclass of twenty fields takes several times as long to make (measured 2026-11-22).
    """

    seq: int
    at: datetime
    """Server time."""
    kind: str
    """In kebab-case, as in the record: ``step-finished``."""
    event: Event
    """What was recorded. Its raw answers may hold secrets: show `values`."""
    by: str
    """A person's id, ``clock``, ``slack:TEAM/USER`` or ``unverified: USER``."""
    by_name: str
    role: str | None
    """Their role in this run at that moment (``operator``, ``data_owner``); None for Handrail itself and strangers."""
    via: Via
    claimed_at: datetime | None = None
    """When a person says it happened, where they did."""
    step: str | None = None
    title: str | None = None
    """The step's title, filled as it stood."""
    visit: int = 0
    phase: str | None = None
    why: str = ""
    """The reason that was given, or why Handrail did it."""
    evidence: str = ""
    """What it was based on: the note, what was seen, the source."""
    values: Mapping[str, str] = _NO_VALUES
    """Values that were given here, as others may see them: secrets never, blind answers once they were compared."""
    corrects: int | None = None
    """The record that this one puts right, or whose words it erases."""
    corrected_by: tuple[int, ...] = ()
    """The records that put this one right."""
    erased_by: int | None = None
    """The record that says that words were erased here."""
    late: timedelta | None = None
    """How long after it was due; None for what is not due at a time."""
    deviation: DeviationKind | None = None
    """How the run left the straight way here; None where it did not."""
    acted_as: str | None = None
    """The role in which they did just this: ``operator``, ``signer``'s own role, ``witness``, ``lead`` …; None for what
    anybody may do, such as a note."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain as it was found when the timeline was told; `fault` names the first record that differs."""

    head: str
    records: int
    verified: bool
    fault: str | None
    command: str
    """What to type to check it: ``handrail verify REF --head HASH``."""
    ledger: str = ""
    """The newest head of the ledger over all runs, as ``handrail verify --heads`` reads it: ``ledger NUMBER HASH``."""
    breaks_law: bool = False
    """The run was imported as evidence: its record tells what the rules never let happen."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Which run this is."""

    id: str
    ref: str
    mode: Mode
    runbook: str
    title: str
    objective: str
    digest: str
    asset: str
    asset_name: str
    tier: int
    requester: str
    requester_name: str
    operator: str | None
    operator_name: str | None
    """Who operates, or did last."""
    outcome: str | None
    """None while it is open."""
    ended_at: datetime | None
    ended_by: str | None
    end_reason: str
    reason: str
    """Why a second run on the same asset was wanted."""
    parent: str | None
    """The ref of the run that called this one."""
    continues: str | None
    """The ref of the run that this one goes on from."""
    unreviewed: int
    """Broken glasses that nobody has reviewed."""
    seen: str = ""
    """What was seen, in the words of whoever started it: the first text that the runbook asks for."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A run told to people who were not there."""

    run: RunFacts
    facts: Facts
    entries: tuple[Entry, ...]
    people: tuple[Actor, ...]
    shifts: tuple[Shift, ...]
    phases: tuple[Spent, ...]
    steps: tuple[Spent, ...]
    visits: tuple[StepVisit, ...]
    stretches: tuple[Stretch, ...]
    decisions: tuple[Decision, ...]
    signoffs: tuple[SignoffStory, ...]
    deviations: tuple[Deviation, ...]
    pages: tuple[PageStory, ...]
    edges: tuple[Edge, ...]
    after: tuple[Told, ...]
    milestones: tuple[Milestone, ...]
    left: tuple[ChangeLeft, ...]
    """What was changed and never taken back."""
    values: Mapping[str, str]
    """Every variable as it stands at the end, as others may see it."""
    chain: Chain | None = None

"""What a timeline holds: entries and the stories in them, figures, milestones, spans of time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from bot.format.pieces import read_instant
from bot.format.runbook import FAILURE_EXITS, IN_PART, Call, StepBase, WayBack
from bot.run.after.events import PostmortemState
from bot.run.events import Event
from bot.run.law.plausible import DOWN_SINCE
from bot.run.paging.events import PageReason
from bot.run.places import Visit
from bot.run.situation import Mode, Via
from bot.run.state import Run

DeviationKind = Literal[
    "skipped", "went_back", "sent_back", "rejected", "expired", "void", "glass", "mismatch", "not_as_expected",
    "problem", "visits_spent", "corrected", "late_page", "page_failed", "nobody_reached", "declined", "barred",
    "erased", "elsewhere", "read_otherwise", "done_already", "end_asked",
]  # fmt: skip
"""How a run left the straight way.

``void``: signatures that counted no more. ``glass``: it was broken. ``not_as_expected``: what was found is not what the
step expects. ``problem``: a step ended badly, or nobody knows how. ``barred``: somebody who may not tried to sign.
``page_failed``: every channel beyond Slack of everybody whom a page called has failed; Slack where there is none.
``elsewhere``: another run went on from here. ``read_otherwise``: what was read did not hold, and was looked at again.
``done_already``: a step was done before its turn, or by others. ``end_asked``: an end that the asker might not choose.
"""

SignoffState = Literal["open", "approved", "rejected", "expired", "glass", "asked_again", "left"]
"""``asked_again``: for other content, or of other people. ``left``: the run went elsewhere before it was answered."""

PageOutcome = Literal["acknowledged", "acted_on", "superseded", "expired", "nobody"]
"""What came of a page. ``acknowledged``: somebody whom it called pressed I'm on it. ``acted_on``: somebody whom it
called did what it asks for. ``superseded``: somebody else was on it, or it was settled without them. ``expired``: the
request for signatures ran out. ``nobody``: none of these.
"""

ToldKind = Literal["lesson", "near_miss", "follow_up", "clarity", "hesitation"]


@dataclass(frozen=True, slots=True)
class Decision:
    """A line of a decision that was chosen, with what else was offered."""

    seq: int
    at: datetime
    step: str
    title: str
    visit: int
    offered: tuple[str, ...]
    """The labels that stood there."""
    chosen: str
    """The id of the option, ``unsure`` or ``back``."""
    label: str
    by: str
    by_name: str
    evidence: str
    took: timedelta
    """From the question to the answer."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody signed, and read back what they were asked to."""

    seq: int
    at: datetime
    person: str
    name: str
    role: str | None
    readback: str


@dataclass(frozen=True, slots=True)
class SignoffStory:
    """A sign-off that was asked for, from the question to how it ended. Asked again for other content is another."""

    seq: int
    at: datetime
    step: str
    title: str
    visit: int
    digest: str
    content: str
    """What was signed, word by word; `digest` is its SHA-256."""
    asked: tuple[str, ...]
    """Names of who might sign."""
    need: int
    expires_at: datetime
    signatures: tuple[Signature, ...]
    ended: SignoffState = "open"
    ended_at: datetime | None = None
    ended_by: str | None = None
    """The name of who ended it."""
    reason: str = ""
    void_since: datetime | None = None
    """When its signatures stopped to count; None when they never did."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """What was not as planned, by the record that says so."""

    seq: int
    at: datetime
    kind: DeviationKind
    by: str
    by_name: str
    step: str | None
    title: str | None
    words: str
    """The reason, or what was found; empty when nobody said."""
    late: timedelta | None = None


@dataclass(frozen=True, slots=True)
class PageStory:
    """People who were called, and what came of it."""

    seq: int
    number: int
    at: datetime
    was_due: datetime
    reason: PageReason
    people: tuple[str, ...]
    names: tuple[str, ...]
    via: tuple[str, ...]
    rung: int | None
    step: str | None
    figure: int | None
    down_since: datetime | None
    answered_by: str | None = None
    answered_at: datetime | None = None
    declined: tuple[str, ...] = ()
    """Names of who cannot come."""
    tries: int = 0
    reached: int = 0
    nobody_reached: bool = False
    pager_tries: int = 0
    """Attempts beyond Slack; `tries` counts all."""
    pager_reached: int = 0
    came_of: PageOutcome = "nobody"

    @property
    def is_answered(self) -> bool:
        """Whether somebody whom it called has answered it."""
        return self.came_of in ("acknowledged", "acted_on")

    @property
    def late(self) -> timedelta:
        """How long after it was due it was recorded."""
        return max(self.at - self.was_due, timedelta(0))

    @property
    def pager_failed(self) -> bool:
        """Whether channels beyond Slack were tried, and none of them took it."""
        return bool(self.pager_tries) and not self.pager_reached


@dataclass(frozen=True, slots=True)
class PostmortemStory:
    """Where the post-mortem stands since when, the name of its owner, and who reviewed it, once it is done."""

    state: PostmortemState
    owner: str
    since: datetime
    reviewed_by: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """A lesson, a follow-up or the operator's answer, said of the run when it was over."""

    seq: int
    at: datetime
    by: str
    by_name: str
    kind: ToldKind
    words: str
    number: int = 0
    owner: str | None = None
    """The name of who does it."""
    due: str | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Objective:
    """A time that was promised and what became of it; `met` is None while, or where, nobody can know."""

    promised: timedelta | None
    actual: timedelta | None
    met: bool | None

    @property
    def share(self) -> float | None:
        """How much of it was used; 1.0 is all of it."""
        if not self.promised or self.actual is None:
            return None
        return self.actual / self.promised


@dataclass(frozen=True, slots=True)
class DataLoss:
    """How data came back, and to what point. What was lost follows from the way; None is: nobody recorded it."""

    way_back: WayBack | None
    """``beside``: only what was not taken over from the copy is lost. ``switched``: everything written since the point
    is lost. ``replayed``: only what was not put in again is lost."""
    point: datetime | None
    before_damage: timedelta | None
    """How far the point lies before the damage; it is what the RPO is held against, and no measure of what was lost."""
    came_back_at: datetime | None
    """When the step that brought the data back went well."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Reckoned from the records; docs/timeline.md has each formula. None is: cannot be known, or not yet."""

    started_at: datetime
    until: datetime
    """The end, or the moment up to which an open run was looked at."""
    acknowledged_at: datetime | None
    first_action_at: datetime | None
    recovered_at: datetime | None
    damage_began: datetime | None
    damage_named: str | None
    """The variable that says so."""
    recovery_point: datetime | None
    recovery_point_named: str | None
    rto: Objective
    rpo: Objective
    working: timedelta
    waiting: timedelta
    elsewhere: timedelta
    paused: timedelta
    at_work: timedelta
    """`working` without `held`, `in_wait` and `before_begin`."""
    held: timedelta
    in_wait: timedelta
    before_begin: timedelta
    loss: DataLoss

    @property
    def lasted(self) -> timedelta:
        return self.until - self.started_at

    @property
    def to_acknowledge(self) -> timedelta | None:
        return None if self.acknowledged_at is None else self.acknowledged_at - self.started_at

    @property
    def to_first_action(self) -> timedelta | None:
        return None if self.first_action_at is None else self.first_action_at - self.started_at

    @property
    def to_recovered(self) -> timedelta | None:
        return None if self.recovered_at is None else self.recovered_at - self.started_at


Reached = Literal["began", "down", "noticed", "answered", "understood", "restored", "confirmed", "closed"]
_NOT_REACHED = FAILURE_EXITS | {"", "skipped", "went back", "sent back", "does not match", "back", "else", IN_PART}


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that was reached, or None while, or where, nobody knows when; `set_by_hand` when people said so."""

    name: Reached
    at: datetime | None
    set_by_hand: bool = False


class Reaching:
    """Follows the visits of a run that come to an end."""

    def __init__(self) -> None:
        self._at: dict[str, datetime] = {}
        self.way_back: WayBack | None = None
        self.came_back_at: datetime | None = None

    def leave(self, run: Run, over: Visit) -> None:
        """A visit that is over: the last that went well counts; a service is down from the first on."""
        step = run.book.by_id.get(over.step)
        if step is None or not _went_well(step, over.exit):
            return
        if step.milestone == "down":
            self._at.setdefault("down", over.until)
        elif step.milestone is not None:
            self._at[step.milestone] = over.until
        if step.way_back is not None and (step.way_back != "replayed" or self.way_back is not None):
            self.way_back, self.came_back_at = step.way_back, over.until

    def told(self, run: Run, facts: Facts) -> tuple[Milestone, ...]:
        """Every milestone, in the order in which they are reached."""
        recorded: Mapping[str, datetime | None] = {
            **dict.fromkeys(get_args(Reached)), "began": facts.damage_began, "noticed": facts.started_at,
            "answered": facts.acknowledged_at or facts.first_action_at, "closed": facts.until if run.over else None,
            **self._at, **_down_since(run),
        }  # fmt: skip
        said: Mapping[str, datetime] = {str(name): at for name, at in run.after.milestones.items()}
        return tuple(
            Milestone(name, said.get(name, recorded[name]), set_by_hand=name in said) for name in get_args(Reached)
        )

    def loss(self, point: datetime | None, damage: datetime | None) -> DataLoss:
        """What was lost, by the way back that was taken."""
        before = damage - point if damage is not None and point is not None and point <= damage else None
        return DataLoss(self.way_back, point, before, self.came_back_at)


def _down_since(run: Run) -> dict[str, datetime]:
    """What was found out about when the service went down counts more than the step that took it down."""
    field, at = run.book.fields.get(DOWN_SINCE), instant_of(run, DOWN_SINCE)
    return {"down": at} if at is not None and field is not None and field.type == "timestamp" else {}


def instant_of(run: Run, name: str) -> datetime | None:
    """A variable as a time; None when it is not set, is none, or is hidden until it is compared."""
    try:
        return read_instant(run.vars[name]) if name in run.vars and name not in run.hidden else None
    except ValueError:
        return None


def _went_well(step: StepBase, exit_: str) -> bool:
    return exit_ == "recovered" if isinstance(step, Call) else exit_ not in _NOT_REACHED


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
    """A change that nobody took back: the step, and the step that would, each with its title.

    Where a command takes it back, `undo` is empty and `undo_title` is it; whether it was typed, no record says.
    """

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
    """Broken glasses, and work done unsigned, that nobody has reviewed."""
    unreviewed_work: int = 0
    """How many of `unreviewed` are work that was done before it was signed for."""
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
    postmortem: PostmortemStory | None
    """None while nobody has said who looks after it."""
    milestones: tuple[Milestone, ...]
    left: tuple[ChangeLeft, ...]
    """What was changed and never taken back."""
    values: Mapping[str, str]
    """Every variable as it stands at the end, as others may see it."""
    chain: Chain | None = None

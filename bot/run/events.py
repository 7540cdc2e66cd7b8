"""What happened: the only way in which a run changes. Names and fields are stored for ever; see journal/chain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.format.pieces import Value
from bot.run.after.events import AfterEvent
from bot.run.calls.events import EndAwaited, HandedAnew, Joined, StopWanted
from bot.run.hands.events import HandsEvent
from bot.run.members.events import MembersEvent
from bot.run.paging.events import PagingEvent
from bot.run.places import Chain, Former, LetInPairs
from bot.run.situation import AssetAsItWas, FrozenRung, Mode, Parent, Somebody, Source, Typed


@dataclass(frozen=True, slots=True)
class Started:
    """A run begins. Everything it leans on is pinned: the runbook's digest, the asset, the people and their roles."""

    ref: str
    runbook: str
    title: str
    digest: str
    calls: Mapping[str, str]
    """Runbook id -> digest, of every runbook that this one may call."""
    mode: Mode
    asset: AssetAsItWas
    people: tuple[Somebody, ...]
    roles: Mapping[str, tuple[str, ...]]
    """Role -> person ids; whoever is on call stands first."""
    rungs: tuple[FrozenRung, ...]
    owner_channel: str | None
    operator: str | None
    inputs: Mapping[str, Value]
    given: Mapping[str, Value]
    """Variables set at the start: defaults, and what a calling run handed over."""
    channel: str | None = None
    damage_began: str | None = None
    reason: Typed = ""
    """Why a second run on the same asset was wanted."""
    parent: Parent | None = None
    continues: str | None = None
    """The ref of the run that this one goes on from."""
    former: Former | None = None
    owners: tuple[str, ...] = ()
    """Who was in the team that owns the asset."""
    law: int = 1
    """The number of the law under which the record is written, see `law/may_start`; without one it is the first."""
    chain: Chain = field(default_factory=Chain)
    """Who started or operated the runs above and before this one."""
    givers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Who gave the values that were handed over, by name; values that nobody gave are left out."""
    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Role -> who waits to be let in, since they wait in the run that called this one or that it goes on from."""
    on_call: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Role -> who of it has it by being on call alone."""
    catalogue: Mapping[str, str] = field(default_factory=dict)
    """The catalogue's files with people that all this is taken from, each with the digest of its bytes."""
    let_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Whoever was let in in the run that called this one or that it goes on from -> who let them in."""
    accounts: tuple[tuple[str, str], ...] = ()
    """Slack accounts that were of the runs above and before this one under names that are not, or not any more: each
    with its name."""
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Whoever may operate and walked an older version of the runbook last -> the steps that are not as they were."""


@dataclass(frozen=True, slots=True)
class LawTaken:
    """A run that was started under an older law goes by this one from here on."""

    law: int


@dataclass(frozen=True, slots=True)
class StepEntered:
    step: str
    visit: int
    came_from: str | None = None
    by_exit: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A person begins a command by hand; `command` is the exact text that stood on the card."""

    step: str
    visit: int
    command: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    step: str
    visit: int


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A person's step is over. `failed` holds the expectations that did not hold, in words."""

    step: str
    visit: int
    exit: str
    answers: Mapping[str, Value] = field(default_factory=dict)
    blind: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    """Variables whose values were compared here: a blind answer among them is open from now on."""
    failed: tuple[str, ...] = ()
    note: Typed = ""


@dataclass(frozen=True, slots=True)
class ReadingTaken:
    """Somebody typed what they read, and it does not hold. It is no verdict yet: they look again, or say so.

    `failed` holds what was expected, in words.
    """

    step: str
    visit: int
    answers: Mapping[str, Value]
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DoneAlready:
    """Somebody says that the step was done before its turn, or by others. Where `signed_for`, it needed signatures.

    Then nobody knows how it ended, the run holds, and it is reviewed like a broken glass. Else they look.
    """

    step: str
    visit: int
    words: Typed
    signed_for: bool = False


@dataclass(frozen=True, slots=True)
class EndAsked:
    """Whoever works at the hold asks the lead for an end."""

    step: str
    visit: int
    end: str
    words: Typed


@dataclass(frozen=True, slots=True)
class EndAnswered:
    """The lead closes the run as it was asked for, or has it go on."""

    step: str
    visit: int
    end: str
    granted: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """A line of a decision was chosen, or ``unsure``, or ``back`` (to where we were).

    `note` is what was decided; `look` what a person found out about a step whose outcome was unknown.
    """

    step: str
    visit: int
    option: str
    label: str
    offered: tuple[str, ...] = ()
    note: Typed = ""
    look: Typed = ""


@dataclass(frozen=True, slots=True)
class SignoffAsked:
    """Signatures are asked for. `content` is what is signed, word by word; `digest` its SHA-256."""

    step: str
    visit: int
    digest: str
    content: str
    eligible: tuple[str, ...]
    barred: tuple[str, ...]
    need: int
    expires_at: datetime
    again: bool = False
    """True when the content, or who may sign, changed while people were being asked."""


@dataclass(frozen=True, slots=True)
class Signed:
    step: str
    visit: int
    digest: str
    readback: str


@dataclass(frozen=True, slots=True)
class SigningRefused:
    """Somebody who may not sign tried to."""

    step: str
    visit: int
    reason: str


@dataclass(frozen=True, slots=True)
class SignoffApproved:
    step: str
    visit: int
    digest: str
    signers: tuple[str, ...]
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class SignoffRejected:
    step: str
    visit: int
    reason: Typed


@dataclass(frozen=True, slots=True)
class SignoffExpired:
    """Nobody answered in time. The stamp may be later than `was_due`: it is then told as late."""

    step: str
    visit: int
    was_due: datetime


@dataclass(frozen=True, slots=True)
class SignatureVoided:
    """What was signed is no longer what would happen, or a signer lost the right; the signatures count no more."""

    step: str
    visit: int
    why: str
    signers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SentBack:
    """A bound step was reached without a valid signature: the run goes back to its sign-off."""

    step: str
    visit: int
    to: str
    why: str


@dataclass(frozen=True, slots=True)
class Branched:
    step: str
    visit: int
    exit: str
    because: str


@dataclass(frozen=True, slots=True)
class Notified:
    step: str
    visit: int
    to: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Called:
    """Another runbook is called; `child` is the id that its run will have."""

    step: str
    visit: int
    child: str
    runbook: str
    digest: str
    asset: str
    given: Mapping[str, Value]
    meanwhile: bool = False
    """This run goes on, and a `join` waits for the other."""


@dataclass(frozen=True, slots=True)
class CallOpened:
    step: str
    visit: int
    child: str
    ref: str
    told: Chain = field(default_factory=Chain)
    """Of whom the called run was told when it started."""


@dataclass(frozen=True, slots=True)
class CallTold:
    """The called run was told who has started or operated this one, and the runs around it, meanwhile."""

    step: str
    visit: int
    child: str
    told: Chain
    stop: bool = False
    """It was asked to stop."""
    given: Mapping[str, Value] = field(default_factory=dict)
    """What it was handed anew, because a value has changed."""
    givers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChainGrown:
    """Somebody else operates a run above this one, or one that is open beside it: they count here as well."""

    requesters: tuple[str, ...]
    operators: tuple[str, ...]
    let_in: LetInPairs = ()
    """Who was let in there, and by whom."""


@dataclass(frozen=True, slots=True)
class CallReturned:
    step: str
    visit: int
    child: str
    outcome: str
    captured: Mapping[str, Value]
    chain: Chain = field(default_factory=Chain)
    """Who started or operated the called run, and those that it called."""
    givers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Who gave the captured values there, by their names here."""


@dataclass(frozen=True, slots=True)
class CallDelayed:
    """The run that is called could not be opened yet, several times; it is tried again by itself."""

    step: str
    visit: int
    child: str
    why: str


@dataclass(frozen=True, slots=True)
class CallNotOpened:
    """The run that was called could not be opened: the step is left by ``else``."""

    step: str
    visit: int
    child: str
    why: str


@dataclass(frozen=True, slots=True)
class ParentTold:
    """The calling run has taken this run's outcome."""

    parent: str


@dataclass(frozen=True, slots=True)
class WentOnElsewhere:
    """While this record was out of reach, another run went on from its record `after`, and has come home."""

    run: str
    ref: str
    after: int


@dataclass(frozen=True, slots=True)
class Skipped:
    step: str
    visit: int
    reason: Typed


@dataclass(frozen=True, slots=True)
class WentBack:
    """Back to an earlier step. `look` is what a person found out about a step whose outcome was unknown."""

    step: str
    visit: int
    to: str
    reason: Typed
    look: Typed = ""


@dataclass(frozen=True, slots=True)
class MismatchSeen:
    """What stood on the card was not what the person saw."""

    step: str
    visit: int
    words: Typed = ""


@dataclass(frozen=True, slots=True)
class VisitsSpent:
    """The step was visited as often as it may be; the run goes to `exception`."""

    step: str
    limit: int


@dataclass(frozen=True, slots=True)
class HelpAsked:
    step: str
    visit: int
    words: Typed = ""


@dataclass(frozen=True, slots=True)
class Noted:
    words: Typed
    happened_at: str | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class TookOver:
    before: str | None


@dataclass(frozen=True, slots=True)
class HandOverOffered:
    to: str
    words: Typed = ""


@dataclass(frozen=True, slots=True)
class HandOverAccepted:
    before: str | None


@dataclass(frozen=True, slots=True)
class Paused:
    reason: Typed


@dataclass(frozen=True, slots=True)
class Resumed:
    """The run goes on."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A value was given wrongly. `of` is the number of the record that holds the old one; that record stays."""

    of: int
    name: str
    old: Value
    new: Value
    reason: Typed


@dataclass(frozen=True, slots=True)
class GlassBroken:
    """The lead goes on without the signatures. It must be reviewed before the run can close as recovered."""

    step: str
    visit: int
    digest: str
    reason: Typed
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class GlassReviewed:
    words: Typed
    known: Somebody | None = None
    """Who reviewed it, as the catalogue knew them, where they are none of the run's people."""


OUTPUT = "output"
"""What a command of hands printed, among what can be erased; no event has a field of this name."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """Words that somebody typed were erased: record `of` keeps their digests only. `fields` names them.

    `OUTPUT` among them: what the command printed of whose end record `of` tells.
    """

    of: int
    fields: tuple[str, ...]
    reason: Typed


@dataclass(frozen=True, slots=True)
class Ended:
    outcome: str
    step: str | None = None
    reason: Typed = ""


StepEvent = (
    StepEntered | Begun | Watched | StepFinished | Chosen | Branched | Notified | Skipped | WentBack | SentBack
    | VisitsSpent | MismatchSeen | ReadingTaken | DoneAlready | EndAsked | EndAnswered
    | Called | CallOpened | CallTold | CallReturned | CallNotOpened | CallDelayed
    | Joined
)  # fmt: skip
SigningEvent = (
    SignoffAsked | Signed | SignoffApproved | SignoffRejected | SignoffExpired | SignatureVoided | GlassBroken
    | GlassReviewed
)  # fmt: skip
PeopleEvent = (
    TookOver | HandOverOffered | HandOverAccepted | Paused | Resumed | Corrected | Ended | EndAwaited | StopWanted
    | HandedAnew
)  # fmt: skip
TellingEvent = (
    SigningRefused | HelpAsked | Noted | ParentTold | Redacted | WentOnElsewhere | LawTaken | ChainGrown
)  # fmt: skip
"""Events that are told and kept, and leave the run where it stands."""
Event = (
    Started
    | StepEvent
    | SigningEvent
    | PeopleEvent
    | MembersEvent
    | TellingEvent
    | PagingEvent
    | AfterEvent
    | HandsEvent
)
Events = tuple[Event, ...]

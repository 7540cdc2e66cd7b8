"""What is asked: each command is one thing a person (or the clock) wants. Who asks is in the stamp, never in here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NewType

from bot.format.pieces import Value
from bot.run.after.events import MilestoneName, Question
from bot.run.events import Event
from bot.run.hands.events import Ended as ActionEnded
from bot.run.places import Chain, Former
from bot.run.situation import AssetAsItWas, FrozenRung, Mode, Parent, PeopleNow, Somebody, Source

RunId = NewType("RunId", str)


@dataclass(frozen=True, slots=True)
class Start:
    """Begin a run. The situation (asset, people, roles, ladder) is the catalogue's slice at this moment."""

    ref: str
    digest: str
    calls: Mapping[str, str]
    mode: Mode
    asset: AssetAsItWas
    people: tuple[Somebody, ...]
    roles: Mapping[str, tuple[str, ...]]
    rungs: tuple[FrozenRung, ...] = ()
    owner_channel: str | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Value] = field(default_factory=dict)
    channel: str | None = None
    damage_began: str | None = None
    open_runs: tuple[str, ...] = ()
    """Refs of runs that are open on this asset: another one needs a reason."""
    reason: str = ""
    parent: Parent | None = None
    continues: str | None = None
    former: Former | None = None
    """Where the run that this one goes on from stood: it begins there, with the values of `given`."""
    owners: tuple[str, ...] = ()
    """Who is in the team that owns the asset."""
    chain: Chain = field(default_factory=Chain)
    """Who started or operated the runs above and before this one."""
    givers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Who gave the values of `given`, and when the damage began."""
    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    on_call: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    catalogue: Mapping[str, str] = field(default_factory=dict)
    let_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    accounts: tuple[tuple[str, str], ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Who walked an older version of the runbook last -> the steps that are not as they were."""


@dataclass(frozen=True, slots=True)
class Here:
    """A command that belongs to one visit of one step: it is refused once the run has moved on."""

    step: str
    visit: int


@dataclass(frozen=True, slots=True)
class Begin(Here):
    """Start a command by hand; `typed` is the asset's name where it has to be typed. `hands`: Handrail runs it."""

    typed: str = ""
    hands: bool = field(default=False, kw_only=True)
    knowing: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class Watch(Here):
    """Somebody says: I am watching."""


@dataclass(frozen=True, slots=True)
class Finish(Here):
    """``ok`` (Done), ``problem`` (it failed), ``in part`` or ``unknown``; `answers` as they were typed."""

    outcome: str
    answers: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    typed: str = ""
    verdict: str = field(default="", kw_only=True)
    """``failed``: what was read does not hold, and that is how it is. Anything else: look again."""
    knowing: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class SayDone(Here):
    """I have done this already: out of order, or somebody else has; `words` say what was done, when and by whom."""

    words: str


@dataclass(frozen=True, slots=True)
class AskEnd(Here):
    """Ask the lead to close the run by this end of the runbook, from the hold; a lead closes it by this."""

    end: str
    words: str


@dataclass(frozen=True, slots=True)
class AnswerEnd(Here):
    """The lead's answer to whoever asked for an end; `end` is the one that they read of, "" for whichever is asked."""

    grant: bool
    end: str = ""


@dataclass(frozen=True, slots=True)
class Choose(Here):
    """Choose an option by id, or ``unsure``, or ``back``.

    `note` is what was decided: whoever sends a run back from the hold has to say it. `look` is needed to go back over
    an unknown outcome.
    """

    option: str
    note: str = ""
    look: str = ""
    knowing: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class Sign(Here):
    """Approve what `digest` names; `readback` is what the signer typed."""

    digest: str
    readback: str


@dataclass(frozen=True, slots=True)
class Reject(Here):
    reason: str


@dataclass(frozen=True, slots=True)
class BreakGlass(Here):
    reason: str


@dataclass(frozen=True, slots=True)
class Skip(Here):
    reason: str


@dataclass(frozen=True, slots=True)
class GoBack(Here):
    to: str
    reason: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Mismatch(Here):
    """What stands on the card is not what the person sees."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class AskHelp(Here):
    words: str = ""


@dataclass(frozen=True, slots=True)
class DoMyself(Here):
    """I do this step myself; Handrail does not."""


@dataclass(frozen=True, slots=True)
class CancelAction(Here):
    """Have Handrail end what it runs here."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class LookAgain(Here):
    """Have Handrail look once more."""


@dataclass(frozen=True, slots=True)
class AddNote:
    words: str
    happened_at: str | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class TakeOver:
    knowing: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class HandOver:
    to: str
    words: str = ""
    knowing: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class Accept:
    """Take what was handed over."""

    knowing: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class Pause:
    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    pass


@dataclass(frozen=True, slots=True)
class Correct:
    """Replace the value of `name` by what is typed; `of` is the record that holds the old one."""

    of: int
    name: str
    text: str
    reason: str
    knowing: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class Stop:
    reason: str


@dataclass(frozen=True, slots=True)
class ReviewGlass:
    """`known` is who reviews as the catalogue has them, where they are none of the run's people."""

    words: str
    known: Somebody | None = None


@dataclass(frozen=True, slots=True)
class LetSomebodyIn:
    """Somebody who was put in may act in the roles that record `of` names, from now on."""

    person: str
    of: int


@dataclass(frozen=True, slots=True)
class SettlePeople:
    """Whom record `of` would put out are out, or stay as they were (`keep`)."""

    of: int
    keep: bool


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """I'm on it."""

    page: int


@dataclass(frozen=True, slots=True)
class DeclinePage:
    """I can't."""

    page: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class SetMilestone:
    """When a milestone was reached; `at` as it was typed."""

    milestone: MilestoneName
    at: str
    reason: str


@dataclass(frozen=True, slots=True)
class SetPostmortem:
    """Where the post-mortem stands; `known` is the owner as the catalogue has them, where the run does not."""

    state: str
    owner: str
    words: str = ""
    known: Somebody | None = None


@dataclass(frozen=True, slots=True)
class TellLesson:
    words: str
    near_miss: bool = False


@dataclass(frozen=True, slots=True)
class AddFollowUp:
    """`owner` is a person's id; `due` a day as it was typed, ``YYYY-MM-DD``.

    `known` is the owner as the catalogue has them, where they are none of the run's people.
    """

    what: str
    owner: str
    due: str
    known: Somebody | None = None


@dataclass(frozen=True, slots=True)
class FinishFollowUp:
    number: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """``clarity`` with ``1`` to ``5``, or ``hesitation`` with a step's id or ``nowhere``."""

    question: Question
    answer: str


@dataclass(frozen=True, slots=True)
class Erase:
    """The words that somebody typed in record `of`; `fields` are those of which the text still stands beside it."""

    of: int
    fields: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Tick:
    """The clock looked: whatever is due happens now. `down_since`: nobody looked since then, for Handrail was down."""

    down_since: datetime | None = None
    reader: str = ""
    """Who sits at a terminal while nothing that sends stands by: they are told whom to call."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt of hands at one visit of a step."""

    step: str
    visit: int
    attempt: int


@dataclass(frozen=True, slots=True)
class OfferHands(Attempt):
    """These hands can run the step, once somebody presses."""

    worker: str


@dataclass(frozen=True, slots=True)
class DeclineHands(Attempt):
    """The hands that serve this place do not do the step; nothing was started."""

    why: str


@dataclass(frozen=True, slots=True)
class StartAction(Attempt):
    """Hands are about to start what the step says; it is executed only once this is recorded, as it is recorded."""

    worker: str
    host: str


@dataclass(frozen=True, slots=True)
class FinishAction(Attempt):
    """What came of it. `captured` as it was read, `missing` name -> why it was not; `stdout` to be judged, not kept."""

    ended: ActionEnded
    milliseconds: int
    exit: int | None = None
    stdout: str = ""
    captured: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    size: int = 0
    trouble: str = ""
    shown: str = ""
    """The last lines of it, redacted, for whoever chooses by them."""


@dataclass(frozen=True, slots=True)
class LoseAction(Attempt):
    """Whoever executed it does not answer: nobody knows how it ended."""

    why: str


@dataclass(frozen=True, slots=True)
class NotePeople:
    """Who is of the run by the catalogue as it is now."""

    now: PeopleNow


@dataclass(frozen=True, slots=True)
class NoteAttempt:
    """An attempt to reach a person by a channel is over; fields as in `PageTried`."""

    page: int
    person: str
    channel: str
    attempt: int
    reached: bool
    answer: str
    last: bool = False


@dataclass(frozen=True, slots=True)
class NoteHandedOn:
    """What the team's tracker answered about a follow-up."""

    number: int
    taken: bool
    answer: str


@dataclass(frozen=True, slots=True)
class NoteChildOpened(Here):
    """`told`: the people of whom the called run knows since its start."""

    child: str
    ref: str
    told: Chain = field(default_factory=Chain)


@dataclass(frozen=True, slots=True)
class NoteChildNotOpened(Here):
    """The run that is called can never be opened; `why` is a sentence."""

    child: str
    why: str


@dataclass(frozen=True, slots=True)
class NoteCallDelayed(Here):
    """The run that is called cannot be opened yet, and is tried again; `why` is a sentence."""

    child: str
    why: str


@dataclass(frozen=True, slots=True)
class NoteCallTold(Here):
    """The called run knows now who has started or operated this one, and the runs above it."""

    child: str
    told: Chain
    stop: bool = False
    """It was asked to stop."""
    given: Mapping[str, Value] = field(default_factory=dict)
    """What it was handed anew."""
    givers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GrowChain:
    """Somebody else has started or operated a run above this one, or one that is open beside it."""

    chain: Chain


@dataclass(frozen=True, slots=True)
class AskToStop:
    """Somebody stops the run that called this one; `named` is their name."""

    by: str
    named: str
    reason: str


@dataclass(frozen=True, slots=True)
class TakeHanded:
    """What the calling run hands over has changed; `givers` gave it, by the names here."""

    values: Mapping[str, Value]
    givers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakeChildOutcome(Here):
    """`chain` and `givers`: who started or operated the called run, and who gave its values, by their names there."""

    child: str
    outcome: str
    values: Mapping[str, Value] = field(default_factory=dict)
    chain: Chain = field(default_factory=Chain)
    givers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoteParentTold:
    pass


StepCommand = (
    Begin | Watch | Finish | Choose | Sign | Reject | BreakGlass | Skip | GoBack | Mismatch | SayDone | AskEnd
    | AnswerEnd | AskHelp | DoMyself | LookAgain | CancelAction
)  # fmt: skip
RunCommand = (
    AddNote | TakeOver | HandOver | Accept | Pause | Resume | Correct | Stop | ReviewGlass | AnswerPage | DeclinePage
    | LetSomebodyIn | SettlePeople
)  # fmt: skip
Knowing = TakeOver | HandOver | Accept | Begin | Finish | Correct | Choose
"""What may take the last possible signer of a sign-off away: that is said first, and nothing is recorded.

`knowing` holds the digests of what was said, once somebody goes on all the same: whoever was told something else is
told first. A value that a check has refused, a time that cannot be, and a press that closes the run are asked alike.
"""
AfterCommand = SetMilestone | SetPostmortem | TellLesson | AddFollowUp | FinishFollowUp | Rate
HandsCommand = OfferHands | DeclineHands | StartAction | FinishAction | LoseAction
ClockCommand = (
    Tick | NotePeople | NoteChildOpened | NoteChildNotOpened | NoteCallDelayed | NoteCallTold | GrowChain
    | AskToStop | TakeHanded
    | TakeChildOutcome | NoteParentTold | NoteAttempt | NoteHandedOn | HandsCommand
)  # fmt: skip
Command = Start | StepCommand | RunCommand | AfterCommand | ClockCommand | Erase


class Refused(Exception):
    """The person may not, or not now. The sentence is for them; `events` are recorded all the same.

    `field` names what was typed wrongly, so that it can be said beside the field.
    """

    def __init__(self, sentence: str, *events: Event, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.events = events
        self.field = field


class DoesNotHold(Refused):
    """What was typed does not hold: look again, or record it as failed. The reading is recorded, the verdict waits."""


class AsksBack(Refused):
    """It may be, but it has a price: the sentence says which. `again` is the command of who goes on all the same.

    `press` is the label of the button that does.
    """

    def __init__(self, sentence: str, press: str, again: Knowing, *events: Event) -> None:
        super().__init__(sentence, *events)
        self.press, self.again = press, again

    @classmethod
    def unless_known(cls, sentence: str, told: str, press: str, command: Knowing, *events: Event) -> None:
        """Ask, unless whoever asks was told just this; `told` is the digest of the sentence, `events` are recorded."""
        if told not in command.knowing.split():
            raise cls(sentence, press, replace(command, knowing=f"{command.knowing} {told}".strip()), *events)

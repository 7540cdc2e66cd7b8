"""Where a run stands: visits of steps, values and who gave them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.format.catalogue import CLOCK
from bot.format.pieces import Value
from bot.format.runbook import RunStep, StepBase
from bot.format.text import TextProblem, names_in

LetInPairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """People of the runs that a run is of a piece with: those above it, before it, and those that it called.

    Whoever started or operated one of them signs in none of the others.
    """

    requesters: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    let_in: LetInPairs = ()
    """Who was let in in one of them, and by whom: pairs."""

    def grown(
        self, requesters: Iterable[str], operators: Iterable[str], let_in: Iterable[tuple[str, str]] = ()
    ) -> "Chain":
        """The chain with more people; in order, so that records of it are alike."""
        return Chain(
            tuple(sorted({*self.requesters, *requesters})), tuple(sorted({*self.operators, *operators})),
            tuple(sorted({*self.let_in, *let_in})),
        )  # fmt: skip

    def joined(self, other: "Chain") -> "Chain":
        """The people of both."""
        return self.grown(other.requesters, other.operators, other.let_in)


@dataclass(frozen=True, slots=True)
class AtStep:
    """A visit of a step that waits for a person; `began` and `began_by` once a command by hand was begun."""

    step: str
    visit: int
    since: datetime
    began: datetime | None = None
    began_by: str | None = None
    command: str = ""
    watched_by: str | None = None
    already: str = ""
    """What was said of it when somebody had done it already: now they look."""


@dataclass(frozen=True, slots=True)
class AwaitingSignature:
    """A sign-off that is being asked for; `signed` holds who has signed this very `digest`."""

    step: str
    visit: int
    since: datetime
    digest: str
    content: str
    eligible: tuple[str, ...]
    barred: tuple[str, ...]
    need: int
    expires_at: datetime
    signed: tuple[str, ...] = ()
    asked_at: datetime | None = None
    """When it was asked for last: what is signed, or who may sign it, has changed since the first time."""


@dataclass(frozen=True, slots=True)
class InCall:
    """Another run does this step; `ref` is known once it is open."""

    step: str
    visit: int
    since: datetime
    child: str = ""
    runbook: str = ""
    digest: str = ""
    asset: str = ""
    given: Mapping[str, Value] = field(default_factory=dict)
    ref: str | None = None
    givers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Who gave the values that are handed over, by their names there."""
    told: Chain = field(default_factory=Chain)
    """Of whom the called run knows."""
    delayed: str = ""
    """Why it could not be opened yet, once that was so several times."""
    outcome: str = ""
    """How it ended, of one that went on meanwhile and is back; ``not opened`` when it was never begun."""
    why: str = ""
    """Why it was never begun."""
    asked: bool = False
    """It was asked to stop."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The end that a run comes to once everybody whom it waits for is back."""

    outcome: str
    step: str | None
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class AwaitingRuns:
    """Runs that were opened meanwhile are waited for: at a `join`, or before the run ends (`ending`)."""

    step: str
    visit: int
    since: datetime
    ending: Ending | None = None


@dataclass(frozen=True, slots=True)
class AwaitingReview:
    """The end was reached as recovered, and a broken glass has not been reviewed yet."""

    step: str
    visit: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Over:
    """The run has ended: there is no step to press."""

    outcome: str
    at: datetime
    by: str
    step: str | None = None
    reason: str = ""


Place = AtStep | AwaitingSignature | InCall | AwaitingRuns | AwaitingReview | Over


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit of a step that is over: what, who, when, how long, the answer."""

    step: str
    visit: int
    exit: str
    by: str
    since: datetime
    until: datetime
    began: bool = False
    answers: tuple[str, ...] = ()
    said: str = ""
    """The label of the option, or the words that were given, or what was expected and did not hold."""
    decided: str = ""
    """What was decided, by whoever sent the run on from the hold."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A sign-off that was given; `glass` when a lead went on without signatures.

    `started` names the bound steps that were started under it; `lost` are signers who were out of its roles since:
    their signatures stay ended, should they come back.
    """

    step: str
    visit: int
    digest: str
    signers: tuple[str, ...]
    at: datetime
    valid_until: datetime | None
    glass: bool = False
    started: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """Who gave a value, in which record.

    `by` pressed; `givers` are those who know it from somewhere else than Handrail: nobody for what it read itself.
    """

    seq: int
    by: str
    step: str | None
    givers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A value that was given for a name, and that the step `check` refused.

    A check by having failed; a decision and a sign-off by what was `said` there.
    """

    value: Value
    check: str
    at: datetime
    said: str = ""


@dataclass(frozen=True, slots=True)
class EndRequest:
    """Somebody asks the lead for an end, from the hold."""

    end: str
    by: str
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Glass:
    """Somebody went on without signatures. `already`: by doing a step before it was signed for, or out of order."""

    step: str
    by: str
    at: datetime
    reviewed_by: str | None = None
    already: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    to: str
    by: str
    at: datetime
    words: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Somebody stops the run that called this one, and asks for the same here."""

    by: str
    named: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """What happens by itself next, and when.

    ``onward``: a sign-off was given, and the run goes on; ``expires``: one runs out; ``errand``: a sub-run is to be
    opened, or a caller told; ``page``: somebody is called; ``closes``: it waits for a review that nobody may give;
    ``joins``: a run that was opened meanwhile is silent for too long;
    ``reminder``: of a follow-up; ``lapses``: a press that no hands took.
    """

    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Former:
    """Where another run stood that a run goes on from, and what of it counts on: everything but its signatures.

    `seq` and `hash` name its last record that was known then. Words that people typed are not carried along: they can
    be erased there.
    """

    run: str
    ref: str
    seq: int
    hash: str
    step: str
    requester: str
    begun: bool = False
    """A command had been begun at `step`, and nobody here knows how it ended."""
    operated: tuple[str, ...] = ()
    visits: Mapping[str, int] = field(default_factory=dict)
    done: tuple[Visit, ...] = ()
    hidden: tuple[str, ...] = ()
    expired: Mapping[str, int] = field(default_factory=dict)
    held_from: str | None = None
    glass: tuple[Glass, ...] = ()
    ruled_out: Mapping[str, tuple[RuledOut, ...]] = field(default_factory=dict)
    out: Mapping[str, str] = field(default_factory=dict)
    """Call -> the ref of the run that it opened meanwhile and that was not joined: nobody here hears of it."""


Givers = tuple[str, ...]


def givers_by(person: str) -> Givers:
    """The givers of what somebody typed."""
    return () if person == CLOCK else (person,)


def givers_within(value: Value, known: Mapping[str, Givers]) -> Givers:
    """The givers of the variables of which a template is made."""
    try:
        names = names_in(value) if isinstance(value, str) else ()
    except TextProblem:
        return ()
    return together(known.get(name.removeprefix("vars."), ()) for name in names if name.startswith("vars."))


def together(givers: Iterable[Givers]) -> Givers:
    """All of them, in order, so that records of it are alike."""
    return tuple(sorted({person for some in givers for person in some}))


def givers_of_answers(
    step: StepBase | None, answers: Iterable[str], by: str, exit_: str, given: Mapping[str, Given]
) -> dict[str, Givers]:
    """Who gave each answer of a step that ended: whoever typed it, or the givers of what its `set` is made of."""
    names = tuple(answers)
    set_ = step.set if isinstance(step, RunStep) and exit_ == "ok" else {}
    typed = {name: givers_by(by) for name in names if name not in set_}
    known = {name: one.givers for name, one in given.items()} | dict(typed)
    captured = {name: givers_by(by) for name in step.capture} if isinstance(step, RunStep) else {}
    return typed | {name: givers_within(set_[name], known | captured) for name in names if name in set_}

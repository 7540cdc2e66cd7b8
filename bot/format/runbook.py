"""What an author may write in `runbook/v1`: the one definition for the loader, the editor's schema and the rules."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from bot.format.pieces import (
    Answer,
    Binds,
    Breaker,
    Capture,
    Case,
    Condition,
    Drill,
    Duration,
    Effect,
    Evidence,
    Exec,
    FailureMode,
    Http,
    Language,
    Name,
    NotFor,
    Option,
    Outcome,
    Policy,
    Poll,
    Probe,
    Progress,
    Retry,
    Review,
    Shape,
    Slug,
    Title,
    Tolerance,
    TypedField,
    Undo,
    Value,
    Words,
    short,
)

BY_DEEDS = ("requester", "operator", "giver")
"""The words of `forbid` that name people by what they did, and its default."""
Milestone = Literal["down", "understood", "restored", "confirmed"]
"""What a step may mean for the whole: the cause is known, the service answers again, the data has been confirmed."""
WayBack = Literal["beside", "switched", "replayed"]
"""How data came back. ``beside``: rows were taken from a copy into the live data, and what was written since stays.
``switched``: the live data was replaced by the state of the recovery point. ``replayed``: after a switch, what was
written since was put in again."""
IN_PART = "in part"
"""How a step ended that worked in part: an answer of people, not an exit of the file. It is never tried again."""
TRY_AGAIN = "try again"
"""The exit of a step that failed and is tried again; no option can be called so."""
FAILURE_EXITS = frozenset({"problem", "fail", "timeout", "rejected", "expired", "unsure", TRY_AGAIN})
Again = Annotated[int | None, Field(ge=1, le=20)]
DoneMeans = Annotated[str, short(200)] | None


class StepBase(Shape):
    """What every kind of step may carry."""

    id: Slug
    """Unique in the runbook; exits and the record name it."""
    phase: Slug | None = None
    """A change of phase is a pause point: where we are, what is next, hand over?"""
    who: Name = "operator"
    """The role that acts."""
    say: Words | None = None
    """What to do and how, as it stands on the card; may hold placeholders."""
    why: Annotated[str, short(140)] | None = None
    """The reason, in one sentence."""
    caution: Annotated[str, short(500)] | None = None
    """A consequence, shown before the button; never an order."""
    critical: bool = False
    """Nobody may skip it."""
    confirm: Literal["auto", "click", "type"] | None = None
    """How the click is confirmed; `type` asks for the asset's name."""
    typical: Duration | None = None
    """How long it usually takes, for the time budget."""
    timeout: Duration | None = None
    """How long before it counts as failed, or before people are called."""
    max_visits: Annotated[int, Field(ge=1, le=1000)] | None = None
    """The visit after this many goes to `exception`; every cycle needs one."""
    skip: bool = False
    """May be skipped with a typed reason."""
    drill: Literal["run", "simulate", "skip"] | None = None
    """What a drill does here."""
    milestone: Milestone | None = None
    """What is reached when the step went well, for reports: the service is down, the cause understood, the service
    restored, the data confirmed."""
    way_back: WayBack | None = None
    """How data came back when the step went well: beside the live data, by a switch, or replayed after one."""

    @property
    def kind(self) -> str:
        """The key under which the title is written, such as ``do`` or ``decide``."""
        return KIND_OF[type(self)]

    @property
    def title(self) -> str:
        """What the step is called on the card."""
        return str(getattr(self, self.kind))

    @property
    def written_exits(self) -> Mapping[str, str]:
        """Exit name -> step id, as the author wrote them (options by their id); `again` leads to the step itself."""
        held = vars(self)  # a third of the time of `getattr` for a key that a kind has not
        again = {TRY_AGAIN: self.id} if held.get("again") is not None else {}
        return dict(held.get("go", {})) | again


class Do(StepBase):
    """A person does something and says how it went."""

    do: Title
    command: Words | None = None
    """Shown to copy, never run; placeholders are shell-quoted, so they stand outside quotes."""
    answer: Answer | None = None
    """The variable that the person types when done."""
    expect: Condition | None = None
    """What the answer has to be."""
    done_means: DoneMeans = None
    """What is seen once it is done as meant, in words, beside what `expect` compares; may hold placeholders."""
    evidence: Literal["required"] | None = None
    """Done asks for a link or a few words."""
    again: Again = None
    """How often it is tried again after it failed, by whoever acts there; only then `problem` leads on."""
    go: dict[Literal["ok", "problem"], Slug] = {}
    """Where `ok` and `problem` lead."""


class Decide(StepBase):
    """A person chooses the line that matches what they see."""

    decide: Title
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=4)]
    """Two to four lines to choose from."""
    page: bool = False
    """Calls the people of `who` at once."""
    back: bool = False
    """Also offers the way back to where the run came from."""
    command: Words | None = None
    """Shown to copy, to look before one chooses."""
    evidence: Evidence | None = None
    """What is shown beside the choice."""
    go: dict[Literal["unsure"], Slug] = {}
    """Where `unsure` leads."""

    @property
    def written_exits(self) -> Mapping[str, str]:
        return {option.id: option.go for option in self.options} | dict(self.go)


class Signoff(StepBase):
    """Other people approve exactly what is bound, or reject it."""

    signoff: Title
    from_: Annotated[tuple[Name, ...], Field(alias="from", min_length=1)]
    """The roles that may sign."""
    need: Annotated[int, Field(ge=1, le=10)] = 1
    """How many distinct people have to sign."""
    each: bool = False
    """At least one of each role."""
    forbid: tuple[str, ...] | None = None
    """Who may not sign: roles, and `requester`, `operator`, `giver`; all three where nothing is written."""
    binds: Binds = Binds()
    """What the signatures are about, and what starts only under them."""
    readback: Name | None = None
    """The variable that the signer types, to show that it was read."""
    valid_for: Duration | None = None
    """How long the signature may start what it binds."""
    mode: Literal["before", "after"] = "before"
    """`before` binds what will happen, `after` what was found."""
    go: dict[Literal["approved", "rejected", "expired"], Slug] = {}
    """Where `approved`, `rejected` and `expired` lead."""


class Check(StepBase):
    """Something is read and compared; nothing changes."""

    check: Title
    exec: Exec | None = None
    """The command that reads."""
    http: Http | None = None
    """The request that reads."""
    capture: dict[Name, Capture] = {}
    """Variables that are read from the answer."""
    expect: Condition
    """What the answer has to be."""
    retry: Retry | None = None
    """Further attempts by the machine itself."""
    again: Again = None
    """How often it is tried again after it failed, by whoever acts there; only then `fail` leads on."""
    go: dict[Literal["ok", "fail"], Slug] = {}
    """Where `ok` and `fail` lead."""


class RunStep(StepBase):
    """A command that reads, changes or destroys, after a person's click."""

    run: Title
    exec: Exec | None = None
    """The command."""
    http: Http | None = None
    """The request."""
    effect: Effect
    """What it does to the world; `destroy` needs a sign-off."""
    undo: Undo | None = None
    """How it is taken back, or why it cannot be."""
    idempotent: bool = False
    """It may run twice without harm."""
    capture: dict[Name, Capture] = {}
    """Variables that are read from the answer."""
    set: dict[Name, Value] = {}
    """Variables that it sets when it went well."""
    expect: Condition | None = None
    """What the answer has to be."""
    done_means: DoneMeans = None
    """What is seen once it is done as meant, in words, beside what `expect` compares; may hold placeholders."""
    retry: Retry | None = None
    """Further attempts by the machine itself."""
    breaker: Breaker | None = None
    """What stops it when it keeps failing."""
    tolerance: Tolerance | None = None
    """How many parts of it may fail."""
    progress: Progress | None = None
    """How often it is looked at."""
    witness: Name | None = None
    """A role; one of them watches before the click counts."""
    again: Again = None
    """How often it is tried again after it failed, by whoever acts there; only then `fail` leads on."""
    go: dict[Literal["ok", "fail", "timeout"], Slug] = {}
    """Where `ok`, `fail` and `timeout` (nobody knows) lead."""


class Branch(StepBase):
    """The way on is chosen by what is known; nobody is asked."""

    branch: Title
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]
    """Looked at in order; the first that holds is the way."""
    else_: Annotated[Slug | None, Field(alias="else")] = None
    """The way when none holds."""

    @property
    def written_exits(self) -> Mapping[str, str]:
        cases = {f"case {number}": case.go for number, case in enumerate(self.cases, 1)}
        return cases | ({"else": self.else_} if self.else_ else {})


class Wait(StepBase):
    """Time passes, or something is asked again and again until it holds."""

    wait: Title
    for_: Annotated[Duration | None, Field(alias="for")] = None
    """So long."""
    poll: Poll | None = None
    """What is asked until it holds."""
    again: Again = None
    """How often it is tried again after it failed, by whoever acts there; only then `fail` leads on."""
    done_means: DoneMeans = None
    """What is seen once it is done as meant, in words, beside what `expect` compares; may hold placeholders."""
    go: dict[Literal["ok", "fail", "timeout"], Slug] = {}
    """Where `ok`, `fail` and `timeout` lead."""

    @model_validator(mode="after")
    def _waits_for_one_thing(self) -> "Wait":
        if (self.for_ is None) == (self.poll is None):
            message = "write either `for:` or `poll:`"
            raise ValueError(message)
        return self


class Call(StepBase):
    """Another runbook is walked, by its own operator in its own thread."""

    call: Title
    runbook: Slug
    """The other runbook."""
    meanwhile: bool = False
    """This run goes on at once by `ok`, and a `join` waits for the other one."""
    with_: Annotated[dict[Name, Value], Field(alias="with")] = {}
    """What is handed over, by the other runbook's names; `asset` chooses another asset."""
    capture: dict[Name, Capture] = {}
    """Variables that come home, by their names here."""
    go: dict[Outcome | Literal["else", "ok"], Slug] = {}
    """Where each outcome leads, and `else`; with `meanwhile` where `ok` leads, and nothing else."""


class Join(StepBase):
    """Waits for runs that were called with `meanwhile`."""

    join: Title
    of: tuple[Slug, ...] = ()
    """The calls that it waits for; where nothing is written, all that are out."""
    go: dict[Literal["ok", "fail", "timeout"], Slug] = {}
    """Where it leads when all have recovered (`ok`), one ends otherwise (`fail`), one is silent for `timeout`."""


class Notify(StepBase):
    """People are told; the run goes on at once."""

    notify: Title
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    """`incident`, `team:ID`, `role:NAME` or `channel:CID`."""
    go: dict[Literal["ok"], Slug] = {}
    """Where it goes on."""


class End(StepBase):
    """The run is over, with an outcome."""

    end: Title
    outcome: Outcome
    """How the run ended."""


KIND_OF: dict[type[StepBase], str] = {
    Do: "do", Decide: "decide", Signoff: "signoff", Check: "check", RunStep: "run",
    Branch: "branch", Wait: "wait", Call: "call", Join: "join", Notify: "notify", End: "end",
}  # fmt: skip
KINDS = tuple(KIND_OF.values())
FORWARD: Mapping[str, str] = {
    "do": "ok", "check": "ok", "run": "ok", "wait": "ok", "notify": "ok", "signoff": "approved", "call": "recovered",
    "join": "ok",
}  # fmt: skip
"""Kind -> the exit by which it goes forward; where it is not written, the step that follows in the file comes next."""


def _kind_of(written: Any) -> str:  # noqa: ANN401  (whatever stands in the file)
    """The kind key of a step as written, or of a step built in code; `do` when there is none or several."""
    if isinstance(written, StepBase):
        return written.kind
    found = [kind for kind in KINDS if isinstance(written, dict) and kind in written]
    return found[0] if found else "do"


Step = Annotated[
    Annotated[Do, Tag("do")] | Annotated[Decide, Tag("decide")] | Annotated[Signoff, Tag("signoff")]
    | Annotated[Check, Tag("check")] | Annotated[RunStep, Tag("run")] | Annotated[Branch, Tag("branch")]
    | Annotated[Wait, Tag("wait")] | Annotated[Call, Tag("call")] | Annotated[Join, Tag("join")]
    | Annotated[Notify, Tag("notify")] | Annotated[End, Tag("end")],
    Discriminator(_kind_of),
]  # fmt: skip
Alone = Branch | Notify
"""What goes by itself: the way is taken at once, and nobody has to look."""
ByHand = Check | RunStep | Wait
"""What a command or a look does: begun by a person, or done by Handrail's hands."""
Work = Do | ByHand
"""What a person does, and says how it went."""
OfPeople = Work | Decide | Signoff
"""Where somebody of this run has to act; the rest goes by itself, waits for other runs, or ends it."""


class Runbook(Shape):
    """A decision tree that people walk; the first step is the start."""

    schema_: Annotated[Literal["runbook/v1"], Field(alias="schema")]
    """What this document is."""
    id: Slug
    """Unique in the folder."""
    title: Annotated[str, short(75)]
    """The situation as it is seen, not the tool."""
    status: Literal["draft", "active", "retired"] = "draft"
    """Only `active` runs live; drafts run as drills."""
    enter_when: Annotated[tuple[Annotated[str, short(200)], ...], Field(min_length=1, max_length=5)]
    """Signs that a person can see."""
    not_for: tuple[NotFor, ...] = ()
    """When this is the wrong procedure, and what to use instead."""
    objective: Annotated[str, short(200)]
    """What is true once it is done."""
    owner: Slug
    """The team that keeps it."""
    review: Review | None = None
    """How often it is read again, and by whom."""
    drill: Drill | None = None
    """How often it is drilled, and how."""
    failure_modes: tuple[FailureMode, ...] = ()
    """What can go wrong with the procedure itself, and the step or resource that answers it."""
    roles: Annotated[dict[Name, str | tuple[str, ...]], Field(min_length=1)]
    """Role -> `team:ID`, `rotation:ID` or a list of `person:ID`; `operator` always."""
    inputs: dict[Name, TypedField] = {}
    """Asked at the start."""
    vars: dict[Name, TypedField] = {}
    """Set on the way."""
    preflight: tuple[Probe, ...] = ()
    """Read-only checks of what the procedure leans on."""
    policy: Policy = Policy()
    """Times of people and sign-offs."""
    stop_when: tuple[Probe, ...] = ()
    """Watched during the whole run; a failing one holds it at `exception`."""
    at: str | None = None
    """Where commands run that do not say it themselves; such as `"{{ asset.host }}"`."""
    exception: Slug
    """The step to which every unwritten failure exit leads; a person holds the run there."""
    references: tuple[str, ...] = ()
    """Where to read more."""
    language: Language | None = None
    """The language that it is written in, such as `de`; rules about English words are silent then."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    """The first is the start."""

    @cached_property
    def by_id(self) -> Mapping[str, Step]:
        """Step id -> step."""
        return {step.id: step for step in self.steps}

    @cached_property
    def fields(self) -> Mapping[str, TypedField]:
        """Every declared name -> its field, inputs and variables alike."""
        return {**self.inputs, **self.vars}

    @cached_property
    def signoffs_of(self) -> Mapping[str, tuple[Signoff, ...]]:
        """Bound step id -> the sign-offs that bind it."""
        found: dict[str, tuple[Signoff, ...]] = {}
        for step in self.steps:
            for bound in step.binds.steps if isinstance(step, Signoff) else ():
                found[bound] = (*found.get(bound, ()), step)  # type: ignore[arg-type]
        return found

    @cached_property
    def meanwhile(self) -> tuple[str, ...]:
        """The calls that open a run and go on."""
        return tuple(step.id for step in self.steps if isinstance(step, Call) and step.meanwhile)

    def joined_by(self, step: StepBase) -> tuple[str, ...]:
        """The calls that a `join` waits for, as far as they go on meanwhile; none for a step of another kind."""
        if not isinstance(step, Join):
            return ()
        return tuple(one for one in self.meanwhile if one in step.of or not step.of)

    def forbidden(self, signoff: Signoff, law: int | None = None) -> tuple[str, ...]:
        """The words of `forbid` that hold for a sign-off; by an older law, if its number is given.

        `giver` is of what will happen (`mode: before`) unless the sign-off names it itself. Where something is
        destroyed all three words hold, and the file can only add to them.
        """
        written = self.policy.signoff.forbid if signoff.forbid is None else signoff.forbid
        if law == 1:
            return ("requester", "operator") if written is None else written
        words = BY_DEEDS if written is None else written
        if signoff.mode == "after" and signoff.forbid is None:
            words = tuple(word for word in words if word != "giver")
        destroys = any(_destroys(self.by_id.get(step)) for step in signoff.binds.steps)
        return tuple(dict.fromkeys((*BY_DEEDS, *words))) if destroys else words

    def begins_by_hand(self, step: StepBase) -> bool:
        """Whether it is begun before it can be done: what changes or waits, and whatever a signature binds.

        A look that nobody signs for is done by one press: it is either done, or was not.
        """
        return isinstance(step, RunStep | Wait) or (isinstance(step, Do | Check) and step.id in self.signoffs_of)

    def target(self, step: StepBase, exit_: str) -> str:
        """Where an exit leads; one that is not written leads to `exception`.

        What worked in part goes where an unknown outcome goes, for somebody looks there; else to `exception`.
        """
        written = step.written_exits
        if exit_ == IN_PART:
            return written.get("timeout") or self.exception
        return written.get(exit_) or (written.get("else") if isinstance(step, Call) else None) or self.exception

    def exits(self, step: StepBase) -> Iterator[tuple[str, str]]:
        """Every (exit, target) of a step, unwritten failure exits included."""
        names = dict.fromkeys([*step.written_exits, *failure_exits(step)])
        return ((name, self.target(step, name)) for name in names)


def _destroys(step: StepBase | None) -> bool:
    return isinstance(step, RunStep) and step.effect == "destroy"


def failure_exits(step: StepBase) -> tuple[str, ...]:
    """The exits that lead to `exception` when the author does not write them."""
    match step:
        case Do():
            return ("problem",)
        case Decide():
            return ("unsure",)
        case Signoff():
            return ("rejected", "expired")
        case Check():
            return ("fail",)
        case RunStep() | Wait():
            return ("fail", "timeout")
        case Join():
            return ("fail",) if step.timeout is None else ("fail", "timeout")
        case Call():
            return () if step.meanwhile else ("else",)
        case _:
            return ()


def forward_exit(step: StepBase) -> str | None:
    """The one exit by which a kind with a single way forward goes on."""
    return "ok" if isinstance(step, Call) and step.meanwhile else FORWARD.get(step.kind)


def conditions_of(step: StepBase) -> Iterator[tuple[tuple[str | int, ...], Condition]]:
    """What is compared at a step, each with its way below the step in the file."""
    match step:
        case Do(expect=Condition() as expect) | Check(expect=expect) | RunStep(expect=Condition() as expect):
            yield ("expect",), expect
        case Branch(cases=cases):
            yield from ((("cases", number, "when"), one.when) for number, one in enumerate(cases))
        case Wait(poll=Poll(until=until, fail_if=fail_if)):
            yield ("poll", "until"), until
            if fail_if is not None:
                yield ("poll", "fail_if"), fail_if
        case _:
            return


def captures_of(step: StepBase) -> Mapping[str, Capture]:
    """What is captured at a step from the answer of its own command, by the names of the variables."""
    match step:
        case Check(capture=capture) | RunStep(capture=capture):
            return capture
        case Wait(poll=Poll(capture=capture)):
            return capture
        case _:
            return {}

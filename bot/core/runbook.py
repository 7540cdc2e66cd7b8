"""What an author may write in `runbook/v1`: the one definition for the loader, the editor's schema and the rules."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from bot.core.plain.pieces import (
    Answer,
    Binds,
    Breaker,
    Capture,
    Case,
    Drill,
    Effect,
    Evidence,
    Exec,
    FailureMode,
    Http,
    NotFor,
    Option,
    Outcome,
    Policy,
    Poll,
    Probe,
    Progress,
    Retry,
    Review,
    Title,
    Tolerance,
    Undo,
)
from bot.core.plain.shapes import Condition, Duration, Name, Shape, Slug, TypedField, Value, Words, short

FAILURE_EXITS = frozenset({"problem", "fail", "timeout", "rejected", "expired", "unsure"})


class StepBase(Shape):
    """What every kind of step may carry."""

    id: Slug
    phase: Slug | None = None
    who: Name = "operator"
    say: Words | None = None
    why: Annotated[str, short(140)] | None = None
    caution: Annotated[str, short(500)] | None = None
    critical: bool = False
    confirm: Literal["auto", "click", "type"] | None = None
    typical: Duration | None = None
    timeout: Duration | None = None
    max_visits: Annotated[int, Field(ge=1, le=1000)] | None = None
    skip: bool = False
    drill: Literal["run", "simulate", "skip"] | None = None

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
        """Exit name -> step id, as the author wrote them (options by their id)."""
        return dict(getattr(self, "go", {}))


class Do(StepBase):
    do: Title
    command: Words | None = None
    answer: Answer | None = None
    expect: Condition | None = None
    evidence: Literal["required"] | None = None
    go: dict[Literal["ok", "problem"], Slug] = {}


class Decide(StepBase):
    decide: Title
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=4)]
    page: bool = False
    back: bool = False
    command: Words | None = None
    evidence: Evidence | None = None
    go: dict[Literal["unsure"], Slug] = {}

    @property
    def written_exits(self) -> Mapping[str, str]:
        return {option.id: option.go for option in self.options} | dict(self.go)


class Signoff(StepBase):
    signoff: Title
    from_: Annotated[tuple[Name, ...], Field(alias="from", min_length=1)]
    need: Annotated[int, Field(ge=1, le=10)] = 1
    each: bool = False
    forbid: tuple[str, ...] | None = None
    binds: Binds = Binds()
    readback: Name | None = None
    valid_for: Duration | None = None
    mode: Literal["before", "after"] = "before"
    go: dict[Literal["approved", "rejected", "expired"], Slug] = {}


class Check(StepBase):
    check: Title
    exec: Exec | None = None
    http: Http | None = None
    capture: dict[Name, Capture] = {}
    expect: Condition
    retry: Retry | None = None
    go: dict[Literal["ok", "fail"], Slug] = {}


class RunStep(StepBase):
    run: Title
    exec: Exec | None = None
    http: Http | None = None
    effect: Effect
    undo: Undo | None = None
    idempotent: bool = False
    capture: dict[Name, Capture] = {}
    set: dict[Name, Value] = {}
    expect: Condition | None = None
    retry: Retry | None = None
    breaker: Breaker | None = None
    tolerance: Tolerance | None = None
    progress: Progress | None = None
    witness: Name | None = None
    go: dict[Literal["ok", "fail", "timeout"], Slug] = {}


class Branch(StepBase):
    branch: Title
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]
    else_: Annotated[Slug | None, Field(alias="else")] = None

    @property
    def written_exits(self) -> Mapping[str, str]:
        cases = {f"case {number}": case.go for number, case in enumerate(self.cases, 1)}
        return cases | ({"else": self.else_} if self.else_ else {})


class Wait(StepBase):
    wait: Title
    for_: Annotated[Duration | None, Field(alias="for")] = None
    poll: Poll | None = None
    go: dict[Literal["ok", "fail", "timeout"], Slug] = {}

    @model_validator(mode="after")
    def _waits_for_one_thing(self) -> "Wait":
        if (self.for_ is None) == (self.poll is None):
            message = "write either `for:` or `poll:`"
            raise ValueError(message)
        return self


class Call(StepBase):
    call: Title
    runbook: Slug
    with_: Annotated[dict[Name, Value], Field(alias="with")] = {}
    capture: dict[Name, Capture] = {}
    go: dict[Outcome | Literal["else"], Slug] = {}


class Notify(StepBase):
    notify: Title
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    go: dict[Literal["ok"], Slug] = {}


class End(StepBase):
    end: Title
    outcome: Outcome


KIND_OF: dict[type[StepBase], str] = {
    Do: "do", Decide: "decide", Signoff: "signoff", Check: "check", RunStep: "run",
    Branch: "branch", Wait: "wait", Call: "call", Notify: "notify", End: "end",
}  # fmt: skip
KINDS = tuple(KIND_OF.values())
_FORWARD = {"do": "ok", "check": "ok", "run": "ok", "wait": "ok", "notify": "ok", "signoff": "approved"}


def _kind_of(written: Any) -> str:  # noqa: ANN401  (whatever stands in the file)
    """The kind key of a step as written, or of a step built in code; `do` when there is none or several."""
    if isinstance(written, StepBase):
        return written.kind
    found = [kind for kind in KINDS if isinstance(written, dict) and kind in written]
    return found[0] if found else "do"


Step = Annotated[
    Annotated[Do, Tag("do")] | Annotated[Decide, Tag("decide")] | Annotated[Signoff, Tag("signoff")]
    | Annotated[Check, Tag("check")] | Annotated[RunStep, Tag("run")] | Annotated[Branch, Tag("branch")]
    | Annotated[Wait, Tag("wait")] | Annotated[Call, Tag("call")] | Annotated[Notify, Tag("notify")]
    | Annotated[End, Tag("end")],
    Discriminator(_kind_of),
]  # fmt: skip
ByHand = Check | RunStep | Wait


class Runbook(Shape):
    """A decision tree that people walk; the first step is the start."""

    schema_: Annotated[Literal["runbook/v1"], Field(alias="schema")]
    id: Slug
    title: Annotated[str, short(75)]
    status: Literal["draft", "active", "retired"] = "draft"
    enter_when: Annotated[tuple[Annotated[str, short(200)], ...], Field(min_length=1, max_length=5)]
    not_for: tuple[NotFor, ...] = ()
    objective: Annotated[str, short(200)]
    owner: Slug
    review: Review | None = None
    drill: Drill | None = None
    failure_modes: tuple[FailureMode, ...] = ()
    roles: Annotated[dict[Name, str | tuple[str, ...]], Field(min_length=1)]
    inputs: dict[Name, TypedField] = {}
    vars: dict[Name, TypedField] = {}
    preflight: tuple[Probe, ...] = ()
    policy: Policy = Policy()
    stop_when: tuple[Probe, ...] = ()
    exception: Slug
    references: tuple[str, ...] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

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

    def target(self, step: StepBase, exit_: str) -> str:
        """Where an exit leads; one that is not written leads to `exception`."""
        written = step.written_exits
        return written.get(exit_) or (written.get("else") if isinstance(step, Call) else None) or self.exception

    def exits(self, step: StepBase) -> Iterator[tuple[str, str]]:
        """Every (exit, target) of a step, unwritten failure exits included."""
        names = dict.fromkeys([*step.written_exits, *failure_exits(step)])
        return ((name, self.target(step, name)) for name in names)


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
        case Call():
            return ("else",)
        case _:
            return ()


def forward_exit(step: StepBase) -> str | None:
    """The one exit that has to be written for a kind with a single way forward."""
    return _FORWARD.get(step.kind)

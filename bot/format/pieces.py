"""The pieces of a runbook that are no steps: commands, captures, undo, evidence, policy, and the like."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from bot.format.shapes import Condition, Day, Duration, Name, Shape, Slug, short

Title = Annotated[str, short(150)]
Effect = Literal["read", "change", "destroy"]
Outcome = Literal["recovered", "partial", "aborted", "escalated", "not_applicable"]


class Exec(Shape):
    """A command as an argument list; no shell. A template fills exactly one argument."""

    argv: Annotated[tuple[str, ...], Field(min_length=1)]
    at: str = "bot"
    profile: str | None = None
    ok_exit: tuple[int, ...] = (0,)


class Http(Shape):
    """A web request that may stand instead of a command."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: str
    headers: dict[str, str] = {}
    body: str | None = None
    ok_status: tuple[int, ...] = (200,)


class Capture(Shape):
    """Where a variable's value is read from in a command's answer, or in the outcome of a sub-run."""

    from_: Annotated[Literal["stdout", "exit", "body"] | None, Field(alias="from")] = None
    pattern: str | None = None
    jmespath: str | None = None
    output: Name | None = None
    type: Literal["string", "text", "int", "bool", "enum", "timestamp", "duration", "secret"] | None = None


class Undo(Shape):
    """How a change is taken back, or why it cannot be."""

    step: Slug | None = None
    argv: tuple[str, ...] | None = None
    none: Annotated[str, short(300)] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Undo":
        if sum(part is not None for part in (self.step, self.argv, self.none)) != 1:
            message = "write one of `step:`, `argv:` or `none:`"
            raise ValueError(message)
        return self


class Retry(Shape):
    attempts: Annotated[int, Field(ge=1, le=100)]
    delay: Duration = timedelta(seconds=5)
    backoff: float = 1.0
    cap: Duration | None = None
    when_exit: tuple[int, ...] = ()


class Breaker(Shape):
    key: str | None = None
    open_after: Annotated[int, Field(ge=1)] = 3
    within: Duration = timedelta(minutes=10)
    half_open: Literal["signoff"] = "signoff"


class Tolerance(Shape):
    max_rate: str | float | None = None
    min_sample: int | None = None
    max_errors: int | None = None


class Progress(Shape):
    every: Duration


class Poll(Shape):
    every: Duration
    exec: Exec | None = None
    http: Http | None = None
    capture: dict[Name, Capture] = {}
    until: Condition
    fail_if: Condition | None = None
    fail_after_errors: Annotated[int, Field(ge=1)] | None = None


class Probe(Shape):
    """A read-only check of `preflight` or `stop_when`."""

    id: Slug
    title: Title
    severity: Literal["block", "warn"] = "block"
    every: Duration | None = None
    timeout: Duration = timedelta(seconds=60)
    exec: Exec | None = None
    http: Http | None = None
    capture: dict[Name, Capture] = {}
    expect: Condition


class Evidence(Shape):
    """What is shown beside a choice."""

    exec: Exec | None = None
    http: Http | None = None
    file: str | None = None


class Answer(Shape):
    """The variable that a person's answer fills; `blind` hides it from the others until it has been compared."""

    var: Name
    blind: bool = False


class Option(Shape):
    id: Slug
    label: Annotated[str, short(75)]
    when: Annotated[str, short(300)]
    go: Slug


class Binds(Shape):
    """What a signature covers: any change of it voids the signature."""

    vars: tuple[Name, ...] = ()
    steps: tuple[Slug, ...] = ()
    files: tuple[str, ...] = ()


class Case(Shape):
    when: Condition
    go: Slug


class NotFor(Shape):
    when: Annotated[str, short(300)]
    use: Annotated[str, short(300)]


class Review(Shape):
    every: Duration
    last_on: Day
    by: Slug


class Drill(Shape):
    every: Duration
    mode: Literal["tabletop", "dry_run", "isolated"]


class FailureMode(Shape):
    mode: Annotated[str, short(200)]
    answer: Annotated[str, short(200)]


class HumanPolicy(Shape):
    nudge: Duration = timedelta(minutes=10)
    page: Duration = timedelta(minutes=20)


class SignoffPolicy(Shape):
    timeout: Duration = timedelta(minutes=15)
    valid_for: Duration = timedelta(minutes=30)
    forbid: tuple[str, ...] | None = None
    """Who may not sign, where a sign-off does not say it itself; `[requester, operator, giver]` unless written."""
    again: Duration = timedelta(minutes=5)


class Policy(Shape):
    """The times of RUNBOOKS.md section 4, with their defaults."""

    human: HumanPolicy = HumanPolicy()
    signoff: SignoffPolicy = SignoffPolicy()
    breaker: Breaker = Breaker()
    max_run: Duration = timedelta(hours=12)

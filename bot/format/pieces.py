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
    """The program and its arguments, one by one."""
    at: str = "bot"
    """The host where it runs: a resource, a fact of the asset, or `bot`."""
    profile: str | None = None
    """A set of secrets of the environment, by its name in the settings."""
    ok_exit: tuple[int, ...] = (0,)
    """Exit codes that mean it ran."""


class Http(Shape):
    """A web request that may stand instead of a command."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    """What is asked."""
    url: str
    """The address; may hold placeholders."""
    headers: dict[str, str] = {}
    """Name and value of each header."""
    body: str | None = None
    """What is sent."""
    ok_status: tuple[int, ...] = (200,)
    """Answers that mean it went well."""


class Capture(Shape):
    """Where a variable's value is read from in a command's answer, or in the outcome of a sub-run."""

    from_: Annotated[Literal["stdout", "exit", "body"] | None, Field(alias="from")] = None
    """Where it is read: what the command printed, its exit code, or the body of an answer."""
    pattern: str | None = None
    """A regular expression; its first group is the value."""
    jmespath: str | None = None
    """A path into JSON."""
    output: Name | None = None
    """For a `call`: the variable of the other runbook."""
    type: Literal["string", "text", "int", "bool", "enum", "timestamp", "duration", "secret"] | None = None
    """What it has to be; anything else is a failure."""


class Undo(Shape):
    """How a change is taken back, or why it cannot be."""

    step: Slug | None = None
    """The step that takes it back."""
    argv: tuple[str, ...] | None = None
    """The command that takes it back."""
    none: Annotated[str, short(300)] | None = None
    """Why it cannot be taken back."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Undo":
        if sum(part is not None for part in (self.step, self.argv, self.none)) != 1:
            message = "write one of `step:`, `argv:` or `none:`"
            raise ValueError(message)
        return self


class Retry(Shape):
    """Further attempts by the machine itself, of what may run twice."""

    attempts: Annotated[int, Field(ge=1, le=100)]
    """How many in all."""
    delay: Duration = timedelta(seconds=5)
    """The time before the next one."""
    backoff: float = 1.0
    """So many times longer after each."""
    cap: Duration | None = None
    """The longest time between two."""
    when_exit: tuple[int, ...] = ()
    """Exit codes after which it is tried again; all that failed where none is named."""


class Breaker(Shape):
    """What stops a command that keeps failing."""

    key: str | None = None
    """Steps with the same key count together."""
    open_after: Annotated[int, Field(ge=1)] = 3
    """So many failures open it."""
    within: Duration = timedelta(minutes=10)
    """They count within this time."""
    half_open: Literal["signoff"] = "signoff"
    """Who lets it try once more."""


class Tolerance(Shape):
    """How many parts of a command may fail."""

    max_rate: str | float | None = None
    """The share that may fail, such as `1%`."""
    min_sample: int | None = None
    """From so many on the share counts."""
    max_errors: int | None = None
    """So many at most."""


class Progress(Shape):
    """How often a long command is looked at."""

    every: Duration
    """The time between two looks."""


class Poll(Shape):
    """A question that is asked again and again."""

    every: Duration
    """The time between two."""
    exec: Exec | None = None
    """The command that asks."""
    http: Http | None = None
    """The request that asks."""
    capture: dict[Name, Capture] = {}
    """Variables that are read from the answer."""
    until: Condition
    """What ends the wait well."""
    fail_if: Condition | None = None
    """What ends it badly."""
    fail_after_errors: Annotated[int, Field(ge=1)] | None = None
    """So many questions without an answer are a failure."""


class Probe(Shape):
    """A read-only check of `preflight` or `stop_when`."""

    id: Slug
    """Unique among the checks beside it."""
    title: Title
    """What is read, beginning with a verb."""
    severity: Literal["block", "warn"] = "block"
    """A failing one keeps a run from starting (`block`), or is only told."""
    every: Duration | None = None
    """How often it is looked at."""
    timeout: Duration = timedelta(seconds=60)
    """After this it counts as failed."""
    exec: Exec | None = None
    """The command that reads."""
    http: Http | None = None
    """The request that reads."""
    capture: dict[Name, Capture] = {}
    """Values of its own, read from the answer."""
    expect: Condition
    """What the answer has to be."""


class Evidence(Shape):
    """What is shown beside a choice."""

    exec: Exec | None = None
    """A command whose answer helps to choose."""
    http: Http | None = None
    """A request whose answer helps to choose."""
    file: str | None = None
    """A file to look at."""


class Answer(Shape):
    """The variable that a person's answer fills; `blind` hides it from the others until it has been compared."""

    var: Name
    """The variable that the answer fills."""
    blind: bool = False
    """Nobody else sees it before it was compared."""


class Option(Shape):
    """One line of a decision."""

    id: Slug
    """Its name in the record."""
    label: Annotated[str, short(75)]
    """The words on the button."""
    when: Annotated[str, short(300)]
    """What one sees when it is this."""
    go: Slug
    """The step that it leads to."""


class Binds(Shape):
    """What a signature covers: any change of it voids the signature."""

    vars: tuple[Name, ...] = ()
    """Variables whose values are signed."""
    steps: tuple[Slug, ...] = ()
    """Steps that start under the signatures only."""
    files: tuple[str, ...] = ()
    """Files that are signed."""


class Case(Shape):
    """One case of a branch."""

    when: Condition
    """What has to hold."""
    go: Slug
    """The step that it leads to."""


class NotFor(Shape):
    """A situation that looks alike."""

    when: Annotated[str, short(300)]
    """How one knows it."""
    use: Annotated[str, short(300)]
    """The runbook for it, or whom to ask."""


class Review(Shape):
    """How it is kept true."""

    every: Duration
    """How often it is read again."""
    last_on: Day
    """The day of the last time, in quotes."""
    by: Slug
    """The person who read it."""


class Drill(Shape):
    """How it is practised."""

    every: Duration
    """How often."""
    mode: Literal["tabletop", "dry_run", "isolated"]
    """At a table, without effects, or on a copy."""


class FailureMode(Shape):
    """A way in which the procedure itself can fail."""

    mode: Annotated[str, short(200)]
    """What goes wrong."""
    answer: Annotated[str, short(200)]
    """The step that answers it, or a resource to fall back on."""


class HumanPolicy(Shape):
    """When a person is reminded, and when others are called."""

    nudge: Duration = timedelta(minutes=10)
    """A silent step is reminded after this."""
    page: Duration = timedelta(minutes=20)
    """A silent step calls people after this."""


class SignoffPolicy(Shape):
    """Times of sign-offs."""

    timeout: Duration = timedelta(minutes=15)
    """A request that nobody answers expires after this."""
    valid_for: Duration = timedelta(minutes=30)
    """Signatures count for so long."""
    forbid: tuple[str, ...] | None = None
    """Who may not sign, where a sign-off does not say it itself; `[requester, operator, giver]` unless written."""
    again: Duration = timedelta(minutes=5)
    """People are called again after this."""


class Policy(Shape):
    """Times, with their defaults."""

    human: HumanPolicy = HumanPolicy()
    """When a person is reminded, and when others are called."""
    signoff: SignoffPolicy = SignoffPolicy()
    """Times of sign-offs, and who may not sign."""
    breaker: Breaker = Breaker()
    """What stops a command that keeps failing."""
    max_run: Duration = timedelta(hours=12)
    """After this a hand-over is asked for."""

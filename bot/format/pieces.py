"""The shapes that runbooks and catalogues are made of."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints, model_validator

from bot.format.pattern import require_regex

_DURATION = re.compile(r"([0-9]{1,6})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

Value = str | int | bool
"""A variable as it is stored: instants are ISO 8601 text with an offset, durations are text like ``90s``."""


def read_duration(text: object) -> timedelta:
    """``<int>(s|m|h|d)`` as a timedelta; ValueError with an example otherwise."""
    if isinstance(text, timedelta):
        return text
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        message = "write a whole number and a unit, such as 30s, 10m, 4h or 7d"
        raise ValueError(message)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def write_duration(length: timedelta) -> str:
    """The shortest exact ``<int>(s|m|h|d)`` of a duration of whole seconds."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def read_instant(text: object) -> datetime:
    """An ISO 8601 date and time with an offset, as aware UTC; ValueError with an example otherwise."""
    message = 'write a quoted date and time with its offset, such as "2026-11-22T03:40:00+01:00"'
    if isinstance(text, datetime) and text.tzinfo is not None:
        return text.astimezone(UTC)
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(message)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(message) from None


def read_day(text: object) -> date:
    """A quoted ``"YYYY-MM-DD"``."""
    if isinstance(text, date) and not isinstance(text, datetime):
        return text
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return date.fromisoformat(text)
    message = 'write a quoted day such as "2026-11-22"'
    raise ValueError(message)


Duration = Annotated[timedelta, BeforeValidator(read_duration), PlainSerializer(write_duration, return_type=str)]
Instant = Annotated[datetime, BeforeValidator(read_instant)]
Day = Annotated[date, BeforeValidator(read_day)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=3000)]


def short(limit: int) -> Any:  # noqa: ANN401  (a pydantic constraint, used only inside Annotated)
    """Text of 1 to `limit` characters."""
    return StringConstraints(min_length=1, max_length=limit)


class Shape(BaseModel):
    """A frozen piece of a file; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True)


FieldType = Literal["string", "text", "int", "bool", "enum", "timestamp", "duration", "secret"]


class TypedField(Shape):
    """A variable or an input: what may be typed there, and how it is asked for."""

    type: FieldType
    """What may be typed: string (one line), text, int, bool, enum, timestamp, duration, or secret (never kept)."""
    ask: Annotated[str, short(150)] | None = None
    """The question beside the field."""
    required: bool = False
    """Something has to be typed."""
    default: Value | None = None
    """The value where nothing is typed or set; may hold placeholders."""
    example: Value | None = None
    """What one would type there, shown beside the field."""
    pattern: str | None = None
    """The form of a string, as a regular expression."""
    as_: Annotated[str | None, Field(alias="as"), short(120)] = None
    """What `pattern` asks for, in words that a person reads: “the label of a backup”."""
    max: Annotated[int, Field(ge=1, le=3000)] | int | None = None
    """The longest text, or the largest number."""
    min: int | None = None
    """The smallest number."""
    unit: Annotated[str, short(30)] | None = None
    """What is counted: rows, bytes, sessions."""
    values: tuple[str, ...] = ()
    """The words of an enum."""
    future: bool = False
    """A time that may lie ahead. Any other is asked back when it is typed, and marked where it is signed."""
    within: Duration | None = None
    """So far a time may lie from the damage, else from the start, before it is asked back and marked."""

    @model_validator(mode="after")
    def _fits_its_type(self) -> "TypedField":
        if self.type == "enum" and not self.values:
            message = "an enum needs `values`"
            raise ValueError(message)
        if self.pattern is not None:
            require_regex(self.pattern, "the pattern")
        if self.type != "timestamp" and (self.future or self.within is not None):
            message = "`future` and `within` are said of a timestamp"
            raise ValueError(message)
        return self


Comparison = Literal["eq", "ne", "lt", "le", "gt", "ge", "in", "matches", "exists"]
COMPARISONS: tuple[Comparison, ...] = ("eq", "ne", "lt", "le", "gt", "ge", "in", "matches", "exists")


class Test(Shape):
    """One comparison of a variable with a value or one template."""

    __test__ = False  # pytest collects classes by this name

    var: str
    """What is looked at: a variable, `asset.NAME`, or `stdout`, `exit`, `body` of the step’s own command."""
    eq: Value | None = None
    """It is this."""
    ne: Value | None = None
    """It is not this."""
    lt: Value | None = None
    """It is less, or earlier."""
    le: Value | None = None
    """It is at most this, or not later."""
    gt: Value | None = None
    """It is more, or later."""
    ge: Value | None = None
    """It is at least this, or not earlier."""
    in_: Annotated[tuple[Value, ...] | None, Field(alias="in")] = None
    """It is one of these."""
    matches: str | None = None
    """This form is found in it: a regular expression; `^` and `$` hold it to the whole."""
    exists: bool | None = None
    """It has a value, or (`false`) none."""
    factor: float | None = None
    """What it is compared with counts so many times."""
    plus: int | str | None = None
    """So much later or more than what it is compared with: a duration beside a time, else a number."""
    minus: int | str | None = None
    """So much earlier or less than what it is compared with: a duration beside a time, else a number."""
    as_: Annotated[str | None, Field(alias="as"), short(120)] = None
    """What `matches` looks for, in words that a person reads: “… is *the label of a backup*”."""

    @model_validator(mode="after")
    def _compares_once(self) -> "Test":
        if len(self._asked()) != 1:
            message = "a test needs exactly one of " + ", ".join(COMPARISONS)
            raise ValueError(message)
        for shift in (self.plus, self.minus):
            if isinstance(shift, str):
                read_duration(shift)
        if self.matches is not None and "{{" not in self.matches:
            require_regex(self.matches, "`matches`")
        if self.as_ is not None and self.matches is None:
            message = "`as` says what `matches` looks for, and stands beside it alone"
            raise ValueError(message)
        return self

    def _asked(self) -> list[tuple[Comparison, Any]]:
        found = [(name, getattr(self, "in_" if name == "in" else name)) for name in COMPARISONS]
        return [(name, wanted) for name, wanted in found if wanted is not None]

    @property
    def comparison(self) -> tuple[Comparison, Any]:
        """The comparison's name and what is compared with."""
        return self._asked()[0]


class Condition(Shape):
    """`all` or `any` of one to four tests."""

    all: Annotated[tuple[Test, ...] | None, Field(min_length=1, max_length=4)] = None
    """Each of these tests has to hold."""
    any: Annotated[tuple[Test, ...] | None, Field(min_length=1, max_length=4)] = None
    """One of these tests has to hold."""

    @model_validator(mode="after")
    def _is_one_list(self) -> "Condition":
        if (self.all is None) == (self.any is None):
            message = "write either `all:` or `any:`"
            raise ValueError(message)
        return self

    @property
    def tests(self) -> tuple[Test, ...]:
        """The tests, whichever list they stand in."""
        return self.all or self.any or ()


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


Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,99}$")]


class Http(Shape):
    """A web request that may stand instead of a command."""

    method: Method = "GET"
    """What is asked."""
    url: str
    """The address, which may begin with a fact of the asset; any other value in it is one part of a path or a query."""
    headers: dict[HeaderName, str] = {}
    """Name and value of each header; secrets come from the profile."""
    body: str | None = None
    """What is sent; in JSON a value stays within its quotes."""
    at: str = "bot"
    """From where it is sent, as for a command: a resource, a fact of the asset, or `bot`."""
    profile: str | None = None
    """A set of secret headers, by its name in `hands.yaml`."""
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

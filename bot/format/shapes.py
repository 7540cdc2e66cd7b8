"""The small shapes that every file of an author is made of: slugs, durations, instants, typed fields, tests."""

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

    @model_validator(mode="after")
    def _fits_its_type(self) -> "TypedField":
        if self.type == "enum" and not self.values:
            message = "an enum needs `values`"
            raise ValueError(message)
        if self.pattern is not None:
            require_regex(self.pattern, "the pattern")
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
    """It has this form: a regular expression."""
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

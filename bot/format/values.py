"""Typed values: what a person may type into a field, and whether a condition holds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.format.moments import say_moment, written_moment
from bot.format.pattern import example_text, has_form
from bot.format.pieces import Condition, Test, TypedField, Value, read_duration, read_instant
from bot.format.text import TextProblem, fill, fill_pattern, spoken_duration

_WORDS = {
    "eq": "is", "ne": "is not", "lt": "is below", "le": "is at most", "gt": "is above", "ge": "is at least",
    "in": "is one of", "matches": "has the form", "exists": "is there",
}  # fmt: skip
_OF_TIMES = {"lt": "is before", "le": "is not after", "gt": "is after", "ge": "is not before"}
_SPOKEN = {"exit": "the exit code", "stdout": "the output", "body": "the answer"}
_OF_THE_RUN: Mapping[object, str] = {"{{ run.started_at }}": "the start of this run"}
"""What is wanted, as it is written -> as people say it."""
_UNFILLED = re.compile(r"‹([^‹›]*)\?›")
_LONGEST_EXAMPLE = 40
_INSTANT_SIGNS = re.compile(r"[0-9TtWZz:.,+-]+")
"""Python reads any sign between date and time; what is kept here may stand in a command."""
_BUILT_IN = {"exit": TypedField(type="int"), "stdout": TypedField(type="text"), "body": TypedField(type="text")}
_TRUE, _FALSE = ("true", "yes", "y", "1"), ("false", "no", "n", "0")


class BadValue(ValueError):
    """What was typed does not fit the field; the message says why and gives an example."""


def example_of(field: TypedField) -> str:
    """A value that would be accepted, for the sentence that refuses another."""
    if field.example is not None:
        return str(field.example)
    if field.type == "int":
        return str(max(field.min or 0, min(42, field.max if field.max is not None else 42)))
    fixed = {"bool": "yes", "timestamp": "2026-11-22 03:40 +01:00", "duration": "90m"}
    return fixed.get(field.type) or (field.values[0] if field.type == "enum" else "")


def parse_value(field: TypedField, text: str) -> Value:
    """The value as it is kept; BadValue with a reason and an example when it does not fit."""
    typed = text.strip()
    if not typed:
        message = "This cannot be empty."
        raise BadValue(message)
    match field.type:
        case "int":
            return _parse_number(field, typed)
        case "bool":
            return _parse_yes_or_no(typed)
        case "enum":
            return _one_of(field, typed)
        case "timestamp":
            return _parse_instant(typed)
        case "duration":
            return _parse_duration(typed)
        case _:
            return _parse_words(field, typed)


def _parse_number(field: TypedField, typed: str) -> int:
    if not re.fullmatch(r"[-+]?[0-9]{1,18}", typed):
        message = f"Type a whole number, such as {example_of(field)}."
        raise BadValue(message)
    number = int(typed)
    if field.min is not None and number < field.min:
        message = f"Type at least {field.min}; you typed {number}."
        raise BadValue(message)
    if field.max is not None and number > field.max:
        message = f"Type at most {field.max}; you typed {number}."
        raise BadValue(message)
    return number


def _parse_yes_or_no(typed: str) -> bool:
    if typed.lower() not in _TRUE + _FALSE:
        message = "Type yes or no."
        raise BadValue(message)
    return typed.lower() in _TRUE


def _one_of(field: TypedField, typed: str) -> str:
    if typed not in field.values:
        message = f"Type one of: {', '.join(field.values)}."
        raise BadValue(message)
    return typed


def _parse_instant(typed: str) -> str:
    candidate = written_moment(typed)
    try:
        read_instant(candidate if _INSTANT_SIGNS.fullmatch(candidate) else "")
    except ValueError:
        message = "Type a date and time with its offset from UTC: 2026-11-22 03:40, and +01:00 or UTC behind it."
        raise BadValue(message) from None
    return candidate


def _parse_duration(typed: str) -> str:
    try:
        read_duration(typed.replace(" ", ""))
    except ValueError:
        message = "Type a whole number and a unit, such as 30s, 10m, 4h or 7d."
        raise BadValue(message) from None
    return typed.replace(" ", "")


def _parse_words(field: TypedField, typed: str) -> str:
    limit = field.max if field.max is not None else 3000
    if len(typed) > limit:
        message = f"Type at most {limit:,} characters; this has {len(typed):,}."
        raise BadValue(message)
    if field.pattern is not None and not has_form(typed, field.pattern):
        message = f"This is not {spoken_form(field.pattern, field.as_)}."
        raise BadValue(message)
    return typed


def comparable(field: TypedField | None, value: Any) -> Any:  # noqa: ANN401  (a stored value becomes what compares)
    """A stored value as something that compares: instants as datetimes, durations as timedeltas, numbers as int."""
    if field is None:
        return int(value) if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value) else value
    match field.type:
        case "timestamp":
            return read_instant(value)
        case "duration":
            return read_duration(value)
        case "int":
            return int(str(value).strip())
        case "bool":
            return value if isinstance(value, bool) else str(value).lower() in _TRUE
        case _:
            return str(value).strip()


@dataclass(frozen=True, slots=True)
class Ground:
    """What a condition is judged on: names -> values, and the declared fields."""

    names: Mapping[str, Value]
    fields: Mapping[str, TypedField]

    def value_of(self, var: str) -> Value | None:
        """The value of ``name``, ``vars.name``, ``asset.fact`` or a built-in."""
        return self.names.get(var) if "." in var else self.names.get(f"vars.{var}", self.names.get(var))

    def field_of(self, var: str) -> TypedField | None:
        """The declared field, if there is one."""
        return self.fields.get(var.removeprefix("vars.")) or _BUILT_IN.get(var)


def failing(condition: Condition, ground: Ground) -> tuple[str, ...]:
    """The tests that do not hold, each in words; empty when the condition holds."""
    return tuple(spoken_test(test, ground) for test in failing_tests(condition, ground))


def failing_tests(condition: Condition, ground: Ground) -> tuple[Test, ...]:
    """The tests that do not hold; empty when the condition holds."""
    failed = tuple(test for test in condition.tests if not _holds(test, ground))
    return () if condition.any is not None and len(failed) < len(condition.tests) else failed


def _holds(test: Test, ground: Ground) -> bool:
    name, wanted = test.comparison
    value = ground.value_of(test.var)
    if name == "exists":
        return (value is not None and value != "") is bool(wanted)
    if value is None:
        return False
    field = ground.field_of(test.var)
    try:
        if name == "matches":
            return has_form(str(value).strip(), fill_pattern(str(wanted), ground.names))
        have = comparable(field, value)
        return _compares(name, have, _shifted(_wanted(wanted, field, ground), test))
    except (ValueError, TypeError, TextProblem):
        return False


def _wanted(wanted: Any, field: TypedField | None, ground: Ground) -> Any:  # noqa: ANN401
    if isinstance(wanted, tuple):
        return tuple(_wanted(one, field, ground) for one in wanted)
    filled = fill(wanted, ground.names) if isinstance(wanted, str) else wanted
    return comparable(field, filled)


def _shifted(wanted: Any, test: Test) -> Any:  # noqa: ANN401
    """What is compared with, so many times, and so much more or less."""
    if test.factor is not None and isinstance(wanted, int | float | timedelta):
        wanted = wanted * test.factor
    for shift, sign in ((test.plus, 1), (test.minus, -1)):
        if shift is not None:
            wanted = wanted + sign * (read_duration(shift) if isinstance(shift, str) else shift)
    return wanted


def _compares(name: str, have: Any, right: Any) -> bool:  # noqa: ANN401
    match name:
        case "eq":
            return bool(have == right)
        case "ne":
            return bool(have != right)
        case "lt":
            return bool(have < right)
        case "le":
            return bool(have <= right)
        case "gt":
            return bool(have > right)
        case "ge":
            return bool(have >= right)
        case _:
            return bool(have in right)


def spoken_test(test: Test, ground: Ground | None = None) -> str:
    """A test as a person reads it: ``sessions is 0``; with a ground, the wanted value is filled in."""
    said, (verb, wanted) = _spoken_name(test.var), _spoken_comparison(test, ground)
    return f"{said} {verb} {wanted}".rstrip()


def spoken_failure(test: Test, ground: Ground) -> str:
    """How what was read differs from what is wanted: ``3 is not 0``, ``17:40 is not before 16:00``."""
    value, field = ground.value_of(test.var), ground.field_of(test.var)
    verb, wanted = _spoken_comparison(test, ground)
    have = "nothing" if value is None else f"“{value}”" if isinstance(value, str) and " " in value else str(value)
    if field is not None and field.type == "timestamp" and value is not None:
        have = spoken_instant(value)
    if test.comparison[0] == "ne":
        return f"{have} is what it must not be"
    turned = verb.replace("is not ", "is ", 1) if verb.startswith("is not ") else verb.replace("is", "is not", 1)
    return f"{have} {turned} {wanted}".rstrip()


def exact_test(test: Test, ground: Ground) -> str:
    """A test word for word, for what is signed: patterns and instants as they are written."""
    name, wanted = test.comparison
    if name == "exists":
        return spoken_test(test)
    listed = wanted if isinstance(wanted, tuple) else (wanted,)
    values = ", ".join(_spoken_wanted(one, ground.names, of_times=False) or "empty" for one in listed)
    times = f"{test.factor:g} × " if test.factor is not None else ""
    values += _spoken_shift(test)
    field = ground.field_of(test.var)
    words = {**_WORDS, **_OF_TIMES} if field is not None and field.type == "timestamp" else _WORDS
    return f"{_spoken_name(test.var)} {words[name]} {times}{values}"


def _spoken_comparison(test: Test, ground: Ground | None) -> tuple[str, str]:
    """The verb and what is wanted: ``is above`` and ``1.2 × rows``."""
    name, wanted = test.comparison
    if name == "exists":
        return ("is there" if wanted else "is not there"), ""
    if name == "matches":
        said = None if test.as_ is None else fill(test.as_, ground.names if ground else {}, strict=False)
        return "is", spoken_form(wanted, said)
    field = ground.field_of(test.var) if ground else None
    of_times = field is not None and field.type == "timestamp"
    names = ground.names if ground else {}
    listed = wanted if isinstance(wanted, tuple) else (wanted,)
    spoken = (_OF_THE_RUN.get(one) or _spoken_wanted(one, names, of_times=of_times) for one in listed)
    values = ", ".join(one or "empty" for one in spoken)
    times = f"{test.factor:g} × " if test.factor is not None else ""
    words = {**_WORDS, **_OF_TIMES} if of_times else _WORDS
    return words[name], f"{times}{values}{_spoken_shift(test)}"


def _spoken_shift(test: Test) -> str:
    """How much more or less than what it is compared with: `` plus 10 min``."""
    shifts = ((test.plus, "plus"), (test.minus, "minus"))
    said = [(spoken_duration(one) if isinstance(one, str) else one, word) for one, word in shifts if one is not None]
    return "".join(f" {word} {one}" for one, word in said)


def _spoken_wanted(wanted: object, names: Mapping[str, Value], *, of_times: bool) -> str:
    """A wanted value; what is not known yet goes by its name."""
    if not isinstance(wanted, str):
        return str(wanted)
    filled = _UNFILLED.sub(lambda hole: _spoken_name(hole[1]), fill(wanted, names, strict=False))
    return spoken_instant(filled) if of_times else filled


def spoken_form(pattern: str, words: str | None) -> str:
    """What a pattern looks for: in its author's words, else by an example; never the pattern itself."""
    if words is not None:
        return words
    example = example_text(pattern) if "{{" not in pattern else None
    such = f", such as {example}" if example and len(example) <= _LONGEST_EXAMPLE else ""
    return f"of the form that is asked for{such}"


def spoken_instant(value: Value) -> str:
    """A stored instant as people read it, in the offset that it was given with: ``22 Nov 2026 03:40 +01:00``."""
    try:
        read_instant(value)
        return say_moment(datetime.fromisoformat(str(value)))
    except ValueError:
        return str(value)


def _spoken_name(name: str) -> str:
    return _SPOKEN.get(name) or name.removeprefix("vars.").replace("_", " ")

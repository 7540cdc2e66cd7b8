"""Rules about what is typed for a machine: patterns, queries, defaults."""

from collections.abc import Iterator
from functools import lru_cache

import jmespath
from jmespath.exceptions import JMESPathError

from bot.format.pattern import require_regex
from bot.format.pieces import Capture, Condition, TypedField, Value
from bot.format.runbook import Call, Wait, captures_of, conditions_of
from bot.format.text import TextProblem, parse_text
from bot.format.values import BadValue, parse_value
from bot.library.check.page import CheckedRunbook
from bot.library.problems import PathInFile, shown
from bot.library.rules import Found, rule


@rule("T2")
def queries_can_be_read(page: CheckedRunbook) -> Iterator[Found]:
    """A `pattern` is a regular expression, a `jmespath` a JMESPath. A capture that cannot be read fails every time."""
    for way, capture in _captures(page):
        if capture.pattern is not None:
            try:
                require_regex(capture.pattern, "the pattern")
            except ValueError as wrong:
                yield (*way, "pattern"), f"{str(wrong)[:1].upper()}{str(wrong)[1:]}.", "a pattern such as ^[0-9]+$"
        if capture.jmespath is not None and (reason := _unread(capture.jmespath)):
            yield (*way, "jmespath"), f"This cannot be read as JMESPath: {reason}.", "a path such as [0].status.code"


@rule("T4", "warning")
def what_people_read_is_said_in_words(page: CheckedRunbook) -> Iterator[Found]:
    """What `matches` looks for is said beside it (`as:`). Nobody reads a regular expression at three in the morning."""
    for way, condition in _conditions(page):
        key = "all" if condition.all is not None else "any"
        for at, test in enumerate(condition.tests):
            if test.matches is not None and test.as_ is None:
                yield (*way, key, at, "matches"), "People would read that pattern.", "as: with what it looks for"


def _conditions(page: CheckedRunbook) -> Iterator[tuple[PathInFile, Condition]]:
    for number, step in enumerate(page.book.steps):
        yield from ((page.path(number, *way), condition) for way, condition in conditions_of(step))
    for section, probes in (("preflight", page.book.preflight), ("stop_when", page.book.stop_when)):
        for number, probe in enumerate(probes):
            yield (section, number, "expect"), probe.expect


def _captures(page: CheckedRunbook) -> Iterator[tuple[PathInFile, Capture]]:
    for number, step in enumerate(page.book.steps):
        way = ("poll", "capture") if isinstance(step, Wait) else ("capture",)
        captured = step.capture if isinstance(step, Call) else captures_of(step)
        yield from ((page.path(number, *way, name), capture) for name, capture in captured.items())
    for section, probes in (("preflight", page.book.preflight), ("stop_when", page.book.stop_when)):
        for number, probe in enumerate(probes):
            for name, capture in probe.capture.items():
                yield (section, number, "capture", name), capture


@lru_cache(maxsize=4096)
def _unread(query: str) -> str:
    """Why a JMESPath cannot be read, its placeholders taken as numbers; empty when it can."""
    try:
        filled = "".join(part if isinstance(part, str) else "0" for part in parse_text(query))
        jmespath.compile(filled)
    except TextProblem:
        return ""  # told when the file was read
    except (JMESPathError, ValueError, RecursionError) as wrong:
        return shown(str(wrong).partition("\n")[0].rstrip(".:"))
    return ""


@rule("T3")
def defaults_fit_their_type(page: CheckedRunbook) -> Iterator[Found]:
    """The default and the example of an input or a variable are values that could be typed there."""
    for section, fields in (("inputs", page.book.inputs), ("vars", page.book.vars)):
        for name, field in fields.items():
            for key, value in (("default", field.default), ("example", field.example)):
                reason = _misfit(field, value)
                if reason:
                    yield (section, name, key), f"The {key} of “{name}” does not fit. {reason}", "another, or none"


def _misfit(field: TypedField, default: Value | None) -> str:
    if default is None or default == "" or (isinstance(default, str) and "{{" in default):
        return ""
    try:
        parse_value(field, str(default).lower() if isinstance(default, bool) else str(default))
    except BadValue as wrong:
        return str(wrong)
    return ""

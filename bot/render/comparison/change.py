"""One difference between two versions of a runbook, and the words for values in it."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from bot.format.pieces import Exec, Http
from bot.format.shapes import Condition, Shape
from bot.render.chart.words import say_condition
from bot.render.message import one_line
from bot.render.prose import say_span

Topic = Literal[
    "steps", "exits", "sign-offs", "times", "duties", "commands", "checks", "words", "roles", "policy", "runbook"
]
"""In the order in which a reviewer reads them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What differs. `step` is "" where it concerns the runbook as a whole; `old` and `new` are in words."""

    topic: Topic
    step: str
    words: str
    old: str = ""
    new: str = ""


FLAGS: Mapping[str, tuple[str, str]] = {
    "critical": ("now critical: nobody may skip it", "no longer critical"),
    "skip": ("may now be skipped, with a reason", "may no longer be skipped"),
    "page": ("now pages people at once", "no longer pages people at once"),
    "back": ("now offers the way back", "no longer offers the way back"),
    "each": ("now needs one signature of each role", "no longer needs one signature of each role"),
    "idempotent": ("now said to be safe to run twice", "no longer said to be safe to run twice"),
}
"""What is said when a yes became a no, or the other way round."""


def compare_fields(
    old: Shape, new: Shape, topics: Mapping[str, tuple[Topic, str]], left_out: Iterable[str], step: str
) -> Iterator[Change]:
    """A change for each field that differs; fields that `topics` does not know are told by their own name.

    A shape of another kind lacks the fields of the first: they are told as nothing.
    """
    names = dict.fromkeys([*type(old).model_fields, *type(new).model_fields])
    for name in names:
        if name in left_out:
            continue
        was, now = getattr(old, name, None), getattr(new, name, None)
        if was != now:
            topic, called = topics.get(name, ("commands", name.rstrip("_").replace("_", " ")))
            flag = name in FLAGS and isinstance(was, bool) and isinstance(now, bool)
            yield (
                Change(topic, step, FLAGS[name][not now], in_words(was), in_words(now))
                if flag
                else changed(topic, step, called, was, now)
            )


def changed(topic: Topic, step: str, called: str, was: object, now: object) -> Change:
    """A value that is another, came, or went."""
    old, new = in_words(was), in_words(now)
    if is_nothing(was):
        return Change(topic, step, f"{called}: now {new}; there was none before", "", new)
    if is_nothing(now):
        return Change(topic, step, f"{called}: gone; it was {old}", old, "")
    edit = _edit(was, now)
    if edit:
        return Change(topic, step, f"{called}: {edit}", old, new)
    return Change(topic, step, f"{called}: {new} instead of {old}", old, new)


def _edit(was: object, now: object) -> str:
    """The parts that came and went, where most of a command or of a longer text stayed; "" otherwise."""
    old, new = _parts(was), _parts(now)
    less = [one for one in old if one not in new]
    more = [one for one in new if one not in old]
    stayed = len(old) - len(less)
    if stayed < max(2, len(less), len(more)) or not (less or more):
        return ""
    said = [
        f"{word} {' '.join(f'`{one_line(part)}`' for part in parts)}"
        for word, parts in (("with", more), ("without", less))
        if parts
    ]
    return ", ".join(said)


def _parts(value: object) -> list[str]:
    if isinstance(value, Exec):
        return [*value.argv, f"on {value.at}", _rest(value, ("argv", "at"))]
    return value.strip().splitlines() if isinstance(value, str) else []


def is_nothing(value: object) -> bool:
    """Whether a value says nothing: absent, or empty."""
    return value is None or (isinstance(value, tuple | list | dict | str) and not value)


def in_words(value: object) -> str:
    """A value of the format as a person reads it, on one line."""
    return one_line(_said(value))


def _said(value: Any) -> str:  # noqa: ANN401  (whatever the format holds)
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return say_span(value)
        case date():
            return value.isoformat()
        case Condition():
            return say_condition(value)
        case Exec():
            return f"`{shlex.join(value.argv)}` on {value.at}{_rest(value, ('argv', 'at'))}"
        case Http():
            return f"{value.method} {value.url}{_rest(value, ('method', 'url'))}"
        case Shape():
            return ", ".join(f"{name} {_said(one)}" for name, one in _given(value))
        case Mapping():
            return "; ".join(f"{name}: {_said(one)}" for name, one in value.items()) or "nothing"
        case tuple() | list():
            return "; ".join(_said(one) for one in value) or "nothing"
        case str():
            return f"“{value}”" if " " in value else value
        case _:
            return str(value)


def _given(shape: Shape) -> Iterator[tuple[str, object]]:
    """The fields of a shape that say something other than their default; all of them when none does."""
    fields = type(shape).model_fields
    every = [
        (name.rstrip("_").replace("_", " "), getattr(shape, name), field.default) for name, field in fields.items()
    ]
    own = [(name, value) for name, value, usual in every if value != usual]
    yield from own or ((name, value) for name, value, _ in every)


def _rest(shape: Shape, told: tuple[str, ...]) -> str:
    fields = type(shape).model_fields
    own = [(name, getattr(shape, name)) for name in fields if name not in told]
    more = [f"{name.replace('_', ' ')} {_said(value)}" for name, value in own if value != fields[name].default]
    return f" ({', '.join(more)})" if more else ""

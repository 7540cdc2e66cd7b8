"""Texts with placeholders: what they name, how they are filled, what is masked in them."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from bot.format.pieces import TypedField, Value, read_duration, read_instant, write_duration


def show_value(fields: Mapping[str, TypedField], hidden: Collection[str], name: str, value: Value | None) -> str:
    """With its unit; secrets never, and what is in `hidden` (blind answers that were not compared) not yet."""
    field = fields.get(name)
    if field is not None and field.type == "secret":
        return "‹secret›"
    if name in hidden:
        return "‹hidden until it is compared›"
    if value is None:
        return "not set"
    said = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return f"{said} {field.unit}" if field is not None and field.unit else said


_OPENS = re.compile(r"\{\{\{\{|\{\{")
_LONGEST_SHOWN = 60
_INSIDE = re.compile(r"\s*([a-z]+\.[a-z][a-z0-9_]*)\s*((?:\|\s*[a-z_]+(?::\s*[0-9][0-9.]{0,11}[smhd]?)?\s*)*)")
_SHIFT = re.compile(r"(plus|minus):\s*([0-9]{1,6}[smhd]?)|(factor):\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)")
_FOREIGN = re.compile(r"\{%|%\}|\{#|#\}")


class TextProblem(ValueError):
    """A text that cannot be read or filled; the message says which part and what to write."""


@dataclass(frozen=True, slots=True)
class Hole:
    """One placeholder: a dotted name and the filters it goes through."""

    name: str
    filters: tuple[str, ...] = ()


def _as_instant_number(value: Value) -> str:
    return str(int(read_instant(value).timestamp()))


def _with_a_space(value: Value) -> str:
    read_instant(value)
    return str(value).replace("T", " ", 1)


def _in_utc(value: Value) -> str:
    return read_instant(value).isoformat(timespec="seconds")


def spoken_duration(value: Value) -> str:
    """Seconds, or text like ``90m``, as ``1 h 30 min``."""
    seconds = int(value) if isinstance(value, int) else int(read_duration(value).total_seconds())
    parts = ((seconds // 86_400, "d"), (seconds // 3_600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    said = [f"{count} {unit}" for count, unit in parts if count][:2]
    return " ".join(said) or "0 s"


FILTERS: Mapping[str, Callable[[Value], str]] = {
    "epoch": _as_instant_number,
    "iso_space": _with_a_space,
    "utc": _in_utc,
    "duration": spoken_duration,
}


def _shifted(value: Value, how: str, by: str) -> Value:
    """A time or a size, so much more, less, or so many times; ValueError for what cannot be reckoned so.

    Whatever the value was, what comes out is a number, an instant or a duration, so that it can stand in a command.
    """
    if how == "factor":
        factor = float(by)
        return int(value * factor) if isinstance(value, int) else write_duration(read_duration(value) * factor)
    sign = 1 if how == "plus" else -1
    if by.isdigit():
        if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,18}", str(value)):
            message = f"“{value}” is no number"
            raise ValueError(message)
        return int(value) + sign * int(by)
    length = sign * read_duration(by)
    if isinstance(value, str) and "T" in value:
        read_instant(value)
        return (datetime.fromisoformat(value) + length).isoformat()
    moved = read_duration(value) + length
    if moved < timedelta():
        message = "that is less than no time"
        raise ValueError(message)
    return write_duration(moved)


def _through(value: Value, name: str) -> Value:
    shift = _SHIFT.fullmatch(name)
    if shift is None:
        return FILTERS[name](value)
    return _shifted(value, shift[1] or shift[3], shift[2] or shift[4])


@lru_cache(maxsize=65_536)
def parse_text(text: str) -> tuple[str | Hole, ...]:
    """The literal parts and placeholders of a text, in order; TextProblem when it holds anything else."""
    if "{" not in text:
        return (text,)
    if _FOREIGN.search(text):
        message = "only placeholders such as {{ asset.db }} may stand here, no {% … %} and no {# … #}"
        raise TextProblem(message)
    return tuple(_split(text))


def _split(text: str) -> Iterator[str | Hole]:
    """``{{`` opens a placeholder, ``{{{{`` is a literal ``{{``, and a ``}}`` that closes none is text."""
    literal, at = "", 0
    while (found := _OPENS.search(text, at)) is not None:
        literal += text[at : found.start()]
        at = found.end()
        if len(found[0]) > len("{{"):
            literal += "{{"
            continue
        end = text.find("}}", at)
        if end < 0:
            message = "a placeholder is opened and not closed: write {{ name }}, or {{{{ for two braces"
            raise TextProblem(message)
        if literal:
            yield literal
        yield _read_hole(text[at:end])
        literal, at = "", end + len("}}")
    if literal + text[at:]:
        yield literal + text[at:]


def _read_hole(inside: str) -> Hole:
    found = _INSIDE.fullmatch(inside)
    if found is None:
        message = (
            f"“{inside.strip()[:_LONGEST_SHOWN]}” is not a placeholder: write {{{{ vars.name }}}} or "
            "{{ vars.name | epoch }}, and {{{{ for two braces"
        )
        raise TextProblem(message)
    filters = tuple(part.strip() for part in found[2].split("|") if part.strip())
    for unknown in [one for one in filters if one not in FILTERS and not _SHIFT.fullmatch(one)]:
        message = f"there is no filter “{unknown}”: use {', '.join(FILTERS)}, plus:5m, minus:5m or factor:1.2"
        raise TextProblem(message)
    return Hole(found[1], filters)


def names_in(text: str) -> tuple[str, ...]:
    """Every dotted name a text leans on, such as ``asset.db``; TextProblem when it cannot be read."""
    return tuple(part.name for part in parse_text(text) if isinstance(part, Hole))


def fill(text: str, names: Mapping[str, Value], *, strict: bool = True) -> str:
    """The text with every placeholder filled.

    TextProblem names what is undefined; with `strict` off it stays visible as ``‹vars.name?›`` instead.
    """
    return "".join(part if isinstance(part, str) else said(part, names, strict=strict) for part in parse_text(text))


def fill_pattern(text: str, names: Mapping[str, Value]) -> str:
    """A regular expression in which every value stands for itself alone, whatever signs it holds."""
    parts = parse_text(text)
    return "".join(part if isinstance(part, str) else re.escape(said(part, names, strict=True)) for part in parts)


def said(hole: Hole, names: Mapping[str, Value], *, strict: bool) -> str:
    """What stands in a placeholder's stead."""
    value = names.get(hole.name)
    if value is None:
        if strict:
            message = f"“{hole.name}” has no value yet"
            raise TextProblem(message)
        return f"‹{hole.name}?›"
    try:
        for name in hole.filters:
            value = _through(value, name)
    except (ValueError, OverflowError) as wrong:
        message = f"“{hole.name}” cannot go through “{' | '.join(hole.filters)}”: {wrong}"
        raise TextProblem(message) from None
    return ("true" if value else "false") if isinstance(value, bool) else str(value)

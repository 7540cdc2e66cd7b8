"""What the models allow at a place of a document: which keys, what type, and a stand-in for what is missing."""

import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.format.catalogue import Rotation, Trigger
from bot.format.pieces import COMPARISONS, Condition, Shape, Test, Undo
from bot.format.runbook import KIND_OF, StepBase
from bot.library.problems import PathInFile, listed

_TEST = {"var": "exit", "exists": True}
_CHOSEN: Mapping[type[Shape], Mapping[str, Any]] = {
    Test: _TEST,
    Condition: {"any": [_TEST]},
    Undo: {"none": "x"},
    Rotation: {"id": "x", "ics": "x"},
    Trigger: {"missed": "x"},
}
"""Stand-ins of the shapes that need one of several keys."""


@cache
def fields_of(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """The fields of a shape by the key that stands in the file."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def near(word: str, known: Iterable[str]) -> str:
    """The known word that was most likely meant, or nothing."""
    return _nearest(word[:80], tuple(known))


@lru_cache(maxsize=256)
def _nearest(word: str, known: tuple[str, ...]) -> str:
    """Kept for a while, since a word that is wrong once is mostly wrong again in the same file."""
    found = get_close_matches(word, known, n=1, cutoff=0.6)
    return found[0] if found else ""


def _members(annotation: object) -> Iterator[Any]:
    """The single types behind unions and annotations; None is left out."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _members(get_args(annotation)[0])
    elif origin in {Union, types.UnionType}:
        for one in get_args(annotation):
            yield from _members(one)
    elif annotation is not type(None):
        yield annotation


def _shapes(annotation: object) -> tuple[type[Shape], ...]:
    return tuple(one for one in _members(annotation) if isinstance(one, type) and issubclass(one, Shape))


@dataclass(frozen=True, slots=True)
class ErrorLocation:
    """A place that a validation error points to."""

    path: PathInFile
    annotation: object
    """What belongs there; None for a key that is not known."""
    holders: tuple[type[Shape], ...]
    """The shapes that hold the last key; empty when a list or a free mapping holds it."""
    needed: bool
    """It cannot simply be left out."""
    is_key: bool
    """The key itself is wrong, not its value."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that may stand beside the last one."""
        return tuple(dict.fromkeys(key for holder in self.holders for key in fields_of(holder)))


def spot(model: type[Shape], loc: tuple[str | int, ...]) -> ErrorLocation:
    """The place of a pydantic location, which also names union members that stand nowhere in the file."""
    here = ErrorLocation((), model, (), needed=True, is_key=False)
    for part in loc:
        here = _step_down(here, part)
    return here


def _step_down(here: ErrorLocation, part: str | int) -> ErrorLocation:
    if part == "[key]":
        return ErrorLocation(here.path, here.annotation, here.holders, needed=False, is_key=True)
    shapes = _shapes(here.annotation)
    if shapes and all(issubclass(one, StepBase) for one in shapes) and len(shapes) > 1:
        chosen = tuple(one for one in shapes if issubclass(one, StepBase) and KIND_OF[one] == part)
        if chosen:
            return ErrorLocation(here.path, chosen[0], here.holders, here.needed, is_key=False)
    for shape in shapes:
        if part in fields_of(shape):
            info = fields_of(shape)[str(part)]
            return ErrorLocation(
                (*here.path, part), info.rebuild_annotation(), shapes, info.is_required(), is_key=False
            )
    inner = _inside(here.annotation, part)
    if inner is not None:
        return ErrorLocation((*here.path, part), inner, (), isinstance(part, int), is_key=False)
    if shapes:
        return ErrorLocation((*here.path, part), None, shapes, needed=False, is_key=True)
    return here


def _inside(annotation: object, part: str | int) -> object:
    """What belongs into a list or a free mapping."""
    for one in _members(annotation):
        origin, args = get_origin(one), get_args(one)
        if (origin is tuple and isinstance(part, int)) or (origin is dict and isinstance(part, str)):
            return args[0] if origin is tuple else args[1]
    return None


def expected(annotation: object) -> str:
    """What belongs at a place, as it stands in a sentence."""
    said = dict.fromkeys(_spoken(one) for one in _members(annotation))
    return " or ".join(said)


def _spoken(one: object) -> str:
    origin, args = get_origin(one), get_args(one)
    if origin is Literal:
        return f"one of {listed(map(str, args))}" if len(args) > 1 else str(args[0])
    if origin is tuple:
        return f"a list, each item {expected(args[0])}"
    if origin is dict:
        return "a mapping of keys to values"
    if isinstance(one, type) and issubclass(one, StepBase):
        return "a step"
    if isinstance(one, type) and issubclass(one, Shape):
        return f"a mapping with {listed(fields_of(one), 6)}"
    names: dict[object, str] = {
        str: "text", int: "a whole number", bool: "true or false", float: "a number",
        timedelta: "a duration such as 10m", date: 'a quoted day such as "2026-11-22"',
        datetime: 'a quoted instant such as "2026-11-22T03:40:00+01:00"',
    }  # fmt: skip
    return names.get(one, "a value")


def stand_in(annotation: object) -> object:
    """The smallest value that fits, so that the rest of a faulty file can be looked at."""
    one = next(_members(annotation), str)
    origin, args = get_origin(one), get_args(one)
    if origin is Literal:
        return args[0]
    if origin in {tuple, dict}:
        return [stand_in(args[0])] * 2 if origin is tuple else {"x": stand_in(args[1])}
    if isinstance(one, type) and issubclass(one, StepBase):
        return {"id": "x", "do": "x"}
    if isinstance(one, type) and issubclass(one, Shape):
        return dict(_CHOSEN.get(one, {})) or {
            key: stand_in(info.annotation) for key, info in fields_of(one).items() if info.is_required()
        }
    return {int: 1, bool: False, float: 1.0, timedelta: "1m", date: "2026-01-01"}.get(one, "x")


def example_of(annotation: object) -> str:
    """What to write for a missing key."""
    one = next(_members(annotation), str)
    origin, args = get_origin(one), get_args(one)
    if origin is Literal:
        return "|".join(map(str, args))
    if origin is tuple:
        return f"[{example_of(args[0])}]"
    if one is Condition:
        return "{all: [{var: exit, eq: 0}]}"
    if one is Test:
        return f"{{var: name, {COMPARISONS[0]}: value}}"
    if isinstance(one, type) and issubclass(one, Shape):
        return "{" + ", ".join(f"{key}: …" for key, info in fields_of(one).items() if info.is_required()) + "}"
    return {int: "1", bool: "true", timedelta: "10m", date: '"2026-11-22"'}.get(one, "…")

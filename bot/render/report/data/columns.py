"""What a piece of a timeline is called in JSON: its fields and what is reckoned from them, lengths in seconds."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from bot.timeline.entries import Entry

_AS_IT_IS = (str, int, float, NoneType)
LEFT_OUT: Mapping[type, frozenset[str]] = {Entry: frozenset({"event"})}
"""What programs do not get: an event as it was recorded holds answers that others may not see."""


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """One name in JSON, the attribute that it shows, and that one's type."""

    name: str
    attribute: str
    type: Any


@cache
def columns_of(shape: type) -> tuple[Column, ...]:
    """The columns of a dataclass or named tuple: its fields in order, then its properties by name."""
    hints = get_type_hints(shape)
    shown = [name for name in hints if name not in LEFT_OUT.get(shape, ())]
    found = [Column(_named(name, hints[name]), name, hints[name]) for name in shown]
    for name, made in sorted(vars(shape).items()):
        if isinstance(made, property):
            type_ = get_type_hints(made.fget)["return"]
            found.append(Column(_named(name, type_), name, type_))
    return tuple(found)


def _named(name: str, type_: object) -> str:
    return f"{name}_seconds" if timedelta in (type_, *members_of(type_)) else name


def members_of(type_: object) -> tuple[object, ...]:
    """The members of a union, without None; nothing for any other type."""
    joined = get_origin(type_) in (Union, UnionType)
    return tuple(one for one in get_args(type_) if one is not NoneType) if joined else ()


@cache
def _reader(shape: type) -> tuple[tuple[str, ...], Callable[[object], tuple[Any, ...]]]:
    columns = columns_of(shape)
    return tuple(one.name for one in columns), attrgetter(*(one.attribute for one in columns))


def as_plain(thing: Any, zone: tzinfo) -> Any:  # noqa: ANN401  (any piece of a timeline, and what json takes)
    """A piece of a timeline as dicts, lists, strings and numbers: times with the zone's offset, lengths in seconds."""
    if isinstance(thing, _AS_IT_IS):
        return thing
    if isinstance(thing, datetime):
        return tell_instant(thing, zone)
    if isinstance(thing, timedelta):
        return seconds_of(thing)
    if type(thing) is tuple:
        return [as_plain(one, zone) for one in thing]
    if isinstance(thing, Mapping):
        return {name: as_plain(one, zone) for name, one in thing.items()}
    shape: type = type(thing)
    names, read = _reader(shape)
    return {
        name: one if isinstance(one, _AS_IT_IS) else as_plain(one, zone)
        for name, one in zip(names, read(thing), strict=True)
    }


def tell_instant(at: datetime, zone: tzinfo) -> str:
    """A time with the offset of the zone. All records of a click share one, which is told once."""
    return _tell_utc(at, zone) if at.tzinfo is UTC else _tell(at, zone)


def _tell(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat()


_tell_utc = lru_cache(maxsize=256)(_tell)
"""Of UTC alone: elsewhere the two times of an hour that comes twice are the same to a cache."""


def seconds_of(length: timedelta) -> int | float:
    """Seconds, whole where they are."""
    seconds = round(length.total_seconds(), 3)
    return int(seconds) if seconds == int(seconds) else seconds

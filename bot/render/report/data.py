"""The published data of a run: JSON and its schema, CSV, one line a record."""

import csv
import dataclasses
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from json.encoder import encode_basestring as quoted
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, Protocol, Union, get_args, get_origin, get_type_hints

from pydantic_core import to_json

from bot.render.report.turns import DEVIATIONS
from bot.render.sentences import Names, say_entry
from bot.run.events import Started
from bot.timeline.entries import Chain, Entry, Timeline


class RunSource(Protocol):
    """A run to report on. Read `entries` to their end, then ask for the `timeline`; or take the `whole` at once."""

    @property
    def ref(self) -> str: ...

    @property
    def chain(self) -> Chain: ...

    @property
    def pseudonyms(self) -> bool:
        """Whether people are replaced by roles."""

    def entries(self) -> Iterator[Entry]: ...

    def timeline(self, entries: Iterable[Entry] = ()) -> Timeline:
        """What follows from all entries that were read, with those that are handed in."""

    def whole(self) -> Timeline:
        """Everything at once, entries too."""


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


class Saying:
    """Knows everybody and every step that was named so far. A sentence speaks of nothing that comes later."""

    def __init__(self) -> None:
        self._people: dict[str, str] = {}
        self._steps: dict[str, str] = {}
        self._names = Names(self._people, self._steps)

    def say(self, entry: Entry) -> str:
        """What happened, without who, when and why."""
        if isinstance(entry.event, Started):
            self._people |= {one.id: one.name for one in entry.event.people}
        self._people.setdefault(entry.by, entry.by_name)
        if entry.step is not None and entry.title is not None:
            self._steps[entry.step] = entry.title
        return say_entry(entry, self._names)


_KEPT = 1_024
_NOTHING_BESIDE = '"values":{},"corrects":null,"corrected_by":[],"erased_by":null,"late_seconds":null,"deviation":null'
"""What most entries have beside them."""


class Lines:
    """Writes the entries of one run, the first to the last, with their sentences; times in `zone`.

    The names are those of `as_plain`, in its order. A third of its time with `to_json` after it (measured 2026-11-22).
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone, self._saying = zone, Saying()
        self._at: datetime | None = None
        self._told_at = ""

    def write(self, entry: Entry) -> str:
        """The line of the next entry, without its end."""
        claimed = "null" if entry.claimed_at is None else f'"{tell_instant(entry.claimed_at, self._zone)}"'
        if entry.at is not self._at:  # all records of a click share one
            self._at, self._told_at = entry.at, tell_instant(entry.at, self._zone)
        return (
            f'{{"seq":{entry.seq},"at":"{self._told_at}",'
            f"{_spell_doer(entry.kind, entry.by, entry.by_name, entry.role, entry.acted_as, entry.via)},"
            f'"claimed_at":{claimed},{_spell_place(entry.step, entry.title)},"visit":{entry.visit},'
            f'{_spell_phase(entry.phase)},"why":{quoted(entry.why)},"evidence":{quoted(entry.evidence)},{_spell_beside(entry)},'
            f'"what":{quoted(self._saying.say(entry))}}}'
        )


@lru_cache(_KEPT)
def _spell_doer(kind: str, by: str, by_name: str, role: str | None, acted_as: str | None, via: str) -> str:
    return _members({
        "kind": kind, "by": by, "by_name": by_name, "role": role, "acted_as": acted_as, "via": via,
    })  # fmt: skip


@lru_cache(_KEPT)
def _spell_place(step: str | None, title: str | None) -> str:
    return _members({"step": step, "title": title})


@lru_cache(_KEPT)
def _spell_phase(phase: str | None) -> str:
    return _members({"phase": phase})


def _spell_beside(entry: Entry) -> str:
    alone = entry.corrects is None and entry.erased_by is None and entry.late is None and entry.deviation is None
    if alone and not entry.values and not entry.corrected_by:
        return _NOTHING_BESIDE
    return _members({
        "values": entry.values, "corrects": entry.corrects, "corrected_by": entry.corrected_by,
        "erased_by": entry.erased_by, "late_seconds": None if entry.late is None else seconds_of(entry.late),
        "deviation": entry.deviation,
    })  # fmt: skip


def _members(names: dict[str, object]) -> str:
    """The inside of a JSON object."""
    return to_json(names).decode()[1:-1]


FORMAT, VERSION = "handrail-timeline", 1
PARTS = tuple(field.name for field in dataclasses.fields(Timeline) if field.name not in ("entries", "chain"))
"""What follows the entries, in this order."""


def write_json(source: RunSource, zone: tzinfo) -> Iterator[str]:
    """The text of a timeline, piece by piece: one line for each entry and for each part that follows them."""
    zone = UTC if str(zone) == "UTC" else zone  # the one that records are in already
    head = {"format": FORMAT, "version": VERSION, "zone": str(zone), "pseudonyms": source.pseudonyms}
    yield "{\n" + "".join(f'"{name}":{_written(value)},\n' for name, value in head.items()) + '"entries":[\n'
    lines, between = Lines(zone), ""
    for entry in source.entries():
        yield f"{between}{lines.write(entry)}"
        between = ",\n"
    # The chain stands after the entries: it is verified as they go by.
    yield f'\n],\n"chain":{_written(as_plain(source.chain, zone))}'
    timeline = source.timeline()
    for part in PARTS:
        yield f',\n"{part}":'
        yield from _part(getattr(timeline, part), zone)
    yield "\n}\n"


def _part(part: object, zone: tzinfo) -> Iterator[str]:
    """A part of the timeline; a list piece by piece, for it may be as long as the run."""
    if not isinstance(part, tuple):
        yield _written(as_plain(part, zone))
        return
    yield "["
    for number, one in enumerate(part):
        yield ("," if number else "") + _written(as_plain(one, zone))
    yield "]"


def _written(value: object) -> str:
    """JSON in one line. pydantic writes it in a fifth of the time of `json` (measured 2026-11-22)."""
    return to_json(value).decode()


COLUMNS = (
    "record", "at", "claimed_at", "who", "role", "via", "kind", "phase", "step", "title", "visit", "what", "why",
    "evidence", "values", "corrects", "corrected_by", "erased_by", "late_seconds", "run", "chain_head",
    "chain_verified", "check_with", "not_as_planned",
    "ledger_head", "breaks_law",
)  # fmt: skip
"""The first row. Every row names the chain, so that one that was cut out still says where to check it."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the wide forms, which some spreadsheets take for the others."""
_NEXT_CELL = re.compile(r"""([;\t\r\n][\s"']*)(?=[-=+@\uff1d\uff0b\uff0d\uff20])""")
"""Where a formula would begin for a spreadsheet that parts cells by semicolons or tabs, as much of Europe's do."""
_PORTION = 256
"""Rows that are handed over at once."""


def write_csv(source: RunSource, zone: tzinfo) -> Iterator[str]:
    """The text of a timeline, some rows at a time; lines end with CR LF."""
    saying, buffer = Saying(), io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    chain = source.chain
    named = (source.ref, *_chain_cells(chain))
    last = (chain.ledger, "yes" if chain.breaks_law else "no")
    for number, entry in enumerate(source.entries(), 1):
        writer.writerow([safe_cell(cell) for cell in (*_cells(entry, saying, zone), *named, _turn(entry), *last)])
        if number % _PORTION == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def safe_cell(text: str) -> str:
    """A cell that stays text: what a spreadsheet would take for a formula gets an apostrophe before it."""
    text = _NEXT_CELL.sub(r"\1'", text)
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def _cells(entry: Entry, saying: Saying, zone: tzinfo) -> Iterator[str]:
    yield str(entry.seq)
    yield tell_instant(entry.at, zone)
    yield tell_instant(entry.claimed_at, zone) if entry.claimed_at is not None else ""
    yield entry.by_name
    yield entry.role or ""
    yield entry.via
    yield entry.kind
    yield entry.phase or ""
    yield entry.step or ""
    yield entry.title or ""
    yield str(entry.visit) if entry.visit else ""
    yield saying.say(entry)
    yield entry.why
    yield entry.evidence
    yield "; ".join(f"{name}: {value}" for name, value in entry.values.items())
    yield str(entry.corrects or "")
    yield " ".join(str(seq) for seq in entry.corrected_by)
    yield str(entry.erased_by or "")
    yield str(seconds_of(entry.late)) if entry.late is not None else ""


def _turn(entry: Entry) -> str:
    """What was not as planned here; a late column, as it came late: programs count on the places of the others."""
    return DEVIATIONS[entry.deviation] if entry.deviation is not None else ""


def _chain_cells(chain: Chain) -> tuple[str, str, str]:
    return chain.head, "yes" if chain.verified else "no", chain.command


_PLAIN: Mapping[object, Mapping[str, str]] = {
    str: {"type": "string"}, int: {"type": "integer"}, bool: {"type": "boolean"}, float: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"}, timedelta: {"type": "number"},
}  # fmt: skip


def timeline_schema() -> dict[str, Any]:
    """Draft 2020-12. Within version 1 fields and values may be added, and none goes or changes its meaning."""
    shapes: dict[str, Any] = {}
    hints = get_type_hints(Timeline)
    parts = {part: _schema_of(hints[part], shapes) for part in PARTS}
    head = {
        "format": {"const": FORMAT}, "version": {"const": VERSION},
        "zone": {"type": "string", "description": "The time zone in which times are told."},
        "pseudonyms": {"type": "boolean", "description": "Whether people are replaced by roles."},
        "entries": {"type": "array", "items": _schema_of(Entry, shapes)},
        "chain": _schema_of(Chain, shapes),
    }  # fmt: skip
    _add_sentence(shapes["Entry"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A run of Handrail, told",
        "description": "Times are ISO 8601 with an offset. Names that end in _seconds are lengths of time.",
        **_object({**head, **parts}),
        "$defs": dict(sorted(shapes.items())),
    }


def _add_sentence(entry: dict[str, Any]) -> None:
    entry["properties"]["what"] = {"type": "string", "description": "What happened, without who, when and why."}
    entry["required"].append("what")


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _schema_of(type_: Any, shapes: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401  (a type as it is annotated)
    if type_ in _PLAIN:
        return dict(_PLAIN[type_])
    members = members_of(type_)
    if members:
        return {"anyOf": [*(_schema_of(one, shapes) for one in members), {"type": "null"}]}
    origin, inside = get_origin(type_), get_args(type_)
    if origin is Literal:
        return {"type": "string", "examples": list(inside)}
    if origin is tuple:
        return {"type": "array", "items": _schema_of(inside[0], shapes)}
    if isinstance(type_, type) and (dataclasses.is_dataclass(type_) or issubclass(type_, tuple)):
        return _reference(type_, shapes)
    return {"type": "object", "additionalProperties": _schema_of(inside[1], shapes)}


def _reference(shape: type, shapes: dict[str, Any]) -> dict[str, Any]:
    if shape.__name__ not in shapes:
        shapes[shape.__name__] = {}  # it may speak of itself
        columns = {one.name: _schema_of(one.type, shapes) for one in columns_of(shape)}
        shapes[shape.__name__] = {"description": _first_line(shape), **_object(columns)}
    return {"$ref": f"#/$defs/{shape.__name__}"}


def _first_line(shape: type) -> str:
    return (shape.__doc__ or "").strip().partition("\n")[0]

"""The JSON Schema of a timeline, made from the very types that it is written from."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, get_args, get_origin, get_type_hints

from bot.render.report.data.as_json import FORMAT, PARTS, VERSION
from bot.render.report.data.columns import columns_of, members_of
from bot.timeline.entries import Chain, Entry, Timeline

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

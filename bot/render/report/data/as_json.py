"""A timeline as JSON, version 1: entries one after the other, so that a long run needs little memory."""

import dataclasses
import json
from collections.abc import Iterator
from datetime import tzinfo

from bot.core.timeline.entries import Entry, Timeline
from bot.render.report.data.columns import as_plain
from bot.render.report.data.saying import Saying
from bot.render.report.source import Source

FORMAT, VERSION = "handrail-timeline", 1
PARTS = tuple(field.name for field in dataclasses.fields(Timeline) if field.name not in ("entries", "chain"))
"""What follows the entries, in this order."""
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def write_json(source: Source, zone: tzinfo) -> Iterator[str]:
    """The text of a timeline, piece by piece: one line for each entry and for each part that follows them."""
    head = {
        "format": FORMAT, "version": VERSION, "zone": str(zone), "pseudonyms": source.pseudonyms,
        "chain": as_plain(source.chain, zone),
    }  # fmt: skip
    yield "{\n" + "".join(f'"{name}":{_written(value)},\n' for name, value in head.items()) + '"entries":[\n'
    saying, between = Saying(), ""
    for entry in source.entries():
        yield between + _written(entry_as_plain(entry, saying, zone))
        between = ",\n"
    yield "\n]"
    timeline = source.timeline()
    for part in PARTS:
        yield f',\n"{part}":{_written(as_plain(getattr(timeline, part), zone))}'
    yield "\n}\n"


def entry_as_plain(entry: Entry, saying: Saying, zone: tzinfo) -> dict[str, object]:
    """An entry with its sentence, for JSON."""
    plain: dict[str, object] = as_plain(entry, zone)
    return plain | {"what": saying.say(entry)}

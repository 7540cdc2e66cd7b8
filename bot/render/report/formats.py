"""The formats of a report: each writes a run's text piece by piece."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from bot.render.report.data.as_csv import write_csv
from bot.render.report.data.as_json import write_json
from bot.render.report.source import Source


@dataclass(frozen=True, slots=True)
class Format:
    """`suffix` is a file's; `write` takes the run and the zone in which times are told."""

    suffix: str
    media_type: str
    write: Callable[[Source, tzinfo], Iterator[str]]


FORMATS: Mapping[str, Format] = {
    "json": Format("json", "application/json", write_json),
    "csv": Format("csv", "text/csv; charset=utf-8", write_csv),
}
"""By the name that `handrail export --format` takes."""

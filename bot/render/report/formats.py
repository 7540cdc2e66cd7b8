"""The formats of a report: each writes a run's text piece by piece."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from bot.render.report.data import write_csv, write_json
from bot.render.report.pages import FILE_NAMES, ReportFormat, draw_report
from bot.render.report.source import Source
from bot.render.report.templates import Templates

Tell = Callable[[str], None]
"""Takes a sentence for whoever asked for the report, when something about it is not as they would expect."""


@dataclass(frozen=True, slots=True)
class Format:
    """`file_name` holds ``{ref}``; `write` takes the run, the zone in which times are told, and whom to tell."""

    file_name: str
    media_type: str
    write: Callable[[Source, tzinfo, Tell], Iterator[str]]

    def name_file(self, ref: str) -> str:
        """What the file of a run is called: ``ORDERS-7.json``."""
        return self.file_name.format(ref=ref)


NAMES = ("md", "html", "postmortem", "json", "csv")
"""What `formats_with` knows, in the order in which they are offered."""


def formats_with(templates: Templates) -> Mapping[str, Format]:
    """Every format by its name; the pages are set by these templates."""
    pages: tuple[ReportFormat, ...] = ("md", "html", "postmortem")
    return {
        **{name: _page(name, templates) for name in pages},
        "json": Format("{ref}.json", "application/json", lambda source, zone, _: write_json(source, zone)),
        "csv": Format("{ref}.csv", "text/csv; charset=utf-8", lambda source, zone, _: write_csv(source, zone)),
    }


def _page(name: ReportFormat, templates: Templates) -> Format:
    def write(source: Source, zone: tzinfo, tell: Tell) -> Iterator[str]:
        drawn = draw_report(source.whole(), name, zone, templates)
        for notice in drawn.notices:
            tell(notice)
        yield drawn.text

    kind = "text/html" if name == "html" else "text/markdown"
    return Format(FILE_NAMES[name], f"{kind}; charset=utf-8", write)

"""A run as HTML, as Markdown, and as the draft of a post-mortem."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Literal

from markupsafe import Markup

from bot.render.report.contents import tell_report
from bot.render.report.picture.drawing import draw_picture
from bot.render.report.picture.looks import style_sheet
from bot.render.report.picture.plot import plot
from bot.render.report.templates import Drawn, Templates
from bot.timeline.entries import Timeline

ReportFormat = Literal["html", "md", "postmortem"]
_TEMPLATES: Mapping[ReportFormat, str] = {"html": "report.html", "md": "report.md", "postmortem": "postmortem.md"}
FILE_NAMES: Mapping[ReportFormat, str] = {"html": "{ref}.html", "md": "{ref}.md", "postmortem": "{ref}-postmortem.md"}
"""What the file of a run is called."""
EVIDENCE = "Imported as evidence: this record tells what the rules never let happen. `handrail verify` names where."
"""What stands first in every report of such a run."""


def draw_report(timeline: Timeline, format_: ReportFormat, zone: tzinfo, templates: Templates) -> Drawn:
    """The report of a run, with times in this zone; a team's template that cannot be used gives way to ours."""
    report = tell_report(timeline, zone)

    marks = (EVIDENCE,) if timeline.chain is not None and timeline.chain.breaks_law else ()

    def values(notices: tuple[str, ...]) -> Mapping[str, object]:
        shared: dict[str, object] = {"report": report, "notices": (*marks, *notices)}
        return shared | (_picture(timeline, zone) if format_ == "html" else {})

    return templates.draw(_TEMPLATES[format_], values)


def _picture(timeline: Timeline, zone: tzinfo) -> dict[str, object]:
    drawn = draw_picture(plot(timeline, zone))
    return {"picture": Markup(drawn), "picture_style": Markup(style_sheet())}  # noqa: S704  (drawn of escaped words)

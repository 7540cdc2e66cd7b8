"""One rich run in every format, kept whole: after a change look at the difference, then `make snapshots`."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.render.report.formats import ReportFormat, Templates, draw_report
from tests.render.report.rich import rich_story, timeline_of
from tests.render.stories import at_restore

GOLDEN = Path(__file__).parent / "golden"
FILES: dict[ReportFormat, str] = {"html": "report.html", "md": "report.md", "postmortem": "postmortem.md"}


@pytest.mark.parametrize("format_", FILES)
def test_a_rich_run_reads_as_it_did(format_: ReportFormat, pytestconfig: pytest.Config) -> None:
    drawn = draw_report(timeline_of(rich_story()), format_, ZoneInfo("Europe/Berlin"), Templates())
    kept = GOLDEN / FILES[format_]
    if pytestconfig.getoption("update_snapshots"):
        kept.write_text(drawn.text, encoding="utf-8")
    assert drawn.notices == ()
    assert drawn.text == kept.read_text(encoding="utf-8")


def test_times_are_told_in_the_zone_that_is_asked_for() -> None:
    """The same moment in two zones: the day after it in Auckland."""
    timeline = timeline_of(rich_story())
    berlin, auckland = (
        draw_report(timeline, "md", ZoneInfo(name), Templates()).text for name in ("Europe/Berlin", "Pacific/Auckland")
    )
    assert "22 Nov 2026, 13:00 CET, by Ana Ruiz" in berlin
    assert "23 Nov 2026, 01:00 NZDT, by Ana Ruiz" in auckland
    assert "NZDT (Pacific/Auckland)" in auckland


def test_seconds_that_somebody_named_stay_and_what_was_expected_is_not_taken_for_what_was_found() -> None:
    story = at_restore(damage_began="2026-11-22T11:47:30+00:00").begin().done().failed(rows="0")
    drawn = draw_report(timeline_of(story), "md", ZoneInfo("Europe/Berlin"), Templates()).text
    assert "| Damage began | 22 Nov 2026, 12:47:30 CET |" in drawn
    assert "| expected: rows is above 0 |" in drawn

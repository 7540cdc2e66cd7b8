"""What an auditor, or a lawyer, looks for in a report and has to find on paper: numbers, digests, zones, dates."""

import re
from zoneinfo import ZoneInfo

import pytest

from bot.render.report.formats import ReportFormat, Templates, draw_report
from bot.run.commands import Skip, Stop
from tests.render.report.rich import DAMAGE, asked, rich_story, timeline_of
from tests.render.walk import BOOK, TARGET
from tests.story import Story

TIMELINE = timeline_of(rich_story())


def drawn(format_: ReportFormat, zone: str = "Europe/Berlin") -> str:
    text = draw_report(TIMELINE, format_, ZoneInfo(zone), Templates()).text
    return re.sub(r"<[^>]+>", "", text.partition("<main>")[2]) if format_ == "html" else text


def test_every_record_is_numbered_where_it_is_read_on_paper() -> None:
    page = drawn("html")
    lines = page[page.index("Everything, as it was recorded") :]
    numbers = [int(found) for found in re.findall(r"record (\d+)", lines)]
    assert set(numbers) >= {entry.seq for entry in TIMELINE.entries}
    assert "puts record 28 right" in page
    assert "record 28" in page.replace("puts record 28 right", "")


@pytest.mark.parametrize("format_", ["html", "md"])
def test_what_was_signed_has_its_whole_digest_and_says_when_it_ended(format_: ReportFormat) -> None:
    text = drawn(format_)
    assert all(one.digest in text for one in TIMELINE.signoffs)
    assert "rejected by Dora Lind (14:31:21)" in text
    assert "nobody signed in time (15:09:21)" in text


@pytest.mark.parametrize("format_", ["html", "md"])
def test_a_time_that_was_typed_stands_on_the_readers_clocks_too(format_: ReportFormat) -> None:
    assert "target time: 22 Nov 2026, 12:40 CET" in drawn(format_)
    assert "target time: 22 Nov 2026, 06:40 EST" in drawn(format_, "America/New_York")
    assert "written at 22 Nov 2026, 12:50 CET" in drawn(format_)


@pytest.mark.parametrize("format_", ["html", "md", "postmortem"])
def test_a_report_says_up_to_which_record_it_goes_and_when_that_was(format_: ReportFormat) -> None:
    assert f"all {len(TIMELINE.entries)} records, the last of 25 Nov 2026, 16:03 CET, was checked" in drawn(format_)


@pytest.mark.parametrize("format_", ["html", "md", "postmortem"])
def test_follow_ups_that_were_agreed_on_are_told_with_owner_and_day(format_: ReportFormat) -> None:
    text = drawn(format_)
    after = text[text.index("Follow-ups") :]
    assert after.index("Name a second data owner") < after.index("Dora Lind") < after.index("2026-12-01")


def test_what_was_only_chosen_is_not_told_as_lost_or_brought_back() -> None:
    story = Story(BOOK, damage_began=DAMAGE).started().later(minutes=5)
    story.at_visit(Skip, reason="Seen on the dashboard already").later(minutes=5).done(target_time=TARGET)
    text = draw_report(timeline_of(story), "md", ZoneInfo("Europe/Berlin"), Templates()).text
    point = "12:40, 4 min before the damage (22 Nov 2026, 12:44 CET), not judged."
    assert f"{point} What is lost is known once data came back." in text
    assert "To come back as of" in text
    asked(story, "ana", Stop("The data were elsewhere all the time"))
    text = draw_report(timeline_of(story), "md", ZoneInfo("Europe/Berlin"), Templates()).text
    assert f"{point} What was lost is not known: no step recorded how data came back." in text
    assert "are lost" not in text
    assert "rought back" not in text

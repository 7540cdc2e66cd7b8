"""What follows from a record stands on its run's page in the words and the picture of the exports."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from bot.engine.reading import Reading, open_reading
from bot.format.runbook import Runbook
from bot.journal.rows import RunRow
from bot.journal.store import Journal
from bot.render.report.contents import Report, tell_report
from bot.render.report.picture.drawing import draw_picture
from bot.render.report.picture.plot import plot
from bot.render.rota import board_lines
from bot.run.commands import AddNote
from bot.web.pages.views import facts
from tests.render.report.rich import rich_story
from tests.render.stories import at_restore
from tests.story import NOON
from tests.web.room import Room


@pytest.fixture
def page(room: Room) -> str:
    """The page of a run in which nearly everything happened."""
    room.keep(rich_story(), "ORDERS-7")
    return room.read("/runs/ORDERS-7")


def words_of(page: str) -> str:
    """What one reads, whatever it is set in."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def whole(room: Room, ref: str = "ORDERS-7") -> tuple[Report, str]:
    """The report and the picture that an export of the run would have now."""
    row = room.handler.find(ref)
    assert row is not None
    timeline = open_reading(room.journal, room.handler.book, row, until=room.at).whole()
    return tell_report(timeline, UTC), draw_picture(plot(timeline, UTC))


def told(report: Report) -> Iterator[str]:
    """Every text of a report but its lines."""
    yield from (one.text for one in (report.outcome, *report.objectives))
    yield report.turned
    yield from (text for fact in report.facts for text in fact)
    for turn in report.turns:
        yield from (turn.when, turn.what, turn.where, turn.who, turn.words)
    for took in (*report.phases, *report.steps):
        yield from (took.title, took.spent, took.typical, took.beside)
    for choice in report.choices:
        yield from (choice.title, choice.label, choice.others, choice.who, choice.evidence, choice.took)
    for approval in report.approvals:
        yield from (approval.title, approval.ended, approval.asked, approval.reason, approval.content)
        yield from (*approval.signed, approval.digest)
    for call in report.calls:
        yield from (call.when, call.who, call.why, call.via, call.answer)
    for person in report.people:
        yield from (person.name, person.roles, person.operated, str(person.records))
    for one in report.agreed:
        yield from (one.what, one.owner, one.due)
    yield from (*report.lessons.told, report.proof.words, report.proof.head, report.proof.command)


def test_every_fact_of_the_report_is_on_the_page_in_its_words(room: Room, page: str) -> None:
    report, _ = whole(room)
    said = words_of(page)
    assert [text for text in told(report) if " ".join(text.split()) not in said] == []
    names = {name for name, _ in report.facts}
    assert {"Until somebody answered", "Until the first action", "Until recovered", "Waited for people"} <= names
    for holds in (report.turns, report.choices, report.approvals, report.calls, report.agreed, report.lessons.told):
        assert holds
    assert report.proof.tone == "good"


def test_the_picture_is_the_one_of_the_exports_and_needs_no_style_of_its_own(room: Room, page: str) -> None:
    assert whole(room)[1] in page
    assert "<style" not in page
    assert ".when.narrow" in room.look(re.findall(r'href="(/static/[^"]+/picture.css)"', page)[0]).text


def test_every_record_that_is_named_has_its_entry_in_the_log(page: str) -> None:
    leads = set(re.findall(r'<a href="#(record-\d+)"', page))
    assert len(leads) > 10
    assert leads <= set(re.findall(r'<li id="(record-\d+)"', page))


def test_facts_of_an_open_run_are_told_again_for_a_record_and_for_a_minute(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking does not tell them again; what is new does, at once, for whoever opens the page."""
    run = room.keep(at_restore(), "ORDERS-7")
    opened: list[int] = []

    def counted(journal: Journal, books: Callable[[str], Runbook], row: RunRow, *, until: datetime) -> Reading:
        opened.append(row.head)
        return open_reading(journal, books, row, until=until)

    monkeypatch.setattr("bot.web.pages.views.facts.open_reading", counted)
    for _ in range(4):
        assert "As it stood at" in room.read("/runs/ORDERS-7")
    assert len(opened) == 1
    room.handler.handle(run.id, AddNote("I am here"), "ben", "slack")
    assert "Who took part (2)" in room.read("/runs/ORDERS-7")
    assert len(opened) == 2
    room.at += timedelta(minutes=2)
    assert f"{room.at:%H:%M} UTC</time>. Times in UTC." in room.read("/runs/ORDERS-7")
    assert len(opened) == 3


def test_a_run_that_is_too_long_to_sum_up_leads_to_its_copies(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    run = room.keep(at_restore(), "ORDERS-7")
    monkeypatch.setattr(facts, "LONGEST", run.seq - 1)
    said = room.read("/runs/ORDERS-7")
    assert f"This run has {run.seq} records" in said
    assert 'href="/runs/ORDERS-7/copy/html"' in said
    assert f'id="record-{run.seq}"' in said


def test_a_time_that_somebody_gave_in_another_zone_is_said_in_utc(room: Room) -> None:
    run = room.keep(at_restore(), "ORDERS-7")
    room.handler.handle(run.id, AddNote("shops show price 0", "2026-11-22T12:46:00+01:00"), "ben", "slack")
    said = room.read("/runs/ORDERS-7")
    assert "noted (happened 22 Nov 2026 11:46:00 UTC): shops show price 0" in said
    assert "+01:00" not in said


def test_an_asset_says_who_would_be_called_now_as_oncall_says_it(room: Room) -> None:
    room.at = NOON
    asset = room.registry.catalogue.assets["orders-db"]
    said = words_of(room.read("/assets/orders-db"))
    board = room.sources().on_call(asset)
    lines = [line.strip() for line in board_lines(board, UTC)][3:]
    assert len(lines) > 4
    for line in filter(None, lines):
        assert re.sub(r"^\d\. ", "", line) in said, line
    assert "Ana Ruiz until" in said
    assert "22 Nov 2026 12:00 UTC" in said


def test_the_owner_of_a_runbook_is_said_by_name_on_its_page_and_its_drawing(room: Room) -> None:
    for path in ("/runbooks/postgres-pitr", "/runbooks/postgres-pitr/drawing.svg", "/runbooks/postgres-pitr/steps"):
        said = room.read(path)
        assert "Data platform" in said, path
        assert "data-platform" not in words_of(said), path

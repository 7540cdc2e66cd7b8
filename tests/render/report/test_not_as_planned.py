"""What was not as planned about pages, on a real record and in every format: late, failed, and nobody reached."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from bot.engine.reading import open_reading
from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.render.report.contents import tell_report
from bot.render.report.data import timeline_schema
from bot.render.report.formats import FORMAT_NAMES as NAMES
from bot.render.report.formats import Templates, formats_with
from bot.render.thread.post import Moment, Post
from bot.render.thread.signing import tell_signing
from bot.run.commands import AddNote, NoteAttempt, Tick
from bot.run.events import GlassReviewed
from bot.run.situation import FrozenRung, Stamp
from bot.run.state import Run
from tests.engine.office import Office
from tests.journal.conftest import sqlite_url
from tests.render.report.rich import timeline_of
from tests.render.stories import after_glass
from tests.run.test_done_already import at_wipe, said
from tests.story import NOON, PEOPLE

__all__ = ["sqlite_url"]

CHANNELS = {"ana": ("env:ANA_SMS", "env:ANA_CALL"), "dora": ("env:DORA_CALL",)}
RUNGS = (
    FrozenRung(0, ("operator",), ("ana",), ("slack", "pager")),
    FrozenRung(600, ("lead",), ("dora",), ("slack", "pager")),
)
UTC = ZoneInfo("UTC")


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Office]:
    engine = open_engine(sqlite_url)
    yield Office(Journal(engine))
    engine.dispose()


def started(office: Office) -> Run:
    """A run whose first page has gone out in time, to somebody with Slack and two channels beyond it."""
    people = tuple(replace(one, pagers=CHANNELS.get(one.id, ())) for one in PEOPLE)
    run = office.start(by="ben", people=people, rungs=RUNGS)
    look(office, run)
    return run


def look(office: Office, run: Run) -> None:
    office.handler.handle(run.id, Tick(), "clock", "clock")


def tried(office: Office, run: Run, page: int, person: str, channel: str, answer: str) -> None:
    """An attempt that failed for good."""
    noted = NoteAttempt(page, person, channel, 1, reached=False, answer=answer, last=True)
    office.handler.handle(run.id, noted, "clock", "clock")


def told(office: Office, run: Run, format_: str, *, pseudonyms: bool = False) -> str:
    """The run's report, read from its records as an export reads them."""
    row = office.handler.find(run.start.ref)
    assert row is not None
    reading = open_reading(office.journal, office.book_of, row, until=office.at, pseudonyms=pseudonyms)
    assert reading.chain.verified
    notices: list[str] = []
    text = "".join(formats_with(Templates())[format_].write(reading, UTC, notices.append))
    assert notices == []
    return text


def turns(office: Office, run: Run, format_: str, *, pseudonyms: bool = False) -> list[tuple[str, str]]:
    """What was not as planned and the words beside it, as this format has them."""
    text = told(office, run, format_, pseudonyms=pseudonyms)
    match format_:
        case "json":
            found = json.loads(text)
            jsonschema.validate(found, timeline_schema())
            marked = {one["seq"]: one["deviation"] for one in found["entries"] if one["deviation"]}
            assert marked == {one["seq"]: one["kind"] for one in found["deviations"]}
            return [(one["kind"], one["words"]) for one in found["deviations"]]
        case "csv":
            rows = csv.DictReader(io.StringIO(text, newline=""))
            return [(row["not_as_planned"], row["what"]) for row in rows if row["not_as_planned"]]
        case "html":
            table = text[text.index('id="turns"') :].partition("</table>")[0]
            cells = re.findall(r"<td[^>]*>(.*?)</td>", table, re.DOTALL)
            plain = [re.sub(r"<[^>]+>", "", cell).strip() for cell in cells]
            return [(plain[at + 1], plain[at + 4]) for at in range(0, len(plain), 5)]
        case _:
            table = text[text.index("## Not as planned") :].split("\n\n")[1]
            rows_ = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines()[2:]]
            return [(row[1], row[4].replace("\\", "")) for row in rows_]


LATE, FAILED, NOBODY = "a page went out late", "every channel of a page failed", "nobody could be reached"
IN_JSON = {LATE: "late_page", FAILED: "page_failed", NOBODY: "nobody_reached"}


def kinds(office: Office, run: Run, format_: str) -> list[str]:
    found = [kind for kind, _ in turns(office, run, format_)]
    return found if format_ != "json" else [next(one for one, key in IN_JSON.items() if key == kind) for kind in found]


@pytest.mark.parametrize("format_", NAMES)
def test_each_page_that_failed_was_late_or_reached_nobody_has_its_row(office: Office, format_: str) -> None:
    """Page 1: its channels beyond Slack fail one by one, then Slack. Page 2 is nine minutes late."""
    run = started(office)
    tried(office, run, 1, "ana", "env:ANA_SMS", "550 mailbox full")
    assert FAILED not in told(office, run, format_), "one channel is left"
    tried(office, run, 1, "ana", "env:ANA_CALL", "busy")
    assert kinds(office, run, format_) == [FAILED]
    tried(office, run, 1, "ana", "slack", "channel_not_found")
    assert kinds(office, run, format_) == [FAILED, NOBODY]
    office.later(minutes=9)
    look(office, run)
    found = turns(office, run, format_)
    assert kinds(office, run, format_)[:3] == [FAILED, NOBODY, LATE], "nobody reached calls the next rung at once"
    if format_ != "csv":  # there the whole sentence of each record stands in the row
        for (_, words), page in zip(found, ("page 1 to", "page 1 to", "page 2 to"), strict=False):
            assert page in words
        assert found[0][1].endswith("page 1 to Ana Ruiz, beyond Slack; the last answer: busy")


def test_a_channel_that_works_and_a_page_in_time_are_no_rows(office: Office) -> None:
    """The same attempts, and one of them arrives; the same page, half a minute late."""
    run = started(office)
    tried(office, run, 1, "ana", "env:ANA_SMS", "550 mailbox full")
    arrived = NoteAttempt(1, "ana", "env:ANA_CALL", 1, reached=True, answer="taken")
    office.handler.handle(run.id, arrived, "clock", "clock")
    tried(office, run, 1, "ana", "slack", "channel_not_found")
    office.later(minutes=10, seconds=30)
    look(office, run)
    assert {entry["kind"] for entry in json.loads(told(office, run, "json"))["entries"]} >= {"paged", "page-tried"}
    assert turns(office, run, "json") == []


def test_where_nobody_has_another_channel_slack_is_every_channel(office: Office) -> None:
    run = office.start(by="ben", rungs=RUNGS)
    look(office, run)
    tried(office, run, 1, "ana", "slack", "channel_not_found")
    assert [kind for kind, _ in turns(office, run, "json")] == ["page_failed", "nobody_reached"]
    assert turns(office, run, "json")[0][1] == "page 1 to Ana Ruiz; the last answer: channel_not_found"


def test_pseudonyms_change_names_and_no_fact(office: Office) -> None:
    """Whether every channel failed is known although nobody's channels are named."""
    run = started(office)
    for channel in ("env:ANA_SMS", "env:ANA_CALL", "slack"):
        tried(office, run, 1, "ana", channel, "no answer")
    office.later(minutes=9)
    look(office, run)
    plain, masked = (turns(office, run, "json", pseudonyms=masked) for masked in (False, True))
    assert [kind for kind, _ in masked] == [kind for kind, _ in plain]
    assert masked[0][1] == "page 1 to Operator 1, beyond Slack; the last answer: no answer"
    text = told(office, run, "json", pseudonyms=True)
    assert not re.search("ANA|Ana|DORA|Dora|U0", text)


def test_a_late_page_says_how_late(office: Office) -> None:
    run = started(office)
    office.later(minutes=12)
    look(office, run)
    found = json.loads(told(office, run, "json"))
    late = [one for one in found["deviations"] if one["kind"] == "late_page"]
    assert [one["late_seconds"] for one in late][:1] == [timedelta(minutes=2).total_seconds()]
    assert ("a page went out late", "2 min late – page 2 to Dora Lind") in turns(office, run, "md")


def test_a_page_that_reached_nobody_was_not_answered(office: Office) -> None:
    """Whoever presses a button later answers for the run, and no report says that this page was answered."""
    run = started(office)
    for channel in ("env:ANA_SMS", "env:ANA_CALL", "slack"):
        tried(office, run, 1, "ana", channel, "no answer")
    office.later(minutes=1)
    office.handler.handle(run.id, AddNote("I am here now."), "chen", "slack")
    page = told(office, run, "html")
    assert "0 answered" in page
    assert "Nobody could be reached" in page
    assert "Every page was answered" not in told(office, run, "postmortem")


def test_work_that_was_done_unsigned_is_no_broken_glass() -> None:
    """Page 1 and the run's page name what waits for a review by what it is."""
    glass = tell_report(timeline_of(after_glass()), UTC)
    work = tell_report(timeline_of(said(at_wipe())), UTC)
    assert glass.reviews_owed == ("A broken glass that nobody has reviewed.",)
    assert work.reviews_owed == ("Work that was done before it was signed for, and that nobody has reviewed.",)
    assert set(work.reviews_owed) <= set(work.front.still_open)
    run, stamp = said(at_wipe()).run, Stamp(NOON, "ben", "slack")
    review = GlassReviewed("It was right.")
    (post,) = tell_signing(Moment(run, 9, review, stamp, run), review)
    assert isinstance(post, Post)
    assert "Ben Okafor reviewed what was done unsigned." in post.message.text

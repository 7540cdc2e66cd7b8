"""`handrail oncall`: who is on call at a moment, and an exit code that says whether somebody always is."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.journal.database import open_engine
from bot.journal.feeds import Feeds
from bot.journal.store import Journal
from tests.oncall.test_feed import calendar
from tests.places import migrated
from tests.slack.folder import write_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one rotation and one ladder; we stand beside it."""
    runbooks = tmp_path / "kept"
    runbooks.mkdir()
    monkeypatch.setenv("HANDRAIL_RUNBOOKS", str(runbooks))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/record.db")
    monkeypatch.chdir(tmp_path)
    return write_folder(runbooks)


def oncall(*words: str) -> Result:
    return CliRunner().invoke(main, ["oncall", *words])


def test_who_is_on_call_at_a_moment(folder: Path, tmp_path: Path) -> None:
    """Ben until Monday 09:00 in Madrid; without a feed no database is made for the question."""
    told = oncall("orders", "--at", "2026-01-13T12:00Z", "--timezone", "Europe/Madrid")
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("On call for Orders database at Tue 2026-01-13 13:00 CET\n")
    assert "rotation dba: Ben Okafor until Mon 2026-01-19 09:00 CET, then Chen Wei\n" in told.stdout
    assert "after 10 min, by Slack and pager, 2 times" in told.stdout
    assert not (tmp_path / "record.db").exists()


def test_a_time_without_an_offset_is_of_the_zone_that_is_shown(folder: Path) -> None:
    held = [oncall("--at", "2026-01-12T08:30", "--timezone", zone).stdout for zone in ("UTC", "Europe/Madrid")]
    assert "Ben Okafor until" in held[0]
    assert "Ana Ruiz until" in held[1]


def test_what_nobody_covers_is_an_exit_code(folder: Path) -> None:
    """Before the first turn; and from then on all is well."""
    gap = oncall("--at", "2026-01-04T00:00Z", "--timezone", "UTC")
    assert gap.exit_code == 1
    assert "Not covered in the next 14 days:\n  dba: Sun 2026-01-04 00:00 UTC to Mon 2026-01-05 08:00 UTC" in gap.stdout
    assert "Next: add an override" in gap.stderr
    assert oncall("--at", "2026-01-05T08:00Z").exit_code == 0


def test_json_is_for_programs(folder: Path) -> None:
    told = oncall("--format", "json", "--at", "2026-01-04T00:00Z")
    assert told.exit_code == 1
    board = json.loads(told.stdout)
    assert board["covered"] is False
    assert board["holes"] == [
        {"rotation": "dba", "since": "2026-01-04T00:00:00+00:00", "until": "2026-01-05T08:00:00+00:00"}
    ]


def test_a_feed_is_answered_for_by_its_last_good_copy(folder: Path, tmp_path: Path) -> None:
    """As the server left it in the database; what in it fits nobody is named."""
    catalogue = folder / "catalogue.yaml"
    words = catalogue.read_text(encoding="utf-8")
    words = words.replace("ladders:\n", '  - {id: fed, team: leads, ics: "env:LEADS_ICS"}\nladders:\n')
    catalogue.write_text(words.replace('tell: ["team:leads"]', 'tell: ["rotation:fed"]'), encoding="utf-8")
    at = ("--at", "2026-11-22T12:00Z", "--timezone", "UTC")
    assert "The feed of fed was never read: nobody has fetched it yet, as handrail serve does." in oncall(*at).stdout
    engine = open_engine(f"sqlite:///{tmp_path}/record.db")
    migrated(engine)
    text = calendar(
        "SUMMARY:Dora Lind|DTSTART:20261122T090000Z|DTEND:20261123T090000Z",
        "SUMMARY:Somebody else|DTSTART:20261123T090000Z|DTEND:20270123T090000Z",
    )
    Feeds(Journal(engine)).keep("LEADS_ICS", text, datetime(2026, 11, 22, 11, 57, tzinfo=UTC))
    engine.dispose()
    told = oncall(*at)
    assert told.exit_code == 1
    assert "rotation fed: Dora Lind until Mon 2026-11-23 09:00 UTC" in told.stdout
    assert "The feed of fed was read 3 min ago." in told.stdout
    assert "says “Somebody else”: nobody of the catalogue for sure" in told.stdout
    assert "fed: Mon 2026-11-23 09:00 UTC to Sun 2026-12-06 12:00 UTC" in told.stdout


def test_every_turn_of_a_calendar_is_told_before_it_is_live(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a file or an address that a variable holds: whose each is and by what, who is nobody and why."""
    assert folder.is_dir()
    file = tmp_path / "dba.ics"
    file.write_text(
        calendar(
            "SUMMARY:On call: Okafor\\, Ben|DTSTART:20261122T090000Z|DTEND:20261129T090000Z",
            "SUMMARY:Zoe from the agency|DTSTART:20261129T090000Z|DTEND:20261206T090000Z",
            "SUMMARY:Ana Ruiz|DTSTART:20261399T090000Z|DTEND:20261206T090000Z",
        ),
        encoding="utf-8",
    )
    at = ("--at", "2026-11-22T09:00Z", "--timezone", "UTC", "--weeks", "2")
    told = oncall("--feed", str(file), *at)
    assert told.exit_code == 1, told.output
    assert told.stdout.splitlines() == [
        "Turns from Sun 2026-11-22 09:00 UTC to Sun 2026-12-06 09:00 UTC",
        "  Sun 2026-11-22 09:00 UTC to Sun 2026-11-29 09:00 UTC",
        "    Ben Okafor (by the name in the title)",
        "  Sun 2026-11-29 09:00 UTC to Sun 2026-12-06 09:00 UTC",
        "    nobody: “Zoe from the agency”: it holds no address, name, @handle or id of anybody",
        "",
        "2 turns, 1 of them nobody’s.",
        "Nobody is on call:",
        "  Sun 2026-11-29 09:00 UTC to Sun 2026-12-06 09:00 UTC",
        "“Ana Ruiz” was left out: 20261399T090000Z is no time.",
    ]
    sound = oncall("--feed", str(file), *at[:-1], "1", "--format", "json")
    plain = json.loads(sound.stdout)
    assert plain["turns"][0]["who"] == [{"name": "Ben Okafor", "by": "the name in the title"}]
    assert plain["gaps"] == []
    assert not plain["sound"], "an event was left out"
    assert "the variable DBA_ICS is not set here" in oncall("--feed", "env:DBA_ICS").stderr
    monkeypatch.setenv("DBA_ICS", "ftp://x/s3cret")
    refused = oncall("--feed", "env:DBA_ICS")
    assert (refused.exit_code, "s3cret" in refused.output) == (2, False)
    assert "cannot be read" in oncall("--feed", str(tmp_path / "none.ics")).stderr
    assert "either an asset or --feed" in oncall("orders", "--feed", str(file)).stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ordrs"], "There is no asset ordrs"),
        (["--at", "tonight"], "tonight is not a time"),
        (["--timezone", "Europe/Madird"], "Europe/Madird is not a time zone"),
    ],
)
def test_what_is_not_known_is_said(folder: Path, words: list[str], said: str) -> None:
    told = oncall(*words)
    assert told.exit_code == 2
    assert said in told.stderr
    assert "Traceback" not in told.output

"""`handrail learn`, and what `diff` says of old runs: from real records, by the files and the database of a firm."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.run.commands import Finish
from bot.run.places import Over
from bot.wiring.house import House
from tests.cli.orders import BOOK, say, settle_in, start_drill


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return settle_in(tmp_path)


@pytest.fixture
def house(environment: dict[str, str]) -> Iterator[House]:
    house = House(environment)
    house.journal()
    yield house
    house.close()


def copied_within(house: House, *minutes: int) -> None:
    """Drills of the last days whose first step took so long."""
    for ago, took in enumerate(minutes, 1):
        house.set_clock(timedelta(days=-ago))
        run = start_drill(house, "One more.")
        house.set_clock(timedelta(days=-ago, minutes=took))
        assert not isinstance(run.here, Over)
        house.handler().handle(run.id, Finish(run.here.step, run.here.visit, "ok"), "ana", "slack")
    house.set_clock(timedelta())


def file_of(environment: dict[str, str]) -> Path:
    return Path(environment["HANDRAIL_RUNBOOKS"]) / "rows-gone.yaml"


def test_times_are_proposed_as_a_diff_and_written_where_that_is_asked_for(
    environment: dict[str, str], house: House
) -> None:
    file_of(environment).write_text(BOOK.replace("typical: 10m,", "typical: 10m, # as we hope\n    "), "utf-8")
    copied_within(house, 20, 26, 24, 41, 29)
    told = say(environment, "learn", "rows-gone").output
    assert "Rows are gone (rows-gone) · walked 5 times (0 live, 5 practised) in a year" in told
    assert "copy       5       26 min       41 min  10 min" in told
    assert "never:" in told
    assert "    check by “rejected” → hold" in told
    assert "Proposed: copy: typical 30m instead of 10m; of 5 visits half were over within 26 min" in told
    assert "-  - {id: copy, do: Copy the rows back, typical: 10m, # as we hope" in told
    assert "+  - {id: copy, do: Copy the rows back, typical: 30m, # as we hope" in told
    assert "typical: 10m" in file_of(environment).read_text("utf-8"), "nothing is written that nobody asked for"
    assert "Written: " in say(environment, "learn", "--write").output
    assert "typical: 30m, # as we hope" in file_of(environment).read_text("utf-8")
    assert "Proposed" not in say(environment, "learn").output


def test_of_few_walks_no_time_is_proposed_and_programs_get_the_same(environment: dict[str, str], house: House) -> None:
    copied_within(house, 60, 60)
    told = say(environment, "learn", "rows-gone").output
    assert "Times are proposed of steps with 5 visits or more." in told
    (found,) = json.loads(say(environment, "learn", "--format", "json").output)["runbooks"]
    assert found["steps"] == [{"step": "copy", "count": 2, "p50": 3600, "p90": 3600}]
    assert {"step": "copy", "exit": "problem", "to": "hold"}.items() <= found["exits"][1].items()
    assert found["proposed"] == []


def test_a_runbook_that_is_not_there_or_was_never_walked(environment: dict[str, str], house: House) -> None:
    assert "No runbook was walked in a year" in say(environment, "learn").output
    assert "walked never in a year" in say(environment, "learn", "rows-gone").output
    missed = say(environment, "learn", "rows-gon")
    assert missed.exit_code == 2
    assert "Is it one of these: rows-gone?" in missed.output


def test_a_file_that_is_not_sound_is_left_as_it_is_and_said(environment: dict[str, str], house: House) -> None:
    copied_within(house, 30, 30, 30, 30, 30)
    broken = BOOK.replace("do: Copy the rows back, ", "")
    file_of(environment).write_text(broken, "utf-8")
    told = say(environment, "learn", "--write").output
    assert file_of(environment).read_text("utf-8") == broken
    assert told == "! rows-gone was walked, and no sound file holds it now. Next: handrail check\n"


def test_a_changed_runbook_says_which_nights_would_have_gone_otherwise(
    environment: dict[str, str], house: House, tmp_path: Path
) -> None:
    copied_within(house, 5, 6)
    new = tmp_path / "new.yaml"
    new.write_text(BOOK.replace("{ok: check, problem: hold}", "{ok: good, problem: hold}"), "utf-8")
    told = say(environment, "diff", str(file_of(environment)), str(new)).output
    assert "Of the last 2 runs 0 would go the same way to their end." in told
    assert ": after 1 of 2 steps: copy by “ok” leads to good instead of check" in told
    assert "replayed" not in say(environment, "diff", str(file_of(environment)), str(new), "--runs", "0").output
    nowhere = environment | {"DATABASE_URL": "sqlite:///nowhere.db"}
    assert "replayed" not in say(nowhere, "diff", str(file_of(environment)), str(new)).output


def test_the_drawing_says_how_often_each_exit_was_walked(environment: dict[str, str], house: House) -> None:
    copied_within(house, 5, 6)
    told = say(environment, "show", "rows-gone", "--walked").output
    assert "┗ done · 2× → 2 check" in told
    assert "✗ problem · never → 4 hold" in told
    assert "done · 2×" in say(environment, "show", "rows-gone", "--walked", "--format", "svg").output
    assert "×" not in say(environment, "show", "rows-gone").output

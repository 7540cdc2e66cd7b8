"""A run written to a file or the screen: whole, in the zone and under the names that were asked for."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.cli.failures import NOBODY_READS
from bot.journal import rows
from bot.journal.ledger import read_tip
from bot.journal.tables import record
from bot.run.commands import AddNote
from bot.wiring.house import House
from tests.cli.test_record import RUNBOOKS, handrail, start


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{tmp_path}/export.db", "HANDRAIL_RUNBOOKS": str(RUNBOOKS)}


@pytest.fixture
def house(environment: dict[str, str]) -> Iterator[House]:
    house = House(environment)
    run_id = start(house)
    house.handler().handle(run_id, AddNote("=HYPERLINK(1) Ben Okafor counts the rows."), "ben", "slack")
    yield house
    house.close()


@pytest.mark.parametrize("format_", ["md", "html", "postmortem", "json", "csv"])
def test_each_format_names_the_head_and_how_to_check_it(
    environment: dict[str, str], house: House, format_: str
) -> None:
    row = house.journal().find_run("ORDERS-1")
    assert row is not None
    told = handrail(environment, "export", "orders-1", "--format", format_)
    assert told.exit_code == 0, told.output
    assert row.hash in told.stdout
    assert "handrail verify ORDERS-1" in told.stdout
    assert str(read_tip(house.journal().read)) in told.stdout


def test_the_timeline_is_that_of_the_records(environment: dict[str, str], house: House) -> None:
    row = house.journal().find_run("ORDERS-1")
    assert row is not None
    told = json.loads(handrail(environment, "export", "ORDERS-1", "--format", "json").stdout)
    assert [one["seq"] for one in told["entries"]] == list(range(1, row.head + 1))
    assert [one["kind"] for one in told["entries"]] == [one.kind for one in house.journal().records(row.run_id)]
    assert told["chain"]["verified"] is True
    rows = list(csv.DictReader(handrail(environment, "export", "ORDERS-1", "--format", "csv").stdout.splitlines()))
    assert rows[-1]["evidence"].startswith("'=HYPERLINK")


def test_a_chain_that_does_not_hold_is_said_on_the_screen_and_in_the_file(
    environment: dict[str, str], house: House
) -> None:
    with house.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER record_no_update"))
        connection.execute(record.update().where(record.c.seq == 2).values(by="chen"))
    told = handrail(environment, "export", "ORDERS-1", "--format", "json")
    assert "! The chain of ORDERS-1 does not hold" in told.stderr
    found = json.loads(told.stdout)["chain"]
    assert found["verified"] is False
    assert "Record 2" in found["fault"]


def test_times_are_told_in_the_zone_and_an_unknown_one_is_refused(environment: dict[str, str], house: House) -> None:
    told = json.loads(
        handrail(environment, "export", "ORDERS-1", "--format", "json", "--timezone", "Asia/Kolkata").stdout
    )
    assert told["entries"][0]["at"].endswith("+05:30")
    for wrong in ("Mars/Olympus", "../../etc/passwd", ""):
        refused = handrail(environment, "export", "ORDERS-1", "--format", "json", "--timezone", wrong)
        assert refused.exit_code == (2 if wrong else 0), refused.output


def test_pseudonyms_are_for_every_format_but_the_records(environment: dict[str, str], house: House) -> None:
    for format_ in ("md", "html", "postmortem", "json", "csv"):
        told = handrail(environment, "export", "ORDERS-1", "--format", format_, "--pseudonyms").stdout
        assert "Operator 1" in told, format_
        assert "Okafor" not in told, format_
        assert "Ruiz" not in told, format_
    refused = handrail(environment, "export", "ORDERS-1", "--pseudonyms")
    assert refused.exit_code == 2
    assert "jsonl carries the records as they are" in refused.output


def test_a_file_is_whole_or_not_there(environment: dict[str, str], house: House, tmp_path: Path) -> None:
    kept = tmp_path / "run.json"
    assert handrail(environment, "export", "ORDERS-1", "--format", "json", "--output", str(kept)).exit_code == 0
    assert json.loads(kept.read_text(encoding="utf-8"))["run"]["ref"] == "ORDERS-1"
    with house.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER record_no_update"))
        connection.execute(record.update().where(record.c.seq == 3).values(kind="from-the-future"))
    lost = tmp_path / "lost.json"
    refused = handrail(environment, "export", "ORDERS-1", "--format", "json", "--output", str(lost))
    assert refused.exit_code == 2
    assert "Record 3" in refused.output
    assert sorted(path.name for path in tmp_path.glob("*.json*")) == ["run.json"]


def test_a_run_of_more_than_one_portion_is_read_whole(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    row = house.journal().find_run("ORDERS-1")
    assert row is not None
    records = house.journal().records(row.run_id)
    monkeypatch.setattr(rows, "PORTION", 2)
    assert len(records) > 2
    assert list(rows.stream_records(house.journal().read, row.run_id, row.head)) == records


@pytest.mark.parametrize("format_", ["jsonl", "md"])
@pytest.mark.usefixtures("house")
def test_whoever_stops_reading_is_told_nothing(environment: dict[str, str], format_: str) -> None:
    """As with `| head`: the reading end is gone before the first line is written."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-c", "from bot.cli import main; main()", "export", "ORDERS-1", "--format", format_]
    try:
        done = subprocess.run(
            command, stdout=writing, stderr=subprocess.PIPE, env=os.environ | environment, check=False, timeout=60
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (NOBODY_READS, b"")

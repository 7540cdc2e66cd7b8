"""`handrail evidence`: what an auditor is handed is what the record says, and nothing of it is left out."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.cli.failures import COULD_NOT
from bot.journal.tables import record
from bot.render.evidence import Reviewed, reviews_between
from bot.run.commands import AddFollowUp, Stop
from bot.wiring.house import House
from tests.cli.test_record import RUNBOOKS, handrail, start

EVER = ("--since", "2000-01-01", "--until", "2199-12-30")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{tmp_path}/evidence.db", "HANDRAIL_RUNBOOKS": str(RUNBOOKS)}


@pytest.fixture
def house(environment: dict[str, str]) -> Iterator[House]:
    house = House(environment)
    run_id = start(house)
    house.handler().handle(run_id, Stop("=The wrong database"), "ana", "slack")
    due = due_of(house)
    house.handler().handle(run_id, AddFollowUp("Name the host <b>", "ben", due), "chen", "slack")
    yield house
    house.close()


def due_of(house: House) -> str:
    """A day soon after the run, whenever that is."""
    row = house.journal().find_run("ORDERS-1")
    assert row is not None
    return (row.started_at + timedelta(days=30)).date().isoformat()


def rows_in(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "evidence.csv").read_text(encoding="utf-8").splitlines()))


def test_a_run_stands_with_its_result_its_objectives_and_the_head_of_its_chain(
    environment: dict[str, str], house: House, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    said = handrail(environment, "evidence", *EVER, "--asset", "orders", "--output", str(out))
    assert said.exit_code == 0, said.output
    row = house.journal().find_run("ORDERS-1")
    assert row is not None
    run = next(one for one in rows_in(out) if one["kind"] == "drill")
    assert (run["ref"], run["chain_head"], run["chain"]) == ("ORDERS-1", row.hash, "holds")
    assert run["reason"] == "'=The wrong database", "no cell is a formula"
    assert " of 4 h" in run["rto"]
    follow_up = next(one for one in rows_in(out) if one["kind"] == "follow-up")
    assert follow_up["result"] == f"open, due {due_of(house)}"
    page = (out / "evidence.html").read_text(encoding="utf-8")
    assert "Name the host &lt;b&gt;" in page
    assert "<script" not in page


def test_days_outside_are_left_out_and_an_asset_nobody_knows_is_said(
    environment: dict[str, str], house: House, tmp_path: Path
) -> None:
    assert house.journal().find_run("ORDERS-1") is not None
    early = handrail(
        environment, "evidence", "--since", "2000-01-01", "--until", "2000-12-31", "--output", str(tmp_path)
    )
    assert early.exit_code == 0, early.output
    assert not [one for one in rows_in(tmp_path) if one["kind"] in ("run", "drill", "follow-up")]
    unknown = handrail(environment, "evidence", *EVER, "--asset", "nothing")
    assert (unknown.exit_code, "There is no asset nothing" in unknown.output) == (COULD_NOT, True)
    wrong = handrail(environment, "evidence", "--since", "yesterday")
    assert "write YYYY-MM-DD" in wrong.output
    turned = handrail(environment, "evidence", "--since", "2001-01-01", "--until", "2000-01-01")
    assert "lies before" in turned.output


def test_a_chain_that_does_not_hold_is_said_beside_the_run(
    environment: dict[str, str], house: House, tmp_path: Path
) -> None:
    with house.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER record_no_update")
        connection.execute(record.update().where(record.c.seq == 2).values(by="eve"))
    said = handrail(environment, "evidence", *EVER, "--output", str(tmp_path))
    assert "! ORDERS-1: DOES NOT HOLD" in said.output
    assert next(one for one in rows_in(tmp_path) if one["kind"] == "drill")["chain"].startswith("DOES NOT HOLD")


def test_a_review_is_done_due_or_overdue_by_the_days_that_are_asked_about() -> None:
    done = [(date(2026, 2, 1), "chen"), (date(2026, 5, 1), "ana"), (date(2026, 5, 1), "ana")]
    quarter = timedelta(days=90)
    told = list(reviews_between("pitr", done, quarter, date(2026, 3, 1), date(2026, 10, 1)))
    assert told == [
        Reviewed("pitr", date(2026, 5, 1), "ana", "done"), Reviewed("pitr", date(2026, 7, 30), "", "overdue"),
    ]  # fmt: skip
    soon = list(reviews_between("pitr", done, quarter, date(2026, 3, 1), date(2026, 7, 20)))
    assert soon[-1] == Reviewed("pitr", date(2026, 7, 30), "", "due")
    assert list(reviews_between("pitr", [], quarter, date(2026, 3, 1), date(2026, 7, 20))) == []


def test_a_drill_that_is_due_stands_beside_those_that_were_held(
    environment: dict[str, str], house: House, tmp_path: Path
) -> None:
    """The one of today was stopped: nobody has walked it to an end."""
    assert house.journal().find_run("ORDERS-1") is not None
    handrail(environment, "evidence", *EVER, "--output", str(tmp_path))
    due = [one for one in rows_in(tmp_path) if one["kind"] == "drill-due"]
    assert {(one["result"], one["reason"]) for one in due} == {("overdue", "never walked")}
    assert "Drills that are due" in (tmp_path / "evidence.html").read_text("utf-8")

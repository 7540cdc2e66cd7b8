"""`handrail ready`, `start-here` and `show --failures`: from real records, by the files and the database of a firm."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.journal.hook_tokens import HEARTBEAT
from bot.journal.streams import PROTECTIONS, Streams
from bot.readiness.protection.events import Beat
from bot.readiness.protection.plan import plan_of
from bot.readiness.protection.rules import hear, take_plan
from bot.readiness.protection.state import evolve
from bot.run.commands import Finish
from bot.run.places import Over
from bot.wiring.house import House
from tests.cli.orders import say, settle_in, start_drill


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return settle_in(tmp_path)


@pytest.fixture
def house(environment: dict[str, str]) -> Iterator[House]:
    house = House(environment)
    house.journal()
    yield house
    house.close()


def walk(house: House, exit_: str = "problem") -> None:
    """A drill that Ana begins, and that goes by this exit of the first step."""
    run = start_drill(house)
    assert not isinstance(run.here, Over)
    done = Finish(run.here.step, run.here.visit, exit_, note="It failed.")
    house.handler().handle(run.id, done, "ana", "slack")


def ready(environment: dict[str, str], asset: str = "orders-db") -> dict[str, object]:
    (found,) = json.loads(say(environment, "ready", asset, "--format", "json").output)["assets"]
    return dict(found)


def says(found: dict[str, object]) -> dict[int, str]:
    return {one["number"]: one["says"] for one in found["questions"]}  # type: ignore[attr-defined]


def test_what_was_never_heard_or_walked_is_said_with_the_next_thing_to_do(
    environment: dict[str, str], house: House
) -> None:
    told = say(environment, "ready")
    assert told.exit_code == 0, told.output
    assert told.output.index("Orders (orders-db)") < told.output.index("Notes (notes)")
    assert "full: nothing was ever heard of it" in told.output
    one = say(environment, "ready", "orders")
    assert "it was never walked" in one.output
    assert "no alert" not in one.output, "it has no trigger by alerts"
    assert says(ready(environment))[2] == "yes"
    assert ready(environment, "notes")["next"] == {
        "sentence": "Write down what protects Notes, and let it report.", "command": "handrail new asset notes",
    }  # fmt: skip
    assert say(environment, "ready", "nowhere").exit_code == 2
    (head, *rows) = csv.reader(io.StringIO(say(environment, "ready", "--format", "csv").output))
    assert [dict(zip(head, row, strict=True))["asset"] for row in rows] == ["orders-db", "notes"]


def test_a_heartbeat_and_a_walk_change_what_is_said_at_once(environment: dict[str, str], house: House) -> None:
    """The same gatherer reads again only what changed."""
    gatherer, at = house.gatherer, house.now()
    before = gatherer.facts()
    assert before.runs == {}
    plan = plan_of(before.catalogue.assets["orders-db"].protection[0])
    beat = Beat(at - timedelta(hours=3), "vault")
    streams = Streams(house.journal(), PROTECTIONS)
    streams.change("orders-db/full", lambda here: take_plan(here, plan, at), at, "catalogue", "clock")
    streams.change("orders-db/full", lambda here: hear(here, beat, at), at, HEARTBEAT, "hook")
    assert evolve(streams.state("orders-db/full"), beat, at).newest is not None
    walk(house)
    after = gatherer.facts()
    (run,) = after.runs["orders-db"]
    assert (run.ref, run.mode, run.people >= {"ana"}, run.vias) == ("ORDERS-1", "drill", True, frozenset({"slack"}))
    found = ready(environment)
    aims = found["objectives"]
    assert isinstance(aims, dict)
    assert aims["rpo_gap_seconds"] >= 3600
    assert found["next"] == {
        "sentence": "Put the backup full right: late at vault.", "command": "handrail protections orders-db full",
    }  # fmt: skip
    assert says(found)[5] == "no", "a drill that did not end with the data back is no test"


def test_the_gate_asks_no_database(environment: dict[str, str]) -> None:
    passes = say(environment, "ready", "orders-db", "--gate")
    assert passes.exit_code == 1, passes.output
    assert "Nothing starts its recovery" in passes.output
    assert "1 missing" in passes.output
    fails = say(environment, "ready", "notes", "--gate")
    assert fails.exit_code == 1
    assert "Nothing protects it" in fails.output
    assert say(environment, "ready", "--gate").exit_code == 2
    assert not Path(environment["DATABASE_URL"].removeprefix("sqlite:///")).exists()


def test_failures_are_listed_with_their_answers_and_when_they_were_walked(
    environment: dict[str, str], house: House
) -> None:
    unknown = say(environment | {"DATABASE_URL": "sqlite:///nowhere.db"}, "show", "rows-gone", "--failures")
    assert "copy · problem → the lead, at hold  (not known: no record here)" in unknown.output
    assert "never walked" in say(environment, "show", "rows-gone", "--failures").output
    walk(house)
    told = say(environment, "show", "rows-gone", "--failures").output
    assert f"copy · problem → the lead, at hold  (last walked {house.now():%Y-%m-%d})" in told
    assert "check · expired → the lead, at hold  (never walked)" in told
    assert "Too late → hold" in told
    assert "3 of these ways lead to the lead alone." in told


def test_where_to_begin(environment: dict[str, str], house: House) -> None:
    told = say(environment, "start-here").output
    assert told.startswith("Begin with Orders (orders-db): tier 1")
    assert "1. the primary is down or hangs" in told
    assert "rows or tables are lost" not in told, "its runbook speaks of that"
    assert "Hold a drill by " in told

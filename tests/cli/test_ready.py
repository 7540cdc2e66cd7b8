"""`handrail ready`, `start-here` and `show --failures`: from real records, by the files and the database of a firm."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.engine.opening import StartRequest, plan_start
from bot.journal.hook_tokens import HEARTBEAT
from bot.journal.streams import PROTECTIONS, Streams
from bot.readiness.protection.events import Beat
from bot.readiness.protection.plan import plan_of
from bot.readiness.protection.rules import hear, take_plan
from bot.readiness.protection.state import evolve
from bot.run.commands import Finish
from bot.run.places import Over
from bot.wiring.house import House

FILES = """
schema: assets/v1
assets:
  - {id: orders-db, name: Orders, type: postgres, tier: 1, owner: data, rpo: 2h, rto: 4h, runbooks: [rows-gone],
     ladder: database, depends_on: [vault], protection: [{id: full, method: pg_dump, every: 1h, target: vault}]}
  - {id: notes, name: Notes, type: wiki, tier: 3, owner: data, runbooks: []}
---
schema: resources/v1
resources: [{id: vault, kind: storage, name: Backup vault, owner: data, check: {tcp: "vault:443"}}]
---
schema: people/v1
people: [{id: ana, name: Ana Ruiz, slack: U0ANA}, {id: ben, name: Ben Okafor, slack: U0BEN}]
teams: [{id: data, name: Data, members: [ana, ben], channel: C0DATA}]
ladders: [{id: database, rungs: [{after: 0m, tell: ["person:ana"]}, {after: 10m, tell: ["team:data"]}]}]
"""
BOOK = """
schema: runbook/v1
id: rows-gone
title: Rows are gone
status: active
enter_when: ["A SELECT shows it."]
not_for: [{when: "The database does not start.", use: "a failover"}]
objective: Bring the rows back.
owner: data
review: {every: 180d, last_on: "2026-11-01", by: ana}
drill: {every: 90d, mode: tabletop}
failure_modes: [{mode: Too late, answer: hold}, {mode: No backup, answer: hold}, {mode: Nobody is there, answer: hold}]
roles: {operator: "team:data", lead: "team:data"}
exception: hold
steps:
  - {id: copy, do: Copy the rows back, typical: 10m, go: {ok: check, problem: hold}}
  - {id: check, signoff: Approve the rows, from: [lead], forbid: [operator], mode: after, binds: {},
     go: {approved: good, rejected: hold, expired: hold}}
  - {id: good, end: Close the run, outcome: recovered}
  - id: hold
    decide: Choose how to go on
    who: lead
    max_visits: 9
    options:
      - {id: again, label: Try again, when: It may help., go: copy}
      - {id: end, label: End it, when: Nothing helps., go: gone}
    go: {unsure: gone}
  - {id: gone, end: Stop the run, outcome: aborted}
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "catalogue.yaml").write_text(FILES, encoding="utf-8")
    (folder / "rows-gone.yaml").write_text(BOOK, encoding="utf-8")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "index.html").write_text("printed", encoding="utf-8")
    return {
        "DATABASE_URL": f"sqlite:///{tmp_path}/record.db", "HANDRAIL_RUNBOOKS": str(folder),
        "HANDRAIL_PACK": str(tmp_path / "pack"),
    }  # fmt: skip


@pytest.fixture
def house(environment: dict[str, str]) -> Iterator[House]:
    house = House(environment)
    house.journal()
    yield house
    house.close()


def say(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=environment)


def walk(house: House, exit_: str = "problem") -> None:
    """A drill that Ana begins, and that goes by this exit of the first step."""
    handler = house.handler()
    wish = StartRequest("orders-db", "rows-gone", "drill", "ana", {}, reason="", channel="C0DATA")
    run = handler.start(plan_start(house.registry(), wish, house.now()), "ana", "slack").run
    assert not isinstance(run.here, Over)
    handler.handle(run.id, Finish(run.here.step, run.here.visit, exit_, note="It failed."), "ana", "slack")


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

"""Hands that look for the catalogue: only at what their file lists, by real programs, requests and connections."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.format.hands import HandsFile
from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.journal.streams import PROTECTIONS, READINGS, Streams
from bot.library.hands import scrub
from bot.library.inventory import read_inventories
from bot.library.registry import load_shelf
from bot.readiness.inventory import gaps_of
from bot.readiness.protection.plan import plan_of
from bot.readiness.protection.rules import take_plan
from bot.readiness.reading.state import Reading
from bot.workers.readings import ReadingHands, ReadingPlanner
from tests.hands.test_requesting import server
from tests.places import migrated

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
FILES = """
schema: assets/v1
assets:
  - id: orders-db
    name: Orders
    type: postgres
    tier: 1
    owner: data
    depends_on: [port, web, tool, lost]
    protection:
      - {id: full, method: pgBackRest, every: 1h, target: tool,
         check: {exec: {argv: [cat, REPORT]}, reads: "{of: backup[-1].stop, size: backup[-1].size}"}}
---
schema: resources/v1
resources:
  - {id: port, kind: database, name: The port, check: {tcp: "127.0.0.1:PORT"}, every: 1h}
  - {id: web, kind: service, name: The web, check: {http: {url: "http://127.0.0.1:PORT/health"}}}
  - {id: tool, kind: storage, name: The tool, check: {exec: {argv: [sh, -c, "echo secret-word >&2; exit 3"]}}}
  - {id: lost, kind: host, name: Elsewhere, check: {exec: {argv: [cat, /etc/hostname], at: elsewhere}}}
---
schema: people/v1
people: [{id: ana, name: Ana, slack: U0ANA}]
teams: [{id: data, members: [ana]}]
---
schema: handrail/v1
inventory:
  - {of: databases, exec: {argv: [cat, NAMES]}, but: [scratch]}
  - {of: queues, exec: {argv: [cat, REPORT]}, reads: "backup[].label"}
"""


class Office:
    """A folder, hands with a file that grows, and one clock."""

    def __init__(self, journal: Journal, folder: Path, port: int) -> None:
        self.now, self.folder, self.journal = NOON, folder, journal
        self.report, self.names = folder / "report.json", folder / "names.txt"
        text = FILES.replace("REPORT", str(self.report)).replace("NAMES", str(self.names)).replace("PORT", str(port))
        (folder / "files").mkdir()
        (folder / "files" / "catalogue.yaml").write_text(text)
        self.registry = load_shelf(folder / "files")
        self.readings, self.protections = Streams(journal, READINGS), Streams(journal, PROTECTIONS)
        self.planner = ReadingPlanner(self.registry, journal, lambda: self.now)
        self.file: dict[str, object] = {"schema": "hands/v1", "name": "bastion", "places": [{"at": "bot"}]}
        self.hands = ReadingHands(journal, lambda: HandsFile.model_validate(self.file), scrub, lambda: self.now)

    def looks(self, **later: float) -> dict[str, Reading]:
        self.now += timedelta(**later)
        self.planner.look()
        self.hands.look()
        return self.readings.states()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    engine = open_engine(f"sqlite:///{tmp_path}/record.db")
    migrated(engine)
    with server(lambda one: one.sendall(OK)) as (port, _):
        yield Office(Journal(engine), tmp_path, port)
    engine.dispose()


def test_hands_look_at_nothing_that_their_file_does_not_list(office: Office) -> None:
    """Whoever writes the catalogue decides nothing of what runs: name, program and address are held to a file."""
    assert not any(one.looked_at or one.declined for one in office.looks().values()), "without `readings:` nothing"
    office.file |= {"readings": ["resource:.*"]}
    here = office.looks(minutes=1)
    assert not any(one.looked_at for one in here.values())
    assert [here[f"resource:{one}"].declined.partition(" ")[2][:20] for one in ("port", "web", "tool", "lost")] == [
        "does not list 127.0.", "does not list http:/", "does not list sh und", "",
    ]  # fmt: skip
    assert here["protection:orders-db/full"].declined.startswith("hands.yaml lists nothing like")
    port = here["resource:port"].plan
    assert port is not None
    office.file |= {
        "connect": [{"to": "127[.]0[.]0[.]1:[0-9]+"}],
        "http_read": [{"origin": f"http://{port.to}", "path": "/health"}],
    }
    here = office.looks(minutes=11)
    for one in ("port", "web"):  # listed, and at an address that nobody said may be private
        assert (here[f"resource:{one}"].worked, "private address" in here[f"resource:{one}"].said) == (False, True)


def test_what_is_listed_is_seen_and_recorded_once_over_two_hands(office: Office) -> None:
    plans = office.looks()
    port = plans["resource:port"].plan
    assert port is not None
    office.file |= {
        "readings": ["resource:.*"],
        "connect": [{"to": "127[.]0[.]0[.]1:[0-9]+", "private": True}],
        "http_read": [{"origin": f"http://{port.to}", "path": "/health", "private": True}],
        "read": [{"path": "/bin/sh", "args": ["-c", ".*"]}],
    }
    here = office.looks(minutes=1)
    told = {name: (one.worked, one.said) for name, one in here.items() if one.looked_at is not None}
    assert told == {
        "resource:port": (True, ""), "resource:web": (True, ""),
        "resource:tool": (False, "sh ended with 3: secret-word"),
    }  # fmt: skip
    twice = ReadingHands(office.journal, lambda: HandsFile.model_validate(office.file), scrub, lambda: office.now)
    twice.look()
    assert len(office.readings.history("resource:port")) == 2, "planned, and looked at once"
    office.looks(hours=1)
    assert len(office.readings.history("resource:port")) == 3
    assert [one.by for one in office.readings.history("resource:port")] == ["clock", "hands:bastion", "hands:bastion"]


def test_a_report_that_is_fetched_is_one_that_was_sent(office: Office) -> None:
    protection = office.registry.catalogue.assets["orders-db"].protection[0]
    office.protections.change(
        "orders-db/full", lambda here: take_plan(here, plan_of(protection), NOON), NOON, "catalogue", "clock"
    )
    office.file |= {"readings": ["protection:.*"], "read": [{"path": "/bin/cat", "args": [".*"]}]}
    made = NOON - timedelta(minutes=20)
    office.report.write_text(json.dumps({"backup": [{"stop": made.timestamp(), "size": 900, "label": "a"}]}))
    here = office.looks()["protection:orders-db/full"]
    assert here.worked, here.said
    standing = office.protections.state("orders-db/full")
    assert standing.copies[0].newest is not None
    assert (standing.copies[0].newest.of, standing.copies[0].newest.size) == (made, 900)
    assert office.protections.history("orders-db/full")[-1].by == "hands:bastion"
    before = len(office.protections.history("orders-db/full"))
    office.looks(minutes=31)
    assert len(office.protections.history("orders-db/full")) == before, "the same report is nothing new"
    office.report.write_text("no JSON")
    here = office.looks(minutes=31)["protection:orders-db/full"]
    assert (here.worked, here.said.startswith("Its report cannot be taken: ")) == (False, True)
    office.report.write_text(json.dumps({"backup": [{"stop": 1e12}]}))
    assert "“of”" in office.looks(minutes=31)["protection:orders-db/full"].said


def test_an_inventory_is_read_by_a_command_and_what_is_in_no_protection_is_found(office: Office) -> None:
    office.file |= {"readings": ["inventory:databases/.*"], "read": [{"path": "/bin/cat", "args": [".*"]}]}
    office.names.write_text("orders-db\n\nbilling\nscratch\n")
    listed = read_inventories(office.folder, office.registry.inventories, office.looks())
    assert [one.what for one in gaps_of(office.registry.catalogue, {}, listed)] == [
        "2 databases, 1 in no protection: billing. billing is in no catalogue.",
        (
            "The inventory of queues cannot be read: hands.yaml lists nothing like "
            f"{next(name for name in office.readings.states() if 'queues' in name)} under `readings:`."
        ),
    ]
    office.file |= {"readings": ["inventory:.*"]}
    office.report.write_text(json.dumps({"backup": [{"label": "orders-db"}, {"label": "jobs"}]}))
    listed = read_inventories(office.folder, office.registry.inventories, office.looks(minutes=11))
    assert [one.things for one in listed] == [(("orders-db",), ("billing",)), (("orders-db",), ("jobs",))]
    office.names.write_text("x" * 101)
    here = office.looks(days=1)
    assert "no list of 1 to 5000 names" in next(one.said for name, one in here.items() if "databases" in name)


def test_what_nobody_asks_for_any_more_is_looked_at_by_nobody(office: Office) -> None:
    office.looks()
    file = office.registry.path / "catalogue.yaml"
    file.write_text(file.read_text().replace("{id: port,", "{id: gate,").replace("[port,", "[gate,"))
    office.registry.reload()
    here = office.looks(minutes=1)
    assert here["resource:port"] == Reading()
    assert here["resource:gate"].plan is not None

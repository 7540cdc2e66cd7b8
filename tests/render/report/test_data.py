"""JSON that keeps its names, CSV that runs nothing, and nobody's name where pseudonyms are asked for."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from bot.render.report.data import COLUMNS, RunSource, as_plain, safe_cell, timeline_schema, write_csv, write_json
from bot.run.commands import AddFollowUp
from bot.run.situation import Somebody
from bot.run.state import but
from bot.timeline.entries import Chain, Entry, Timeline
from bot.timeline.pseudonyms import disguise_of
from bot.timeline.telling import tell_timeline
from tests.render.report.hostile import EVENTS, timeline_with
from tests.render.report.rich import HEAD, rich_story, timeline_of

GOLDEN = Path(__file__).parent / "golden"
PUBLISHED = Path(__file__).parent.parent.parent.parent / "docs" / "schema" / "timeline-v1.json"
ZED = Somebody("zed", "Zed Quark", "U0ZED")
"""Owns a follow-up, and is none of the run's people."""
Write = Callable[[RunSource, ZoneInfo], Iterator[str]]
BERLIN, UTC = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")


@dataclass
class Shelved:
    """A timeline that is there already, read as a source."""

    told: Timeline
    pseudonyms: bool = False

    @property
    def ref(self) -> str:
        return self.told.run.ref

    @property
    def chain(self) -> Chain:
        assert self.told.chain is not None
        return self.told.chain

    def entries(self) -> Iterator[Entry]:
        return iter(self.told.entries)

    def timeline(self, entries: Iterable[Entry] = ()) -> Timeline:
        return self.told

    def whole(self) -> Timeline:
        return self.told


def as_json(timeline: Timeline, zone: ZoneInfo = UTC) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("".join(write_json(Shelved(timeline), zone)))
    return found


def rows_of(timeline: Timeline) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(write_csv(Shelved(timeline), BERLIN)), newline="")))


@pytest.mark.parametrize(("name", "write"), [("report.json", write_json), ("report.csv", write_csv)])
def test_a_rich_run_is_written_as_it_was(name: str, write: Write, pytestconfig: pytest.Config) -> None:
    text = "".join(write(Shelved(timeline_of(rich_story())), BERLIN))
    kept = GOLDEN / name
    if pytestconfig.getoption("update_snapshots"):
        kept.write_bytes(text.encode())
    assert text == kept.read_bytes().decode()


def test_the_published_schema_is_the_one_of_this_version(pytestconfig: pytest.Config) -> None:
    """A name that goes, or changes its meaning, is a new version: this file may only grow."""
    if pytestconfig.getoption("update_snapshots"):
        PUBLISHED.write_text(json.dumps(timeline_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == timeline_schema()


def test_every_name_that_is_written_is_in_the_schema_and_the_other_way_round() -> None:
    schema = timeline_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    found = as_json(timeline_of(rich_story()))
    jsonschema.validate(found, schema)
    assert list(found) == ["format", "version", "zone", "pseudonyms", "entries", "chain", *schema["required"][6:]]
    assert {name for entry in found["entries"] for name in entry} == set(schema["$defs"]["Entry"]["properties"])


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_every_kind_of_event_is_in_json_and_csv_and_none_vanishes(kind: type) -> None:
    timeline = timeline_with(kind)
    found, rows = as_json(timeline)["entries"], rows_of(timeline)
    assert [one["seq"] for one in found] == [int(row["record"]) for row in rows]
    assert [one["kind"] for one in found] == [one.kind for one in timeline.entries]
    assert all(one["what"] for one in found)
    plain = [as_plain(one, UTC) for one in timeline.entries]
    assert [{name: one[name] for name in one if name != "what"} for one in found] == plain
    assert all(row["what"] and row["chain_head"] == HEAD for row in rows)
    jsonschema.validate(as_json(timeline), timeline_schema())


def test_times_are_in_the_zone_that_is_asked_for_and_lengths_in_seconds() -> None:
    found = as_json(timeline_of(rich_story()), BERLIN)
    assert found["zone"] == "Europe/Berlin"
    assert found["facts"]["started_at"] == "2026-11-22T13:00:00+01:00"
    facts = found["facts"]
    spent = sum(facts[f"{name}_seconds"] for name in ("working", "waiting", "elsewhere", "paused"))
    assert spent == facts["lasted_seconds"]


def test_each_names_the_chain_and_how_to_check_it() -> None:
    timeline = timeline_of(rich_story())
    assert as_json(timeline)["chain"] == {
        "head": HEAD, "records": len(timeline.entries), "verified": True, "fault": None,
        "command": f"handrail verify ORDERS-7 --head {HEAD}", "ledger": "", "breaks_law": False,
    }  # fmt: skip
    row = rows_of(timeline)[-1]
    assert (row["chain_head"], row["chain_verified"], row["breaks_law"]) == (HEAD, "yes", "no")
    assert row["check_with"] == f"handrail verify ORDERS-7 --head {HEAD}"


@given(some.text(max_size=40))
@example("=1+1")
@example("\t=cmd|' /C calc'!A0")
@example("\u2003@SUM(A1)")
@example("\uff1d1")
@example("Rows are gone;=1+1")
@example('Rows are gone"\n=1+1')
def test_no_cell_is_a_formula_and_none_loses_a_sign(text: str) -> None:
    cell = safe_cell(text)
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    assert not cell.startswith(("\t", "\r", "\n"))
    assert not re.search("[;\t\r\n][ \"']*(?<!')[-=+@]", cell)
    assert cell.replace("'", "") == text.replace("'", "")


def test_csv_is_one_row_for_each_entry_with_the_same_columns() -> None:
    timeline = timeline_of(rich_story())
    text = "".join(write_csv(Shelved(timeline), BERLIN))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == list(COLUMNS)
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert len(rows) == 1 + len(timeline.entries)
    assert text.endswith("\r\n")


def test_pseudonyms_leave_no_name_and_no_id_of_anybody() -> None:
    """Names, their parts, person ids and Slack ids: in every field, and in what people typed."""
    story = rich_story().when("ana", AddFollowUp("Ask Zed Quark", "zed", "2026-12-01", ZED))
    words = ("Ana asked <@U0BEN>; dora lind and u0chen know, and ben too.",)
    happened = [(seq, event, stamp) for seq, (event, stamp) in enumerate(story.history, 1)]
    disguise = disguise_of(happened)
    said = disguise.text(words[0])
    assert said == "Operator 1 asked <@Operator 2>; Lead 1 and Operator 3 know, and Operator 2 too."
    hidden = [(seq, disguise.event(event), disguise.stamp(stamp)) for seq, event, stamp in happened]
    chain = Chain(HEAD, len(happened), True, None, "handrail verify ORDERS-7")
    run = but(story.run, book=disguise.book(story.run.book))
    timeline = tell_timeline(run, hidden, chain=chain)
    plain, masked = as_json(timeline_of(story)), as_json(timeline)
    assert [one["kind"] for one in masked["entries"]] == [one["kind"] for one in plain["entries"]]
    assert masked["facts"] == plain["facts"]
    text = "".join(write_json(Shelved(timeline, pseudonyms=True), UTC)) + "".join(write_csv(Shelved(timeline), UTC))
    for one in (*story.run.start.people, ZED):
        for word in (one.name, *one.name.split(), one.slack or one.name):
            assert re.search(rf"\b{word}\b", text) is None, word
        assert f'"{one.id}"' not in text
    assert "Operator 1" in text

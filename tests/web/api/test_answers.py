"""What programs are told: the record's own facts, a page at a time, and nothing twice that they have already."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from jsonschema import Draft202012Validator

from bot.render.report.data import timeline_schema
from bot.run.commands import AddNote
from bot.web.api.asking import BadQuestion, read_cursor, write_cursor
from tests.render.stories import at_look
from tests.story import NOON
from tests.web.api.conftest import Counter
from tests.web.room import Room, open_room


def refs(counter: Counter, path: str) -> list[str]:
    answer = counter.ask(path)
    assert answer.status_code == 200, answer.text
    return [one["ref"] for one in answer.json()["runs"]]


def test_runs_are_told_the_newest_first_and_narrowed(counter_of_each: Counter) -> None:
    counter = counter_of_each
    everything = refs(counter, "/runs")
    assert set(everything) == {f"ORDERS-{number}" for number in range(7, 12)}
    ended = refs(counter, "/runs?open=false")
    assert sorted(refs(counter, "/runs?open") + ended) == sorted(everything)
    assert refs(counter, "/runs?open=true") == refs(counter, "/runs?open=")
    assert refs(counter, "/runs?asset=orders-db") == everything
    assert refs(counter, "/runs?asset=nothing") == []
    assert refs(counter, f"/runs?since={NOON:%Y-%m-%dT%H:%M:%SZ}") == everything
    assert refs(counter, f"/runs?since={NOON + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}") == []
    line = counter.ask("/runs?limit=1").json()["runs"][0]
    assert (line["asset"], line["state"], line["rto_seconds"]) == ("orders-db", "open", 14400)
    assert line["started_at"].endswith("Z")


def test_pages_miss_nothing_and_repeat_nothing_while_runs_begin(counter_of_each: Counter) -> None:
    counter = counter_of_each
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        answer = counter.ask(f"/runs?limit=2{f'&cursor={cursor}' if cursor else ''}").json()
        seen += [one["ref"] for one in answer["runs"]]
        cursor, pages = answer["next_cursor"], pages + 1
        counter.room.keep(at_look().later(minutes=pages), f"NEW-{pages}")
    assert pages == 3
    assert sorted(seen) == sorted(f"ORDERS-{number}" for number in range(7, 12))


def test_a_cursor_says_nothing_and_only_ours_counts(counter: Counter) -> None:
    assert read_cursor(write_cursor("made-1")) == "made-1"
    for bad in ("", "x", "made-1", "!!!!", "MTp" + "x" * 200, write_cursor("a\0b"), "é"):
        with pytest.raises(BadQuestion):
            read_cursor(bad)
    assert counter.ask(f"/runs?cursor={write_cursor('never')}").status_code == 400


def test_one_run_is_told_with_its_place(counter: Counter) -> None:
    told = counter.ask("/runs/orders-7").json()
    assert told["ref"] == "ORDERS-7"
    assert told["place"]
    assert told["records"] == counter.room.handler.find("ORDERS-7").head  # type: ignore[union-attr]
    assert counter.ask(told["timeline"]).status_code == 200


def test_what_came_in_as_evidence_is_told_as_such(counter: Counter) -> None:
    assert counter.ask("/runs/ORDERS-7").json()["evidence"] is False
    counter.room.mark_as_evidence(counter.room.handler.load(counter.room.handler.find("ORDERS-7").run_id))  # type: ignore[union-attr]
    assert counter.ask("/runs/ORDERS-7").json()["evidence"] is True
    assert [one["ref"] for one in counter.ask("/runs").json()["runs"] if one["evidence"]] == ["ORDERS-7"]
    assert counter.ask("/runs/ORDERS-7/timeline").json()["chain"]["breaks_law"] is True
    assert counter.ask("/runs/ORDERS-8/timeline").json()["chain"]["breaks_law"] is False


def test_a_timeline_is_the_published_version_in_a_zone_and_under_pseudonyms(counter_of_each: Counter) -> None:
    counter = counter_of_each
    answer = counter.ask("/runs/ORDERS-9/timeline")
    Draft202012Validator(timeline_schema()).validate(answer.json())
    assert answer.json()["chain"]["verified"] is True
    assert "Ana Ruiz" in answer.text
    disguised = counter.ask("/runs/ORDERS-9/timeline?pseudonyms&timezone=Europe/Berlin")
    assert "Ana Ruiz" not in disguised.text
    assert disguised.json()["zone"] == "Europe/Berlin"


def test_assets_and_runbooks_lead_to_each_other(counter: Counter) -> None:
    assets = {one["id"]: one for one in counter.ask("/assets").json()["assets"]}
    books = {one["id"]: one for one in counter.ask("/runbooks").json()["runbooks"]}
    assert "postgres-pitr" in assets["orders-db"]["runbooks"]
    assert "orders-db" in books["postgres-pitr"]["assets"]
    assert books["postgres-pitr"]["steps"] == len(counter.room.registry.runbooks["postgres-pitr"].steps)


@pytest.mark.parametrize("path", ["/runs", "/runs/ORDERS-7", "/runs/ORDERS-7/timeline", "/assets", "/openapi.json"])
def test_what_is_known_is_not_sent_again_until_it_changes(counter: Counter, path: str) -> None:
    first = counter.ask(path)
    tag = first.headers["etag"]
    again = counter.ask(path, if_none_match=tag)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    for known in (f'"x", {tag}', f"W/{tag.removeprefix('W/')}", "*"):
        assert counter.ask(path, if_none_match=known).status_code == 304, known
    for other in ('"x"', tag.strip('"'), ""):
        assert counter.ask(path, if_none_match=other).status_code == 200, other
    run = counter.room.handler.find("ORDERS-7")
    assert run is not None
    counter.room.handler.handle(run.run_id, AddNote("something new"), "ana", "slack")
    changed = counter.ask(path, if_none_match=tag)
    assert changed.status_code == (200 if "runs" in path else 304)


def test_the_times_of_an_open_run_go_on_under_another_tag(counter: Counter) -> None:
    tag = counter.ask("/runs/ORDERS-7/timeline").headers["etag"]
    counter.room.at += timedelta(minutes=1)
    assert counter.ask("/runs/ORDERS-7/timeline", if_none_match=tag).status_code == 200


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/runs?limit=0", "from 1 to 100"), ("/runs?limit=101", "from 1 to 100"), ("/runs?limit=x", "from 1 to 100"),
        ("/runs?limit=٣", "from 1 to 100"), ("/runs?open=yes", "true or false"), ("/runs?asset=A%00", "id of an asset"),
        ("/runs?since=2026-11-22", "with its offset"), ("/runs?since=2026-11-22T03:40:00", "with its offset"),
        ("/runs?since=0001-01-01T00:00:00%2B14:00", "with its offset"), ("/runs?opne", "not known here"),
        ("/runs?limit=1&limit=2", "stands twice"), ("/runs/ORDERS-7/timeline?timezone=../etc/passwd", "name of a zone"),
        ("/runs/ORDERS-7/timeline?timezone=Nowhere", "name of a zone"), ("/assets?q=x", "Nothing can be asked"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_read_is_refused_in_words(counter: Counter, path: str, words: str) -> None:
    answer = counter.ask(path)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_what_is_nowhere_and_what_is_no_reading_is_said_in_the_same_shape(counter: Counter) -> None:
    for path in ("/runs/NONE-1", "/runs/%00", "/nothing", "/runs/", "/api", "/api/v2/runs", "/runs/a/b/c"):
        answer = counter.ask(path) if path != "/api" else counter.ask("/api/")
        assert answer.status_code == 404, path
        assert answer.json()["status"] == 404
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY"):
        answer = counter.ask("/runs", method)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD"), method
        assert answer.headers["content-type"] == "application/problem+json"
    assert counter.ask("/runs", "HEAD").status_code == 200


def test_what_breaks_is_said_without_its_words(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise OSError("postgresql://me:hush@db")

    monkeypatch.setattr(counter.room.handler.journal, "run_row", lost)
    monkeypatch.setattr(counter.room.handler.journal, "find_run", lost)
    answer = counter.ask("/runs/ORDERS-7")
    assert answer.status_code == 500
    assert "hush" not in answer.text
    assert "untouched" in answer.json()["detail"]


def test_what_was_erased_is_not_told(counter_of_each: Counter) -> None:
    counter = counter_of_each
    run = counter.room.handler.find("ORDERS-7")
    assert run is not None
    noted = counter.room.handler.handle(run.run_id, AddNote("the customer is Zephyrine"), "ana", "slack").events[0][0]
    assert "Zephyrine" in counter.ask("/runs/ORDERS-7/timeline").text
    counter.room.handler.redact(run.run_id, noted, "a name", "dora", "terminal")
    assert "Zephyrine" not in counter.ask("/runs/ORDERS-7/timeline").text


def test_an_empty_record_and_an_empty_folder_are_told_too(
    room: Room, pool: ThreadPoolExecutor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from tests.web.api.conftest import counter_of  # noqa: PLC0415

    with open_room(room.journal, tmp_path_factory.mktemp("empty")) as bare:
        counter = counter_of(bare, pool)
        assert counter.ask("/runs").json() == {"runs": [], "next_cursor": None}
        assert counter.ask("/assets").json() == {"assets": []}
        assert counter.ask("/runbooks").json() == {"runbooks": []}
        assert json.loads(counter.ask("/openapi.json").text)["openapi"] == "3.1.0"

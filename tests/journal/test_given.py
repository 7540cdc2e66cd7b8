"""Runs are found by the values that were given in them, on both databases: never by what others may not see."""

from collections.abc import Mapping

import pytest
from sqlalchemy import Engine, delete, insert, select

from bot.engine.rebuild import rebuild_runs
from bot.journal import tables
from bot.journal.chain import Record, encode
from bot.journal.database import for_writing, migrate
from bot.journal.search import Search, Wanted, words_of
from bot.journal.store import Journal
from bot.journal.transaction import given_rows
from bot.run.commands import Correct, Finish
from bot.run.events import CallReturned, Event, Noted, Started
from bot.run.law.answers import NOT_KEPT
from bot.run.places import Former
from bot.run.state import Run
from tests.engine.office import Office
from tests.journal.winding import BEFORE_GIVEN, wind_back
from tests.story import NOON, start_command

BOOK = """
inputs: {damage: {type: text, ask: "What is wrong?"}, token: {type: secret}}
vars: {seen: {type: text}, password: {type: secret}, counted: {type: text}, live: {type: text}}
steps:
  - {id: look, do: Look at it, answer: {var: seen}, go: {ok: unlock}, max_visits: 20}
  - {id: unlock, do: Unlock it, answer: {var: password}, go: {ok: owner}, max_visits: 20}
  - {id: owner, do: Count them, who: data_owner, answer: {var: counted, blind: true}, go: {ok: compare}, max_visits: 20}
  - {id: compare, check: Compare, exec: {argv: [count]}, capture: {live: {from: stdout, type: text}},
     expect: {all: [{var: counted, eq: "{{ vars.live }}"}]}, go: {ok: done, fail: look}, max_visits: 20}
  - {id: hold, decide: Decide what now, options: [{id: again, label: Again, when: Good., go: look},
     {id: stop, label: Stop, when: Bad., go: done}], go: {unsure: hold}}
  - {id: done, end: Close, outcome: recovered}
"""


@pytest.fixture
def office(engine: Engine) -> Office:
    return Office(Journal(engine), {"walk": BOOK})


def started(office: Office, damage: str = "An UPDATE without WHERE hit Größe_%", token: str = "hush-hush") -> Run:
    return office.start(reason="Again.", inputs={"damage": damage, "token": token})


def answered(office: Office, run: Run, *, by: str = "ana", note: str = "", **answers: str) -> int:
    """Press Done with these answers; the number of the record that holds them."""
    place = office.place(run.id)
    happened = office.handler.handle(run.id, Finish(place.step, place.visit, "ok", answers, note), by, "slack").events
    return happened[0][0]


def refs(office: Office, query: str) -> list[str]:
    return [row.ref for row in Search(office.journal).runs(Wanted(words=words_of(query)), 50)]


def test_what_was_typed_into_the_start_form_and_answered_is_found(office: Office) -> None:
    one, other = started(office), started(office, "The disk is full")
    answered(office, one, seen="Table Zeta9 is empty")
    for query in ("update WHERE", "größe", "GRÖSSE", "größe_%", "zeta9", "ZETA9 update", "again disk"):
        assert refs(office, query) == [other.start.ref if "disk" in query else one.start.ref], query
    for query in ("größe%_", "zeta9 disk", "damage", "seen", "' OR text LIKE '%", "%", "\\", "\ud800zeta8"):
        assert refs(office, query) == ([one.start.ref] if query == "%" else []), query


def test_what_was_captured_and_what_was_corrected_is_found(office: Office) -> None:
    run = started(office)
    of = answered(office, run, seen="Kangaroo")
    office.handler.handle(run.id, Correct(of, "seen", "Wallaby", "typed wrongly"), "ana", "slack")
    assert refs(office, "wallaby") == refs(office, "kangaroo") == [run.start.ref], "the old value stays on the record"
    returned = CallReturned("net", 1, "child", "recovered", {"port": "Bandicoot", "open": True})
    assert texts_of(returned) == {"port": "bandicoot", "open": None}
    assert texts_of(Noted("Bandicoot")) == {}


def texts_of(event: Event) -> Mapping[str, object]:
    return {str(row["name"]): row["text"] for row in rows_of(event)}


def rows_of(event: Event) -> list[dict[str, object]]:
    kind, body, beside = encode(event, lambda: "salt")
    return list(given_rows(Record("run", 1, NOON, "ana", "slack", kind, body, "", "", beside)))


def test_a_secret_is_never_found_nor_what_stands_in_its_place(office: Office) -> None:
    run = started(office)
    answered(office, run, seen="Emu")
    answered(office, run, password="correct-horse")
    assert refs(office, "emu") == [run.start.ref]
    for query in ("hush", "horse", NOT_KEPT.strip("‹›").split()[0], "kept"):
        assert refs(office, query) == [], query


def test_a_blind_answer_is_found_once_it_was_compared_and_until_the_next_one(office: Office) -> None:
    """Whoever counts after it must not learn it by searching for guesses, not even as a correction of it."""
    run = started(office)
    answered(office, run, seen="Emu")
    answered(office, run, password="x")
    of = answered(office, run, by="dora", counted="Quokka")
    office.handler.handle(run.id, Correct(of, "counted", "Quoll", "typed wrongly"), "dora", "slack")
    assert refs(office, "quokka") == refs(office, "quoll") == []
    answered(office, run, live="Numbat")
    assert refs(office, "quokka") == refs(office, "quoll") == refs(office, "numbat") == [run.start.ref]
    answered(office, run, seen="Wombat")
    answered(office, run, password="x")
    answered(office, run, by="dora", counted="Bilby")
    assert refs(office, "bilby") == refs(office, "quokka") == [], "the same as in its timeline"
    assert refs(office, "numbat") == [run.start.ref]


def test_what_was_hidden_in_the_run_before_stays_hidden_in_the_one_that_goes_on() -> None:
    former = Former("old", "ORDERS-1", 3, "h" * 64, "look", "ana", hidden=("counted",))
    start = Started(
        "R-1", "walk", "T", "d" * 64, {}, "live", start_command().asset, (), {}, (), None, None, {"damage": "Emu"}, {},
        former=former,
    )  # fmt: skip
    assert [(row["name"], row["text"], row["blind"]) for row in rows_of(start)] == [
        ("counted", None, True), ("damage", "emu", False),
    ]  # fmt: skip


def test_redaction_takes_out_the_words_and_the_values_of_their_record(office: Office) -> None:
    run = started(office)
    erased = answered(office, run, seen="Zephyrine called", note="her name is Zephyrine")
    kept = answered(office, run, password="x", note="Potoroo")
    assert refs(office, "zephyrine") == [run.start.ref]
    office.handler.redact(run.id, erased, "a name", "dora", "terminal")
    assert refs(office, "zephyrine") == []
    assert refs(office, "update") == refs(office, "potoroo") == [run.start.ref]
    office.handler.redact(run.id, kept, "another", "dora", "terminal")
    assert refs(office, "potoroo") == []


def test_rebuilding_puts_right_what_is_missing_or_wrong(office: Office, engine: Engine) -> None:
    run = started(office)
    answered(office, run, seen="Emu")
    right = all_given(engine)
    assert rebuild_runs(office.journal, office.book_of) == []
    with for_writing(engine).begin() as connection:
        connection.execute(delete(tables.given).where(tables.given.c.name == "seen"))
        connection.execute(tables.given.update().values(text="nonsense"))
    assert refs(office, "nonsense") == [run.start.ref]
    assert [one.columns for one in rebuild_runs(office.journal, office.book_of)] == [("given values",)]
    assert all_given(engine) == right
    assert refs(office, "emu") == [run.start.ref]


def all_given(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        ordered = select(tables.given).order_by(tables.given.c.seq, tables.given.c.name)
        return [tuple(row) for row in connection.execute(ordered)]


def test_an_upgrade_finds_the_values_of_the_records_that_were_there(office: Office, engine: Engine) -> None:
    """The migration writes what the pen would have written; a body that somebody meddled with stops nothing."""
    run = started(office)
    answered(office, run, seen="Emu")
    answered(office, run, password="x")
    answered(office, run, by="dora", counted="Quokka")
    answered(office, run, live="Numbat")
    right = all_given(engine)
    record = {"run_id": "bad", "by": "ana", "via": "slack", "prev": "p", "hash": "h"}
    bodies = ("{", "[1]", '{"inputs":[1],"former":3}', '{"inputs":{"a":"b\\u0000c","d":[1]}}')
    with for_writing(engine).begin() as connection:
        for seq, body in enumerate(bodies, 1):
            row = {**record, "seq": seq, "kind": "started", "body": body, "at": NOON}
            connection.execute(insert(tables.record).values(row))
    with for_writing(engine).begin() as connection:
        wind_back(connection, BEFORE_GIVEN)
    migrate(engine)
    found = all_given(engine)
    assert [row for row in found if row[0] != "bad"] == right
    assert [row[2:4] for row in found if row[0] == "bad"] == [("a", "b\ufffdc"), ("d", None)]
    records = (
        Record("bad", seq, NOON, "ana", "slack", "started", body, "p", "h", {}) for seq, body in enumerate(bodies, 1)
    )
    assert [tuple(row.values()) for one in records for row in given_rows(one)] == [r for r in found if r[0] == "bad"]

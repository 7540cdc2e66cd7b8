"""The ledger: each start, end and import enters it in its own transaction, and what is gone is missed."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from bot.engine.rebuild import rebuild_runs
from bot.engine.travel import import_run
from bot.engine.verifying import verify_run
from bot.journal import tables
from bot.journal.database import for_writing, migrate
from bot.journal.guards import weak_guards
from bot.journal.ledger import GENESIS, LedgerEntry, link_entry, read_tip
from bot.journal.ledger.following import follow_ledger
from bot.journal.store import Journal
from bot.run.commands import AddNote
from bot.run.situation import Stamp
from bot.run.state import Run
from tests.engine.office import Office, open_elsewhere
from tests.journal.winding import BEFORE_THE_LEDGER, wind_back
from tests.story import NOON

BY = Stamp(NOON, "unverified: root", "import")
GUARDS = {
    "sqlite": [
        "record_no_update", "record_no_delete", "record_at_the_end", "words_no_delete", "arrival_no_update",
        "arrival_no_delete", "ledger_no_update", "ledger_no_delete", "ledger_at_the_end",
    ],
    "postgresql": [
        "record_never_changed", "words_no_delete", "arrival_never_changed", "ledger_never_changed",
        "record_enters_ledger",
    ],
}  # fmt: skip


@pytest.fixture
def office(journal: Journal) -> Office:
    return Office(journal)


def finish_it(office: Office, run: Run) -> Run:
    """Lead a run to its end."""
    office.finish(run.id)
    office.finish(run.id, "problem")
    return office.handler.load(run.id)


def entries(journal: Journal) -> list[LedgerEntry]:
    with journal.engine.connect() as connection:
        found = connection.execute(select(tables.ledger).order_by(tables.ledger.c.number))
        return [LedgerEntry(*row) for row in found]


def meddle(journal: Journal, *statements: str) -> None:
    """Change what the guards keep, as the owner of the database can; afterwards they stand as before."""
    kind = journal.engine.dialect.name
    with for_writing(journal.engine).begin() as connection:
        before: list[str] = []
        for name in GUARDS[kind]:
            table = name.split("_", maxsplit=1)[0]
            if kind == "sqlite":
                found = text("SELECT sql FROM sqlite_master WHERE name = :name")
                before.append(connection.execute(found, {"name": name}).scalar_one())
                connection.execute(text(f"DROP TRIGGER {name}"))
            else:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {name}"))
                before.append(f"ALTER TABLE {table} ENABLE TRIGGER {name}")
        for statement in statements:
            connection.execute(text(statement))
        for statement in before:
            connection.exec_driver_sql(statement)
    assert weak_guards(journal.engine) == ()


def faults(journal: Journal) -> list[str]:
    return [fault.sentence for fault in follow_ledger(journal.read).faults]


def test_each_start_and_each_end_enters_with_its_head(journal: Journal, office: Office) -> None:
    """What comes after the end does not: notes go on, and nothing breaks."""
    first, second = office.start(), office.start(reason="Another.")
    finish_it(office, first)
    assert office.handler.load(first.id).over
    office.handler.handle(first.id, AddNote("And then it rained."), "ben", "slack")
    found = entries(journal)
    assert [(one.number, one.kind, one.ref) for one in found] == [
        (1, "started", "ORDERS-1"),
        (2, "started", "ORDERS-2"),
        (3, "ended", "ORDERS-1"),
    ]
    assert [one.run_id for one in found] == [first.id, second.id, first.id]
    prev = GENESIS
    for one in found:
        assert one.prev == prev
        assert one.hash == link_entry(prev, one)
        assert journal.hash_at(one.run_id, one.seq) == one.head
        prev = one.hash
    verdict = follow_ledger(journal.read)
    assert verdict.faults == ()
    assert verdict.tip == read_tip(journal.read) == (3, prev)
    last_seq = office.handler.load(first.id).seq
    assert found[2].seq < last_seq


def test_what_was_not_committed_did_not_enter(journal: Journal, office: Office) -> None:
    """In the same transaction: a start that is undone leaves nothing in the ledger."""

    class Broken(Exception):
        pass

    def work(transaction: object) -> None:
        office.handler._open(transaction, "gone", office.plan(), ("ana", "slack"), None)  # type: ignore[arg-type]  # noqa: SLF001
        raise Broken

    with pytest.raises(Broken):
        journal.write(work)
    assert entries(journal) == []
    office.start()
    assert [one.kind for one in entries(journal)] == ["started"]


def test_starts_at_once_stand_in_one_row(journal: Journal, office: Office) -> None:
    """Two at a time never take the same place, and none is left out."""
    plans = [office.plan("walk", f"WORD{number}", reason="x") for number in range(24)]
    failed: list[BaseException] = []

    def start(plan: object) -> None:
        try:
            office.handler.start(plan, "ana", "slack")  # type: ignore[arg-type]
        except BaseException as wrong:  # noqa: BLE001  (the test reports whatever it was)
            failed.append(wrong)

    threads = [threading.Thread(target=start, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert faults(journal) == []
    assert len(entries(journal)) == 24


def test_a_run_that_came_in_enters_as_an_import(journal: Journal, office: Office, tmp_path: Path) -> None:
    """Once each time that it came, and never as a start or an end of this place."""
    with open_elsewhere(tmp_path) as elsewhere:
        run = elsewhere.start()
        import_run(journal, office.book_of, elsewhere.export(run.id), BY, "first.jsonl")
        finish_it(elsewhere, run)
        import_run(journal, office.book_of, elsewhere.export(run.id), BY, "second.jsonl")
        assert [one.kind for one in entries(elsewhere.journal)] == ["started", "ended"], "its own file has its own"
    assert [(one.kind, one.seq) for one in entries(journal)] == [("imported", 2), ("imported", 7)]
    assert faults(journal) == []


def test_runs_that_are_older_than_the_ledger_enter_it_with_their_heads(journal: Journal, office: Office) -> None:
    """At the upgrade; an end that comes later enters as any other."""
    first, second = office.start(), office.start(reason="Another.")
    finish_it(office, first)
    with for_writing(journal.engine).begin() as connection:
        wind_back(connection, BEFORE_THE_LEDGER)
    migrate(journal.engine)
    assert weak_guards(journal.engine) == ()
    assert [(one.kind, one.ref) for one in entries(journal)] == [("older", "ORDERS-1"), ("older", "ORDERS-2")]
    assert faults(journal) == []
    finish_it(office, second)
    assert [one.kind for one in entries(journal)] == ["older", "older", "ended"]
    assert faults(journal) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE ledger SET head = 'f'", "never changed"),
        ("DELETE FROM ledger", "never changed"),
    ],
)
def test_the_database_refuses_to_change_the_ledger(journal: Journal, office: Office, statement: str, said: str) -> None:
    office.start()
    before = entries(journal)
    with pytest.raises(DBAPIError, match=said), for_writing(journal.engine).begin() as connection:
        connection.execute(text(statement))
    assert entries(journal) == before


def test_postgresql_refuses_to_empty_the_ledger_and_sqlite_takes_an_entry_only_at_its_end(
    journal: Journal, office: Office
) -> None:
    office.start()
    statement = "TRUNCATE ledger"
    if journal.engine.dialect.name == "sqlite":
        statement = "INSERT OR REPLACE INTO ledger SELECT * FROM ledger WHERE number = 1"
    with pytest.raises(DBAPIError, match="never changed"), for_writing(journal.engine).begin() as connection:
        connection.execute(text(statement))


WHOLE_RUN = (
    "DELETE FROM given WHERE run_id = '{run}'", "DELETE FROM words WHERE run_id = '{run}'",
    "DELETE FROM record WHERE run_id = '{run}'", "DELETE FROM run WHERE run_id = '{run}'",
)  # fmt: skip
FORGED = "INSERT INTO ledger SELECT number + 1, at, 'started', ref, run_id, seq, head, hash, 'f' FROM ledger"
MEDDLED: dict[str, tuple[tuple[str, ...], str]] = {
    "a whole run deleted": (WHOLE_RUN, "ORDERS-1 is gone: started 2026-11-22 12:00 UTC (entry 1 of the ledger)"),
    "a run and its entry deleted": (
        (*WHOLE_RUN, "DELETE FROM ledger WHERE run_id = '{run}'"),
        "Entry 1 of the ledger is missing: entry 2 stands where it belongs.",
    ),
    "the tail cut": (("DELETE FROM ledger WHERE number = 3",), "Its end is not in the ledger"),
    "the tail cut deeper": (
        ("DELETE FROM ledger WHERE number > 1",),
        "It is not in the ledger: the ledger's end was cut off, or this was written by hand.",
    ),
    "an entry changed": (("UPDATE ledger SET ref = 'ORDERS-9' WHERE number = 1",), "Entry 1 of the ledger (started"),
    "another head": (("UPDATE ledger SET head = 'f' WHERE number = 1",), "ORDERS-1 has another record 2 than when"),
    "an entry out of the chain": (("UPDATE ledger SET prev = 'f' WHERE number = 2",), "Entry 2 of the ledger does not"),
    "an entry forged": ((FORGED + " WHERE number = 3",), "Entry 4 of the ledger (started ORDERS-1) was changed"),
    "a chain cut short with its row": (
        ("DELETE FROM record WHERE run_id = '{run}' AND seq > 5",),
        "ORDERS-1 was cut short: at 2026-11-22 12:00 UTC it had 7 records (entry 3 of the ledger).",
    ),
    "another name": (("UPDATE run SET ref = 'ORDERS-7' WHERE run_id = '{run}'",), "ORDERS-1 is listed as ORDERS-7"),
    "said to be imported": (
        (("INSERT INTO arrival (run_id, head, hash, at, by, source) SELECT run_id, head, hash, started_at, 'eve', 'x' "
         "FROM run WHERE run_id = '{run}'"),),
        "ORDERS-1 was made here (entry 1 of the ledger), and is marked as imported.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", MEDDLED)
def test_a_meddled_database_is_named(journal: Journal, office: Office, what: str) -> None:
    first, _ = office.start(), office.start(reason="Another.")
    finish_it(office, first)
    assert faults(journal) == []
    statements, said = MEDDLED[what]
    if what == "said to be imported" and journal.engine.dialect.name == "postgresql":
        with for_writing(journal.engine).begin() as connection:
            connection.execute(text("ALTER TABLE arrival DISABLE TRIGGER arrival_enters_ledger"))
            connection.execute(text(statements[0].format(run=first.id)))
            connection.execute(text("ALTER TABLE arrival ENABLE TRIGGER arrival_enters_ledger"))
    else:
        meddle(journal, *(statement.format(run=first.id) for statement in statements))
    assert any(said in fault for fault in faults(journal)), faults(journal)


def test_what_is_left_whole_when_run_entry_and_tail_are_cut_is_found_by_a_kept_head(
    journal: Journal, office: Office
) -> None:
    """Whoever owns the database can cut the newest run out of everything: only what is kept elsewhere tells."""
    office.start()
    second = office.start(reason="Another.")
    kept = read_tip(journal.read)
    meddle(journal, *(one.format(run=second.id) for one in WHOLE_RUN), "DELETE FROM ledger WHERE number = 2")
    verdict = follow_ledger(journal.read)
    assert verdict.faults == ()
    assert verdict.hashes.get(kept.number) != kept.hash


COLUMNS: dict[str, str] = {
    "outcome": "outcome = 'recovered'", "mode": "mode = 'training'", "started_at": "started_at = '{early}'",
    "ended_at": "ended_at = '{early}'", "state": "state = 'open'", "operator": "operator = 'eve'",
    "requester": "requester = 'eve'", "title": "title = 'Nothing'", "asset": "asset = 'x'", "step": "step = 'look'",
    "tier": "tier = 3", "due_at": "due_at = '{early}'", "call_at": "call_at = '{early}'", "hands": "hands = 'runs'",
    "parent": "parent = 'x'",
    "continues": "continues = 'X-1'", "imported": "imported = {true}", "ref": "ref = 'ORDERS-8'", "told": "told = 99",
    "channel": "channel = 'C0EVE'", "operator_name": "operator_name = 'Eve'", "digest": "digest = 'd'",
    "runbook": "runbook = 'other'", "asset_name": "asset_name = 'x'", "step_title": "step_title = 'x'",
    "phase": "phase = 'x'", "rto": "rto = 7",
}  # fmt: skip
NEVER_COMPARED = {"run_id", "head", "hash", "lease_token", "lease_until", "not_before", "hands_token", "hands_until"}
"""The key; what the chain itself is held to; and what is remembered beside the records."""


def test_every_column_of_the_index_is_altered_once() -> None:
    assert COLUMNS.keys() == set(tables.run.c.keys()) - NEVER_COMPARED


@pytest.mark.parametrize("column", COLUMNS)
def test_a_row_that_says_what_its_records_do_not_is_named_and_put_right(
    journal: Journal, office: Office, column: str
) -> None:
    run = office.start()
    finish_it(office, run)
    assert verify_run(journal, office.book_of, run.id, office.at).faults == ()
    true = "1" if journal.engine.dialect.name == "sqlite" else "true"
    change = COLUMNS[column].format(early="2020-01-01T00:00:00.000000Z", true=true)
    with for_writing(journal.engine).begin() as connection:
        connection.execute(text(f"UPDATE run SET {change}"))  # noqa: S608  (ours)
    (fault,) = verify_run(journal, office.book_of, run.id, office.at).faults
    assert f"{column} is " in fault
    if column != "told":  # how far it was told is in no record
        rebuild_runs(journal, office.book_of)
        assert verify_run(journal, office.book_of, run.id, office.at).faults == ()


def test_a_row_that_is_gone_is_named(journal: Journal, office: Office) -> None:
    run = office.start()
    with for_writing(journal.engine).begin() as connection:
        connection.execute(text("DELETE FROM run"))
    (fault,) = verify_run(journal, office.book_of, run.id, office.at).faults
    assert "its row is gone" in fault
    rebuild_runs(journal, office.book_of)
    assert verify_run(journal, office.book_of, run.id, office.at).faults == ()
    assert faults(journal) == []


def test_what_could_not_be_done_on_time_is_looked_at_again_soon_and_that_is_no_fault(
    journal: Journal, office: Office
) -> None:
    """An errand that failed is put off by half a minute; a due time that somebody put far away silences everybody."""
    run = office.start()
    row = journal.run_row(run.id)
    assert row is not None
    assert row.due_at is not None
    office.at = row.due_at
    office.later(seconds=5)
    journal.defer(run.id, office.at.replace(microsecond=0) + (office.at - row.due_at))
    assert verify_run(journal, office.book_of, run.id, office.at).faults == ()
    office.later(days=-1)
    (fault,) = verify_run(journal, office.book_of, run.id, office.at).faults
    assert "due_at is " in fault


def test_values_by_which_a_run_is_found_are_compared(journal: Journal, office: Office) -> None:
    run = office.start()
    with for_writing(journal.engine).begin() as connection:
        row = {"run_id": run.id, "seq": 1, "name": "eve", "text": "x", "blind": False, "compared": False}
        connection.execute(tables.given.insert(), row)
    (fault,) = verify_run(journal, office.book_of, run.id, office.at).faults
    assert "The values by which it is found" in fault

"""The record at a terminal: what is printed is read by people, and the exit code by programs."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from bot.cli import main
from bot.engine.opening import StartRequest, plan_start
from bot.format.values import example_of
from bot.journal.database import REVISIONS, for_writing, open_engine
from bot.journal.ledger import read_tip
from bot.run.commands import AddNote
from bot.wiring.house import House
from tests.places import migrated

RUNBOOKS = Path(__file__).parent.parent.parent / "runbooks"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A database of this test's own, and the runbooks that are shipped."""
    return {"DATABASE_URL": f"sqlite:///{tmp_path}/record.db", "HANDRAIL_RUNBOOKS": str(RUNBOOKS)}


def make_database(environment: dict[str, str]) -> dict[str, str]:
    """The same environment, whose database is there and has nothing in it."""
    engine = open_engine(environment["DATABASE_URL"])
    migrated(engine)
    engine.dispose()
    return environment


@pytest.fixture
def house(environment: dict[str, str]) -> Iterator[House]:
    house = House(environment)
    yield house
    house.close()


def handrail(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=environment)


def start(house: House, reason: str = "") -> str:
    """A run of the shipped recovery, started by Ana; its id."""
    book = house.registry().runbooks["postgres-pitr"]
    inputs = {name: example_of(field) or "Rows are wrong." for name, field in book.inputs.items()}
    wish = StartRequest("orders-db", "postgres-pitr", "drill", "ana", inputs, reason=reason, channel="C0INC")
    return house.handler().start(plan_start(house.registry(), wish, datetime.now(UTC)), "ana", "slack").run.id


def test_a_run_is_listed_read_and_verified(environment: dict[str, str], house: House) -> None:
    assert "No run is open" in handrail(make_database(environment), "runs").output
    run_id = start(house)
    house.handler().handle(run_id, AddNote("Dora counts\nthe rows \x1b[31mby hand."), "ben", "slack")
    listed = handrail(environment, "runs")
    assert "ORDERS-1" in listed.output
    assert "DRILL" in listed.output
    assert "Read one: handrail log ORDERS-1" in listed.output
    read = handrail(environment, "log", "orders-1")
    assert read.exit_code == 0, read.output
    lines = read.output.splitlines()
    assert lines[0] == "ORDERS-1 · DRILL · Orders database"
    assert "Ana Ruiz (slack)  started “PostgreSQL: rows or tables lost" in lines[2]
    assert "Ben Okafor (slack)  noted: Dora counts" in read.output
    assert "\x1b[31m" not in read.output
    assert "Check it: handrail verify ORDERS-1" in lines[-1]
    verified = handrail(environment, "verify", "ORDERS-1")
    assert verified.exit_code == 0
    head = house.journal().head(run_id)
    assert head is not None
    assert f"head {head[1]}" in verified.output
    assert "1 chain holds." in handrail(environment, "verify").output


def test_programs_read_json(environment: dict[str, str], house: House) -> None:
    run_id = start(house)
    listed = json.loads(handrail(environment, "runs", "--json").output)
    assert [(one["run_id"], one["ref"], one["state"]) for one in listed] == [(run_id, "ORDERS-1", "open")]
    lines = [json.loads(line) for line in handrail(environment, "log", "ORDERS-1", "--json").output.splitlines()]
    assert [line["kind"] for line in lines[:2]] == ["started", "step-entered"]


@pytest.mark.parametrize("command", [["log"], ["verify"], ["export"], ["redact", "--reason", "x"]])
def test_a_ref_that_is_not_there_is_said(environment: dict[str, str], command: list[str]) -> None:
    arguments = [command[0], "NOBODY-7", *(["3"] if command[0] == "redact" else []), *command[1:]]
    result = handrail(make_database(environment), *arguments)
    assert result.exit_code == 2
    assert "There is no run NOBODY-7 here. `handrail runs --all` lists them." in result.output


def test_a_chain_that_does_not_hold_exits_with_1(environment: dict[str, str], house: House) -> None:
    start(house)
    second = start(house, "Another table.")
    with for_writing(house.engine).begin() as connection:
        connection.execute(text("DROP TRIGGER record_no_update"))
        connection.execute(text("UPDATE record SET by = 'eve' WHERE seq = 2 AND run_id = :run"), {"run": second})
    result = handrail(environment, "verify")
    assert result.exit_code == 1
    assert "✓ ORDERS-1" in result.output
    assert "✗ ORDERS-2  Record 2 (step-entered) was changed" in result.output
    assert "1 of 2 runs do not hold" in result.output


def test_a_head_that_is_not_in_the_chain_is_found(environment: dict[str, str], house: House) -> None:
    run_id = start(house)
    head = house.journal().head(run_id)
    assert head is not None
    assert handrail(environment, "verify", "ORDERS-1", "--head", head[1].upper()).exit_code == 0
    result = handrail(environment, "verify", "ORDERS-1", "--head", "f" * 64)
    assert result.exit_code == 1
    assert "cut short or made anew" in result.output
    assert "Say whose head this is" in handrail(environment, "verify", "--head", "f" * 64).output


def test_a_run_is_carried_to_another_database(environment: dict[str, str], house: House, tmp_path: Path) -> None:
    start(house)
    file = tmp_path / "orders-1.jsonl"
    written = handrail(environment, "export", "ORDERS-1", "--output", str(file))
    assert "Take them in elsewhere: handrail import orders-1.jsonl" in written.output
    printed = handrail(environment, "export", "ORDERS-1", "--format", "jsonl").output.splitlines()
    assert printed[1:] == file.read_text(encoding="utf-8").splitlines()[1:]
    other = environment | {"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"}
    taken = handrail(other, "import", str(file))
    assert "their chain holds" in taken.output, taken.output
    assert "Nothing was changed" in handrail(other, "import", str(file)).output
    assert "imported" in handrail(other, "runs").output
    read = handrail(other, "log", "ORDERS-1").output
    assert "Imported " in read.splitlines()[2]
    assert "from orders-1.jsonl, exported" in read
    assert handrail(other, "verify").exit_code == 0


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\xff\xfe\x00", b'{"format":"x"}\n'])
def test_a_file_of_something_else_is_refused(environment: dict[str, str], tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "odd.jsonl"
    file.write_bytes(content)
    result = handrail(make_database(environment), "import", str(file))
    assert result.exit_code == 2
    assert "odd.jsonl" in result.output
    assert "Something broke" not in result.output
    assert "No run" in handrail(environment, "runs", "--all").output


def test_words_are_erased_and_the_record_says_so(environment: dict[str, str], house: House) -> None:
    run_id = start(house)
    noted = house.handler().handle(run_id, AddNote("hunter2"), "ana", "slack").run.seq
    done = handrail(environment, "redact", "ORDERS-1", str(noted), "--reason", "A password.")
    assert f"Record {noted + 1} says so" in done.output
    read = handrail(environment, "log", "ORDERS-1").output
    assert "hunter2" not in read
    assert "noted: ‹erased›" in read
    assert f"erased words that somebody typed in record {noted} (words): A password." in read
    assert "were erased" in handrail(environment, "verify", "ORDERS-1").output
    again = handrail(environment, "redact", "ORDERS-1", str(noted), "--reason", "A password.")
    assert again.exit_code == 2
    assert "erased already" in again.output


def test_the_index_is_rebuilt(environment: dict[str, str], house: House) -> None:
    start(house)
    with for_writing(house.engine).begin() as connection:
        connection.execute(text("DELETE FROM run"))
    assert "was not listed" in handrail(environment, "rebuild").output
    assert "0 of 1 runs were put right" in handrail(environment, "rebuild").output
    assert "ORDERS-1" in handrail(environment, "runs").output


def test_tables_are_made_once(environment: dict[str, str], house: House) -> None:
    assert "The tables were made." in handrail(environment, "migrate").output
    assert "up to date already" in handrail(environment, "migrate").output
    with for_writing(house.engine).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ahead = handrail(environment, "migrate")
    assert ahead.exit_code == 2
    assert "newer Handrail" in ahead.output
    assert "9999" not in REVISIONS


def test_heads_that_were_kept_are_looked_for(environment: dict[str, str], house: House, tmp_path: Path) -> None:
    """Of the ledger and of runs, as they are posted, printed and written by hand; what is gone is named."""
    run_id = start(house)
    journal, kept = house.journal(), tmp_path / "heads.txt"
    before, row = read_tip(journal.read), journal.find_run("ORDERS-1")
    assert row is not None
    file = tmp_path / "orders-1.jsonl"
    exported = handrail(environment, "export", "ORDERS-1", "--output", str(file)).output
    lines = [
        "# what Slack said", f"Today's head of the ledger: `{before}`", f"orders-1 {row.hash}",
        f"ORDERS-1 {row.head} {row.hash.upper()}", f"handrail verify ORDERS-1 --head {row.hash}",
        next(line for line in exported.splitlines() if line.startswith("Newest head of all: ")),
    ]  # fmt: skip
    house.handler().handle(run_id, AddNote("More."), "ben", "slack")
    start(house, "Another table.")
    kept.write_text("\n".join(lines), encoding="utf-8")
    told = handrail(environment, "verify", "--heads", str(kept))
    assert told.exit_code == 0, told.output
    assert "✓ heads  all 3 that were kept are where they were" in told.output
    wrong = {
        f"ledger 1 {'f' * 64}": "the ledger does not have this head",
        f"ledger 9 {before.hash}": "the ledger does not have this head",
        f"ORDERS-1 {'e' * 64}": "ORDERS-1 does not have this head",
        f"ORDERS-1 1 {row.hash}": "ORDERS-1 does not have this head",
        f"ORDERS-7 {row.hash}": "there is no run ORDERS-7 here",
    }
    for line, said in wrong.items():
        kept.write_text(line, encoding="utf-8")
        told = handrail(environment, "verify", "--heads", str(kept))
        assert told.exit_code == 1, line
        assert said in " ".join(told.output.split())
    for content, said in (("", "There is no head in"), ("a" * 64, "does not say whose")):
        kept.write_text(content, encoding="utf-8")
        told = handrail(environment, "verify", "--heads", str(kept))
        assert told.exit_code == 2
        assert said in " ".join(told.output.split())


def test_a_run_that_was_deleted_as_a_whole_is_missed_by_name(environment: dict[str, str], house: House) -> None:
    """Rows, records and all; the guards are back where they were."""
    run_id = start(house)
    start(house, "Another table.")
    assert handrail(environment, "verify").exit_code == 0
    with for_writing(house.engine).begin() as connection:
        guards = ("record_no_delete", "words_no_delete")
        found = "SELECT sql FROM sqlite_master WHERE name = :name"
        bodies = [connection.execute(text(found), {"name": name}).scalar_one() for name in guards]
        for name in guards:
            connection.execute(text(f"DROP TRIGGER {name}"))
        for table in ("given", "words", "record", "run", "inbox"):
            connection.execute(text(f"DELETE FROM {table} WHERE run_id = :run"), {"run": run_id})  # noqa: S608  (ours)
        for body in bodies:
            connection.exec_driver_sql(body)
    told = handrail(environment, "verify")
    assert told.exit_code == 1
    assert "✗ ledger  ORDERS-1 is gone: started " in told.output
    examined = handrail(environment, "doctor")
    assert examined.exit_code == 1
    assert "✗ ledger       ORDERS-1 is gone: started " in examined.output
    assert "✓ ORDERS-2" in told.output

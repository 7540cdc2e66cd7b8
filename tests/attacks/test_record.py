"""The record under the hand of somebody who holds the database: what is refused, and what is noticed."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from bot.cli import main
from bot.cli.identity import token_file, who_sits_here
from bot.journal.database import for_writing, migrate, open_engine
from bot.journal.guards import weak_guards
from bot.journal.store import ENTER_TABLES
from bot.journal.tables import words
from bot.run.commands import AddNote
from bot.terminal.faces.keyboard import Lines
from bot.terminal.faces.plain import Plain
from bot.wiring.house import House
from tests.cli.test_record import RUNBOOKS, start


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{tmp_path}/record.db", "HANDRAIL_RUNBOOKS": str(RUNBOOKS)}


@pytest.fixture
def house(environment: dict[str, str]) -> Iterator[House]:
    house = House(environment)
    yield house
    house.close()


def handrail(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=environment)


def tamper(house: House, *statements: str) -> None:
    with for_writing(house.engine).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET by = 'eve'",
        "UPDATE OR REPLACE record SET seq = 1 WHERE seq = 2",
        "DELETE FROM record",
        "INSERT OR REPLACE INTO record SELECT * FROM record WHERE seq = 1",
        "INSERT INTO record SELECT * FROM record WHERE seq = 1 ON CONFLICT DO UPDATE SET by = 'eve'",
        "INSERT INTO record SELECT run_id, 99, at, by, via, kind, body, prev, hash FROM record WHERE seq = 1",
        "UPDATE words SET text = 'other'",
        "DELETE FROM words",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_recorded(house: House, statement: str) -> None:
    run_id = start(house)
    house.handler().handle(run_id, AddNote("Ben looks"), "ben", "slack")
    before = house.journal().records(run_id)
    with pytest.raises(DBAPIError):
        tamper(house, statement)
    assert house.journal().records(run_id) == before


def test_guards_that_were_taken_away_are_missed(environment: dict[str, str], house: House) -> None:
    """`verify` and `doctor` say so, though every chain still holds."""
    start(house)
    assert handrail(environment, "verify").exit_code == 0
    tamper(house, "DROP TRIGGER record_no_update", "DROP TRIGGER words_no_delete")
    for command in ("verify", "doctor"):
        told = handrail(environment, command)
        assert told.exit_code == 1
        assert "record_no_update, words_no_delete is gone" in told.output


def test_guards_that_are_there_by_name_alone_are_missed(environment: dict[str, str], house: House) -> None:
    """A trigger of the right name that lets everything pass."""
    start(house)
    tamper(
        house,
        "DROP TRIGGER record_no_update",
        "CREATE TRIGGER record_no_update BEFORE UPDATE ON record WHEN 0 BEGIN SELECT 1; END",
        "DROP TRIGGER ledger_no_delete",
    )
    for command in ("verify", "doctor"):
        told = handrail(environment, command)
        assert told.exit_code == 1
        assert "ledger_no_delete is gone; record_no_update is there by name and does something else" in told.output


HOLLOW = {
    "another function": (
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "DROP TRIGGER record_never_changed ON record",
        "CREATE TRIGGER record_never_changed BEFORE UPDATE OR DELETE ON record FOR EACH ROW EXECUTE FUNCTION nothing()",
    ),
    "the same function, emptied": (
        "CREATE OR REPLACE FUNCTION handrail_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    ),
    "never when": (
        "DROP TRIGGER record_never_changed ON record",
        (
            "CREATE TRIGGER record_never_changed BEFORE UPDATE OR DELETE ON record FOR EACH ROW WHEN (false) "
            "EXECUTE FUNCTION handrail_refuse('x')"
        ),
    ),
    "on another table": (
        "DROP TRIGGER record_never_changed ON record",
        (
            "CREATE TRIGGER record_never_changed BEFORE UPDATE OR DELETE ON sweep FOR EACH ROW "
            "EXECUTE FUNCTION handrail_refuse('x')"
        ),
    ),
    "the ledger led elsewhere": (
        "CREATE SCHEMA eve",
        "CREATE TABLE eve.ledger (LIKE ledger)",
        "ALTER FUNCTION handrail_enter SET search_path = eve, public",
    ),
}


@pytest.mark.parametrize("what", HOLLOW)
def test_guards_of_postgresql_that_are_hollow_are_missed(postgres_database: str, what: str) -> None:
    engine = open_engine(postgres_database)
    migrate(engine)
    assert weak_guards(engine) == ()
    with engine.begin() as connection:
        for statement in HOLLOW[what]:
            connection.exec_driver_sql(statement)
    weak = weak_guards(engine)
    assert {one.state for one in weak} == {"hollow"}
    assert ("record_enters_ledger" if "ledger" in what else "record_never_changed") in {one.name for one in weak}
    engine.dispose()


def test_words_do_not_go_without_a_word(environment: dict[str, str], house: House) -> None:
    """Erased by `redact` the chain holds, and says by whom; erased by hand it does not."""
    run_id = start(house)
    for said in ("Call 555 0100", "And again"):
        house.handler().handle(run_id, AddNote(said), "ben", "slack")
    seq = house.journal().records(run_id)[-1].seq
    assert handrail(environment, "redact", "ORDERS-1", str(seq), "--reason", "A number").exit_code == 0
    assert handrail(environment, "verify").exit_code == 0
    tamper(house, "UPDATE words SET text = NULL, salt = NULL WHERE text = 'Call 555 0100'")
    told = handrail(environment, "verify")
    assert told.exit_code == 1
    assert f"The words of record {seq - 1} (noted, “words”) were erased, and no record says so." in told.output


def test_an_open_run_does_not_walk_a_text_that_was_changed(environment: dict[str, str], house: House) -> None:
    """The text that a run is pinned to has its digest; another one is not walked."""
    run_id = start(house)
    tamper(house, "UPDATE runbook_text SET text = replace(text, 'orders', 'orderz')")
    fresh = House(environment)
    with pytest.raises(LookupError, match="was changed"):
        fresh.handler().load(run_id)
    fresh.close()
    assert handrail(environment, "verify").exit_code == 1


def test_a_tail_that_was_appended_by_hand_is_noticed(environment: dict[str, str], house: House) -> None:
    """A sound link with the row left behind."""
    start(house)
    with suppress(DBAPIError):
        tamper(
            house,
            "INSERT INTO record SELECT run_id, seq + 1, at, 'dora', via, kind, body, hash, :hash FROM record "
            "WHERE seq = 2".replace(":hash", f"'{'0' * 64}'"),
        )
    told = handrail(environment, "verify")
    assert told.exit_code == 1


def test_whoever_left_the_catalogue_is_nobody(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that they kept counts no more; somebody who is still there is known by theirs."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    logins, catalogue, face = (
        house.handler().logins,
        house.registry().catalogue,
        Plain(Lines(0), print, 80, echoes=False),
    )
    for person, known in (("gone", False), ("ana", True)):
        _, token = logins.redeem(logins.hand_out(person), "her@laptop")
        token_file().keep(person, token)
        me, said = who_sits_here(face, logins, catalogue, None)
        assert (me == person) is known
        assert ("You are not logged in" in said) is not known


def test_what_a_person_typed_is_in_no_error_of_the_database(house: House) -> None:
    """Errors go to the log; words go beside the record, where they can be erased."""
    start(house)
    row = {"run_id": "nobody", "seq": 1, "field": "words", "salt": "pepper", "text": "my number is 555 0100"}
    with for_writing(house.engine).connect() as connection, pytest.raises(DBAPIError) as failure:
        connection.execute(words.insert(), row)
    assert "555 0100" not in str(failure.value)
    assert "pepper" not in str(failure.value)


def assert_a_start_enters_the_ledger_though_serve_may_not_write_there(engine: Engine) -> None:
    """The trigger writes with its owner's rights, and into no temporary table that is called as the ledger is."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL ROLE reader"))
        connection.execute(text("CREATE TEMP TABLE ledger (LIKE public.ledger)"))
        connection.execute(
            text(
                "INSERT INTO record (run_id, seq, at, by, via, kind, body, prev, hash) "
                "VALUES ('r', 1, now(), 'ana', 'slack', 'started', '{}', 'p', 'h')"
            )
        )
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        connection.execute(text("RESET ROLE"))
        assert connection.execute(text("SELECT count(*) FROM public.ledger")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM pg_temp.ledger")).scalar() == 0
        connection.rollback()


def test_postgresql_is_watched_as_well(postgres_database: str) -> None:
    """A trigger that is switched off counts as gone; the grants of docs/install.md hold without any."""
    engine = open_engine(postgres_database)
    migrate(engine)
    assert weak_guards(engine) == ()
    grants = [
        line.strip(" ;").replace("handrail_serve", "reader")
        for line in (RUNBOOKS.parent / "docs" / "install.md").read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(("GRANT ", "REVOKE "))
    ]
    with engine.begin() as connection:
        for statement in ("DROP ROLE IF EXISTS reader", "CREATE ROLE reader", *grants):
            connection.execute(text(statement))
        connection.execute(text("ALTER TABLE record DISABLE TRIGGER record_never_changed"))
    assert weak_guards(engine) == (("record_never_changed", "gone"),)
    assert_a_start_enters_the_ledger_though_serve_may_not_write_there(engine)
    for refused in (
        "INSERT INTO ledger SELECT * FROM ledger",
        "UPDATE record SET by = 'eve'",
        "DELETE FROM arrival",
        "TRUNCATE words",
        "DELETE FROM words",
        "UPDATE alembic_version SET version_num = '9999'",
        "DELETE FROM alembic_version",
    ):
        with engine.connect() as connection:
            connection.execute(text("SET ROLE reader"))
            with pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text(refused))
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL ROLE reader"))
        connection.execute(text("SELECT version_num FROM alembic_version"))
        connection.execute(ENTER_TABLES)  # what the clock tries, so that `/readyz` knows of a held table
    with engine.begin() as connection:
        connection.execute(text("DROP OWNED BY reader"))
        connection.execute(text("DROP ROLE reader"))
    engine.dispose()

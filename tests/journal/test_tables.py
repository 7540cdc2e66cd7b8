"""The tables: what the database itself refuses, and how they come to be."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from bot.journal.database import REVISIONS, for_writing, migrate, open_engine, schema_state
from bot.journal.tables import metadata, record, sweep, write_instant

ADD = (
    "INSERT INTO record (run_id, seq, at, by, via, kind, body, prev, hash) "
    "VALUES ('r', {seq}, '2026-11-22T12:00:00.000000Z', 'ana', 'slack', 'noted', '{{}}', 'p', 'h')"
)
ADD_WORDS = "INSERT INTO words (run_id, seq, field, salt, text) VALUES ('r', 1, 'words', 'salt', 'typed')"


def execute(engine: Engine, statement: str) -> None:
    with for_writing(engine).begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement", ["UPDATE record SET by = 'ben'", "UPDATE record SET seq = 9", "DELETE FROM record"]
)
def test_the_database_refuses_to_change_a_record(engine: Engine, statement: str) -> None:
    """The refusal is a sentence, and the record stands as it was."""
    execute(engine, ADD.format(seq=1))
    with pytest.raises(DBAPIError, match="A record is never changed and never deleted"):
        execute(engine, statement)
    with engine.connect() as connection:
        assert [(row.seq, row.by) for row in connection.execute(select(record))] == [(1, "ana")]


def test_postgresql_refuses_to_empty_the_record(postgres_database: str) -> None:
    engine = open_engine(postgres_database)
    migrate(engine)
    for table in ("record", "words", "arrival"):
        with pytest.raises(DBAPIError, match="never"):
            execute(engine, f"TRUNCATE {table} CASCADE")
    engine.dispose()


@pytest.mark.parametrize(
    "statement", [ADD.format(seq=1).replace("INSERT", "INSERT OR REPLACE"), ADD.format(seq=3), ADD.format(seq=0)]
)
def test_sqlite_takes_a_record_only_at_the_end(sqlite_url: str, statement: str) -> None:
    """INSERT OR REPLACE would delete without a DELETE trigger; a gap would be a record that somebody left out."""
    engine = open_engine(sqlite_url)
    execute(engine, ADD.format(seq=1))
    with pytest.raises(DBAPIError, match="at the end of its run"):
        execute(engine, statement)
    execute(engine, ADD.format(seq=2))
    engine.dispose()


@pytest.mark.parametrize(
    "statement", ["UPDATE words SET text = 'other'", "UPDATE words SET text = NULL", "DELETE FROM words"]
)
def test_typed_words_are_kept_or_erased_never_changed(engine: Engine, statement: str) -> None:
    """To erase is to erase the salt as well, so that nobody can try out guesses."""
    execute(engine, ADD.format(seq=1))
    execute(engine, ADD_WORDS)
    with pytest.raises(DBAPIError, match="Typed words are kept or erased"):
        execute(engine, statement)
    execute(engine, "UPDATE words SET text = NULL, salt = NULL")


def test_an_arrival_is_never_changed(engine: Engine) -> None:
    execute(
        engine,
        "INSERT INTO arrival (run_id, head, hash, at, by, source) "
        "VALUES ('r', 1, 'h', '2026-11-22T12:00:00.000000Z', 'ana', 'a file')",
    )
    with pytest.raises(DBAPIError, match="never changed"):
        execute(engine, "UPDATE arrival SET source = 'elsewhere'")


def test_the_migrations_make_the_tables_that_the_code_speaks_of(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_revisions_are_those_in_the_folder() -> None:
    folder = ScriptDirectory(str(Path(__file__).parent.parent.parent / "migrations"))
    assert tuple(one.revision for one in reversed(list(folder.walk_revisions()))) == REVISIONS


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_state_of_the_tables_is_known_without_alembic(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Empty, current, behind, ahead; a database that is ahead is never touched."""
    url = f"sqlite:///{tmp_path}/new.db" if kind == "sqlite" else request.getfixturevalue("bare_postgres")
    engine = open_engine(url)
    assert schema_state(engine) == "empty"
    migrate(engine)
    assert schema_state(engine) == "current"
    migrate(engine)
    assert REVISIONS[0] == "0001"
    execute(engine, "UPDATE alembic_version SET version_num = '0001'")
    assert schema_state(engine) == "behind"
    execute(engine, "UPDATE alembic_version SET version_num = '9999'")
    assert schema_state(engine) == "ahead"
    with pytest.raises(RuntimeError, match="newer Handrail"):
        migrate(engine)
    engine.dispose()


def test_two_that_migrate_at_once_make_the_tables_once(bare_postgres: str) -> None:
    engines = [open_engine(bare_postgres) for _ in range(4)]
    failed: list[BaseException] = []

    def run(engine: Engine) -> None:
        try:
            migrate(engine)
        except BaseException as wrong:  # noqa: BLE001  (the test reports whatever it was)
            failed.append(wrong)

    threads = [threading.Thread(target=run, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert schema_state(engines[0]) == "current"
    for engine in engines:
        engine.dispose()


def test_the_journal_starts_without_alembic() -> None:
    """It costs a third of a second to import."""
    code = "import sys, bot.journal.store, bot.journal.database; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("url", "said"), [("sqlite://", "name a file"), ("mysql://h/d", "SQLite or PostgreSQL")])
def test_other_databases_are_refused_with_a_sentence(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        open_engine(url)


def test_times_come_back_as_they_were_and_sort(engine: Engine) -> None:
    """Whole seconds and fractions, other offsets: one representation, in UTC."""
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    times = [
        noon,
        noon + timedelta(microseconds=1),
        noon.astimezone(timezone(timedelta(hours=5))) + timedelta(seconds=1),
    ]
    with for_writing(engine).begin() as connection:
        connection.execute(sweep.insert(), [{"name": str(number), "at": at} for number, at in enumerate(times)])
        found = connection.execute(select(sweep.c.at).order_by(sweep.c.at.desc())).scalars().all()
    assert found == times[::-1]
    assert {at.utcoffset() for at in found} == {timedelta(0)}


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        write_instant(datetime(2026, 11, 22, 12))  # noqa: DTZ001  (that is the point)


def test_sqlite_reads_while_another_writes_and_a_writer_waits(sqlite_url: str) -> None:
    """A read takes no lock that a writer needs; a second writer waits instead of failing."""
    engine = open_engine(sqlite_url)
    held, order = threading.Event(), []

    def write_second() -> None:
        held.wait()
        execute(engine, ADD.format(seq=2))
        order.append("second")

    thread = threading.Thread(target=write_second)
    thread.start()
    with for_writing(engine).begin() as connection:
        connection.execute(text(ADD.format(seq=1)))
        held.set()
        with engine.connect() as reader:
            assert reader.execute(select(record)).all() == []
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    engine.dispose()


def test_sqlite_writes_through_to_the_disk(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    with engine.connect() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2}
    engine.dispose()

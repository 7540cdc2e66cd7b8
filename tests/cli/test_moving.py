"""Moving house: everything of one database in another, compared; and the old one takes nothing any more."""

import sqlite3
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Boolean, Engine, Integer, Table, insert, select, update

from bot.cli import main
from bot.journal.copying import NotTheSame, copy_all
from bot.journal.database import REVISIONS, for_writing, migrate, open_engine
from bot.journal.ledger import read_tip
from bot.journal.store import NotRecorded
from bot.journal.tables import Instant, metadata
from bot.run.commands import AddNote
from bot.wiring.house import House
from tests.cli.test_record import RUNBOOKS, start
from tests.journal.test_upgrades import migrate_to

HOLDS = """
import sys
from pathlib import Path
from bot.wiring.process.lock import sole_server
with sole_server(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
NOW = datetime(2026, 11, 22, 3, 40, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def here(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The environment of the database that is left, of each kind."""
    kept = str(request.getfixturevalue("postgres_database")) if request.param == "postgresql" else ""
    url = kept or f"sqlite:///{tmp_path}/old.db"
    with_tables(url)
    return {"DATABASE_URL": url, "HANDRAIL_RUNBOOKS": str(RUNBOOKS)}


@pytest.fixture
def there(here: dict[str, str], request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database of the other kind."""
    is_file = here["DATABASE_URL"].startswith("sqlite")
    return str(request.getfixturevalue("postgres_database")) if is_file else f"sqlite:///{tmp_path}/new.db"


@pytest.fixture
def house(here: dict[str, str]) -> Iterator[House]:
    house = House(here)
    yield house
    house.close()


def with_tables(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()


def handrail(environment: Mapping[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=dict(environment))


def live_in(house: House) -> str:
    """Two runs, words that were typed and words that were erased, a row in every other table. The first run's id."""
    handler, ids = house.handler(), [start(house), start(house, "Another region.")]
    noted = handler.handle(ids[0], AddNote("It is Zoë's; 100 % 'sure'."), "ben", "slack").run
    handler.redact(ids[0], noted.seq, "A name.", "ana", "terminal")
    handler.handle(ids[0], AddNote("A second\nnote."), "ben", "slack")
    with for_writing(house.engine).begin() as connection:
        for table in metadata.sorted_tables:
            if connection.execute(select(table).limit(1)).first() is None:
                connection.execute(insert(table), {column.name: made_up(column.type) for column in table.columns})
    return ids[0]


def made_up(kind: object) -> object:
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer):
        return 1
    return NOW - timedelta(days=400) if isinstance(kind, Instant) else "Zoë's 100 %"


def content(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    def rows(table: Table) -> list[tuple[Any, ...]]:
        with engine.connect() as connection:
            return sorted((tuple(row) for row in connection.execute(select(table))), key=repr)

    return {table.name: rows(table) for table in metadata.sorted_tables}


def content_of(url: str) -> dict[str, list[tuple[Any, ...]]]:
    engine = open_engine(url)
    found = content(engine)
    engine.dispose()
    return found


def test_a_backup_holds_every_row_of_every_table_and_is_restored_into_the_other_kind(
    here: dict[str, str], there: str, house: House, tmp_path: Path
) -> None:
    live_in(house)
    before = content(house.engine)
    assert all(before.values()), "a table that is not filled here is not tried"
    file = tmp_path / "handrail.backup"
    made = handrail(here, "backup", str(file))
    assert "2 runs (2 open)" in made.output
    assert str(read_tip(house.journal().read)) in made.output
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(("handrail.backup", ".handrail"))] == [
        "handrail.backup"
    ]
    assert file.stat().st_mode & 0o077 == 0, "others may not read it"
    assert content(house.engine) == before, "the record that was copied is as it was"
    restored = handrail(here | {"DATABASE_URL": there}, "restore", str(file))
    assert "read back and the same" in restored.output
    assert content_of(there) == before
    assert not Path(f"{file}-wal").exists(), "nothing is written beside a backup"


def test_a_record_that_verifies_moves_and_goes_on_there(here: dict[str, str], there: str, house: House) -> None:
    run_id = start(house)
    before = content(house.engine)
    moved = handrail(here | {"NEW": there}, "move", "--to", "env:NEW")
    assert moved.exit_code == 0, moved.output
    assert content_of(there) == before
    assert "secret" not in moved.output
    new = here | {"DATABASE_URL": there}
    arrived = House(new)
    arrived.handler().handle(run_id, AddNote("Here now."), "ben", "slack")
    arrived.close()
    assert handrail(new, "verify").exit_code == 0
    slack = {"SLACK_BOT_TOKEN": "xoxb-000000-test", "SLACK_APP_TOKEN": "xapp-1-test-000"}
    for command in (("serve",), ("import", __file__)):
        refused = handrail(here | slack, *command)
        assert "This record has moved to" in refused.output, "whoever starts the old one is told where it went"
    assert handrail(here, "runs").exit_code == 0, "what is there may be read"
    with pytest.raises(NotRecorded):
        house.handler().handle(run_id, AddNote("Too late."), "ben", "slack")
    assert "has moved" in handrail(here, "move", "--to", "env:NEW").output
    assert "This record has moved to" in handrail(here, "doctor").output


def test_a_move_is_taken_back_before_the_new_one_serves(here: dict[str, str], there: str, house: House) -> None:
    house.journal()
    assert handrail(here, "move", "--to", there).exit_code == 0
    assert "takes records again" in handrail(here, "move", "--undo").output
    again = House(here)
    assert again.journal().run_ids() == []
    again.close()
    assert "has not moved" in handrail(here, "move", "--undo").output


def test_nothing_moves_into_what_holds_something(
    here: dict[str, str], there: str, house: House, tmp_path: Path
) -> None:
    live_in(house)
    with_tables(there)
    other = open_engine(there)
    with for_writing(other).begin() as connection:
        connection.execute(insert(metadata.tables["counter"]), {"word": "ORDERS", "last": 7})
    other.dispose()
    file = tmp_path / "kept"
    handrail(here, "backup", str(file))
    refused = handrail(here | {"DATABASE_URL": there}, "restore", str(file))
    assert refused.exit_code == 2
    assert "holds something already (in the table counter)" in refused.output
    assert content_of(there)["counter"] == [("ORDERS", 7)]


def test_a_move_is_refused_while_somebody_serves(here: dict[str, str], there: str, house: House) -> None:
    file = house.settings.sqlite_path
    if file is None:
        house.journal().note_sweep("clock", house.journal().database_time())
        assert "Stop every replica" in handrail(here, "move", "--to", there).output
        return
    holder = Popen([sys.executable, "-c", HOLDS, str(file)], stdin=PIPE, stdout=PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    refused = handrail(here, "move", "--to", there)
    assert f"(process {holder.pid}) works on" in refused.output
    assert not Path(there.removeprefix("sqlite:///")).exists() or there.startswith("postgresql")
    holder.communicate()


def test_a_record_that_does_not_verify_is_not_moved_and_may_be_carried_as_it_is(
    here: dict[str, str], there: str, house: House, tmp_path: Path
) -> None:
    live_in(house)
    with for_writing(house.engine).begin() as connection:
        connection.execute(update(metadata.tables["run"]).values(asset_name="Another"))
    refused = handrail(here, "move", "--to", there)
    assert refused.exit_code == 2
    assert "Its row says what its records do not" in refused.output
    assert "Nothing was moved" in refused.output
    file = tmp_path / "as-it-is"
    made = handrail(here, "backup", str(file))
    assert made.exit_code == 1
    assert handrail(here | {"DATABASE_URL": there}, "restore", str(file)).exit_code == 1
    assert content_of(there) == content(house.engine)


def test_what_does_not_read_back_is_not_kept(here: dict[str, str], there: str, house: House) -> None:
    live_in(house)
    with_tables(there)
    target = open_engine(there)
    meddling = (
        "CREATE TRIGGER meddling AFTER INSERT ON counter BEGIN UPDATE counter SET last = 9; END"
        if target.dialect.name == "sqlite"
        else "CREATE RULE meddling AS ON INSERT TO counter DO INSTEAD NOTHING"
    )
    with for_writing(target).begin() as connection:
        connection.exec_driver_sql(meddling)
    with pytest.raises(NotTheSame, match="counter"):
        copy_all(house.engine, target, closed_with="It has moved.")
    assert not any(content(target).values())
    target.dispose()
    house.handler().handle(house.journal().run_ids()[0], AddNote("Still here."), "ben", "slack")


@pytest.mark.parametrize("here", ["sqlite"], indirect=True)
def test_a_backup_is_never_written_over_and_only_a_backup_is_restored(
    here: dict[str, str], house: House, tmp_path: Path
) -> None:
    run_id = live_in(house)
    file = tmp_path / "kept"
    handrail(here, "backup", str(file))
    before = file.read_bytes()
    assert "never written over" in handrail(here, "backup", str(file)).output
    assert file.read_bytes() == before
    fresh = here | {"DATABASE_URL": f"sqlite:///{tmp_path}/fresh.db"}
    house.handler().handle(run_id, AddNote("In the file beside."), "ben", "slack")
    assert "a database in use, not a backup" in handrail(fresh, "restore", str(tmp_path / "old.db")).output
    words = tmp_path / "words"
    words.write_text("Dear all, the backup is attached.\n" * 50)
    assert "no SQLite database" in handrail(fresh, "restore", str(words)).output
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE shopping (milk)").connection.close()
    assert "no tables of Handrail" in handrail(fresh, "restore", str(tmp_path / "other")).output
    assert "already" in handrail(here, "restore", str(file)).output
    assert "is the old one" in handrail(here, "move", "--to", here["DATABASE_URL"]).output
    assert "NOWHERE is not set" in handrail(here, "move", "--to", "env:NOWHERE").output


@pytest.mark.parametrize("here", ["sqlite"], indirect=True)
def test_a_backup_of_an_older_version_is_upgraded_as_it_is_restored(here: dict[str, str], tmp_path: Path) -> None:
    old = open_engine(f"sqlite:///{tmp_path}/older.db")
    migrate_to(old, REVISIONS[-2])
    with for_writing(old).begin() as connection:
        connection.exec_driver_sql("INSERT INTO counter (word, last) VALUES ('ORDERS', 7)")
    with sqlite3.connect(tmp_path / "kept") as kept, sqlite3.connect(tmp_path / "older.db") as read:
        read.backup(kept)
        kept.execute("PRAGMA journal_mode = DELETE")
    old.dispose()
    before = (tmp_path / "kept").read_bytes()
    url = f"sqlite:///{tmp_path}/fresh.db"
    assert handrail(here | {"DATABASE_URL": url}, "restore", str(tmp_path / "kept")).exit_code == 0
    assert content_of(url)["counter"] == [("ORDERS", 7)]
    assert (tmp_path / "kept").read_bytes() == before, "the backup itself is left as it was"

"""Upgrades without stopping: what the version before writes and reads works on this version's tables."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Column, Engine, MetaData, Table, insert, inspect, select, text, update

from bot.journal.database import for_writing, migrate, open_engine, schema_state
from bot.web.health import NotReady
from bot.wiring.staff import probe_database

BEFORE = "0003"
"""The last revision of the version before this one."""
MIGRATIONS = Path(__file__).parents[2] / "migrations"
AT = "2026-11-22T12:00:00.000000Z"
RUN = {
    "run_id": "r", "ref": "ORDERS-1", "asset": "orders-db", "asset_name": "Orders", "tier": 1, "rto": 14400,
    "runbook": "story", "digest": "d" * 64, "title": "Rows are gone", "mode": "live", "requester": "ana",
    "state": "open", "started_at": AT, "due_at": AT, "head": 1, "hash": "h", "told": 0, "imported": False,
}  # fmt: skip
RECORD = {
    "run_id": "r", "seq": 1, "at": AT, "by": "ana", "via": "slack", "kind": "noted", "body": "{}", "prev": "p",
    "hash": "h",
}  # fmt: skip
WRITTEN: dict[str, dict[str, object]] = {
    "run": RUN,
    "record": RECORD,
    "words": {"run_id": "r", "seq": 1, "field": "words", "salt": "s", "text": "typed"},
    "inbox": {"key": "k", "run_id": "r", "first": 1, "last": 1, "refusal": None, "at": AT},
    "message": {"run_id": "r", "key": "card", "channel": "C1", "ts": "1.1", "shown": "d", "intended_at": AT},
    "runbook_text": {"digest": "d", "runbook": "story", "text": "steps", "first_seen_at": AT},
    "counter": {"word": "ORDERS", "last": 1},
    "sweep": {"name": "clock", "at": AT},
    "arrival": {"run_id": "r", "head": 1, "hash": "h", "at": AT, "by": "ana", "source": "elsewhere"},
    "login": {"digest": "d", "person": "ana", "kind": "token", "made_at": AT, "made_for": "laptop"},
    "served": {"runbook": "story", "at": AT, "digest": "d", "file": "story.yaml"},
}
"""One row of each table of the version before, in the columns that it names."""


def migrate_to(engine: Engine, revision: str) -> None:
    with for_writing(engine).begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, revision)


def tables_of(engine: Engine) -> dict[str, Table]:
    """The tables as the database has them, and so as the code of that version knew them."""
    known = MetaData()
    known.reflect(engine)
    return {name: table for name, table in known.tables.items() if name != "alembic_version"}


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of the version before."""
    sqlite = request.param == "sqlite"
    made = open_engine(f"sqlite:///{tmp_path}/old.db" if sqlite else request.getfixturevalue("bare_postgres"))
    migrate_to(made, BEFORE)
    yield made
    made.dispose()


def with_times(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Times as the reflected columns take them: text on SQLite, real ones on PostgreSQL."""
    return {name: text(f"'{AT}'") if value == AT and _is_time(table.c[name]) else value for name, value in row.items()}


def _is_time(column: Column[Any]) -> bool:
    return "TIMESTAMP" in str(column.type)


def test_the_version_before_reads_and_writes_the_new_tables(engine: Engine) -> None:
    """Its inserts, updates and selects name its own columns; the newest tables take them all."""
    old = tables_of(engine)
    assert set(old) == set(WRITTEN), "a table of the version before is missing in WRITTEN"
    migrate(engine)
    assert schema_state(engine) == "current"
    with for_writing(engine).begin() as connection:
        for name, row in WRITTEN.items():
            connection.execute(insert(old[name]).values(with_times(old[name], row)))
        connection.execute(update(old["run"]).values(head=2, lease_token="me", told=1))
    with engine.connect() as connection:
        for name, table in old.items():
            (found,) = connection.execute(select(table)).mappings().all()
            kept = {
                column: value for column, value in WRITTEN[name].items() if value != AT and column in ("ref", "key")
            }
            assert {column: found[column] for column in kept} == kept


def test_what_is_new_on_an_old_table_may_be_left_out(engine: Engine) -> None:
    """Nothing that the version before knew has gone; what came may be empty, and makes nothing unique."""
    old = tables_of(engine)
    unique = {name: _unique(engine, name) for name in old}
    migrate(engine)
    new = tables_of(engine)
    assert old.keys() <= new.keys()
    for name, table in old.items():
        assert set(table.c.keys()) <= set(new[name].c.keys()), name
        came = [column for column in new[name].c if column.name not in table.c]
        assert [one.name for one in came if not one.nullable and one.server_default is None] == [], name
        assert _unique(engine, name) == unique[name]


def _unique(engine: Engine, table: str) -> set[tuple[str | None, ...]]:
    return {tuple(one["column_names"]) for one in inspect(engine).get_indexes(table) if one["unique"]}


def test_a_replica_that_serves_while_the_tables_become_newer_goes_on(engine: Engine) -> None:
    """Ready, and it says that the upgrade is not finished; tables that are behind are another matter."""
    with pytest.raises(NotReady, match="behind"):
        probe_database(engine)
    migrate(engine)
    assert "up to date" in probe_database(engine)
    with for_writing(engine).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "finish the upgrade" in probe_database(engine)

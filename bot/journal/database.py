"""A database as the journal wants it: durable, patient, and with its schema known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection

from bot.journal.group_commit import PATIENCE

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0007", "0008", "0009", "0010", "0011", "0012")
"""Every revision in `migrations/versions`, in order; the last is what this version works with."""

SchemaState = Literal["current", "behind", "ahead", "empty"]

_SQLITE = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is redacted is overwritten in the file, not only unlinked
)
_POSTGRESQL = (
    "SET TIME ZONE 'UTC'",
    f"SET lock_timeout = '{PATIENCE * 1000:.0f}ms'",
    "SET statement_timeout = '15s'",  # what hangs in the server holds a connection, and with it somebody else's click
    "SET idle_in_transaction_session_timeout = '30s'",  # a replica that froze lets go of its runs
)
_WRITES = {"handrail_writes": True}
_KEPT = 10
"""Connections of a pool that stay open when nobody uses them."""


@dataclass(frozen=True, slots=True)
class Pooling:
    """How connections to PostgreSQL are kept."""

    at_most: int = 30
    """Of one pool; readers and writers have a pool each."""
    by_transaction: bool = False
    """A pooler in between hands out another connection with each transaction: nothing may be left behind on one.

    No prepared statements, then, no LISTEN, and what we would set for a connection has to be set for the role.
    """


def open_engine(url: str, pooling: Pooling = Pooling(), url_now: Callable[[], str] | None = None) -> Engine:
    """An engine for ``sqlite:///file`` or ``postgresql://…`` (psycopg 3); ValueError for any other kind of database.

    `url_now` is asked with each new connection: who logs in, and with what password, may have changed since.

    SQLite: WAL, every commit on disk (`synchronous=FULL`), and a transaction that writes takes its lock at once
    (`BEGIN IMMEDIATE`), since one that upgrades later meets "database is locked" instead of waiting.
    """
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return _open_sqlite(parsed)
        case "postgresql":
            return _open_postgresql(parsed, pooling, url_now)
        case other:
            raise ValueError(f"Handrail keeps its record in SQLite or PostgreSQL, not in {other}.")


def _open_sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise ValueError("A record in memory is no record: name a file, such as sqlite:///handrail.db")
    engine = create_engine(url, pool_size=10, max_overflow=90, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: object) -> None:
    connection.isolation_level = None  # sqlite3 begins nothing by itself; `_begin_sqlite` does
    for pragma in _SQLITE:
        connection.cursor().execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("handrail_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _open_postgresql(url: URL, pooling: Pooling, url_now: Callable[[], str] | None) -> Engine:
    url = url.set(drivername="postgresql+psycopg")
    query: Mapping[str, Any] = url.query
    arguments: dict[str, Any] = {} if "connect_timeout" in query else {"connect_timeout": 5}
    kept = min(_KEPT, pooling.at_most)
    if pooling.by_transaction:
        arguments["prepare_threshold"] = None
    engine = create_engine(
        url, pool_size=kept, max_overflow=pooling.at_most - kept, pool_timeout=PATIENCE, connect_args=arguments,
        hide_parameters=True,
    )  # fmt: skip
    if not pooling.by_transaction:
        event.listen(engine, "connect", _prepare_postgresql)
    if url_now is not None:
        event.listen(engine, "do_connect", partial(_take_login, url_now))
    return engine


def _take_login(url_now: Callable[[], str], _dialect: object, _entry: object, _: object, named: dict[str, Any]) -> None:
    """Log in as the address says now. Where the server is does not change under a pool: that would be two records."""
    now = make_url(url_now())
    named |= {name: value for name, value in (("user", now.username), ("password", now.password)) if value}


def login_now(engine: Engine) -> tuple[Sequence[Any], dict[str, Any]]:
    """How the driver is asked for one more connection beside the pools', by whoever logs in now."""
    arguments, named = engine.dialect.create_connect_args(engine.url)
    for take in engine.dialect.dispatch.do_connect:
        take(engine.dialect, None, arguments, named)
    return arguments, dict(named)


def _prepare_postgresql(connection: DBAPIConnection, _entry: object) -> None:
    for setting in _POSTGRESQL:
        connection.cursor().execute(setting)
    connection.commit()


def for_writing(engine: Engine) -> Engine:
    """The same engine and pool, whose transactions write."""
    return engine.execution_options(**_WRITES)


def for_writing_beside(engine: Engine) -> Engine:
    """An engine on the same database with connections of its own: who waits to write keeps nobody from reading."""
    beside = Engine(engine.pool.recreate(), engine.dialect, engine.url, hide_parameters=True)
    event.listen(engine, "engine_disposed", lambda _: beside.dispose())
    return beside


def for_writing_in_line(engine: Engine) -> Engine:
    """The same pool; whoever uses it says BEGIN. Without options and listeners a connection costs 60 µs less."""
    return Engine(engine.pool, engine.dialect, engine.url, hide_parameters=True)


def schema_state(engine: Engine) -> SchemaState:
    """Whether the database's tables are those of this version; one short query, without Alembic."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return "empty"
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is None:
        return "empty"
    if found == REVISIONS[-1]:
        return "current"
    return "behind" if found in REVISIONS else "ahead"


def migrate(engine: Engine) -> None:
    """Bring the tables up to this version, in one transaction; does nothing when they are.

    RuntimeError when the database was made by a newer Handrail.
    """
    state = schema_state(engine)
    if state == "ahead":
        raise RuntimeError("This database belongs to a newer Handrail. Install that version, or name another database.")
    if state == "current":
        return
    # Alembic costs a third of a second to import, and is needed once in the life of a version.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    with for_writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('handrail migrate'))"))
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(_migrations()).replace("%", "%%"))
        command.upgrade(config, "head")


def _migrations() -> Path:
    """The folder of migrations: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"

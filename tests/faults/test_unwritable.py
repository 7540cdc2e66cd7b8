"""Nothing can be written any more: `/readyz` says so within ten seconds and why, and takes it back when it can."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from bot.journal.database import migrate, open_engine
from bot.workspace.serve import Workspace
from tests.faults.branch import open_branch
from tests.faults.test_databases import full_disk, running_workspace
from tests.walks.folder import write_folder
from tests.wiring.running import Running

WITHIN = 10.0
HELD = "somebody else holds the database, or a table of it, and does not let go"
READ_ONLY = "the server takes no writes: it is a standby, or was set to read only"
OURS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = %s"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with running_workspace(write_folder(tmp_path / "books")) as opened:
        yield opened


@contextmanager
def serving(workspace: Workspace, tmp_path: Path, database: str = "") -> Iterator[tuple[Running, str]]:
    folder = tmp_path / "books"
    with open_branch(workspace, tmp_path, folder, database) as branch, branch.serve() as serve:
        yield serve, next(line["http"] for line in serve.lines if line.get("event") == "serving")


def database_of(address: str) -> tuple[int, str]:
    """What a balancer is told, and what stands there of the database."""
    answer = httpx.get(f"{address}/readyz?only=database,runbooks", timeout=5)
    return answer.status_code, str(answer.json()["parts"]["database"]["says"])


def seconds_until(address: str, status: int) -> tuple[float, str]:
    begun = time.monotonic()
    while (told := database_of(address))[0] != status:
        assert time.monotonic() - begun < 30, told
        time.sleep(0.1)
    return time.monotonic() - begun, told[1]


@pytest.mark.slow
def test_a_full_disk_is_said(workspace: Workspace, tmp_path: Path) -> None:
    with serving(workspace, tmp_path) as (serve, address):
        with full_disk(serve.process.pid):
            taken, says = seconds_until(address, 503)
            assert taken < WITHIN
            assert says.startswith("Nothing can be written: the disk ")
        assert seconds_until(address, 200)[0] < WITHIN


@pytest.mark.slow
def test_a_file_that_another_program_holds_is_said(workspace: Workspace, tmp_path: Path) -> None:
    with serving(workspace, tmp_path) as (_, address):
        other = sqlite3.connect(tmp_path / "handrail.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        taken, says = seconds_until(address, 503)
        assert taken < WITHIN
        assert (
            says == "Nothing can be written: somebody else holds the database, or a table of it, and does not let go."
        )
        other.close()
        assert seconds_until(address, 200)[0] < WITHIN


@pytest.mark.slow
def test_a_table_that_somebody_locks_is_said(workspace: Workspace, tmp_path: Path, postgres_database: str) -> None:
    """The record itself is held, which nothing writes to just now; a run that is held is no reason."""
    engine = open_engine(postgres_database)
    migrate(engine)
    engine.dispose()
    with (
        serving(workspace, tmp_path, postgres_database) as (_, address),
        psycopg.connect(postgres_database) as other,
    ):
        other.execute("SELECT 1 FROM run FOR UPDATE")
        time.sleep(5)
        assert database_of(address)[0] == 200
        other.execute("LOCK TABLE record IN SHARE MODE")
        taken, says = seconds_until(address, 503)
        assert taken < WITHIN
        assert (
            says == "Nothing can be written: somebody else holds the database, or a table of it, and does not let go."
        )
        other.rollback()
        assert seconds_until(address, 200)[0] < WITHIN


@pytest.mark.slow
def test_a_server_that_takes_no_writes_is_said(workspace: Workspace, tmp_path: Path, postgres_database: str) -> None:
    engine = open_engine(postgres_database)
    migrate(engine)
    engine.dispose()
    with (
        serving(workspace, tmp_path, postgres_database) as (_, address),
        psycopg.connect(postgres_database, autocommit=True) as other,
    ):
        name = other.info.dbname
        other.execute(SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(Identifier(name)))
        other.execute(OURS, [name])
        taken, says = seconds_until(address, 503)
        assert taken < WITHIN
        assert says in (f"Nothing can be written: {READ_ONLY}.", "The database does not answer.")
        end = time.monotonic() + WITHIN
        while database_of(address)[1] != f"Nothing can be written: {READ_ONLY}.":
            assert time.monotonic() < end
            time.sleep(0.1)

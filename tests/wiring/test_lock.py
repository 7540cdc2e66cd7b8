"""One server to a SQLite file; the lock dies with its holder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from bot.cli import main
from bot.journal.database import REVISIONS, for_writing, migrate, open_engine, schema_state
from bot.wiring.process.lock import AlreadyServed, server_of, sole_server

HOLDER = """
import sys, time
from pathlib import Path
from bot.wiring.process.lock import sole_server
with sole_server(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(30)
"""


def test_the_second_server_is_told_about_the_first(tmp_path: Path) -> None:
    database = tmp_path / "handrail.db"
    told = pytest.raises(AlreadyServed, match=rf"process {os.getpid()}\) works on .*handrail.db")
    with sole_server(database), told, sole_server(database):
        pytest.fail("both held it")
    with sole_server(database), sole_server(tmp_path / "other.db"):
        pass


def test_no_upgrade_goes_on_under_a_server_of_the_older_version(tmp_path: Path) -> None:
    """It would start runs that stand in no ledger. A new server, which holds the lock itself, upgrades as it starts."""
    database = tmp_path / "a.db"
    engine = open_engine(f"sqlite:///{database}")
    migrate(engine)
    with for_writing(engine).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :older"), {"older": REVISIONS[-2]})
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(database)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        environment = {"DATABASE_URL": f"sqlite:///{database}"}
        for command in ("migrate", "runs"):
            told = CliRunner().invoke(main, [command], env=environment)
            assert told.exit_code == 2, told.output
            assert f"of an older version (process {holder.pid})" in told.output
        assert schema_state(engine) == "behind"
        holder.kill()
    assert server_of(database) is None
    with sole_server(database):
        assert server_of(database) is None
    assert server_of(tmp_path / "nowhere.db") is None
    assert not (tmp_path / "nowhere.db.serve-lock").exists()
    engine.dispose()


def test_a_killed_server_leaves_no_lock(tmp_path: Path) -> None:
    database = tmp_path / "handrail.db"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(database)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyServed, match=f"process {holder.pid}"), sole_server(database):
            pytest.fail("both held it")
        holder.kill()
    with sole_server(database):
        pass

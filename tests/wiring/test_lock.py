"""One server to a SQLite file; the lock dies with its holder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.wiring.process.lock import AlreadyServed, sole_server

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

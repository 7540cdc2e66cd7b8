"""What people typed steers no terminal; a pipe and a file get every byte of it."""

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.run.commands import AddNote
from bot.wiring.house import House
from tests.cli.test_record import RUNBOOKS, start

NASTY = "Look \x1b]0;owned\x07 \x1b[31mred\x9b2J \u202eback\u2066 and \x7f"
HANDRAIL = [sys.executable, "-c", "from bot.cli import main; main()"]
STEERS = {"\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\x7f", "\x00"}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/record.db", "HANDRAIL_RUNBOOKS": str(RUNBOOKS)}
    house = House(environment)
    run_id = start(house)
    house.handler().handle(run_id, AddNote(NASTY), "ben", "slack")
    house.close()
    return {**os.environ, **environment, "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}


def at_terminal(environment: dict[str, str], *arguments: str) -> str:
    """What the command writes when it stands at a terminal."""
    master, slave = pty.openpty()
    command = [*HANDRAIL, *arguments]
    with subprocess.Popen(command, env=environment, stdout=slave, stderr=slave, stdin=subprocess.DEVNULL) as process:
        os.close(slave)
        read = bytearray()
        while select.select([master], [], [], 60)[0]:
            try:
                piece = os.read(master, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            read += piece
        assert process.wait() == 0, read
    os.close(master)
    return read.decode()


@pytest.mark.parametrize(
    "arguments",
    [["export", "ORDERS-1", "--format", one] for one in ("jsonl", "md", "json", "csv")]
    + [["log", "ORDERS-1", "--json"]],
    ids=" ".join,
)
def test_nothing_that_somebody_typed_steers_a_terminal(environment: dict[str, str], arguments: list[str]) -> None:
    shown = at_terminal(environment, *arguments)
    assert STEERS & set(shown) == set()
    assert "owned" in shown, "what was typed is shown, and seen"


def test_a_pipe_and_a_file_get_the_bytes(environment: dict[str, str], tmp_path: Path) -> None:
    """Colours and control signs stand in the record, and `import` needs every one of them."""
    command = [*HANDRAIL, "export", "ORDERS-1"]
    piped = subprocess.run(command, env=environment, capture_output=True, check=True).stdout
    file = tmp_path / "run.jsonl"
    subprocess.run([*command, "--output", str(file)], env=environment, capture_output=True, check=True)
    assert piped.split(b"\n")[1:] == file.read_bytes().split(b"\n")[1:]
    assert "\x9b2J \u202eback\u2066 and \x7f".encode() in piped


def test_a_run_of_another_database_says_so_too(environment: dict[str, str]) -> None:
    """A name that somebody wrote into the index by hand is shown, and steers nothing."""
    house = House(environment)
    with house.engine.begin() as connection:
        connection.execute(text("UPDATE run SET asset_name = :name"), {"name": NASTY})
    house.close()
    assert STEERS & set(at_terminal(environment, "runs", "--json")) == set()

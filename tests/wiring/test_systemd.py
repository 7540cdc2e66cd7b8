"""What systemd is told, over a socket as it makes one."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.web.health import NotReady
from bot.wiring.process.systemd import Systemd


@contextmanager
def listening(folder: Path) -> Iterator[tuple[socket.socket, dict[str, str]]]:
    """A socket that takes notices, and the environment that names it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(folder / "notify"))
        ear.settimeout(30)
        yield ear, {"NOTIFY_SOCKET": str(folder / "notify")}


def test_what_is_said_arrives_and_nothing_is_said_where_nobody_listens(tmp_path: Path) -> None:
    with listening(tmp_path) as (ear, environment):
        Systemd(environment).say("READY=1", "STATUS=Serves")
        assert ear.recv(200) == b"READY=1\nSTATUS=Serves"
    Systemd(environment).say("READY=1")
    Systemd({}).say("READY=1")


def test_the_watchdog_hears_from_us_as_long_as_a_restart_would_not_help(tmp_path: Path) -> None:
    """Alive, then in need of a restart, then alive again: what is said in between is missing."""
    asked: list[int] = []
    silent, stopping = threading.Event(), threading.Event()

    def lives() -> str:
        asked.append(len(asked))
        if asked[-1] in (1, 2):
            silent.set()
            raise NotReady("deaf")
        return "It lives."

    with listening(tmp_path) as (ear, environment):
        systemd = Systemd(environment | {"WATCHDOG_USEC": "30000", "WATCHDOG_PID": "7"}, process=7)
        thread = threading.Thread(target=systemd.watch, args=(lives, stopping))
        thread.start()
        assert [ear.recv(200), ear.recv(200)] == [b"WATCHDOG=1"] * 2
        assert silent.is_set()
        assert len(asked) >= 4
        stopping.set()
        thread.join(30)


def test_a_limit_that_is_meant_for_another_process_is_none_of_ours(tmp_path: Path) -> None:
    stopping = threading.Event()
    stopping.set()
    with listening(tmp_path) as (_, environment):
        Systemd(environment | {"WATCHDOG_USEC": "1", "WATCHDOG_PID": "7"}, process=8).watch(lambda: "", stopping)

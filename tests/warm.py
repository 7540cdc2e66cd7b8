"""Processes that start at once: forked from one that has imported Handrail, as its start is mostly imports."""

import array
import atexit
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

ROOT = Path(__file__).parent.parent
_FDS = 4
_NEVER = ("__main__",)


def python_path() -> str:
    """Where a process of ours imports from: this tree, and what whoever runs the tests wants loaded before it."""
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))


@dataclass(frozen=True)
class Wanted:
    """What the process runs: code, its arguments, its whole environment, its folder; whether it has a terminal."""

    code: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    terminal: bool = False


class Forked:
    """A process that was forked; as much of `subprocess.Popen` as the tests ask for."""

    def __init__(self, life: int) -> None:
        """Take the pipe on which whoever waits for the process says its id, and how it ended."""
        self._life = os.fdopen(life, "rb", buffering=0)
        self.pid = int(self._read_line())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        if self.returncode is None and select.select([self._life], [], [], 0)[0]:
            self._end()
        return self.returncode

    def wait(self, seconds: float | None = None) -> int:
        """Its exit code; `subprocess.TimeoutExpired` when it runs for longer."""
        if self.returncode is None and not select.select([self._life], [], [], seconds)[0]:
            raise subprocess.TimeoutExpired(str(self.pid), seconds or 0.0)
        return self._end() if self.returncode is None else self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _end(self) -> int:
        self.returncode = os.waitstatus_to_exitcode(int(self._read_line()))
        self._life.close()
        return self.returncode

    def _read_line(self) -> bytes:
        line = self._life.readline()
        assert line.endswith(b"\n"), "whoever waits for the process is gone"
        return line


class Nest:
    """The process that has everything imported."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._line, self._turn = ours, threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm", str(theirs.fileno())], cwd=ROOT, pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": python_path()},
            )  # fmt: skip

    def start(self, wanted: Wanted, stdin: int, stdout: int, stderr: int) -> Forked:
        """Begin a process with these as its ends; they stay open here."""
        life, theirs = os.pipe()
        text = json.dumps(asdict(wanted)).encode()
        with self._turn:
            socket.send_fds(self._line, [len(text).to_bytes(4, "big")], [stdin, stdout, stderr, theirs])
            self._line.sendall(text)
        os.close(theirs)
        return Forked(life)

    def close(self) -> None:
        self._line.close()
        self._process.wait(30)


@dataclass(frozen=True)
class Done:
    """How a process ended, and all that it said."""

    returncode: int
    stdout: str
    stderr: str


def run_to_end(wanted: Wanted, typed: str = "", seconds: float = 60.0) -> Done:
    """Let it have this on its input, and wait for its end; `subprocess.TimeoutExpired` when it goes on."""
    with TemporaryFile("w+") as given, TemporaryFile("w+") as said, TemporaryFile("w+") as complained:
        given.write(typed)
        given.seek(0)
        process = nest().start(wanted, given.fileno(), said.fileno(), complained.fileno())
        try:
            code = process.wait(seconds)
        finally:
            process.kill()
        said.seek(0)
        complained.seek(0)
        return Done(code, said.read(), complained.read())


@cache
def nest() -> Nest:
    """The one of this process, made when it is first wanted."""
    made = Nest()
    atexit.register(made.close)
    return made


def import_everything() -> None:
    """All of Handrail, and what it imports only when it is needed."""
    for found in pkgutil.walk_packages([str(ROOT / "bot")], "bot."):
        if not found.name.endswith(_NEVER):
            importlib.import_module(found.name)
    for name in ("alembic.command", "alembic.config", "tests.engine.killed", "tests.faults.seam"):
        importlib.import_module(name)
    assert threading.active_count() == 1, "a process with threads may not fork"


def wait_for_wishes(line: socket.socket) -> Wanted | None:
    """In each process that is wanted: what it is to run. In the first one: None, when nobody will want another."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        head, fds = receive_head(line)
        if len(head) < 4:
            return None
        text = b""
        while len(text) < int.from_bytes(head, "big"):
            text += line.recv(65_536)
        if os.fork() == 0:
            line.close()
            nurse(fds[3], fds[:3])
            return take_ends(Wanted(**json.loads(text)), fds[:3])
        for one in fds:
            os.close(one)


def receive_head(line: socket.socket) -> tuple[bytes, list[int]]:
    """Four bytes of length, and the ends that came with them."""
    fds = array.array("i")
    head, ancillary, _, _ = line.recvmsg(4, socket.CMSG_LEN(_FDS * fds.itemsize))
    for _level, _kind, data in ancillary:
        fds.frombytes(data)
    return head, list(fds)


def nurse(life: int, ends: Sequence[int]) -> None:
    """Fork once more; return in the child, and never in the one that waits for it and says how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        os.close(life)
        return
    for one in ends:
        os.close(one)
    with suppress(BrokenPipeError):
        os.write(life, f"{child}\n".encode())
        os.write(life, f"{os.waitpid(child, 0)[1]}\n".encode())
    os._exit(0)


def take_ends(wanted: Wanted, ends: Sequence[int]) -> Wanted:
    """Become what is wanted, up to its code."""
    if wanted.terminal:
        os.setsid()
    for number, one in enumerate(ends):
        os.dup2(one, number)
        os.close(one)
    sys.stdout.reconfigure(line_buffering=wanted.terminal)  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(wanted.environment)
    time.tzset()
    os.chdir(wanted.folder)
    sys.argv = ["-c", *wanted.arguments]
    # As a shell leaves them, also where whoever runs the tests ignores them (a job in the background does).
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    return wanted


if __name__ == "__main__":
    import_everything()
    if (_wanted := wait_for_wishes(socket.socket(fileno=int(sys.argv[1])))) is not None:
        exec(compile(_wanted.code, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102  (as `python -c` does)

"""A command as a process: no shell, nothing of our environment, bounded, and ended as a whole at its limit."""

import hashlib
import marshal
import os
import resource
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from select import select
from time import monotonic
from typing import Literal

KEPT = 1_000_000
"""Bytes of the end of what is printed that are kept."""
READ = 4_000_000
"""Bytes of its beginning that values are read from."""
GRACE = 3.0
"""Seconds between TERM and KILL."""
_CHUNK = 65_536
_LOOK = 0.1
_SHIM = Path(__file__).with_name("shim.py")
_LAST = 5.0
"""Seconds in which a shim ends what is left."""
_DRAIN = 1.0
"""Seconds in which the last of the output is read, whoever still writes."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a process may take. `seconds` by the clock; memory and files in bytes."""

    seconds: float
    memory: int = 4_000_000_000
    file: int = 50_000_000_000
    processes: int = 4_096
    files: int = 1_024

    def limits(self) -> list[tuple[int, int]]:
        """Which resource of the system, and how much of it."""
        return [
            (resource.RLIMIT_CPU, int(self.seconds) + 60), (resource.RLIMIT_AS, self.memory),
            (resource.RLIMIT_FSIZE, self.file), (resource.RLIMIT_NPROC, self.processes),
            (resource.RLIMIT_NOFILE, self.files), (resource.RLIMIT_CORE, 0),
        ]  # fmt: skip


@dataclass(slots=True)
class _Stream:
    """One stream as it comes: its beginning to be read, its end to be kept, its size."""

    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    size: int = 0

    def take(self, piece: bytes) -> None:
        self.size += len(piece)
        if len(self.head) < READ:
            self.head += piece[: READ - len(self.head)]
        self.tail += piece
        if len(self.tail) > 2 * KEPT:
            del self.tail[:-KEPT]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended. `exit` is its code, or minus the number of the signal that ended it.

    ``status``: a web request was answered, with `exit`; ``refused``: no answer could be read, as often as it was asked.
    ``lost``: whatever followed it was killed, or no whole answer came, so that nobody saw how it ended.
    """

    how: Literal["exit", "status", "refused", "limit", "cancelled", "not started", "waited", "lost"]
    seconds: float
    exit: int | None = None
    out: bytes = b""
    """The beginning of its standard output."""
    printed: bytes = b""
    """The end of both streams, standard output first."""
    size: int = 0
    trouble: str = ""


def execute(
    argv: Sequence[str],
    environment: Mapping[str, str],
    bounds: Bounds,
    *,
    go_on: Callable[[], bool] = lambda: True,
    steady: Callable[[], float] = monotonic,
) -> Ended:
    """Execute a program by its whole path and wait until it has ended, and everything that it started.

    `go_on` is asked every moment: once it says no, the process is ended as at its limit.
    """
    begun = steady()
    if any("\0" in word for word in (*argv, *environment, *environment.values())):
        return Ended("not started", 0.0, trouble="A word of it holds a sign that no command can take.")
    try:
        followed = _Followed(argv, environment, bounds)
    except OSError as failure:
        return Ended("not started", steady() - begun, trouble=f"Nothing could be started: {failure.strerror}.")
    try:
        in_time = followed.follow(begun + bounds.seconds, go_on, steady)
    finally:
        followed.end(steady)
    out, err = followed.out, followed.err
    printed = bytes(out.tail[-KEPT:] + err.tail[-KEPT:])[-KEPT:]
    ended = Ended("exit", steady() - begun, followed.exit, bytes(out.head), printed, out.size + err.size)
    left = f" {followed.left} of its processes run as another user, and could not be ended." if followed.left else ""
    if followed.failed is not None:
        return replace(ended, how="not started", trouble=f"{argv[0]}: {os.strerror(followed.failed)}.")
    if not in_time:
        why = f"It was ended after {bounds.seconds:g} s, its limit.{left}"
        return replace(ended, how="limit", exit=None, trouble=why)
    if followed.exit is None:
        return replace(ended, how="lost", trouble=f"What followed it was killed, and it with that.{left}")
    return ended


class _Followed:
    """A command below its shim: what it prints, and what the shim says of it."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], bounds: Bounds) -> None:
        """Start it; OSError when not even the shim could be."""
        self.out, self.err = _Stream(), _Stream()
        self.exit: int | None = None
        self.failed: int | None = None
        self.left = 0
        self._pid: int | None = None
        self._said = b""
        ours, its = socket.socketpair()
        with its:
            self._shim = subprocess.Popen(  # noqa: S603  (our own interpreter and script; what it executes is data)
                [sys.executable, "-I", "-S", str(_SHIM), str(its.fileno())],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={}, cwd="/",
                start_new_session=True, close_fds=True, pass_fds=[its.fileno()], bufsize=0,
            )  # fmt: skip
        self._control = ours
        asked = marshal.dumps((list(argv), dict(environment), bounds.limits()))
        with suppress(OSError):  # it has gone already, which is seen below
            ours.sendall(len(asked).to_bytes(8, "big") + asked)

    def follow(self, until: float, go_on: Callable[[], bool], steady: Callable[[], float]) -> bool:
        """Read both streams until the command has ended; False when its time was over first.

        What it started and left behind may hold the streams open: that is not waited for.
        """
        with selectors.DefaultSelector() as selector:
            for pipe, stream in ((self._shim.stdout, self.out), (self._shim.stderr, self.err)):
                if pipe is not None:
                    os.set_blocking(pipe.fileno(), False)
                    selector.register(pipe, selectors.EVENT_READ, stream)
            selector.register(self._control, selectors.EVENT_READ)
            while self.exit is None and self.failed is None and self._control.fileno() >= 0:
                if steady() >= until or not go_on():
                    return False
                self._read_some(selector, min(_LOOK, max(0.0, until - steady())))
            drained = steady() + _DRAIN
            while selector.get_map() and steady() < drained and self._read_some(selector, 0):
                continue
        return True

    def _read_some(self, selector: selectors.BaseSelector, wait: float) -> bool:
        """Read what is there; whether anything was."""
        found = selector.select(wait)
        for key, _ in found:
            piece = self._receive() if key.data is None else os.read(key.fd, _CHUNK)
            if key.data is None:
                self._hear(piece)
            elif piece:
                key.data.take(piece)
            if not piece:
                selector.unregister(key.fileobj)
            if not piece and key.data is None:
                self._control.close()
        return bool(found)

    def _receive(self) -> bytes:
        """What the shim says; nothing once it has gone, also when it was killed before it had read all."""
        try:
            return self._control.recv(_CHUNK)
        except ConnectionResetError:
            return b""

    def _hear(self, piece: bytes) -> None:
        """What the shim says, line by line."""
        *lines, self._said = (self._said + piece).split(b"\n")
        for line in lines:
            word, _, number = line.decode().partition(" ")
            match word:
                case "pid":
                    self._pid = int(number)
                case "exit":
                    self.exit = int(number)
                case "failed":
                    self.failed = int(number)
                case _:
                    self.left = int(number)

    def end(self, steady: Callable[[], float]) -> None:
        """TERM to everything that it started, then KILL; the shim ends all that is left, then itself."""
        if self.exit is None and self.failed is None:
            self._tell("TERM", steady() + GRACE, steady)
            self._tell("KILL", steady() + GRACE, steady)
        self._tell("", steady() + _LAST, steady)
        if self.exit is None and self._pid is not None:  # the shim was killed: what it followed has no other parent
            _kill_group(self._pid)
        if self._shim.poll() is None:
            _kill_group(self._shim.pid)
        self._shim.wait()
        self._control.close()
        for pipe in (self._shim.stdout, self._shim.stderr):
            if pipe is not None:
                pipe.close()

    def _tell(self, word: str, until: float, steady: Callable[[], float]) -> None:
        """Say a word to the shim, and hear what it says until it has gone, or until then."""
        if self._control.fileno() < 0 or self._shim.poll() is not None:
            return
        with suppress(OSError):
            self._control.sendall(word.encode())
        while steady() < until:
            if select([self._control], [], [], max(0.0, min(_LOOK, until - steady())))[0]:
                piece = self._receive()
                if not piece:
                    return
                self._hear(piece)


def _kill_group(group: int) -> None:
    with suppress(OSError):
        os.killpg(group, signal.SIGKILL)


def digest_of(text: str) -> str:
    """SHA-256 of an output as it is kept."""
    return hashlib.sha256(text.encode()).hexdigest()

"""A command as a process: no shell, nothing of our environment, bounded, and ended as a whole at its limit."""

import hashlib
import os
import resource
import selectors
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import IO, Literal

KEPT = 1_000_000
"""Bytes of the end of what is printed that are kept."""
READ = 4_000_000
"""Bytes of its beginning that values are read from."""
GRACE = 3.0
"""Seconds between TERM and KILL."""
_CHUNK = 65_536
_LOOK = 0.1
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
    """How a process ended. `exit` is its code, or minus the number of the signal that ended it."""

    how: Literal["exit", "limit", "not started", "waited"]
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
    try:
        process = _spawn(argv, environment, bounds)
    except (OSError, ValueError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) and failure.strerror else str(failure)
        return Ended("not started", steady() - begun, trouble=f"{argv[0]}: {reason}.")
    out, err = _Stream(), _Stream()
    try:
        in_time = _follow(process, (out, err), begun + bounds.seconds, go_on, steady)
    finally:
        _end_group(process, steady)
    took, printed = steady() - begun, bytes(out.tail[-KEPT:] + err.tail[-KEPT:])[-KEPT:]
    if not in_time:
        why = f"It was ended after {bounds.seconds:g} s, its limit."
        return Ended("limit", took, None, bytes(out.head), printed, out.size + err.size, why)
    return Ended("exit", took, process.returncode, bytes(out.head), printed, out.size + err.size)


def _spawn(argv: Sequence[str], environment: Mapping[str, str], bounds: Bounds) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603  (no shell; the program and the shapes of its arguments are allow-listed)
        list(argv),
        executable=argv[0],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
        cwd="/",
        start_new_session=True,
        close_fds=True,
        bufsize=0,
    )
    _bind(process.pid, bounds)
    return process


def _bind(pid: int, bounds: Bounds) -> None:
    """Set what it may take. From outside, since `preexec_fn` may lock up a process with threads."""
    for which, most in (
        (resource.RLIMIT_CPU, int(bounds.seconds) + 60), (resource.RLIMIT_AS, bounds.memory),
        (resource.RLIMIT_FSIZE, bounds.file), (resource.RLIMIT_NPROC, bounds.processes),
        (resource.RLIMIT_NOFILE, bounds.files), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        with suppress(ProcessLookupError, PermissionError):  # it is over already
            hard = resource.prlimit(pid, which)[1]
            lower = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.prlimit(pid, which, (lower, lower))


def _follow(
    process: subprocess.Popen[bytes],
    streams: tuple[_Stream, _Stream],
    until: float,
    go_on: Callable[[], bool],
    steady: Callable[[], float],
) -> bool:
    """Read both streams until the process has ended; False when its time was over first.

    What it started and left behind may hold the streams open: that is not waited for.
    """
    with selectors.DefaultSelector() as selector:
        pipes: tuple[IO[bytes] | None, ...] = (process.stdout, process.stderr)
        for pipe, stream in zip(pipes, streams, strict=True):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                selector.register(pipe, selectors.EVENT_READ, stream)
        while process.poll() is None:
            if steady() >= until or not go_on():
                return False
            wait = min(_LOOK, max(0.0, until - steady()))
            if selector.get_map():
                _read_some(selector, wait)
            else:
                _wait(process, wait)
        drained = steady() + _DRAIN
        while selector.get_map() and steady() < drained and _read_some(selector, 0):
            continue
    return True


def _read_some(selector: selectors.BaseSelector, wait: float) -> bool:
    """Read what is there; whether anything was."""
    found = selector.select(wait)
    for key, _ in found:
        piece = os.read(key.fd, _CHUNK)
        if piece:
            key.data.take(piece)
        else:
            selector.unregister(key.fileobj)
    return bool(found)


def _end_group(process: subprocess.Popen[bytes], steady: Callable[[], float]) -> None:
    """TERM to everything that it started, then KILL; nothing is left behind that stayed in its group."""
    if process.poll() is None:
        _signal(process.pid, signal.SIGTERM)
        until = steady() + GRACE
        while process.poll() is None and steady() < until:
            _wait(process, _LOOK)
    _signal(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def _signal(group: int, which: signal.Signals) -> None:
    try:
        os.killpg(group, which)
    except (ProcessLookupError, PermissionError):
        return


def digest_of(text: str) -> str:
    """SHA-256 of an output as it is kept."""
    return hashlib.sha256(text.encode()).hexdigest()

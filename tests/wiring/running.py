"""A `handrail` process under test: its log read as it comes, its end timed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any

from tests.warm import ROOT, Forked, Wanted, nest, python_path

RUNBOOKS = str(ROOT / "runbooks")
PATIENCE = 60.0
_OURS = ("HANDRAIL_", "SLACK_", "DATABASE_URL")

Line = dict[str, Any]


class Running:
    """The process, and what it has said so far."""

    def __init__(self, process: "subprocess.Popen[str] | Forked", output: IO[str], errors: IO[str]) -> None:
        self.process = process
        self._ends = (output, errors)
        self.lines: list[Line] = []
        self.output = ""
        self._fresh: Queue[Line | None] = Queue()
        self._readers = [
            threading.Thread(target=self._read_errors, args=(errors,), daemon=True),
            threading.Thread(target=self._read_output, args=(output,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def wait_for(self, event: str) -> Line:
        """The first log line with this event that has not been waited for."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._fresh.get(timeout=max(0.01, end - time.monotonic()))
            except Empty:
                line = None
            if line is None:
                raise AssertionError(f"{event!r} was not logged, but:\n{self.said()}")
            if line.get("event") == event:
                return line

    def wait_for_output(self, holds: Callable[[str], bool]) -> str:
        end = time.monotonic() + PATIENCE
        while not holds(self.output):
            assert time.monotonic() < end, f"It did not say so, but:\n{self.output}\n{self.said()}"
            assert self.process.poll() is None, f"It ended with {self.process.poll()}:\n{self.output}\n{self.said()}"
            time.sleep(0.02)
        return self.output

    def wait_ready(self) -> str:
        """The address of its web server, once every part is ready."""
        address: str = self.wait_for("serving")["http"]
        self.wait_for("ready")
        return address

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Its exit code, and the seconds that it took; how fast it has to be, the benchmark of starts says."""
        begun = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(PATIENCE), time.monotonic() - begun

    def wait(self) -> int:
        """Its exit code, when it ends by itself."""
        code = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return code

    def said(self) -> str:
        return "\n".join(str(line) for line in self.lines)

    def close(self) -> None:
        """Kill it when it still runs, and read what it said to the end."""
        self.process.kill()
        self.process.wait(PATIENCE)
        for reader, end in zip(self._readers, self._ends, strict=True):
            reader.join(PATIENCE)
            end.close()

    def _read_errors(self, errors: IO[str]) -> None:
        for text in errors:
            try:
                line = json.loads(text)
            except ValueError:
                line = {"text": text.rstrip()}
            self.lines.append(line)
            self._fresh.put(line)
        self._fresh.put(None)

    def _read_output(self, output: IO[str]) -> None:
        for text in output:
            self.output += text


@contextmanager
def running(
    arguments: Sequence[str],
    environment: dict[str, str] | None = None,
    folder: Path = ROOT,
    script: str = "",
    *,
    cold: bool = False,
) -> Iterator[Running]:
    """`handrail ARGUMENTS`, or a script before it; killed at the end when it still runs.

    It is forked from a process that has imported everything, so a script may change classes, and not what others have
    imported by name; `cold` starts one as people do, where it may.
    """  # fmt: skip
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    code = f"{script}\nfrom bot.cli import main\nmain(prog_name='handrail')"
    whole = inherited | {"PYTHONPATH": python_path(), "HANDRAIL_DRAIN": "0"} | (environment or {})
    started = _start_cold if cold else _start_warm
    begun = started(Wanted(code, arguments, whole, str(folder)))
    try:
        yield begun
    finally:
        begun.close()


def _start_cold(wanted: Wanted) -> Running:
    process = subprocess.Popen(
        [sys.executable, "-c", wanted.code, *wanted.arguments], env=wanted.environment, cwd=wanted.folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    return Running(process, process.stdout, process.stderr)


def _start_warm(wanted: Wanted) -> Running:
    (output, out), (errors, err) = os.pipe(), os.pipe()
    with Path(os.devnull).open("rb") as nothing:
        process = nest().start(wanted, nothing.fileno(), out, err)
    os.close(out)
    os.close(err)
    return Running(process, os.fdopen(output), os.fdopen(errors))

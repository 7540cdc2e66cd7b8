"""A `handrail` at a terminal of its own: keys go in, and what stands on the screen comes out."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pyte

from tests.warm import ROOT, Forked, Wanted, nest, python_path

PATIENCE = 40.0
_OURS = ("HANDRAIL_", "SLACK_", "DATABASE_URL", "XDG_", "TERM", "NO_COLOR", "COLUMNS", "LINES")


class Terminal:
    """A process, and the screen that it draws on."""

    def __init__(self, process: Forked, descriptor: int, columns: int, rows: int) -> None:
        self.process = process
        self.raw = ""
        self._descriptor = descriptor
        self._screen = pyte.HistoryScreen(columns, rows, history=2000, ratio=0.5)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        self._read(0)
        return "\n".join(line.rstrip() for line in self._screen.display).strip("\n")

    @property
    def words(self) -> str:
        """The same as one line, however it is wrapped."""
        return " ".join(self.text.split())

    def wait_for(self, *words: str) -> str:
        """The screen, once all of these stand on it."""
        return self.wait_until(lambda shown: all(one in shown for one in words), " and ".join(words))

    def wait_until(self, holds: Callable[[str], bool], wanted: str = "it") -> str:
        end = time.monotonic() + PATIENCE
        while not holds(self.words):
            assert time.monotonic() < end, f"{wanted} is not on the screen, but:\n{self.text}"
            assert self._read(0.1) or self.process.poll() is None or holds(self.words), (
                f"It ended, and {wanted} is not on the screen, but:\n{self.text}"
            )
        return self.text

    def press(self, keys: str) -> None:
        """Type without Enter."""
        os.write(self._descriptor, keys.encode())

    def answer(self, words: str) -> None:
        """Type a line."""
        self.press(f"{words}\n")

    def step(self, key: str, *then: str) -> str:
        """Press a key, and wait for what follows."""
        self.press(key)
        return self.wait_for(*then)

    def asked(self, *words: str) -> None:
        """Wait until a question stands there and takes an answer."""
        self.wait_until(lambda shown: all(one in shown for one in words) and shown.endswith(">"), " and ".join(words))

    def read_on(self, *words: str) -> None:
        """Turn what is told in parts until a question stands there."""
        more = "Press any key to go on."
        while True:
            self.wait_until(lambda shown: shown.endswith((more, ">")), "a question, or more to read")
            if not self.words.endswith(more):
                return self.asked(*words)
            self._turn()

    def _turn(self) -> None:
        """Press a key, and wait until another part stands there."""
        before = self.words
        self.press(" ")
        self.wait_until(lambda shown: shown != before, "what follows")

    def form(self, key: str, *words: str) -> None:
        """Press a key that asks a question, and wait for it."""
        self.press(key)
        self.asked(*words)

    def ended(self) -> int:
        """Its exit code, when it has ended by itself; everything that it said is on the screen."""
        end = time.monotonic() + PATIENCE
        while (code := self.process.poll()) is None:
            self._read(0.05)
            assert time.monotonic() < end, f"It goes on:\n{self.text}"
        while self._read(0.05):
            pass
        return code

    def _read(self, seconds: float) -> bool:
        came = False
        while select.select([self._descriptor], [], [], seconds)[0]:
            try:
                data = os.read(self._descriptor, 65_536)
            except OSError:
                return came
            if not data:
                return came
            came, seconds = True, 0
            self.raw += data.decode("utf-8", "replace")
            self._stream.feed(data)
        return came


@contextmanager
def terminal(
    arguments: Sequence[str], environment: Mapping[str, str], *, columns: int = 80, rows: int = 24
) -> Iterator[Terminal]:
    """`handrail ARGUMENTS` at a terminal of this size; killed at the end when it still runs."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    # The terminal becomes the process's own, so that Ctrl-C reaches it as at a real one.
    code = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    code += "from bot.cli import main; main(prog_name='handrail')"
    whole = inherited | {"PYTHONPATH": python_path(), "TERM": "xterm-256color", "TZ": "UTC"} | dict(environment)
    process = nest().start(Wanted(code, arguments, whole, str(ROOT), terminal=True), theirs, theirs, theirs)
    os.close(theirs)
    try:
        yield Terminal(process, ours, columns, rows)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
        os.close(ours)

"""A keyboard, key by key or line by line, with a time limit."""

import os
import select
import sys
import termios
import tty
from time import monotonic

from bot.terminal.faces import Left

_AT_ONCE = 4096
_END_OF_INPUT = "\x04"


class Keys:
    """Single keys from a terminal. Several signs that come at once (a paste, an arrow) are no key."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._usual = termios.tcgetattr(descriptor)

    def read(self, seconds: float) -> str | None:
        """One key; "" for something that is none; None when nothing came. Raises Left at the end of the input."""
        tty.setcbreak(self._descriptor, termios.TCSADRAIN)
        if not select.select([self._descriptor], [], [], seconds)[0]:
            return None
        try:
            came = os.read(self._descriptor, _AT_ONCE)
        except OSError:
            came = b""
        typed = came.decode("utf-8", "replace")
        if not typed or typed == _END_OF_INPUT:
            raise Left
        return typed if len(typed) == 1 else ""

    def drop_typed(self) -> None:
        """Forget what was typed and not read."""
        termios.tcflush(self._descriptor, termios.TCIFLUSH)

    def restore(self) -> None:
        """Leave the terminal as it was found."""
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._usual)


class Lines:
    """Whole lines from a terminal or a pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._buffer = b""
        self._ended = False

    def read(self, seconds: float | None) -> str | None:
        """One line without its end; None when none came in time. Raises Left at the end of the input."""
        until = None if seconds is None else monotonic() + seconds
        while b"\n" not in self._buffer and not self._ended:
            left = None if until is None else max(0.0, until - monotonic())
            if not select.select([self._descriptor], [], [], left)[0]:
                return None
            came = os.read(self._descriptor, _AT_ONCE)
            self._ended = not came
            self._buffer += came
        if not self._buffer:
            raise Left
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def go_on(self) -> None:
        """Take more after an end of input, as a terminal gives after Ctrl-D."""
        self._ended = False


def edit_line(typed: str = "", *, hidden: bool = False) -> str:
    """A line typed with the terminal's full editing; EOFError at Ctrl-D. `typed` stands there to be put right."""
    if hidden:
        import getpass  # noqa: PLC0415  (a secret is rare, and termios is set up anew)

        return getpass.getpass("> ")
    import readline  # noqa: PLC0415  (its import touches the terminal)

    readline.set_auto_history(False)
    readline.set_startup_hook(lambda: readline.insert_text(typed))
    try:
        sys.stdout.flush()
        return input("> ")
    finally:
        readline.set_startup_hook(None)

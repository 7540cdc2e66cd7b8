"""The face of this terminal: a screen with single keys, or lines one after the other."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import get_terminal_size
from time import sleep

import click

from bot.cli.failures import Failure
from bot.terminal.faces import Face
from bot.terminal.faces.keyboard import Keys, Lines, edit_line
from bot.terminal.faces.plain import Plain

_WIDEST = 100


@contextmanager
def open_face(*, plain: bool) -> Iterator[Face]:
    """A screen where there is one; lines with --plain, and on a terminal too simple to be cleared.

    Failure when nobody sits there and nobody said that answers come line by line.
    """
    seated = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
    if (not seated and not plain) or sys.stdin is None:
        raise Failure(
            "A walk needs a terminal: a person reads each step and answers it.\n"
            "  To give answers line by line, from a pipe or with a screen reader: handrail walk --plain …"
        )
    if plain or os.environ.get("TERM", "") in ("", "dumb"):
        width = min(get_terminal_size().columns, _WIDEST)
        yield Plain(Lines(sys.stdin.fileno()), _write, width, echoes=sys.stdin.isatty())
        return
    from rich.console import Console

    from bot.terminal.faces.screen import Screen

    console = Console(highlight=False, markup=False, emoji=False)
    screen = Screen(console, Keys(sys.stdin.fileno()), edit_line, sleep)
    try:
        yield screen
    finally:
        screen.close()


def _write(text: str) -> None:
    click.echo(text, nl=False)
    sys.stdout.flush()

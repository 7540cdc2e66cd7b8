"""What came from outside, written where the command was told to: no sign of it steers a terminal."""

import sys

import click

from bot.format.printable import printable


def write_out(text: str) -> None:
    """Write text to standard output: made visible on a terminal; a pipe or a file gets it byte for byte, in UTF-8."""
    if sys.stdout.isatty():
        click.echo("\n".join(printable(line) for line in text.replace("\r\n", "\n").split("\n")), nl=False)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()

"""What broke, as a sentence with what to do next, and an exit code that means something."""

import os
import sys
from collections.abc import Callable

import click
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from bot.format.printable import printable
from bot.journal.store import NotRecorded
from bot.settings import BadSettings
from bot.wiring.house import CannotServe
from bot.wiring.process.lock import AlreadyServed
from bot.wiring.process.logs import hide_secrets

COULD_NOT = 2
"""Exit code of a command that could not do its work; 1 is for work that was done and found something wrong."""
NOBODY_READS = 141
"""Exit code when whoever read the output went away, as `head` does: what a shell shows for SIGPIPE."""


class Failure(click.ClickException):
    """A sentence for the person at the terminal."""

    exit_code = COULD_NOT

    def show(self, file: object = None) -> None:  # noqa: ARG002 (click's own)
        click.echo(click.style("✗ ", fg="red") + printable(self.message), err=True)


def in_words(failure: Exception) -> Failure:
    """The failure as a person reads it; no secret and no traceback in it."""
    tell: dict[type[Exception], Callable[..., str]] = {
        BadSettings: _bad_settings,
        CannotServe: str,
        AlreadyServed: str,
        NotRecorded: str,
        ArgumentError: lambda wrong: f"DATABASE_URL cannot be used: {wrong}",
        SQLAlchemyError: _database,
        OSError: str,
    }
    for kind, words in tell.items():
        if isinstance(failure, kind):
            return Failure(hide_secrets(words(failure)))
    return Failure(
        hide_secrets(f"Something broke: {type(failure).__name__}: {failure}\n")
        + "  This is a fault of Handrail. `handrail --traceback …` prints where; please report it."
    )


def drop_output() -> None:
    """Whoever read the output went away: what is left of it goes nowhere, without a word at the end of the process."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _bad_settings(bad: BadSettings) -> str:
    many = f"{len(bad.problems)} settings" if len(bad.problems) > 1 else "One setting"
    return f"{many} cannot be used:\n" + "\n".join(f"  {problem}" for problem in bad.problems)


def _database(failure: SQLAlchemyError) -> str:
    reason = str(getattr(failure, "orig", failure)).strip().splitlines()
    first = reason[0] if reason else type(failure).__name__
    todo = "Check that it runs and that DATABASE_URL names it; docs/terminal.md says how to walk without it."
    return f"The database cannot be used: {first}\n  {todo}"

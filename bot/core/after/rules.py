"""The law once a run is over: who may tell a lesson or add a follow-up, and when its owner is reminded."""

from collections.abc import Iterator

from bot.core.commands import AfterCommand, NoteHandedOn, Refused
from bot.core.events import Event
from bot.core.run import Run
from bot.core.situation import Stamp


def say_after(run: Run, command: AfterCommand, stamp: Stamp) -> Event:
    """What is said about a run that is over; Refused when it is not, or when it cannot be."""
    raise Refused(f"{run.start.ref} goes on: {type(command).__name__} {stamp.by}")


def note_handed_on(run: Run, command: NoteHandedOn) -> Iterator[Event]:
    """What the tracker answered. It comes at least once, so what is known already is no event."""
    yield from ()

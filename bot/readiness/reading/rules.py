"""The rules of readings: when hands look, and what is taken of what they see.

1. What is asked follows from the files alone. An edit of it is another question, and takes away what was seen.
2. Hands look when it is due, and what two of them see at a time is recorded once.
3. That hands do not look, and why, is recorded once, and ends with the next look.
4. What was seen counts until two looks were missed.
"""

from datetime import datetime

from bot.readiness.reading.events import LookDeclined, LookDropped, Looked, LookPlanned, ReadingEvent
from bot.readiness.reading.state import Reading

SAID = 200
_THERE = (401, 403, 405, 429, 501)
"""Answers of a server that is there, and has another answer for whoever signs in, asks otherwise or asks less often."""
_WRONG = 400


def plan(here: Reading, wanted: LookPlanned | None) -> tuple[ReadingEvent, ...]:
    """Ask for what the files ask for; for nothing, where they ask for nothing any more."""
    if here.plan == wanted:
        return ()
    return (LookDropped(),) if wanted is None else (wanted,)


def next_look(here: Reading) -> datetime | None:
    """When it is looked at next; None where nobody asks."""
    if here.plan is None:
        return None
    return here.planned_at if here.looked_at is None else here.looked_at + here.plan.every


def look(here: Reading, asked: LookPlanned, seen: Looked, at: datetime) -> tuple[ReadingEvent, ...]:
    """Take what was seen of what was asked; nothing, where something else is asked by now, or others just looked."""
    due = next_look(here)
    return (seen,) if here.plan == asked and due is not None and due <= at else ()


def decline(here: Reading, asked: LookPlanned, why: str) -> tuple[ReadingEvent, ...]:
    """Take it that hands do not look, once."""
    return (LookDeclined(why),) if here.plan == asked and here.declined != why else ()


def counts(here: Reading, at: datetime) -> bool:
    """Whether what was seen is young enough to say something."""
    return here.plan is not None and here.looked_at is not None and at - here.looked_at <= 2 * here.plan.every


def answers(ok: tuple[int, ...], status: int) -> bool:
    """Whether an exit code, or an answer, means that it went well; without a list, that what is asked for is there."""
    return status in ok if ok else status < _WRONG or status in _THERE

"""Times that nobody can have read: ahead of the clock, or far from the damage. They are asked back, and marked."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from bot.format.pieces import TypedField, Value, read_instant
from bot.format.runbook import Do
from bot.format.text import spoken_duration
from bot.format.values import spoken_instant
from bot.run.commands import AsksBack, Correct, Finish, Refused
from bot.run.events import ReadingTaken
from bot.run.law.signing import digest_text
from bot.run.state import Run

CLOCKS_DIFFER = timedelta(minutes=2)
"""So far ahead of ours the clock may be on which somebody read a time."""
DAMAGE = ("damage_time", "damage_began")
"""Variables that say when the damage began; what was found out on the way counts most."""
DOWN_SINCE = "down_since"
"""The variable that says since when the service is down, where a runbook has it."""
_TAKE = "It is right: take it"


def doubt_about(run: Run, name: str, value: Value, at: datetime) -> str | None:
    """Why nobody can have read this time by `at`: ``in the future``, ``2 d before the damage``; None where one can."""
    field = run.book.fields.get(name)
    if field is None:
        return None
    return "in the future" if is_ahead(field, value, at) else _say_far(run, name, field, value)


def is_ahead(field: TypedField, value: Value, at: datetime) -> bool:
    """Whether it is a time that was not there yet, and that may not lie ahead."""
    moment = _moment_of(field, value)
    return moment is not None and not field.future and moment > at + CLOCKS_DIFFER


def _say_far(run: Run, name: str, field: TypedField, value: Value) -> str | None:
    moment = _moment_of(field, value)
    if field.within is None or moment is None:
        return None
    what, known = _happened(run, name)
    if moment < known - field.within:
        return f"{_spoken(known - moment)} before {what}"
    return f"{_spoken(moment - known)} after {what}" if moment > known + field.within else None


def _spoken(apart: timedelta) -> str:
    return spoken_duration(int(apart.total_seconds()))


def ask_about_times(run: Run, values: Mapping[str, Value], at: datetime, command: Finish | Correct) -> None:
    """A time that cannot be is not taken until whoever typed it says that it is right; the reading is recorded.

    Not so what is hidden, and a correction: that belongs to no step.
    """
    for name, value in values.items():
        doubt = doubt_about(run, name, value, at)
        if doubt is None:
            continue
        sentence = f"{spoken_instant(value)} is {doubt}: look at the day and the zone, then type it anew."
        AsksBack.unless_known(sentence, digest_text(sentence), _TAKE, command, *_reading(run, name, value, command))


def _reading(run: Run, name: str, value: Value, command: Finish | Correct) -> Iterator[ReadingTaken]:
    step = run.book.by_id.get(command.step) if isinstance(command, Finish) else None
    is_blind = isinstance(step, Do) and step.answer is not None and step.answer.blind
    if isinstance(command, Finish) and name not in run.hidden and not is_blind:
        yield ReadingTaken(command.step, command.visit, {name: value}, (_say_expected(run, name, value),))


def _say_expected(run: Run, name: str, value: Value) -> str:
    within = run.book.fields[name].within
    if _say_far(run, name, run.book.fields[name], value) is None or within is None:
        return "a time that is over"
    return f"a time within {spoken_duration(int(within.total_seconds()))} of {_happened(run, name)[0]}"


def require_past(field: TypedField, value: Value, at: datetime, *, beside: str) -> None:
    """A time that is asked for where nobody can be asked back, such as at the start, is not ahead of the clock."""
    if is_ahead(field, value, at):
        raise Refused(f"{spoken_instant(value)} is in the future: look at the day and the zone.", field=beside)


def _happened(run: Run, but_for: str) -> tuple[str, datetime]:
    """When it happened, as far as the run knows, and what that is called; the start where nobody has said it."""
    for name in (*DAMAGE, DOWN_SINCE):
        moment = _moment_in(run.vars[name]) if name in run.vars and name != but_for else None
        if moment is not None:
            return ("the outage" if name == DOWN_SINCE else "the damage"), moment
    return "the start of this run", run.started_at


def _moment_of(field: TypedField, value: Value) -> datetime | None:
    return _moment_in(value) if field.type == "timestamp" else None


def _moment_in(value: Value) -> datetime | None:
    try:
        return read_instant(value)
    except ValueError:
        return None

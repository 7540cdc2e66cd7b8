"""The entry of one record."""

import re
from datetime import datetime, timedelta
from functools import cache

from bot.core.after.events import FollowUpReminded
from bot.core.events import Corrected, Event, GlassBroken, Noted, Redacted, SignoffExpired
from bot.core.paging.events import Paged
from bot.core.plain.masks import show_value
from bot.core.plain.shapes import read_instant
from bot.core.plain.text import fill
from bot.core.run import Run
from bot.core.runbook import Signoff, Step
from bot.core.situation import Stamp
from bot.core.timeline.entries import Entry
from bot.core.timeline.gathering.people import name_of, role_at
from bot.core.timeline.reading.ahead import Ahead
from bot.core.timeline.reading.reasons import evidence_of, values_of, why_of
from bot.core.walk.scope import names_of

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def enter_record(run: Run, seq: int, event: Event, stamp: Stamp, ahead: Ahead) -> Entry:
    """What a record says to a reader. `run` is the run after it."""
    step: str | None = getattr(event, "step", None)
    known = run.book.by_id.get(step or "")
    asked = _asked_roles(known, event)
    values = values_of(event)
    return Entry(
        seq=seq, at=stamp.at, kind=kind_of(type(event).__name__), event=event, via=stamp.via,
        by=stamp.by, by_name=name_of(run, stamp.by), role=role_at(run, stamp.by, asked), claimed_at=_claimed(event),
        step=step, title=filled_title(run, step) if step is not None else None, visit=getattr(event, "visit", 0),
        phase=known.phase if known is not None else None, why=why_of(event), evidence=evidence_of(event),
        values={name: show_value(run.book.fields, ahead.hidden, name, one) for name, one in values.items()},
        corrects=event.of if isinstance(event, Corrected | Redacted) else None,
        corrected_by=ahead.corrected.get(seq, ()), erased_by=ahead.erased.get(seq), late=_late(event, stamp.at),
    )  # fmt: skip


def _asked_roles(step: Step | None, event: Event) -> tuple[str, ...]:
    """The roles in which somebody acts here, whatever else they are."""
    if isinstance(event, GlassBroken):
        return ("lead",)
    if isinstance(step, Signoff):
        return tuple(step.from_)
    return (step.who,) if step is not None and step.who != "operator" else ()


@cache
def kind_of(name: str) -> str:
    """The kind of an event as it stands in the record: the name of its class in kebab-case."""
    return _CAPITAL.sub("-", name).lower()


def filled_title(run: Run, step: str) -> str:
    """The title of a step as it stands now; the id where the runbook has no such step."""
    known = run.book.by_id.get(step)
    if known is None:
        return step
    return fill(known.title, names_of(run), strict=False) if "{{" in known.title else known.title


def _claimed(event: Event) -> datetime | None:
    try:
        return read_instant(event.happened_at) if isinstance(event, Noted) and event.happened_at else None
    except ValueError:
        return None


def _late(event: Event, at: datetime) -> timedelta | None:
    if isinstance(event, SignoffExpired | Paged | FollowUpReminded):
        return max(at - event.was_due, timedelta(0))
    return None

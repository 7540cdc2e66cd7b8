"""The entry of one record."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import get_args

from bot.format.catalogue import CLOCK
from bot.format.masks import show_value
from bot.format.runbook import Signoff, Step
from bot.format.shapes import read_instant
from bot.format.text import fill
from bot.run.after.events import FollowUpReminded
from bot.run.events import (
    Begun,
    Chosen,
    Corrected,
    DoneAlready,
    EndAnswered,
    EndAsked,
    Ended,
    Event,
    GlassBroken,
    GlassReviewed,
    HandOverAccepted,
    HandOverOffered,
    HelpAsked,
    MismatchSeen,
    Noted,
    Paused,
    ReadingTaken,
    Redacted,
    Resumed,
    Signed,
    SignoffAsked,
    SignoffExpired,
    SignoffRejected,
    Skipped,
    Started,
    StepEntered,
    StepFinished,
    TookOver,
    Watched,
    WentBack,
)
from bot.run.law.scope import open_names_of
from bot.run.paging.events import Paged
from bot.run.situation import Stamp
from bot.run.state import Run
from bot.timeline.ahead import Ahead
from bot.timeline.entries import Entry
from bot.timeline.people import Known
from bot.timeline.reasons import evidence_of, values_of, why_of

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_ABOUT_ANOTHER, _DUE = (Corrected, Redacted), (SignoffExpired, Paged, FollowUpReminded)
_SIGNING = frozenset({Signed, SignoffRejected})
_AS: Mapping[type[Event], str] = {
    Watched: "witness", GlassBroken: "lead", EndAnswered: "lead", GlassReviewed: "reviewer", TookOver: "operator",
    HandOverAccepted: "operator",
}  # fmt: skip
_OF_THE_STEP = frozenset({Begun, StepFinished, Chosen, ReadingTaken})
_STEERING = frozenset({
    Started, Skipped, WentBack, MismatchSeen, DoneAlready, EndAsked,
    HelpAsked, HandOverOffered, Paused, Resumed, Corrected, SignoffAsked,
    StepEntered, Ended,
})  # fmt: skip
_NONE: Mapping[str, str] = {}


class Entering:
    """Makes the entries of one run."""

    def __init__(self, ahead: Ahead) -> None:
        self._ahead = ahead
        self._plain: dict[str, str] = {}
        """Titles that are the same whatever the variables hold."""

    def enter(self, run: Run, seq: int, event: Event, stamp: Stamp, known: Known) -> Entry:
        """What a record says to a reader. `run` is the run after it."""
        ahead, by, step = self._ahead, stamp.by, getattr(event, "step", None)
        found = run.book.by_id.get(step) if step is not None else None
        role = known.role_at(run, by, _asked_roles(found, event))
        claimed = _claimed(event) if isinstance(event, Noted) else None
        return Entry(
            seq, stamp.at, _KINDS[type(event)], event, by, known.name(by), role, stamp.via, claimed,
            step, self.title(run, step) if step is not None else None, getattr(event, "visit", 0),
            found.phase if found is not None else None, why_of(event), evidence_of(event), self._values(run, event),
            event.of if isinstance(event, _ABOUT_ANOTHER) else None,
            ahead.corrected.get(seq, ()), ahead.erased.get(seq),
            max(stamp.at - event.was_due, timedelta(0)) if isinstance(event, _DUE) else None,
            None, _acted_as(run, event, by, role),
        )  # fmt: skip

    def _values(self, run: Run, event: Event) -> Mapping[str, str]:
        values = values_of(event)
        if not values:
            return _NONE
        return {name: show_value(run.book.fields, self._ahead.hidden, name, one) for name, one in values.items()}

    def title(self, run: Run, step: str) -> str:
        """The title of a step as it stands now; the id where the runbook has no such step."""
        plain = self._plain.get(step)
        if plain is not None:
            return plain
        known = run.book.by_id.get(step)
        title = step if known is None else known.title
        if known is not None and "{{" in title:
            return fill(title, open_names_of(run), strict=False)
        self._plain[step] = title
        return title


def _asked_roles(step: Step | None, event: Event) -> tuple[str, ...]:
    """The roles in which somebody acts here, whatever else they are."""
    if isinstance(event, GlassBroken):
        return ("lead",)
    if isinstance(step, Signoff):
        return tuple(step.from_)
    return (step.who,) if step is not None and step.who != "operator" else ()


def _acted_as(run: Run, event: Event, by: str, role: str | None) -> str | None:
    """The role in which somebody did just this. `run` is the run after it."""
    kind = type(event)
    if by == CLOCK:
        return None
    if kind in _SIGNING:
        return role
    if kind in _AS:
        return _AS[kind]
    if kind in _OF_THE_STEP:
        step = run.book.by_id.get(getattr(event, "step", ""))
        return step.who if step is not None and step.who != "operator" and role == step.who else "operator"
    return "operator" if kind in _STEERING and by == run.operator else None


def kind_of(event: type[Event]) -> str:
    """The kind of an event as it stands in the record: the name of its class in kebab-case."""
    return _CAPITAL.sub("-", event.__name__).lower()


_KINDS: Mapping[type[Event], str] = {event: kind_of(event) for event in get_args(Event)}


def _claimed(event: Noted) -> datetime | None:
    try:
        return read_instant(event.happened_at) if event.happened_at else None
    except ValueError:
        return None

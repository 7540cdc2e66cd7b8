"""The timeline line by line, day by day, as a reader goes through it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from bot.format.pieces import read_instant
from bot.render.prose import spoken_name
from bot.render.report.said.sentences import Names, names_of, say_entry
from bot.render.report.said.times import Calendar, say_length
from bot.render.report.said.verdict import say_role
from bot.run.events import Begun, Noted, Notified, Signed, SignoffAsked
from bot.timeline.entries import Entry, Timeline
from bot.timeline.straying import LATE

_VIA = {"slack": "", "clock": "", "terminal": "at a terminal", "web": "on the web", "import": "imported"}
_MILESTONES = frozenset({"started", "ended", "signoff-approved", "took-over", "hand-over-accepted"})


@dataclass(frozen=True, slots=True)
class Line:
    """One record. `exact` is what stood on the card word by word; `notes` are corrections and times beside it."""

    seq: int
    time: str
    who: str
    role: str
    what: str
    why: str
    evidence: str
    exact: str
    notes: tuple[str, ...]
    kind: str
    weight: str
    """``turn`` for what was not as planned, ``milestone``, ``quiet`` for what the reader may skip, or nothing."""


@dataclass(frozen=True, slots=True)
class Day:
    """The lines of one day."""

    name: str
    lines: tuple[Line, ...]


def tell_days(timeline: Timeline, calendar: Calendar) -> Iterator[Day]:
    """Every record, in the order of the record, under the days of the zone."""
    names = names_of(timeline)
    for name, entries in groupby(timeline.entries, key=lambda one: calendar.day(one.at)):
        yield Day(name, tuple(tell_line(one, names, calendar) for one in entries))


def tell_line(entry: Entry, names: Names, calendar: Calendar) -> Line:
    """One record as a line."""
    exact = _exact(entry)
    why, evidence = ("" if words == exact else words for words in (entry.why, entry.evidence))
    return Line(
        entry.seq, calendar.clock(entry.at), names.person(entry.by), say_role(entry.role), say_entry(entry, names),
        why, evidence, exact, tuple(_notes(entry, calendar)), entry.kind, _weight(entry),
    )  # fmt: skip


def _exact(entry: Entry) -> str:
    """A command or a message word by word; what was to be signed stands with the sign-offs."""
    match entry.event:
        case Begun(command=command):
            return command
        case Notified(text=text):
            return text
        case _:
            return ""


def _notes(entry: Entry, calendar: Calendar) -> Iterator[str]:
    if entry.claimed_at is not None:
        yield f"happened at {calendar.moment(entry.claimed_at)}, as they say"
    yield from _moments(entry, calendar)
    if entry.late is not None and entry.late > LATE:
        yield f"{say_length(entry.late)} late"
    if isinstance(entry.event, SignoffAsked | Signed):
        yield f"content {entry.event.digest[:12]}"
    if entry.corrects is not None:
        yield f"puts record {entry.corrects} right"
    for seq in entry.corrected_by:
        yield f"corrected by record {seq}"
    if entry.erased_by is not None:
        yield f"words erased, see record {entry.erased_by}"
    if _VIA.get(entry.via):
        yield _VIA[entry.via]


def _moments(entry: Entry, calendar: Calendar) -> Iterator[str]:
    """Times among the values, which are recorded in the zone in which they were typed, on the reader's clocks."""
    for name, value in entry.values.items():
        at = _say_instant(value, calendar)
        if at:
            yield f"{spoken_name(name)}: {at}"
    source = entry.event.source if isinstance(entry.event, Noted) else None
    written = _say_instant(source.at, calendar) if source is not None else ""
    if written:
        yield f"written at {written}"


def _say_instant(text: str, calendar: Calendar) -> str:
    """A time that was typed; empty for what is none, and for one that no calendar reaches."""
    try:
        return calendar.exact(read_instant(text))
    except (ValueError, OverflowError):
        return ""


def _weight(entry: Entry) -> str:
    if entry.deviation is not None or (entry.late is not None and entry.late > LATE):
        return "turn"
    if entry.kind in _MILESTONES:
        return "milestone"
    return "quiet" if entry.kind in ("step-entered", "page-tried", "branched", "parent-told") else ""

"""The first page of a report, for whoever reads no further: what was seen, down how long, what is still open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.render.report.said.times import Calendar, say_length
from bot.timeline.entries import Timeline


@dataclass(frozen=True, slots=True)
class Front:
    """What stands on the first page beside the verdict."""

    seen: str
    """One sentence of what was seen."""
    down: str
    still_open: tuple[str, ...]


def tell_front(timeline: Timeline, calendar: Calendar) -> Front:
    """The first page's own words."""
    return Front(_seen(timeline), _down(timeline, calendar), tuple(_still_open(timeline)))


def reached(timeline: Timeline, name: str) -> datetime | None:
    """When a milestone was reached; None when nobody knows."""
    return next((one.at for one in timeline.milestones if one.name == name), None)


def _seen(timeline: Timeline) -> str:
    title, seen = timeline.run.title.rstrip("."), timeline.run.seen.strip()
    return f"{title}: {seen}" if seen else f"{title}."


def _down(timeline: Timeline, calendar: Calendar) -> str:
    """From when to when the service was down, as far as the record says."""
    began = reached(timeline, "began") or timeline.facts.started_at
    restored, since = reached(timeline, "restored"), calendar.exact(began)
    if restored is not None and restored >= began:
        return f"{since} to {calendar.short(restored, began)} ({say_length(restored - began)})"
    if timeline.run.ended_at is None:
        return f"since {since}; not marked as restored yet"
    return f"since {since}; when the service was restored was not recorded"


def _still_open(timeline: Timeline) -> Iterator[str]:
    if timeline.run.outcome is None:
        yield "The run itself."
    if timeline.run.unreviewed:
        yield "A broken glass that nobody has reviewed."
    for one in timeline.left:
        yield f"“{one.title}” was not taken back (by “{one.undo_title}”)."
    for told in timeline.after:
        if told.kind == "follow_up" and told.done_at is None:
            yield f"Follow-up {told.number}: {told.words} – {told.owner or 'nobody'}, by {told.due or 'no day'}."

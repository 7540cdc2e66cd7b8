"""A record held to the law, event by event: a chain can be sound and tell what the rules never let happen.

Each record is judged by the law under which it was written. What only a newer law forbids is told as allowed then.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.bulkhead import contain
from bot.format.runbook import Runbook
from bot.journal.chain import Record, Unreadable
from bot.journal.store import events_of
from bot.run.events import Event, LawTaken, SentBack, SignoffAsked, Started, WentOnElsewhere
from bot.run.evolve import evolve
from bot.run.law.direction import Heading, first_heading, heading_after
from bot.run.law.judging import in_new_light, object_to_start, objection_to
from bot.run.law.may_start import LAW
from bot.run.situation import Stamp
from bot.run.state import Run, Unstarted

Happened = tuple[int, Event, Stamp]
Severity = Literal["breach", "allowed_then", "unread"]
"""``breach``: no command could have led to it. ``allowed_then``: only a newer law forbids it. ``unread``: this version
cannot judge it, nor what follows it."""

_SAYS_BY_ITS_OWN_LAW = (SignoffAsked, SentBack, LawTaken)
"""Whom a request names, and why a run was sent back, is what the law of that time said: nobody did it."""


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """A record that does not stand before the law: its number, a sentence, and how bad it is."""

    seq: int
    why: str
    severity: Severity = "breach"

    @property
    def sentence(self) -> str:
        """What is said of it."""
        match self.severity:
            case "breach":
                return f"Record {self.seq} cannot have happened: {self.why}"
            case "allowed_then":
                return f"Record {self.seq} was allowed then, and would not be now: {self.why}"
            case _:
                return f"{self.why} What comes before it was judged, the rest cannot be."


def audit_records(
    run_id: str, book: Runbook, records: Iterable[Record], bound_from: Mapping[int, datetime] | None = None
) -> Iterator[AuditFinding]:
    """Each record of a run that does not stand before the law; up to the first that this version cannot read.

    `bound_from`: by law, from when on no open run goes by an older one.
    """
    reading = _Reading(records)
    with contain() as judging:  # whatever the rules cannot even read was written by hand
        yield from find_unlawful(run_id, book, reading.events(), bound_from)
    if reading.names_another_runbook:
        yield AuditFinding(1, "it names another runbook than the one with which its chain begins.")
    if judging.failure is not None:
        yield AuditFinding(reading.seq, f"it fits nothing that stood before it ({type(judging.failure).__name__}).")
    if reading.stopped is not None:
        yield AuditFinding(reading.seq + 1, reading.stopped, "unread")


class _Reading:
    """Events one after the other, and how far they could be read."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records, self.seq = records, 0
        self.stopped: str | None = None
        self.names_another_runbook = False
        self._pinned = ""

    def _noting_the_first(self) -> Iterator[Record]:
        for record in self._records:
            self._pinned = self._pinned or record.prev
            yield record

    def events(self) -> Iterator[Happened]:
        try:
            for seq, event, stamp in events_of(self._noting_the_first()):
                self.seq = seq
                if isinstance(event, Started) and event.digest != self._pinned:
                    self.names_another_runbook = True
                yield seq, event, stamp
        except Unreadable as why:
            self.stopped = str(why)


def find_unlawful(
    run_id: str, book: Runbook, happened: Iterable[Happened], bound_from: Mapping[int, datetime] | None = None
) -> Iterator[AuditFinding]:
    """Each event that does not stand before the law under which it was written, or before the newest."""
    run: Run | Unstarted = Unstarted(run_id, book)
    heading: Heading = None
    for seq, event, stamp in happened:
        law = event.law if isinstance(event, Started) else getattr(run, "law", LAW)
        if law > LAW:
            yield AuditFinding(seq, f"Record {seq} is of law number {law}; this version knows {LAW}.", "unread")
            return
        newer = _newer_law(run, event, stamp, bound_from or {}) if isinstance(run, Run) else None
        if newer is not None:
            yield AuditFinding(seq, f"it goes by law {law}, and here everything went by law {newer} then.")
            bound_from = {}
        yield from _judge(run, seq, event, stamp, heading)
        if isinstance(run, Run):
            heading = heading_after(run, event, heading)
        elif isinstance(event, Started):
            heading = first_heading(event, book.steps[0].id)
        run = evolve(run, event, stamp)


def _newer_law(run: Run, event: Event, stamp: Stamp, bound_from: Mapping[int, datetime]) -> int | None:
    """The law that bound by then, where this is of an older one: what happens in an open run first takes it up."""
    if run.over or isinstance(event, LawTaken | WentOnElsewhere):
        return None
    return max((law for law, since in bound_from.items() if law > run.law and stamp.at > since), default=None)


def _judge(run: Run | Unstarted, seq: int, event: Event, stamp: Stamp, heading: Heading) -> Iterator[AuditFinding]:
    if isinstance(run, Unstarted):
        why = object_to_start(run, event, stamp) if isinstance(event, Started) else "a run begins with its start."
        yield from (AuditFinding(seq, one) for one in (why,) if one is not None)
        return
    why = objection_to(run, event, stamp, heading)
    if why is not None:
        yield AuditFinding(seq, why)
    elif run.law < LAW and not isinstance(event, _SAYS_BY_ITS_OWN_LAW):
        now = objection_to(in_new_light(run), event, stamp, heading)
        yield from (AuditFinding(seq, one, "allowed_then") for one in (now,) if one is not None)

"""A calendar's text, taken apart into calendars, zones and events: each event can then be read, or left out, by itself.

Lines only; what they mean is read by icalendar. Most events of a long feed lie far away, and are told apart here by
their days alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

_FOLD = re.compile(r"(?:\r?\n)+[ \t]")
"""A line that goes on; empty lines too, as icalendar has it."""
_KEPT = frozenset({
    "UID", "DTSTART", "DTEND", "DURATION", "RRULE", "EXRULE", "RDATE", "RECURRENCE-ID", "SEQUENCE", "SUMMARY",
})  # fmt: skip
_QUOTED = re.compile(r'([^;:]*)((?:;(?:"[^"]*"|[^":])*)?):(.*)')
_ZONE = re.compile(r';TZID=(?:"([^"]*)"|([^;:"]*))', re.IGNORECASE)
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})Z?)?")
_LAST = {"month": 12, "hour": 23, "minute": 59, "second": 60}
REPEATS = ("RRULE", "EXRULE", "RDATE", "RECURRENCE-ID")
_NEVER = date.max


class BadFeed(Exception):
    """The text is no calendar that can be read; the words say why, and hold nothing of its address."""


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event as its lines, with the properties by which it is told from others: name -> (parameters, value)."""

    lines: tuple[str, ...]
    said: dict[str, tuple[str, str]]

    @property
    def uid(self) -> str:
        """What it is called; empty where it is not."""
        return self.value("UID").strip()

    @property
    def repeats(self) -> bool:
        """Whether more than its own times count."""
        return any(name in self.said for name in REPEATS)

    @property
    def title(self) -> str:
        """What it says of itself, for a person."""
        words = " ".join(self.value("SUMMARY").replace("\\,", ",").replace("\\;", ";").split())
        return f"“{words[:80]}”" if words else "an event without a title"

    @property
    def zones(self) -> Iterator[str]:
        """The names of the zones in which it gives its times."""
        for name in ("DTSTART", "DTEND"):
            if found := _ZONE.search(self.said.get(name, ("", ""))[0]):
                yield found[1] or found[2]

    def value(self, name: str) -> str:
        """What stands behind a property; empty where it is not there."""
        return self.said.get(name, ("", ""))[1]

    def fault(self) -> str:
        """Which of its times is none; empty where all are."""
        wrong = (self.value(name) for name in ("DTSTART", "DTEND") if name in self.said)
        return next((f"{one[:40]} is no time" for one in wrong if _day(one) is None), "")

    def is_far_from(self, first: date, last: date) -> bool:
        """Whether it surely touches no day between two, read from its days alone."""
        begins, ends = _day(self.value("DTSTART")), _day(self.value("DTEND"))
        if self.repeats or begins is None:
            return False
        over = ends if ends is not None else _NEVER if "DURATION" in self.said else begins
        return begins > last or over < first

    def called(self, uid: str) -> "RawEvent":
        """The same event by another name."""
        return replace(self, lines=tuple(f"UID:{uid}" if one[:4].upper() == "UID:" else one for one in self.lines))


@dataclass(slots=True)
class RawCalendar:
    """One calendar of a text: its own properties, its zones, its events."""

    head: list[str] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    events: list[RawEvent] = field(default_factory=list)

    def text(self, events: list[RawEvent]) -> str:
        """A calendar that holds these events alone."""
        lines = (line for event in events for line in event.lines)
        return "\r\n".join(["BEGIN:VCALENDAR", *self.head, *self.zones, *lines, "END:VCALENDAR", ""])

    def knows_zone(self, name: str) -> bool:
        """Whether the calendar brings this zone along itself."""
        return any(one[:5].upper() == "TZID:" and one[5:].strip() == name for one in self.zones)


def calendars_of(text: str) -> list[RawCalendar]:
    """Every calendar of a text, which may hold several; BadFeed when it is none, or is cut short."""
    unfolded = _FOLD.sub("", text).replace("\r\n", "\n")
    if "BEGIN:VCALENDAR" not in unfolded.upper():
        raise BadFeed("it is no calendar: it does not hold BEGIN:VCALENDAR")
    found: list[RawCalendar] = []
    inside: list[str] = []
    event: list[str] = []
    for line in unfolded.split("\n"):
        if line[:6].upper() == "BEGIN:":
            inside.append(line[6:].strip().upper())
            if len(inside) == 1:
                found.append(RawCalendar())
                if inside != ["VCALENDAR"]:
                    raise BadFeed("it cannot be read as a calendar: an event stands outside of it")
                continue
        if inside and line.strip():
            _take(found[-1], inside, event, line)
        if line[:4].upper() == "END:":
            if not inside or inside.pop() != line[4:].strip().upper():
                raise BadFeed(f"it cannot be read as a calendar: {line[:30].strip()} ends what never began")
            if event and len(inside) == 1:
                found[-1].events.append(RawEvent(tuple(event), _said(event)))
                event = []
    if inside:
        raise BadFeed("it cannot be read as a calendar: it ends in the middle")
    return found


def _take(calendar: RawCalendar, inside: list[str], event: list[str], line: str) -> None:
    match inside[1:2]:
        case ["VEVENT"]:
            event.append(line)
        case ["VTIMEZONE"]:
            calendar.zones.append(line)
        case [] if line[:4].upper() != "END:":
            calendar.head.append(line)
        case _:
            return  # to-dos, and whatever else is nobody's turn


def _said(lines: list[str]) -> dict[str, tuple[str, str]]:
    """The properties of an event; the first of a name counts, since those of its alarms come later."""
    said: dict[str, tuple[str, str]] = {}
    for line in lines:
        head, _, value = line.partition(":")
        name, _, parameters = head.partition(";")
        if name.upper() in _KEPT:
            if '"' in parameters and (found := _QUOTED.match(line)):
                parameters, value = found[2], found[3]
            said.setdefault(name.upper(), (f";{parameters.lstrip(';')}" if parameters else "", value))
    return said


def _day(value: str) -> date | None:
    found = _DAY.fullmatch(value.strip())
    if found is None or any(
        int(found[group] or 0) > most for group, most in zip((2, 4, 5, 6), _LAST.values(), strict=True)
    ):
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def without_doubles(events: list[RawEvent]) -> tuple[list[RawEvent], list[str]]:
    """Events of which none takes another's place, and what there is to say about it.

    By the standard an event of the same name is a newer form of it, when its number of changes is higher. With the same
    number they are two turns whose names were given twice, and both count.
    """
    masters: dict[str, list[RawEvent]] = {}
    for event in events:
        if event.uid and "RECURRENCE-ID" not in event.said:
            masters.setdefault(event.uid, []).append(event)
    put: dict[int, RawEvent | None] = {}
    remarks: list[str] = []
    for uid, several in masters.items():
        newest = max(map(_changes, several))
        kept = list({one.lines: one for one in several if _changes(one) == newest}.values())
        older = [one for one in several if _changes(one) < newest]
        put |= {id(one): None for one in several}
        put |= {id(one): one if number == 0 else one.called(f"{uid}#{number}") for number, one in enumerate(kept)}
        remarks += [f"{one.title} was left out: a newer form of the same event is there" for one in older]
    return [new for one in events if (new := put.get(id(one), one)) is not None], remarks


def _changes(event: RawEvent) -> int:
    digits = event.value("SEQUENCE").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0  # noqa: PLR2004  (an int)


MARGIN = timedelta(days=2)
"""How far beyond the window is looked, since days without a zone are put into one only later."""

"""A calendar feed, read: text of RFC 5545 to the turns that it holds between two moments."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from math import prod
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.bulkhead import contain
from bot.oncall.events import MARGIN, REPEATS, BadFeed, RawCalendar, RawEvent, calendars_of, without_doubles

__all__ = ("BadFeed", "FeedTurn", "Unfolded", "read_feed", "unfold")

MOST_EVENTS, MOST_TURNS = 20_000, 2_000
"""Events of a feed, single days that they name included, and turns between two moments."""
LONGEST_RULE, MOST_A_DAY = 4_000, 24
"""Signs of a rule (one that names each day of a year has 2,000), and times of one day at which it may repeat."""
MOST_STEPS = 500_000
"""Repetitions that all rules of a feed may walk through together: more would keep the bot from its clicks."""
SHORTEST_HOURS = 4
"""Hours of the shortest turn that repeats by the hour."""
_MOST_BAD = 50
"""So many events may be bad before the feed is: finding each takes a few readings of the rest."""
_STEP = {"DAILY": (1, 1), "WEEKLY": (7, 1), "MONTHLY": (28, 2), "YEARLY": (365, 12)}
"""How many days a repetition takes, and how long it takes to find, measured against a daily one (2.7 µs, 2026-11)."""
_RULE = re.compile(r"(?:RRULE|EXRULE)[^:\n]*:(.*)", re.IGNORECASE)
_OFTEN = re.compile(r"FREQ=(?:SECONDLY|MINUTELY)", re.IGNORECASE)
_TOO_OFTEN = f"it repeats more often than daily, or than every {SHORTEST_HOURS} hours, which is no turn of a person"
_TOO_LONG = "its events repeat too often, or since too long ago, to be unfolded"
_OF_ZONES = re.compile(r"FREQ=(?:YEARLY|MONTHLY)", re.IGNORECASE)
_CALENDAR_ZONE = re.compile(r"X-WR-TIMEZONE[^:]*:(.*)", re.IGNORECASE)


class _TooMuch(BadFeed):
    """All of the feed together is too much; no single event is to blame."""


@dataclass(frozen=True, slots=True)
class FeedTurn:
    """An event of a feed: somebody is on call from `since` until `until`.

    `guests` are the attendees as e-mail address (or user name) and name, either of them empty when it is not given;
    `declined` are those of them who said no.
    """

    since: datetime
    until: datetime
    guests: tuple[tuple[str, str], ...]
    summary: str
    declined: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Unfolded:
    """The turns of a feed, the earliest first, and what had to be left out or guessed: a sentence each."""

    turns: tuple[FeedTurn, ...]
    remarks: tuple[str, ...] = ()


def read_feed(text: str, timezone: str, start: datetime, end: datetime) -> tuple[FeedTurn, ...]:
    """Every turn of a feed that touches the time between two moments, the earliest first; see `unfold`."""
    return unfold(text, timezone, start, end).turns


def unfold(text: str, timezone: str, start: datetime, end: datetime) -> Unfolded:
    """Every turn of a feed that touches the time between two moments.

    Repetitions are unfolded, with their exceptions; cancelled events and events without length are left out. Days, and
    times without a zone, are those of `timezone`. An event that cannot be read is left out and named; BadFeed when the
    text is no calendar, or no event of it can be read.
    """
    calendars = calendars_of(text)
    many = sum(len(one.events) for one in calendars)
    if many > MOST_EVENTS:
        raise BadFeed(f"it holds {many} events, at most {MOST_EVENTS} are read")
    reading = _Reading(timezone, start, end)
    for calendar in calendars:
        reading.take(calendar)
    if reading.bad and len(reading.bad) == many:
        raise BadFeed(f"no event of it can be read: {reading.bad[0][1]}")
    within = [one for one in reading.turns if one.since < one.until and one.since < end and start < one.until]
    if len(within) > MOST_TURNS:
        raise BadFeed(f"it holds more than {MOST_TURNS} turns in {(end - start).days} days")
    left_out = [f"{title} was left out: {why}" for title, why in reading.bad]
    turns = sorted(dict.fromkeys(within), key=lambda one: (one.since, one.until, one.summary))
    return Unfolded(tuple(turns), tuple(dict.fromkeys([*left_out, *reading.remarks])))


class _Reading:
    """The turns of all calendars of a text, and what was wrong with the others."""

    def __init__(self, timezone: str, start: datetime, end: datetime) -> None:
        self.timezone, self.zone, self.start, self.end = timezone, _zone(timezone), start, end
        self.turns: list[FeedTurn] = []
        self.bad: list[tuple[str, str]] = []
        """Title, and why."""
        self.remarks: list[str] = []
        self.steps = 0

    def take(self, calendar: RawCalendar) -> None:
        """Read one calendar: what cannot be read goes out by itself."""
        self._settle_zone(calendar)
        events, doubled = without_doubles(calendar.events)
        near = []
        for event in events:
            if event.is_far_from((self.start - MARGIN).date(), (self.end + MARGIN).date()):
                continue
            if why := event.fault() or _storm(event):
                self._leave_out(event, why)
            else:
                near.append(event)
        for name in dict.fromkeys(name for one in near for name in one.zones):
            if not calendar.knows_zone(name) and not _is_known(name):
                self.remarks.append(f"the zone “{name[:60]}” is unknown, so its times are read in {self.timezone}")
        self.remarks += doubled
        _refuse_odd_zones(calendar)
        groups: dict[str, list[RawEvent]] = {}
        for number, event in enumerate(near):
            groups.setdefault(event.uid or f"\n{number}", []).append(event)
        self._read(calendar, list(groups.values()))

    def _settle_zone(self, calendar: RawCalendar) -> None:
        """A calendar's own zone that nobody knows is as good as none."""
        for line in calendar.head:
            found = _CALENDAR_ZONE.fullmatch(line)
            if found is not None and _zone(found[1].strip(), "") is None:
                calendar.head.remove(line)
                name = found[1].strip()[:60]
                self.remarks.append(f"the zone “{name}” is unknown, so its times are read in {self.timezone}")
                return

    def _read(self, calendar: RawCalendar, groups: list[list[RawEvent]]) -> None:
        """Read events of a calendar; where that fails, each half of them by itself, down to those that are bad."""
        if not groups:
            return
        with contain() as unfolding:  # whatever a foreign file makes two parsers raise, it is a bad event
            self.turns += self._unfolded(calendar.text([one for group in groups for one in group]))
        wrong = unfolding.failure
        if wrong is None:
            return
        if isinstance(wrong, _TooMuch):
            raise wrong
        if len(groups) == 1:
            why = str(wrong) if isinstance(wrong, BadFeed) else f"it cannot be read ({type(wrong).__name__})"
            self._leave_out(groups[0][0], why)
            self.bad += [(one.title, why) for one in groups[0][1:]]
        else:
            self._read(calendar, groups[: len(groups) // 2])
            self._read(calendar, groups[len(groups) // 2 :])

    def _leave_out(self, event: RawEvent, why: str) -> None:
        self.bad.append((event.title, why))
        if len(self.bad) > _MOST_BAD:
            raise _TooMuch(f"more than {_MOST_BAD} events of it cannot be read: {why}")

    def _unfolded(self, text: str) -> list[FeedTurn]:
        # These take a quarter of a second to import, and only those who have a feed need them.
        import recurring_ical_events  # noqa: PLC0415
        from icalendar import Calendar  # noqa: PLC0415

        calendar = Calendar.from_ical(text)
        steps = _walked(calendar, self.end)
        if self.steps + steps > MOST_STEPS:
            raise _TooMuch(_TOO_LONG)
        events = calendar.walk("VEVENT")
        turned = "X-WR-TIMEZONE" in calendar  # of these the library moves the times of every event
        again = {str(one.get("UID", "")) for one in events if turned or any(key in one for key in REPEATS)}
        once = [one for one in events if str(one.get("UID", "")) not in again]
        if again:
            plain = set(map(id, once))
            calendar.subcomponents = [one for one in calendar.subcomponents if id(one) not in plain]
            once += recurring_ical_events.of(calendar).between(self.start - MARGIN, self.end + MARGIN)
        found = [_turn(event, self.zone) for event in once if str(event.get("STATUS", "")).upper() != "CANCELLED"]
        self.steps += steps
        return found


def _turn(event: Any, zone: ZoneInfo) -> FeedTurn:  # noqa: ANN401  (a component of icalendar, whose fields are loose)
    begins = event["DTSTART"].dt
    ends = event["DTEND"].dt if "DTEND" in event else begins + event["DURATION"].dt if "DURATION" in event else begins
    guests = [(one, _guest(one)) for one in _listed(event.get("ATTENDEE"))]
    no = tuple(guest for one, guest in guests if str(one.params.get("PARTSTAT", "")).upper() == "DECLINED")
    return FeedTurn(
        _instant(begins, zone),
        _instant(ends, zone),
        tuple(guest for _, guest in guests if guest not in no),
        " ".join(str(event.get("SUMMARY", "")).split()),
        no,
    )


def _guest(attendee: Any) -> tuple[str, str]:  # noqa: ANN401  (as above)
    """An attendee as address or user name, and name; some services write the address without `mailto:`."""
    address = str(attendee).strip()
    scheme, colon, rest = address.partition(":")
    bare = rest if scheme.casefold() == "mailto" else "" if colon else address
    return bare.casefold(), " ".join(str(attendee.params.get("CN", "")).split())


def _instant(at: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)


def _zone(name: str, or_else: str = "UTC") -> Any:  # noqa: ANN401  (a zone; None where nothing stands in for it)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(or_else) if or_else else None


def _is_known(name: str) -> bool:
    """Whether icalendar finds a zone by this name: those of the database, and what Windows calls them."""
    from icalendar.timezone import tzp  # noqa: PLC0415  (as above)

    return tzp.timezone(name) is not None


def _storm(event: RawEvent) -> str:
    """Why an event is not even parsed: a rule that repeats each second would be unfolded for hours."""
    rules = [found[1] for line in event.lines if (found := _RULE.match(line))]
    if any(len(rule) > LONGEST_RULE for rule in rules):
        return f"a rule in it is longer than {LONGEST_RULE} signs"
    return _TOO_OFTEN if any(_OFTEN.search(rule) for rule in rules) else ""


def _refuse_odd_zones(calendar: RawCalendar) -> None:
    rules = [found[1] for line in calendar.zones if (found := _RULE.match(line))]
    if any(not _OF_ZONES.search(rule) or len(rule) > LONGEST_RULE for rule in rules):
        raise BadFeed("a time zone in it changes more often than monthly")


def _walked(calendar: Any, end: datetime) -> int:  # noqa: ANN401  (as above)
    """What all rules walk through, added up; BadFeed for what is too much by itself."""
    events = calendar.walk("VEVENT")
    days = (one for event in events for key in ("RDATE", "EXDATE") for one in _listed(event.get(key)))
    many = len(events) + sum(len(one.dts) for one in days)
    if many > MOST_EVENTS:
        raise _TooMuch(f"it holds {many} events and days, at most {MOST_EVENTS} are read")
    rules = [(event, rule) for event in events for key in ("RRULE", "EXRULE") for rule in _listed(event.get(key))]
    if any(_is_a_storm(rule) for _, rule in rules):
        raise BadFeed(_TOO_OFTEN)
    walks = [_walk(event, rule, end.date()) for event, rule in rules]
    if any(walk > MOST_STEPS for walk in walks):
        raise BadFeed(_TOO_LONG)
    return sum(walks)


def _is_a_storm(rule: Any) -> bool:  # noqa: ANN401  (as above)
    """Whether a rule, as it was parsed, repeats more often than people take turns."""
    times = (len(_listed(rule.get(part))) or 1 for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    freq = {str(one).upper() for one in _listed(rule.get("FREQ"))}
    if freq == {"HOURLY"}:
        bare = not any(part.startswith("BY") for part in rule)
        return not bare or any(int(one) < SHORTEST_HOURS for one in _listed(rule.get("INTERVAL", 1)))
    return any(one not in _STEP for one in freq) or prod(times) > MOST_A_DAY


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  (as above)
    return [] if value is None else value if isinstance(value, list) else [value]


def _walk(event: Any, rule: Any, end: date) -> int:  # noqa: ANN401  (as above)
    """How far a rule is walked, in days of a daily one. One that matches no day is walked to the end of all time."""
    begins = event["DTSTART"].dt
    first = begins.date() if isinstance(begins, datetime) else begins
    freq = str(_listed(rule.get("FREQ"))[0]).upper()
    stride = max(1, *map(int, _listed(rule.get("INTERVAL", 1))))
    if freq == "HOURLY":
        return max(0, (end - first).days) * 24 // stride + 1
    days, weight = _STEP.get(freq, (1, 1))
    last = date.max if _may_match_none(rule, freq, stride) else end
    return int(max(0, (last - first).days) // (days * stride) * weight) + 1


def _may_match_none(rule: Any, freq: str, stride: int) -> bool:  # noqa: ANN401  (as above)
    """Whether there may be no day that fits all parts of a rule, such as the 30th of February."""
    strides_over = stride > 1 and (
        (freq == "DAILY" and any(part.startswith("BY") for part in rule)) or (freq == "MONTHLY" and "BYMONTH" in rule)
    )
    late = _beyond(rule, "BYMONTHDAY", 28) and ("BYMONTH" in rule or stride > 1)
    odd = "BYWEEKNO" in rule or "BYYEARDAY" in rule or _beyond(rule, "BYSETPOS", 1) or _beyond(rule, "BYDAY", 4)
    return strides_over or late or odd or _beyond(rule, "BYMONTHDAY", 31) or _beyond(rule, "BYMONTH", 12)


def _beyond(rule: Any, part: str, most: int) -> bool:  # noqa: ANN401  (as above)
    numbers = (re.search(r"\d+", str(one)) for one in _listed(rule.get(part)))
    return any(found is not None and int(found[0]) > most for found in numbers)

"""A calendar feed, read: text of RFC 5545 to the turns that it holds between two moments."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import prod
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MOST_EVENTS, MOST_TURNS = 20_000, 2_000
"""Events of a feed, single days that they name included, and turns between two moments."""
LONGEST_RULE, MOST_A_DAY = 4_000, 24
"""Signs of a rule (one that names each day of a year has 2,000), and times of one day at which it may repeat."""
MOST_STEPS = 500_000
"""Repetitions that all rules of a feed may walk through together: more would keep the bot from its clicks."""
_MARGIN = timedelta(days=2)
"""How far beyond the window is asked for, since days without a zone are put into one only here."""
_STEP = {"DAILY": (1, 1), "WEEKLY": (7, 1), "MONTHLY": (28, 2), "YEARLY": (365, 12)}
"""How many days a repetition takes, and how long it takes to find, measured against a daily one (2.7 µs, 2026-11)."""
_RULE = re.compile(r"^(?:RRULE|EXRULE)[^:\n]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_OFTEN = re.compile(r"FREQ=(?:SECONDLY|MINUTELY|HOURLY)", re.IGNORECASE)
_ZONE = re.compile(r"^BEGIN:VTIMEZONE\s*$.*?^END:VTIMEZONE\s*$", re.MULTILINE | re.IGNORECASE | re.DOTALL)
_TOO_OFTEN = "an event in it repeats more often than daily, which is no turn of a person"
_OF_ZONES = re.compile(r"FREQ=(?:YEARLY|MONTHLY)", re.IGNORECASE)


class BadFeed(Exception):
    """The text is no calendar that can be read; the words say why, and hold nothing of its address."""


@dataclass(frozen=True, slots=True)
class FeedTurn:
    """An event of a feed: somebody is on call from `since` until `until`.

    `guests` are the attendees as e-mail address and name, either of them empty when it is not given.
    """

    since: datetime
    until: datetime
    guests: tuple[tuple[str, str], ...]
    summary: str


def read_feed(text: str, timezone: str, start: datetime, end: datetime) -> tuple[FeedTurn, ...]:
    """Every turn of a feed that touches the time between two moments, the earliest first.

    Repetitions are unfolded, with their exceptions; cancelled events and events without length are left out. Days, and
    times without a zone, are those of `timezone`. BadFeed when the text is no calendar.
    """
    # Both take a quarter of a second to import, and only those who have a feed need them.
    import recurring_ical_events  # noqa: PLC0415
    from icalendar import Calendar  # noqa: PLC0415

    _refuse_storms(text)
    zone = _zone(timezone)
    try:
        calendar = Calendar.from_ical(text)
        _refuse_long_walks(calendar, end)
        found = recurring_ical_events.of(calendar).between(start - _MARGIN, end + _MARGIN)
        turns = [_turn(event, zone) for event in found if str(event.get("STATUS", "")).upper() != "CANCELLED"]
    except BadFeed:
        raise
    except Exception as wrong:  # noqa: BLE001  (whatever a foreign file makes two parsers raise, it is a bad file)
        raise BadFeed(f"it cannot be read as a calendar ({type(wrong).__name__})") from None
    within = [one for one in turns if one.since < one.until and one.since < end and start < one.until]
    if len(within) > MOST_TURNS:
        raise BadFeed(f"it holds more than {MOST_TURNS} turns in {(end - start).days} days")
    return tuple(sorted(within, key=lambda one: (one.since, one.until, one.summary)))


def _turn(event: Any, zone: ZoneInfo) -> FeedTurn:  # noqa: ANN401  (a component of icalendar, whose fields are loose)
    begins = event["DTSTART"].dt
    ends = event["DTEND"].dt if "DTEND" in event else begins
    listed = event.get("ATTENDEE", [])
    guests = tuple(_guest(one) for one in (listed if isinstance(listed, list) else [listed]))
    return FeedTurn(
        _instant(begins, zone), _instant(ends, zone), guests, " ".join(str(event.get("SUMMARY", "")).split())
    )


def _guest(attendee: Any) -> tuple[str, str]:  # noqa: ANN401  (as above)
    address = str(attendee).strip()
    mail = address[len("mailto:") :] if address.casefold().startswith("mailto:") else ""
    return mail.casefold(), " ".join(str(getattr(attendee, "params", {}).get("CN", "")).split())


def _instant(at: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _refuse_storms(text: str) -> None:
    """A rule that repeats each second would be unfolded for hours, so such a feed is not even parsed."""
    unfolded = re.sub(r"(?:\r?\n)+[ \t]", "", text).replace("\r\n", "\n")  # empty lines too, as icalendar has it
    if "BEGIN:VCALENDAR" not in unfolded.upper():
        raise BadFeed("it is no calendar: it does not hold BEGIN:VCALENDAR")
    rules = _RULE.findall(unfolded)
    if any(len(rule) > LONGEST_RULE for rule in rules):
        raise BadFeed(f"a rule in it is longer than {LONGEST_RULE} signs")
    if any(_OFTEN.search(rule) for rule in rules):
        raise BadFeed(_TOO_OFTEN)
    if any(not _OF_ZONES.search(rule) for zone in _ZONE.findall(unfolded) for rule in _RULE.findall(zone)):
        raise BadFeed("a time zone in it changes more often than monthly")


def _refuse_long_walks(calendar: Any, end: datetime) -> None:  # noqa: ANN401  (as above)
    """Add up what all rules walk through; BadFeed when it is too much."""
    events = calendar.walk("VEVENT")
    days = (one for event in events for key in ("RDATE", "EXDATE") for one in _listed(event.get(key)))
    many = len(events) + sum(len(one.dts) for one in days)
    if many > MOST_EVENTS:
        raise BadFeed(f"it holds {many} events and days, at most {MOST_EVENTS} are read")
    rules = [(event, rule) for event in events for key in ("RRULE", "EXRULE") for rule in _listed(event.get(key))]
    if any(_is_a_storm(rule) for _, rule in rules):
        raise BadFeed(_TOO_OFTEN)
    if sum(_walk(event, rule, end.date()) for event, rule in rules) > MOST_STEPS:
        raise BadFeed("its events repeat too often, or since too long ago, to be unfolded")


def _is_a_storm(rule: Any) -> bool:  # noqa: ANN401  (as above)
    """Whether a rule, as it was parsed, repeats more often than people take turns."""
    times = (len(_listed(rule.get(part))) or 1 for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    often = any(str(one).upper() not in _STEP for one in _listed(rule.get("FREQ")))
    return often or prod(times) > MOST_A_DAY


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  (as above)
    return [] if value is None else value if isinstance(value, list) else [value]


def _walk(event: Any, rule: Any, end: date) -> int:  # noqa: ANN401  (as above)
    """How far a rule is walked, in days of a daily one. One that matches no day is walked to the end of all time."""
    begins = event["DTSTART"].dt
    first = begins.date() if isinstance(begins, datetime) else begins
    freq = str(_listed(rule.get("FREQ"))[0]).upper()
    stride = max(1, *map(int, _listed(rule.get("INTERVAL", 1))))
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

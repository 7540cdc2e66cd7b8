"""A calendar feed, read: text of RFC 5545 to the turns that it holds between two moments."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import recurring_ical_events
from icalendar import Calendar

MOST_EVENTS, MOST_TURNS = 20_000, 2_000
"""Events of a feed, and turns between two moments."""
MOST_STEPS = 2_000_000
"""Repetitions that all rules of a feed may walk through together: more would keep the bot from its clicks."""
_MARGIN = timedelta(days=2)
"""How far beyond the window is asked for, since days without a zone are put into one only here."""
_DAYS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}
_RARE = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS")
"""Parts of a rule that can exclude every day: it is then walked to the end of all calendars."""
_RULE = re.compile(r"^(?:RRULE|EXRULE)[^:\n]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_OFTEN = re.compile(r"FREQ=(?:SECONDLY|MINUTELY|HOURLY)", re.IGNORECASE)
_ZONE = re.compile(r"^BEGIN:VTIMEZONE\s*$.*?^END:VTIMEZONE\s*$", re.MULTILINE | re.IGNORECASE | re.DOTALL)
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
    unfolded = re.sub(r"\r?\n[ \t]", "", text).replace("\r\n", "\n")
    if "BEGIN:VCALENDAR" not in unfolded.upper():
        raise BadFeed("it is no calendar: it does not hold BEGIN:VCALENDAR")
    if any(_OFTEN.search(rule) for rule in _RULE.findall(unfolded)):
        raise BadFeed("an event in it repeats more often than daily, which is no turn of a person")
    if any(not _OF_ZONES.search(rule) for zone in _ZONE.findall(unfolded) for rule in _RULE.findall(zone)):
        raise BadFeed("a time zone in it changes more often than monthly")


def _refuse_long_walks(calendar: Any, end: datetime) -> None:  # noqa: ANN401  (as above)
    """Add up what all rules walk through; BadFeed when it is too much."""
    events = calendar.walk("VEVENT")
    if len(events) > MOST_EVENTS:
        raise BadFeed(f"it holds {len(events)} events, at most {MOST_EVENTS} are read")
    rules = ((event, rule) for event in events for key in ("RRULE", "EXRULE") for rule in _listed(event.get(key)))
    if sum(_steps(event, rule, end.date()) for event, rule in rules) > MOST_STEPS:
        raise BadFeed("its events repeat too often, or since too long ago, to be unfolded")


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  (as above)
    return [] if value is None else value if isinstance(value, list) else [value]


def _steps(event: Any, rule: Any, end: date) -> int:  # noqa: ANN401  (as above)
    """How many repetitions are walked through from the first one to `end`, or further where a rule may match none."""
    begins = event["DTSTART"].dt
    first = begins.date() if isinstance(begins, datetime) else begins
    until = (rule.get("UNTIL") or [None])[0]
    last = (until.date() if isinstance(until, datetime) else until) or (date.max if _may_match_none(rule) else end)
    days = _DAYS.get(str((rule.get("FREQ") or ["DAILY"])[0]).upper(), 1)
    return max(0, (last - first).days) // days + 1


def _may_match_none(rule: Any) -> bool:  # noqa: ANN401  (as above)
    return any(part in rule for part in _RARE)

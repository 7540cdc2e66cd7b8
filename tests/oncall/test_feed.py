"""Calendar feeds: what stands in them, whose turn it is, and what no feed may do to the bot."""

from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.format.catalogue import Person
from bot.oncall.feed import BadFeed, FeedTurn, read_feed
from bot.oncall.matching import match_people, say_turn

START, END = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 12, 5, tzinfo=UTC)
PEOPLE = tuple(
    Person.model_validate(one)
    for one in (
        {"id": "ana", "name": "Ana Ruiz", "slack": "U0ANA", "email": "Ana.Ruiz@example.com"},
        {"id": "ana2", "name": "Ana Ruiz Gil", "email": "gil@example.com"},
        {"id": "ben", "name": "Ben Okafor", "slack": "U0BEN", "email": "ben@example.com"},
        {"id": "chen", "name": "Chen Wei"},
        {"id": "wei", "name": "Chen  WEI"},
    )
)


def calendar(*events: str, head: str = "") -> str:
    """Events as a feed has them; each a line of properties with `|` between them."""
    wrapped = "".join(f"BEGIN:VEVENT|UID:{number}|{one}|END:VEVENT|" for number, one in enumerate(events))
    return f"BEGIN:VCALENDAR|VERSION:2.0|PRODID:-//x//y//EN|{head}{wrapped}END:VCALENDAR|".replace("|", "\r\n")


def told(text: str, timezone: str = "Europe/Madrid") -> list[str]:
    return [f"{one.since:%d %H:%M}-{one.until:%d %H:%M} {one.summary}" for one in read_feed(text, timezone, START, END)]


def test_events_are_read_in_order() -> None:
    text = calendar(
        "SUMMARY:Ben|DTSTART:20261124T090000Z|DTEND:20261125T090000Z",
        "SUMMARY:Ana|DTSTART:20261123T090000Z|DURATION:P1D",
        "SUMMARY:long ago|DTSTART:20251123T090000Z|DTEND:20251124T090000Z",
        "SUMMARY:no time at all|DTSTART:20261124T090000Z",
    )
    assert told(text) == ["23 09:00-24 09:00 Ana", "24 09:00-25 09:00 Ben"]


def test_repetitions_keep_to_the_wall_and_have_exceptions() -> None:
    """Weekly in New York from before the clocks changed; one week is left out, and one is moved by its own event."""
    text = calendar(
        "SUMMARY:Ana|DTSTART;TZID=America/New_York:20261012T090000|DTEND;TZID=America/New_York:20261013T090000"
        "|RRULE:FREQ=WEEKLY;COUNT=20|EXDATE;TZID=America/New_York:20261123T090000",
    )
    assert told(text) == ["30 14:00-01 14:00 Ana"]
    moved = text.replace(
        "END:VCALENDAR",
        "BEGIN:VEVENT\r\nUID:0\r\nRECURRENCE-ID;TZID=America/New_York:20261130T090000\r\nSUMMARY:Ben\r\n"
        "DTSTART:20261201T100000Z\r\nDTEND:20261201T120000Z\r\nEND:VEVENT\r\nEND:VCALENDAR",
    )
    assert told(moved) == ["01 10:00-01 12:00 Ben"]


@pytest.mark.parametrize("rule", ["WEEKLY;INTERVAL=2;BYDAY=TH", "MONTHLY;BYDAY=4TH", "MONTHLY;BYMONTHDAY=26;COUNT=99"])
def test_rules_that_people_write_are_read_in_great_number(rule: str) -> None:
    """Forty of them, since 2020: Thanksgiving of 2026 is in each."""
    event = f"SUMMARY:Ana|DTSTART:20200102T090000Z|DTEND:20200102T170000Z|RRULE:FREQ={rule}"
    assert set(told(calendar(*[event] * 40), "UTC")) == {"26 09:00-26 17:00 Ana"}


def test_a_zone_of_the_feeds_own_is_used() -> None:
    """Outlook writes zones that no database knows, with their rules beside them."""
    zone = (
        "BEGIN:VTIMEZONE|TZID:Romance Standard|BEGIN:STANDARD|DTSTART:16010101T030000|TZOFFSETFROM:+0200"
        "|TZOFFSETTO:+0100|RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10|END:STANDARD|BEGIN:DAYLIGHT"
        "|DTSTART:16010101T020000|TZOFFSETFROM:+0100|TZOFFSETTO:+0200|RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"
        "|END:DAYLIGHT|END:VTIMEZONE|"
    )
    event = "SUMMARY:Ana|DTSTART;TZID=Romance Standard:20261123T090000|DTEND;TZID=Romance Standard:20261123T170000"
    assert told(calendar(event, head=zone)) == ["23 08:00-23 16:00 Ana"]


def test_days_and_times_without_a_zone_are_those_of_the_rotation() -> None:
    days = "SUMMARY:Ana|DTSTART;VALUE=DATE:20261123|DTEND;VALUE=DATE:20261125"
    loose = "SUMMARY:Ben|DTSTART:20261126T090000|DTEND:20261126T170000"
    assert told(calendar(days, loose)) == ["22 23:00-24 23:00 Ana", "26 08:00-26 16:00 Ben"]
    assert told(calendar(days, loose), "UTC") == ["23 00:00-25 00:00 Ana", "26 09:00-26 17:00 Ben"]
    named = calendar(loose, head="X-WR-TIMEZONE:America/New_York|")
    assert told(named)[0].endswith("Ben")


def test_what_was_cancelled_is_left_out() -> None:
    event = "SUMMARY:Ana|DTSTART:20261123T090000Z|DTEND:20261124T090000Z"
    assert told(calendar(f"{event}|STATUS:CANCELLED")) == []
    assert told(calendar(f"{event}|STATUS:CONFIRMED")) == ["23 09:00-24 09:00 Ana"]


def test_those_who_overlap_are_both_there() -> None:
    text = calendar(
        "SUMMARY:Ana|DTSTART:20261123T090000Z|DTEND:20261124T090000Z",
        "SUMMARY:Ben|DTSTART:20261123T210000Z|DTEND:20261124T210000Z",
    )
    assert told(text) == ["23 09:00-24 09:00 Ana", "23 21:00-24 21:00 Ben"]


def turn(summary: str = "", *guests: tuple[str, str]) -> FeedTurn:
    return FeedTurn(START, END, guests, summary)


@pytest.mark.parametrize(
    ("event", "who"),
    [
        (turn("On Call - Ben Okafor - DBA primary"), ("ben",)),
        (turn("ben okafor and ANA  RUIZ"), ("ana", "ben")),
        (turn("Ana Ruiz Gil"), ("ana2",)),
        (turn("Ana Torres"), ()),
        (turn("Ana"), ()),
        (turn("ana"), ("ana",)),
        (turn("Ben"), ()),
        (turn("@Ana covers"), ("ana",)),
        (turn("@ana.ruiz"), ("ana",)),
        (turn("write to ana@other.example"), ()),
        (turn("BEN@example.com (night)"), ("ben",)),
        (turn("<@U0BEN>"), ("ben",)),
        (turn("Chen Wei"), ()),
        (turn("chen"), ("chen",)),
        (turn("Benjamin Okaforsson"), ()),
        (turn("DBA primary"), ()),
        (turn(""), ()),
        (turn("Ana Ruiz", ("ben@example.com", "")), ("ben",)),
        (turn("DBA", ("ana.ruiz@example.com", "x"), ("ben@example.com", "")), ("ana", "ben")),
        (turn("DBA", ("", "Ben Okafor")), ("ben",)),
        (turn("Ana Ruiz", ("schedule@vendor.example", "Rota")), ("ana",)),
    ],
)
def test_whoever_is_meant_for_sure_is_on_call(event: FeedTurn, who: tuple[str, ...]) -> None:
    """A first name, half a name and a name of two people are nobody's; an id counts only as it is written."""
    assert match_people(event, PEOPLE) == who


def test_what_fits_nobody_is_named() -> None:
    assert say_turn(turn("Night: Zoe")) == "Night: Zoe"
    assert say_turn(turn("", ("zoe@example.com", "Zoe"))) == "zoe@example.com"
    assert say_turn(turn()) == "an event without a title"


DAILY = "SUMMARY:Ana|DTSTART:{}T090000Z|DTEND:{}T170000Z|RRULE:FREQ=DAILY"

TIMES = ",".join(map(str, range(24)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<html>Please log in</html>", "no calendar"),
        ("", "no calendar"),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:never\r\nEND:VEVENT\r\nEND:VCALENDAR", "never is no time"),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT", "cannot be read"),
        (calendar(DAILY.format("20200101", "20200101").replace("DAILY", "SECONDLY")), "more often than daily"),
        (calendar(DAILY.format("20200101", "20200101").replace("FREQ=DAILY", "COUNT=9;FREQ=\r\n MINUTELY")), "often"),
        (calendar(DAILY.format("20200101", "20200101").replace("FREQ=DAILY", "FREQ=SEC\r\n\r\n ONDLY")), "often"),
        (calendar(DAILY.format("20260106", "20260106") + f";BYHOUR={TIMES};BYMINUTE={TIMES}"), "often"),
        (calendar(DAILY.format("20260106", "20260106") + ";BYSETPOS=" + ",".join(["1"] * 300_000)), "longer than"),
        (calendar("SUMMARY:Ana|DTSTART:20261123T090000Z|DTEND:20261124T090000Z|RDATE:"
                  + ",".join(["20261123T090001Z"] * 20_000)), "events and days"),
        (calendar(*(DAILY.format("00010101", "00010101") for _ in range(4))), "since too long ago"),
        *((calendar(DAILY.format("20260106", "20260106") + odd), "repeat too often") for odd in (
            ";COUNT=9;BYMONTH=2;BYMONTHDAY=30", ";BYMONTHDAY=32", ";BYYEARDAY=366;BYMONTH=1", ";BYMONTH=1;BYWEEKNO=30"
        )),
        (calendar(head="BEGIN:VTIMEZONE|TZID:x|BEGIN:STANDARD|DTSTART:16010101T030000|TZOFFSETFROM:+0200"
                       "|TZOFFSETTO:+0100|RRULE:FREQ=DAILY|END:STANDARD|END:VTIMEZONE|"), "a time zone"),
        (calendar(*["SUMMARY:Ana|DTSTART:20261123T090000Z|DTEND:20261124T090000Z"] * 2_001), "more than 2000 turns"),
    ],
)  # fmt: skip
def test_a_feed_that_cannot_be_used_says_why_and_costs_little(text: str, why: str) -> None:
    """A page instead of a calendar, half a file, and rules that would be unfolded for hours."""
    begun = monotonic()
    with pytest.raises(BadFeed, match=why):
        read_feed(text, "UTC", START, END)
    assert monotonic() - begun < 20
    sound = calendar(DAILY.format("20200101", "20200101"))
    assert len(read_feed(sound, "UTC", START, START + timedelta(days=14))) == 14


@given(st.text(), st.sampled_from(["DTSTART", "RRULE", "SUMMARY", "ATTENDEE", "DTEND", "EXDATE", "DURATION"]))
def test_whatever_stands_in_a_feed_it_is_read_or_refused(value: str, key: str) -> None:
    """Nothing but `BadFeed` comes out of the reader."""
    given_ = f"SUMMARY:Ana|DTSTART:20261123T090000Z|DTEND:20261124T090000Z|{key}:{value}"
    try:
        found = read_feed(calendar(given_.replace("\r", " ").replace("\n", " ")), "UTC", START, END)
    except BadFeed:
        found = ()
    assert all(one.since < one.until for one in found)

"""Calendars as services really write them: what they leave out, write twice, or write in their own way."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.format.catalogue import Person
from bot.oncall.feed import BadFeed, FeedTurn, unfold
from bot.oncall.foreseen import foresee
from bot.oncall.matching import match, match_people
from tests.oncall.test_feed import calendar
from tests.pace import at_most

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 6, tzinfo=UTC)
PEOPLE = tuple(
    Person.model_validate(one)
    for one in (
        {"id": "ana-ruiz", "name": "Ana Ruiz", "email": "ana@example.com"},
        {"id": "ben-okafor", "name": "Ben Okafor", "email": "ben@example.com"},
        {"id": "chen", "name": "Chen Wei"},
        {"id": "on-call", "name": "Eve Adams"},
        {"id": "zoe1", "name": "Zoe Lind"},
        {"id": "zoe2", "name": "Zoe Lind"},
    )
)
WEEK = "DTSTART:20261102T090000Z|DTEND:20261109T090000Z"
BEN = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ben@example.com"
NEXT = "DTSTART:20261109T090000Z|DTEND:20261116T090000Z"


def whose(text: str) -> list[tuple[str, ...]]:
    return [found.ids for _, found in foresee(text, "UTC", START, END, PEOPLE).turns]


def remarks(text: str, timezone: str = "UTC") -> tuple[str, ...]:
    return unfold(text, timezone, START, END).remarks


@pytest.mark.parametrize(
    ("event", "who"),
    [
        ("SUMMARY:On Call - Ana R. - Databases|ATTENDEE:ana@example.com", ("ana-ruiz",)),
        (f"SUMMARY:x|ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.com|{BEN}", ("ben-okafor",)),
        ("SUMMARY:Ana Ruiz|ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.com", ()),
        ("SUMMARY:DBA|ATTENDEE:ana.ruiz", ("ana-ruiz",)),
        ('SUMMARY:DBA|ATTENDEE;CN="Ruiz, Ana":invalid:nomail', ("ana-ruiz",)),
        ("SUMMARY:ana.ruiz", ("ana-ruiz",)),
        ("SUMMARY:ben", ("ben-okafor",)),
        ("SUMMARY:[L1] ben\\, ana.ruiz", ("ana-ruiz", "ben-okafor")),
        ("SUMMARY:ben.torres", ()),
        ("SUMMARY:chen.torres", ()),
        ("SUMMARY:Ben", ()),
        ("SUMMARY:Ruiz\\, Ana", ("ana-ruiz",)),
        ("SUMMARY:Primary: Okafor\\, Ben (night)", ("ben-okafor",)),
        ("SUMMARY:Ruiz\\, Ana Torres", ()),
        ("SUMMARY:Primary on-call shift", ()),
        ("SUMMARY:on-call", ()),
        ("SUMMARY:@on-call", ("on-call",)),
        ("SUMMARY:shift of chen", ("chen",)),
    ],
)  # fmt: skip
def test_people_are_found_as_services_name_them(event: str, who: tuple[str, ...]) -> None:
    """Addresses without `mailto:`, who declined, user names, the last name first, and an id that is a usual word."""
    assert whose(calendar(f"{event}|{WEEK}")) == [who]


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("Ana covers", "a part of a name is nobody's for sure (is it Ana Ruiz?)"),
        ("Zoe Lind", "2 people are called Zoe Lind: write an address"),
        ("Databases: eve@elsewhere.example", "nobody of the catalogue has the address eve@elsewhere.example"),
        ("Databases", "it holds no address, name, @handle or id of anybody"),
    ],
)
def test_what_fits_nobody_says_why(says: str, why: str) -> None:
    turn = FeedTurn(START, END, (), says)
    assert match(turn, PEOPLE).why_not == why
    assert match_people(turn, PEOPLE) == ()
    declined = FeedTurn(START, END, (), "Ana Ruiz", (("ana@example.com", ""),))
    assert match(declined, PEOPLE).why_not == "Ana Ruiz declined"
    assert match(FeedTurn(START, END, (), "Ana Ruiz"), PEOPLE).who == (("ana-ruiz", "the name in the title"),)


def test_one_uid_for_two_turns_is_two_turns() -> None:
    """By the standard one would replace the other; it does where it says that it is the newer form."""
    both = calendar(f"SUMMARY:Ana Ruiz|{WEEK}", f"SUMMARY:Ben Okafor|{NEXT}").replace("UID:1", "UID:0")
    assert whose(both) == [("ana-ruiz",), ("ben-okafor",)]
    assert remarks(both) == ()
    newer = both.replace("SUMMARY:Ben", "SEQUENCE:1\r\nSUMMARY:Ben")
    assert whose(newer) == [("ben-okafor",)]
    assert remarks(newer) == ("“Ana Ruiz” was left out: a newer form of the same event is there",)
    twice = calendar(f"SUMMARY:Ana Ruiz|{WEEK}", f"SUMMARY:Ana Ruiz|{WEEK}").replace("UID:1", "UID:0")
    assert whose(twice) == [("ana-ruiz",)]


def test_an_unknown_zone_is_said_and_read_as_the_rotations() -> None:
    event = "SUMMARY:Ana Ruiz|DTSTART;TZID={0}:20261102T090000|DTEND;TZID={0}:20261109T090000"
    unknown = calendar(event.format("Acme Plant Time"))
    said = "the zone “Acme Plant Time” is unknown, so its times are read in Europe/Madrid"
    assert remarks(unknown, "Europe/Madrid") == (said,)
    assert unfold(unknown, "Europe/Madrid", START, END).turns[0].since == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert remarks(calendar(event.format("Romance Standard Time"))) == ()
    odd = calendar(f"SUMMARY:Ana Ruiz|{WEEK}", head="X-WR-TIMEZONE:Acme Plant Time|")
    assert (whose(odd), len(remarks(odd))) == ([("ana-ruiz",)], 1)


def test_half_days_repeat_by_the_hour() -> None:
    """Turns of four hours and more; whatever repeats more often, or by hours of some days, is no turn."""
    event = "SUMMARY:Ana Ruiz|DTSTART:20261102T090000Z|DTEND:20261102T150000Z|RRULE:FREQ=HOURLY;"
    assert len(whose(calendar(f"{event}INTERVAL=12;COUNT=4"))) == 4
    for odd in ("INTERVAL=3", "COUNT=4", "INTERVAL=12;BYMONTH=2;BYMONTHDAY=30"):
        with pytest.raises(BadFeed, match="more often than daily"):
            unfold(calendar(event + odd), "UTC", START, END)
    with pytest.raises(BadFeed, match="too long ago"):
        unfold(calendar(event.replace("20261102T", "10261102T") + "INTERVAL=4"), "UTC", START, END)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("DTSTART:20261399T000000Z|DTEND:20261400T000000Z", "20261399T000000Z is no time"),
        ("DTSTART:20261102T250000Z|DTEND:20261109T000000Z", "20261102T250000Z is no time"),
        (f"{WEEK}|RRULE:FREQ=NEVER", "it cannot be read"),
        (f"{WEEK}|RRULE:FREQ=SECONDLY", "it repeats more often than daily"),
        (f"{WEEK}|EXDATE:tomorrow|RRULE:FREQ=DAILY", "it cannot be read"),
        ("DTEND:20261109T090000Z", "it cannot be read"),
    ],
)
def test_one_bad_event_among_good_ones_is_named(bad: str, why: str) -> None:
    """The others are kept; where all are bad the feed is, and its last good copy serves on."""
    text = calendar(f"SUMMARY:Ana Ruiz|{WEEK}", f"SUMMARY:Ben Okafor|{bad}", f"SUMMARY:Chen Wei|{NEXT}")
    assert whose(text) == [("ana-ruiz",), ("chen",)]
    assert [one.startswith(f"“Ben Okafor” was left out: {why}") for one in remarks(text)] == [True]
    with pytest.raises(BadFeed, match=r"no event of it can be read|cannot be read"):
        unfold(calendar(f"SUMMARY:Ben Okafor|{bad}"), "UTC", START, END)


def test_two_calendars_in_one_file_both_count() -> None:
    text = calendar(f"SUMMARY:Ana Ruiz|{WEEK}") + calendar(f"SUMMARY:Ben Okafor|{NEXT}")
    assert whose(text) == [("ana-ruiz",), ("ben-okafor",)]
    for cut in (text[:-20], text + "BEGIN:VCALENDAR\r\n", "BEGIN:VEVENT\r\nEND:VEVENT\r\n" + text):
        with pytest.raises(BadFeed, match="cannot be read as a calendar"):
            unfold(cut, "UTC", START, END)


def test_what_nobody_has_is_told_between_turns() -> None:
    """A turn that is nobody's leaves a gap as well."""
    text = calendar(f"SUMMARY:Ana Ruiz|{WEEK}", f"SUMMARY:somebody|{NEXT}")
    found = foresee(text, "UTC", START, datetime(2026, 11, 16, 9, tzinfo=UTC), PEOPLE)
    assert [(gap.since.day, gap.until.day) for gap in found.gaps] == [(1, 2), (9, 16)]


def long_feed(events: int, hours: int) -> str:
    """One turn after the other, years of them."""
    first = START - timedelta(hours=hours * events // 2)
    lines = (
        f"SUMMARY:Ana Ruiz|DTSTART:{first + timedelta(hours=hours * one):%Y%m%dT%H%M%SZ}|"
        f"DTEND:{first + timedelta(hours=hours * (one + 1)):%Y%m%dT%H%M%SZ}|ATTENDEE;CN=Ana:mailto:ana@example.com"
        for one in range(events)
    )
    return calendar(*lines)


def test_of_a_long_feed_only_what_is_near_is_read_whole() -> None:
    """5,000 events, of which seventy and a half touch these weeks: the processor time is far from reading them all."""
    text = long_feed(5_000, 12)
    unfold(calendar(f"SUMMARY:Ana Ruiz|{WEEK}"), "UTC", START, END)
    with at_most(30):
        assert len(unfold(text, "UTC", START, END).turns) == 70

"""Whose turn it is: wall clocks, overrides, and the nights when the clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.format.catalogue import Rotation
from bot.oncall.rota import Gap, Shift, gaps, next_shift, on_call, on_call_first, shift_at, shifts, turn_at

WEEKLY = Rotation.model_validate(
    {
        "id": "dba", "timezone": "Europe/Madrid", "starts": "2026-01-05T09:00", "turn": "7d",
        "order": ["ana", "ben", "chen"],
        "overrides": [
            {"from": "2026-01-08T09:00+01:00", "to": "2026-01-09T09:00+01:00", "who": "chen"},
            {"from": "2026-01-08T20:00+01:00", "to": "2026-01-08T22:00+01:00", "who": "ben"},
        ],
    }
)  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        ("2026-01-05T08:59+01:00", None),
        ("2026-01-05T09:00+01:00", "ana"),
        ("2026-01-12T08:59+01:00", "ana"),
        ("2026-01-12T09:00+01:00", "ben"),
        ("2026-01-26T09:00+01:00", "ana"),
        ("2026-03-30T08:59+02:00", "chen"),
        ("2026-03-30T09:00+02:00", "ana"),
        ("2026-01-08T09:00+01:00", "chen"),
        ("2026-01-08T21:00+01:00", "ben"),
        ("2026-01-08T22:00+01:00", "chen"),
        ("2026-01-09T09:00+01:00", "ana"),
    ],
)
def test_a_turn_changes_hands_by_the_clock_on_the_wall(moment: str, who: str | None) -> None:
    """09:00 in Madrid stays 09:00 after the clocks went forward; the override written last counts."""
    assert on_call(WEEKLY, at(moment)) == who


def test_an_hour_that_comes_twice_does_not_give_a_turn_back() -> None:
    """On 25 October 2026 Madrid has 02:00 to 03:00 twice. Whoever took over at 02:30 keeps the turn."""
    hourly = WEEKLY.model_copy(update={"starts": "2026-10-25T00:30", "turn": timedelta(hours=1), "overrides": ()})
    night = [at("2026-10-25T00:31+00:00") + timedelta(minutes=10 * step) for step in range(13)]
    turns = [turn_at(hourly, moment) for moment in night]
    assert turns == sorted(turns, key=lambda turn: -1 if turn is None else turn)
    assert turns[0] == 2
    assert turns[-1] == 3


@given(st.integers(0, 60 * 24 * 800), st.sampled_from([1, 6, 12, 24, 168]), st.sampled_from(["Europe/Madrid", "UTC"]))
def test_time_never_takes_a_turn_back(minutes: int, hours: int, zone: str) -> None:
    rotation = WEEKLY.model_copy(update={"turn": timedelta(hours=hours), "timezone": zone, "overrides": ()})
    moment = datetime(2026, 1, 5, 12, tzinfo=UTC) + timedelta(minutes=minutes)
    now, later = turn_at(rotation, moment), turn_at(rotation, moment + timedelta(minutes=7))
    assert now is not None
    assert later is not None
    assert 0 <= later - now <= 1


def test_nobody_is_made_up() -> None:
    """A calendar feed and a zone that is not known say nobody; a known zone says somebody."""
    feed = Rotation.model_validate({"id": "backup", "ics": "env:DBA_BACKUP_ICS"})
    moment = at("2026-02-01T00:00+00:00")
    assert on_call(feed, moment) is None
    assert on_call(WEEKLY.model_copy(update={"timezone": "Europe/Nowhere"}), moment) is None
    assert on_call(WEEKLY, moment) == "ana"


def test_whoever_is_on_call_stands_first() -> None:
    assert on_call_first(("ana", "ben", "chen"), ["ben"]) == ("ben", "ana", "chen")
    assert on_call_first(("ana", "ben", "chen"), ["chen", "ana", "chen"]) == ("chen", "ana", "ben")
    assert on_call_first(("dora",), ["ben"]) == ("dora",)


def turns(zone: str, starts: str, turn: timedelta, order: str = "ana ben", overrides: object = ()) -> Rotation:
    given = {"id": "r", "timezone": zone, "starts": starts, "turn": turn, "order": order.split()}
    return Rotation.model_validate(given | {"overrides": overrides})


def hand_overs(rotation: Rotation, start: str, days: int) -> list[str]:
    """When it changes hands, on the wall of its zone."""
    zone, first = ZoneInfo(rotation.timezone), at(start)
    found = shifts(rotation, first, first + timedelta(days=days))
    return [f"{one.since.astimezone(zone):%d %H:%M %z} {one.who}" for one in found[1:]]


@pytest.mark.parametrize(
    ("zone", "starts", "start", "expected"),
    [
        ("Europe/Madrid", "2026-03-20T09:00", "2026-03-28T00:00+00:00",
         ["28 09:00 +0100 ana", "29 09:00 +0200 ben", "30 09:00 +0200 ana"]),
        ("Europe/Madrid", "2026-03-20T02:30", "2026-03-28T02:00+00:00",
         ["29 03:00 +0200 ben", "30 02:30 +0200 ana", "31 02:30 +0200 ben"]),
        ("Europe/Madrid", "2026-10-20T02:30", "2026-10-24T02:00+00:00",
         ["25 02:30 +0200 ben", "26 02:30 +0100 ana", "27 02:30 +0100 ben"]),
        ("America/New_York", "2026-10-20T09:00", "2026-10-31T14:00+00:00",
         ["01 09:00 -0500 ana", "02 09:00 -0500 ben", "03 09:00 -0500 ana"]),
        ("Australia/Lord_Howe", "2026-10-01T02:15", "2026-10-02T16:00+00:00",
         ["04 02:30 +1100 ben", "05 02:15 +1100 ana", "06 02:15 +1100 ben"]),
        ("Australia/Lord_Howe", "2026-04-01T01:45", "2026-04-03T15:00+00:00",
         ["05 01:45 +1100 ana", "06 01:45 +1030 ben", "07 01:45 +1030 ana"]),
    ],
)  # fmt: skip
def test_a_day_changes_hands_by_the_wall_when_the_clocks_change(
    zone: str, starts: str, start: str, expected: list[str]
) -> None:
    """A time that is skipped is the moment of the change; of one that comes twice the first coming counts."""
    assert hand_overs(turns(zone, starts, timedelta(days=1)), start, 5)[:3] == expected


def test_turns_that_are_no_whole_days_keep_to_the_wall_too() -> None:
    """Day and night shifts change at 09:00 and 21:00 all the year; the night of the change is an hour shorter."""
    half = turns("Europe/Madrid", "2026-03-20T09:00", timedelta(hours=12))
    assert hand_overs(half, "2026-03-28T10:00+00:00", 2) == [
        "28 21:00 +0100 ben", "29 09:00 +0200 ana", "29 21:00 +0200 ben", "30 09:00 +0200 ana",
    ]  # fmt: skip
    night = shift_at(half, at("2026-03-29T00:00+00:00"))
    assert night is not None
    assert night.until is not None
    assert night.until - night.since == timedelta(hours=11)
    day_and_a_half = turns("Europe/Madrid", "2026-03-27T09:00", timedelta(hours=36))
    assert hand_overs(day_and_a_half, "2026-03-27T10:00+00:00", 5) == [
        "28 21:00 +0100 ben", "30 09:00 +0200 ana", "31 21:00 +0200 ben",
    ]  # fmt: skip


def test_a_turn_that_lies_in_the_skipped_hour_does_not_happen() -> None:
    short = turns("Europe/Madrid", "2026-03-29T01:30", timedelta(minutes=30), "ana ben chen dora")
    assert hand_overs(short, "2026-03-29T00:30+00:00", 1)[:2] == ["29 03:00 +0200 dora", "29 03:30 +0200 ana"]


def test_a_shift_ends_where_somebody_else_takes_over() -> None:
    """Two turns of one person in a row are one shift; where nobody else follows, no end is known."""
    twice = turns("UTC", "2026-01-05T09:00", timedelta(days=1), "ana ana ben")
    assert shift_at(twice, at("2026-01-06T12:00Z")) == Shift("ana", at("2026-01-05T09:00Z"), at("2026-01-07T09:00Z"))
    assert next_shift(twice, at("2026-01-06T12:00Z")) == Shift("ben", at("2026-01-07T09:00Z"), at("2026-01-08T09:00Z"))
    assert shift_at(twice, at("2026-01-05T08:00Z")) is None
    assert next_shift(twice, at("2026-01-05T08:00Z")) == Shift("ana", at("2026-01-05T09:00Z"), at("2026-01-07T09:00Z"))
    alone = turns("UTC", "2026-01-05T09:00", timedelta(days=1), "ana")
    assert shift_at(alone, at("2026-03-05T09:00Z")) == Shift("ana", at("2026-01-05T09:00Z"), None)
    assert next_shift(alone, at("2026-03-05T09:00Z")) is None


def test_gaps_are_found() -> None:
    """Before the first turn nobody is on call but whom an override names."""
    cover = {"from": "2026-01-02T00:00Z", "to": "2026-01-03T00:00Z", "who": "chen"}
    young = turns("UTC", "2026-01-05T09:00", timedelta(days=7), "ana ben", [cover])
    assert gaps(young, at("2026-01-01T00:00Z"), at("2026-02-01T00:00Z")) == (
        Gap(at("2026-01-01T00:00Z"), at("2026-01-02T00:00Z")),
        Gap(at("2026-01-03T00:00Z"), at("2026-01-05T09:00Z")),
    )
    assert gaps(young, at("2026-01-05T09:00Z"), at("2030-01-01T00:00Z")) == ()


ZONES = st.sampled_from(["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "UTC", "Africa/Casablanca"])
LENGTHS = st.sampled_from([timedelta(minutes=30), *(timedelta(hours=one) for one in (1, 5, 12, 24, 36, 168))])
MOMENTS = st.integers(0, 60 * 24 * 700).map(lambda minutes: at("2026-01-01T00:00Z") + timedelta(minutes=minutes))


@st.composite
def rotations(draw: st.DrawFn) -> Rotation:
    """Any zone, any length of turns, up to three overrides that may overlap."""
    first = draw(MOMENTS).replace(tzinfo=None).isoformat(timespec="minutes")
    edges = [sorted((draw(MOMENTS), draw(MOMENTS))) for _ in range(draw(st.integers(0, 3)))]
    overrides = [
        {"from": one.isoformat(), "to": other.isoformat(), "who": draw(st.sampled_from(["chen", "dora"]))}
        for one, other in edges
    ]
    order = draw(st.lists(st.sampled_from(["ana", "ben", "chen"]), min_size=1, max_size=4))
    return turns(draw(ZONES), first, draw(LENGTHS), " ".join(order), overrides)


@given(rotations(), MOMENTS, st.integers(1, 60 * 24 * 3), st.data())
def test_every_instant_is_in_exactly_one_shift_or_gap(
    rotation: Rotation, start: datetime, minutes: int, data: st.DataObject
) -> None:
    """What `shifts` and `gaps` say together is what `on_call` says of each moment."""
    end = start + timedelta(minutes=minutes)
    spans = [(one.who, one.since, one.until) for one in shifts(rotation, start, end)]
    whole = sorted(
        [*spans, *((None, one.since, one.until) for one in gaps(rotation, start, end))], key=lambda one: one[1]
    )
    assert [since for _, since, _ in whole] == [start, *(until for *_, until in whole[:-1])]
    assert whole[-1][2] == end
    moment = start + timedelta(seconds=data.draw(st.integers(0, minutes * 60 - 1)))
    (held,) = [who for who, since, until in whole if since <= moment and (until is None or moment < until)]
    assert held == on_call(rotation, moment)
    assert all(one[0] != other[0] for one, other in pairwise(whole))


@given(rotations(), MOMENTS)
def test_a_shift_is_as_long_as_it_is_said_to_be(rotation: Rotation, moment: datetime) -> None:
    """The person has it at its first and its last instant, and at neither instant outside."""
    shift, tick = shift_at(rotation, moment), timedelta(microseconds=1)
    assert (None if shift is None else shift.who) == on_call(rotation, moment)
    if shift is None:
        return
    assert shift.since <= moment
    assert on_call(rotation, shift.since) == shift.who != on_call(rotation, shift.since - tick)
    if shift.until is not None:
        assert moment < shift.until
        assert on_call(rotation, shift.until - tick) == shift.who != on_call(rotation, shift.until)

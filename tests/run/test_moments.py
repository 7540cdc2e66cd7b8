"""A moment in a text: found however it is written, said as people read it, and typed as it is read."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.format.moments import say_moment, say_moments, say_on_the_wall, say_zone, split_moments, written_moment
from bot.format.pieces import TypedField
from bot.format.text import fill
from bot.format.values import BadValue, parse_value
from bot.format.wall import is_without_offset, with_offset

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime.fromisoformat("2026-11-22T03:40:17+01:00")


def test_no_iso_instant_is_left_and_nothing_else_is_changed() -> None:
    rest = "ratio 3:40, 10.2.3.4:5432, 2026-11-22, pbs:vm/2026-11-22T01:00:03Z"
    text = f"Back as of 2026-11-22T03:40:00+01:00, not 2026-11-22 04:00:09Z; {rest}."
    said = say_moments(text)
    assert said == f"Back as of 22 Nov 2026 03:40 +01:00, not 22 Nov 2026 04:00:09 UTC; {rest}."
    assert say_moments(said) == said
    there = say_moments(text, lambda at: say_on_the_wall(at, BERLIN))
    assert there == f"Back as of 2026-11-22 03:40, not 2026-11-22 05:00:09; {rest}."
    assert split_moments("to 2026-11-22T03:40:17+01:00.") == ["to ", AT, "."]
    assert say_moments("Ben, 2026-11-22T03:40:00+01:00: it fails") == "Ben, 22 Nov 2026 03:40 +01:00: it fails"
    assert split_moments("2026-11-22T25:40:17+01:00") == ["2026-11-22T25:40:17+01:00"]


@pytest.mark.parametrize(
    "typed",
    [
        "2026-11-22T03:40:17+01:00", "2026-11-22 03:40:17 +01:00", "22 Nov 2026 03:40:17 +01:00",
        "2026-11-22 3:40:17 AM +01:00", "22 November 2026, 03:40:17 +0100",
    ],
)  # fmt: skip
def test_what_is_read_anywhere_can_be_typed(typed: str) -> None:
    kept = parse_value(TypedField(type="timestamp"), typed)
    assert datetime.fromisoformat(str(kept)) == AT
    assert parse_value(TypedField(type="timestamp"), say_moment(AT)) == "2026-11-22T03:40:17+01:00"


@pytest.mark.parametrize("typed", ["2026-11-22 3:40 PM", "22 Nov 2026 15:40", "2026-11-22T15:40"])
def test_on_the_wall_it_is_the_same_moment(typed: str) -> None:
    assert is_without_offset(typed)
    assert with_offset(typed, BERLIN) == "2026-11-22T15:40+01:00"
    with pytest.raises(BadValue, match="with its offset from UTC: 2026-11-22 03:40"):
        parse_value(TypedField(type="timestamp"), typed)


def test_what_is_no_moment_stays_as_it_was_typed() -> None:
    for typed in ("yesterday", "2026-11-22 13:40 PM", "31 Feb 2026 10:00 UTC", "22 Nvo 2026 10:00 UTC"):
        with pytest.raises(BadValue):
            parse_value(TypedField(type="timestamp"), typed)
    assert written_moment("yesterday") == "yesterday"


def test_a_zone_is_said_with_its_offset() -> None:
    assert (say_zone(BERLIN, AT), say_zone(ZoneInfo("UTC"), AT)) == ("Europe/Berlin (UTC+01:00)", "UTC")


def test_a_command_gets_the_moment_in_utc_whatever_offset_it_was_typed_with() -> None:
    """What is compared as text has one form: to the second, in UTC."""
    for typed in ("2026-11-22T03:40+01:00", "2026-11-22T02:40:00+00:00", "2026-11-21T21:40:00-05:00"):
        assert fill("{{ vars.at | utc }}", {"vars.at": typed}) == "2026-11-22T02:40:00+00:00"

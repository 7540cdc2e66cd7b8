"""Whose turn it is: wall clocks, overrides, and the nights when the clocks change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.catalogue import Rotation
from bot.oncall.rota import on_call, on_call_first, turn_at

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
    assert on_call_first(WEEKLY, ("ana", "ben", "chen"), at("2026-01-13T00:00+00:00")) == ("ben", "ana", "chen")
    assert on_call_first(WEEKLY, ("dora",), at("2026-01-13T00:00+00:00")) == ("dora",)

"""A time typed without an offset is completed by the reader's zone; an hour that comes twice or never is asked."""

from zoneinfo import ZoneInfo

import pytest

from bot.format.values import BadValue
from bot.format.wall import with_offset
from bot.render.dialog.times import with_offsets
from bot.render.dialog.view import FormSubject
from bot.run.commands import Refused
from tests.render.walk import BOOK

BERLIN = ZoneInfo("Europe/Berlin")
TIMED = BOOK


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("2026-11-22 03:40", "2026-11-22T03:40+01:00"),
        ("2026-07-22T03:40:07", "2026-07-22T03:40:07+02:00"),
        ("2026-11-22T03:40:00Z", "2026-11-22T03:40:00Z"),
        ("yesterday", "yesterday"),
        ("2026-13-45 03:40", "2026-13-45 03:40"),
    ],
)
def test_the_offset_is_the_one_that_held_there_then(typed: str, completed: str) -> None:
    assert with_offset(typed, BERLIN) == completed


def test_an_hour_that_comes_twice_or_never_is_asked_with_both_offsets() -> None:
    with pytest.raises(BadValue, match=r"twice in Europe/Berlin.*behind it, \+02:00 or \+01:00"):
        with_offset("2026-10-25 02:30", BERLIN)
    with pytest.raises(BadValue, match=r"does not come in Europe/Berlin.*behind it, \+01:00 or \+02:00"):
        with_offset("2026-03-29 02:30", BERLIN)


def test_only_times_are_completed_and_the_zone_is_asked_for_only_then() -> None:
    asked = []

    def zone() -> ZoneInfo:
        asked.append("asked")
        return BERLIN

    plain = {"a:target_time": "2026-11-22T03:40Z", "f:words": "2026-11-22 03:40", "a:rows": "2026-11-22 03:40"}
    assert with_offsets(TIMED, plain, zone) == plain
    assert asked == []
    typed = {**plain, "a:target_time": "2026-11-22 03:40", "f:happened_at": "2026-07-01 10:00"}
    done = with_offsets(TIMED, typed, zone)
    assert (done["a:target_time"], done["f:happened_at"]) == ("2026-11-22T03:40+01:00", "2026-07-01T10:00+02:00")
    assert done["f:words"] == "2026-11-22 03:40"
    corrected = {"f:which": "7:target_time", "f:text": "2026-11-22 03:40"}
    assert with_offsets(TIMED, corrected, zone)["f:text"] == "2026-11-22T03:40+01:00"
    signed = with_offsets(TIMED, {"f:readback": "2026-11-22 03:40"}, zone, FormSubject("r", "approve", "ask", 1))
    assert signed["f:readback"] == "2026-11-22T03:40+01:00"
    with pytest.raises(Refused) as refused:
        with_offsets(TIMED, {"a:target_time": "2026-10-25 02:30"}, zone)
    assert refused.value.field == "target_time"
    assert with_offsets(TIMED, typed, lambda: None) == typed

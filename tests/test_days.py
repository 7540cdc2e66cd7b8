"""Other days are looked at: the moments are those that break what goes by the calendar, and no file is forgotten."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.days.moments import BY_DAY, FILES, SHORTLY, WHOLE, files_at, moments

TESTS = Path(__file__).parent
ASKS = ("datetime.now", "database_time", "utc_now", "time.time")


@pytest.mark.parametrize("day", range(0, 800, 37))
def test_the_moments_are_the_ones_that_break_calendars(day: int) -> None:
    now = datetime(2026, 11, 30, 9, tzinfo=UTC) + timedelta(days=day)
    found = moments(now)
    assert {at.weekday() for at in found.values()} == set(range(7))
    assert all(at > now or name == f"a {now:%A}" for name, at in found.items())
    after = {name: at + 2 * SHORTLY for name, at in found.items()}
    assert (found["the last day of February"].day, after["the last day of February"].month) == (29, 3)
    assert (found["the 31st of December"].day, after["the 31st of December"].year) == (31, now.year + 1)
    for name, month in (("clocks go forward", 3), ("clocks go back", 10)):
        assert (found[name].month, found[name].weekday(), after[name].hour) == (month, 6, 1)


def test_every_file_that_asks_a_machine_for_its_time_is_run_on_other_days() -> None:
    """But for those that kill processes: they are slow, and wait by the clocks of others."""
    asks = {
        str(path.relative_to(TESTS.parent))
        for path in TESTS.rglob("test_*.py")
        if any(ast.unparse(one.func).endswith(ASKS) for one in _calls(path))
    }
    listed = {one.partition("::")[0] for one in FILES}
    assert {one for one in asks - listed if not one.startswith("tests/faults/")} == set()
    assert [one for one in listed if not (TESTS.parent / one).exists()] == []
    assert set(BY_DAY) < set(FILES)


def test_each_file_is_run_at_two_moments_at_least_and_what_goes_by_the_day_at_all() -> None:
    names = moments(datetime(2026, 11, 30, 9, tzinfo=UTC))
    run = [name for moment in names for name in files_at(moment)]
    assert {run.count(one) for one in BY_DAY} == {len(names)}
    assert {run.count(one) for one in set(FILES) - set(BY_DAY)} == {len(WHOLE)}


def _calls(path: Path) -> list[ast.Call]:
    return [one for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(one, ast.Call)]

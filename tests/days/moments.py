"""The moments at which tests have to hold, and which tests ask a machine for its time."""

from calendar import isleap
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Madrid")
"""Where the people of the tests live; their clocks are put forward and back once a year."""
BY_DAY = (
    "tests/attacks/test_clock_put_back.py",
    "tests/cli/test_moving.py",
    "tests/cli/test_oncall.py",
    "tests/cli/test_record.py",
    "tests/journal/test_feeds.py",
    "tests/journal/test_store.py",
    "tests/slack/test_speak.py",
    "tests/walks/test_pages.py",
    "tests/wiring/calling/test_building.py",
    "tests/wiring/test_endings.py",
    "tests/wiring/test_feeds.py",
)
"""What goes by a weekday, a rotation, a date or the age of a message: run at every moment."""
FILES = (
    *BY_DAY,
    "tests/attacks/test_door.py",
    "tests/attacks/test_forged_runs.py",
    "tests/engine/test_handler.py",
    "tests/journal/test_claims.py",
    "tests/notifier/test_meanwhile.py",
    "tests/notifier/test_notifier.py",
    "tests/walks/test_finding.py",
    "tests/wiring/calling/test_faults.py",
    "tests/wiring/calling/test_pager.py",
    "tests/wiring/test_living.py",
    "tests/wiring/test_readiness.py",
    "tests/wiring/test_serving.py::test_it_takes_signed_requests_where_there_is_no_app_token",
    "tests/wiring/test_watching.py",
    "tests/workers/test_clock.py",
    "tests/workers/test_hands.py",
    "tests/workers/test_hands_faults.py",
)
"""All that ask this machine or a database for the time, on SQLite and PostgreSQL. What is not in `BY_DAY` asks how late
something is, and is run where a month of its own ends and where an hour comes twice."""
WHOLE = ("the last day of February", "clocks go back")
LEFT_OUT = ("kill", "http")
"""By a word of their names: what dies on the way waits by clocks that never go back, whatever the day; a walk is the
same over both of Slack's transports, and the sockets are enough."""
SHORTLY = timedelta(seconds=20)
"""A run begins so long before what it is about, and goes on beyond it."""


def moments(now: datetime) -> dict[str, datetime]:
    """Each moment at which the tests have to hold, by its name, as seen from `now`: each weekday is one of them."""
    special = {
        "the last day of February": _last_of_february(now) - SHORTLY,
        "the 31st of December": datetime(now.year + 1, 1, 1, tzinfo=UTC) - SHORTLY,
        **{f"clocks go {way}": at - SHORTLY for way, at in _changes(now)},
        "five days ahead": now + timedelta(days=5),
    }
    covered = {at.weekday() for at in special.values()}
    days = [now + timedelta(days=ahead) for ahead in range(7)]
    return special | {f"a {day:%A}": day for day in days if day.weekday() not in covered}


def files_at(moment: str) -> tuple[str, ...]:
    """What is run at a moment of this name."""
    return FILES if moment in WHOLE else BY_DAY


def _last_of_february(now: datetime) -> datetime:
    """The end of the 29th of the next leap year."""
    year = next(year for year in range(now.year + 1, now.year + 9) if isleap(year))
    return datetime(year, 3, 1, tzinfo=UTC)


def _changes(now: datetime) -> Iterator[tuple[str, datetime]]:
    """The next two moments at which the clocks of `ZONE` are put forward or back."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    hours = (hour + timedelta(hours=one) for one in range(1, 367 * 24))
    for before, after in pairwise(hours):
        was, will = (at.astimezone(ZONE).utcoffset() or timedelta() for at in (before, after))
        if was != will:
            yield ("forward" if will > was else "back"), after

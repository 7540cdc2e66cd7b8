"""Pages that are due on two replicas: how late each is recorded, whether once, and what a kill -9 costs."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.measured import Measured, line, load, percentile
from benchmarks.rig.databases import fresh_database, postgres
from benchmarks.rig.processes import ask_slack, instant_slack
from benchmarks.rig.rungs import Fired, Rungs, spread
from bot.wiring.house import utc_now

FEW, FEW_OVER, FEW_P99 = 200, 20.0, 0.1
MANY, MANY_OVER, MANY_P99 = 5_000, 10.0, 1.5
ACCEPTED = 1.2
LEASE = 12.0
"""The notifier's, the longest of all."""
_TELLING = 120.0
"""Seconds in which Slack has to have seen all of them."""
_STARTING = 15.0
"""Seconds in which the replicas are up."""
_TRIED, _SLOWER = 50, 2.0
"""Runs by which we learn how long it takes to start one, and by how much slower this machine may become meanwhile."""


def measure() -> Iterator[Measured]:
    """Few pages, many, and many with one replica killed in the middle."""
    with postgres() as url:
        with rungs_on(url) as rungs:
            yield from few(rungs)
        for is_killed in (False, True):
            with rungs_on(url) as rungs:
                yield from many(rungs, is_killed=is_killed)


@contextmanager
def rungs_on(url: str) -> Iterator[Rungs]:
    """Runs on a database and a Slack of their own."""
    with tempfile.TemporaryDirectory(prefix="handrail-bench-") as name, instant_slack() as api_url:
        rungs = Rungs(Path(name), fresh_database("PostgreSQL", Path(name), url), api_url)
        try:
            yield rungs
        finally:
            rungs.house.close()


def few(rungs: Rungs) -> list[Measured]:
    """Some pages now and then, and from due to Slack's answer."""
    first = utc_now() + timedelta(seconds=_STARTING + FEW * 0.02)
    times = spread(first, FEW, FEW_OVER)
    channels = [f"C{number:03}" for number in range(FEW)]  # Slack takes one post a second in each
    rungs.start(times, channels)
    with rungs.replicas(2):
        _insist_on_time(first)
        ask_slack(rungs.api_url, "told")
        fired = rungs.wait_until_fired(FEW, first, times[-1])
        accepted = _accepted(rungs)
    name = f"{FEW} pages due over {FEW_OVER:.0f} s on two replicas"
    return [
        Measured(f"{name}: late, p99", percentile(fired.late, 0.99) * 1000, "ms", FEW_P99 * 1000, note=load()),
        Measured(f"{name}: lost or twice", fired.lost + fired.twice, "pages", 0),
        Measured("a page from due to accepted by Slack, median", median(accepted), "s", ACCEPTED,
                 note=f"{len(accepted)} pages, p99 {percentile(accepted, 0.99):.2f} s"),
    ]  # fmt: skip


def _accepted(rungs: Rungs) -> list[float]:
    """Seconds from due to Slack's first answer to a post of the page, for each run; Slack's clock is a steady one."""
    to_wall = utc_now().timestamp() - time.monotonic()
    starts = {row.run_id: row.started_at.timestamp() for row in rungs.house.journal().newest_runs(FEW)}
    firsts: dict[str, float] = {}
    ends = time.monotonic() + _TELLING
    while len(firsts) < FEW and time.monotonic() < ends:
        for run, key, at in ask_slack(rungs.api_url, "told"):
            if "page" in key and run in starts:
                firsts.setdefault(run, at + to_wall - starts[run])
        time.sleep(0.5)
    if len(firsts) < FEW:
        raise RuntimeError(f"Slack saw the pages of {len(firsts)} of {FEW} runs")
    return list(firsts.values())


def many(rungs: Rungs, *, is_killed: bool) -> list[Measured]:
    """A flood of pages."""
    begun = time.monotonic()
    rungs.start(spread(utc_now(), _TRIED, 1))
    each = (time.monotonic() - begun) / _TRIED
    first = utc_now() + timedelta(seconds=_STARTING + MANY * each * _SLOWER)
    times = spread(first, MANY, MANY_OVER)
    rungs.start(times)
    with rungs.replicas(2) as replicas:
        _insist_on_time(first)
        if is_killed:
            time.sleep(max(0.0, (times[MANY // 2] - utc_now()).total_seconds()))
            replicas[0].process.kill()
        fired = rungs.wait_until_fired(MANY, first, times[-1])
    return _told(fired, is_killed=is_killed)


def _insist_on_time(first: datetime) -> None:
    """What was due before anybody served is late, and says nothing of the clock."""
    if utc_now() >= first:
        raise RuntimeError("the machine is too busy: pages were due before the replicas were up")


def _told(fired: Fired, *, is_killed: bool) -> list[Measured]:
    name = f"{MANY} pages due within {MANY_OVER:.0f} s on two replicas" + (", one killed" if is_killed else "")
    late = (
        Measured(f"{name}: late, at most", max(fired.late), "s", LEASE + 2, note=load())
        if is_killed
        else Measured(f"{name}: late, p99", percentile(fired.late, 0.99), "s", MANY_P99, note=load())
    )
    return [late, Measured(f"{name}: lost or twice", fired.lost + fired.twice, "pages", 0)]


if __name__ == "__main__":
    for one in measure():
        print(line(one), flush=True)

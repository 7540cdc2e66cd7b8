"""A channel that Slack wants left alone for half a minute: how long pages in all other channels wait meanwhile."""

import time
from collections.abc import Iterator
from datetime import timedelta

from benchmarks.lateness import rungs_on
from benchmarks.measured import Measured, line, load, percentile
from benchmarks.rig.databases import postgres
from benchmarks.rig.processes import ask_slack
from benchmarks.rig.rungs import Rungs, spread
from bot.wiring.house import utc_now

HOT = "C0HOT"
CROWD, OTHERS, OVER = 100, 50, 5.0
"""Runs in the channel that is limited, runs in channels of their own, and seconds over which all their pages come."""
WITHIN = 2.0
_STARTING = 20.0
"""Seconds in which the replicas are up and have told what there was before."""
_PATIENCE = 20.0
"""Seconds in which every page in the other channels is out; the limit lasts longer."""


def measure() -> Iterator[Measured]:
    """Two replicas on PostgreSQL, two runs of three in the channel that is limited."""
    with postgres() as url, rungs_on(url) as rungs:
        yield from _measure(rungs)


def _measure(rungs: Rungs) -> list[Measured]:
    first = utc_now() + timedelta(seconds=_STARTING + (CROWD + OTHERS) * 0.02)
    rungs.start(spread(first, CROWD, OVER), [HOT])
    rungs.start(spread(first, OTHERS, OVER), [f"C{number:03}" for number in range(OTHERS)])
    starts = {
        row.run_id: row.started_at.timestamp()
        for row in rungs.house.journal().newest_runs(CROWD + OTHERS)
        if row.channel != HOT
    }
    with rungs.replicas(2):
        time.sleep(max(0.0, (first - utc_now()).total_seconds() - 0.5))
        ask_slack(rungs.api_url, "told")
        ask_slack(rungs.api_url, f"limit.{HOT}")
        waited = _wait_for_pages(rungs, starts)
        refused = ask_slack(rungs.api_url, "calls")["refused"]
    name = f"{OTHERS} pages in other channels, while the channel of {CROWD} more answers 429 with Retry-After: 30"
    return [
        Measured(f"{name}: from due to accepted, at most", max(waited), "s", WITHIN,
                 note=f"median {percentile(waited, 0.5):.2f} s; {load()}"),
        Measured("the same: posts that Slack had to refuse", refused, "posts"),
    ]  # fmt: skip


def _wait_for_pages(rungs: Rungs, starts: dict[str, float]) -> list[float]:
    """Seconds from due until Slack took the page, in the thread and in direct messages, the later of them."""
    to_wall = utc_now().timestamp() - time.monotonic()
    last: dict[tuple[str, bool], float] = {}
    ends = time.monotonic() + OVER + _PATIENCE
    while len(last) < 2 * len(starts) and time.monotonic() < ends:
        for run, key, at in ask_slack(rungs.api_url, "told"):
            if key.startswith("page:") and run in starts:
                last[run, key.count(":") > 1] = at + to_wall - starts[run]
        time.sleep(0.2)
    if len(last) < 2 * len(starts):
        raise RuntimeError(f"Slack saw {len(last)} of {2 * len(starts)} messages of pages")
    return list(last.values())


if __name__ == "__main__":
    for one in measure():
        print(line(one), flush=True)

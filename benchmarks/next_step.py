"""A click, from Slack's request to the post of the next step, in a Slack that answers at once."""

import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.clicks import WAYS, Bench, open_bench
from benchmarks.measured import Measured, load, percentile
from benchmarks.rig.firm import Walker
from benchmarks.rig.processes import Way, ask_slack

MEDIAN, P99 = 60.0, 250.0
_CLICKS, _WITHIN = 300, 5.0


def measure() -> list[Measured]:
    """Both ways in, on SQLite: one person after the other, each on a run of their own."""
    return [one for way in WAYS for one in _measure_way(way)]


def _measure_way(way: Way) -> list[Measured]:
    with (
        tempfile.TemporaryDirectory(prefix="handrail-bench-") as name,
        open_bench(way, "SQLite", "", Path(name)) as one,
    ):
        bench: Bench = one
        walkers = bench.ours.walkers
        times = [_click_and_wait(bench, walkers[number % len(walkers)]) for number in range(_CLICKS)]
    what, note = f"click → next step posted, {WAYS[way]}, SQLite", f"{_CLICKS} clicks; {load()}"
    return [
        Measured(f"{what}: median", median(times) * 1e3, "ms", MEDIAN, note=note),
        Measured(f"{what}: p99", percentile(times, 0.99) * 1e3, "ms", P99, note=note),
    ]


def _click_and_wait(bench: Bench, walker: Walker) -> float:
    """Seconds from a click to the moment when Slack was given the post of the next step."""
    payload, key = walker.press(), walker.next_key
    begun = time.monotonic()
    bench.pressing.wait(bench.ours.hand.click(payload))
    while time.monotonic() - begun < _WITHIN:
        for run, told, at in ask_slack(bench.api_url, "told"):
            if (run, told) == (walker.run.id, key):
                bench.settle()
                return float(at) - begun
        time.sleep(0.002)
    raise RuntimeError(f"{key} was not posted within {_WITHIN:.0f} s")

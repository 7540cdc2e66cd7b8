"""A click on a run of 5,000 events, against one on a run of 10."""

import tempfile
from pathlib import Path
from statistics import median

from benchmarks.clicks import open_bench
from benchmarks.measured import Measured, load
from benchmarks.rig.firm import Walker
from benchmarks.rig.pressing import press_in_turn

EVENTS, FEW = 5_000, 10
BAR = 1.5
_CLICKS = 300


def measure() -> list[Measured]:
    """Both runs are pressed in turn, in one process; and the first click on each after the start, for information."""
    with (
        tempfile.TemporaryDirectory(prefix="handrail-bench-") as name,
        open_bench("http", "SQLite", "", Path(name), sizes=(FEW, EVENTS)) as bench,
    ):
        short, long = bench.ours.walkers
        hand = bench.ours.hand
        first = {walker: bench.pressing.wait(press_in_turn(hand, [walker], 1))[0] for walker in (short, long)}
        taken: dict[Walker, list[float]] = {short: [], long: []}
        for _ in range(_CLICKS):
            for walker in (short, long):
                bench.settle()
                taken[walker] += bench.pressing.wait(press_in_turn(hand, [walker], 1))
        bench.settle()
        bench.check_all_is_recorded()
    base, mine = (median(taken[walker]) * 1e3 for walker in (short, long))
    note = f"{mine:.2f} ms against {base:.2f} ms; {load()}"
    return [
        Measured(f"a click on a run of {EVENTS} events against one of {FEW}", mine / base, "×", BAR, note=note),
        Measured(f"the first click after a start on a run of {EVENTS} events", first[long] * 1e3, "ms",
                 note="no bar: every event is read once"),
    ]  # fmt: skip

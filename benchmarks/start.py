"""`handrail serve` with 100 runbooks and 1,000 open runs: seconds until it is ready and until it ends, its memory."""

import tempfile
from pathlib import Path
from statistics import median

from sqlalchemy import text

from benchmarks.check import write_folder
from benchmarks.measured import Measured, load
from benchmarks.rig.databases import fresh_database
from benchmarks.rig.firm import start_runs
from benchmarks.rig.processes import environment, handrail_serve, instant_slack
from bot.wiring.house import House

RUNBOOKS, RUNS = 100, 1_000
SECONDS, MEGABYTES, ENDING = 1.5, 130.0, 5.0
_STARTS = 7


def measure() -> list[Measured]:
    """The best of some starts, each on the same database, where everything has been told already."""
    with tempfile.TemporaryDirectory(prefix="handrail-bench-") as name, instant_slack() as api_url:
        folder = Path(name)
        (folder / "runbooks").mkdir()
        write_folder(folder / "runbooks", RUNBOOKS)
        database = fresh_database("SQLite", folder, "")
        house = House(environment("http", database, api_url, folder / "runbooks"))
        start_runs(house, RUNS, "book-0")
        with house.engine.begin() as connection:  # a restart on a quiet day: Slack knows all of them
            connection.execute(text("UPDATE run SET told = head"))
        house.close()
        times, sizes, ends = [], [], []
        for _ in range(1 + _STARTS):
            with handrail_serve("http", database, api_url, folder / "runbooks", folder / "compiled") as serving:
                times.append(serving.seconds)
                sizes.append(serving.resident_mb)
                ends.append(serving.end())
    said = f"with {RUNBOOKS} runbooks of 25 steps and {RUNS} open runs"
    first, *later = times
    note = f"median {median(later):.2f} s of {_STARTS} starts, the very first one {first:.2f} s; {load()}"
    return [
        Measured(f"ready after start {said}", min(later), "s", SECONDS, note=note),
        Measured(f"resident memory {said}", max(sizes), "MB", MEGABYTES),
        Measured("ended after SIGTERM, at most", max(ends), "s", ENDING),
    ]

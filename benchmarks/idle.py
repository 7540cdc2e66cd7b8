"""A look at the clock when nothing is due, with 10,000 open runs that all wait for something."""

import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import text

from benchmarks.measured import Measured, line, load, percentile
from benchmarks.rig.databases import Kind, fresh_database, postgres
from benchmarks.rig.rungs import Rungs
from bot.wiring.house import utc_now

RUNS, STARTED, BAR = 10_000, 100, 5.0
_LOOKS = 200
_COPY = """
INSERT INTO run ({names})
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times}) SELECT {values} FROM run CROSS JOIN n
"""


def measure() -> Iterator[Measured]:
    """On both databases."""
    with postgres() as url, tempfile.TemporaryDirectory(prefix="handrail-bench-") as name:
        for kind in ("SQLite", "PostgreSQL"):
            yield _measure(kind, Path(name), url)


def _measure(kind: Kind, home: Path, url: str) -> Measured:
    rungs = Rungs(home / kind, fresh_database(kind, home, url), "http://127.0.0.1:9/")
    later = utc_now() + timedelta(hours=1)
    rungs.start([later] * STARTED)
    _multiply(rungs)
    journal, handler = rungs.house.journal(), rungs.house.handler()
    if len(journal.open_runs()) != RUNS or journal.next_due() is None:
        raise RuntimeError("these are not the runs that were meant")
    taken = []
    for _ in range(_LOOKS):
        begun = time.perf_counter()
        look = handler.tick_due(50)
        journal.next_due()
        taken.append((time.perf_counter() - begun) * 1000)
        if look.due:
            raise RuntimeError("something was due")
    rungs.house.close()
    note = f"p99 {percentile(taken, 0.99):.1f} ms; {load()}"
    return Measured(f"an idle look at {RUNS} open runs, {kind}, median", median(taken), "ms", BAR, note=note)


def _multiply(rungs: Rungs) -> None:
    """Rows of runs like those that were started: the clock looks at rows alone."""
    engine = rungs.house.engine
    with engine.begin() as connection:
        names = list(connection.execute(text("SELECT * FROM run LIMIT 1")).keys())
        own = {"run_id": "run_id || '-' || i", "ref": "ref || '-' || i"}
        values = ", ".join(own.get(name, name) for name in names)
        connection.execute(text(_COPY.format(names=", ".join(names), values=values, times=RUNS // STARTED - 1)))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


if __name__ == "__main__":
    for one in measure():
        print(line(one), flush=True)

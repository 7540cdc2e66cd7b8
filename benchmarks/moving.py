"""`handrail move` of 500 runs from SQLite to PostgreSQL: verified, copied, read back, compared, closed."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner

from benchmarks.measured import Measured, load
from benchmarks.rig.databases import postgres
from benchmarks.rig.firm import start_runs, write_folder
from bot.cli import main
from bot.run.commands import AddNote
from bot.wiring.house import House

RUNS, NOTES = 500, 15
SECONDS = 60.0


def measure() -> list[Measured]:
    """There, and by a backup back again."""
    with postgres() as url, tempfile.TemporaryDirectory(prefix="handrail-bench-") as name:
        home = Path(name)
        write_folder(home / "books", RUNS)
        here = {"DATABASE_URL": f"sqlite:///{home}/old.db", "HANDRAIL_RUNBOOKS": str(home / "books")}
        records = _live_in(here)
        moved = _timed(here, "move", "--to", url)
        backed = _timed(here | {"DATABASE_URL": url}, "backup", str(home / "kept"))
        restored = _timed(here | {"DATABASE_URL": f"sqlite:///{home}/back.db"}, "restore", str(home / "kept"))
    note = f"{records} records; backup {backed:.1f} s, restore {restored:.1f} s; {load()}"
    return [Measured(f"`handrail move` of {RUNS} runs, SQLite to PostgreSQL", moved, "s", SECONDS, note=note)]


def _live_in(here: Mapping[str, str]) -> int:
    house = House(here)
    runs = start_runs(house, RUNS)
    for run in runs:
        for number in range(NOTES):
            house.handler().handle(run.id, AddNote(f"The rows of part {number} are there."), "ana", "slack")
    records = sum(row.head for row in house.journal().open_runs())
    house.close()
    return records


def _timed(where: Mapping[str, str], *arguments: str) -> float:
    since = time.perf_counter()
    done = CliRunner().invoke(main, list(arguments), env=dict(where))
    if done.exit_code:
        raise RuntimeError(done.output)
    return time.perf_counter() - since

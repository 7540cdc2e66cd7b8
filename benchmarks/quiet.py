"""`handrail serve` with 100 open runs while nothing happens: processor time and wake-ups a minute, by thread."""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from benchmarks.measured import Measured, load
from benchmarks.rig.databases import Kind, fresh_database, postgres
from benchmarks.rig.firm import start_runs, write_folder
from benchmarks.rig.processes import environment, handrail_serve, instant_slack
from bot.wiring.house import House

RUNS = 100
SECONDS, SETTLES = 60.0, 8.0
PROCESSOR, WAKE_UPS = 0.15, 300


def measure() -> Iterator[Measured]:
    """On both databases, over HTTP: a socket's own pings are Slack's to send."""
    with postgres() as url:
        for kind in ("SQLite", "PostgreSQL"):
            yield from _measure(kind, url)


def _measure(kind: Kind, postgres_url: str) -> Iterator[Measured]:
    with tempfile.TemporaryDirectory(prefix="handrail-bench-") as name, instant_slack() as api_url:
        folder = write_folder(Path(name) / "runbooks", RUNS)
        database = fresh_database(kind, Path(name), postgres_url)
        house = House(environment("http", database, api_url, folder))
        start_runs(house, RUNS)
        with house.engine.begin() as connection:
            connection.execute(text("UPDATE run SET told = head, due_at = NULL, call_at = NULL"))
        house.close()
        with handrail_serve("http", database, api_url, folder) as serving:
            time.sleep(SETTLES)
            before, used = _wakes(serving.process.pid), _processor(serving.process.pid)
            time.sleep(SECONDS)
            wakes = _wakes(serving.process.pid) - before
            used = _processor(serving.process.pid) - used
    many = 60 / SECONDS
    most = ", ".join(f"{name} {count * many:.0f}" for name, count in wakes.most_common(9))
    what = f"nothing happens for a minute, {RUNS} open runs, {kind}"
    yield Measured(f"{what}: processor", used * many, "s", PROCESSOR, note=load())
    yield Measured(f"{what}: wake-ups", sum(wakes.values()) * many, "", WAKE_UPS, note=most)


def _wakes(pid: int) -> "Counter[str]":
    """How often each thread went to sleep, by its name; the system cuts it after fifteen signs."""
    found: Counter[str] = Counter()
    for task in Path(f"/proc/{pid}/task").iterdir():
        status = (task / "status").read_text(encoding="ascii")
        name = status.split("Name:")[1].split("\n")[0].strip()
        found[name] += int(status.split("voluntary_ctxt_switches:")[1].split()[0])
    return found


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

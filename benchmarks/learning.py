"""What a year of 5,000 runs teaches of 200 runbooks: read, timed, counted by exit, judged."""

import json
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Engine, insert

from benchmarks.measured import Measured, load
from benchmarks.rig.databases import postgres
from benchmarks.simulate import runbook
from bot.engine.learning import read_walks
from bot.format.runbook import Runbook
from bot.journal import tables
from bot.journal.database import for_writing, migrate, open_engine
from bot.journal.store import Journal
from bot.learning.learnt import learn
from bot.learning.walks import RunWalk
from bot.wiring.house import utc_now

BOOKS, RUNS, VISITS = 200, 5_000, 20
SECONDS = 2.0


def measure() -> list[Measured]:
    """On either database."""
    with tempfile.TemporaryDirectory(prefix="handrail-bench-") as name:
        here = [_measure("SQLite", f"sqlite:///{name}/record.db")]
    with postgres() as url:
        return [*here, _measure("PostgreSQL", url)]


def _measure(called: str, url: str) -> Measured:
    engine = open_engine(url)
    migrate(engine)
    try:
        book, now = runbook(), utc_now()
        _fill(engine, book, now)
        began = time.perf_counter()
        walks: dict[str, list[RunWalk]] = {}
        for walk in read_walks(Journal(engine), now - timedelta(days=365)):
            walks.setdefault(walk.runbook, []).append(walk)
        read = time.perf_counter() - began
        learnt = [learn(book, found) for found in walks.values()]
        took = time.perf_counter() - began
    finally:
        engine.dispose()
    if sum(one.live + one.practised for one in learnt) != RUNS or len(learnt) != BOOKS:
        raise RuntimeError("Not every run was read.")
    what = f"exits and times of {BOOKS} runbooks from {RUNS} runs of {2 * VISITS} records, {called}"
    return Measured(what, took, "s", SECONDS, note=f"{read:.2f} s to read; {load()}")


def _fill(engine: Engine, book: Runbook, now: datetime) -> None:
    with for_writing(engine).begin() as connection:
        for n in range(RUNS):
            began = now - timedelta(hours=n)
            row = {
                "run_id": f"r{n}", "ref": f"R-{n}", "asset": "orders", "asset_name": "Asset", "tier": 1,
                "runbook": f"book-{n % BOOKS}", "digest": "d", "title": "Rows", "mode": "drill" if n % 2 else "live",
                "requester": "ana", "operator": "ana", "state": "ended", "outcome": "recovered", "started_at": began,
                "ended_at": began, "head": 2 * VISITS, "hash": "h", "told": 2 * VISITS, "imported": False,
            }  # fmt: skip
            connection.execute(insert(tables.run), row)
            connection.execute(insert(tables.record), list(_records(f"r{n}", book, began, n)))


def _records(run_id: str, book: Runbook, began: datetime, number: int) -> Iterator[dict[str, object]]:
    """A walk by one exit of each step after the other, with as many records that learning does not read."""
    step, came = book.steps[0].id, ("", "")
    for visit in range(VISITS):
        body = {"step": step, "visit": visit, "came_from": came[0] or None, "by_exit": came[1] or None}
        at = began + timedelta(minutes=visit * (1 + number % 7))
        yield _record(run_id, 2 * visit + 1, at, "step-entered", json.dumps(body))
        yield _record(run_id, 2 * visit + 2, at, "noted", '{"words":{"words":"0"}}')
        exits = list(book.exits(book.by_id[step])) or [("", book.steps[0].id)]
        exit_, onward = exits[(number + visit) % len(exits)]
        came, step = (step, exit_), onward if onward in book.by_id else book.steps[0].id


def _record(run_id: str, seq: int, at: datetime, kind: str, body: str) -> dict[str, object]:
    return {
        "run_id": run_id, "seq": seq, "at": at, "by": "ana", "via": "slack", "kind": kind, "body": body,
        "prev": "p" * 64, "hash": "h" * 64,
    }  # fmt: skip

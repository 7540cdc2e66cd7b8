"""`export --format json` of a run of 100,000 events, against selecting all its rows and `json.dumps`; its memory."""

import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from benchmarks.measured import Measured, load
from benchmarks.rig.databases import fresh_database
from benchmarks.rig.firm import STEPS, start_runs, write_folder
from bot.engine.reading import open_reading
from bot.journal import tables
from bot.render.report.formats import Templates, formats_with
from bot.run.events import Begun, Event, Noted, StepEntered, StepFinished
from bot.run.situation import Stamp
from bot.run.state import Run
from bot.wiring.house import House, new_id

EVENTS = 100_000
BAR, MEGABYTES = 4.0, 60.0
_ROUNDS = 3
_PORTION = 5_000


def measure() -> list[Measured]:
    """Both in turn, in one process; then once each in a process of its own, to see the memory that it takes.

    Both keep one processor busy from beginning to end, so that it is the processor's time that is compared: on a
    machine that others use, the clock on the wall tells of them.
    """
    with tempfile.TemporaryDirectory(prefix="handrail-bench-") as name:
        folder = Path(name)
        write_folder(folder / "runbooks", 1)
        database = fresh_database("SQLite", folder, "")
        where = {"DATABASE_URL": database, "HANDRAIL_RUNBOOKS": str(folder / "runbooks")}
        house = House(where)
        ref = _grow(house)
        taken = [(_select_all(house, ref), _export(house, ref, "json")) for _ in range(_ROUNDS)]
        house.close()
        memory = {kind: _in_its_own_process(where, ref, kind) for kind in ("json", "csv")}
    base, told = (min(times) for times in zip(*taken, strict=True))
    note = f"{told:.2f} against {base:.2f} processor seconds; {load()}"
    return [
        Measured(f"export as JSON of a run of {EVENTS} events against selecting all rows and json.dumps", told / base,
                 "×", BAR, note=note),
        *(Measured(f"memory above idle for the export as {kind.upper()}", used, "MB", MEGABYTES)
          for kind, used in memory.items()),
    ]  # fmt: skip


def _grow(house: House) -> str:
    """A run that goes round and round, as its records would say it: nobody presses 50,000 times for this."""
    run = start_runs(house, 1)[0]
    head = house.journal().head(run.id)
    if head is None:
        raise RuntimeError("the run was not started")
    seq, hash_, events = head[0], head[1], islice(_rounds(run), EVENTS - head[0])
    while portion := list(islice(events, _PORTION)):
        hash_ = _append(house, run, seq, hash_, portion)
        seq += len(portion)
    columns = {"head": seq, "hash": hash_, "told": seq}
    house.journal().change(update(tables.run).where(tables.run.c.run_id == run.id), columns)
    return run.start.ref


def _append(house: House, run: Run, head: int, prev: str, portion: list[tuple[Event, Stamp]]) -> str:
    return house.journal().write(lambda transaction: transaction.append(run.id, head, prev, portion, new_id))


def _rounds(run: Run) -> Iterator[tuple[Event, Stamp]]:
    at, visit = run.started_at, 1
    while True:
        for number in range(STEPS):
            at += timedelta(seconds=20)
            stamp, step = Stamp(at, "ana", "slack"), f"part_{number}"
            note = f"Part {number} copied, the counts agree." if number % 4 == 0 else ""
            if number % 5 == 0:
                yield Noted("The replica lags by 40 s; we watch it."), stamp
            yield Begun(step, visit, f"pgbackrest --stanza=orders --part={number} restore"), stamp
            yield StepFinished(step, visit, "ok", {}, note=note), stamp
            following = (number + 1) % STEPS
            yield StepEntered(f"part_{following}", visit + (following == 0), step, "ok"), stamp
        visit += 1


def _select_all(house: House, ref: str) -> float:
    row = house.journal().find_run(ref)
    begun = time.process_time()
    with house.engine.connect() as connection:
        run_id = row.run_id if row else ""
        records = select(tables.record).where(tables.record.c.run_id == run_id)
        words = select(tables.words).where(tables.words.c.run_id == run_id)
        found = [dict(one._mapping) for asked in (records, words) for one in connection.execute(asked)]  # noqa: SLF001
        json.dumps(found, default=str)
    return time.process_time() - begun


def _export(house: House, ref: str, kind: str) -> float:
    row = house.journal().find_run(ref)
    if row is None:
        raise RuntimeError("the run is gone")
    begun = time.process_time()
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        reading = open_reading(house.journal(), house.handler().book, row)
        nowhere.writelines(formats_with(Templates())[kind].write(reading, ZoneInfo("UTC"), print))
    return time.process_time() - begun


def _in_its_own_process(where: dict[str, str], ref: str, kind: str) -> float:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_tell_megabytes, args=(theirs, where, ref, kind))
    process.start()
    theirs.close()
    try:
        used: float = ours.recv()
    finally:
        process.join()
    return used


def _tell_megabytes(pipe: Connection, where: dict[str, str], ref: str, kind: str) -> None:
    pipe.send(_megabytes(where, ref, kind))


def _megabytes(where: dict[str, str], ref: str, kind: str) -> float:
    """How far the most memory that the export takes lies above what the process has before it."""
    house = House(where)
    house.handler()
    house.journal().find_run(ref)
    idle = _most_kilobytes()
    _export(house, ref, kind)
    return (_most_kilobytes() - idle) / 1024


def _most_kilobytes() -> int:
    """The most memory that this process has had; `getrusage` would begin with its parent's."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))

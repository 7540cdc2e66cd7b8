"""What the ledger costs: thirty starts at once, with it and without, turn about in one run."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from statistics import median

from sqlalchemy import text

from benchmarks.measured import Measured, load
from benchmarks.rig.databases import Kind, fresh_database, postgres
from benchmarks.rig.firm import write_folder
from bot.engine.opening import StartRequest, plan_start
from bot.journal.transaction import WriteTransaction
from bot.wiring.house import House, utc_now

AT_ONCE, ROUNDS = 30, 15
BAR = 1.2
_WORDS = {"each on an asset of its own": True, "all of one word": False}
_numbers = count(1)


def measure() -> list[Measured]:
    """Both databases; runs of many words, which wait for nothing but the ledger, and of one, which wait anyway."""
    with postgres() as url, tempfile.TemporaryDirectory(prefix="handrail-bench-") as name:
        kinds: tuple[Kind, ...] = ("SQLite", "PostgreSQL")
        return [_measure_kind(kind, Path(name), url, words) for kind in kinds for words in _WORDS]


def _measure_kind(kind: Kind, home: Path, postgres_url: str, words: str) -> Measured:
    folder = write_folder(home / f"books{next(_numbers)}", AT_ONCE)
    url = fresh_database(kind, home, postgres_url)
    house = House({"DATABASE_URL": url, "HANDRAIL_RUNBOOKS": str(folder)})
    try:
        _start_at_once(house, apart=True)
        took: dict[bool, list[float]] = {True: [], False: []}
        for number in range(ROUNDS):
            for without in (number % 2 == 0, number % 2 == 1):
                took[without].append(_round(house, words, without=without))
    finally:
        house.close()
    medians = {without: median(times) for without, times in took.items()}
    note = f"medians of {ROUNDS} rounds, {medians[False] * 1e3:.0f} to {medians[True] * 1e3:.0f} ms; {load()}"
    what = f"{AT_ONCE} starts at once, {words}, {kind}: with the ledger to without"
    return Measured(what, medians[False] / medians[True], "×", BAR, note=note)


def _round(house: House, words: str, *, without: bool) -> float:
    if not without:
        return _start_at_once(house, apart=_WORDS[words])
    with _no_ledger(house):
        return _start_at_once(house, apart=_WORDS[words])


def _start_at_once(house: House, *, apart: bool) -> float:
    """Seconds until all have started."""
    registry, handler, ready = house.registry(), house.handler(), threading.Barrier(AT_ONCE + 1)
    plans = []
    for number, asset in enumerate(registry.catalogue.assets):
        wish = StartRequest(asset, "round", "live", "ana", reason="One more.", channel="C0INC")
        plan = plan_start(registry, wish, utc_now())
        plans.append(replace(plan, word=f"W{number}") if apart else plan)
    failed: list[BaseException] = []

    def start(work: Callable[[], object]) -> None:
        ready.wait()
        try:
            work()
        except BaseException as wrong:  # noqa: BLE001 (raised below)
            failed.append(wrong)

    threads = [
        threading.Thread(target=start, args=(lambda plan=plan: handler.start(plan, "ana", "slack"),)) for plan in plans
    ]
    for thread in threads:
        thread.start()
    ready.wait()
    begun = time.monotonic()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError("a run could not be started") from failed[0]
    return time.monotonic() - begun


@contextmanager
def _no_ledger(house: House) -> Iterator[None]:
    """As it was before there was one."""
    if house.journal().judges:
        _switch(house, "DISABLE")
        try:
            yield
        finally:
            _switch(house, "ENABLE")
        return
    enters = WriteTransaction._enter_ledger  # noqa: SLF001 (there is no other way to leave it out, and that is as it should be)
    WriteTransaction._enter_ledger = lambda *_: None  # type: ignore[method-assign]  # noqa: SLF001 (as above)
    try:
        yield
    finally:
        WriteTransaction._enter_ledger = enters  # type: ignore[method-assign]  # noqa: SLF001 (as above)


def _switch(house: House, how: str) -> None:
    with house.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE record {how} TRIGGER record_enters_ledger"))

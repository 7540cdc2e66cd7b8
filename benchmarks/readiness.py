"""Findings of 500 assets, 200 runbooks and 5,000 runs, cold and after one event; 1,000 heartbeats over HTTP."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from threading import Thread
from typing import cast

import httpx
from sqlalchemy import Engine, insert, text

from benchmarks.measured import Measured, load
from benchmarks.simulate import runbook
from bot.engine.gathering import Around, Gatherer
from bot.format.catalogue import Asset, Catalogue, Person, Protection, Team
from bot.format.runbook import Runbook
from bot.journal import tables
from bot.journal.database import for_writing, migrate, open_engine
from bot.journal.hook_tokens import HEARTBEAT, HookTokens
from bot.journal.store import Journal
from bot.journal.streams import PROTECTIONS, Streams
from bot.library.problems import Problem
from bot.library.registry import Registry, ServedRunbook
from bot.settings.record import Address
from bot.stopping import Stopping
from bot.web.hooks.endpoint import RateLimit
from bot.web.hooks.heartbeat import Listener, heartbeat_route
from bot.wiring.house import new_id, utc_now
from bot.wiring.process.webserver import address_of, listen_on, serve_web

ASSETS, BOOKS, RUNS, RECORDS = 500, 200, 5_000, 60
COLD, AFTER, ROUNDS = 2.0, 50.0, 9
HEARTBEATS = 1_000


@dataclass
class _Files:
    """What a gatherer asks of a shelf."""

    catalogue: Catalogue
    runbooks: Mapping[str, Runbook]
    problems: tuple[Problem, ...] = field(default=())

    def kept(self, id_: str) -> ServedRunbook:
        return ServedRunbook(self.runbooks[id_], "", f"digest-{id_}", f"{id_}.yaml")


def _files() -> _Files:
    book = runbook()
    books = {f"book-{n}": book.model_copy(update={"id": f"book-{n}", "status": "active"}) for n in range(BOOKS)}
    plan = Protection(id="full", method="pg_dump", every=timedelta(hours=1), target="s3")
    assets = {
        f"asset-{n}": Asset(
            id=f"asset-{n}", name=f"Asset {n}", type="postgres", tier=1 + n % 3, owner="data", rpo=timedelta(hours=2),
            rto=timedelta(hours=4), protection=(plan,), runbooks=(f"book-{n % BOOKS}",),
        )
        for n in range(ASSETS)
    }  # fmt: skip
    people = {one: Person(id=one, name=one, slack=f"U0{one.upper()}") for one in ("ana", "ben")}
    return _Files(
        Catalogue(assets=assets, people=people, teams={"data": Team(id="data", members=("ana", "ben"))}), books
    )


def measure() -> list[Measured]:
    """On SQLite."""
    with tempfile.TemporaryDirectory(prefix="handrail-bench-") as name:
        engine = open_engine(f"sqlite:///{name}/record.db")
        migrate(engine)
        try:
            return [*_findings(engine), *_heartbeats(Journal(engine))]
        finally:
            engine.dispose()


def _findings(engine: Engine) -> Iterator[Measured]:
    _fill(engine)
    files, journal = _files(), Journal(engine)
    gatherer = Gatherer(
        journal, cast(Registry, files), lambda digest: files.runbooks[digest.removeprefix("digest-")],
        Around(lambda _catalogue, _at: frozenset(), lambda: None), utc_now,
    )  # fmt: skip
    what = f"findings of {ASSETS} assets, {BOOKS} runbooks, {RUNS} runs of {RECORDS} records"
    began = time.perf_counter()
    found = gatherer.judged()
    yield Measured(f"{what}, cold, SQLite", time.perf_counter() - began, "s", COLD, note=load())
    if len(found) != ASSETS:
        raise RuntimeError(f"{len(found)} assets were judged")
    took = []
    for number in range(ROUNDS):
        _append(engine, number)
        began = time.perf_counter()
        gatherer.judged()
        took.append((time.perf_counter() - began) * 1e3)
    yield Measured(f"{what}, after one event, SQLite", median(took), "ms", AFTER, note=f"median of {ROUNDS}; {load()}")


def _fill(engine: Engine) -> None:
    now = utc_now()
    with for_writing(engine).begin() as connection:
        for n in range(RUNS):
            began, ended = now - timedelta(hours=n), now - timedelta(hours=n) + timedelta(minutes=n % 400)
            row = {
                "run_id": f"r{n}", "ref": f"R-{n}", "asset": f"asset-{n % ASSETS}", "asset_name": "Asset", "tier": 1,
                "rto": 14400, "runbook": f"book-{n % BOOKS}", "digest": f"digest-book-{n % BOOKS}", "title": "Rows",
                "mode": "drill" if n % 2 else "live", "requester": "ana", "operator": "ana", "state": "ended",
                "outcome": "recovered", "started_at": began, "ended_at": ended, "head": RECORDS, "hash": "h",
                "told": RECORDS, "imported": False,
            }  # fmt: skip
            connection.execute(insert(tables.run), row)
            records = [_record(f"r{n}", seq, began) for seq in range(1, RECORDS + 1)]
            connection.execute(insert(tables.record), records)


def _record(run_id: str, seq: int, at: object) -> dict[str, object]:
    return {
        "run_id": run_id, "seq": seq, "at": at, "by": ("ana", "ben", "clock")[seq % 3], "via": "slack", "kind": "noted",
        "body": '{"words":{"words":"0"}}', "prev": "p" * 64, "hash": "h" * 64,
    }  # fmt: skip


def _append(engine: Engine, number: int) -> None:
    with for_writing(engine).begin() as connection:
        connection.execute(insert(tables.record), _record(f"r{number}", RECORDS + 1, utc_now()))
        connection.execute(text("UPDATE run SET head = head + 1 WHERE run_id = :of"), {"of": f"r{number}"})


def _heartbeats(journal: Journal) -> Iterator[Measured]:
    """As many reports as there are in a minute of 1,000 backups, from eight places at once; each is in the record."""
    tokens = HookTokens(journal, utc_now, new_id)
    sent = {f"asset-{n}": tokens.make(HEARTBEAT, f"asset-{n}", "ana")[0] for n in range(50)}
    streams, catalogue = Streams(journal, PROTECTIONS), _files().catalogue
    with ThreadPoolExecutor(4) as pool, ThreadPoolExecutor(8) as senders, httpx.Client() as client:
        listener = Listener(lambda: catalogue, streams, tokens, utc_now, RateLimit(300, time.monotonic))
        with _listening(listener, pool) as address:
            began = time.perf_counter()
            asked = [
                (client, f"{address}/hooks/heartbeat/asset-{n % 50}/full", sent[f"asset-{n % 50}"], n)
                for n in range(HEARTBEATS)
            ]
            answers = list(senders.map(_send, asked))
            took = time.perf_counter() - began
    heard = sum(len(streams.history(f"{asset}/full")) - 1 for asset in sent)
    note = f"{answers.count(200)} answered, {heard} in the record; {load()}"
    yield Measured(f"{HEARTBEATS} heartbeats over HTTP, lost", float(answers.count(200) - heard), "", 0.0, note=note)
    yield Measured(f"{HEARTBEATS} heartbeats over HTTP, all taken", took, "s", 60.0, note=note)


def _send(asked: tuple[httpx.Client, str, str, int]) -> int:
    client, address, token, number = asked
    headers = {"authorization": f"Bearer {token}"}
    with suppress(httpx.HTTPError):
        return client.post(address, headers=headers, json={"size": 1000 + number}).status_code
    return 0


@contextmanager
def _listening(listener: Listener, pool: ThreadPoolExecutor) -> Iterator[str]:
    bound, stopping = listen_on(Address("127.0.0.1", 0)), Stopping()
    serving = Thread(target=serve_web, args=([heartbeat_route(listener, pool)], bound, stopping))
    serving.start()
    yield address_of(bound)
    stopping.set()
    serving.join()
    bound.close()

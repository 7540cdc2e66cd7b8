"""Findings of 500 assets, 200 runbooks and 5,000 runs, cold and after one event; 1,000 heartbeats over HTTP."""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from threading import Thread
from typing import cast

import httpx
from sqlalchemy import Engine, insert, text
from starlette.routing import BaseRoute

from benchmarks.clicks import Bench, open_bench
from benchmarks.measured import Measured, load
from benchmarks.rig.pressing import press_in_turn
from benchmarks.simulate import runbook
from bot.engine.gathering import Around, Gatherer
from bot.format.catalogue import Asset, Catalogue, Person, Protection, Team, Trigger
from bot.format.runbook import Runbook
from bot.journal import tables
from bot.journal.database import for_writing, migrate, open_engine
from bot.journal.hook_tokens import ALERT, HEARTBEAT, HookTokens
from bot.journal.store import Journal
from bot.journal.streams import ALERTS, PROTECTIONS, Streams
from bot.library.alerting.mapping import shipped_sources
from bot.library.problems import Problem
from bot.library.registry import Registry, ServedRunbook
from bot.notifier.messenger import Label, Messenger, Sent
from bot.render.message import Message
from bot.settings.record import Address
from bot.stopping import Stopping
from bot.web.hooks.alert import A_MINUTE, ALERTS_A_MINUTE, AlertListener, alert_routes
from bot.web.hooks.endpoint import RateLimit
from bot.web.hooks.heartbeat import Listener, heartbeat_route
from bot.web.hooks.sns import SnsSignatures
from bot.wiring.house import new_id, utc_now
from bot.wiring.process.webserver import address_of, listen_on, serve_web
from bot.workers.alerts import AlertKeeper

ASSETS, BOOKS, RUNS, RECORDS = 500, 200, 5_000, 60
COLD, AFTER, ROUNDS = 2.0, 50.0, 9
HEARTBEATS, ALERTS_SENT = 1_000, 5_000


@dataclass
class _Files:
    """What a gatherer asks of a shelf."""

    catalogue: Catalogue
    runbooks: Mapping[str, Runbook]
    problems: tuple[Problem, ...] = field(default=())
    inventories: tuple[object, ...] = field(default=())

    def runbooks_for(self, asset: Asset) -> tuple[Runbook, ...]:
        return tuple(self.runbooks[one] for one in asset.runbooks)

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
            return [*_findings(engine), *_heartbeats(Journal(engine)), *_storm(Journal(engine)), *_beside_clicks()]
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
        with _listening([heartbeat_route(listener, pool)]) as address:
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


def _beside_clicks() -> Iterator[Measured]:
    """Clicks of people at a serving process, alone and while 1,000 backups a minute report to it, by turns."""
    alone: list[float] = []
    beside: list[float] = []
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handrail-bench-")))
        bench = stack.enter_context(open_bench("http", "SQLite", "", home))
        tokens = HookTokens(bench.house.journal(), utc_now, new_id)
        sent = [(f"orders-{n}", tokens.make(HEARTBEAT, f"orders-{n}", "ana")[0]) for n in range(50)]
        answers: list[int] = []
        for _ in range(4):
            alone += _paced(bench)
            stopping = Stopping()
            beating = Thread(target=_beat_on, args=(bench.http, sent, stopping, answers))
            beating.start()
            beside += _paced(bench)
            stopping.set()
            beating.join()
        heard = sum(len(Streams(bench.house.journal(), PROTECTIONS).history(f"{asset}/full")) for asset, _ in sent)
    one, other = median(alone) * 1e3, median(beside) * 1e3
    note = f"{other:.2f} ms against {one:.2f} ms, {answers.count(200)} reports, {heard} events; {load()}"
    yield Measured(
        "a click beside 1,000 heartbeats a minute, SQLite: median against alone", other / one, "×", 1.3, note=note
    )


def _paced(bench: Bench) -> list[float]:
    """How long sixty clicks took, twenty a second."""
    took: list[float] = []
    for number in range(60):
        walker = bench.ours.walkers[number % len(bench.ours.walkers)]
        took += bench.pressing.wait(press_in_turn(bench.ours.hand, [walker], 1))
        time.sleep(0.05)
    return took


def _beat_on(http: str, sent: list[tuple[str, str]], stopping: Stopping, answers: list[int]) -> None:
    """A thousand a minute, whatever each takes: what is late is caught up with."""
    number, began = 0, time.perf_counter()
    with httpx.Client() as client:
        while not stopping.wait(max(0.0, began + (number + 1) * 60 / HEARTBEATS - time.perf_counter())):
            asset, token = sent[number % len(sent)]
            answers.append(_send((client, f"{http}/hooks/heartbeat/{asset}/full", token, number)))
            number += 1


class _Counting:
    """A channel that counts its posts."""

    def __init__(self) -> None:
        self.posts = 0

    def post(self, channel: str, message: Message, _: Label, thread_ts: str | None = None) -> Sent:
        self.posts += 1
        return Sent(channel, thread_ts or str(self.posts), message.digest)

    def update(self, channel: str, ts: str, message: Message, _: Label) -> Sent:
        return Sent(channel, ts, message.digest)


def _storm(journal: Journal) -> Iterator[Measured]:
    """Alerts of 500 assets of one channel, each of another fingerprint, while the keeper looks each ten seconds."""
    tokens, files, voice = HookTokens(journal, utc_now, new_id), _files(), _Counting()
    team = Team(id="data", members=("ana", "ben"), channel="C0DATA")
    assets = {
        id_: one.model_copy(update={"triggers": (Trigger(alert={"asset": id_}),)})
        for id_, one in files.catalogue.assets.items()
    }
    files.catalogue = files.catalogue.model_copy(update={"assets": assets, "teams": {"data": team}})
    keeper = AlertKeeper(cast(Registry, files), journal, cast(Messenger, voice), utc_now)
    token, streams, stopping = tokens.make(ALERT, "generic", "ana")[0], Streams(journal, ALERTS), Stopping()
    with ThreadPoolExecutor(4) as pool, ThreadPoolExecutor(8) as senders, httpx.Client() as client:
        listener = AlertListener(
            lambda: files.catalogue, streams, tokens, shipped_sources(), lambda _: "", utc_now,
            RateLimit(A_MINUTE, time.monotonic), RateLimit(ALERTS_A_MINUTE, time.monotonic), SnsSignatures(utc_now),
        )  # fmt: skip
        looking = Thread(target=_look_on, args=(keeper, stopping))
        with _listening(alert_routes(listener, pool)) as address:
            looking.start()
            began = time.perf_counter()
            asked = [(client, f"{address}/hooks/alert", token, n) for n in range(ALERTS_SENT)]
            answers = list(senders.map(_alert, asked))
            took = time.perf_counter() - began
        stopping.set()
        looking.join()
    heard = sum(len(streams.history(name)) for name in streams.states())
    note = f"{answers.count(200)} answered, {heard} in the record; {load()}"
    yield Measured(f"a storm of {ALERTS_SENT} alerts over HTTP, lost", float(ALERTS_SENT - heard), "", 0.0, note=note)
    yield Measured(f"a storm of {ALERTS_SENT} alerts over HTTP, all taken", took, "s", 60.0, note=note)
    minutes = max(1.0, took / 60)
    yield Measured(
        "posts a minute in the channel of that storm", voice.posts / minutes, "", 1.0, note=f"in {took:.0f} s"
    )


def _look_on(keeper: AlertKeeper, stopping: Stopping) -> None:
    while not stopping.wait(10):
        keeper.look()
    keeper.look()


def _alert(asked: tuple[httpx.Client, str, str, int]) -> int:
    client, address, token, number = asked
    body = {
        "id": f"alert-{number}", "status": "firing", "name": f"Alert {number}", "began": utc_now().isoformat(),
        "labels": {"asset": f"asset-{number % ASSETS}"},
    }  # fmt: skip
    with suppress(httpx.HTTPError):
        return client.post(address, headers={"authorization": f"Bearer {token}"}, json=body).status_code
    return 0


@contextmanager
def _listening(routes: Sequence[BaseRoute]) -> Iterator[str]:
    bound, stopping = listen_on(Address("127.0.0.1", 0)), Stopping()
    serving = Thread(target=serve_web, args=([*routes], bound, stopping))
    serving.start()
    yield address_of(bound)
    stopping.set()
    serving.join()
    bound.close()

"""The hook of heartbeats: who may report of what, how much, how often, and what they are answered."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.routing import Route

from bot.format.catalogue import Asset, Catalogue, Protection
from bot.journal.database import open_engine
from bot.journal.hook_tokens import ALERT, HEARTBEAT, HookTokens
from bot.journal.store import Journal
from bot.journal.streams import PROTECTIONS, Streams
from bot.web.hooks.endpoint import RateLimit
from bot.web.hooks.heartbeat import LARGEST, Listener, heartbeat_route
from tests.places import migrated
from tests.web.asgi import ask

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def asset(id_: str) -> Asset:
    full = Protection(id="full", method="pg_dump", every=timedelta(hours=1), target="s3")
    return Asset(id=id_, name=id_, type="postgres", tier=1, owner="data", protection=(full,))


class Door:
    """A hook on a database of its own, whose clocks stand still."""

    def __init__(self, journal: Journal) -> None:
        self.now, self.ticks = NOON, 0.0
        self.streams = Streams(journal, PROTECTIONS)
        secrets = iter(f"{number:064x}" for number in range(9))
        tokens = HookTokens(journal, lambda: self.now, lambda: next(secrets))
        self.orders = tokens.make(HEARTBEAT, "orders-db", "ana")[0]
        self.billing = tokens.make(HEARTBEAT, "billing-db", "ana")[0]
        self.alerts = tokens.make(ALERT, "orders-db", "ana")[0]
        catalogue = Catalogue(assets={one: asset(one) for one in ("orders-db", "billing-db")})
        pace = RateLimit(3, lambda: self.ticks)
        self.listener = Listener(lambda: catalogue, self.streams, tokens, lambda: self.now, pace)
        self.route: list[Route] = []

    def post(
        self, token: str, content: bytes | list[bytes] = b"", path: str = "/hooks/heartbeat/orders-db/full"
    ) -> httpx.Response:
        return ask(self.route, "POST", path, content, {b"authorization": f"Bearer {token}".encode()})

    def heard(self) -> list[str]:
        return [type(one.event).__name__ for one in self.streams.history("orders-db/full")]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    engine = open_engine(f"sqlite:///{tmp_path}/record.db")
    migrated(engine)
    made = Door(Journal(engine))
    with ThreadPoolExecutor(1) as pool:
        made.route = [heartbeat_route(made.listener, pool)]
        yield made
    engine.dispose()


def test_a_heartbeat_is_recorded_before_it_is_answered(door: Door) -> None:
    answer = door.post(door.orders, b'{"size": 12, "seconds": 3, "covers": ["orders"]}')
    assert answer.status_code == 200
    assert answer.json() == {"taken": True, "new": True, "wrong": [], "next_by": "2026-11-22T13:00:00+00:00"}
    assert door.heard() == ["PlanTaken", "Beat"]
    assert door.streams.state("orders-db/full").covers == ("orders",)
    assert {one.by.partition(":")[0] for one in door.streams.history("orders-db/full")} == {"token"}
    assert door.post(door.orders, b'{"outcome": "failed"}').json()["wrong"] == ["failed at s3"]


def test_only_the_token_of_the_asset_and_of_this_hook_opens_it(door: Door) -> None:
    for token in (door.billing, door.alerts, "", "hrh-" + "0" * 63 + "9", door.orders[:-1], "hra-" + door.orders[4:]):
        refused = door.post(token)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")
    assert door.heard() == []
    assert ask(door.route, "POST", "/hooks/heartbeat/orders-db/full").status_code == 401
    assert ask(door.route, "GET", "/hooks/heartbeat/orders-db/full").status_code == 405
    assert door.post(door.orders, path="/hooks/heartbeat/orders-db/daily").status_code == 404
    assert door.post(door.orders).status_code == 200


def test_what_is_too_large_or_no_heartbeat_is_refused_and_not_recorded(door: Door) -> None:
    assert door.post(door.orders, b" " * (LARGEST + 1)).status_code == 413
    assert door.post(door.orders, [b" " * LARGEST, b" "]).status_code == 413
    bad = door.post(door.orders, b'{"size": "<!channel>"}')
    assert (bad.status_code, "“size”" in bad.json()["error"]) == (400, True)
    assert "<!channel>" not in bad.text
    assert door.heard() == []


def test_whoever_reports_too_often_is_told_when_to_come_back(door: Door) -> None:
    """The pace is each token's own: another asset is not kept waiting."""
    assert [door.post(door.orders).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert door.post(door.orders).headers["retry-after"] == "5"
    assert door.post(door.billing, path="/hooks/heartbeat/billing-db/full").status_code == 200
    door.ticks += 20
    assert door.post(door.orders).status_code == 200
    assert door.post(door.orders).status_code == 429

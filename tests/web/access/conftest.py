"""A workspace with members, a guest, somebody who left and a stranger; and Handrail's pages behind its sign-in."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bot.wiring.access import SignInRoutes, build_entry
from bot.wiring.house import House
from bot.workspace.serve import Workspace
from bot.workspace.state import Seed, User
from tests.web.access.browser import ROOT, Browser, Visitor
from tests.web.room import Room
from tests.workspace.office import AT_ONCE, SEED

LIMITED, GONE = "U0LIMITED", "U0GONE"
PEOPLE = (
    *SEED.users,
    User(LIMITED, "lim", "Lim Ited", is_restricted=True),
    User(GONE, "gone", "Gone Far", deleted=True),
)


@contextmanager
def started(seed: Seed) -> Iterator[Workspace]:
    """A running workspace."""
    running = Workspace.start(seed, AT_ONCE)
    yield running
    running.stop()


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with started(replace(SEED, users=PEOPLE)) as running:
        yield running


def environment_of(slack: Workspace, **more: str) -> dict[str, str]:
    """What is set where people sign in with this workspace."""
    return {
        "SLACK_BOT_TOKEN": slack.tokens.bot, "SLACK_APP_TOKEN": slack.tokens.app, "SLACK_API_URL": slack.api_url,
        "HANDRAIL_SLACK_CLIENT_ID": slack.openid.client_id, "HANDRAIL_SLACK_CLIENT_SECRET": slack.openid.client_secret,
        "HANDRAIL_PUBLIC_URL": ROOT, "HANDRAIL_HTTP": "0.0.0.0:8080", **more,
    }  # fmt: skip


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture
def entry(slack: Workspace, pool: ThreadPoolExecutor) -> SignInRoutes:
    return build_entry(House(environment_of(slack)), pool, "token")


@pytest.fixture
def gated(room: Room, entry: SignInRoutes) -> Room:
    """Pages over the same record, behind the sign-in."""
    return Room(room.journal, room.registry, room.pool, entry.access)


@pytest.fixture
def visit(gated: Room, entry: SignInRoutes, slack: Workspace) -> Callable[[], Visitor]:
    """Another browser, with no cookies yet."""
    return lambda: Visitor(Browser([*gated.pages.routes, *entry.routes]), slack)

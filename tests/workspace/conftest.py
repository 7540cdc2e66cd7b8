"""A running workspace, and a Bolt app that is connected to it in each of the two ways."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from slack_bolt import App

from bot.workspace.serve import Workspace
from tests.workspace.office import bolt, over_http, over_sockets, start


@pytest.fixture(scope="session")
def stop_later() -> Iterator[Callable[[Workspace], None]]:
    """Stops workspaces while the next test runs: a server waits for a fifth of a second before it ends."""
    stopped: list[Future[None]] = []
    with ThreadPoolExecutor(4) as threads:
        yield lambda workspace: stopped.append(threads.submit(workspace.stop))
    for each in stopped:
        each.result()


@pytest.fixture
def workspace(stop_later: Callable[[Workspace], None]) -> Iterator[Workspace]:
    running = start()
    yield running
    stop_later(running)


@pytest.fixture(params=["sockets", "http"])
def app(workspace: Workspace, request: pytest.FixtureRequest) -> Iterator[App]:
    made = bolt(workspace)
    with (over_sockets if request.param == "sockets" else over_http)(workspace, made):
        yield made

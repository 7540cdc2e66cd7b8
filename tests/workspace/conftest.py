"""A running workspace, and a Bolt app that is connected to it in each of the two ways."""

from collections.abc import Iterator

import pytest
from slack_bolt import App

from bot.workspace.serve import Workspace
from tests.workspace.office import bolt, over_http, over_sockets, start


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    running = start()
    yield running
    running.stop()


@pytest.fixture(params=["sockets", "http"])
def app(workspace: Workspace, request: pytest.FixtureRequest) -> Iterator[App]:
    made = bolt(workspace)
    with (over_sockets if request.param == "sockets" else over_http)(workspace, made):
        yield made

"""Socket Mode: several connections, refreshes, losses, and events that come again."""

import json
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from slack_bolt import Ack
from slack_sdk import WebClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bot.workspace.delivery import PressOutcome
from bot.workspace.serve import Workspace
from tests.workspace.office import ANA, AT_ONCE, INC, bolt, hang_up, socket_handler, start, wait_for


@pytest.fixture
def eager() -> Iterator[Workspace]:
    """A workspace that sends an event again after a moment instead of minutes."""
    running = start(replace(AT_ONCE, retries=(0.0, 0.05, 0.05), ack_seconds=0.15))
    yield running
    running.stop()


@pytest.fixture
def patient() -> Iterator[Workspace]:
    """As `eager`, but it waits for an answer longer than any machine takes: only a loss makes it send again."""
    running = start(replace(AT_ONCE, retries=(0.0, 0.05, 0.05), ack_seconds=100))
    yield running
    running.stop()


def open_socket(workspace: Workspace) -> ClientConnection:
    url = WebClient(workspace.tokens.app, workspace.api_url).apps_connections_open(app_token=workspace.tokens.app)[
        "url"
    ]
    return connect(url, proxy=None)


def read(socket: ClientConnection) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(socket.recv(timeout=30))
    return body


def ack(socket: ClientConnection) -> dict[str, Any]:
    envelope = read(socket)
    socket.send(json.dumps({"envelope_id": envelope["envelope_id"]}))
    return envelope


def command(workspace: Workspace, text: str = "orders") -> "Future[PressOutcome]":
    return workspace.delivery.command(ANA, INC, f"/recover {text}")


def test_each_payload_goes_to_one_connection_in_turn(workspace: Workspace) -> None:
    with open_socket(workspace) as first, ExitStack() as later:
        hellos = [read(first)]  # who is greeted first is counted first
        second = later.enter_context(open_socket(workspace))
        hellos.append(read(second))
        assert [(hello["type"], hello["num_connections"]) for hello in hellos] == [("hello", 1), ("hello", 2)]
        sent = [command(workspace, str(number)) for number in range(4)]
        got = [ack(socket)["payload"]["text"] for socket in (first, first, second, second)]
        assert all(each.result(30).ok for each in sent)
    assert sorted(got) == ["0", "1", "2", "3"]
    assert {got[0], got[1]} in ({"0", "2"}, {"1", "3"})


def test_a_ticket_opens_one_connection_and_ten_are_the_most(workspace: Workspace) -> None:
    client = WebClient(workspace.tokens.app, workspace.api_url)
    url = client.apps_connections_open(app_token=workspace.tokens.app)["url"]
    with ExitStack() as sockets:
        read(sockets.enter_context(connect(url, proxy=None)))
        with pytest.raises(InvalidStatus, match="403"), connect(url, proxy=None):
            pass
        for _ in range(9):
            read(sockets.enter_context(open_socket(workspace)))
        assert workspace.hub.connections == 10
        with pytest.raises(InvalidStatus, match="403"), open_socket(workspace):
            pass


def test_a_refresh_warns_and_then_closes(workspace: Workspace) -> None:
    with open_socket(workspace) as socket:
        read(socket)
        workspace.hub.refresh("warning")
        assert (read(socket)["reason"], workspace.hub.connections) == ("warning", 1)
        workspace.hub.refresh("refresh_requested")
        assert read(socket)["reason"] == "refresh_requested"
        wait_for(lambda: workspace.hub.connections == 0)
        assert command(workspace).result(30).error == "dispatch_failed"


def test_a_lost_connection_loses_a_command_but_no_event(patient: Workspace) -> None:
    with open_socket(patient) as first:
        read(first)
        lost = command(patient)
        read(first)
        patient.person("ana").open_home()
        before = read(first)
        with open_socket(patient) as second:
            read(second)
            patient.hub.drop(1)
            again = ack(second)
        assert lost.result(30).error == "dispatch_failed"
    assert before["payload"]["event_id"] == again["payload"]["event_id"]
    assert before["envelope_id"] != again["envelope_id"]
    assert (before["retry_attempt"], again["retry_attempt"], again["retry_reason"]) == (0, 1, "connection_failed")
    assert patient.person("ana").sees("inc") == ['/recover failed with the error "dispatch_failed".']


def test_an_event_that_is_never_acked_comes_four_times(eager: Workspace) -> None:
    with open_socket(eager) as socket:
        read(socket)
        eager.person("ana").open_home()
        attempts = [read(socket) for _ in range(4)]
        wait_for(lambda: eager.state.ledger.failures)
    assert [each["retry_attempt"] for each in attempts] == [0, 1, 2, 3]
    assert attempts[1]["retry_reason"] == "http_timeout"
    assert len({each["payload"]["event_id"] for each in attempts}) == 1
    assert [failure.what for failure in eager.state.ledger.failures] == ["app_home_opened"]


def test_a_socket_that_dies_silently_answers_nothing(eager: Workspace) -> None:
    with open_socket(eager) as socket:
        read(socket)
        eager.hub.silence()
        assert command(eager).result(30).error == "operation_timeout"
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.05)
        eager.hub.drop()


def test_the_sdk_reconnects_by_itself_after_a_refresh(workspace: Workspace) -> None:
    app = bolt(workspace)

    @app.command("/recover")
    def recover(ack: Ack) -> None:
        ack("here")

    handler = socket_handler(workspace, app)
    handler.connect()  # type: ignore[no-untyped-call]
    wait_for(lambda: workspace.hub.connections == 1)
    workspace.hub.refresh("refresh_requested")
    wait_for(lambda: workspace.state.ledger.calls["apps.connections.open"] == 2)
    wait_for(lambda: workspace.hub.connections == 1)
    assert workspace.person("ana").type("/recover orders", "inc").ok
    hang_up(workspace, handler)

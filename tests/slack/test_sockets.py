"""Two connections are kept to a Slack that closes, refreshes, falls silent and refuses."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from bot.slack import sockets
from bot.slack.sockets import Sockets
from bot.stopping import Stopping


@dataclass
class Slack:
    """The far end of Socket Mode: greets each connection, and does what the test says."""

    greets: bool = True
    refusals: list[tuple[str, str]] = field(default_factory=list)
    refuses: str = ""
    """The word with which everybody is refused for as long as it stands."""
    lines: list[ServerConnection] = field(default_factory=list)
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    others_at_start: list[int] = field(default_factory=list)
    opened: int = 0
    port: int = 0

    def connect(self) -> str:
        self.opened += 1
        if self.refuses or self.refusals:
            word, wait = (self.refuses, "") if self.refuses else self.refusals.pop(0)
            response = SlackResponse(
                client=None,
                http_verb="POST",
                api_url="apps.connections.open",
                req_args={},
                data={"ok": False, "error": word},
                headers={"Retry-After": wait},
                status_code=429 if word == "ratelimited" else 200,
            )
            raise SlackApiError("refused", response)  # type: ignore[no-untyped-call]
        return f"ws://127.0.0.1:{self.port}/link?ticket={self.opened}"

    def serve(self, line: ServerConnection) -> None:
        self.others_at_start.append(len(self.live()))
        self.lines.append(line)
        number = len(self.lines)
        if self.greets:
            line.send(json.dumps({"type": "hello", "num_connections": number}))
        try:
            for text in line:
                self.answers.append((number, json.loads(text)))
        except ConnectionClosed:
            pass
        finally:
            self.lines[number - 1] = line

    def live(self) -> list[ServerConnection]:
        return [line for line in self.lines if line.state.name == "OPEN"]

    def ask(self, line: ServerConnection, envelope: str, text: str = "orders") -> None:
        payload = {"command": "/recover", "text": text, "user_id": "U0ANA", "team_id": "T0LOCAL", "channel_id": "C0INC"}
        line.send(
            json.dumps(
                {
                    "type": "slash_commands",
                    "envelope_id": envelope,
                    "payload": payload,
                    "accepts_response_payload": True,
                }
            )
        )


def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "It did not happen in time."
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SHORTEST_WAIT", 0.02)


@contextmanager
def far_end(slack: Slack) -> Iterator[Server]:
    with serve(slack.serve, "127.0.0.1", 0) as server:
        slack.port = server.socket.getsockname()[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(30)


@contextmanager
def kept(slack: Slack, app: App, clock: Callable[[], float] = time.monotonic) -> Iterator[Sockets]:
    sockets_, stopping = Sockets(app, slack.connect, clock), Stopping()
    thread = threading.Thread(target=sockets_.run, args=(stopping,), daemon=True)
    thread.start()
    yield sockets_
    stopping.set()
    thread.join(30)
    assert not thread.is_alive()


def app_that(answers: Callable[[str], str]) -> App:
    def authorise(**_: object) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T0LOCAL", bot_token="xoxb-000000-test")

    app = App(authorize=authorise, request_verification_enabled=False, process_before_response=True)

    @app.command("/recover")
    def recover(ack: Ack, body: dict[str, Any]) -> None:
        ack(answers(body["text"]))

    return app


def test_an_envelope_is_acknowledged_with_the_listeners_answer() -> None:
    slack = Slack()
    with far_end(slack), kept(slack, app_that(lambda text: f"walking {text}")) as keeper:
        until(lambda: keeper.connected == 2)
        until(lambda: keeper.trouble == "")
        slack.ask(slack.lines[0], "e1")
        slack.ask(slack.lines[1], "e2", "billing")
        until(lambda: len(slack.answers) == 2)
    assert sorted(slack.answers, key=str) == [
        (1, {"envelope_id": "e1", "payload": {"text": "walking orders"}}),
        (2, {"envelope_id": "e2", "payload": {"text": "walking billing"}}),
    ]


def test_a_hundred_clicks_at_a_time_on_one_connection_are_answered_once_each() -> None:
    slack = Slack()
    with far_end(slack), kept(slack, app_that(lambda text: f"walking {text}")) as keeper:
        until(lambda: keeper.connected == 2)
        for number in range(100):
            slack.ask(slack.lines[0], f"e{number}", str(number))
        until(lambda: len(slack.answers) >= 100)
    told = {frame["envelope_id"]: frame["payload"]["text"] for _, frame in slack.answers}
    assert told == {f"e{number}": f"walking {number}" for number in range(100)}
    assert len(slack.answers) == 100


def test_a_closed_connection_is_replaced_and_the_other_serves_meanwhile() -> None:
    slack = Slack()
    with far_end(slack), kept(slack, app_that(str)) as keeper:
        until(lambda: keeper.connected == 2)
        slack.refuses = "internal_error"
        slack.lines[0].close()
        until(lambda: keeper.connected == 1)
        slack.ask(slack.lines[1], "e1")
        until(lambda: len(slack.answers) == 1)
        until(lambda: slack.opened >= 3)
        slack.refuses = ""
        until(lambda: keeper.connected == 2)
    assert len(slack.lines) == 3


def test_a_refresh_opens_the_next_connection_before_it_leaves_the_old() -> None:
    """Slack warns; nothing is dropped: the old connection goes only after the new one is greeted."""
    slack = Slack()
    with far_end(slack), kept(slack, app_that(str)) as keeper:
        until(lambda: keeper.connected == 2)
        slack.lines[0].send(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))
        until(lambda: len(slack.lines) == 3)
        until(lambda: slack.lines[0].state.name == "CLOSED")
        until(lambda: keeper.connected == 2)
        assert slack.others_at_start[2] == 2, "both old ones stood when the new one came"
        slack.ask(slack.lines[2], "e1")
        until(lambda: len(slack.answers) == 1)


def test_an_old_connection_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "OLDEST", 0.3)
    monkeypatch.setattr(sockets, "PATIENCE", 0.2)
    slack = Slack()
    with far_end(slack), kept(slack, app_that(str)):
        until(lambda: len(slack.lines) >= 4)
        until(lambda: len(slack.live()) <= 4)


def test_a_connection_without_a_greeting_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "PATIENCE", 0.2)
    slack = Slack(greets=False)
    with far_end(slack), kept(slack, app_that(str)) as keeper:
        until(lambda: slack.opened >= 3)
        assert keeper.connected == 0
        slack.greets = True
        until(lambda: keeper.connected == 2)


def test_a_refused_token_is_said_and_tried_again() -> None:
    slack = Slack(refuses="invalid_auth")
    with far_end(slack), kept(slack, app_that(str)) as keeper:
        until(lambda: "SLACK_APP_TOKEN" in keeper.trouble)
        slack.refuses = ""
        until(lambda: keeper.connected == 2)
        until(lambda: keeper.trouble == "")


def test_slacks_wish_to_wait_is_honoured() -> None:
    slack = Slack(refusals=[("ratelimited", "1")])
    start = time.monotonic()
    with far_end(slack), kept(slack, app_that(str)) as keeper:
        until(lambda: keeper.connected == 2)
    assert time.monotonic() - start >= 1


def test_stopping_answers_what_is_under_way() -> None:
    slack, began, go_on = Slack(), threading.Event(), threading.Event()

    def slowly(text: str) -> str:
        began.set()
        go_on.wait(30)
        return text

    with far_end(slack):
        keeper, stopping = Sockets(app_that(slowly), slack.connect, time.monotonic), Stopping()
        thread = threading.Thread(target=keeper.run, args=(stopping,), daemon=True)
        thread.start()
        until(lambda: keeper.connected == 2)
        slack.ask(slack.lines[0], "e1")
        assert began.wait(30)
        stopping.set()
        go_on.set()
        thread.join(30)
        assert not thread.is_alive()
        until(lambda: slack.answers == [(1, {"envelope_id": "e1", "payload": {"text": "orders"}})])


def test_a_listener_that_breaks_is_not_acknowledged() -> None:
    """Slack then tells the person that it failed; the next envelope is served as ever."""

    def breaks(text: str) -> str:
        if text == "broken":
            raise RuntimeError("no database")
        return text

    slack = Slack()
    with far_end(slack), kept(slack, app_that(breaks)) as keeper:
        until(lambda: keeper.connected == 2)
        slack.ask(slack.lines[0], "e1", "broken")
        slack.ask(slack.lines[0], "e2", "orders")
        until(lambda: len(slack.answers) == 1)
    assert slack.answers[0][1]["envelope_id"] == "e2"


def test_who_gets_addresses_and_no_connection_is_deaf_and_who_gets_none_is_kept_out() -> None:
    """A restart helps the first, if anything does; the second waits for Slack, or for a token."""
    now = [1000.0]
    slack = Slack(greets=False)
    with far_end(slack), kept(slack, app_that(str), lambda: now[0]) as keeper:
        until(lambda: slack.opened >= 2)
        now[0] += 200
        assert keeper.deaf_for >= 200
        slack.greets = True
        until(lambda: keeper.connected > 0)
        assert keeper.deaf_for == 0
    kept_out = Slack(refuses="invalid_auth")
    with kept(kept_out, app_that(str), lambda: now[0]) as keeper:
        until(lambda: "invalid_auth" in keeper.trouble)
        now[0] += 200
        assert keeper.deaf_for == 0

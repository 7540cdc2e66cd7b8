"""Signed HTTP: what is signed, what a wrong secret does, and events that come again."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

from slack_bolt import Ack, App
from slack_sdk.signature import SignatureVerifier

from tests.workspace.office import ANA, AT_ONCE, INC, Fake, bolt, over_http, start, wait_for, web

Request = tuple[dict[str, str], str]


@contextmanager
def endpoint(answer: Callable[[int], int]) -> Iterator[tuple[str, list[Request]]]:
    """An address that keeps what it is sent and answers the n-th request with the status that `answer` gives."""
    got: list[Request] = []

    class Endpoint(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(answer(len(got)))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/slack/events", got
    server.shutdown()
    server.server_close()


def test_requests_are_signed_as_slack_signs_them() -> None:
    clock = Fake()
    workspace = start(replace(AT_ONCE, clock=clock, signing_secret="0123456789abcdef"))
    with endpoint(lambda _: 200) as (url, got):
        workspace.deliver_to(url)
        assert workspace.delivery.command(ANA, INC, "/recover orders").result(30).ok
        workspace.stop()
    headers, body = got[0]
    stamp = headers["x-slack-request-timestamp"]
    expected = hmac.new(b"0123456789abcdef", f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    assert (stamp, headers["x-slack-signature"]) == (str(int(clock.now)), f"v0={expected}")
    verifier = SignatureVerifier("0123456789abcdef", type("At", (), {"now": lambda _: clock.now})())
    assert verifier.is_valid(body, stamp, headers["x-slack-signature"])
    assert parse_qs(body)["command"] == ["/recover"]


def test_another_secret_is_refused_by_the_app() -> None:
    workspace = start()
    app = App(client=web(workspace), signing_secret="another", process_before_response=True)

    @app.command("/recover")
    def recover(ack: Ack) -> None:
        ack()

    with over_http(workspace, app):
        assert workspace.person("ana").type("/recover orders", "inc").error == "http_error 401"
    workspace.stop()


def test_an_event_comes_again_until_it_is_taken() -> None:
    workspace = start(replace(AT_ONCE, retries=(0.0, 0.02, 0.02)))
    with endpoint(lambda number: 500 if number < 3 else 200) as (url, got):
        workspace.deliver_to(url)
        workspace.person("ana").open_home()
        wait_for(lambda: len(got) == 3)
        workspace.stop()
    marks = [(headers.get("x-slack-retry-num"), headers.get("x-slack-retry-reason")) for headers, _ in got]
    assert marks == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert len({body for _, body in got}) == 1
    assert workspace.state.ledger.failures == []


def test_nobody_at_the_address_is_a_failure_that_the_person_sees() -> None:
    workspace = start()
    with endpoint(lambda _: 200) as (url, _):
        pass
    workspace.deliver_to(url)
    assert workspace.person("ana").type("/recover orders", "inc").error == "dispatch_failed"
    workspace.stop()


def test_a_connection_that_the_app_closed_is_opened_anew() -> None:
    """The second app listens at the first one's address; the open connection to the first one is not used again."""
    workspace = start()

    def serve_one() -> int:
        app = bolt(workspace)

        @app.command("/recover")
        def recover(ack: Ack) -> None:
            ack()

        with over_http(workspace, app):
            return sum(workspace.person("ana").type("/recover orders", "inc").ok for _ in range(3))

    assert [serve_one(), serve_one()] == [3, 3]
    workspace.stop()

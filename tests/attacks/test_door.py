"""The HTTP door under attack: what is slow, huge, twice, forged or crooked is turned away, and the rest goes on."""

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from slack_bolt.response import BoltResponse

from bot.settings import Address
from bot.stopping import Stopping
from bot.web.health import NotReady, health_routes
from bot.web.slack_requests import LARGEST, PATH, RequestVerifier, slack_route
from bot.wiring.process import webserver

SECRET = b"attack-me-if-you-can"
BODY = b"payload=%7B%7D"


@pytest.fixture
def heard() -> list[str]:
    """The bodies that came through the door."""
    return []


@pytest.fixture
def port(heard: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server on a free port, which waits a quarter of a second for the head of a request."""
    monkeypatch.setattr(webserver, "HEAD_WITHIN", 0.25)
    with serving(heard) as port:
        yield port


@pytest.fixture
def small(heard: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A patient server with room for sixty connections."""
    monkeypatch.setattr(webserver, "HEAD_WITHIN", 60.0)
    monkeypatch.setattr(webserver, "MOST_AT_ONCE", 60)
    with serving(heard) as port:
        yield port


@contextmanager
def serving(heard: list[str]) -> Iterator[int]:
    """The door behind the real web server; what is asked with `wait=` in it is answered when `heard` holds "go"."""

    def dispatch(body: bytes, _: Mapping[str, str]) -> BoltResponse:
        heard.append(body.decode())
        end = time.monotonic() + 20
        while b"wait=" in body and "go" not in heard and time.monotonic() < end:
            time.sleep(0.01)
        return BoltResponse(status=200, body="taken")

    def database() -> str:
        raise NotReady("No answer.")

    def slack() -> str:
        raise RuntimeError("xoxb-12345-secret at postgresql://handrail:hunter2@db/x")

    bound, stopping = webserver.listen_on(Address("127.0.0.1", 0)), Stopping()
    with ThreadPoolExecutor(2) as pool:
        routes = [
            slack_route(dispatch, RequestVerifier(SECRET, time.time), pool),
            *health_routes({"db": database, "x": slack}),
        ]
        server = threading.Thread(target=webserver.serve_web, args=(routes, bound, stopping))
        server.start()
        yield bound.getsockname()[1]
        stopping.set()
        server.join()


def send(port: int, raw: bytes, *, until_closed: bool = False) -> bytes:
    """What the server says to these bytes, up to the end of the answer's head, or until it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(raw)
        said = b""
        while (piece := line.recv(65_536)) and (until_closed or b"\r\n\r\n" not in said + piece):
            said += piece
        return said + piece


def signed(body: bytes = BODY, *, at: float | None = None) -> bytes:
    """A request as Slack signs it."""
    sent = str(int(at if at is not None else time.time()))
    seal = hmac.new(SECRET, b"v0:%b:%b" % (sent.encode(), body), hashlib.sha256).hexdigest()
    lines = [
        f"POST {PATH} HTTP/1.1", "Host: handrail", "Content-Type: application/x-www-form-urlencoded",
        f"X-Slack-Request-Timestamp: {sent}", f"X-Slack-Signature: v0={seal}",
        f"Content-Length: {len(body)}",
    ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


SQUATS = {
    "says nothing": b"",
    "says half of a head": b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "says half of a body": b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
}


def squat(port: int, said: bytes) -> socket.socket:
    """A connection that is held and on which no whole request ever comes."""
    line = socket.create_connection(("127.0.0.1", port), timeout=10)
    line.sendall(said)
    return line


@pytest.mark.parametrize("said", SQUATS.values(), ids=SQUATS)
def test_who_holds_connections_keeps_slack_out_neither_once_nor_again_and_again(small: int, said: bytes) -> None:
    """Three times as many as there is room for, and they are made anew without end."""
    held = [squat(small, said) for _ in range(180)]
    stopping = Stopping()

    def renew() -> None:
        while not stopping.is_set():
            held.append(squat(small, said))
            held.pop(0).close()
            time.sleep(0.001)

    again = threading.Thread(target=renew)
    again.start()
    try:
        answers = [status(send(small, signed(b"a=%d" % number))) for number in range(10)]
    finally:
        stopping.set()
        again.join()
        for line in held:
            line.close()
    assert answers == [200] * 10


def test_who_is_being_answered_gives_way_to_nobody(small: int, heard: list[str]) -> None:
    """Sixty requests under way are all answered, however many come and say nothing; one more is told to come back."""
    with ThreadPoolExecutor(60) as callers:
        under_way = [callers.submit(send, small, signed(b"wait=%d" % number)) for number in range(60)]
        wait_until(lambda: len(heard) >= 2)
        time.sleep(0.5)  # the rest of them stand in the pool's line, which nothing tells
        held = [squat(small, b"") for _ in range(90)]
        assert status(send(small, signed(b"a=1"))) == 503
        heard.append("go")
        assert [status(one.result(30)) for one in under_way] == [200] * 60
        for line in held:
            line.close()
    assert status(send(small, signed(b"a=2"))) == 200


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_head_that_comes_sign_by_sign_does_not_hold_the_door(port: int) -> None:
    """At first, and on a connection that has been answered before; whoever is quick is answered meanwhile."""
    assert send(port, b"POST /slack/events HTTP/1.1\r\nX-Slow: ", until_closed=True) == b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        said = b""
        while not said.endswith(b'"alive": true\n}\n'):
            said += line.recv(65_536)
        line.sendall(b"GET /healthz HT")
        assert status(send(port, signed())) == 200
        assert line.recv(65_536) == b""


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        ("POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: ²\r\n\r\n".encode("latin-1"), 400),
        (b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"GET /slack/events HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"OPTIONS /slack/events HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"TRACE /readyz HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"GET /slack/../readyz/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"A" * 100_000, 400),
    ],
)
def test_what_is_crooked_is_turned_away(port: int, heard: list[str], raw: bytes, expected: int) -> None:
    assert status(send(port, raw)) == expected
    assert heard == []


def test_a_body_that_never_says_how_long_it_is_is_cut(port: int, heard: list[str]) -> None:
    """In chunks, beyond the limit."""
    piece = b"x" * 65_536
    chunk = b"%x\r\n%b\r\n" % (len(piece), piece)
    head = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert status(send(port, head + chunk * (LARGEST // len(piece) + 2))) == 413
    assert heard == []


def test_a_sound_request_counts_once_and_not_under_another_sign(port: int, heard: list[str]) -> None:
    """A second time; with two signatures; with another body; from the past and the future."""
    raw = signed()
    assert status(send(port, raw)) == 200
    assert status(send(port, raw)) == 401
    forged = "X-Slack-Signature: v0=" + "0" * 64
    assert status(send(port, signed(b"a=1").replace(b"v0=", b"v0=0", 1))) == 401
    assert status(send(port, signed(b"a=2")[:-3] + b"a=3")) == 401
    for off in (-400, 400):
        assert status(send(port, signed(b"a=4", at=time.time() + off))) == 401
    assert status(send(port, signed(b"a=5").replace(b"Host:", f"{forged}\r\nHost:".encode(), 1))) == 401
    assert heard == [BODY.decode()]


def test_what_is_said_of_health_holds_no_secret(port: int) -> None:
    """A part that broke names its kind of failure; the rest is in the log."""
    answer = send(port, b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", until_closed=True)
    assert status(answer) == 503
    told = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert told["parts"]["x"]["says"] == "Broken: RuntimeError. The log says more."
    assert b"hunter2" not in answer
    assert b"Traceback" not in answer

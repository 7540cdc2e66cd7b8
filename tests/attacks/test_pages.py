"""The pages under attack: names that point here, numbers that are none, readers who take nothing or say anything."""

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.settings import Address
from bot.stopping import Stopping
from bot.web.access.loopback import loopback_access
from bot.web.pages import live
from bot.web.pages.live import Frame, Live
from bot.web.pages.reader import PageReader
from bot.wiring.process import webserver
from tests.render.stories import at_look
from tests.web.room import TOKEN, Room, after_the_first_visit

HERE = ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "127.9.9.9", "[::1]", "[::1]:8080"]
ELSEWHERE = [
    "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "a_b.evil.example",
    "a`b.evil.example", 'a"b.evil.example', "a{b.evil.example", "bücher.example", "evil.example:99999999",
    "evil.example#localhost", "evil.example?localhost", "evil.example@127.0.0.1", "127.0.0.1@evil.example",
    "localhost:80:80", "localhost:x", "evil.example:", "0.0.0.0", "[::1", "127.0.0.1%00.evil.example", "",
]  # fmt: skip


def asked(host: str, version: str = "1.1", **headers: str) -> Request:
    """A request that came from this machine."""
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in {"host": host, **headers}.items()]
    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": sent, "http_version": version,
        "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 8080), "scheme": "http",
    }  # fmt: skip
    return Request(scope)


@pytest.mark.parametrize("host", [*HERE, *ELSEWHERE])
def test_a_page_of_another_name_that_points_here_reads_nothing(host: str) -> None:
    """Some names that a browser asks for are none to the framework, which puts our own address in their place."""
    assert isinstance(after_the_first_visit(loopback_access("127.0.0.1", TOKEN))(asked(host)), PageReader) is (
        host in HERE
    )


def test_what_a_proxy_on_this_machine_passes_on_is_not_from_this_machine() -> None:
    """Even one that nobody has told to say for whom it asks."""
    judge = after_the_first_visit(loopback_access("127.0.0.1", TOKEN))
    assert isinstance(judge(asked("127.0.0.1:8080")), PageReader)
    assert not isinstance(judge(asked("127.0.0.1:8080", "1.0")), PageReader)
    for name in ("x_forwarded_for", "x_forwarded_proto", "forwarded", "via", "cf_connecting_ip", "x_real_ip"):
        assert not isinstance(judge(asked("127.0.0.1:8080", **{name: "1"})), PageReader), name


def test_a_proxy_that_says_nothing_of_itself_opens_nothing() -> None:
    """It looks like a browser on this machine in all but one: it does not know the token that `serve` printed."""
    judge = loopback_access("127.0.0.1", TOKEN)
    for request in (asked("127.0.0.1:8080"), asked("127.0.0.1:8080", cookie="handrail-8080=guessed")):
        answer = judge(request)
        assert isinstance(answer, Response)
        assert (answer.status_code, "ask for a token" in bytes(answer.body).decode()) == (403, True)
    assert isinstance(judge(asked("127.0.0.1:8080", cookie=f"handrail-8080={TOKEN}")), PageReader)


@pytest.mark.parametrize(
    ("path", "query", "leads_to"),
    [
        ("/", f"token={TOKEN}", "/"),
        ("/runs", f"q=a%26b&token={TOKEN}&state=open", "/runs?q=a%26b&state=open"),
        ("//evil.example/", f"token={TOKEN}", "/"),
    ],
)
def test_the_printed_address_lets_a_browser_in_once_and_for_all(path: str, query: str, leads_to: str) -> None:
    judge = loopback_access("127.0.0.1", TOKEN)
    request = asked("127.0.0.1:8080")
    request.scope.update(path=path, query_string=query.encode())
    answer = judge(request)
    assert isinstance(answer, Response)
    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)
    kept = answer.headers["set-cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=lax" in kept
    assert isinstance(judge(asked("127.0.0.1:8080", cookie=kept.partition(";")[0])), PageReader)
    for wrong in (f"token={TOKEN}x", "token=", "token=%FF", f"Token={TOKEN}"):
        request = asked("127.0.0.1:8080")
        request.scope.update(query_string=wrong.encode())
        refused = judge(request)
        assert isinstance(refused, Response)
        assert refused.status_code == 403


def test_an_empty_token_is_refused() -> None:
    with pytest.raises(ValueError, match="lets everybody in"):
        loopback_access("127.0.0.1", "")


@pytest.mark.parametrize("before", ["²", "x", "-1", "0", "9" * 5_000, "1e3", "%00"])
def test_a_number_that_is_none_breaks_no_page(room: Room, before: str) -> None:
    room.keep(at_look(), "ORDERS-7")
    assert room.look(f"/runs/ORDERS-7?before={before}").status_code == 200


@pytest.mark.parametrize("since", ["²", "9" * 5_000, "-1", "\x00"])
def test_a_state_that_is_none_is_answered_by_the_whole_page(room: Room, since: str) -> None:
    room.keep(at_look(), "ORDERS-7")
    with room.open() as address:
        url = f"{address}/runs/ORDERS-7/live"
        with httpx.stream("GET", url, params={"since": since}, timeout=5) as answer:
            said = next(line for line in answer.iter_lines() if line.startswith("data: "))
        assert '"reload":true' in said


def test_readers_who_say_that_they_know_anything_fill_no_memory() -> None:
    """One who stays, and many who come with a state of their own making."""

    class Source:
        def mark(self, subject: str) -> str:
            return f"{subject} now"

        def frame(self, subject: str, since: str) -> Frame:
            return Frame(f"{subject} now", since.encode())

    async def flood() -> int:
        with ThreadPoolExecutor(1) as pool:
            board = Live(Source(), pool, "board")
            stays = board.follow("board", "")
            await anext(stays), await anext(stays)
            for number in range(200):
                comes = board.follow("board", str(number))
                await anext(comes)
                assert str(number).encode() in await anext(comes)
                await comes.aclose()
            kept = len(board._channels["board"].frames)  # noqa: SLF001  (what it holds is what is asked about)
            await stays.aclose()
            return kept

    assert asyncio.run(flood()) <= live._KEPT  # noqa: SLF001  (as above)


def send_for_ever(line: socket.socket, asked: bytes) -> None:
    while True:
        line.sendall(asked)


def test_who_takes_nothing_loses_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """However small each answer is: many are asked for, and none is read."""
    monkeypatch.setattr(webserver, "TAKEN_WITHIN", 0.3)
    text = "x" * 100_000

    async def answer(_: Request) -> PlainTextResponse:
        return PlainTextResponse(text)

    bound, stopping = webserver.listen_on(Address("127.0.0.1", 0)), Stopping()
    server = threading.Thread(target=webserver.serve_web, args=([Route("/", answer)], bound, stopping))
    server.start()
    try:
        with socket.create_connection(bound.getsockname(), timeout=10) as line:
            asked = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
            with pytest.raises((ConnectionResetError, BrokenPipeError)):
                send_for_ever(line, asked * 100)
        assert httpx.get(f"http://127.0.0.1:{bound.getsockname()[1]}/").text == text
    finally:
        stopping.set()
        server.join()

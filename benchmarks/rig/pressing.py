"""Presses buttons as Slack does, over signed HTTP or Socket Mode, and times each answer."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from itertools import count
from threading import Thread
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode, urlsplit

from websockets import ConnectionClosed
from websockets.asyncio.server import ServerConnection, serve

from benchmarks.rig.firm import Payload, Walker
from benchmarks.rig.processes import SECRET

T = TypeVar("T")
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Hand(Protocol):
    """A way to the app."""

    async def click(self, payload: Payload) -> float:
        """Press; seconds until the answer. RuntimeError when it is not the ack of a press that was taken."""

    async def rest(self) -> None:
        """Nothing is pressed for a while."""


class HttpHand:
    """Signed HTTP on connections that are kept open."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url)
        self._idle: list[Connection] = []

    async def click(self, payload: Payload) -> float:
        """As `Hand` has it."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        reader, writer = self._idle.pop() if self._idle else await self._connect()
        begun = time.perf_counter()
        writer.write(self._sign(body))
        status, content = await _read_answer(reader)
        taken = time.perf_counter() - begun
        self._idle.append((reader, writer))
        if status != 200 or content:
            raise RuntimeError(f"a click was answered with {status} {content!r}")
        return taken

    async def rest(self) -> None:
        """Close what is open: a server closes a connection that nothing came over for five seconds."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _connect(self) -> Connection:
        return await asyncio.open_connection(self._place.hostname, self._place.port)

    def _sign(self, body: bytes) -> bytes:
        at = str(int(time.time()))
        mark = hmac.new(SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        head = (
            f"POST {self._place.path} HTTP/1.1\r\nHost: {self._place.netloc}\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nAccept: */*\r\nAccept-Encoding: gzip,deflate\r\n"
            "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
            f"X-Slack-Request-Timestamp: {at}\r\nX-Slack-Signature: v0={mark}\r\n\r\n"
        )
        return head.encode() + body


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
    return int(head.split(" ", 2)[1]), await reader.readexactly(length)


class SocketHand:
    """The server's end of Socket Mode: every connection that the app opens, and the envelopes that go over them."""

    def __init__(self) -> None:
        self._lines: list[ServerConnection] = []
        self._waiting: dict[str, asyncio.Future[Payload]] = {}
        self._numbers = count(1)
        self._changed = asyncio.Condition()

    async def serve(self, line: ServerConnection) -> None:
        """One connection, from its greeting to its end."""
        await line.send(json.dumps({"type": "hello", "num_connections": len(self._lines) + 1}))
        async with self._changed:
            self._lines.append(line)
            self._changed.notify_all()
        with suppress(ConnectionClosed):
            async for text in line:
                said = json.loads(text)
                self._waiting.pop(said["envelope_id"]).set_result(said)
        self._lines.remove(line)

    async def click(self, payload: Payload) -> float:
        """As `Hand` has it."""
        envelope = f"e{next(self._numbers)}"
        frame = {"envelope_id": envelope, "type": "interactive", "accepts_response_payload": True, "payload": payload}
        text, answer = json.dumps(frame), asyncio.get_running_loop().create_future()
        self._waiting[envelope] = answer
        line = self._lines[next(self._numbers) % len(self._lines)]
        begun = time.perf_counter()
        await line.send(text)
        said = await answer
        taken = time.perf_counter() - begun
        if said.get("payload"):
            raise RuntimeError(f"a click was answered with {said}")
        return taken

    async def rest(self) -> None:
        """As `Hand` has it; Slack keeps its sockets open."""

    async def wait_for(self, connections: int) -> None:
        """Return once the app has opened so many connections."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._lines) >= connections)


@asynccontextmanager
async def open_socket_hand() -> AsyncIterator[tuple[SocketHand, str]]:
    """The hand, and the address that the app connects to."""
    hand = SocketHand()
    async with serve(hand.serve, "127.0.0.1", 0, compression=None, ping_interval=None, max_size=2**24) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield hand, f"ws://127.0.0.1:{port}/"


class Pressing:
    """An event loop on a thread, so that measurements can be told one after the other."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        Thread(target=self._loop.run_forever, daemon=True).start()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run this on the loop and hand back what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def press_in_turn(hand: Hand, walkers: list[Walker], many: int) -> list[float]:
    """One press after the other; seconds of each."""
    taken = [await hand.click(walkers[number % len(walkers)].press()) for number in range(many)]
    await hand.rest()
    return taken


async def press_at_once(hand: Hand, walkers: list[Walker], many: int) -> float:
    """Each walker presses as soon as its last press was answered, so many times; presses a second of all together."""

    async def walk(walker: Walker) -> None:
        for _ in range(many):
            await hand.click(walker.press())

    begun = time.perf_counter()
    await asyncio.gather(*(walk(walker) for walker in walkers))
    rate = len(walkers) * many / (time.perf_counter() - begun)
    await hand.rest()
    return rate

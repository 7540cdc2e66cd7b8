"""Socket Mode: connections of the app, envelopes, acks, refreshes."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bot.workspace.delivery.parcel import Payload, Reply
from bot.workspace.faults import Dial
from bot.workspace.state import Json, State
from bot.workspace.tickets import Spent, Tickets

CONNECTION_LIMIT = 10
_LIFETIME = 18_060
_LOOP_MISSING = "the workspace does not run yet"


@dataclass(eq=False)
class _Link:
    """One open socket; `waiting` are the envelopes that were not acked yet."""

    socket: WebSocket
    outbox: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    waiting: dict[str, "Future[Reply]"] = field(default_factory=dict)
    is_leaving: bool = False
    is_silent: bool = False
    closing: "asyncio.Future[None] | None" = None


class SocketHub:
    """All sockets of the app; each payload goes to exactly one of them, in turn."""

    def __init__(self, state: State, tickets: Tickets, dial: Dial, patience: float) -> None:
        """Start with no connection; `patience` is how many seconds an ack may take."""
        self._state, self._tickets, self._dial, self.patience = state, tickets, dial, patience
        self._links: list[_Link] = []
        self._turn = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take the loop that the server runs on; everything here happens on it."""
        self._loop = loop

    @property
    def connections(self) -> int:
        """How many sockets are open and not told to leave."""
        return sum(not link.is_leaving for link in self._links)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Run something on the loop after so many seconds; may be called from any thread."""
        loop = self._running()
        loop.call_soon_threadsafe(lambda: loop.call_later(seconds, action))

    def send(self, parcel: Payload) -> "Future[Reply]":
        """Put a payload into an envelope and wait for its ack."""
        future: Future[Reply] = Future()
        self._running().call_soon_threadsafe(self._send, parcel, future)
        return future

    def close(self) -> None:
        """Close every socket."""
        if self._loop is not None and self._loop.is_running():
            self.drop()

    def drop(self, count: int | None = None) -> None:
        """Abort the TCP connection of the first `count` sockets, all of them for None: no close frame."""
        self._running().call_soon_threadsafe(self._drop, count)

    def refresh(
        self, reason: Literal["warning", "refresh_requested", "link_disabled"], count: int | None = None
    ) -> None:
        """Tell the first `count` sockets to reconnect; all but a warning close the socket too."""
        self._running().call_soon_threadsafe(self._refresh, reason, count)

    def silence(self, count: int | None = None) -> None:
        """Let the first `count` sockets die silently: they stay open, and nothing goes over them any more."""
        self._running().call_soon_threadsafe(self._silence, count)

    async def serve(self, socket: WebSocket) -> None:
        """One connection, from its ticket to its end."""
        try:
            self._tickets.sockets.use(socket.query_params.get("ticket", ""))
        except Spent:
            await socket.close(4001)
            return
        if self._dial.is_dark or len(self._links) >= CONNECTION_LIMIT:
            await socket.close(4002)
            return
        await socket.accept()
        link = _Link(socket)
        self._links.append(link)
        link.outbox.put_nowait(json.dumps(self._hello()))
        writer = asyncio.create_task(_write(link))
        try:
            await self._read(link)
        finally:
            writer.cancel()
            self._forget(link)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.connections,
            "debug_info": {"host": "applink-local", "build_number": 1, "approximate_connection_time": _LIFETIME},
            "connection_info": {"app_id": self._state.seed.app_id},
        }

    async def _read(self, link: _Link) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                text = await link.socket.receive_text()
                if not link.is_silent:
                    _settle(link, text)

    def _send(self, parcel: Payload, future: "Future[Reply]") -> None:
        link = self._next()
        if link is None:
            future.set_result(Reply("dispatch_failed"))
            return
        envelope_id = self._state.mint()
        body: Json = {
            "envelope_id": envelope_id,
            "type": parcel.kind,
            "payload": parcel.payload,
            "accepts_response_payload": parcel.kind != "events_api",
        }
        if parcel.kind == "events_api":
            body |= {"retry_attempt": parcel.retry, "retry_reason": parcel.retry_reason}
        link.waiting[envelope_id] = future
        link.outbox.put_nowait(json.dumps(body))
        expiry = self._running().call_later(self.patience, _resolve, link, envelope_id, Reply("operation_timeout"))
        future.add_done_callback(lambda _: expiry.cancel())

    def _next(self) -> _Link | None:
        open_links = [link for link in self._links if not link.is_leaving]
        self._turn += 1
        return open_links[self._turn % len(open_links)] if open_links else None

    def _drop(self, count: int | None) -> None:
        for link in self._links[:count]:
            link.is_leaving = True
            link.socket.state.transport.abort()

    def _refresh(self, reason: str, count: int | None) -> None:
        for link in [link for link in self._links if not link.is_leaving][:count]:
            link.outbox.put_nowait(
                json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}})
            )
            if reason != "warning":
                link.is_leaving = True
                self._running().call_later(0.2, _hang_up, link)

    def _silence(self, count: int | None) -> None:
        for link in self._links[:count]:
            link.is_silent = True
            link.socket.state.transport.pause_reading()

    def _forget(self, link: _Link) -> None:
        self._links.remove(link)
        for envelope_id in list(link.waiting):
            _resolve(link, envelope_id, Reply("dispatch_failed"))

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError(_LOOP_MISSING)
        return self._loop


async def _write(link: _Link) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            text = await link.outbox.get()
            if not link.is_silent:
                await link.socket.send_text(text)


def _hang_up(link: _Link) -> None:
    async def close() -> None:
        if link.socket.application_state is WebSocketState.CONNECTED:
            with suppress(RuntimeError):
                await link.socket.close()

    link.closing = asyncio.ensure_future(close())


def _settle(link: _Link, text: str) -> None:
    try:
        said = json.loads(text)
    except ValueError:
        return
    if isinstance(said, dict) and "envelope_id" in said:
        body = said.get("payload")
        _resolve(link, str(said["envelope_id"]), Reply(body=body if isinstance(body, dict) else None))


def _resolve(link: _Link, envelope_id: str, reply: Reply) -> None:
    future = link.waiting.pop(envelope_id, None)
    if future is not None and not future.done():
        future.set_result(reply)

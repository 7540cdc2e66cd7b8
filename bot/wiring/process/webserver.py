"""The web server, as one supervised part."""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from bot.settings import Address
from bot.stopping import wake_at_end
from bot.wiring.house import CannotServe

_DATED_WITHIN = 5.0
"""Seconds by which the date of an answer may be behind."""
GRACE = 3
"""Seconds that requests under way have when the process ends."""


HEAD_WITHIN = 10.0
"""Seconds in which the head of a request has to come; who sends it sign by sign would hold the door for ever."""
TAKEN_WITHIN = 30.0
"""Seconds in which somebody has to take some of what waits for them; who takes nothing would hold the door as well."""
MOST_AT_ONCE = 400
"""Connections, so that the process keeps the files that it needs. When there are more, whoever has kept us waiting
longest goes; a request that comes while nobody keeps us waiting is told to come back (503)."""
SPEAKS_WITHIN = 0.25
"""Seconds that a new connection has to say something before it goes for another one, up to twice as many in all."""
ACCEPTED_AT_ONCE = 256
"""Connections that are taken in one go, well below the room that there is: what came on the first is read before more
are taken."""


def listen_on(address: Address) -> socket.socket:
    """A bound socket; CannotServe when the port is somebody else's."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family, backlog=512)
    except OSError as taken:
        raise CannotServe(
            f"Nothing can listen on {address.host}:{address.port}: {taken.strerror or taken}. "
            "Set HANDRAIL_HTTP to another one, such as 127.0.0.1:8081."
        ) from None


def address_of(bound: socket.socket) -> str:
    """The address of a bound socket as one opens it in a browser."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve_web(
    routes: Sequence[BaseRoute],
    bound: socket.socket,
    stopping: threading.Event,
    let_go: Callable[[], None] = lambda: None,
    draining: threading.Event | None = None,
) -> None:
    """Answer on `bound` until `stopping`, then finish what is under way; `let_go` ends what would go on for ever.

    While `draining`, each answer ends its connection, so that none is left on which a request could get lost.
    """
    app = Starlette(routes=list(routes), exception_handlers={404: say_not_there})
    config = uvicorn.Config(
        app if draining is None else _ending_connections(app, draining),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who is at the other end is judged by the connection, not by what a header says of it
        lifespan="off",
        http=_Impatient,
        ws="none",
        backlog=ACCEPTED_AT_ONCE,
        timeout_graceful_shutdown=GRACE,
    )
    _Server(config, stopping, let_go).run(sockets=[bound])


def _ending_connections(app: ASGIApp, when: threading.Event) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start" and when.is_set():
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await app(scope, receive, tell)

    return answer


def say_not_there(_request: Request, _missing: Exception) -> Response:
    """The page for an address that nobody knows."""
    from bot.web.pages.frame import respond_not_there

    return respond_not_there("There is no such page.")


class _Impatient(H11Protocol):
    """HTTP whose callers say what they want within `HEAD_WITHIN`, and take what they get, or lose the connection.

    Who holds a connection and says nothing on it keeps nobody else out, however often they come again: when there are
    too many, those go first who have kept us waiting longest, and Slack, who speaks at once, has not.
    """

    _waits: asyncio.TimerHandle | None = None
    _stalls: asyncio.TimerHandle | None = None
    _since = 0.0
    """When this connection was made, or what was asked on it last was answered."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        if len(self.connections) > 2 * MOST_AT_ONCE:
            self._make_room()
        elif len(self.connections) > MOST_AT_ONCE:
            self.loop.call_later(SPEAKS_WITHIN, self._make_room)
        self._wait_for_the_head()

    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        super().on_response_complete()

    def _make_room(self) -> None:
        waiting = [one for one in self._others() if one._keeps_us_waiting()]  # noqa: SLF001  (of the same kind)
        if waiting and len(self.connections) > MOST_AT_ONCE:
            longest = min(waiting, key=lambda one: one._since)  # noqa: SLF001  (as above)
            self.connections.discard(longest)
            longest.transport.abort()

    def _others(self) -> list["_Impatient"]:
        return [one for one in self.connections if isinstance(one, _Impatient) and one is not self]

    def _is_full(self) -> bool:
        """Whether everybody else who may have a connection is being answered."""
        if len(self.connections) <= MOST_AT_ONCE:
            return False
        return sum(not one._keeps_us_waiting() for one in self._others()) >= MOST_AT_ONCE  # noqa: SLF001  (as above)

    def _keeps_us_waiting(self) -> bool:
        """For a request, for the rest of one, or for taking what it was answered."""
        return self._is_between_requests() or self.cycle.more_body or self._stalls is not None

    def data_received(self, data: bytes) -> None:
        self.limit_concurrency = 0 if self._is_full() else None  # uvicorn counts those as well that say nothing
        super().data_received(data)
        self._wait_for_the_head()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalls = self.loop.call_later(TAKEN_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_stalling()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_stalling()
        if self._waits is not None:
            self._waits.cancel()
        super().connection_lost(exc)

    def _stop_stalling(self) -> None:
        if self._stalls is not None:
            self._stalls.cancel()
            self._stalls = None

    def _wait_for_the_head(self) -> None:
        if not self._is_between_requests():
            if self._waits is not None:
                self._waits.cancel()
                self._waits = None
        elif self._waits is None:
            self._waits = self.loop.call_later(HEAD_WITHIN, self._give_up)

    def _is_between_requests(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _give_up(self) -> None:
        self._waits = None
        if self._is_between_requests() and not self.transport.is_closing():
            self.transport.close()


class _Server(uvicorn.Server):
    """Uvicorn that listens to our event; off the main thread it leaves signals alone by itself."""

    def __init__(self, config: uvicorn.Config, stopping: threading.Event, let_go: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping, self._let_go = stopping, let_go

    async def main_loop(self) -> None:
        """Uvicorn's own looks ten times a second whether to stop; the date of answers needs a look a second at most."""
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        wake_at_end(self._stopping, partial(_wake, loop, ended))
        while not self._stopping.is_set() and not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), _DATED_WITHIN)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._let_go()
        await super().shutdown(sockets)


def _wake(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has ended by itself
        loop.call_soon_threadsafe(ended.set)

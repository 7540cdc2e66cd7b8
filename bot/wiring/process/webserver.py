"""The web server, as one supervised part."""

import socket
import threading
from collections.abc import Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.settings import Address
from bot.wiring.house import CannotServe

GRACE = 3
"""Seconds that requests under way have when the process ends."""


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


def serve_web(routes: Sequence[BaseRoute], bound: socket.socket, stopping: threading.Event) -> None:
    """Answer on `bound` until `stopping`, then finish what is under way."""
    config = uvicorn.Config(
        Starlette(routes=list(routes)),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=GRACE,
    )
    _Server(config, stopping).run(sockets=[bound])


class _Server(uvicorn.Server):
    """Uvicorn that listens to our event; off the main thread it leaves signals alone by itself."""

    def __init__(self, config: uvicorn.Config, stopping: threading.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def on_tick(self, counter: int) -> bool:
        return self._stopping.is_set() or await super().on_tick(counter)

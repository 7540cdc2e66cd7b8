"""Runs a workspace in a thread of its own, on a free port of this machine."""

import itertools
import random
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.workspace.api.dispatch import Tokens, WebApi
from bot.workspace.app import Parts, build_app
from bot.workspace.client import SlackUser
from bot.workspace.delivery.courier import Delivery
from bot.workspace.delivery.events import RETRY_SECONDS, Events
from bot.workspace.delivery.parcel import ACK_SECONDS, Route, Transport
from bot.workspace.delivery.payloads import Payloads
from bot.workspace.delivery.requests import HttpCarrier
from bot.workspace.delivery.sockets import SocketHub
from bot.workspace.faults import Dial
from bot.workspace.openid.provider import Provider
from bot.workspace.page import page_routes
from bot.workspace.state import Seed, State, open_state
from bot.workspace.tickets import Tickets

_START_SECONDS = 10
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class Options:
    """How a workspace runs.

    `path` keeps its state in a file. `request_url` switches from Socket Mode to signed HTTP. Without `pacing`, Slack's
    rates are not kept; with it a channel takes `burst` posts at once and then one a second. `ack_seconds` is how long
    the app may take to answer, `retries` the seconds before an event is sent again. `clock` gives seconds since 1970,
    `chance` gives 0 up to 1. Empty tokens are made up.
    """

    path: Path | None = None
    port: int = 0
    request_url: str = ""
    pacing: bool = True
    burst: float = 1
    retries: tuple[float, ...] = RETRY_SECONDS
    ack_seconds: float = ACK_SECONDS
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    bot_token: str = ""
    app_token: str = ""
    signing_secret: str = ""
    page_token: str = ""


class _Protocol(H11Protocol):
    """HTTP that lets the application reach its connection, so that a fault can cut it."""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Workspace:
    """A running workspace: its addresses, its tokens, its state, and the dial for faults."""

    def __init__(self, parts: Parts, dial: Dial, origin: str, server: uvicorn.Server, thread: Thread) -> None:
        """Hold what `start` has put together."""
        self._parts, self._server, self._thread = parts, server, thread
        self.origin, self.dial = origin, dial
        self.state, self.delivery, self.hub = parts.state, parts.delivery, parts.hub
        self.tickets, self.tokens, self.openid = parts.tickets, parts.tokens, parts.openid

    @classmethod
    def start(cls, seed: Seed, options: Options | None = None) -> "Workspace":
        """Start a workspace and return once it answers; raises OSError when the port is taken."""
        options = options or Options()
        bound = socket.create_server(("127.0.0.1", options.port))
        origin = f"http://127.0.0.1:{bound.getsockname()[1]}"
        parts, dial = _put_together(seed, options, origin)
        app = build_app(parts, page_routes(parts.state, parts.delivery, parts.tokens.page, dial))
        config = uvicorn.Config(
            app, http=_Protocol, ws="websockets-sansio", log_config=None, access_log=False, lifespan="on",
            timeout_graceful_shutdown=1, timeout_keep_alive=60,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, args=([bound],), name="workspace", daemon=True)
        thread.start()
        _wait_for(server, thread)
        return cls(parts, dial, origin, server, thread)

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL is set to."""
        return f"{self.origin}/api/"

    @property
    def page_url(self) -> str:
        """Where a person opens the workspace; the token in it is asked for once."""
        return f"{self.origin}/?token={self.tokens.page}"

    def deliver_to(self, request_url: str) -> None:
        """Deliver over signed HTTP from now on, or over Socket Mode again when the address is empty."""
        old, route = self._parts.route.carrier, self._parts.route
        route.carrier = _carrier(request_url, self.tokens, self.state, self.hub)
        if old is not self.hub:
            old.close()

    def person(self, user: str) -> SlackUser:
        """Act as one of the people, by user id or handle."""
        return SlackUser(self.state, self.delivery, user)

    def rotate(self, *, bot: str = "", app: str = "") -> None:
        """Give the app new tokens; the old ones are refused from now on."""
        self.tokens.bot, self.tokens.app = bot or self.tokens.bot, app or self.tokens.app

    def outage(self, seconds: float) -> None:
        """Be down for so long: every call and every new connection is dropped, and so are the open sockets."""
        self.dial.outage(seconds)
        self.hub.drop()

    def stop(self) -> None:
        """Stop answering and write the state to disk."""
        self.state.changes.tell("end")
        self.hub.close()
        self._server.should_exit = True
        self._thread.join()
        if self._parts.route.carrier is not self.hub:
            self._parts.route.carrier.close()
        self.state.close()


def _put_together(seed: Seed, options: Options, origin: str) -> tuple[Parts, Dial]:
    tokens = Tokens(
        bot=options.bot_token or f"xoxb-{secrets.token_hex(16)}",
        app=options.app_token or f"xapp-1-{seed.app_id}-{secrets.token_hex(16)}",
        signing_secret=options.signing_secret or secrets.token_hex(16),
        page=options.page_token or secrets.token_urlsafe(16),
    )
    mint = _minter()
    state = open_state(seed, options.clock, mint, options.path)
    tickets, dial = (
        Tickets(options.clock, mint),
        Dial(time.monotonic, options.chance, pacing=options.pacing, burst=options.burst),
    )
    hub = SocketHub(state, tickets, dial, options.ack_seconds)
    route = Route(_carrier(options.request_url, tokens, state, hub))
    payloads = Payloads(state, tickets, origin, secrets.token_hex(12))
    events = Events(state, payloads, route, hub.later, options.retries)
    door = WebApi(state, tickets, dial, tokens, origin, events.emit, hub.later)
    openid = Provider(state, origin, lambda: secrets.token_hex(16))
    return Parts(state, tickets, tokens, hub, route, door, Delivery(state, payloads, route, events), openid), dial


def _carrier(request_url: str, tokens: Tokens, state: State, hub: SocketHub) -> Transport:
    return HttpCarrier(request_url, tokens.signing_secret, state.clock, hub.patience) if request_url else hub


def _minter() -> Callable[[], str]:
    """Ids as Slack's look: a random start, so that a restart repeats none, and a count."""
    start = "".join(secrets.choice(_ALPHABET) for _ in range(6))
    numbers = itertools.count(1)
    return lambda: f"{start}{next(numbers):05X}"


def _wait_for(server: uvicorn.Server, thread: Thread) -> None:
    ends = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > ends:
            raise RuntimeError("The workspace did not start; its log says why.")
        time.sleep(0.005)

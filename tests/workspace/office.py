"""A small office for the tests of the workspace: its people, and a Bolt app over either way to it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import monotonic, sleep
from typing import Any, Protocol

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.http_retry import RetryHandler

from bot.workspace.serve import Options, Workspace
from bot.workspace.state import Channel, Command, Group, Seed, Shortcut, Team, User
from bot.workspace.state.things import SCOPES

ANA, BEN, CHEN, GUEST, BOT = "U0ANA", "U0BEN", "U0CHEN", "U0GUEST", "U0BOT"
INC, OPS, SECRET = "C0INC", "C0OPS", "C0SECRET"

SEED = Seed(
    bot_user=User(BOT, "handrail", "Handrail"),
    team=Team("T0ACME", "Acme", "acme"),
    users=(
        User(ANA, "ana", "Ana Lima", "ana@acme.example", "Europe/Lisbon"),
        User(BEN, "ben", "Ben Roe"),
        User(CHEN, "chen", "Chen Wu"),
        User(GUEST, "gus", "Gus Far", is_stranger=True, team="T0OTHER"),
    ),
    groups=(Group("S0DBA", "dba", "Database people", (BEN, CHEN)),),
    channels=(
        Channel(INC, "inc", (ANA, BEN, CHEN, GUEST, BOT)),
        Channel(OPS, "ops", (ANA, BEN)),
        Channel(SECRET, "secret", (ANA,), is_private=True),
    ),
    commands=(Command("/recover", "Recover something"),),
    shortcuts=(Shortcut("start", "Start recovery"),),
    message_shortcuts=(Shortcut("keep", "Add to the record"),),
    events=("app_home_opened", "message.channels", "reaction_added"),
    scopes=(*SCOPES, "reactions:write", "files:read"),
)

AT_ONCE = Options(pacing=False, ack_seconds=9)
"""Slack's rates are lifted, so that nothing waits; and it is patient, since a busy machine can stall for seconds.

Who tests Slack's limit of three seconds sets it.
"""


@dataclass
class Fake:
    """A clock that stands still until it is wound."""

    now: float = 1_763_800_000.0

    def __call__(self) -> float:
        return self.now


def web(workspace: Workspace, *handlers: RetryHandler, timeout: int = 5) -> WebClient:
    """The real client, without its own retries unless they are asked for."""
    return WebClient(workspace.tokens.bot, workspace.api_url, timeout, retry_handlers=list(handlers))


def bolt(workspace: Workspace) -> App:
    """A Bolt app that acks after its work."""
    quiet = logging.getLogger("tests.workspace.bolt")
    quiet.setLevel(logging.CRITICAL)
    return App(
        client=web(workspace),
        signing_secret=workspace.tokens.signing_secret,
        process_before_response=True,
        logger=quiet,
    )


def socket_handler(workspace: Workspace, app: App) -> SocketModeHandler:
    """One more connection of the app."""
    quiet = logging.getLogger("tests.workspace.socket")
    quiet.setLevel(logging.CRITICAL)
    return SocketModeHandler(
        app, workspace.tokens.app, quiet, WebClient(workspace.tokens.app, workspace.api_url), ping_interval=5
    )


@contextmanager
def over_sockets(workspace: Workspace, app: App) -> Iterator[None]:
    """Connect the app by Socket Mode and wait until its socket is open."""
    handler = socket_handler(workspace, app)
    handler.connect()  # type: ignore[no-untyped-call]
    wait_for(lambda: workspace.hub.connections == 1)
    try:
        yield
    finally:
        hang_up(workspace, handler)


def hang_up(workspace: Workspace, *handlers: SocketModeHandler) -> None:
    """Close connections from both ends: alone, the SDK sits in a read for 3 s."""
    for handler in handlers:
        handler.client.auto_reconnect_enabled = False
    workspace.hub.drop()
    for handler in handlers:
        Thread(target=_close, args=(handler,)).start()  # it sleeps for a second on its own; nothing here waits for it


def _close(handler: SocketModeHandler) -> None:
    try:
        handler.close()  # type: ignore[no-untyped-call]
    except AttributeError:  # its reader, which saw the end of the connection, let go of the socket at this moment
        handler.close()  # type: ignore[no-untyped-call]


class Dispatcher(Protocol):
    """What answers requests: Bolt's app, or what stands in front of one."""

    def dispatch(self, req: BoltRequest) -> BoltResponse: ...


@contextmanager
def over_http(workspace: Workspace, app: Dispatcher) -> Iterator[None]:
    """Serve the app over HTTP, signatures checked by Bolt."""

    class Endpoint(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers: dict[str, Any] = {name: [value] for name, value in self.headers.items()}
            answer = app.dispatch(BoltRequest(body=body, headers=headers))
            content = (answer.body or "").encode()
            self.send_response(answer.status)
            for name, values in answer.headers.items():
                for value in values:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    workspace.deliver_to(f"http://127.0.0.1:{server.server_address[1]}/slack/events")
    try:
        yield
    finally:
        workspace.deliver_to("")
        server.shutdown()
        server.server_close()


def wait_for(look: Callable[[], object], seconds: float = 30.0) -> None:
    """Look until it is so; fails when time is up."""
    ends = monotonic() + seconds
    while not look():
        assert monotonic() < ends, "it did not happen in time"
        sleep(0.005)


def button(label: str, action_id: str, value: str = "v") -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "value": value, "text": {"type": "plain_text", "text": label}}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "block_id": "row", "elements": list(elements)}


def options(*names: str) -> list[dict[str, Any]]:
    return [{"text": {"type": "plain_text", "text": name}, "value": name.lower()} for name in names]


def field_for(label: str, **element: object) -> dict[str, Any]:
    """An input block whose ids are the label in lower case."""
    name = label.lower()
    held = {"type": "plain_text_input", "action_id": name, **element}
    return {
        "type": "input", "block_id": name, "label": {"type": "plain_text", "text": label}, "element": held,
    }  # fmt: skip


def modal(title: str, *blocks: dict[str, Any], **rest: object) -> dict[str, Any]:
    words = {"title": title, "submit": "Send", "close": "Cancel"}
    return {
        "type": "modal", "callback_id": "form", "blocks": list(blocks),
        **{name: {"type": "plain_text", "text": text} for name, text in words.items()}, **rest,
    }  # fmt: skip


@dataclass
class Heard:
    """What the app received, newest last."""

    bodies: list[dict[str, Any]] = field(default_factory=list)

    @property
    def last(self) -> dict[str, Any]:
        return self.bodies[-1]


def start(options: Options = AT_ONCE) -> Workspace:
    """A running workspace of this office."""
    return Workspace.start(SEED, options)

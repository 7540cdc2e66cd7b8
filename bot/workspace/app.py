"""The workspace as one web application: Web API, sockets, uploads, response addresses, and the page."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.workspace.api.dispatch import Tokens, WebApi
from bot.workspace.delivery.answers import say_answer
from bot.workspace.delivery.courier import Delivery
from bot.workspace.delivery.parcel import Route as ToApp
from bot.workspace.delivery.sockets import SocketHub
from bot.workspace.gateway import Gateway
from bot.workspace.openid.provider import Provider
from bot.workspace.openid.routes import openid_routes
from bot.workspace.state import State
from bot.workspace.tickets import Spent, Tickets

_HOSTS = ("127.0.0.1", "localhost")
_UPLOAD_LIMIT = 100 * 1024 * 1024


@dataclass(frozen=True)
class Parts:
    """Everything that answers requests."""

    state: State
    tickets: Tickets
    tokens: Tokens
    hub: SocketHub
    route: ToApp
    door: WebApi
    delivery: Delivery
    openid: Provider

    async def receive_upload(self, request: Request) -> Response:
        """The second step of an upload: the bytes, raw or as a form."""
        file = self.state.files.file(str(request.path_params["file_id"]))
        if file is None:
            return PlainTextResponse("not found", 404)
        content = await _sent_bytes(request)
        if len(content) != file.size or len(content) > _UPLOAD_LIMIT:
            return PlainTextResponse(f"expected {file.size} bytes, got {len(content)}", 400)
        self.state.files.fill(file, content)
        return PlainTextResponse(f"OK - {len(content)}")

    async def send_file(self, request: Request) -> Response:
        """`url_private`: the bytes of a file, for the bot's token."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        file_id = str(request.path_params["file_id"]).rpartition("-")[2]
        file, content = self.state.files.file(file_id), self.state.files.content(file_id)
        if token != self.tokens.bot:
            return PlainTextResponse("not authed", 403)
        if file is None or content is None:
            return PlainTextResponse("not found", 404)
        return Response(content, media_type=file.mimetype)

    async def take_response(self, request: Request) -> Response:
        """A response_url: five uses in thirty minutes."""
        try:
            answer = self.tickets.answers.use(str(request.path_params["ticket"]))
        except Spent as spent:
            return _json({"ok": False, "error": f"{spent.word}_url"}, 404)
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            return _json({"ok": False, "error": "invalid_payload"}, 400)
        error = say_answer(self.state, answer, body, "response_url")
        return _json({"ok": False, "error": error}, 400) if error else PlainTextResponse("ok")


class LoopbackOnly:
    """Refuses requests that came by another name than this machine's own, as a rebound DNS name would."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the Host header; the SDK's WebSocket client sends it without a port."""
        if scope["type"] in ("http", "websocket"):
            host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
            if host.rpartition(":")[0] not in _HOSTS and host not in _HOSTS:
                await PlainTextResponse("This workspace answers to 127.0.0.1 only.", 400)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def build_app(parts: Parts, page: Sequence[BaseRoute]) -> ASGIApp:
    """Put the wire's routes before the page's."""

    @asynccontextmanager
    async def attached(_: Starlette) -> AsyncIterator[None]:
        parts.hub.attach(asyncio.get_running_loop())
        yield

    routes: list[BaseRoute] = [
        Gateway(parts.state, parts.tokens.page).route,
        *openid_routes(parts.state, parts.openid, parts.tokens.page),
        Route("/api/{method}", parts.door.answer, methods=["GET", "POST"]),
        WebSocketRoute("/link/", parts.hub.serve),
        Route("/upload/v1/{file_id}", parts.receive_upload, methods=["POST"]),
        Route("/files-pri/{file_id}/{name:path}", parts.send_file),
        Route("/response/{kind}/{ticket}", parts.take_response, methods=["POST"]),
        *page,
    ]
    return LoopbackOnly(Starlette(routes=routes, lifespan=attached))


async def _sent_bytes(request: Request) -> bytes:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    async with request.form() as form:
        for part in form.values():
            if not isinstance(part, str):
                return await part.read()
    return b""


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(body), status, media_type="application/json")

"""From an HTTP request to a method and back: arguments, tokens, scopes, rates, faults, the list of refusals."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.workspace.api import chat, conversations, files, marks, people, views
from bot.workspace.api.call import ApiCall, Emit, Method, SlackError
from bot.workspace.faults import Dial, Fault, Trouble
from bot.workspace.state import Json, Refusal, State
from bot.workspace.tickets import Tickets

METHODS: dict[str, Method] = {
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **marks.METHODS,
    **people.METHODS,
    **views.METHODS,
}

_OPEN_SOCKET = "apps.connections.open"


@dataclass
class Tokens:
    """What the app and the person at the page have to show; an admin may rotate the app's."""

    bot: str
    app: str
    signing_secret: str
    page: str


@dataclass(frozen=True)
class WebApi:
    """The Web API as one endpoint."""

    state: State
    tickets: Tickets
    dial: Dial
    tokens: Tokens
    origin: str
    emit: Emit
    later: Callable[[float, Callable[[], None]], None]

    async def answer(self, request: Request) -> Response:
        """Answer one call; every path of it, refused or not, goes through here."""
        method = str(request.path_params["method"])
        args = await _arguments(request)
        self.state.ledger.calls[method] += 1
        channel = str(args.get("channel") or "")
        if self.dial.delay:
            await asyncio.sleep(self.dial.delay)
        fault = self.dial.draw(method, channel)
        if fault is not None and (early := await self._fail_before(request, fault)) is not None:
            return early
        wait = self.dial.wait_for(method, channel)
        if wait:
            return self._limit(method, wait)
        body, token = self._run(method, args, _token(request, args)), _token(request, args)
        if fault is not None and fault.trouble in (Trouble.ERROR_AFTER, Trouble.DROP_AFTER):
            return _fail(request, fault.trouble)
        if fault is not None and fault.trouble is Trouble.SLOW:
            await asyncio.sleep(fault.seconds)
        return _reply(body, self.state.policy.scopes if token == self.tokens.bot else ())

    async def _fail_before(self, request: Request, fault: Fault) -> Response | None:
        match fault.trouble:
            case Trouble.LIMITED:
                return self._limit(str(request.path_params["method"]), fault.seconds)
            case Trouble.ERROR_BEFORE | Trouble.DROP_BEFORE:
                return _fail(request, fault.trouble)
            case Trouble.HANG:
                await asyncio.sleep(fault.seconds)
                return _fail(request, Trouble.DROP_BEFORE)
            case Trouble.REFUSED:
                self.state.ledger.refuse(
                    Refusal(self.state.clock(), str(request.path_params["method"]), fault.word, asked_for=True)
                )
                return _reply({"ok": False, "error": fault.word}, ())
            case Trouble.ERROR_AFTER | Trouble.DROP_AFTER | Trouble.SLOW:
                return None

    def _limit(self, method: str, seconds: float) -> Response:
        self.state.ledger.refuse(Refusal(self.state.clock(), method, "ratelimited"))
        headers = {"Retry-After": str(max(1, round(seconds + 0.499)))}
        return _reply({"ok": False, "error": "ratelimited"}, (), 429, headers)

    def _run(self, method: str, args: Json, token: str) -> Json:
        try:
            return {"ok": True, **self._perform(method, args, token)}
        except SlackError as error:
            self.state.ledger.refuse(Refusal(self.state.clock(), method, error.code, error.messages))
            details = {"response_metadata": {"messages": list(error.messages)}} if error.messages else {}
            return {"ok": False, "error": error.code, **details, **error.extra}

    def _perform(self, method: str, args: Json, token: str) -> Json:
        if method == _OPEN_SOCKET:
            return self._open_socket(token)
        found = METHODS.get(method)
        self._check(found, token)
        if found is None:
            raise SlackError("unknown_method", extra={"req_method": method})
        return found.answer(ApiCall(method, args, self.state, self.tickets, self.origin, self.emit, self.later))

    def _check(self, method: Method | None, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if token == self.tokens.app:
            raise SlackError("not_allowed_token_type")
        if token != self.tokens.bot:
            raise SlackError("invalid_auth")
        scopes = method.scopes if method else ()
        if scopes and not set(scopes) & set(self.state.policy.scopes):
            provided = ",".join(self.state.policy.scopes)
            raise SlackError("missing_scope", extra={"needed": scopes[0], "provided": provided})

    def _open_socket(self, token: str) -> Json:
        if not token:
            raise SlackError("not_authed")
        if token != self.tokens.app:
            raise SlackError("not_allowed_token_type" if token == self.tokens.bot else "invalid_auth")
        ticket = self.tickets.sockets.issue(None)
        return {"url": f"{self.origin.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={self.state.seed.app_id}"}


def _token(request: Request, args: Json) -> str:
    header = request.headers.get("authorization", "")
    return header.removeprefix("Bearer ").strip() or str(args.get("token") or "")


async def _arguments(request: Request) -> dict[str, Any]:
    """Merge query string, form and JSON: the SDK uses all three, sometimes in one call."""
    args: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        body = await request.body()
        held = json.loads(body) if body.strip() else {}
        return args | (held if isinstance(held, dict) else {})
    if kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        async with request.form() as form:
            return args | {name: value for name, value in form.items() if isinstance(value, str)}
    return args


def _reply(body: Json, scopes: tuple[str, ...], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    response = Response(json.dumps(body), status, headers, "application/json; charset=utf-8")
    if scopes:
        response.headers["x-oauth-scopes"] = ",".join(scopes)
    return response


def _fail(request: Request, trouble: Trouble) -> Response:
    if trouble in (Trouble.DROP_BEFORE, Trouble.DROP_AFTER):
        request.state.transport.abort()
        return Response(status_code=500)
    return JSONResponse({"ok": False, "error": "internal_error"}, 500)

"""Who may open the page: only this machine's browser, by the address that carried the token."""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.workspace.page.draw import knock

COOKIE = "workspace"
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Guard:
    """Lets only those through who have shown the token, and marks every answer so that browsers are strict."""

    app: ASGIApp
    token: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at the door, or hand the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        stopped = stopped_at_the_door(Request(scope), self.token)
        await (stopped or self.app)(scope, receive, send_strictly)


def stopped_at_the_door(request: Request, token: str) -> Response | None:
    """Return what a request is answered that may not come in, or that has just shown its token; else None."""
    if not _host_is_here(request):
        words = "Open the address that was printed when the workspace started."
        return _refuse("This address is not the workspace's own.", words, HTTPStatus.MISDIRECTED_REQUEST)
    shown = request.query_params.get("token")
    if request.method == "GET" and shown is not None and _same(shown, token):
        return _let_in(request, token)
    if not _same(request.cookies.get(_cookie(request), ""), token):
        words = "Open the address that was printed when the workspace started: it ends in ?token=…"
        return _refuse("This page needs its key.", words, HTTPStatus.FORBIDDEN)
    if request.method not in ("GET", "HEAD") and not _sent_by_the_page(request):
        return _refuse("This did not come from the page.", "Nothing was done.", HTTPStatus.FORBIDDEN)
    return None


def _same(given: str, token: str) -> bool:
    return compare_digest(given.encode(), token.encode())


def _cookie(request: Request) -> str:
    # Cookies know no ports: two workspaces on one machine would otherwise throw each other out.
    return f"{COOKIE}-{request.url.port or 80}"


def _host_is_here(request: Request) -> bool:
    name, _, port = request.headers.get("host", "").partition(":")
    server = request.scope.get("server")
    return name in _LOOPBACK and (server is None or port == str(server[1]))


def _sent_by_the_page(request: Request) -> bool:
    """Return whether the browser says that our own page sent this: a foreign page can forge neither header."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin is None:
        return site == "same-origin"
    return origin == f"http://{request.headers['host']}" and site in (None, "same-origin")


def _let_in(request: Request, token: str) -> Response:
    rest = urlencode([(key, value) for key, value in parse_qsl(request.url.query) if key != "token"])
    # A path that opened with two slashes would be another host to the browser.
    target = "/" + request.url.path.lstrip("/\\")
    answer = RedirectResponse(f"{target}?{rest}" if rest else target, HTTPStatus.SEE_OTHER)
    answer.set_cookie(_cookie(request), token, httponly=True, samesite="strict", path="/")
    return answer


def _refuse(heading: str, words: str, status: HTTPStatus) -> Response:
    return HTMLResponse(knock(heading, words), status)

"""Who may open the page: only this machine's browser, by the address that carried the token."""

from __future__ import annotations

from hmac import compare_digest
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.workspace.page.draw import knock

COOKIE = "workspace"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def stopped_at_the_door(request: Request, token: str) -> Response | None:
    """Return what a request is answered that may not come in, or that has just shown its token; else None."""
    if not _host_is_here(request):
        return _refuse(
            "This address is not the workspace's own.", "Open it at 127.0.0.1.", HTTPStatus.MISDIRECTED_REQUEST
        )
    shown = request.query_params.get("token")
    if request.method == "GET" and shown is not None and _same(shown, token):
        return _let_in(request, token)
    if not _same(request.cookies.get(_cookie(request), ""), token):
        return _refuse(
            "This page needs its key.",
            "Open the address that the command printed when it started: it ends in ?token=…",
            HTTPStatus.FORBIDDEN,
        )
    if request.method != "GET" and not _sent_by_the_page(request):
        return _refuse("This did not come from the page.", "Nothing was done.", HTTPStatus.FORBIDDEN)
    return None


def _same(given: str, token: str) -> bool:
    return compare_digest(given.encode(), token.encode())


def _cookie(request: Request) -> str:
    # Cookies know no ports: two workspaces on one machine would otherwise throw each other out.
    return f"{COOKIE}-{request.url.port or 80}"


def _host_is_here(request: Request) -> bool:
    host = request.headers.get("host", "")
    name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "")
    server = request.scope.get("server")
    return name in _LOOPBACK and (server is None or not port or server[1] is None or port == str(server[1]))


def _sent_by_the_page(request: Request) -> bool:
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if origin is not None:
        return origin == own and site in (None, "same-origin")
    return site == "same-origin"


def _let_in(request: Request, token: str) -> Response:
    rest = urlencode([(key, value) for key, value in parse_qsl(request.url.query) if key != "token"])
    target = str(URL(request.url.path).replace(query=rest)) if rest else request.url.path
    answer = RedirectResponse("/" + target.lstrip("/"), HTTPStatus.SEE_OTHER, headers=HEADERS)
    answer.set_cookie(_cookie(request), token, httponly=True, samesite="strict", path="/")
    return answer


def _refuse(heading: str, words: str, status: HTTPStatus) -> Response:
    return HTMLResponse(knock(heading, words), status, headers=HEADERS)

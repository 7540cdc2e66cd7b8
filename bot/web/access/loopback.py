"""A way in for whoever sits at this machine, which alone can reach us, and shows the token that `serve` printed."""

import hmac
import re
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.web.access.gate import own_path
from bot.web.pages.frame import STRICT, respond_in_words
from bot.web.pages.reader import IN_ADDRESS, Access, PageReader, is_loopback

OPEN_HERE = "Open to whoever came by the address that Handrail printed at its start, from this machine only."
_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_FORWARDED = ("forwarded", "x-forwarded-", "x-real-ip", "via", "cf-", "true-client-ip")
"""How headers begin by which a proxy says that it passes on what came from elsewhere."""


def loopback_access(host: str, token: str, *, behind_proxy: bool = False) -> Access:
    """Open to this machine when `host`, the address that is listened on, is of this machine alone; else to nobody.

    A proxy that says nothing of itself looks like this machine, and so does any other user of it: they do not know the
    token. It is shown once, in the address, and kept by the browser from then on.
    `behind_proxy`: whatever comes from outside arrives from this machine as well, so that nobody can be told apart.
    """
    if not token:
        raise ValueError("An empty token lets everybody in.")
    shut = behind_proxy or not is_loopback(host)

    def judge(request: Request) -> PageReader | Response:
        peer = request.client.host if request.client is not None else ""
        # nginx as it comes says nothing of the kind and puts our address for the host, but no browser speaks HTTP/1.0.
        forwarded = request.scope.get("http_version") == "1.0" or any(
            name.startswith(_FORWARDED) for name in request.headers
        )
        if shut or forwarded or not is_loopback(peer) or not is_loopback(_host_of(request)):
            return _turn_away()
        if _is_same(request.cookies.get(_cookie_of(request), ""), token):
            return PageReader("this machine", OPEN_HERE)
        if _is_same(request.query_params.get(IN_ADDRESS, ""), token):
            return _let_in(request, token)
        return _ask_for_the_token()

    return judge


def _is_same(shown: str, token: str) -> bool:
    return hmac.compare_digest(shown.encode("utf-8", "replace"), token.encode())


def _cookie_of(request: Request) -> str:
    """The cookie's name: browsers keep cookies by host, whatever the port, and several of us may run on one machine."""
    _, port = request.scope.get("server") or ("", 0)
    return f"handrail-{port or 0}"


def _let_in(request: Request, token: str) -> Response:
    """On to the same page without the token, which stands in no history then, and a cookie for this browser."""
    asked = [(name, text) for name, text in parse_qsl(request.url.query, keep_blank_values=True) if name != IN_ADDRESS]
    answer = RedirectResponse(own_path(request.url.path + (f"?{urlencode(asked)}" if asked else "")), 303, STRICT)
    answer.set_cookie(_cookie_of(request), token, path="/", httponly=True, samesite="lax")
    return answer


def _host_of(request: Request) -> str:
    """The host that a browser was told to ask: a page of another name that points here (rebinding) gives itself away.

    Read by ourselves: for a name that it finds odd Starlette puts the address of the server, which is this machine.
    """
    found = _HOST.fullmatch(request.headers.get("host", ""))
    return found[1] if found is not None else ""


def _turn_away() -> Response:
    return respond_in_words(
        403,
        "These pages are closed here",
        "Handrail shows them only to a browser on its own machine, until signing in is set up. "
        "Recoveries go on as always in Slack, and `handrail log` shows the record at a terminal.",
        "Ask whoever runs Handrail how to read them.",
    )


def _ask_for_the_token() -> Response:
    return respond_in_words(
        403,
        "These pages ask for a token",
        "Handrail printed an address with a token when it started, and this browser has not come by it since. "
        "Recoveries go on as always in Slack, and `handrail log` shows the record at a terminal.",
        "Open the address that `handrail serve` printed: it ends with ?token=…",
    )

"""Who may read the pages: today whoever sits at this machine, when nothing but this machine can reach them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

import structlog
from starlette.requests import Request
from starlette.responses import Response

from bot.web.pages.frame import respond_in_words

OPEN_HERE = "Open to everybody on this machine, because it can be reached from this machine only."
_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_FORWARDED = ("forwarded", "x-forwarded-", "x-real-ip", "via", "cf-", "true-client-ip")
"""How headers begin by which a proxy says that it passes on what came from elsewhere."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at a page; `banner` is what every page tells them about the door. `may_leave`: they can sign out."""

    name: str
    banner: str = ""
    may_leave: bool = False


log = structlog.get_logger(__name__)
_LONGEST_PATH = 200

Access = Callable[[Request], Reader | Response]
"""Tells who reads, or what a stranger is answered; called on a thread before anything is looked up."""


def noting(access: Access) -> Access:
    """The same gate, which writes into the log who was let in to what; a stream that goes on is written once."""

    def judge(request: Request) -> Reader | Response:
        answer = access(request)
        if isinstance(answer, Reader) and not getattr(request.state, "noted", False):
            request.state.noted = True
            note_reading(answer.name, request)
        return answer

    return judge


def note_reading(name: str, request: Request) -> None:
    """Who reads what: a name and a path. Words that were searched for are not kept."""
    log.info("read", reader=name, path=request.url.path[:_LONGEST_PATH])


def loopback_access(host: str, *, behind_proxy: bool = False) -> Access:
    """Open to this machine when `host`, the address that is listened on, is of this machine alone; else to nobody.

    `behind_proxy`: whatever comes from outside arrives from this machine as well, so that nobody can be told apart.
    """
    shut = behind_proxy or not is_loopback(host)

    def judge(request: Request) -> Reader | Response:
        peer = request.client.host if request.client is not None else ""
        named = _host_of(request)
        # nginx as it comes says nothing of the kind and puts our address for the host, but no browser speaks HTTP/1.0.
        forwarded = request.scope.get("http_version") == "1.0" or any(
            name.startswith(_FORWARDED) for name in request.headers
        )
        if shut or forwarded or not is_loopback(peer) or not is_loopback(named):
            return _turn_away()
        return Reader("this machine", OPEN_HERE)

    return judge


def is_loopback(host: str) -> bool:
    """Whether an address, or the name in a Host header, can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


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

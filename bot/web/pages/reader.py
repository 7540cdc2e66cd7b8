"""Who reads the pages, and how that is judged."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlencode

import structlog
from starlette.requests import Request
from starlette.responses import Response

IN_ADDRESS = "token"
"""What the token is called in the address by which a browser on this machine comes in."""


@dataclass(frozen=True, slots=True)
class PageReader:
    """Who looks at a page; `banner` is what every page tells them about the door. `may_leave`: they can sign out."""

    name: str
    banner: str = ""
    may_leave: bool = False


log = structlog.get_logger(__name__)
_LONGEST_PATH = 200

Access = Callable[[Request], PageReader | Response]
"""Tells who reads, or what a stranger is answered; called on a thread before anything is looked up."""


def noting(access: Access) -> Access:
    """The same gate, which writes into the log who was let in to what; a stream that goes on is written once."""

    def judge(request: Request) -> PageReader | Response:
        answer = access(request)
        if isinstance(answer, PageReader) and not getattr(request.state, "noted", False):
            request.state.noted = True
            note_reading(answer.name, request)
        return answer

    return judge


def note_reading(name: str, request: Request) -> None:
    """Who reads what: a name and a path. Words that were searched for are not kept."""
    log.info("read", reader=name, path=request.url.path[:_LONGEST_PATH])


def is_loopback(host: str) -> bool:
    """Whether an address, or the name in a Host header, can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def with_token(address: str, token: str) -> str:
    """The address by which a browser on this machine comes in."""
    return f"{address}/?{urlencode({IN_ADDRESS: token})}"

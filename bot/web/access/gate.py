"""The gate before pages and API: each way in is tried in turn; who comes by none is turned away."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.web.pages.frame import STRICT, respond_in_words
from bot.web.pages.reader import PageReader

Way = Callable[[Request], PageReader | Response | None]
"""Knows a reader, has words for one whom it knows and does not let in, or knows nothing of them."""
TurnAway = Callable[[Request], Response]
SIGN_IN = "/sign-in"
_LONGEST = 500
"""Signs of an address to come back to."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The ways in, and what a stranger is answered. Called on a thread: a way may ask Slack or the database."""

    ways: tuple[Way, ...]
    turn_away: TurnAway

    def __call__(self, request: Request) -> PageReader | Response:
        """Who reads, or what they are answered instead."""
        for way in self.ways:
            found = way(request)
            if found is not None:
                return found
        return self.turn_away(request)


def send_to_sign_in(request: Request) -> Response:
    """Lead a browser to where one signs in, and from there back to what it asked for."""
    return RedirectResponse(f"{SIGN_IN}?to={quote(own_path(_asked_for(request)))}", 303, STRICT)


def own_path(text: str) -> str:
    """An address of ours to come back to; the first page for anything that might be somebody else's."""
    plain = text.isascii() and text.isprintable() and not set(text) & set('\\"<> ') and len(text) <= _LONGEST
    parts = urlsplit(text) if plain and text.startswith("/") and not text.startswith("//") else None
    return text if parts is not None and not parts.scheme and not parts.netloc else "/"


def _asked_for(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def turn_away_here(_: Request) -> Response:
    """What a stranger is told where only a proxy knows people."""
    return respond_in_words(
        403,
        "These pages are closed here",
        "Handrail shows them to those whom the server in front of it names, and it named nobody. "
        "Recoveries go on as always in Slack.",
        "Open them by their usual address. If that is what you did, tell whoever runs Handrail.",
    )

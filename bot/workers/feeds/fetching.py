"""A feed's text from its address: over HTTP only, in little time and little memory, and never with the address told."""

import threading
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

SECONDS = 5.0
"""From the first name lookup to the last byte."""
MOST_BYTES = 2_000_000
_PIECE = 65_536
_REDIRECTS = 3
_CALENDARS = frozenset({"webcal", "webcals"})
_AWAY = "it leads on in a circle, or to an address that is not HTTP"


class Unfetched(Exception):
    """A feed could not be had; the words say why, and hold nothing of its address, which is a secret."""


def secret_named(environment: Mapping[str, str], name: str) -> str | None:
    """The value of a variable, or the content of the file that ``NAME_FILE`` names; None when there is neither.

    Unfetched when the file cannot be read.
    """
    text = environment.get(name, "").strip()
    file = environment.get(f"{name}_FILE", "").strip()
    if text or not file:
        return text or None
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as wrong:
        raise Unfetched(f"{name}_FILE names a file that cannot be read ({type(wrong).__name__})") from None


class Fetcher:
    """Fetches in threads that are left behind when they take too long: a server may drip a byte at a time."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._left_behind: dict[str, threading.Thread] = {}

    def fetch(self, name: str, url: str) -> str:
        """The text behind an address; `name` is what the feed is called. Unfetched when it cannot be had in time."""
        if (left := self._left_behind.get(name)) is not None and left.is_alive():
            raise Unfetched("its server still holds the last request open")
        outcome: SimpleQueue[str | Unfetched] = SimpleQueue()
        thread = threading.Thread(
            target=lambda: outcome.put(_outcome(url, self._seconds)), name=f"feed {name}", daemon=True
        )
        thread.start()
        try:
            found = outcome.get(timeout=self._seconds)
        except Empty:
            self._left_behind[name] = thread
            raise Unfetched(f"it did not answer within {self._seconds:g} s") from None
        if isinstance(found, Unfetched):
            raise found
        return found


def _outcome(url: str, seconds: float) -> str | Unfetched:
    """The text, or why there is none. Messages of the libraries are not repeated: some hold the address."""
    explain: dict[type[Exception], Callable[..., str]] = {
        HTTPError: lambda wrong: _AWAY if wrong.code // 100 == _REDIRECTS else f"it answered {wrong.code}",
        TimeoutError: lambda _: f"it did not answer within {seconds:g} s",
        URLError: lambda wrong: f"it cannot be reached ({type(wrong.reason).__name__})",
        UnicodeDecodeError: lambda _: "it is not text in UTF-8",
        Unfetched: str,
    }
    try:
        return _read(url, seconds)
    except (OSError, HTTPException, ValueError, Unfetched) as wrong:
        words = next((words for kind, words in explain.items() if isinstance(wrong, kind)), None)
        return Unfetched(words(wrong) if words else f"it cannot be fetched ({type(wrong).__name__})")


def over_https(url: str) -> str:
    """The address that is asked: behind ``webcal:``, by which services have a calendar opened, is HTTPS."""
    scheme, colon, rest = url.strip().partition(":")
    return f"https:{rest}" if colon and scheme.casefold() in _CALENDARS else url.strip()


def _read(url: str, seconds: float) -> str:
    url = over_https(url)
    if urlsplit(url).scheme not in {"http", "https"}:
        raise Unfetched("its address does not begin with https://, http:// or webcal://")
    until = monotonic() + seconds
    asked = Request(url, headers={"Accept": "text/calendar, text/plain;q=0.5", "User-Agent": "handrail"})  # noqa: S310
    with _opener().open(asked, timeout=seconds) as answer:
        held = b""
        while piece := answer.read1(_PIECE):
            held += piece
            if len(held) > MOST_BYTES:
                raise Unfetched(f"it is larger than {MOST_BYTES // 1_000_000} MB")
            if monotonic() > until:
                raise TimeoutError
    return held.decode("utf-8-sig")


class _Redirects(HTTPRedirectHandler):
    """Follows to HTTP and nowhere else: the standard one would go to FTP as well."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: "object", newurl: str
    ) -> Request | None:
        if urlsplit(newurl).scheme not in {"http", "https"}:
            raise Unfetched(_AWAY)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _opener() -> OpenerDirector:
    """What speaks HTTP alone: neither files nor FTP. Proxies are those that the environment names."""
    opener = OpenerDirector()
    for handler in (ProxyHandler, HTTPHandler, HTTPSHandler, HTTPDefaultErrorHandler, _Redirects, HTTPErrorProcessor):
        opener.add_handler(handler())
    return opener

"""One signed request to the team's tracker, and what came of it."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import structlog

SECONDS = 10.0
"""After so long the tracker has not answered, whatever it does."""
_GRACE = 0.3
"""So that a socket that waited in vain is the one that says so."""
_READ, _KEPT = 2_000, 200
"""Bytes of an answer that are read, and characters that are kept."""
_AGAIN = frozenset({408, 425, 429})
_BROKEN, _FINE = 500, 300

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookResult:
    """What the tracker said. Not taken and not `final`: it may take it later."""

    taken: bool
    words: str
    final: bool = True


class Webhook:
    """The tracker's address and the secret that it shares with us; neither stands in any log or record."""

    def __init__(
        self, url: Callable[[], str], secret: Callable[[], str], now: Callable[[], datetime], seconds: float = SECONDS
    ) -> None:
        """`now` dates each request, so that a receiver can refuse old ones."""
        self._url, self._secret, self._now, self._seconds = url, secret, now, seconds
        self._open = build_opener(_NoRedirect)
        self._under_way: threading.Thread | None = None

    def hand_on(self, key: str, content: Mapping[str, object]) -> WebhookResult:
        """Offer one follow-up. Returns within the time limit, whatever is there; `key` tells a repeat from a new one.

        The socket's own limit starts anew with each byte, so a thread of its own is what bounds the whole.
        """
        if self._under_way is not None and self._under_way.is_alive():
            return WebhookResult(taken=False, words="the request before this one still hangs", final=False)
        found: list[WebhookResult] = []
        request = self.request(key, content)
        self._under_way = threading.Thread(
            target=lambda: found.append(self._send(request)), name="tracker request", daemon=True
        )
        self._under_way.start()
        self._under_way.join(self._seconds + _GRACE)
        return found[0] if found else self._too_late()

    def _too_late(self) -> WebhookResult:
        return WebhookResult(taken=False, words=f"no answer in {self._seconds:g} s", final=False)

    def request(self, key: str, content: Mapping[str, object]) -> Request:
        """The request as it is sent, signed over its time and its body."""
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        at = str(int(self._now().timestamp()))
        signature = hmac.new(self._secret().encode(), b"v1:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/json", "user-agent": "handrail", "idempotency-key": key,
            "handrail-timestamp": at, "handrail-signature": f"v1={signature}",
        }  # fmt: skip
        return Request(self._url(), data=body, headers=headers, method="POST")  # noqa: S310  (the settings let http in alone)

    def _send(self, request: Request) -> WebhookResult:
        try:
            with self._open.open(request, timeout=self._seconds) as answer:
                return WebhookResult(taken=True, words=_said(int(answer.status), answer.read(_READ)))
        except HTTPError as refusal:
            with refusal:
                final = refusal.code < _BROKEN and refusal.code not in _AGAIN
                return WebhookResult(taken=False, words=_said(refusal.code, _read(refusal)), final=final)
        except (OSError, HTTPException, ValueError) as failure:
            if isinstance(getattr(failure, "reason", failure), TimeoutError):
                return self._too_late()
            log.info("the tracker was not reached", failure=type(failure).__name__)
            return WebhookResult(taken=False, words=f"not reached ({type(failure).__name__})", final=False)


class _NoRedirect(HTTPRedirectHandler):
    """What is signed for one address is sent to no other: an answer that points elsewhere is a refusal."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """No other request."""
        del req, fp, code, msg, headers, newurl
        return None


def _read(refusal: HTTPError) -> bytes:
    try:
        return refusal.read(_READ)
    except (OSError, HTTPException):
        return b""


def _said(status: int, body: bytes) -> str:
    """The status, and the first words of the answer: often where the ticket is."""
    words = " ".join(body.decode("utf-8", "replace").split())
    plain = "".join(sign for sign in words if sign.isprintable())[:_KEPT]
    moved = " (it points elsewhere, and Handrail follows nobody)" if _FINE <= status < _FINE + 100 else ""
    return f"{status}{moved}: {plain}" if plain else f"{status}{moved}"

"""Signed HTTP: payloads posted to the app's request URL, as Slack signs them."""

import hashlib
import hmac
import json
import select
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import local
from urllib.parse import urlencode, urlsplit

from bot.workspace.delivery.parcel import Payload, Reply
from bot.workspace.state import Json

AT_ONCE = 64
"""So many requests are under way at the same time."""

_OK = 200
_MULTIPLE = 300


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's `v0` signature of a request."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class _Request:
    body: bytes
    headers: dict[str, str]


class HttpCarrier:
    """Posts each payload to one address; connections are kept open, one for each thread."""

    def __init__(self, url: str, signing_secret: str, clock: Callable[[], float], patience: float) -> None:
        """Take the request URL (plain http), the secret that both sides know, the seconds to wait for an answer."""
        self._url, self._secret, self._clock, self._patience = urlsplit(url), signing_secret, clock, patience
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="workspace-http")
        self._mine = local()
        self._opened: list[HTTPConnection] = []

    def send(self, parcel: Payload) -> "Future[Reply]":
        """Post a payload and read the answer."""
        return self._threads.submit(self._post, self._request(parcel))

    def close(self) -> None:
        """Wait for what is under way."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for connection in self._opened:
            connection.close()

    def _request(self, parcel: Payload) -> _Request:
        if parcel.kind == "events_api":
            kind, body = "application/json", json.dumps(parcel.payload).encode()
        else:
            form = {"payload": json.dumps(parcel.payload)} if parcel.kind == "interactive" else parcel.payload
            kind, body = "application/x-www-form-urlencoded", urlencode(form).encode()
        timestamp = str(int(self._clock()))
        headers = {
            "Content-Type": kind,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
        }
        if parcel.retry:
            headers |= {"X-Slack-Retry-Num": str(parcel.retry), "X-Slack-Retry-Reason": parcel.retry_reason}
        return _Request(body, headers)

    def _post(self, request: _Request) -> Reply:
        connection = self._connection()
        path = self._url.path or "/"
        try:
            connection.request(
                "POST", f"{path}?{self._url.query}" if self._url.query else path, request.body, request.headers
            )
            response = connection.getresponse()
            return _reply(response, response.read())
        except TimeoutError:
            connection.close()
            return Reply("operation_timeout")
        except (OSError, HTTPException):
            connection.close()
            return Reply("dispatch_failed")

    def _connection(self) -> HTTPConnection:
        """This thread's connection; one that the app has closed is opened anew, but nothing is sent twice."""
        held: HTTPConnection | None = getattr(self._mine, "connection", None)
        if held is None:
            held = HTTPConnection(self._url.hostname or "", self._url.port, timeout=self._patience)
            self._mine.connection = held
            self._opened.append(held)
        elif held.sock is not None and select.select([held.sock], [], [], 0)[0]:
            held.close()
        return held


def _reply(response: HTTPResponse, content: bytes) -> Reply:
    no_retry = response.headers.get("x-slack-no-retry") == "1"
    if not _OK <= response.status < _MULTIPLE:
        return Reply(f"http_error {response.status}", no_retry=no_retry)
    return Reply(body=_body(content.decode("utf-8", "replace")), no_retry=no_retry)


def _body(text: str) -> Json | None:
    if not text.strip():
        return None
    try:
        body = json.loads(text)
    except ValueError:
        return {"text": text}
    return body if isinstance(body, dict) else {"text": text}

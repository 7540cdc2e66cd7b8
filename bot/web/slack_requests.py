"""Where Slack's signed requests come in: size, age, signature and replay are judged before anything is done."""

import asyncio
import hashlib
import hmac
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field

import structlog
from slack_bolt.response import BoltResponse
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.bulkhead import bulkhead

PATH = "/slack/events"
LARGEST = 1_000_000
"""Bytes; a view of Slack is at most 250 kB."""
SPREAD = 300
"""Seconds by which a request's time may differ from ours (Slack's own rule)."""
BODY_WITHIN = 5.0


log = structlog.get_logger(__name__)

Dispatch = Callable[[bytes, Mapping[str, str]], BoltResponse]
"""Answers a body and its headers, whose names are in lower case."""


class _Refused(Exception):
    """A request that is not let in, and the HTTP status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass
class RequestVerifier:
    """Tells Slack's requests from all others, each only once; used by one thread."""

    secret: bytes
    clock: Callable[[], float]
    secret_now: Callable[[], bytes] | None = None
    """The secret as it is now, where it may be rotated."""
    _seen: set[bytes] = field(default_factory=set)
    _order: deque[tuple[float, bytes]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        if not self.secret.strip():
            raise ValueError("An empty signing secret lets everybody in.")

    def judge(self, timestamp: str, signature: str, body: bytes) -> str | None:
        """Why this request is refused; None lets it in and remembers it, so that a replay is refused."""
        now = self.clock()
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):  # noqa: PLR2004 (year 33658)
            return "the timestamp is not a number"
        if abs(now - int(timestamp)) > SPREAD:
            return "the timestamp is too old or too new"
        said = b"v0:%b:%b" % (timestamp.encode(), body)
        expected = _signed_by(self.secret, said, signature)
        if expected is None and self.secret_now is not None and (now_in_force := self.secret_now()) != self.secret:
            expected = _signed_by(now_in_force, said, signature)
            self.secret = now_in_force if expected is not None else self.secret
        if expected is None:
            return "the signature is wrong"
        return self._remember(expected, int(timestamp), now)

    def _remember(self, digest: bytes, sent: int, now: float) -> str | None:
        while self._order and self._order[0][0] < now:
            self._seen.discard(self._order.popleft()[1])
        if digest in self._seen:
            return "the request was here before"
        self._seen.add(digest)
        self._order.append((sent + SPREAD + 1, digest))
        return None


def _signed_by(secret: bytes, said: bytes, signature: str) -> bytes | None:
    """The digest under which what was said is remembered; None when it was not signed with this secret."""
    expected = hmac.new(secret, said, hashlib.sha256).digest()
    fits = hmac.compare_digest(f"v0={expected.hex()}".encode(), signature.encode("utf-8", "replace"))
    return expected if fits else None


def slack_route(dispatch: Dispatch, seal: RequestVerifier, pool: Executor) -> Route:
    """`POST /slack/events`: judged here, answered by `dispatch` on a thread of `pool`."""

    async def enter(request: Request) -> Response:
        try:
            body = await asyncio.wait_for(_read(request), BODY_WITHIN)
            _check(seal, request, body)
        except ClientDisconnect:
            return Response(status_code=400)
        except TimeoutError:
            return _refuse(_Refused(408, "the body did not come in time"))
        except _Refused as refused:
            return _refuse(refused)
        headers = dict(request.headers)
        answer = await asyncio.get_running_loop().run_in_executor(pool, _dispatch, dispatch, body, headers)
        return Response(answer.body, answer.status, answer.first_headers_without_set_cookie())

    return Route(PATH, enter, methods=["POST"])


async def _read(request: Request) -> bytes:
    """The body; a larger one than `LARGEST` is refused before it is read to its end."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > LARGEST:
        raise _Refused(413, "the body is too large")
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > LARGEST:
            raise _Refused(413, "the body is too large")
        pieces.append(piece)
    return b"".join(pieces)


def _check(seal: RequestVerifier, request: Request, body: bytes) -> None:
    headers = request.headers
    reason = seal.judge(headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", ""), body)
    if reason is not None:
        raise _Refused(401, reason)


def _dispatch(dispatch: Dispatch, body: bytes, headers: Mapping[str, str]) -> BoltResponse:
    with bulkhead(log, "a request was not answered"):
        return dispatch(body, headers)
    return BoltResponse(status=500, body={"error": "broken"})


def _refuse(refused: _Refused) -> Response:
    log.warning("a request was refused at the door", status=refused.status, reason=refused.reason)
    return JSONResponse({"error": refused.reason}, refused.status)

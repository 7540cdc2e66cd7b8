"""The door of every hook: how large, how fast and how often a program may report, and what it is answered."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.bulkhead import bulkhead
from bot.journal.store import NotRecorded

BODY_WITHIN = 5.0
_MINUTE = 60.0
_KNOWN = 10_000
"""Names whose pace is remembered; beyond that, those that paused longest are forgotten."""

log = structlog.get_logger(__name__)


class HookRefused(Exception):
    """What was reported is not taken: an HTTP status, a sentence, and when it is worth trying again."""

    def __init__(self, status: int, sentence: str, after: int | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.after = status, sentence, after


class RateLimit:
    """So many a minute for each name, with as many at once; by a steady clock. Each process counts for itself."""

    def __init__(self, a_minute: int, clock: Callable[[], float]) -> None:
        self._most, self._clock = float(a_minute), clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, name: str, many: int = 1) -> None:
        """Count so many; Refused when there were too many, and then none of them is counted."""
        now = self._clock()
        left, since = self._left.pop(name, (self._most, now))
        left = min(self._most, left + (now - since) * self._most / _MINUTE)
        self._left[name] = (left - many if left >= many else left, now)
        if len(self._left) > _KNOWN:
            del self._left[next(iter(self._left))]
        if left < many:
            raise HookRefused(429, f"There were more than {self._most:.0f} in a minute. Try again in a moment.", 5)


@dataclass(frozen=True, slots=True)
class HookRequest:
    """What came: the parameters of its address, its headers by their names in lower case, and its body."""

    path: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def token(self) -> str:
        """The token that it carries; empty when there is none."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""


Take = Callable[[HookRequest], dict[str, object]]
"""Takes a report on a thread, and says what came of it; Refused when it is not taken."""


def hook_route(path: str, take: Take, pool: Executor, largest: int) -> Route:
    """`POST path`: the body, of at most `largest` bytes, is read here, and taken on a thread of `pool`."""

    async def enter(request: Request) -> Response:
        with bulkhead(log, "a report was not taken", path=request.url.path):
            try:
                body = await asyncio.wait_for(_read(request, largest), BODY_WITHIN)
                report = HookRequest(dict(request.path_params), dict(request.headers), body)
                return _answer(200, await asyncio.get_running_loop().run_in_executor(pool, take, report))
            except ClientDisconnect:
                return Response(status_code=400)
            except TimeoutError:
                return _refuse(HookRefused(408, "The body did not come in time."), request)
            except HookRefused as refused:
                return _refuse(refused, request)
            except NotRecorded as lost:
                log.warning("a report could not be recorded", path=request.url.path, failure=str(lost))
                return _refuse(HookRefused(503, "It could not be recorded. Send it again.", 10), request)
        return _answer(500, {"error": "It was not taken. The log of Handrail says why."})

    return Route(path, enter, methods=["POST"])


async def _read(request: Request, largest: int) -> bytes:
    announced = request.headers.get("content-length", "0")
    too_large = HookRefused(413, f"A body has at most {largest} bytes.")
    if not (announced.isascii() and announced.isdigit()) or int(announced) > largest:
        raise too_large
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > largest:
            raise too_large
        pieces.append(piece)
    return b"".join(pieces)


def _refuse(refused: HookRefused, request: Request) -> Response:
    log.warning("a report was refused", path=request.url.path, status=refused.status, reason=refused.sentence)
    answer = _answer(refused.status, {"error": refused.sentence})
    if refused.after is not None:
        answer.headers["retry-after"] = str(refused.after)
    if refused.status == 401:  # noqa: PLR2004  (HTTP's own number)
        answer.headers["www-authenticate"] = 'Bearer realm="handrail"'
    return answer


def _answer(status: int, said: dict[str, object]) -> Response:
    text = json.dumps(said, ensure_ascii=False) + "\n"
    return Response(
        text, status, {"cache-control": "no-store", "x-content-type-options": "nosniff"}, "application/json"
    )

"""The addresses of the pages. Each asks who reads, is drawn on a thread of its own pool, and only answers GET."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import aclosing
from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from bot.bulkhead import bulkhead
from bot.web.pages.copies import OWN_STYLES, Copies
from bot.web.pages.frame import STRICT, draw, respond, respond_in_words, respond_not_there, static_routes
from bot.web.pages.live import Live
from bot.web.pages.reader import Access, PageReader
from bot.web.pages.showing import BOARD, Showing, mark_of_board
from bot.web.pages.views import readiness, reference
from bot.web.pages.views.board import draw_board
from bot.web.pages.views.run import draw_run, find_run
from bot.web.pages.views.runs import draw_runs
from bot.web.pages.views.sources import NotThere, Sources

_STREAM = STRICT | {"X-Accel-Buffering": "no"}
_LONGEST_MARK = 40
JUDGED_EVERY = 60.0
"""Seconds after which a reader of a stream is judged anew before they are sent more."""
log = structlog.get_logger(__name__)

View = Callable[[Request, PageReader], Response]


@dataclass(frozen=True, slots=True)
class WebPages:
    """The pages of one process: their routes, and who looks just now."""

    routes: tuple[BaseRoute, ...]
    live: Live


def build_pages(sources: Sources, access: Access, pool: Executor) -> WebPages:
    """The pages; nothing is read before somebody asks, and never on the web server's own thread."""
    live = Live(Showing(sources), pool, BOARD)
    views = _views(sources)
    routes: list[BaseRoute] = [Route(path, _endpoint(view, access, pool), methods=["GET"]) for path, view in views]
    routes += [
        Route("/live", _stream(lambda _: BOARD, live, access, pool), methods=["GET"]),
        Route("/runs/{ref}/live", _stream(_run_id_of(sources), live, access, pool), methods=["GET"]),
        *static_routes(),
    ]
    return WebPages(tuple(routes), live)


def _views(sources: Sources) -> tuple[tuple[str, View], ...]:
    copies = Copies(sources)

    def board(_: Request, reader: PageReader) -> Response:
        mark = mark_of_board(sources)
        return respond(draw("board", reader=reader, board=draw_board(sources), mark=mark))

    def runs(request: Request, reader: PageReader) -> Response:
        asked = request.query_params
        return respond(draw_runs(sources, reader, asked.get("q", ""), asked.get("state", ""), asked.get("before", "")))

    def run(request: Request, reader: PageReader) -> Response:
        before = request.query_params.get("before", "")
        number = int(before) if before.isdecimal() and len(before) < 10 else None  # noqa: PLR2004  (more than a run has)
        return respond(draw_run(sources, request.path_params["ref"], reader, number))

    def runbooks(_: Request, reader: PageReader) -> Response:
        return respond(reference.draw_runbooks(sources, reader))

    def runbook(request: Request, reader: PageReader) -> Response:
        return respond(reference.draw_runbook(sources, reader, request.path_params["id"]))

    def picture(request: Request, _: PageReader) -> Response:
        drawn = reference.draw_picture(sources, request.path_params["id"])
        return Response(drawn, headers=STRICT | OWN_STYLES, media_type="image/svg+xml")

    def steps(request: Request, _: PageReader) -> Response:
        drawn = reference.draw_steps(sources, request.path_params["id"])
        return Response(drawn, headers=STRICT | OWN_STYLES, media_type="text/html")

    def assets(_: Request, reader: PageReader) -> Response:
        return respond(reference.draw_assets(sources, reader))

    def asset(request: Request, reader: PageReader) -> Response:
        return respond(reference.draw_asset(sources, reader, request.path_params["id"]))

    def ready(_: Request, reader: PageReader) -> Response:
        return respond(readiness.draw_ready(sources, reader))

    def ready_one(request: Request, reader: PageReader) -> Response:
        return respond(readiness.draw_ready_one(sources, reader, request.path_params["id"]))

    return (
        ("/", board), ("/runs", runs), ("/runs/{ref}", run), ("/runbooks", runbooks), ("/runbooks/{id}", runbook),
        ("/runbooks/{id}/drawing.svg", picture), ("/runbooks/{id}/steps", steps), ("/assets", assets),
        ("/assets/{id}", asset), ("/ready", ready), ("/ready/{id}", ready_one),
        ("/runs/{ref}/picture.svg", copies.picture), ("/runs/{ref}/copy/{format}", copies.copy),
        ("/runs/{ref}/output/{seq}", copies.output),
    )  # fmt: skip


def _endpoint(view: View, access: Access, pool: Executor) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        return await asyncio.get_running_loop().run_in_executor(pool, _answer, view, access, request)

    return answer


def _answer(view: View, access: Access, request: Request) -> Response:
    """What one request is answered, whatever happens."""
    with bulkhead(log, "a page was not drawn", path=request.url.path):
        try:
            reader = access(request)
            return reader if isinstance(reader, Response) else view(request, reader)
        except NotThere as missing:
            return respond_not_there(str(missing))
    return respond_in_words(
        500,
        "This page could not be drawn",
        "The record is untouched, and recoveries go on in Slack.",
        "Try again in a moment. If it stays so, tell whoever runs Handrail: the log says why.",
    )


def _run_id_of(sources: Sources) -> Callable[[Request], str]:
    return lambda request: find_run(sources, request.path_params["ref"]).run_id


def _stream(
    subject_of: Callable[[Request], str], live: Live, access: Access, pool: Executor
) -> Callable[[Request], object]:
    """What changes, as server-sent events; 204 tells a browser not to come again by itself."""

    def judge(request: Request) -> Response | str:
        reader = access(request)
        return reader if isinstance(reader, Response) else subject_of(request)

    async def answer(request: Request) -> Response:
        loop = asyncio.get_running_loop()
        try:
            subject = await loop.run_in_executor(pool, judge, request)
        except NotThere:
            return Response(status_code=204, headers=_STREAM)
        if isinstance(subject, Response):
            return Response(status_code=204, headers=_STREAM)
        since = request.headers.get("last-event-id") or request.query_params.get("since", "")
        known = since if len(since) <= _LONGEST_MARK else ""

        async def may_read() -> bool:
            return isinstance(await loop.run_in_executor(pool, access, request), PageReader)

        sent = _while_they_may(live.follow(subject, known), may_read)
        return _Streaming(live, sent)

    return answer


class _Streaming(StreamingResponse):
    """A stream that begins when there is a place for one reader more, however many come at once."""

    def __init__(self, live: Live, pieces: AsyncIterator[bytes]) -> None:
        super().__init__(pieces, headers=_STREAM, media_type="text/event-stream")
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._live.place() as free:
            if free:
                await super().__call__(scope, receive, send)
            else:
                await Response(status_code=503, headers=_STREAM | {"Retry-After": "30"})(scope, receive, send)


async def _while_they_may(
    pieces: AsyncGenerator[bytes, None], may_read: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """What is sent to a reader until they may read no more: a session runs out, a member leaves the workspace."""
    loop = asyncio.get_running_loop()
    judged = loop.time()
    async with aclosing(pieces):
        async for piece in pieces:
            if loop.time() - judged >= JUDGED_EVERY:
                if not await may_read():
                    return
                judged = loop.time()
            yield piece

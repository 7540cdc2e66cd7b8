"""The addresses of the API: each asks who reads, works on a thread, and answers every question in JSON."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from bot.bulkhead import bulkhead
from bot.journal.tokens import READ, ApiTokens
from bot.web.api.answering import refuse, tell_text
from bot.web.api.asking import BadQuestion, read_nothing
from bot.web.api.document import write_document
from bot.web.api.telling import ROOT, ApiQueries
from bot.web.pages.reader import Access, PageReader, note_reading
from bot.web.pages.views.sources import NotThere, Sources

Answer = Callable[[Request], Response]
_ALLOWED = "GET, HEAD"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ApiAccess:
    """Lets those read who have a token, and those whom the pages would let in."""

    access: Access
    tokens: ApiTokens
    noted: bool = False
    """Whether the log says which token read what."""

    def stop(self, request: Request) -> Response | None:
        """What somebody is answered who may not read; None lets them in. Who sends a token is judged by it alone."""
        sent = request.headers.getlist("authorization")
        if not sent:
            return None if isinstance(self.access(request), PageReader) else _stranger("Send a token.", "")
        kind, _, token = sent[0].partition(" ")
        known = self.tokens.recognise(token.strip(), READ) if len(sent) == 1 and kind.lower() == "bearer" else None
        if known is None:
            return _stranger("This token does not count, or no longer.", ' error="invalid_token"')
        if self.noted:
            note_reading(f"token {known.name}", request)
        return None


def api_routes(
    sources: Sources, access: Access, tokens: ApiTokens, pool: Executor, *, noted: bool = False
) -> list[BaseRoute]:
    """The routes; `access` is the gate of the pages. They take every path below `/api`. `noted`: see `ApiAccess`."""
    teller, turnstile = ApiQueries(sources), ApiAccess(access, tokens, noted)
    written = json.dumps(write_document(), ensure_ascii=False).encode()

    def document(request: Request) -> Response:
        read_nothing(request)
        return tell_text(request, written)

    answers: dict[str, Answer] = {
        "/openapi.json": document, "/runs": teller.runs, "/runs/{ref}": teller.run,
        "/runs/{ref}/timeline": teller.timeline, "/assets": teller.assets, "/runbooks": teller.runbooks,
    }  # fmt: skip
    routes = [
        Route(ROOT + path, _endpoint(answer, turnstile, pool), methods=["GET"]) for path, answer in answers.items()
    ]
    return [*routes, Route("/api/{rest:path}", _Elsewhere(routes))]


def _endpoint(answer: Answer, turnstile: ApiAccess, pool: Executor) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        return await asyncio.get_running_loop().run_in_executor(pool, _answer, answer, turnstile, request)

    return endpoint


def _answer(answer: Answer, turnstile: ApiAccess, request: Request) -> Response:
    with bulkhead(log, "the API did not answer", path=request.url.path):
        try:
            return turnstile.stop(request) or answer(request)
        except BadQuestion as bad:
            return refuse(400, "Bad question", str(bad))
        except NotThere as missing:
            return refuse(404, "Not found", str(missing))
    return refuse(500, "Broken", "The record is untouched. Try again in a moment; the log of Handrail says why.")


class _Elsewhere:
    """Everything below `/api` that is nowhere, or is asked for in a way other than reading."""

    def __init__(self, routes: list[Route]) -> None:
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if any(route.matches(scope)[0] is not Match.NONE for route in self._routes):
            answer = refuse(405, "Only reading", "The API is for reading. People act in Slack.", Allow=_ALLOWED)
        else:
            answer = refuse(404, "Not found", f"There is nothing here. See {ROOT}/openapi.json.")
        await answer(scope, receive, send)


def _stranger(said: str, more: str) -> Response:
    detail = f"{said} Whoever runs Handrail makes one: handrail token new --name YOURS --scope read"
    return refuse(401, "Who are you?", detail, WWW_Authenticate=f'Bearer realm="handrail"{more}')

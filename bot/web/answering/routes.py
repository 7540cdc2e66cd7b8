"""`/answer/…`: looking answers nothing, so that what previews and scans links cannot; pressing the button does."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.bulkhead import bulkhead
from bot.engine import CommandHandler
from bot.engine.handler import Unknown
from bot.journal.store import NotRecorded
from bot.render.paging.beyond_slack import say_declined, say_taken, sight_of
from bot.run.commands import AnswerPage, DeclinePage, Refused
from bot.run.paging.state import Page
from bot.run.state import Run
from bot.web.answering.link import Claim, read_token
from bot.web.answering.page import draw_sight, draw_words

PATH = "/answer/"
_LARGEST = 1_000
"""Bytes of the form: one word."""
_BODY_WITHIN = 5.0
_IN_SLACK = "The page stands in Slack too, and can be answered there."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Counter:
    """Where answers from outside Slack are taken. `knows`: whether the catalogue still has a person of this id."""

    handler: CommandHandler
    secret: Callable[[], bytes]
    knows: Callable[[str], bool]
    now: Callable[[], datetime]

    def look(self, token: str) -> Response:
        """How the page stands, and the buttons that are left."""
        found = self._find(token)
        if isinstance(found, Response):
            return found
        claim, run, page = found
        return draw_sight(sight_of(run, page, claim.person, self.now()))

    def take(self, token: str, answer: str) -> Response:
        """Take an answer, as if the person had pressed the button in Slack."""
        found = self._find(token)
        if isinstance(found, Response):
            return found
        claim = found[0]
        if answer not in ("on", "cannot"):
            return draw_words(400, "No answer", "Nothing was pressed that we know.", "Open the link again.")
        command = AnswerPage(claim.page) if answer == "on" else DeclinePage(claim.page)
        try:
            run = self.handler.handle(claim.run_id, command, claim.person, "web").run
        except Refused as refused:
            run, said, status = self.handler.load(claim.run_id), refused.sentence, 409
        except NotRecorded as lost:
            log.warning("an answer could not be recorded", failure=str(lost))
            return draw_words(503, "Not recorded", "Your answer could not be written down.", f"Try again. {_IN_SLACK}")
        else:
            page = _page_of(run, claim)
            said, status = say_taken(run, page, claim.person) if answer == "on" else say_declined(run), 200
        return draw_sight(sight_of(run, _page_of(run, claim), claim.person, self.now()), said, status)

    def _find(self, token: str) -> Response | tuple[Claim, Run, Page]:
        """What the link is about, or what is said when it is about nothing."""
        claim = read_token(self.secret(), token)
        if claim is None:
            return draw_words(404, "This link is not whole", "Handrail did not make it, or part of it is missing.",
                              f"Copy the whole link from the message. {_IN_SLACK}")  # fmt: skip
        if claim.expires <= self.now():
            return draw_words(410, "This link is too old", "A link can be used for a day.", _IN_SLACK)
        if not self.knows(claim.person):
            return draw_words(403, "Handrail no longer knows you", "You are not in the catalogue any more.",
                              "Ask whoever keeps it to add you.")  # fmt: skip
        try:
            run = self.handler.load(claim.run_id)
        except Unknown:
            return draw_words(404, "This run is not here", "The record does not hold it.", _IN_SLACK)
        page = run.pages.page(claim.page)
        if page is None:
            return draw_words(404, "There is no such page", f"{run.start.ref} has none of this number.", _IN_SLACK)
        return claim, run, page


def answer_routes(counter: Counter) -> list[Route]:
    """GET and HEAD show, POST answers. Whoever has the link can press, and nobody else can make one."""

    async def attend(request: Request) -> Response:
        token = request.path_params["token"]
        with bulkhead(log, "a link could not be followed"):
            try:
                if request.method != "POST":
                    return await run_in_threadpool(counter.look, token)
                answer = await asyncio.wait_for(_read_answer(request), _BODY_WITHIN)
                return await run_in_threadpool(counter.take, token, answer)
            except (ClientDisconnect, TimeoutError):
                return Response(status_code=408)
        return draw_words(500, "Something broke", "Your answer may not have been taken.", _IN_SLACK)

    return [Route(f"{PATH}{{token}}", attend, methods=["GET", "POST"])]


async def _read_answer(request: Request) -> str:
    """The pressed button's word; nothing when the form is larger than ours or none."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get("answer", [""])[0]


def _page_of(run: Run, claim: Claim) -> Page:
    page = run.pages.page(claim.page)
    if page is None:
        raise Unknown(claim.run_id)
    return page

"""The addresses of the page."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.workspace.delivery import Delivery
from bot.workspace.faults import Dial
from bot.workspace.page.acts import ACTS, Act, PageActions
from bot.workspace.page.draw import PostRate, knock, page
from bot.workspace.page.feed import changes_for
from bot.workspace.page.guard import Guard
from bot.workspace.page.scene import HOME, Viewer
from bot.workspace.state import Json, State, User

_LARGEST = 1024 * 1024
Endpoint = Callable[[Request], Awaitable[Response]]


def page_routes(state: State, delivery: Delivery, token: str, dial: Dial) -> list[BaseRoute]:
    """Return the routes of the page, behind the door that asks for ``token``; they take every path that is left."""
    pages = WorkspacePages(state, delivery, dial)
    acts = [Route(f"/as/{{user}}/{path}", pages.acting(act), methods=["POST"]) for path, act in ACTS.items()]
    routes = [
        Route("/", pages.enter),
        Route("/as/{user}", pages.enter),
        Route("/as/{user}/feed", pages.follow),
        Route("/as/{user}/with/{other}", pages.meet),
        Route("/as/{user}/file/{file}/{name:path}", pages.download),
        *acts,
        Route("/as/{user}/{place}/say", pages.at_place(PageActions.say), methods=["POST"]),
        Route("/as/{user}/{place}/read", pages.at_place(PageActions.read), methods=["POST"]),
        Route("/as/{user}/archives/{place}/{mark}", pages.find),
        Route("/archives/{place}/{mark}", pages.find),
        Route("/as/{user}/{place}", pages.look),
        Route("/{rest:path}", lambda _: _lost()),
    ]
    looks = Mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    return [looks, Mount("/", routes=routes, middleware=[Middleware(Guard, token=token)])]


@dataclass(frozen=True)
class WorkspacePages:
    """The endpoints."""

    state: State
    delivery: Delivery
    dial: Dial

    def enter(self, request: Request) -> Response:
        """Lead to the first person's, or this person's, first channel."""
        user = self._person(request) if "user" in request.path_params else next(iter(self._people()), None)
        if user is None:
            return _lost()
        return _go(f"/as/{user.id}/{self._first_place(user)}")

    def meet(self, request: Request) -> Response:
        """Open the DM with somebody."""
        user, other = self._person(request), self.state.directory.user(str(request.path_params["other"]))
        if user is None or other is None:
            return _lost()
        return _go(f"/as/{user.id}/{self.state.directory.open_dm([user.id, other.id]).id}")

    def look(self, request: Request) -> Response:
        """Show the page; a place this person is not in leads to their first one."""
        user, place = self._person(request), str(request.path_params["place"])
        if user is None:
            return _lost()
        if place != HOME and not self._is_in(user, place):
            return _go(f"/as/{user.id}/{self._first_place(user)}")
        thread = request.query_params.get("thread", "") if place != HOME else ""
        if thread and self.state.talk.message(place, thread) is None:
            return _go(f"/as/{user.id}/{place}")
        return HTMLResponse(page(Viewer(self.state, user, place, thread), PostRate(fast=not self.dial.pacing)))

    def find(self, request: Request) -> Response:
        """Lead a link to a message (`chat.getPermalink`) to its thread; without a person, as the first who may."""
        place, mark = str(request.path_params["place"]), str(request.path_params["mark"])
        mine = [each for each in self._people() if self._is_in(each, place)]
        user = self._person(request) if "user" in request.path_params else next(iter(mine), None)
        if user is None:
            return _lost()
        message = self.state.talk.message(place, f"{mark[1:-6]}.{mark[-6:]}") if user in mine else None
        thread = f"?thread={quote(message.thread_ts or message.ts)}" if message is not None else ""
        return _go(f"/as/{user.id}/{quote(place)}{thread}")

    async def follow(self, request: Request) -> Response:
        """Tell the page of changes for as long as it is open."""
        user = self._person(request)
        if user is None:
            return _lost()
        return StreamingResponse(changes_for(self.state, user.id), media_type="text/event-stream")

    def download(self, request: Request) -> Response:
        """Send a file that was shared where this person can see it."""
        user, file = self._person(request), self.state.files.file(str(request.path_params["file"]))
        content = self.state.files.content(file.id) if file else None
        if user is None or file is None or content is None or not self._shared_with(user, file.channels):
            return _lost()
        name = quote(file.name.replace("/", "_"))
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(content, media_type="application/octet-stream", headers=headers)

    def acting(self, act: Act) -> Endpoint:
        """Build the endpoint of an act that names its place itself."""

        async def endpoint(request: Request) -> Response:
            user = self._person(request)
            if user is None:
                return _lost()
            asked = await _asked(request)
            return JSONResponse(await act(PageActions(self.state, self.delivery, user, asked)))

        return endpoint

    def at_place(self, act: Callable[[PageActions, str], Awaitable[Json]]) -> Endpoint:
        """Build the endpoint of an act in the channel that is open."""

        async def endpoint(request: Request) -> Response:
            user, place = self._person(request), str(request.path_params["place"])
            if user is None or not (place == HOME or self._is_in(user, place)):
                return _lost()
            return JSONResponse(await act(PageActions(self.state, self.delivery, user, await _asked(request)), place))

        return endpoint

    def _people(self) -> list[User]:
        return [each for each in self.state.directory.users() if not each.is_bot and not each.deleted]

    def _person(self, request: Request) -> User | None:
        user = self.state.directory.user(str(request.path_params["user"]))
        return None if user is None or user.is_bot or user.deleted else user

    def _is_in(self, user: User, place: str) -> bool:
        found = self.state.directory.channel(place)
        return found is not None and user.id in found.members

    def _first_place(self, user: User) -> str:
        """The first channel of the seed that this person is in: where people arrive."""
        mine = (each for each in self.state.directory.channels() if user.id in each.members and not each.is_im)
        return next((each.id for each in mine), HOME)

    def _shared_with(self, user: User, places: tuple[str, ...]) -> bool:
        return any(self._is_in(user, place) for place in places)


async def _asked(request: Request) -> Json:
    body = await request.body()
    try:
        asked = json.loads(body) if len(body) <= _LARGEST else {}
    except ValueError:
        asked = {}
    return asked if isinstance(asked, dict) else {}


def _go(path: str) -> Response:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def _lost() -> Response:
    words = "Nothing is here. Go back to where you were, or open the workspace anew."
    return HTMLResponse(knock("There is no such page.", words), HTTPStatus.NOT_FOUND)

"""The pages and the API, made when somebody asks for them or once everything else is ready: clicks come first."""

import threading
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Mount
from starlette.types import ExceptionHandler, Receive, Scope, Send

from bot.wiring.house import House

if TYPE_CHECKING:
    from bot.web.pages.routes import WebPages


class LatePages:
    """An application for every address that nothing else answers. Safe to ask from several threads."""

    def __init__(self, house: House, not_there: ExceptionHandler) -> None:
        """Nothing is made yet; `not_there` answers for an address that the pages do not know either."""
        self._house, self._not_there = house, not_there
        self._making = threading.Lock()
        self._pages: WebPages | None = None
        self._app: Starlette | None = None

    @property
    def routes(self) -> tuple[BaseRoute, ...]:
        """The route that leads here; it takes whatever is left, so it stands last."""
        return (Mount("/", app=self),)

    def make(self) -> Starlette:
        """Make them, once."""
        with self._making:
            if self._app is None:
                # What they are made of takes 0.3 s to import and to build (measured 2026-11): the start goes without.
                from bot.wiring.reading import open_pages

                self._pages = open_pages(self._house)
                self._app = Starlette(routes=list(self._pages.routes), exception_handlers={404: self._not_there})
            return self._app

    def close(self) -> None:
        """Let go of whoever reads live."""
        if self._pages is not None:
            self._pages.live.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, on a thread while they are being made."""
        app = self._app
        if app is None:
            app = await run_in_threadpool(self.make)
        await app(scope, receive, send)

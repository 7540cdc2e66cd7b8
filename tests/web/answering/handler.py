"""Links of a run that pages people, and what they are answered."""

from datetime import datetime

import httpx

from bot.journal.store import Journal
from bot.run.commands import Tick
from bot.run.paging.events import PageAnswered, PageDeclined
from bot.run.situation import FrozenRung
from bot.run.state import Run
from bot.web.answering.link import VALID, Claim, derive_secret, write_token
from bot.web.answering.routes import Counter, answer_routes
from tests.engine.office import Office
from tests.story import ORDERS, PEOPLE
from tests.web.asgi import ask

SECRET = derive_secret("a secret of the test, long enough")


class Answering:
    """A run on whose first page Ana and Ben are, Chen on the next rung."""

    asset = ORDERS

    def __init__(self, journal: Journal, name: str = "id", **start: object) -> None:
        self.office = Office(journal, name=name)
        self.known = {one.id for one in PEOPLE}
        rungs = (
            FrozenRung(0, ("team:data",), ("ana", "ben"), ("slack", "pager")),
            FrozenRung(600, ("person:chen",), ("chen",), ("slack", "pager")),
        )
        started = self.office.start("walk", by="dora", rungs=rungs, reason="again", **start)  # type: ignore[arg-type]
        self.run = self.office.handler.handle(started.id, Tick(), "clock", "clock").run
        counter = Counter(self.office.handler, lambda: SECRET, self.known.__contains__, lambda: self.office.at)
        self.routes = answer_routes(counter)

    def now(self) -> Run:
        """The run as it is."""
        return self.office.handler.load(self.run.id)

    def link(self, person: str = "ana", page: int = 1, secret: bytes = SECRET, at: datetime | None = None) -> str:
        """The path of a link that was sent when the page was called."""
        expires = (at or self.run.pages.pages[0].at) + VALID
        return f"/answer/{write_token(secret, Claim(self.run.id, page, person, expires))}"

    def look(self, path: str, method: str = "GET") -> httpx.Response:
        """Open a link."""
        return ask(self.routes, method, path)

    def press(self, path: str, answer: str = "on") -> httpx.Response:
        """Press a button."""
        kind = {b"content-type": b"application/x-www-form-urlencoded"}
        return ask(self.routes, "POST", path, f"answer={answer}".encode(), kind)

    def answers(self) -> list[tuple[str, str, str]]:
        """Who answered what, and by which way."""
        words = {PageAnswered: "on", PageDeclined: "cannot"}
        return [
            (stamp.by, words[type(event)], stamp.via)
            for _, event, stamp in self.office.handler.history(self.run.id)
            if isinstance(event, PageAnswered | PageDeclined)
        ]

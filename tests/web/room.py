"""Pages over a record of their own: stories go into it, and what a browser would get comes out."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import httpx
from starlette.requests import Request
from starlette.responses import Response

from bot.engine import CommandHandler
from bot.engine.gathering import Around, Gatherer
from bot.engine.reading import fold
from bot.format.runbook import Runbook
from bot.journal.rows import row_of
from bot.journal.store import Journal
from bot.journal.transaction import WriteTransaction
from bot.library.registry import Registry, load_shelf
from bot.oncall.roster import Roster
from bot.render.report.formats import Templates
from bot.run.events import Event, Started
from bot.run.situation import Stamp
from bot.run.state import Run
from bot.settings import Address
from bot.slack.survey import survey
from bot.stopping import Stopping
from bot.web.access.loopback import loopback_access
from bot.web.pages.reader import Access, PageReader
from bot.web.pages.routes import WebPages, build_pages
from bot.web.pages.views.sources import Sources, sources_of
from bot.wiring.process.webserver import address_of, listen_on, serve_web
from tests.story import NOON, Story
from tests.web.asgi import ask

SHIPPED = Path(__file__).parent.parent.parent / "runbooks"
HERE = {b"host": b"127.0.0.1:8080"}
NOTHING_AROUND = Around(lambda _catalogue, _at: frozenset(), lambda: None)
TOKEN = "printed-at-the-start"
_numbers = count(1)


def after_the_first_visit(judge: Access) -> Access:
    """As for a browser that came by the printed address before, and keeps the cookie since."""

    def look(request: Request) -> PageReader | Response:
        port = (request.scope.get("server") or ("", 0))[1] or 0
        kept = (b"cookie", f"handrail-{port}={TOKEN}".encode())
        return judge(Request({**request.scope, "headers": [*request.scope["headers"], kept]}))

    return look


@dataclass
class Room:
    """A journal with runs in it, the shipped runbooks, and the pages of both."""

    journal: Journal
    registry: Registry
    pool: ThreadPoolExecutor
    access: Access = field(default_factory=lambda: after_the_first_visit(loopback_access("127.0.0.1", TOKEN)))
    at: datetime = NOON + timedelta(hours=1)

    def __post_init__(self) -> None:
        self.books: dict[str, Runbook] = {}
        self.handler = CommandHandler(self.journal, self.books.__getitem__, lambda: self.at, self.new_id, self._ring)
        self.pages: WebPages = build_pages(self.sources(), self.access, self.pool)

    def sources(self) -> Sources:
        """What pages and API are made of; nobody is called but whom the catalogue names."""
        roster = Roster(lambda: self.registry.catalogue.people)
        on_call = partial(survey, self.registry.catalogue, roster)
        return sources_of(
            self.handler, self.registry, lambda: self.at, Templates(), lambda asset: on_call(self.at, asset),
            Gatherer(self.journal, self.registry, self.books.__getitem__, NOTHING_AROUND, lambda: self.at),
        )  # fmt: skip

    @staticmethod
    def new_id() -> str:
        return f"made-{next(_numbers):06}"  # in order as text too, however many were made before

    def _ring(self, run_id: str, _due: datetime | None) -> None:
        self.pages.live.ring(run_id)

    def keep(self, story: Story, ref: str = "ORDERS-7") -> Run:
        """Put a story into the record under a ref; the run as it stands."""
        run_id, digest = self.new_id(), f"{next(_numbers):064x}"
        self.books[digest] = story.book
        (first, stamp), *rest = story.history
        assert isinstance(first, Started)
        happened: list[tuple[Event, Stamp]] = [(replace(first, ref=ref, digest=digest), stamp), *rest]

        def write(transaction: WriteTransaction) -> None:
            transaction.pin_texts({digest: (story.book.id, "text")}, stamp.at)
            hash_ = transaction.append(run_id, 0, digest, happened, self.new_id)
            run = fold(run_id, transaction.records(run_id, 0), self.books.__getitem__)
            transaction.add_run(row_of(run, hash_))

        self.journal.write(write)
        return self.handler.load(run_id)

    def mark_as_evidence(self, run: Run) -> None:
        """As if the run had been imported though its record breaks the law."""
        found = self.journal.head(run.id)
        assert found is not None
        stamp = Stamp(self.at, "unverified: root", "import")
        self.journal.write(
            lambda transaction: transaction.note_arrival(run.id, run.seq, found[1], stamp, "a file", evidence=True)
        )

    def look(self, path: str, headers: Mapping[bytes, bytes] = HERE) -> httpx.Response:
        """What a page answers."""
        return ask(self.pages.routes, "GET", path, headers=dict(headers))

    def read(self, path: str) -> str:
        """The HTML of a page that has to be there."""
        answer = self.look(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    @contextmanager
    def open(self) -> Iterator[str]:
        """The pages as a web server has them; its address."""
        stopping = Stopping()
        with closing(listen_on(Address("127.0.0.1", 0))) as bound:
            serving = threading.Thread(
                target=serve_web, args=(self.pages.routes, bound, stopping, self.pages.live.close)
            )
            serving.start()
            try:
                yield address_of(bound)
            finally:
                stopping.set()
                serving.join(30)
                assert not serving.is_alive(), "a reader held the end"


@contextmanager
def open_room(journal: Journal, folder: Path = SHIPPED) -> Iterator[Room]:
    """A room whose threads end with it."""
    with ThreadPoolExecutor(3) as pool:
        yield Room(journal, load_shelf(folder), pool)

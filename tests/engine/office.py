"""A desk to test at: its runbooks by digest, a clock that is wound by hand, ids that count."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from bot.engine import CommandHandler, Outcome, StartPlan
from bot.engine.travel import export_run
from bot.format.runbook import Runbook
from bot.journal.chain import text_digest
from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.run.commands import AsksBack, Command, Finish, Here
from bot.run.places import Over
from bot.run.state import Run
from tests.places import migrated
from tests.story import NOON, book_of, start_command

WALK = """
steps:
  - {id: look, do: Look at it, go: {ok: fix, problem: hold}, max_visits: 1000}
  - {id: fix, do: Repair it, go: {ok: look, problem: done}, max_visits: 1000}
  - {id: hold, decide: Decide what now, max_visits: 20,
     options: [{id: again, label: Again, when: Fine., go: look}, {id: stop, label: Stop, when: Bad., go: done}],
     go: {unsure: hold}}
  - {id: done, end: Stop here, outcome: aborted}
"""
SIGNING = """
steps:
  - {id: look, do: Look at it, go: {ok: sign}}
  - {id: sign, signoff: Sign for it, from: [data_owner], go: {approved: done, rejected: hold, expired: hold}}
  - {id: hold, decide: Decide what now, max_visits: 20,
     options: [{id: again, label: Again, when: Fine., go: sign}, {id: stop, label: Stop, when: Bad., go: done}],
     go: {unsure: hold}}
  - {id: done, end: Stop here, outcome: aborted}
"""


class Office:
    """A desk, and what it was given by the door."""

    def __init__(
        self, journal: Journal, books: Mapping[str, str] | None = None,
        plan_call: Callable[[Run], StartPlan] | None = None, *, name: str = "id",
    ) -> None:  # fmt: skip
        self.journal = journal
        self.at = NOON
        self.changes: list[tuple[str, datetime | None]] = []
        self._numbers = count(1)
        self._name = name
        texts = books if books is not None else {"walk": WALK, "signing": SIGNING}
        self.texts = {text_digest(text): text for text in texts.values()}
        self.digests = {name: text_digest(text) for name, text in texts.items()}
        self.books = {self.digests[name]: self._book(name, text) for name, text in texts.items()}
        self.handler = CommandHandler(
            journal, self.book_of, lambda: self.at, self.new_id, lambda *change: self.changes.append(change), plan_call
        )

    @staticmethod
    def _book(name: str, text: str) -> Runbook:
        return book_of(text).model_copy(update={"id": name})

    def book_of(self, digest: str) -> Runbook:
        """The runbook of a text that this office knows."""
        return self.books[digest]

    def new_id(self) -> str:
        """An id that nobody had here."""
        return f"{self._name}-{next(self._numbers)}"

    def later(self, **span: float) -> None:
        """Wind the clock."""
        self.at += timedelta(**span)

    def plan(self, book: str = "walk", word: str = "ORDERS", **changes: object) -> StartPlan:
        """A start of one of the runbooks."""
        digest = self.digests[book]
        start = replace(start_command(ref="", digest=digest), **changes)  # type: ignore[arg-type]
        called = {one: self.texts[one] for one in start.calls.values()}
        return StartPlan(start, self.books[digest], {digest: self.texts[digest], **called}, word)

    def start(self, book: str = "walk", *, by: str = "ana", key: str | None = None, **changes: object) -> Run:
        """Start a run."""
        return self.handler.start(self.plan(book, "ORDERS", **changes), by, "slack", key).run

    def export(self, run_id: str) -> list[str]:
        """A run as it travels, line by line."""
        row = self.journal.run_row(run_id)
        assert row is not None
        return list(export_run(self.journal, row, self.at))

    def place(self, run_id: str) -> Here:
        """The step and visit where a run stands."""
        here = self.handler.load(run_id).here
        assert not isinstance(here, Over), "the run is over"
        return Here(here.step, here.visit)

    def finish(
        self, run_id: str, outcome: str = "ok", *, by: str = "ana", note: str = "", key: str | None = None
    ) -> Outcome:
        """Press Done (or There is a problem) on the step where the run stands."""
        at = self.place(run_id)
        return self.press(run_id, Finish(at.step, at.visit, outcome, note=note), by, key=key)

    def press(self, run_id: str, command: Command, by: str = "ana", *, key: str | None = None) -> Outcome:
        """Press, and go on where it is asked back whether that is meant."""
        try:
            return self.handler.handle(run_id, command, by, "slack", key)
        except AsksBack as asked:
            return self.handler.handle(run_id, asked.again, by, "slack", key)


@contextmanager
def open_elsewhere(folder: Path) -> Iterator[Office]:
    """Another office, on a SQLite file of its own: a laptop, say."""
    engine = open_engine(f"sqlite:///{folder}/elsewhere.db")
    migrated(engine)
    yield Office(Journal(engine), name="elsewhere")
    engine.dispose()

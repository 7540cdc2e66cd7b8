"""What those who look are sent when something changed: the new entries of a run, or the board as it is now."""

import hashlib
import json
from collections.abc import Sequence

from bot.render.prose import say_place
from bot.run.state import Run
from bot.web.pages.chronicle import DrawnRecord
from bot.web.pages.live import Frame
from bot.web.pages.views.board import draw_board
from bot.web.pages.views.facts import PageFacts
from bot.web.pages.views.run import draw_now, mark_of, say_news
from bot.web.pages.views.sources import NotThere, Sources

BOARD = "board"
"""The subject that every run belongs to; no run has this id."""
_MANY = 100
"""Entries that are sent one by one; a reader who missed more looks at the whole page again."""


class Showing:
    """Marks and frames of runs and of the board; see `live`."""

    def __init__(self, sources: Sources) -> None:
        """Take the sources; nothing is read yet."""
        self._sources = sources

    def mark(self, subject: str) -> str:
        """What there is to see of a run (`mark_of`); of the board, a digest of every open run's last record."""
        if subject == BOARD:
            return mark_of_board(self._sources)
        seq = self._sources.handler.load(subject).seq
        return mark_of(seq, self._sources.facts.due(subject, seq))

    def frame(self, subject: str, since: str) -> Frame:
        """What leads a reader of `since` to now."""
        if subject == BOARD:
            mark = self.mark(BOARD)
            return _frame(mark, now=str(draw_board(self._sources)))
        told = self._sources.chronicle.tell(subject)
        row = self._sources.handler.journal.run_row(subject)
        if row is None:
            raise NotThere("There is no such run.")
        seen, _, summed_up = since.partition(".")
        fresh = told.since(int(seen)) if seen.isdecimal() else None
        due = self._sources.facts.due(subject, told.run.seq)
        if fresh is None or len(fresh) > _MANY:
            return _frame(mark_of(told.run.seq, due), reload=True)
        facts = self._sources.facts.recent(row) if str(due) != summed_up else None
        mark = mark_of(told.run.seq, facts.seq if facts else due)
        return _run_frame(self._sources, row.ref, told.run, fresh, facts, mark)


def mark_of_board(sources: Sources) -> str:
    """The state of the board by a name."""
    heads = [(row.run_id, row.head) for row in sources.handler.open_runs()]
    return hashlib.sha256(repr(heads).encode()).hexdigest()[:16]


def _run_frame(
    sources: Sources, ref: str, run: Run, fresh: Sequence[DrawnRecord], facts: PageFacts | None, mark: str
) -> Frame:
    news = {"told": str(facts.html)} if facts is not None else {}
    return _frame(
        mark, now=str(draw_now(sources, run)), entries=[str(one.html) for one in fresh],
        said=say_news(tuple(fresh)), title=f"{ref}: {say_place(run)}", **news,
    )  # fmt: skip


def _frame(mark: str, **news: object) -> Frame:
    return Frame(mark, json.dumps(news, ensure_ascii=False, separators=(",", ":")).encode())

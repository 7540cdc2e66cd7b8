"""What those who look are sent when something changed: the new entries of a run, or the board as it is now."""

import hashlib
import json
from collections.abc import Sequence

from bot.core.run import Run
from bot.render.prose import say_place
from bot.web.pages.chronicle import Entry
from bot.web.pages.live import Frame
from bot.web.pages.views.board import draw_board
from bot.web.pages.views.run import draw_now, say_news
from bot.web.pages.views.sources import Sources

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
        """A run's last record; of the board, a digest of every open run's."""
        if subject != BOARD:
            return str(self._sources.desk.load(subject).seq)
        return mark_of_board(self._sources)

    def frame(self, subject: str, since: str) -> Frame:
        """What leads a reader of `since` to now."""
        if subject == BOARD:
            mark = self.mark(BOARD)
            return _frame(mark, now=str(draw_board(self._sources)))
        told = self._sources.chronicle.tell(subject)
        fresh = told.since(int(since)) if since.isdecimal() else None
        if fresh is None or len(fresh) > _MANY:
            return _frame(str(told.run.seq), reload=True)
        return _run_frame(self._sources, told.run, fresh)


def mark_of_board(sources: Sources) -> str:
    """The state of the board by a name."""
    heads = [(row.run_id, row.head) for row in sources.desk.open_runs()]
    return hashlib.sha256(repr(heads).encode()).hexdigest()[:16]


def _run_frame(sources: Sources, run: Run, fresh: Sequence[Entry]) -> Frame:
    return _frame(
        str(run.seq), now=str(draw_now(sources, run)), entries=[str(one.html) for one in fresh],
        said=say_news(tuple(fresh)), title=f"{run.start.ref}: {say_place(run)}",
    )  # fmt: skip


def _frame(mark: str, **news: object) -> Frame:
    return Frame(mark, json.dumps(news, ensure_ascii=False, separators=(",", ":")).encode())

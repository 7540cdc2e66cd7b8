"""Runs by the words that somebody remembers of them, the newest first, a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select

from bot.journal import rows, tables
from bot.journal.rows import RunRow
from bot.journal.store import Journal

MOST_WORDS, LONGEST_WORD = 6, 60
_run, _words = tables.run.c, tables.words.c
_COLUMNS = (
    _run.ref, _run.asset, _run.asset_name, _run.title, _run.runbook, _run.operator_name, _run.step_title, _run.outcome,
    _run.mode,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs are looked for: every word has to occur; the rest narrows it. `before` is the last of the page before.

    `state` is ``open`` or ``ended``; `since` is the earliest start.
    """

    words: tuple[str, ...] = ()
    asset: str | None = None
    runbook: str | None = None
    state: str | None = None
    before: RunRow | None = None
    since: datetime | None = None


def words_of(query: str) -> tuple[str, ...]:
    """The words of a query as typed; what is beyond `MOST_WORDS` and `LONGEST_WORD` is left out."""
    return tuple(dict.fromkeys(word[:LONGEST_WORD] for word in query.replace("\0", " ").split()))[:MOST_WORDS]


class Search:
    """Looks in what lists say of a run and in the words that people typed. It keeps no index.

    So nothing can be found any more once it is erased. What was recorded as values, commands or secrets is not looked
    at.
    """

    def __init__(self, journal: Journal) -> None:
        """Take the journal; nothing is read yet."""
        self._journal = journal

    def runs(self, wanted: Wanted, many: int) -> list[RunRow]:
        """The newest runs that are wanted, at most `many`."""
        statement = rows.NEWEST.where(*_conditions(wanted)).order_by(_run.run_id.desc())
        return [RunRow(**row._mapping) for row in self._journal.read(statement, many=many)]  # noqa: SLF001  (public)

    def ended(self, many: int) -> list[RunRow]:
        """The runs that ended last."""
        statement = rows.NEWEST.where(_run.state == "ended").order_by(None).order_by(_run.ended_at.desc())
        return [RunRow(**row._mapping) for row in self._journal.read(statement, many=many)]  # noqa: SLF001  (public)


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    narrowed: Sequence[tuple[ColumnElement[str], str | None]] = (
        (_run.asset, wanted.asset), (_run.runbook, wanted.runbook), (_run.state, wanted.state),
    )  # fmt: skip
    yield from (column == value for column, value in narrowed if value is not None)
    yield from (_holds(word) for word in wanted.words)
    if wanted.since is not None:
        yield _run.started_at >= wanted.since
    if wanted.before is not None:
        at, run_id = wanted.before.started_at, wanted.before.run_id
        yield or_(_run.started_at < at, and_(_run.started_at == at, _run.run_id < run_id))


def _holds(word: str) -> ColumnElement[bool]:
    """That a run's row, or something typed in it, holds the word, in whatever case."""
    typed = select(_words.seq).where(_words.run_id == _run.run_id, _words.text.icontains(word, autoescape=True))
    return or_(*(column.icontains(word, autoescape=True) for column in _COLUMNS), typed.exists())

"""Runs found again: by words that somebody remembers, and by what was said of them once they were over."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, and_, func, or_, select

from bot.journal import rows, tables
from bot.journal.rows import RunRow
from bot.journal.store import Journal

MOST_WORDS, LONGEST_WORD = 6, 60
_run, _words, _given = tables.run.c, tables.words.c, tables.given.c
_UNASKABLE = re.compile("[\x00\ud800-\udfff]")
"""What no database takes."""
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
    return tuple(dict.fromkeys(word[:LONGEST_WORD] for word in _UNASKABLE.sub(" ", query).split()))[:MOST_WORDS]


class Search:
    """Looks in what lists say of a run, in the words that people typed, and in the values that were given.

    Words that are erased are found no more, nor are the values of the record that held them. Secrets are in no record;
    blind answers are not found before they were compared. Commands are not looked at.

    Measured 2026-11 over 1,000 runs (86,000 records, 8,000 values) on two cores, either database: one word 13 to 26 ms
    (63 beyond ASCII), two to six words 28 to 62 ms.
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

    def last_ended(self, by: Literal["asset", "runbook"]) -> list[RunRow]:
        """Of each asset or runbook the run of each mode that ended last; a live one only where data came back."""
        statement = rows.last_ended(by)
        return [RunRow(**row._mapping) for row in self._journal.read(statement)]  # noqa: SLF001  (public)


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
    """That a run's row, something typed in it, or a value that was given holds the word, in whatever case."""
    spelled = _spelled(word)
    listed = (column.icontains(one, autoescape=True) for column in _COLUMNS for one in spelled)
    said = or_(*(_words.text.icontains(one, autoescape=True) for one in spelled))
    typed = select(_words.seq).where(_words.run_id == _run.run_id, said)
    valued = select(_given.seq).where(
        _given.run_id == _run.run_id, _given.text.contains(word.casefold(), autoescape=True), ~_erased(), ~_is_hidden()
    )
    return or_(*listed, typed.exists(), valued.exists())


def _spelled(word: str) -> tuple[str, ...]:
    """A word as it may be written: SQLite, and PostgreSQL in the locale C, know no case beyond ASCII."""
    return (word,) if word.isascii() else tuple(dict.fromkeys((word, word.lower(), word.upper(), word.capitalize())))


def _erased() -> ColumnElement[bool]:
    """That words were erased in the record of a value."""
    words = tables.words.alias().c
    return (
        select(words.seq).where(words.run_id == _given.run_id, words.seq == _given.seq, words.text.is_(None)).exists()
    )


def _is_hidden() -> ColumnElement[bool]:
    """That the name of a value was answered blind and not compared since; then nothing that it held is found."""
    blind, compared = tables.given.alias().c, tables.given.alias().c
    shown = select(compared.seq).where(
        compared.run_id == blind.run_id, compared.name == blind.name, compared.compared, compared.seq >= blind.seq
    )
    return (
        select(blind.seq)
        .where(blind.run_id == _given.run_id, blind.name == _given.name, blind.blind, ~shown.exists())
        .exists()
    )


_run, _record = tables.run.c, tables.record.c
_TO_DO = select(_run.run_id, _run.head).where(_run.due_at.is_not(None), _run.outcome.is_not(None))
_KINDS = ("lesson-told", "follow-up-added")
_TOLD = select(_record.run_id).where(_record.kind.in_(_KINDS)).group_by(_record.run_id).order_by(func.max(_record.at))


class Following:
    """Asks the journal which runs to look at; what is in them is for whoever loads them."""

    def __init__(self, journal: Journal) -> None:
        """Take the journal; nothing is read yet."""
        self._journal = journal

    def to_do(self) -> list[tuple[str, int]]:
        """Runs that are over and still due for something, with their heads: those with follow-ups to do among them.

        A follow-up is reminded until it is done, so its run has a due time, and the index of due times finds it.
        """
        return [(row.run_id, row.head) for row in self._journal.read(_TO_DO)]

    def told(self) -> Sequence[str]:
        """Runs that ever had a lesson or a follow-up, the last told last. It reads through all records."""
        return [row.run_id for row in self._journal.read(_TOLD)]

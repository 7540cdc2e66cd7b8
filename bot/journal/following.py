"""Runs about which something was said once they were over: lessons, and follow-ups that are to be done."""

from collections.abc import Sequence

from sqlalchemy import func, select

from bot.journal import tables
from bot.journal.store import Journal

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

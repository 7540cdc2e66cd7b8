"""How Handrail itself stands, over all replicas: what is open, late, untold or not called, and who looked when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from bot.journal import tables
from bot.journal.store import Journal

_run, _record = tables.run.c, tables.record.c
_MOST = 50
_OPEN = select(_run.mode, func.count().label("many")).where(_run.state == "open").group_by(_run.mode)
_OVERDUE = (
    select(_run.ref, _run.asset, _run.due_at.label("since"))
    .where(_run.due_at <= bindparam("before"))
    .order_by(_run.due_at)
    .limit(_MOST)
)
_UNCALLED = (
    select(_run.ref, _run.asset, _run.call_at.label("since"))
    .where(_run.call_at <= bindparam("before"))
    .order_by(_run.call_at)
    .limit(_MOST)
)
_FIRST_UNTOLD = (_record.run_id == _run.run_id) & (_record.seq == _run.told + 1)
_UNTOLD = (
    select(_run.ref, _run.asset, _record.at.label("since"))
    .select_from(tables.run.join(tables.record, _FIRST_UNTOLD))
    .where(_run.told < _run.head, _run.imported.is_(False), _record.at <= bindparam("before"))
    .order_by(_record.at)
    .limit(_MOST)
)


@dataclass(frozen=True, slots=True)
class Late:
    """A run for which something should have been done since a time."""

    ref: str
    asset: str
    since: datetime


class StandingQueries:
    """Asks the database, and keeps nothing."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def open_by_mode(self) -> Mapping[str, int]:
        """How many runs are open, by mode."""
        return {row.mode: row.many for row in self._journal.read(_OPEN)}

    def overdue(self, now: datetime, by: timedelta) -> tuple[Late, ...]:
        """Runs that were due so long ago and that nobody ticked, the oldest first; at most 50."""
        return _late(self._journal.read(_OVERDUE, before=now - by))

    def uncalled(self, now: datetime, by: timedelta) -> tuple[Late, ...]:
        """Runs whose people should have been called beyond Slack so long ago, the oldest first; at most 50."""
        return _late(self._journal.read(_UNCALLED, before=now - by))

    def untold(self, now: datetime, by: timedelta) -> tuple[Late, ...]:
        """Runs of which something so old was not told in Slack, the oldest first; at most 50."""
        return _late(self._journal.read(_UNTOLD, before=now - by))


def _late(found: Sequence[Row[Any]]) -> tuple[Late, ...]:
    return tuple(Late(row.ref, row.asset, row.since) for row in found)

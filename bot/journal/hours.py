"""When somebody did anything in any run lately."""

from datetime import datetime

from sqlalchemy import bindparam, or_, select

from bot.journal import tables
from bot.journal.store import Journal

_run, _record = tables.run.c, tables.record.c
_ACTS = (
    select(_record.at, _run.ref)
    .join(tables.run, _run.run_id == _record.run_id)
    .where(
        or_(_run.ended_at.is_(None), _run.ended_at >= bindparam("since")),
        _record.by == bindparam("who"),
        _record.at >= bindparam("since"),
    )
    .order_by(_record.at)
)


def acts_of(journal: Journal, person: str, since: datetime) -> tuple[list[datetime], tuple[str, ...]]:
    """The moments since then, in order, and the runs that they were in; only runs are read that go on or just ended."""
    found = journal.read(_ACTS, who=person, since=since)
    return [row.at for row in found], tuple(dict.fromkeys(row.ref for row in found))

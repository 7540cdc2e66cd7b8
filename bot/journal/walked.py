"""What readiness asks of all runs at once: their rows, and who did anything in them, counted in the database."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, case, func, select

from bot.journal import tables
from bot.journal.store import Journal

_run, _record, _arrival = tables.run.c, tables.record.c, tables.arrival.c
_ROWS = select(
    _run.run_id, _run.head, _run.ref, _run.asset, _run.runbook, _run.digest, _run.mode, _run.requester, _run.operator,
    _run.outcome, _run.started_at, _run.ended_at, _run.rto,
).where(_run.run_id.in_(bindparam("runs", expanding=True)))  # fmt: skip
_HEADS = select(_run.run_id, _run.head)
_EVIDENCE = select(_arrival.run_id).where(_arrival.evidence).distinct()
_MANY = 400
"""Runs that are asked for by name; for more than that the whole record is read, in the database."""


def _count(kind: str) -> Any:  # noqa: ANN401  (a column)
    return func.sum(case((_record.kind == kind, 1), else_=0))


def _acts() -> Select[Any]:
    columns = (
        _record.run_id, _record.by, _record.via, _count("follow-up-added").label("follow_ups"),
        _count("follow-up-done").label("done"), _count("lesson-told").label("lessons"),
    )  # fmt: skip
    return select(*columns).group_by(_record.run_id, _record.by, _record.via)


_ALL = _acts()
_SOME = _acts().where(_record.run_id.in_(bindparam("runs", expanding=True)))
_EXITS = (
    select(_record.kind, _record.body, _record.at)
    .join(tables.run, _run.run_id == _record.run_id)
    .where(_run.runbook == bindparam("of"), _record.kind.in_(bindparam("kinds", expanding=True)))
)
_SINCE = select(_run.run_id).where(_run.started_at >= bindparam("since"), _run.run_id.not_in(_EVIDENCE))
_SINCE_BY = _SINCE.where(_run.runbook == bindparam("of"))


def _records_of(runs: Select[Any]) -> Select[Any]:
    kinds = _record.kind.in_(bindparam("kinds", expanding=True))
    columns = select(_record.run_id, _record.kind, _record.body, _record.at)
    return columns.where(_record.run_id.in_(runs), kinds).order_by(_record.run_id, _record.seq)


_WALKED, _WALKED_BY = _records_of(_SINCE), _records_of(_SINCE_BY)


@dataclass(slots=True)
class RunActors:
    """Who did anything in a run, by which ways, and what was told after it."""

    people: set[str]
    vias: set[str]
    follow_ups: int = 0
    done: int = 0
    lessons: int = 0


class Walked:
    """Asks the database, and keeps nothing."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def heads(self) -> dict[str, int]:
        """Every run, and its last number: what has another one than before is to be read again."""
        return {row.run_id: row.head for row in self._journal.read(_HEADS)}

    def rows(self, runs: Sequence[str]) -> Iterator[Row[Any]]:
        """The rows of these runs."""
        for first in range(0, len(runs), _MANY):
            yield from self._journal.read(_ROWS, runs=list(runs[first : first + _MANY]))

    def evidence(self) -> frozenset[str]:
        """Runs that were imported though they break the law: they prove nothing."""
        return frozenset(row.run_id for row in self._journal.read(_EVIDENCE))

    def acts(self, runs: Collection[str]) -> dict[str, RunActors]:
        """What was done in these runs."""
        wanted = set(runs)
        asked = {"runs": list(wanted)} if len(wanted) <= _MANY else {}
        found: dict[str, RunActors] = {}
        for row in self._journal.read(_SOME if asked else _ALL, **asked) if wanted else ():
            if row.run_id in wanted:
                acts = found.setdefault(row.run_id, RunActors(set(), set()))
                acts.people.add(row.by)
                acts.vias.add(row.via)
                acts.follow_ups += int(row.follow_ups)
                acts.done += int(row.done)
                acts.lessons += int(row.lessons)
        return found

    def bodies(self, runbook: str, kinds: Collection[str]) -> Iterator[tuple[str, str, datetime]]:
        """Kind, body and time of all records of these kinds in runs of a runbook."""
        for row in self._journal.read(_EXITS, of=runbook, kinds=list(kinds)):
            yield row.kind, row.body, row.at

    def records(self, kinds: Collection[str], since: datetime, runbook: str | None = None) -> Sequence[Row[Any]]:
        """Records of these kinds in runs that started since, run by run, in their order.

        Runs that were imported though they break the law are left out.
        """
        asked = {"kinds": list(kinds), "since": since}
        return self._journal.read(_WALKED_BY, of=runbook, **asked) if runbook else self._journal.read(_WALKED, **asked)

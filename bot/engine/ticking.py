"""Runs that are due, a batch in one transaction: each is held by one replica, ticked, and its row put right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.bulkhead import contain
from bot.journal.chain import Record
from bot.journal.rows import DueRow
from bot.journal.transaction import WriteTransaction
from bot.run.commands import Tick
from bot.run.paging.dues import next_due, propagation_due
from bot.run.state import Run

ERRAND_WITHIN = timedelta(seconds=5)
"""How long whoever ticked a run has for what goes between it and other runs, before another replica takes it up."""
SET_ASIDE = timedelta(seconds=30)
"""How long a run that cannot be ticked is left alone, so that it does not keep the others."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Nobody looked at the clock between these times."""

    since: datetime
    until: datetime

    def of(self, due_at: datetime) -> datetime | None:
        """Since when Handrail was down, for what was due meanwhile."""
        return self.since if self.since <= due_at <= self.until else None


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one look at the clock did: how many runs were due, and which of them have something for other runs."""

    due: int
    to_propagate: tuple[str, ...] = ()


class CannotTick(Exception):
    """One run of a batch broke; nothing of the batch was written. `__cause__` says why."""

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id


TickOne = Callable[[WriteTransaction, DueRow, Tick, Callable[[int], list[Record]]], Run]
"""Decides and writes within the open transaction; the run as it is then. It is given a way to the run's records."""


def tick_batch(
    transaction: WriteTransaction,
    now: datetime,
    many: int,
    outage: Outage | None,
    is_known: Callable[[str], bool],
    tick: TickOne,
) -> Sweep:
    """Tick the runs that are due and that no other replica holds; CannotTick names the one that broke.

    `now` counts on SQLite alone. Records of runs that are not known here are read for all of them at once.
    """
    due = transaction.hold_due(now, many)
    unknown = [row.run_id for row in due if not is_known(row.run_id)]
    ahead = transaction.records_of_many(unknown) if unknown else {}
    to_propagate = []
    for row in due:
        with contain() as ticking:
            run = tick(
                transaction,
                row,
                Tick(outage.of(row.due_at) if outage else None),
                _reader(transaction, row.run_id, ahead),
            )
        if isinstance(ticking.failure, SQLAlchemyError):
            raise ticking.failure
        if ticking.failure is not None:
            raise CannotTick(row.run_id) from ticking.failure
        if propagation_due(run) is not None:
            to_propagate.append(row.run_id)
            transaction.set_due(row.run_id, row.now + ERRAND_WITHIN)
        elif run.seq == row.head:
            _put_right(transaction, run, row)
    return Sweep(len(due), tuple(to_propagate))


def _reader(
    transaction: WriteTransaction, run_id: str, ahead: Mapping[str, list[Record]]
) -> Callable[[int], list[Record]]:
    def read(after: int) -> list[Record]:
        if run_id in ahead:
            return [record for record in ahead[run_id] if record.seq > after]
        return transaction.records(run_id, after)

    return read


def _put_right(transaction: WriteTransaction, run: Run, row: DueRow) -> None:
    """Nothing happened though the row is due: it says another time than the run, or the rules see nothing to do."""
    due = next_due(run)
    wanted = due.at if due is not None else None
    still_due = wanted is not None and wanted <= row.now
    transaction.set_due(row.run_id, row.now + SET_ASIDE if still_due else wanted)

"""Writers in a line: whoever comes while one transaction is written goes into the next one, together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Transaction
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.journal.writing import together
from bot.journal.writing.pen import Pen
from bot.journal.writing.spelling import Statements

T = TypeVar("T")
MOST = 64
"""Pieces of work in one transaction."""


def _locked() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@dataclass(eq=False, slots=True)
class _Job:
    """A piece of work, and what came of it. `turn` opens when it is done, or when its thread has to lead."""

    work: Callable[[Pen], Any]
    lightly: bool
    about: tuple[str, str | None] | None
    leads: bool = False
    turn: Lock = field(default_factory=_locked)
    pen: Pen | None = None
    result: Any = None
    error: BaseException | None = None


class Line:
    """One thread leads: it writes what everybody brought, and commits once.

    Work that raises before it wrote anything, as a refusal does, leaves nothing behind. Where one raises later, all are
    undone and written again one by one.

    SQLite has one writer at a time and each commit waits for the disk. Fifty threads that took turns spent their time
    handing over, as many waits for the disk as clicks; together they wait once (measured 2026-11: docs/benchmarks.md).
    With PostgreSQL the waits were for the interpreter: each answer of the server had to wait until a busy thread let go
    of it. There all runs are held by one statement and written by another, and the leader waits for nobody: work on a
    run that another process holds raises `Elsewhere`.
    """

    def __init__(self, engine: Engine, statements: Statements, settle: Callable[[Pen, DBAPIError], None]) -> None:
        """Take an engine; on SQLite one whose transactions the line begins itself.

        `settle` is asked when a commit failed: it returns when what this pen wrote was kept all the same.
        """
        self._engine, self._spelled, self._settle = engine, statements, settle
        self._is_alone = engine.dialect.name == "sqlite"
        self._guard = Lock()
        self._waiting: list[_Job] = []
        self._is_led = False

    def write(
        self, work: Callable[[Pen], T], *, lightly: bool = False, about: tuple[str, str | None] | None = None
    ) -> T:
        """Run `work` and commit it; what it raises undoes it, and it alone, and is raised again.

        `about` is the one run it writes to and the request's key; on PostgreSQL there is no other work in the line.
        """
        job = _Job(work, lightly, about)
        with self._guard:
            self._waiting.append(job)
            job.leads, self._is_led = not self._is_led, True
        if not job.leads:
            job.turn.acquire()
        if job.leads:
            self._lead()
        if job.error is not None:
            raise job.error
        result: T = job.result
        return result

    def _lead(self) -> None:
        """Write the first of those that wait, our own among them, and let the next one lead."""
        with self._guard:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            if not self._is_alone:
                batch, again = _one_for_each_run(batch)
                self._waiting = again + self._waiting
        try:
            self._write_together(batch)
        except BaseException as wrong:  # noqa: BLE001 (raised again, on the thread of each)
            for job in batch:
                job.error = job.error or wrong
        with self._guard:
            following = self._waiting[0] if self._waiting else None
            self._is_led = following is not None
        if following is not None:
            following.leads = True
            following.turn.release()
        for job in batch:
            if not job.leads:
                job.turn.release()

    def _write_together(self, batch: list[_Job]) -> None:
        with self._engine.connect() as connection, connection.begin() as transaction:
            if self._is_alone:
                self._begin(connection, lightly=all(job.lightly for job in batch))
            held = None if self._is_alone else self._hold(connection, batch)
            if all(self._do(job, connection, held) for job in batch) and self._flush(connection, batch):
                self._commit(transaction, batch)
                return
            transaction.rollback()
        for job in batch if len(batch) > 1 else ():
            self._write_together([job])

    def _commit(self, transaction: Transaction, batch: list[_Job]) -> None:
        try:
            transaction.commit()
        except DBAPIError as lost:
            for job in batch:
                self._ask_what_was_kept(job, lost)

    def _begin(self, connection: Connection, *, lightly: bool) -> None:
        level = "NORMAL" if lightly else "FULL"
        if connection.info.get("synchronous", "FULL") != level:
            self._spelled.synchronous[level].run(connection, {})
            connection.info["synchronous"] = level
        self._spelled.begin.run(connection, {})

    def _hold(self, connection: Connection, batch: list[_Job]) -> Mapping[str, Sequence[Any]]:
        return together.hold(connection, self._spelled.dialect, [job.about for job in batch if job.about])

    def _flush(self, connection: Connection, batch: list[_Job]) -> bool:
        """Write what all of them put off; False when that spoiled the transaction."""
        put = [one for job in batch if job.error is None and job.pen is not None for one in job.pen.put_off]
        try:
            together.write(connection, self._spelled.dialect, put)
        except DBAPIError as wrong:
            for job in batch:
                job.error = job.error or wrong
            return False
        return True

    def _do(self, job: _Job, connection: Connection, held: Mapping[str, Sequence[Any]] | None) -> bool:
        """Do one piece of work; False when it spoiled the transaction: it raised, and had written or met an error."""
        job.error, job.pen = None, Pen(connection, self._spelled, held)
        try:
            job.result = job.work(job.pen)
            if self._is_alone:
                job.pen.finish()
        except BaseException as wrong:  # noqa: BLE001 (as above)
            job.error = wrong
            return not (job.pen.has_marked or isinstance(wrong, SQLAlchemyError))
        return True

    def _ask_what_was_kept(self, job: _Job, lost: DBAPIError) -> None:
        if job.error is None and job.pen is not None:
            try:
                self._settle(job.pen, lost)
            except Exception as verdict:  # noqa: BLE001 (as above)
                job.error = verdict


def _one_for_each_run(batch: list[_Job]) -> tuple[list[_Job], list[_Job]]:
    """The first for each run, and those that come after one of the same run."""
    seen: dict[str, _Job] = {}
    for job in batch:
        if job.about is not None:
            seen.setdefault(job.about[0], job)
    now = list(seen.values())
    return now, [job for job in batch if job not in now]

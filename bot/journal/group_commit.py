"""Group commit, on SQLite: whoever comes while one transaction is written goes into the next one, together.

And how long a writer waits for a run, or a file, that somebody else holds, so that threads stay free for others.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Transaction
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.bulkhead import contain
from bot.journal.statements import Statements
from bot.journal.transaction import WriteTransaction

PATIENCE = 2.0
"""Seconds that a writer waits; Slack gives a click three. The database's own limits are as long."""
FEW, STANDSTILL = 8, 0.4
"""So many wait for the whole time. Any more leave when nobody has got through for so many seconds."""
AT_WORK = 10.0
"""Seconds that anybody waits for one of our own, whose disk is slow."""
_LOCK_NOT_AVAILABLE = "55P03"


class LockTimeout(Exception):
    """Somebody holds what was to be written to, and did not let go in time; nothing was written."""


def is_held(error: DBAPIError) -> bool:
    """Whether a database gave up waiting for somebody else, by its own limit."""
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE


class Waiters:
    """Those who wait for one thing: how long each of them may, and when one of them got through last."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._moved_at = clock, clock()
        self.is_at_work = False
        """Whether one of them has what they wait for just now, as far as that is known."""

    def has_moved(self) -> None:
        """One of them got through."""
        self._moved_at = self._clock()

    def wait(self, turn: Lock, place: int) -> bool:
        """Wait until `turn` opens, at this place of the queue, the first being 1; False for who has to leave."""
        came = self._clock()
        while (left := self._seconds_left(came, is_late=place > FEW)) > 0:
            if turn.acquire(timeout=left):
                return True
        return turn.acquire(blocking=False)

    def _seconds_left(self, came: float, *, is_late: bool) -> float:
        """Until we look again whether to leave; while one of us is at work, nobody else holds what we wait for."""
        now = self._clock()
        if self.is_at_work:
            return min(STANDSTILL, came + AT_WORK - now)
        until = came + PATIENCE
        return (min(until, max(self._moved_at, came) + STANDSTILL) if is_late else until) - now


class RunLocks:
    """One writer of this process at a time for each run: whoever waits for a run holds no connection."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._lines: dict[str, _Line] = {}

    @contextmanager
    def take(self, run_id: str) -> Iterator[None]:
        """Wait for the turn of a run, and have it; Held when it does not come in time, or is given up so."""
        with self._guard:
            line = self._lines.setdefault(run_id, _Line())
            line.many += 1
            place = line.many
        try:
            if not line.waiting.wait(line.turn, place):
                raise LockTimeout
            got_through = True
            try:
                yield
            except LockTimeout:
                got_through = False
                raise
            finally:
                if got_through:
                    line.waiting.has_moved()
                line.turn.release()
        finally:
            with self._guard:
                line.many -= 1
                if not line.many:
                    self._lines.pop(run_id, None)


class _Line:
    def __init__(self) -> None:
        self.turn, self.waiting, self.many = Lock(), Waiters(), 0


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

    work: Callable[[WriteTransaction], Any]
    lightly: bool
    leads: bool = False
    turn: Lock = field(default_factory=_locked)
    written: WriteTransaction | None = None
    result: Any = None
    error: BaseException | None = None
    is_kept: bool = False
    """Whether it is committed: whatever goes wrong after that is no failure of it."""


class GroupCommit:
    """One thread leads: it writes what everybody brought, and commits once.

    Work that raises before it wrote anything, as a refusal does, leaves nothing behind. Where one raises later, all are
    undone and written again one by one, and each has an answer of its own.

    SQLite has one writer at a time and each commit waits for the disk. Fifty threads that took turns spent their time
    handing over, as many waits for the disk as clicks; together they wait once (measured 2026-11: docs/benchmarks.md).
    """

    def __init__(
        self, engine: Engine, statements: Statements, settle: Callable[[WriteTransaction, DBAPIError], None]
    ) -> None:
        """Take an engine of SQLite whose transactions this begins itself.

        `settle` is asked when a commit failed: it returns when what this transaction wrote was kept all the same.
        """
        self._engine, self._spelled, self._settle = engine, statements, settle
        self._guard = Lock()
        self._waiting: list[_Job] = []
        self._patience = Waiters()
        self._is_led = False

    def write(self, work: Callable[[WriteTransaction], T], *, lightly: bool = False) -> T:
        """Run `work` and commit it; what it raises undoes it, and it alone, and is raised again.

        Held when another program holds the file. `lightly`: the commit need not wait for the disk.
        """
        job = _Job(work, lightly)
        with self._guard:
            self._waiting.append(job)
            place = len(self._waiting)
            job.leads, self._is_led = not self._is_led, True
        if not job.leads and not self._patience.wait(job.turn, place):
            self._leave(job)
        if job.leads:
            self._lead()
        if job.error is not None:
            raise job.error
        result: T = job.result
        return result

    def _leave(self, job: _Job) -> None:
        """Go away without having been written; whoever is being written already, or has to lead, stays."""
        with self._guard:
            if job in self._waiting and not job.leads:
                self._waiting.remove(job)
                job.error = LockTimeout()
                return
        job.turn.acquire()

    def _lead(self) -> None:
        """Write the first of those that wait, our own among them, and let the next one lead."""
        batch = self._write_together()
        with self._guard:
            following = self._waiting[0] if self._waiting else None
            self._is_led = following is not None
            if following is not None:
                following.leads = True
                following.turn.release()
        for job in batch:
            if not job.leads:
                job.turn.release()

    def _write_together(self) -> list[_Job]:
        """Take those whose turn it is once the file is ours, and write them; they, each with what came of it.

        Where the file is not to be had, that is the answer for everybody who waits.
        """
        batch: list[_Job] = []
        is_sound = True
        lightly = self._is_light()
        try:
            with self._begun(lightly=lightly) as (connection, transaction):
                self._patience.is_at_work = True
                batch = self._take(only_light=lightly)
                is_sound = all(self._do(job, connection) for job in batch)
                if is_sound:
                    self._commit(transaction, batch)
                    self._patience.has_moved()
                else:
                    transaction.rollback()
        except BaseException as wrong:  # noqa: BLE001 (raised again, on the thread of each)
            batch = batch or self._take(only_light=False)
            _fail(batch, wrong)
            return batch
        finally:
            self._patience.is_at_work = False
        if not is_sound and len(batch) > 1:
            for job in batch:
                self._write_alone(job)
                self._patience.has_moved()
        return batch

    def _write_alone(self, job: _Job) -> None:
        try:
            with self._begun(lightly=job.lightly) as (connection, transaction):
                if self._do(job, connection):
                    self._commit(transaction, [job])
                else:
                    transaction.rollback()
        except BaseException as wrong:  # noqa: BLE001 (as above)
            _fail([job], wrong)

    def _is_light(self) -> bool:
        with self._guard:
            return all(job.lightly for job in self._waiting[:MOST])

    def _take(self, *, only_light: bool) -> list[_Job]:
        with self._guard:
            first = [job for job in self._waiting if job.lightly or not only_light][:MOST]
            self._waiting = [job for job in self._waiting if job not in first]
        return first

    @contextmanager
    def _begun(self, *, lightly: bool) -> Iterator[tuple[Connection, Transaction]]:
        """A transaction that holds the file."""
        level = "NORMAL" if lightly else "FULL"
        with self._engine.connect() as connection, connection.begin() as transaction:
            if connection.info.get("synchronous", "FULL") != level:
                self._spelled.synchronous[level].run(connection, {})
                connection.info["synchronous"] = level
            try:
                self._spelled.begin.run(connection, {})
            except DBAPIError as busy:
                if is_held(busy):
                    raise LockTimeout from busy
                raise
            yield connection, transaction

    def _do(self, job: _Job, connection: Connection) -> bool:
        """Do one piece of work; False when it spoiled the transaction: it raised, and had written or met an error."""
        job.error, job.written = None, WriteTransaction(connection, self._spelled)
        try:
            job.result = job.work(job.written)
            job.written.finish()
        except BaseException as wrong:  # noqa: BLE001 (as above)
            job.error = wrong
            return not (job.written.has_marked or isinstance(wrong, SQLAlchemyError))
        return True

    def _commit(self, transaction: Transaction, batch: list[_Job]) -> None:
        try:
            transaction.commit()
        except DBAPIError as lost:
            for job in batch:
                self._ask_what_was_kept(job, lost)
        for job in batch:
            job.is_kept = job.error is None

    def _ask_what_was_kept(self, job: _Job, lost: DBAPIError) -> None:
        if job.error is None and job.written is not None:
            with contain() as verdict:
                self._settle(job.written, lost)
            job.error = verdict.failure


def _fail(batch: list[_Job], wrong: BaseException) -> None:
    """Say what went wrong to those that are not on record."""
    for job in batch:
        if not job.is_kept:
            job.error = job.error or wrong

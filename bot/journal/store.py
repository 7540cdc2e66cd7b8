"""The journal as the other rooms know it: write in one transaction, read runs and records, tell what is due."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Engine, Executable, Row, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from bot.journal import rows
from bot.journal.chain import Record, Unreadable, Verdict, decode, text_digest, verify_chain
from bot.journal.database import for_writing_beside, for_writing_in_line
from bot.journal.group_commit import GroupCommit, LockTimeout, RunLocks, is_held
from bot.journal.rows import Arrival, RunRow, Waiting
from bot.journal.statements import Statements
from bot.journal.transaction import WriteTransaction
from bot.run.events import Event
from bot.run.situation import Stamp, Via

T = TypeVar("T")
ATTEMPTS = 3
_COMMIT_FIRST = text("SET LOCAL synchronous_commit = off")
_REACH_DISK = text("SELECT pg_logical_emit_message(true, 'handrail', '')")
"""What enters the ledger commits first and reaches the disk then, by a commit that follows at once and holds nothing.

Entries stand in a row, so each waits for the commit before it; each would wait for the disk as well, one by one. Nobody
is answered before both, and the notifier tells nothing before its lease is committed, which lies behind both on disk.
"""
_HARDLY_WAIT = text("SET LOCAL lock_timeout = '100ms'")
ENTER_TABLES = text("LOCK TABLE record, run, inbox IN ROW EXCLUSIVE MODE")
"""What every click takes: it goes well beside other clicks, and not beside whoever keeps them out."""
_HELD = (
    "Nothing was recorded: somebody else holds this run, or the whole database, and does not let go. "
    "Try again in a moment."
)


class NotRecorded(Exception):
    """The record could not be written: nothing happened, and nobody may be told that it did."""


class Busy(NotRecorded):
    """Somebody else holds the run, or the database: nothing happened, and a moment later it may."""


class InDoubt(NotRecorded):
    """The database was lost at the commit and cannot be asked: nobody knows yet whether this was kept."""


class Journal:
    """Every record, and the rows around it, in one database. Safe to share between threads.

    On SQLite clicks share commits, since each waits for the disk. On PostgreSQL each is a transaction of its own, on
    connections that nobody reads on.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._statements = Statements(engine.dialect)
        self.judges = engine.dialect.name == "postgresql"
        self._writer = for_writing_beside(engine) if self.judges else for_writing_in_line(engine)
        self._group_commit = GroupCommit(self._writer, self._statements, self._settle)
        self._locks = RunLocks()

    def write(self, work: Callable[[WriteTransaction], T], *, run: str | None = None) -> T:
        """Run `work` in one transaction and commit it. What it raises undoes the transaction and is raised again.

        `run`: the run whose row it holds, if it is one; others who want that run wait here, without a connection.

        A connection that was lost before the commit is tried again; one lost at the commit is asked about afterwards.
        NotRecorded when nothing was kept (Busy: somebody else holds what it needs), InDoubt when nobody can say.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._write_once(work, run)
            except LockTimeout as held:
                raise Busy(_HELD) from held
            except IntegrityError as clash:
                # Somebody else took the same request, ref or number a moment ago: look again.
                if attempt == ATTEMPTS:
                    raise NotRecorded("The record could not be written: it clashed with another one.") from clash
            except DBAPIError as lost:
                if not lost.connection_invalidated or attempt == ATTEMPTS:
                    raise NotRecorded("The record could not be written: the database does not answer.") from lost
                self._forget_connections()
            except SQLAlchemyError as full:
                raise NotRecorded("The record could not be written: the database is too busy.") from full
        raise AssertionError("unreachable")

    def _write_once(self, work: Callable[[WriteTransaction], T], run: str | None) -> T:
        if not self.judges:
            return self._group_commit.write(work)
        with self._locks.take(run) if run is not None else nullcontext():
            try:
                return self._write_alone(work)
            except DBAPIError as error:
                if is_held(error):
                    raise LockTimeout from error
                raise

    def _write_alone(self, work: Callable[[WriteTransaction], T]) -> T:
        with self._writer.connect() as connection:
            begun = connection.begin()
            transaction = WriteTransaction(connection, self._statements)
            try:
                done = work(transaction)
                transaction.finish()
                if transaction.enters_ledger:
                    connection.execute(_COMMIT_FIRST)
            except BaseException:
                begun.rollback()
                raise
            try:
                begun.commit()
                if transaction.enters_ledger:
                    with connection.begin():
                        connection.execute(_REACH_DISK)
            except DBAPIError as lost:
                self._settle(transaction, lost)
        return done

    def _settle(self, transaction: WriteTransaction, lost: DBAPIError) -> None:
        """Find out whether a commit that failed was kept. Returns when it was; a lost one is tried again."""
        if transaction.written is None:
            raise lost
        run_id, seq, hash_ = transaction.written
        try:
            kept = self.hash_at(run_id, seq)
        except SQLAlchemyError:
            raise InDoubt(
                "The database was lost at the last moment, so nobody knows yet whether this was kept."
            ) from lost
        if kept != hash_:
            raise lost

    def is_free(self, run_id: str) -> bool:
        """Whether a run's row can be held within a tenth of a second: for who would keep many others waiting.

        On SQLite nobody holds one run alone.
        """
        if not self.judges:
            return True
        try:
            with self._writer.begin() as connection:
                connection.execute(_HARDLY_WAIT)
                connection.execute(rows.HOLD, {"run_id": run_id})
        except DBAPIError as error:
            if is_held(error):
                return False
            raise
        return True

    def read(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        """What one statement reads; asked once more when the connection turns out to be gone."""
        try:
            return self._read_once(statement, values)
        except DBAPIError as lost:
            if not lost.connection_invalidated:
                raise
            self._forget_connections()
            return self._read_once(statement, values)

    def _read_once(self, statement: Executable, values: Mapping[str, object]) -> Sequence[Row[Any]]:
        with self.engine.connect() as connection:
            return connection.execute(statement, dict(values)).all()

    def change(self, statement: Executable, values: Mapping[str, object] | Sequence[Mapping[str, object]]) -> int:
        """Run one statement that writes beside the records, in a transaction of its own; how many rows it changed."""
        return int(self._change(statement, values, lightly=False))

    def jot(self, statement: Executable, values: Mapping[str, object] | Sequence[Mapping[str, object]]) -> int:
        """As `change`, for what the notifier and the clock remember: on SQLite the commit does not wait for the disk.

        A kill loses nothing of it. A power cut may undo the last of it, back to the last commit that did wait.
        PostgreSQL writes for many at a time anyway: there it is as any other.
        """
        return int(self._change(statement, values, lightly=True))

    def _change(
        self,
        statement: Executable,
        values: Mapping[str, object] | Sequence[Mapping[str, object]],
        *,
        lightly: bool,
        first: Sequence[Executable] = (),
    ) -> Any:  # noqa: ANN401  (a number of rows, or what the statement returns)
        if not self.judges:
            try:
                return self._group_commit.write(
                    lambda transaction: transaction.change(statement, values), lightly=lightly
                )
            except LockTimeout as held:
                raise Busy(_HELD) from held
        try:
            with self._writer.begin() as connection:
                for one in first:
                    connection.execute(one)
                return WriteTransaction(connection, self._statements).change(statement, values)
        except DBAPIError as lost:
            if lost.connection_invalidated:
                self._forget_connections()
            raise

    def _forget_connections(self) -> None:
        """All others, of readers and of writers, were made to the same server that went away."""
        self.engine.dispose()
        if self._writer.pool is not self.engine.pool:
            self._writer.dispose()

    def run_row(self, run_id: str) -> RunRow | None:
        """A run's row, by its id."""
        return next((_run_row(row) for row in self.read(rows.BY_ID, run_id=run_id)), None)

    def find_run(self, ref: str) -> RunRow | None:
        """A run's row, by its ref in whatever case."""
        return next((_run_row(row) for row in self.read(rows.BY_REF, ref=ref.strip().upper())), None)

    def open_runs(self, asset: str | None = None) -> list[RunRow]:
        """Runs that are open, tier 1 first, the oldest first. One query.

        Those that ended and wait for the review of a broken glass are among them; not so when one asset is named, for
        they are in nobody's way.
        """
        found = self.read(rows.OPEN) if asset is None else self.read(rows.OPEN_ON, asset=asset)
        return [_run_row(row) for row in found]

    def newest_runs(self, many: int) -> list[RunRow]:
        """The newest runs, open or ended."""
        return [_run_row(row) for row in self.read(rows.NEWEST, many=many)]

    def run_ids(self) -> list[str]:
        """Every run that has a record, the oldest first."""
        return [row.run_id for row in self.read(rows.RUN_IDS)]

    def listed_ids(self) -> list[str]:
        """Every run that has a row: the same as `run_ids`, unless somebody meddled."""
        return [row.run_id for row in self.read(rows.LISTED_IDS)]

    def head(self, run_id: str) -> tuple[int, str, str] | None:
        """A run's last number and hash, and the digest of its runbook; None when there is no such run."""
        return next(((row.head, row.hash, row.digest) for row in self.read(rows.HEAD, run_id=run_id)), None)

    def hash_at(self, run_id: str, seq: int) -> str | None:
        """The hash of one record."""
        return next((row.hash for row in self.read(rows.HASH, run_id=run_id, seq=seq)), None)

    def records(self, run_id: str, after: int = 0) -> list[Record]:
        """A run's records after a number, in order, with the words beside them."""
        return rows.records_of(self.read, run_id, after)

    def history(self, run_id: str, after: int = 0) -> list[tuple[int, Event, Stamp]]:
        """A run's events after a number; Unreadable names the record that this version cannot read."""
        return list(events_of(self.records(run_id, after)))

    def verify(self, run_id: str, until: str | None = None) -> Verdict:
        """Recompute a run's chain, and compare its end with its row and its start with the runbook's text.

        `until` is a head that somebody holds.
        """
        records, columns = self.at_one_moment(run_id)
        return self.verify_records(records, columns, until)

    def verify_records(
        self, records: Sequence[Record], columns: Mapping[str, Any] | None, until: str | None = None
    ) -> Verdict:
        """As `verify`, for the records and the row of a run that were read before."""
        digest = _pinned_digest(records)
        verdict = verify_chain(digest, records, until=until, length=columns["head"] if columns else None)
        if verdict.sound and columns is not None and columns["hash"] != verdict.head:
            return replace(
                verdict, fault=f"The last record is not the one that was written last: {columns['hash']} was."
            )
        text = self.text_of(digest)
        if verdict.sound and (text is None or text_digest(text) != digest):
            lost = "is missing" if text is None else "was changed"
            return replace(verdict, fault=f"The text of the runbook that this run is pinned to {lost}.")
        return verdict

    def at_one_moment(self, run_id: str) -> tuple[list[Record], Mapping[str, Any] | None]:
        """A run's records and every column of its row; what somebody appends in between belongs to the next look."""
        columns, records, later = self._columns(run_id), self.records(run_id), self._columns(run_id)
        if columns is not None and later is not None and columns["head"] != later["head"]:
            records = [record for record in records if record.seq <= columns["head"]]
        return records, columns

    def _columns(self, run_id: str) -> Mapping[str, Any] | None:
        return next((dict(row._mapping) for row in self.read(rows.COLUMNS, run_id=run_id)), None)  # noqa: SLF001  (as below)

    def text_of(self, digest: str) -> str | None:
        """The text of a runbook that a run is pinned to."""
        return next((row.text for row in self.read(rows.TEXT, digest=digest)), None)

    def pinned(self, digest: str) -> tuple[str, str] | None:
        """The id and text of a runbook that a run is pinned to."""
        return next(((row.runbook, row.text) for row in self.read(rows.TEXT, digest=digest)), None)

    def arrivals(self, run_id: str) -> list[Arrival]:
        """From where a run was imported, each time; empty for one that was made here."""
        return [Arrival(**row._mapping) for row in self.read(rows.ARRIVALS, run_id=run_id)]  # noqa: SLF001  (as below)

    def relatives(self, run_id: str, ref: str, caller: str | None) -> list[str]:
        """The runs here that a run called, that go on from one of its ref, and the one that called it."""
        return [row.run_id for row in self.read(rows.RELATIVES, run_id=run_id, ref=ref, caller=caller or "")]

    def due(self, now: datetime, limit: int) -> list[str]:
        """Runs that are due, the longest due first. PostgreSQL judges by its own clock, SQLite by `now`."""
        moment = {} if self.judges else {"now": now}
        found = self.read(rows.DUE_BY_DATABASE if self.judges else rows.DUE, many=limit, **moment)
        return [row.run_id for row in found]

    def moment(self, now: datetime) -> datetime:
        """The time by the clock that judges: PostgreSQL's own, as replicas may differ; on SQLite `now`, ours."""
        return self.database_time() if self.judges else now

    def waiting(self, now: datetime) -> Waiting:
        """What waits, in one question, so that who looks often asks this alone. On SQLite it counts by `now`."""
        if self.judges:
            return Waiting(**self.read(rows.WAITS_BY_DATABASE)[0]._mapping)  # noqa: SLF001  (as below)
        return Waiting(now=now, **self.read(rows.WAITS, now=now)[0]._mapping)  # noqa: SLF001  (as below)

    def next_due(self) -> datetime | None:
        """When the next run is due."""
        found = self.read(rows.NEXT_DUE)
        return found[0][0] if found else None

    def defer(self, run_id: str, until: datetime) -> None:
        """Look at a due run again later: what was due could not be done now. The next event sets it anew."""
        self.change(rows.DEFER, {"of": run_id, "until": until})

    def untold(self, limit: int) -> list[str]:
        """Runs with something to tell that nobody is telling just now."""
        return [row.run_id for row in self.read(rows.UNTOLD, many=limit)]

    def lease(self, run_id: str, token: str, for_: timedelta) -> bool:
        """Take a run for telling, until `for_` from now by the database's clock; False when somebody else has it."""
        while_ = f"{for_.total_seconds():+.3f} seconds"
        take = rows.LEASE_UNLESS_HELD if self.judges else rows.LEASE
        return self.jot(take, {"of": run_id, "token": token, "for_": while_}) == 1

    def release(self, run_id: str, token: str) -> None:
        """Let a run go."""
        self.jot(rows.RELEASE, {"of": run_id, "token": token})

    def tell_up_to(self, run_id: str, token: str, told: int) -> int | None:
        """Say that a run is told up to a record, and let it go when that is all; its head.

        None when the lease is gone, or it was told that far already.
        """
        head = self._change(rows.TELL, {"of": run_id, "token": token, "upto": told}, lightly=True)
        return None if head is None else int(head)

    def postpone(self, run_id: str, token: str, for_: timedelta) -> None:
        """Let a run go and tell it no sooner than `for_` from now, by the database's clock."""
        while_ = f"{for_.total_seconds():+.3f} seconds"
        self.jot(rows.POSTPONE, {"of": run_id, "token": token, "for_": while_})

    def clear_traces(self) -> None:
        """Let what was erased leave SQLite's log too; PostgreSQL's own archive is the administrator's."""
        if not self.judges:
            with self.engine.connect() as connection:
                connection.rollback()
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def database_time(self) -> datetime:
        """The database's own clock."""
        at: datetime = self.read(rows.NOW)[0][0]
        return at

    def prune_inbox(self, before: datetime) -> int:
        """Forget requests that were taken before a time; how many."""
        return self.change(rows.PRUNE, {"before": before})

    def note_sweep(self, name: str, at: datetime, *, as_a_click: bool = False) -> None:
        """Remember when a standing duty was last done. `as_a_click` raises what a click would meet just now.

        On PostgreSQL somebody may hold the tables of the record. On SQLite whoever writes anything has the whole file.
        """
        first = (ENTER_TABLES,) if as_a_click and self.judges else ()
        self._change(self._statements.note_sweep, {"name": name, "at": at}, lightly=True, first=first)

    def last_sweep(self, name: str) -> datetime | None:
        """When a standing duty was last done; None before the first time."""
        found = self.read(rows.SWEPT, which=name)
        return found[0][0] if found else None


def _run_row(row: Row[Any]) -> RunRow:
    return RunRow(**row._mapping)  # noqa: SLF001  (SQLAlchemy's public name for a row as a mapping)


def events_of(records: Iterable[Record]) -> Iterator[tuple[int, Event, Stamp]]:
    """Each record's number, event and stamp, in order; Unreadable names the one that cannot be read."""
    for record in records:
        via: Via = record.via  # type: ignore[assignment]
        try:
            event = decode(record.kind, record.body, record.words)
        except Unreadable as why:
            raise Unreadable(f"Record {record.seq} of run {record.run_id}: {why}") from None
        yield record.seq, event, Stamp(record.at, record.by, via)


def _pinned_digest(records: Sequence[Record]) -> str:
    """The digest of the runbook, as the first record has it; empty when that cannot be read."""
    try:
        return str(json.loads(records[0].body)["digest"])
    except (IndexError, KeyError, ValueError, TypeError):
        return ""

"""An open transaction that writes: the only hand that appends to a record."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ClauseElement,
    Connection,
    Dialect,
    Executable,
    Row,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from bot.core.events import Event
from bot.core.run import Run
from bot.core.situation import Stamp
from bot.journal import tables
from bot.journal.chain import Record, link
from bot.journal.codec import Words, encode
from bot.journal.rows import Locked, Receipt, records_of, row_of
from bot.journal.tables import database_now, read_stored_instant, write_instant

_run, _inbox = tables.run.c, tables.inbox.c
_RECEIPT = (_inbox.run_id.label("of"), _inbox.first, _inbox.last, _inbox.refusal)
_LOCK = (
    select(_run.head, _run.hash, _run.ref, _run.imported, database_now().label("now"), *_RECEIPT)
    .select_from(tables.run.outerjoin(tables.inbox, _inbox.key == bindparam("key")))
    .where(_run.run_id == bindparam("run_id"))
    .with_for_update(of=tables.run)
)
_SEEN = select(*_RECEIPT).where(_inbox.key == bindparam("key"))
_OPEN = select(_run.ref).where(_run.asset == bindparam("asset"), _run.state == "open", _run.imported.is_(False))
_COLUMNS = select(tables.run).where(_run.run_id == bindparam("run_id"))
_HEADS = select(tables.arrival.c.head).where(tables.arrival.c.run_id == bindparam("run_id"))
_BY_REF = select(_run.run_id).where(_run.ref == bindparam("ref"))
_ADD_RECORD, _ADD_WORDS = insert(tables.record), insert(tables.words)
_ADD_RUN, _ADD_RECEIPT, _ADD_ARRIVAL = insert(tables.run), insert(tables.inbox), insert(tables.arrival)
_ERASE = (
    update(tables.words)
    .where(tables.words.c.run_id == bindparam("of_run"), tables.words.c.seq == bindparam("of_seq"))
    .values(text=None, salt=None)
)
_MOVING = (
    "operator", "operator_name", "step", "step_title", "phase", "state", "outcome", "ended_at", "due_at",
    "head", "hash",
)  # fmt: skip
_MOVE = update(tables.run).where(_run.run_id == bindparam("of_run")).values({name: bindparam(name) for name in _MOVING})


class _Prepared:
    """A statement spelled once for one database and given to its driver as it is.

    Measured with SQLite on a RAM disk, a click's four statements take 27 µs so, 147 µs through `Connection.execute`.
    Values go in as the database keeps them: times through `Statements.instant`.
    """

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._dialect, self._sql = dialect, str(compiled)
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)

    def run(self, connection: Connection, *rows: Mapping[str, object]) -> Sequence[Any] | None:
        """Run it once for each row of values; the first row that it reads, if it reads any.

        One after the other: psycopg's `executemany` opens a pipeline, which costs more than it saves below ten rows.
        """
        driver: Any = connection.connection
        cursor = driver.cursor()
        try:
            for row in rows:
                cursor.execute(self._sql, row if self._order is None else tuple(row[name] for name in self._order))
            found: Sequence[Any] | None = cursor.fetchone() if cursor.description else None
        except self._dialect.loaded_dbapi.Error as error:
            raise self._in_sqlalchemys_words(error, connection) from error
        finally:
            cursor.close()
        return found

    def _in_sqlalchemys_words(self, error: Exception, connection: Connection) -> BaseException:
        """The driver's error as SQLAlchemy would have raised it; a connection that is lost is given up."""
        lost = self._dialect.is_disconnect(error, connection.connection.driver_connection, None)  # type: ignore[arg-type]
        if lost:
            connection.invalidate(error)
        base = self._dialect.loaded_dbapi.Error
        return DBAPIError.instance(self._sql, None, error, base, connection_invalidated=lost, dialect=self._dialect)


class Statements:
    """The statements of a pen as one database spells them; made once for each journal."""

    def __init__(self, dialect: Dialect) -> None:
        build: Callable[..., Any] = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
        self.instant: Callable[[datetime], object] = write_instant if dialect.name == "sqlite" else _as_it_is
        self.read_instant: Callable[[Any], datetime] = read_stored_instant if dialect.name == "sqlite" else _as_it_is
        self.lock, self.move = _Prepared(_LOCK, dialect), _Prepared(_MOVE, dialect)
        self.add_words = _Prepared(_ADD_WORDS, dialect)
        self.add_record, self.add_receipt = _Prepared(_ADD_RECORD, dialect), _Prepared(_ADD_RECEIPT, dialect)
        counter = build(tables.counter).values(word=bindparam("word"), last=bindparam("least"))
        self.take_number = counter.on_conflict_do_update(
            index_elements=["word"], set_={"last": tables.counter.c.last + 1}
        ).returning(tables.counter.c.last)
        self.reach_number = counter.on_conflict_do_update(
            index_elements=["word"],
            set_={"last": counter.excluded.last},
            where=tables.counter.c.last < counter.excluded.last,
        )
        sweep = build(tables.sweep).values(name=bindparam("name"), at=bindparam("at"))
        self.note_sweep = sweep.on_conflict_do_update(index_elements=["name"], set_={"at": sweep.excluded.at})
        self.begin = _Prepared(text("BEGIN IMMEDIATE"), dialect)
        self.synchronous = {
            level: _Prepared(text(f"PRAGMA synchronous = {level}"), dialect) for level in ("FULL", "NORMAL")
        }
        self.pin = build(tables.runbook_text).on_conflict_do_nothing(index_elements=["digest"])


def _as_it_is(at: datetime) -> datetime:
    return at


class Pen:
    """Writes into one open transaction. `written` is the last record it wrote: its run, number and hash."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        self._connection = connection
        self._spelled = statements
        self.written: tuple[str, int, str] | None = None

    def lock_run(self, run_id: str, key: str | None = None) -> Locked | None:
        """The run's row, held against every other writer; None when there is no such run."""
        found = self._spelled.lock.run(self._connection, {"run_id": run_id, "key": key})
        if found is None:
            return None
        head, hash_, ref, imported, now, of, first, last, refusal = found
        receipt = None if of is None else Receipt(of, first, last, refusal)
        return Locked(head, hash_, ref, bool(imported), self._spelled.read_instant(now), receipt)

    def change(self, statement: Executable, values: Mapping[str, object] | Sequence[Mapping[str, object]]) -> Any:  # noqa: ANN401
        """Run one statement that writes beside the records; how many rows it changed, or what it returns."""
        done = self._connection.execute(statement, values)
        return done.scalar() if done.returns_rows else done.rowcount

    def read(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        """What one statement reads in this transaction."""
        return self._connection.execute(statement, values).all()

    def records(self, run_id: str, after: int = 0) -> list[Record]:
        """A run's records after a number, as this transaction sees them."""
        return records_of(self.read, run_id, after)

    def find_receipt(self, key: str) -> Receipt | None:
        """What came of a request that was taken before."""
        found = self._connection.execute(_SEEN, {"key": key}).first()
        return None if found is None else Receipt(found.of, found.first, found.last, found.refusal)

    def take_number(self, word: str) -> int:
        """The next number of a word; whoever else wants one of this word waits until this transaction is over."""
        return int(self._connection.execute(self._spelled.take_number, {"word": word, "least": 1}).scalar_one())

    def reach_number(self, word: str, number: int) -> None:
        """Let the next number of a word be above `number`."""
        self._connection.execute(self._spelled.reach_number, {"word": word, "least": number})

    def open_refs(self, asset: str) -> tuple[str, ...]:
        """Refs of the runs that are open on an asset here."""
        return tuple(self._connection.execute(_OPEN.order_by(_run.started_at), {"asset": asset}).scalars())

    def pin_texts(self, texts: Mapping[str, tuple[str, str]], at: datetime) -> None:
        """Keep runbooks' texts: digest -> (runbook id, text). One that is kept already stays as it is."""
        rows = [
            {"digest": digest, "runbook": runbook, "text": text, "first_seen_at": at}
            for digest, (runbook, text) in texts.items()
        ]
        if rows:
            self._connection.execute(self._spelled.pin, rows)

    def append(
        self, run_id: str, head: int, prev: str, happened: Iterable[tuple[Event, Stamp]], new_salt: Callable[[], str]
    ) -> str:
        """Append events after record `head`, whose hash is `prev`; the new head's hash."""
        records = []
        for seq, (event, stamp) in enumerate(happened, head + 1):
            kind, body, beside = encode(event, new_salt)
            bare = Record(run_id, seq, stamp.at, stamp.by, stamp.via, kind, body, prev, "", beside)
            prev = link(prev, bare)
            records.append(replace(bare, hash=prev))
        self.add_records(records)
        return prev

    def add_records(self, records: list[Record]) -> None:
        """Write records that are linked already, and the words beside them."""
        if not records:
            return
        instant = self._spelled.instant
        self._spelled.add_record.run(self._connection, *(_record_row(record, instant(record.at)) for record in records))
        words = [row for record in records for row in _word_rows(record)]
        if words:
            self._spelled.add_words.run(self._connection, *words)
        last = records[-1]
        self.written = (last.run_id, last.seq, last.hash)

    def add_run(self, row: Mapping[str, object], told: int = 0) -> None:
        """The row of a new run (`row_of`). One that is told already is not told from here."""
        self._connection.execute(_ADD_RUN, {**row, "told": told})

    def move_run(self, run: Run, hash_: str) -> None:
        """Bring a run's row up to where the run is."""
        row = row_of(run, hash_)
        times = {
            name: self._spelled.instant(at) for name in ("ended_at", "due_at") if isinstance(at := row[name], datetime)
        }
        self._spelled.move.run(self._connection, {**row, **times, "of_run": run.id})

    def run_columns(self, run_id: str) -> dict[str, object] | None:
        """Every column of a run's row, as they are."""
        found = self._connection.execute(_COLUMNS, {"run_id": run_id}).first()
        return None if found is None else dict(found._mapping)  # noqa: SLF001  (SQLAlchemy's public name)

    def set_columns(self, run_id: str, columns: Mapping[str, object]) -> None:
        """Put right columns of a run's row that differ from what its records say."""
        self._connection.execute(update(tables.run).where(_run.run_id == run_id).values(**columns))

    def ref_is_free(self, ref: str) -> bool:
        """Whether no run is listed by this ref."""
        return not self._connection.execute(_BY_REF, {"ref": ref}).all()

    def remember(self, key: str, run_id: str, first: int, last: int, at: datetime, refusal: str | None = None) -> None:
        """Keep a request's key, so that the same request does nothing the next time."""
        row = {"key": key, "run_id": run_id, "first": first, "last": last, "refusal": refusal}
        self._spelled.add_receipt.run(self._connection, {**row, "at": self._spelled.instant(at)})

    def erase_words(self, run_id: str, seq: int) -> None:
        """Erase what was typed in one record, and the salt with it, so that nobody can try out guesses."""
        self._connection.execute(_ERASE, {"of_run": run_id, "of_seq": seq})

    def arrival_heads(self, run_id: str) -> frozenset[int]:
        """How far an imported run went each time that it came in."""
        return frozenset(self._connection.execute(_HEADS, {"run_id": run_id}).scalars())

    def note_arrival(self, run_id: str, head: int, hash_: str, stamp: Stamp, source: str) -> None:
        """Say for ever that a run came from elsewhere, and how far it went then."""
        row = {"run_id": run_id, "head": head, "hash": hash_, "at": stamp.at, "by": stamp.by, "source": source}
        self._connection.execute(_ADD_ARRIVAL, row)


def _record_row(record: Record, at: object) -> dict[str, object]:
    return {
        "run_id": record.run_id, "seq": record.seq, "at": at, "by": record.by, "via": record.via,
        "kind": record.kind, "body": record.body, "prev": record.prev, "hash": record.hash,
    }  # fmt: skip


def _word_rows(record: Record) -> list[dict[str, object]]:
    beside: Mapping[str, Words] = record.words
    return [
        {"run_id": record.run_id, "seq": record.seq, "field": name, "salt": words.salt, "text": words.text}
        for name, words in beside.items()
    ]

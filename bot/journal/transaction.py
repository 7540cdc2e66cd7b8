"""An open transaction that writes: the only hand that appends to a record, and puts the values given beside it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from pydantic_core import from_json
from sqlalchemy import Connection, CursorResult, Executable, Row, bindparam, delete, func, insert, select, update

from bot.journal import rows, tables
from bot.journal.chain import Record, SaltedWords, encode, link
from bot.journal.ledger import GENESIS, LedgerEntry, link_entry
from bot.journal.rows import DueRow, Locked, Read, Receipt, records_of, row_of
from bot.journal.statements import DUE_CHANNEL, RECEIPT, RUN_KEY, Statements, Values
from bot.journal.tables import write_instant
from bot.run.events import Event
from bot.run.law.answers import NOT_KEPT
from bot.run.situation import Stamp
from bot.run.state import Run

_KEPT: Mapping[str, str] = {"started": "inputs", "step-finished": "answers", "call-returned": "captured"}
"""Where each kind of record holds the values that were given in it."""
_CORRECTED = "corrected"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
"""What a runbook may call a value."""
_given = tables.given.c


class Writing(Protocol):
    """An open transaction, as far as it is written into."""

    def read(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]: ...

    def change(self, statement: Executable, values: Mapping[str, object] | Sequence[Mapping[str, object]]) -> Any: ...  # noqa: ANN401


def given_rows(record: Record) -> Iterator[dict[str, object]]:
    """A row of `given` for each name that this record speaks of; none for most kinds.

    Imported records are read too, and anything may stand in those: what has not the shape of a value, and what no
    runbook could call so, is left out.
    """
    if record.kind not in _KEPT and record.kind != _CORRECTED:
        return
    body = _mapping(_read(record.body))
    values = dict(_mapping(body.get(_KEPT.get(record.kind, ""))))
    if record.kind == _CORRECTED and isinstance(body.get("name"), str):
        values[body["name"]] = body.get("new")
    blind, compared = {*_names(body.get("blind")), *_hidden_before(body)}, _names(body.get("compared"))
    for name in sorted(one for one in {*values, *blind, *compared} if _NAME.fullmatch(one)):
        yield {
            "run_id": record.run_id, "seq": record.seq, "name": name, "text": _text(values.get(name)),
            "blind": name in blind and name not in compared, "compared": name in compared,
        }  # fmt: skip


def mend_given(transaction: Writing, run_id: str, records: Iterable[Record]) -> bool:
    """Put the rows of one run right where they are not what its records say; whether they were wrong."""
    records = list(records)
    if is_given_right(transaction.read, run_id, records):
        return False
    should = [row for record in records for row in given_rows(record)]
    transaction.change(delete(tables.given).where(_given.run_id == run_id), {})
    if should:
        transaction.change(insert(tables.given), should)
    return True


def is_given_right(read: Read, run_id: str, records: Iterable[Record]) -> bool:
    """Whether the rows of one run are what its records say."""
    should = [row for record in records for row in given_rows(record)]
    ours = select(tables.given).where(_given.run_id == run_id).order_by(_given.seq, _given.name)
    there = sorted((dict(row._mapping) for row in read(ours)), key=_place)  # noqa: SLF001  (public)
    return there == sorted(should, key=_place)


def _place(row: Mapping[str, object]) -> tuple[int, str]:
    return int(str(row["seq"])), str(row["name"])


def _read(body: str) -> object:
    try:
        return from_json(body)
    except ValueError:
        return None


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _names(found: object) -> tuple[str, ...]:
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def _hidden_before(body: Mapping[str, Any]) -> tuple[str, ...]:
    """What was hidden in the run that this one goes on from."""
    return _names(_mapping(body.get("former")).get("hidden"))


def _text(value: object) -> str | None:
    """A value as it is compared with what is looked for; None where there is nothing that anybody would look for."""
    if value is None or isinstance(value, bool | dict | list) or value == NOT_KEPT:
        return None
    return _UNSTORABLE.sub("\ufffd", str(value)).casefold()


_run, _inbox = tables.run.c, tables.inbox.c
_SEEN = select(*RECEIPT).where(_inbox.key == bindparam("key"))
_OPEN = select(_run.ref).where(
    _run.asset == bindparam("asset"), _run.state == "open", _run.outcome.is_(None), _run.imported.is_(False)
)  # fmt: skip
_WALKED = (
    select(_run.operator, _run.digest)
    .where(_run.runbook == bindparam("runbook"), _run.operator.is_not(None))
    .group_by(_run.operator, _run.digest).order_by(func.max(_run.started_at))
)  # fmt: skip
_COLUMNS = select(tables.run).where(_run.run_id == bindparam("run_id"))
_HEADS = select(tables.arrival.c.head).where(tables.arrival.c.run_id == bindparam("run_id"))
_BY_REF = select(_run.run_id).where(_run.ref == bindparam("ref"))
_TIMES = ("ended_at", "due_at", "call_at")
_ADD_RUN, _ADD_ARRIVAL = insert(tables.run), insert(tables.arrival)
_ENTERS = frozenset({"started", "ended"})
"""Kinds of records with which a run enters the ledger."""
_ERASE = (
    update(tables.words)
    .where(tables.words.c.run_id == bindparam("of_run"), tables.words.c.seq == bindparam("of_seq"))
    .values(text=None, salt=None)
)


_output = tables.output.c
_THIS_OUTPUT = (
    (_output.run_id == bindparam("of_run")) & (_output.step == bindparam("of_step"))
    & (_output.visit == bindparam("of_visit")) & (_output.attempt == bindparam("of_attempt"))
    & _output.text.is_not(None)
)  # fmt: skip
_ERASE_OUTPUT = update(tables.output).where(_THIS_OUTPUT).values(text=None)


class WriteTransaction:
    """Writes into one open transaction.

    `written` is the last record it wrote: its run, number and hash. `has_marked` says whether it wrote anything yet.
    """

    def __init__(self, connection: Connection, statements: Statements) -> None:
        self._connection, self._spelled = connection, statements
        self.written: tuple[str, int, str] | None = None
        self.has_marked = False
        self._to_enter: dict[tuple[str, str], datetime] = {}
        """What enters the ledger: run and kind of entry -> when."""
        self._due: dict[str, Any] = {}
        """When each run was due that is held here, as the database keeps it."""

    @property
    def enters_ledger(self) -> bool:
        """Whether PostgreSQL will let something enter the ledger at the commit."""
        return self._spelled.is_shared and bool(self._to_enter)

    def finish(self) -> None:
        """The last thing before the commit: let starts and ends enter the ledger.

        PostgreSQL does that at the commit by itself: a lock is held for no way there and back.
        """
        if not self._spelled.is_shared:
            for (run_id, kind), at in self._to_enter.items():
                self._enter_ledger(run_id, kind, at)

    def _enter_ledger(self, run_id: str, kind: str, at: datetime) -> None:
        found = self._spelled.stands.run(self._connection, {"run_id": run_id})
        if found is None:
            raise LookupError(f"run {run_id} has no record that could enter the ledger")
        ref, seq, head, number, prev = found
        entry = LedgerEntry((number or 0) + 1, at, kind, ref or "", run_id, seq, head, prev or GENESIS, "")
        row = entry._replace(hash=link_entry(entry.prev, entry))._asdict()
        self._put("entry", [{**row, "at": self._spelled.instant(at)}])

    def _put(self, name: str, rows: Sequence[Values]) -> None:
        if rows:
            self.has_marked = True
            self._spelled.one[name].run_all(self._connection, rows)

    def _ask(self, statement: Executable, values: Any = None) -> CursorResult[Any]:  # noqa: ANN401  (as SQLAlchemy)
        return self._connection.execute(statement, values)

    def _execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:  # noqa: ANN401  (as SQLAlchemy)
        self.has_marked = True
        return self._connection.execute(statement, values)

    def lock_run(self, run_id: str, key: str | None = None) -> Locked | None:
        """The run's row, held against every other writer; None when there is no such run."""
        found = self._spelled.lock.run(self._connection, {"run_id": run_id, "key": key})
        if found is None:
            return None
        head, hash_, ref, imported, now, of, first, last, refusal, due_at = found
        self._due[run_id] = due_at
        receipt = None if of is None else Receipt(of, first, last, refusal)
        return Locked(head, hash_, ref, bool(imported), self._spelled.read_instant(now), receipt)

    def hold_due(self, now: datetime, many: int) -> list[DueRow]:
        """Hold runs that are due, the longest due first.

        Each is held by one transaction of all replicas: what another one holds is left to it. PostgreSQL judges by its
        own clock, SQLite, where one process serves, by `now`.
        """
        if self._spelled.is_shared:
            found = self._ask(rows.HOLD_DUE_BY_DATABASE, {"many": many})
            return [DueRow(**row._mapping) for row in found]  # noqa: SLF001  (SQLAlchemy's public name)
        found = self._ask(rows.HOLD_DUE, {"now": now, "many": many})
        return [DueRow(**row._mapping, now=now) for row in found]  # noqa: SLF001  (as above)

    def set_due(self, run_id: str, until: datetime | None) -> None:
        """Look at a run again then; the next event sets it anew."""
        self._execute(rows.DEFER, {"of": run_id, "until": until})

    def _announce(self, run_id: str, due_at: object) -> None:
        """Wake the other replicas once this is committed, when a due time moved forward. On SQLite there are none.

        Not for any other: a NOTIFY makes commits wait for each other, in every one of them it halves their rate.
        """
        before = self._due.get(run_id)
        if self._spelled.is_shared and isinstance(due_at, datetime) and (before is None or due_at < before):
            self._spelled.notify.run(self._connection, {"channel": DUE_CHANNEL, "at": write_instant(due_at)})

    def change(self, statement: Executable, values: Mapping[str, object] | Sequence[Mapping[str, object]]) -> Any:  # noqa: ANN401
        """Run one statement that writes beside the records; how many rows it changed, or what it returns."""
        done = self._execute(statement, values)
        return done.scalar() if done.returns_rows else done.rowcount

    def read(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        """What one statement reads in this transaction."""
        return self._ask(statement, values).all()

    def records(self, run_id: str, after: int = 0) -> list[Record]:
        """A run's records after a number, as this transaction sees them."""
        return records_of(self.read, run_id, after)

    def records_of_many(self, run_ids: Sequence[str]) -> dict[str, list[Record]]:
        """All records of each of these runs."""
        return rows.records_of_many(self.read, run_ids)

    def find_receipt(self, key: str) -> Receipt | None:
        """What came of a request that was taken before."""
        found = self._ask(_SEEN, {"key": key}).first()
        return None if found is None else Receipt(found.of, found.first, found.last, found.refusal)

    def take_number(self, word: str) -> int:
        """The next number of a word; whoever else wants one of this word waits until this transaction is over."""
        return int(self._execute(self._spelled.take_number, {"word": word, "least": 1}).scalar_one())

    def reach_number(self, word: str, number: int) -> None:
        """Let the next number of a word be above `number`."""
        self._execute(self._spelled.reach_number, {"word": word, "least": number})

    def open_refs(self, asset: str) -> tuple[str, ...]:
        """Refs of the runs that are open on an asset here."""
        return tuple(self._ask(_OPEN.order_by(_run.started_at), {"asset": asset}).scalars())

    def walked_last(self, runbook: str) -> dict[str, str]:
        """Who operated a run of a runbook -> the version of the last one."""
        return {row.operator: row.digest for row in self._ask(_WALKED, {"runbook": runbook})}

    def pin_texts(self, texts: Mapping[str, tuple[str, str]], at: datetime) -> None:
        """Keep runbooks' texts: digest -> (runbook id, text). One that is kept already stays as it is."""
        rows = [
            {"digest": digest, "runbook": runbook, "text": text, "first_seen_at": at}
            for digest, (runbook, text) in texts.items()
        ]
        if rows:
            self._execute(self._spelled.pin, rows)

    def append(
        self, run_id: str, head: int, prev: str, happened: Iterable[tuple[Event, Stamp]], new_salt: Callable[[], str]
    ) -> str:
        """Append events after record `head`, whose hash is `prev`; the new head's hash."""
        records = []
        for seq, (event, stamp) in enumerate(happened, head + 1):
            kind, body, beside = encode(event, new_salt)
            bare = Record(run_id, seq, stamp.at, stamp.by, stamp.via, kind, body, prev, "", beside)
            prev = link(prev, bare)
            records.append(bare._replace(hash=prev))
            if kind in _ENTERS:
                self._to_enter[run_id, kind] = stamp.at
        self.add_records(records)
        return prev

    def add_records(self, records: list[Record]) -> None:
        """Write records that are linked already, and the words and values beside them."""
        if not records:
            return
        instant = self._spelled.instant
        self._put("record", [_record_row(record, instant(record.at)) for record in records])
        self._put("words", [row for record in records for row in _word_rows(record)])
        self._put("given", [row for record in records for row in given_rows(record)])
        last = records[-1]
        self.written = (last.run_id, last.seq, last.hash)

    def add_run(self, row: Mapping[str, object], told: int = 0) -> None:
        """The row of a new run (`row_of`). One that is told already is not told from here."""
        self._execute(_ADD_RUN, {**row, "told": told})
        self._announce(str(row["run_id"]), row["due_at"])

    def move_run(self, run: Run, hash_: str) -> None:
        """Bring a run's row up to where the run is."""
        row = row_of(run, hash_)
        times = {name: self._spelled.instant(at) for name in _TIMES if isinstance(at := row[name], datetime)}
        self._put("move", [{**row, **times, RUN_KEY: run.id}])
        self._announce(run.id, row["due_at"])

    def run_columns(self, run_id: str) -> dict[str, object] | None:
        """Every column of a run's row, as they are."""
        found = self._ask(_COLUMNS, {"run_id": run_id}).first()
        return None if found is None else dict(found._mapping)  # noqa: SLF001  (SQLAlchemy's public name)

    def set_columns(self, run_id: str, columns: Mapping[str, object]) -> None:
        """Put right columns of a run's row that differ from what its records say."""
        self._execute(update(tables.run).where(_run.run_id == run_id).values(**columns))

    def ref_is_free(self, ref: str) -> bool:
        """Whether no run is listed by this ref."""
        return not self._ask(_BY_REF, {"ref": ref}).all()

    def remember(self, key: str, run_id: str, first: int, last: int, at: datetime, refusal: str | None = None) -> None:
        """Keep a request's key, so that the same request does nothing the next time."""
        row = {"key": key, "run_id": run_id, "first": first, "last": last, "refusal": refusal}
        self._put("receipt", [{**row, "at": self._spelled.instant(at)}])

    def erase_words(self, run_id: str, seq: int) -> None:
        """Erase what was typed in one record, and the salt with it, so that nobody can try out guesses."""
        self._execute(_ERASE, {"of_run": run_id, "of_seq": seq})

    def erase_output(self, run_id: str, step: str, visit: int, attempt: int) -> bool:
        """Erase what an attempt of hands printed; whether it was still kept."""
        which = {"of_run": run_id, "of_step": step, "of_visit": visit, "of_attempt": attempt}
        return self._execute(_ERASE_OUTPUT, which).rowcount == 1

    def arrival_heads(self, run_id: str) -> frozenset[int]:
        """How far an imported run went each time that it came in."""
        return frozenset(self._ask(_HEADS, {"run_id": run_id}).scalars())

    def note_arrival(
        self, run_id: str, head: int, hash_: str, stamp: Stamp, source: str, *, evidence: bool = False,
        is_last: bool = True,
    ) -> None:  # fmt: skip
        """Say for ever that a run came from elsewhere, and how far it went then.

        `evidence`: it breaks the law. `is_last`: that is how far it goes now; what is so enters the ledger.
        """
        row = {"run_id": run_id, "head": head, "hash": hash_, "at": stamp.at, "by": stamp.by, "source": source}
        self._execute(_ADD_ARRIVAL, {**row, "evidence": evidence or None})
        if is_last:
            self._to_enter[run_id, "evidence" if evidence else "imported"] = stamp.at


def _record_row(record: Record, at: object) -> dict[str, object]:
    return {
        "run_id": record.run_id, "seq": record.seq, "at": at, "by": record.by, "via": record.via,
        "kind": record.kind, "body": record.body, "prev": record.prev, "hash": record.hash,
    }  # fmt: skip


def _word_rows(record: Record) -> list[dict[str, object]]:
    beside: Mapping[str, SaltedWords] = record.words
    return [
        {"run_id": record.run_id, "seq": record.seq, "field": name, "salt": words.salt, "text": words.text}
        for name, words in beside.items()
    ]

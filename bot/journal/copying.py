"""Everything that a database holds, copied into an empty one of either kind and compared: backup, restore and move."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Table, insert, select, text

from bot.journal import tables
from bot.journal.database import for_writing
from bot.journal.tables import write_instant

_AT_A_TIME = 1_000
_CHAINED = ("record", "stream_record", "arrival")
"""Tables that take whatever happens: once a database has moved away they take nothing."""
_ENTERING = (("record", "record_enters_ledger"), ("arrival", "arrival_enters_ledger"))
"""Triggers of PostgreSQL that write into the ledger; in a copy it comes with its own entries."""
_MOVED = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'record_moved_away'",
    "postgresql": """
        SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE t.tgname = 'record_moved_away' AND pg_table_is_visible(c.oid)
    """,
}


class NotTheSame(Exception):
    """What was written is not what was read; nothing of it was kept."""


class NotEmpty(Exception):
    """The database that was to be filled holds something already; the words name a table."""


class _Content(NamedTuple):
    """How many rows a table has, and the sum of their digests, which is the same in whatever order they come."""

    rows: int
    digests: int

    def plus(self, row: Mapping[str, Any]) -> "_Content":
        said = json.dumps([_said(value) for value in row.values()], ensure_ascii=False)
        digest = int.from_bytes(hashlib.sha256(said.encode()).digest())
        return _Content(self.rows + 1, (self.digests + digest) % 2**256)


def copy_all(source: Engine, target: Engine, *, closed_with: str = "") -> Mapping[str, int]:
    """Copy every table at one moment into a migrated, empty database; how many rows each has.

    Nothing is kept of a copy that does not read back as it was read: NotTheSame. With `closed_with` the source takes
    no record any more once the copy is whole, and answers with that sentence; nobody writes there meanwhile.
    Both databases have the tables of this version; the role of each owns them where it is PostgreSQL.
    """
    reading = for_writing(source) if closed_with else source
    with reading.begin() as old, for_writing(target).begin() as new:
        _take_time(old)
        _take_time(new)
        if closed_with:
            _hold_all(old)
        elif old.dialect.name == "postgresql":
            old.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        _refuse_unless_empty(new)
        _enter_ledger(new, enable=False)
        written = {table.name: _copy(table, old, new) for table in tables.metadata.sorted_tables}
        _enter_ledger(new, enable=True)
        for table in tables.metadata.sorted_tables:
            if _content_of(table, new) != written[table.name]:
                raise NotTheSame(f"The table {table.name} does not read back as it was written.")
        if closed_with:
            _close(old, closed_with)
    return {name: content.rows for name, content in written.items()}


def _take_time(connection: Connection) -> None:
    """A copy takes as long as it takes; limits that guard a click do not hold for it."""
    if connection.dialect.name == "postgresql":
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = 0"))


def _hold_all(connection: Connection) -> None:
    """Nobody else writes until this transaction ends; on SQLite it began so."""
    if connection.dialect.name == "postgresql":
        named = ", ".join(table.name for table in tables.metadata.sorted_tables)
        connection.execute(text(f"LOCK TABLE {named} IN SHARE ROW EXCLUSIVE MODE"))


def _refuse_unless_empty(connection: Connection) -> None:
    for table in tables.metadata.sorted_tables:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise NotEmpty(table.name)


def _enter_ledger(connection: Connection, *, enable: bool) -> None:
    if connection.dialect.name == "postgresql":
        word = "ENABLE" if enable else "DISABLE"
        for table, trigger in _ENTERING:
            connection.execute(text(f"ALTER TABLE {table} {word} TRIGGER {trigger}"))


def _copy(table: Table, old: Connection, new: Connection) -> _Content:
    content = _Content(0, 0)
    for rows in _rows_of(table, old):
        new.execute(insert(table), rows)
        for row in rows:
            content = content.plus(row)
    return content


def _content_of(table: Table, connection: Connection) -> _Content:
    content = _Content(0, 0)
    for rows in _rows_of(table, connection):
        for row in rows:
            content = content.plus(row)
    return content


def _rows_of(table: Table, connection: Connection) -> Iterator[list[dict[str, Any]]]:
    """The rows in the order of their key, as chains want them written."""
    wanted = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_AT_A_TIME)
    with connection.execute(wanted) as found:
        for rows in found.mappings().partitions():
            yield [dict(row) for row in rows]


def _said(value: object) -> object:
    return write_instant(value) if isinstance(value, datetime) else value


def _close(connection: Connection, sentence: str) -> None:
    quoted = sentence.replace("'", "''")
    for table in _CHAINED:
        name = f"{table}_moved_away"
        if connection.dialect.name == "sqlite":
            making = f"CREATE TRIGGER {name} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, '{quoted}'); END"
        else:
            refusing = f"EXECUTE FUNCTION handrail_refuse('{quoted.replace('%', '%%')}')"
            making = f"CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH STATEMENT {refusing}"
        connection.exec_driver_sql(making)


def moved_away(engine: Engine) -> str:
    """Where the record went, as the sentence that `copy_all` left here; empty when it is here."""
    with engine.connect() as connection:
        making = connection.execute(text(_MOVED[connection.dialect.name])).scalar()
    found = re.search(r"(?:ABORT, |handrail_refuse\()'((?:[^']|'')*)'", making or "")
    return found[1].replace("''", "'") if found else ""


def open_again(engine: Engine) -> None:
    """Let a database that had moved away take records again."""
    with for_writing(engine).begin() as connection:
        for table in _CHAINED:
            of = f" ON {table}" if connection.dialect.name == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_moved_away{of}"))

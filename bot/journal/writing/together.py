"""PostgreSQL's statements for many runs at once: one way there to hold them all, one to write what happened in all."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Table
from sqlalchemy.dialects import postgresql

from bot.journal import tables
from bot.journal.rows import DueRow
from bot.journal.writing.spelling import MOVING, RUN_KEY, run_text

Values = Mapping[str, object]
Put = tuple[str, Values]
"""Which of the writings in `_ORDER`, and its values by their names."""

_HOLD = """
SELECT run.run_id, run.head, run.hash, run.ref, run.imported, clock_timestamp(),
       inbox.run_id, inbox.first, inbox.last, inbox.refusal, run.due_at
FROM unnest(%s::text[], %s::text[]) AS asked(run_id, key)
JOIN run ON run.run_id = asked.run_id LEFT JOIN inbox ON inbox.key = asked.key
FOR UPDATE OF run SKIP LOCKED
"""
_HOLD_ONE = """
SELECT run.head, run.hash, run.ref, run.imported, clock_timestamp(),
       inbox.run_id, inbox.first, inbox.last, inbox.refusal, run.due_at
FROM run LEFT JOIN inbox ON inbox.key = %s WHERE run.run_id = %s
FOR UPDATE OF run SKIP LOCKED
"""
_HOLD_DUE = """
SELECT run_id, head, hash, ref, imported, clock_timestamp(), NULL, NULL, NULL, NULL, due_at
FROM run WHERE due_at <= (SELECT clock_timestamp()) ORDER BY due_at LIMIT %s
FOR UPDATE SKIP LOCKED
"""
DUE_CHANNEL = "handrail_due"
"""Where a commit says that a due time moved forward."""
NOTICE = "notice"
"""The name of such a saying among what is put off; its value is the due time as text."""
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_ORDER: dict[str, tuple[str, ...]] = {
    "record": tuple(tables.record.c.keys()),
    "words": tuple(tables.words.c.keys()),
    "given": tuple(tables.given.c.keys()),
    "receipt": tuple(tables.inbox.c.keys()),
    "move": (*MOVING, RUN_KEY),
}


def _array(column: Column[Any]) -> str:
    return f"%s::{column.type.compile(_DIALECT)}[]"


def _insert_one(table: Table) -> str:
    names, values = ", ".join(f'"{name}"' for name in table.c.keys()), ", ".join("%s" for _ in table.c)  # noqa: SIM118
    return f"INSERT INTO {table.name} ({names}) VALUES ({values})"  # noqa: S608


def _insert(table: Table) -> str:
    names = ", ".join(f'"{name}"' for name in table.c.keys())  # noqa: SIM118  (a collection of columns, no mapping)
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({', '.join(map(_array, table.c))})"  # noqa: S608


def _move() -> str:
    arrays = ", ".join(_array(tables.run.c[name]) for name in (*MOVING, "run_id"))
    moved, names = ", ".join(f"{name} = new.{name}" for name in MOVING), ", ".join(MOVING)
    return f"UPDATE run SET {moved} FROM unnest({arrays}) AS new({names}, run_id) WHERE run.run_id = new.run_id"  # noqa: S608


_ONE = {
    "record": _insert_one(tables.record),
    "words": _insert_one(tables.words),
    "given": _insert_one(tables.given),
    "receipt": _insert_one(tables.inbox),
    "move": f"UPDATE run SET {', '.join(f'{name} = %s' for name in MOVING)} WHERE run_id = %s",  # noqa: S608
}
_WRITE = (
    f"WITH a AS ({_insert(tables.record)}), b AS ({_insert(tables.words)}), c AS ({_insert(tables.given)}), "
    f"d AS ({_insert(tables.inbox)}), e AS ({_move()}) "
)
_QUIETLY, _LOUDLY = "SELECT 1", "SELECT pg_notify(%s, %s)"


FEW = 8
"""At most so many writings are parts of one plain statement: a click is four or five, and an array for each column
costs the server more than it saves it. Each mix of them is a text of its own, so there are not many."""


@lru_cache(maxsize=128)
def _joined(names: tuple[str, ...]) -> str:
    if not names:
        return ""
    return f"WITH {', '.join(f'w{number} AS ({_ONE[name]})' for number, name in enumerate(names))} "


def hold_due(connection: Connection, dialect: Dialect, many: int) -> list[tuple[DueRow, Sequence[Any]]]:
    """Hold the runs that are due and that nobody else holds, the longest due first, with what `lock_run` needs."""
    found = run_text(connection, dialect, _HOLD_DUE, (many,))
    return [(DueRow(row[0], row[10], row[1], row[2], row[5]), row[1:]) for row in found]


def hold(connection: Connection, dialect: Dialect, asked: Sequence[tuple[str, str | None]]) -> dict[str, Sequence[Any]]:
    """Hold the runs that nobody else holds: run id -> what `Pen.lock_run` needs to know. `asked` are runs and keys."""
    if len(asked) == 1:
        [(run_id, key)] = asked
        found = run_text(connection, dialect, _HOLD_ONE, (key, run_id))
        return {run_id: found[0]} if found else {}
    values = ([run_id for run_id, _ in asked], [key for _, key in asked])
    return {found[0]: found[1:] for found in run_text(connection, dialect, _HOLD, values)}


def write(connection: Connection, dialect: Dialect, put: Sequence[Put]) -> None:
    """Write records, words, values, receipts and the rows of runs, each kind in the order in which they come.

    One text whatever is written, so the server prepares it once. Measured 2026-11: fifty clicks at a time took two
    ways there and back each, 0.5 ms and more a way since the interpreter is busy; so they take three together.
    """
    notices = [str(row["at"]) for name, row in put if name == NOTICE]
    put = [one for one in put if one[0] != NOTICE]
    ending, said = (_LOUDLY, [DUE_CHANNEL, min(notices)]) if notices else (_QUIETLY, [])
    if not put and not said:
        return
    if len(put) <= FEW:
        values: list[object] = [row[column] for name, row in put for column in _ORDER[name]]
        run_text(connection, dialect, _joined(tuple(name for name, _ in put)) + ending, [*values, *said])
        return
    rows: dict[str, list[Values]] = defaultdict(list)
    for name, row in put:
        rows[name].append(row)
    arrays = [[row[column] for row in rows[name]] for name, order in _ORDER.items() for column in order]
    run_text(connection, dialect, _WRITE + ending, [*arrays, *said])

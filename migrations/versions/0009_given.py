"""Values that were given, beside the record, so that runs are found by them."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_KEPT = {"started": "inputs", "step-finished": "answers", "call-returned": "captured"}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PORTION = 1_000


def upgrade() -> None:
    given = op.create_table(
        "given",
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("blind", sa.Boolean, nullable=False),
        sa.Column("compared", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "seq", "name"),
        sa.ForeignKeyConstraint(["run_id", "seq"], ["record.run_id", "record.seq"]),
    )
    rows = _rows()
    while portion := list(islice(rows, _PORTION)):
        op.get_bind().execute(sa.insert(given), portion)


def _rows() -> Iterator[dict[str, object]]:
    """Of every record that is there, what this version would have written beside it."""
    record = sa.table("record", *map(sa.column, ("run_id", "seq", "kind", "body")))
    after = ("", 0)
    while True:
        found = op.get_bind().execute(_next(record, after)).all()
        for run_id, seq, kind, body in found:
            yield from _given(run_id, seq, kind, body)
        if len(found) < _PORTION:
            return
        after = (found[-1].run_id, found[-1].seq)


def _next(record: sa.TableClause, after: tuple[str, int]) -> sa.Select[Any]:
    columns = record.c
    beyond = (columns.run_id > after[0]) | ((columns.run_id == after[0]) & (columns.seq > after[1]))
    wanted = columns.kind.in_([*_KEPT, "corrected"])
    chosen = sa.select(columns.run_id, columns.seq, columns.kind, columns.body).where(beyond, wanted)
    return chosen.order_by(columns.run_id, columns.seq).limit(_PORTION)


def _given(run_id: str, seq: int, kind: str, body: str) -> Iterator[dict[str, object]]:
    try:
        found = json.loads(body)
    except ValueError:  # somebody meddled with it: `handrail verify` says so
        return
    if not isinstance(found, dict):
        return
    corrected = {str(found.get("name")): found.get("new")} if kind == "corrected" else {}
    values = _mapping(found.get(_KEPT.get(kind, ""))) | corrected
    former = _mapping(found.get("former")).get("hidden", ())
    blind, compared = _names((*_names(found.get("blind")), *_names(former))), _names(found.get("compared"))
    for name in sorted(one for one in {*values, *blind, *compared} if _NAME.fullmatch(one)):
        yield {
            "run_id": run_id, "seq": seq, "name": name, "text": _text(values.get(name)),
            "blind": name in blind and name not in compared, "compared": name in compared,
        }  # fmt: skip


def _mapping(found: object) -> dict[str, object]:
    return found if isinstance(found, dict) else {}


def _names(found: object) -> tuple[str, ...]:
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, Iterable) else ()


def _text(value: object) -> str | None:
    if value is None or isinstance(value, bool | dict | list) or value == "‹not kept›":
        return None
    return _UNSTORABLE.sub("\ufffd", str(value)).casefold()

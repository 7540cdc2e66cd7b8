"""The values that a record gives, put beside it so that its run is found by them; made from the record alone."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from pydantic_core import from_json
from sqlalchemy import Executable, Row, delete, insert, select

from bot.journal import tables
from bot.journal.chain import Record
from bot.journal.rows import Read
from bot.run.law.answers import NOT_KEPT

_KEPT: Mapping[str, str] = {"started": "inputs", "step-finished": "answers", "call-returned": "captured"}
"""Where each kind of record holds the values that were given in it."""
_CORRECTED = "corrected"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
"""What a runbook may call a value."""
_given = tables.given.c


class Writing(Protocol):
    """An open transaction: a pen."""

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


def mend_given(pen: Writing, run_id: str, records: Iterable[Record]) -> bool:
    """Put the rows of one run right where they are not what its records say; whether they were wrong."""
    records = list(records)
    if is_given_right(pen.read, run_id, records):
        return False
    should = [row for record in records for row in given_rows(record)]
    pen.change(delete(tables.given).where(_given.run_id == run_id), {})
    if should:
        pen.change(insert(tables.given), should)
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

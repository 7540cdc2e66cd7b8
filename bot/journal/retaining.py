"""What has been kept for long enough: words and outputs of ended runs, and codes and tokens that count no more."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, or_, select, update

from bot.journal import tables
from bot.journal.store import Journal

_run, _record, _words = tables.run.c, tables.record.c, tables.words.c
_OLD = (
    select(_run.ref, _run.run_id, _run.ended_at, _words.seq)
    .distinct()
    .join_from(tables.run, tables.words, _words.run_id == _run.run_id)
    .join(tables.record, (_record.run_id == _words.run_id) & (_record.seq == _words.seq))
    .where(
        _run.state == "ended",
        _run.imported.is_(False),
        _run.ended_at < bindparam("before"),
        _record.at < bindparam("before"),
        _words.text.is_not(None),
        _record.kind != "redacted",  # why words were erased stays: else each look would erase, and record, without end
    )
    .order_by(_run.ended_at, _run.run_id, _words.seq)
)
_output = tables.output.c
_ENDED = select(_run.run_id).where(
    _run.state == "ended", _run.imported.is_(False), _run.ended_at < bindparam("ended_before")
)
_OLD_OUTPUT = _output.text.is_not(None) & _output.run_id.in_(_ENDED)
_OLD_OUTPUTS = select(_output.run_id, _output.step, _output.visit, _output.attempt).where(_OLD_OUTPUT)
_ERASE_OUTPUTS = update(tables.output).where(_OLD_OUTPUT).values(text=None)
Attempt = tuple[str, int, int]
"""A step, a visit, and which try."""
_TABLES = (tables.login, tables.api_token)


@dataclass(frozen=True, slots=True)
class OldWords:
    """A run whose typed words were kept for long enough, and the records that hold them."""

    ref: str
    run_id: str
    ended_at: datetime
    seqs: tuple[int, ...]


def find_old_words(journal: Journal, before: datetime) -> list[OldWords]:
    """Ended runs with words that were typed, and whose end was, before a time. Imported runs are not ours to change."""
    found: dict[str, OldWords] = {}
    for row in journal.read(_OLD, before=before):
        known = found.get(row.run_id)
        seqs = (*known.seqs, row.seq) if known is not None else (row.seq,)
        found[row.run_id] = OldWords(row.ref, row.run_id, row.ended_at, seqs)
    return list(found.values())


def find_old_outputs(journal: Journal, before: datetime) -> dict[str, set[Attempt]]:
    """What commands printed in runs that ended before a time, and is still kept: the attempts, by run."""
    found: dict[str, set[Attempt]] = {}
    for row in journal.read(_OLD_OUTPUTS, ended_before=before):
        found.setdefault(row.run_id, set()).add((row.step, row.visit, row.attempt))
    return found


def erase_outputs(journal: Journal, before: datetime) -> int:
    """Erase what is left of it, of which no record tells; how many."""
    return journal.change(_ERASE_OUTPUTS, {"ended_before": before})


def count_spent(journal: Journal, before: datetime) -> int:
    """Codes and tokens that have counted no more since before a time."""
    return sum(
        int(journal.read(select(func.count()).select_from(one).where(_spent(one)), before=before)[0][0])
        for one in _TABLES
    )


def forget_spent(journal: Journal, before: datetime) -> int:
    """Forget those; how many."""
    return sum(journal.change(delete(one).where(_spent(one)), {"before": before}) for one in _TABLES)


def _spent(table: Table) -> ColumnElement[bool]:
    return or_(table.c.revoked_at < bindparam("before"), table.c.expires_at < bindparam("before"))

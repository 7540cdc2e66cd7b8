"""How runs and records are asked for: each statement once, built when the house is built."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from sqlalchemy import (
    ColumnElement,
    Executable,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from bot.journal import tables
from bot.journal.chain import Record, SaltedWords
from bot.journal.tables import database_later, database_now, read_stored_instant
from bot.run.hands.rules import state_of_hands
from bot.run.law.scope import title_of
from bot.run.paging.dues import next_due
from bot.run.paging.ladder import call_at
from bot.run.places import Over
from bot.run.situation import Mode
from bot.run.state import Run


@dataclass(frozen=True, slots=True)
class RunRow:
    """What lists need of a run. `channel` and `thread_ts` are where its card stands, once it was posted."""

    run_id: str
    ref: str
    asset: str
    asset_name: str
    tier: int
    rto: int | None
    runbook: str
    digest: str
    title: str
    mode: Mode
    requester: str
    operator: str | None
    operator_name: str | None
    step: str | None
    step_title: str | None
    phase: str | None
    state: str
    outcome: str | None
    channel: str | None
    thread_ts: str | None
    parent: str | None
    continues: str | None
    started_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    head: int
    hash: str
    told: int
    imported: bool
    evidence: bool = False
    """It was imported though it breaks the law."""

    @property
    def open(self) -> bool:
        """Whether it belongs into the list of open runs: one that waits for a review too."""
        return self.state == "open"

    @property
    def waits_for_review(self) -> bool:
        """Whether it has ended, and a glass that was broken in it was not reviewed yet."""
        return self.open and self.outcome is not None


@dataclass(frozen=True, slots=True)
class Arrival:
    """That a run was imported: how far it went then, when, by whom, and from where."""

    run_id: str
    head: int
    hash: str
    at: datetime
    by: str
    source: str
    evidence: bool | None = None
    """It breaks the law, and was taken in all the same."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A request that was taken before: which records came of it, or the sentence that refused it."""

    run_id: str
    first: int
    last: int
    refusal: str | None


@dataclass(frozen=True, slots=True)
class DueRow:
    """A run that is due, held by whoever looks at it; `now` is the clock that judged it."""

    run_id: str
    due_at: datetime
    head: int
    hash: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Locked:
    """A run's row, held until the transaction ends. `now` is the database's clock."""

    head: int
    hash: str
    ref: str
    imported: bool
    now: datetime
    receipt: Receipt | None


_run, _record, _words, _message = tables.run.c, tables.record.c, tables.words.c, tables.message.c
_LISTED = [name for name in RunRow.__slots__ if name not in ("channel", "thread_ts", "evidence")]
_evidence = exists().where(tables.arrival.c.run_id == _run.run_id, tables.arrival.c.evidence).correlate(tables.run)
_ROWS = select(
    *(_run[name] for name in _LISTED),
    func.coalesce(_message.channel, _run.channel).label("channel"),
    _message.ts.label("thread_ts"),
    _evidence.label("evidence"),
).select_from(
    tables.run.outerjoin(tables.message, (_message.run_id == _run.run_id) & (_message.key == "card"))
)  # fmt: skip
BY_ID = _ROWS.where(_run.run_id == bindparam("run_id"))
BY_REF = _ROWS.where(_run.ref == bindparam("ref"))
OPEN = _ROWS.where(_run.state == "open").order_by(_run.tier, _run.started_at)
NEWEST = _ROWS.order_by(_run.started_at.desc()).limit(bindparam("many"))


def last_ended(by: Literal["asset", "runbook"]) -> Select[Any]:
    """Of each asset or runbook the run of each mode that ended last; a live one only where data came back."""
    column = _run[by]
    came_back = or_(_run.mode != "live", _run.outcome.in_(("recovered", "partial")))
    ended = and_(_run.state == "ended", came_back)
    last = select(column.label("id"), _run.mode, func.max(_run.ended_at).label("at")).where(ended)
    newest = last.group_by(column, _run.mode).subquery()
    same = and_(column == newest.c.id, _run.mode == newest.c.mode, _run.ended_at == newest.c.at)
    return _ROWS.join(newest, same).where(ended)


COLUMNS = select(tables.run).where(_run.run_id == bindparam("run_id"))
HOLD = select(_run.run_id).where(_run.run_id == bindparam("run_id")).with_for_update()
HEAD = select(_run.head, _run.hash, _run.digest).where(_run.run_id == bindparam("run_id"))
_AFTER = (_record.run_id == bindparam("run_id")) & (_record.seq > bindparam("after"))
RECORDS_OF = select(tables.record).where(_record.run_id.in_(bindparam("runs", expanding=True)))
WORDS_OF = select(tables.words).where(_words.run_id.in_(bindparam("runs", expanding=True)))
RECORDS = select(tables.record).where(_AFTER).order_by(_record.seq)
WORDS = select(tables.words).where(_words.run_id == bindparam("run_id"), _words.seq > bindparam("after"))
HASH = select(_record.hash).where(_record.run_id == bindparam("run_id"), _record.seq == bindparam("seq"))
TEXT = select(tables.runbook_text.c.runbook, tables.runbook_text.c.text).where(
    tables.runbook_text.c.digest == bindparam("digest")
)
ARRIVALS = select(tables.arrival).where(tables.arrival.c.run_id == bindparam("run_id")).order_by(tables.arrival.c.head)
RELATIVES = select(_run.run_id).where(
    (_run.parent == bindparam("run_id")) | (_run.continues == bindparam("ref")) | (_run.run_id == bindparam("caller"))
)
LISTED_IDS = select(_run.run_id).order_by(_run.started_at, _run.run_id)
RUN_IDS = select(_record.run_id).where(_record.seq == 1).order_by(_record.at, _record.run_id)

_now = database_now()
_FAR = database_later(literal("+3600.000 seconds"))
"""No lease and no pause is so long: one that ends later was made by a clock that has been put back since."""
_FREE = _run.lease_until.is_(None) | (_run.lease_until <= _now) | (_run.lease_until > _FAR)
_TIMELY = _run.not_before.is_(None) | (_run.not_before <= _now) | (_run.not_before > _FAR)
UNTOLD = select(_run.run_id).where(_run.told < _run.head, _FREE, _TIMELY).order_by(_run.run_id).limit(bindparam("many"))
LEASE = (
    update(tables.run)
    .where(_run.run_id == bindparam("of"), _FREE | (_run.lease_token == bindparam("token")))
    .values(lease_token=bindparam("token"), lease_until=database_later(bindparam("for_")))
)
_AT_HAND = select(_run.run_id).where(_run.run_id == bindparam("of")).with_for_update(skip_locked=True)
LEASE_UNLESS_HELD = LEASE.where(_run.run_id == _AT_HAND.scalar_subquery())
"""On PostgreSQL: whoever tells leaves a run alone that somebody writes to, or holds, and tells the others."""
_HELD = (_run.run_id == bindparam("of")) & (_run.lease_token == bindparam("token"))
RELEASE = update(tables.run).where(_HELD).values(lease_token=None, lease_until=None)
_MORE = _run.head > bindparam("upto")
TELL = (
    update(tables.run)
    .where(_HELD, _run.told < bindparam("upto"))
    .values(
        told=bindparam("upto"),
        lease_token=case((_MORE, _run.lease_token), else_=None),
        lease_until=case((_MORE, _run.lease_until), else_=None),
    )
    .returning(_run.head)
)
POSTPONE = (
    update(tables.run)
    .where(_HELD)
    .values(lease_token=None, lease_until=None, not_before=database_later(bindparam("for_")))
)
DEFER = update(tables.run).where(_run.run_id == bindparam("of")).values(due_at=bindparam("until"))
NEXT_DUE = select(func.min(_run.due_at)).where(_run.due_at.is_not(None))
OPEN_ON = OPEN.where(_run.asset == bindparam("asset"), _run.outcome.is_(None))
DUE = select(_run.run_id).where(_run.due_at <= bindparam("now")).order_by(_run.due_at).limit(bindparam("many"))
_AT_ONCE = select(_now).scalar_subquery()
"""The clock read once for a whole statement: read for each row, PostgreSQL could not use the index of due times."""
DUE_BY_DATABASE = select(_run.run_id).where(_run.due_at <= _AT_ONCE).order_by(_run.due_at).limit(bindparam("many"))
HOLD_DUE = (
    select(_run.run_id, _run.due_at, _run.head, _run.hash)
    .where(_run.due_at <= bindparam("now"))
    .order_by(_run.due_at)
    .limit(bindparam("many"))
)
HOLD_DUE_BY_DATABASE = (
    select(_run.run_id, _run.due_at, _run.head, _run.hash, _now.label("now"))
    .where(_run.due_at <= _AT_ONCE)
    .order_by(_run.due_at)
    .limit(bindparam("many"))
    .with_for_update(skip_locked=True)
)
NOW = select(_now)
_LOST = (_run.hands == "runs") & (_run.hands_until.is_(None) | (_run.hands_until <= _now) | (_run.hands_until > _FAR))
_WAITS = select(
    NEXT_DUE.scalar_subquery().label("due_at"),
    exists().where(_run.told < _run.head, _FREE, _TIMELY).label("is_untold"),
    exists().where(_LOST).label("lost_hands"),
)
WAITS = _WAITS.add_columns(exists().where(_run.call_at <= bindparam("now")).label("calls"))
WAITS_BY_DATABASE = _WAITS.add_columns(exists().where(_run.call_at <= _AT_ONCE).label("calls"), _now.label("now"))
PRUNE = delete(tables.inbox).where(tables.inbox.c.at < bindparam("before"))
SWEPT = select(tables.sweep.c.at).where(tables.sweep.c.name == bindparam("which"))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits at a moment, by the clock that judges: so much that one question tells whether anybody has work."""

    now: datetime
    due_at: datetime | None
    """When the next run is due."""
    is_untold: bool
    calls: bool
    """Somebody is to be called beyond Slack."""
    lost_hands: bool
    """A command runs whose hands do not answer."""


class Read(Protocol):
    """Runs a statement with its values and hands back all rows."""

    def __call__(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]: ...


def records_of(read: Read, run_id: str, after: int) -> list[Record]:
    """A run's records after a number, in order, with the words beside them."""
    found = read(RECORDS, run_id=run_id, after=after)
    beside: dict[int, dict[str, SaltedWords]] = {}
    for row in read(WORDS, run_id=run_id, after=after):
        beside.setdefault(row.seq, {})[row.field] = SaltedWords(row.text, row.salt)
    return [Record(**row._mapping, words=beside.get(row.seq, {})) for row in found]  # noqa: SLF001  (public)


def records_of_many(read: Read, run_ids: Sequence[str]) -> dict[str, list[Record]]:
    """All records of each of these runs, in order: two questions, however many runs there are."""
    beside: dict[tuple[str, int], dict[str, SaltedWords]] = {}
    for row in read(WORDS_OF, runs=list(run_ids)):
        beside.setdefault((row.run_id, row.seq), {})[row.field] = SaltedWords(row.text, row.salt)
    found: dict[str, list[Record]] = {run_id: [] for run_id in run_ids}
    for row in sorted(read(RECORDS_OF, runs=list(run_ids)), key=lambda one: one.seq):
        found[row.run_id].append(Record(**row._mapping, words=beside.get((row.run_id, row.seq), {})))  # noqa: SLF001
    return found


def row_of(run: Run, hash_: str, *, imported: bool = False) -> dict[str, object]:
    """What the index says of a run whose last record has this hash. An imported one is driven elsewhere: never due."""
    start, over, due = run.start, run.here if isinstance(run.here, Over) else None, next_due(run)
    step = run.book.by_id.get(run.here.step or "")
    return {
        "run_id": run.id, "ref": start.ref, "asset": start.asset.id, "asset_name": start.asset.name,
        "tier": start.asset.tier, "rto": start.asset.rto, "runbook": start.runbook, "digest": start.digest,
        "title": start.title, "mode": start.mode, "requester": run.requester, "operator": run.operator,
        "operator_name": run.name_of(run.operator) if run.operator else None,
        "step": run.here.step, "step_title": title_of(run, step.id) if step else None,
        "phase": step.phase if step else None,
        "state": "ended" if over and not run.unreviewed else "open", "outcome": over.outcome if over else None,
        "channel": start.channel or start.owner_channel, "parent": start.parent.run if start.parent else None,
        "continues": start.continues, "started_at": run.started_at, "ended_at": over.at if over else None,
        "due_at": due.at if due and not imported else None, "imported": imported,
        "call_at": call_at(run) if not imported else None, "hands": state_of_hands(run) if not imported else None,
        "head": run.seq, "hash": hash_,
    }  # fmt: skip


PORTION = 2_000
"""Records read at once."""
_NO_WORDS: Mapping[str, SaltedWords] = {}

_record, _words = tables.record.c, tables.words.c
_RECORDS = select(
    _record.seq, type_coerce(_record.at, NullType()), _record.by, _record.via, _record.kind, _record.body, _record.prev,
    _record.hash,
).order_by(_record.seq)  # fmt: skip
"""The time as the database keeps it: it is read once for all records that share it."""
_OF_RUN = _record.run_id == bindparam("run_id")
_PORTION = _RECORDS.where(_OF_RUN, _record.seq.between(bindparam("first"), bindparam("last")))
_BESIDE = (_words.run_id == bindparam("run_id")) & _words.seq.between(bindparam("first"), bindparam("last"))
_WORDS = select(_words.seq, _words.field, _words.text, _words.salt).where(_BESIDE)


def stream_records(read: Read, run_id: str, upto: int) -> Iterator[Record]:
    """A run's records from the first to number `upto`, in order, with the words beside them.

    What is appended meanwhile is not read; a record that is missing is passed over, as `verify_chain` names it.
    """
    for first in range(1, upto + 1, PORTION):
        span = {"run_id": run_id, "first": first, "last": min(first + PORTION - 1, upto)}
        beside: dict[int, dict[str, SaltedWords]] = {}
        for row in read(_WORDS, **span):
            beside.setdefault(row.seq, {})[row.field] = SaltedWords(row.text, row.salt)
        yield from _records(run_id, read(_PORTION, **span), beside)


def pick_records(read: Read, run_id: str, upto: int, kinds: Mapping[str, Collection[str]]) -> Iterator[Record]:
    """The records of these kinds, up to number `upto`, in order, without the words beside them.

    Of a kind that comes with names of lists, only those in which one of the lists is not empty, or is not there.
    """
    return _records(run_id, read(_picking(kinds), run_id=run_id, last=upto), {})


def _picking(kinds: Mapping[str, Collection[str]]) -> Select[Any]:
    wanted = or_(*(and_(_record.kind == kind, _holds_any(lists)) for kind, lists in kinds.items()))
    return _RECORDS.where(_OF_RUN, _record.seq <= bindparam("last"), wanted)


def _holds_any(lists: Collection[str]) -> ColumnElement[bool]:
    """A body is canonical JSON, so that an empty list is spelled in one way, and no words of a person spell it."""
    return or_(*(~_record.body.contains(f'"{name}":[]') for name in lists)) if lists else true()


def _records(run_id: str, rows: Collection[Any], beside: Mapping[int, Mapping[str, SaltedWords]]) -> Iterator[Record]:
    written, at = None, datetime.min.replace(tzinfo=UTC)
    for seq, stored, by, via, kind, body, prev, hash_ in rows:
        if stored != written:
            written, at = stored, _instant(stored)
        yield Record(run_id, seq, at, by, via, kind, body, prev, hash_, beside.get(seq, _NO_WORDS))


def _instant(stored: Any) -> datetime:  # noqa: ANN401  (text or a time, whichever the database keeps)
    at: datetime = read_stored_instant(stored) if isinstance(stored, str) else stored.astimezone(UTC)
    return at

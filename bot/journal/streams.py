"""Records beside runs, a chain each: what was heard of a protection, and whatever else is of no run.

They are chained as the record of a run is, see ``journal/chain``; the first `prev` is the digest of the stream's name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.journal import tables
from bot.journal.chain import Record, Unreadable, Verdict, Verifying, canonical, link, storable, text_digest
from bot.journal.store import Journal
from bot.journal.transaction import WriteTransaction
from bot.readiness.alert.events import ALERT_KINDS, TRIGGER_KINDS, AlertEvent
from bot.readiness.alert.state import Alert, Triggers, alert_due, evolve_alert, evolve_triggers, never_due
from bot.readiness.protection.events import KINDS as PROTECTION_KINDS
from bot.readiness.protection.rules import next_due
from bot.readiness.protection.state import Standing
from bot.readiness.protection.state import evolve as evolve_protection
from bot.readiness.reading.events import READING_KINDS
from bot.readiness.reading.rules import next_look
from bot.readiness.reading.state import Reading, evolve_reading
from bot.readiness.upkeep.events import PERSON_KINDS, REVIEW_KINDS
from bot.readiness.upkeep.state import PersonStanding, Reviews, evolve_person, evolve_reviews, nothing_due

State = TypeVar("State")
Event = TypeVar("Event")
_record, _stream = tables.stream_record.c, tables.stream.c
_ROW = select(tables.stream).where(_stream.stream == bindparam("of"))
_HOLD = _ROW.with_for_update()
_ALL = select(_stream.stream, _stream.hash).where(_stream.stream.startswith(bindparam("start"), autoescape=False))
_OPEN = _ALL.where(_stream.due_at.is_not(None))
_SOME = select(_stream.stream, _stream.hash, _stream.state).where(
    _stream.stream.in_(bindparam("names", expanding=True))
)
_NAMES = select(_stream.stream).order_by(_stream.stream)
_RECORDED = select(_record.stream).distinct().order_by(_record.stream)
_DUE = (
    select(_stream.stream)
    .where(_stream.due_at <= bindparam("now"), _stream.stream.startswith(bindparam("start"), autoescape=False))
    .order_by(_stream.due_at).limit(bindparam("many"))
)  # fmt: skip
_RECORDS = (
    select(tables.stream_record).where(_record.stream == bindparam("of"), _record.seq > bindparam("after"))
    .order_by(_record.seq).limit(bindparam("many"))
)  # fmt: skip
_APPEND = insert(tables.stream_record)
_MOVE = (
    update(tables.stream)
    .where(_stream.stream == bindparam("of"))
    .values({name: bindparam(f"new_{name}") for name in ("head", "hash", "due_at", "state")})
)


@dataclass(frozen=True, slots=True)
class Family(Generic[State, Event]):
    """The streams whose names begin with `name` and a colon: their events, and how they are folded."""

    name: str
    kinds: Mapping[str, type[Event]]
    begin: State
    evolve: Callable[[State, Event, datetime], State]
    due: Callable[[State], datetime | None]

    def stream(self, of: str) -> str:
        """The name of one of them."""
        return f"{self.name}:{of}"


PROTECTIONS = Family("protection", PROTECTION_KINDS, Standing(), evolve_protection, next_due)
"""A stream for each protection of the catalogue: ``protection:ASSET/ID``."""
ALERTS = Family("alert", ALERT_KINDS, Alert(), evolve_alert, alert_due)
"""A stream for each alert, by its fingerprint, of an asset: ``alert:ASSET/FINGERPRINT``."""
TRIGGERS = Family("trigger", TRIGGER_KINDS, Triggers(), evolve_triggers, never_due)
"""A stream for each asset of which an alert was heard, and one for those that found none: ``trigger:ASSET``."""
PEOPLE = Family("person", PERSON_KINDS, PersonStanding(), evolve_person, nothing_due)
"""A stream for each person of the catalogue: ``person:ID``."""
REVIEWS = Family("review", REVIEW_KINDS, Reviews(), evolve_reviews, nothing_due)
"""A stream for the reviews of each runbook: ``review:ID``."""
READINGS = Family("reading", READING_KINDS, Reading(), evolve_reading, next_look)
"""A stream for each thing that hands look at: ``reading:resource:ID`` and the like, see ``readiness/reading/plan``."""
FAMILIES: tuple[Family[Any, Any], ...] = (PROTECTIONS, ALERTS, TRIGGERS, PEOPLE, REVIEWS, READINGS)


@dataclass(frozen=True, slots=True)
class Happened(Generic[Event]):
    """An event of a stream, and when it happened, by whom, and by which way."""

    seq: int
    at: datetime
    by: str
    via: str
    event: Event
    hash: str


class Streams(Generic[State, Event]):
    """The streams of one family, in the journal's database. Safe to share between threads."""

    def __init__(self, journal: Journal, family: Family[State, Event]) -> None:
        self._journal, self._family = journal, family
        self._kind_of = {event: kind for kind, event in family.kinds.items()}
        self._states: TypeAdapter[State] = TypeAdapter(type(family.begin))
        self._adapters = {kind: TypeAdapter(event) for kind, event in family.kinds.items()}
        build: Callable[..., Any] = sqlite.insert if journal.engine.dialect.name == "sqlite" else postgresql.insert
        self._states_by_name: dict[str, tuple[str, State]] = {}
        self._begin = build(tables.stream).on_conflict_do_nothing(index_elements=["stream"])

    def change(
        self, of: str, decide: Callable[[State], Iterable[Event]], at: datetime, by: str, via: str
    ) -> tuple[State, tuple[Event, ...]]:
        """Let something happen, in one transaction: how it stands then, and what happened. What is raised undoes it."""
        return self._journal.write(
            lambda transaction: self._change(transaction, self._family.stream(of), decide, (at, by, via))
        )

    def _change(
        self,
        transaction: WriteTransaction,
        name: str,
        decide: Callable[[State], Iterable[Event]],
        stamp: tuple[datetime, str, str],
    ) -> tuple[State, tuple[Event, ...]]:
        found = transaction.read(_HOLD, of=name)
        state = self._read_state(found[0].state) if found else self._family.begin
        events = tuple(storable(one) for one in decide(state))
        if not events:
            return state, ()
        if not found:
            empty = {"head": 0, "hash": text_digest(name), "due_at": None, "state": self._write_state(state)}
            transaction.change(self._begin, {"stream": name, **empty})
            found = transaction.read(_HOLD, of=name)  # somebody else may have begun it a moment ago, and gone on
            if found[0].head:
                return self._change(transaction, name, decide, stamp)
        head, hash_, rows = found[0].head, found[0].hash, []
        for event in events:
            record = self._record(name, head + 1, hash_, event, stamp)
            rows.append({"stream": name, **{key: getattr(record, key) for key in _KEPT}})
            head, hash_, state = record.seq, record.hash, self._family.evolve(state, event, stamp[0])
        transaction.change(_APPEND, rows)
        transaction.change(_MOVE, self._moved(name, head, hash_, state))
        return state, events

    def _moved(self, name: str, head: int, hash_: str, state: State) -> dict[str, object]:
        due = self._family.due(state)
        return {
            "of": name,
            "new_head": head,
            "new_hash": hash_,
            "new_due_at": due,
            "new_state": self._write_state(state),
        }

    def _record(self, name: str, seq: int, prev: str, event: Event, stamp: tuple[datetime, str, str]) -> Record:
        kind = self._kind_of[type(event)]
        body = canonical(self._adapters[kind].dump_python(event, mode="json"))
        at, by, via = stamp
        record = Record(name, seq, at, by, via, kind, body, prev, "", {})
        return record._replace(hash=link(prev, record))

    def state(self, of: str) -> State:
        """How one of them stands; as at the beginning, when nothing has happened yet."""
        found = self._journal.read(_ROW, of=self._family.stream(of))
        return self._read_state(found[0].state) if found else self._family.begin

    def states(self) -> dict[str, State]:
        """How each of them stands, by its name in the family; what was read before is read again when it changed."""
        start = self._family.stream("")
        return self._known({row.stream: row.hash for row in self._journal.read(_ALL, start=start)})

    def open(self) -> dict[str, State]:
        """How each of them stands that somebody has to look at, now or later; kept as by `states`."""
        start = self._family.stream("")
        return self._known({row.stream: row.hash for row in self._journal.read(_OPEN, start=start)})

    def _known(self, heads: Mapping[str, str]) -> dict[str, State]:
        start = self._family.stream("")
        known = {name: kept for name, kept in self._states_by_name.items() if heads.get(name) == kept[0]}
        names = [name for name in heads if name not in known]
        for first in range(0, len(names), _MOST):
            for row in self._journal.read(_SOME, names=names[first : first + _MOST]):
                known[row.stream] = (row.hash, self._read_state(row.state))
        self._states_by_name = known
        return {name.removeprefix(start): known[name][1] for name in heads if name in known}

    def due(self, now: datetime, many: int) -> list[str]:
        """Those that have to be looked at, the longest due first."""
        start = self._family.stream("")
        found = self._journal.read(_DUE, now=now, start=start, many=many)
        return [row.stream.removeprefix(start) for row in found]

    def history(self, of: str, after: int = 0) -> list[Happened[Event]]:
        """What happened in one of them; Unreadable names what this version cannot read."""
        return list(self.each(of, after))

    def each(self, of: str, after: int = 0) -> Iterator[Happened[Event]]:
        """As `history`, read as it is asked for."""
        return self._events(records_of_stream(self._journal, self._family.stream(of), after))

    def _events(self, records: Iterable[Record]) -> Iterator[Happened[Event]]:
        for one in records:
            adapter = self._adapters.get(one.kind)
            if adapter is None:
                raise Unreadable(
                    f"The kind “{one.kind}” is unknown here. A newer Handrail wrote it: read it with that one."
                )
            try:
                event = adapter.validate_json(one.body)
            except ValidationError as wrong:
                raise Unreadable(
                    f"Record {one.seq} of {one.run_id} cannot be read: {wrong.errors()[0]['msg']}."
                ) from None
            yield Happened(one.seq, one.at, one.by, one.via, event, one.hash)

    def _fold(self, name: str) -> tuple[int, str, State]:
        """How a stream stands by its records: its last number and hash, and its state."""
        head, hash_, state = 0, text_digest(name), self._family.begin
        for record in records_of_stream(self._journal, name):
            head, hash_, state = record.seq, record.hash, self._folded(state, record)
        return head, hash_, state

    def _folded(self, state: State, record: Record) -> State:
        for one in self._events([record]):
            state = self._family.evolve(state, one.event, one.at)
        return state

    def rebuild(self, name: str) -> bool:
        """Put the row of a stream right where it is not what its records say; whether it was wrong."""

        def mend(transaction: WriteTransaction) -> bool:
            found = transaction.read(_HOLD, of=name)
            should = self._moved(name, *self._fold(name))
            there = found[0] if found else None
            if there is not None and all(getattr(there, key) == should[f"new_{key}"] for key in _ROW_KEPT):
                return False
            if there is None:
                transaction.change(self._begin, {"stream": name, **{key: should[f"new_{key}"] for key in _ROW_KEPT}})
            transaction.change(_MOVE, should)
            return True

        return self._journal.write(mend)

    def verify(self, name: str) -> Verdict:
        """Recompute the chain of a stream, and compare its row with what its records say; in one pass.

        What is written meanwhile is no fault: the row is read before the records that it counts.
        """
        row, state, unread = self._row(name), self._family.begin, ""
        verifying = Verifying(text_digest(name), noting=False)
        for record in records_of_stream(self._journal, name):
            if row is not None and record.seq > row.head:
                row = self._row(name)
            verifying.take(record)
            if verifying.fault is not None:
                break
            try:
                state = state if unread else self._folded(state, record)
            except Unreadable as why:
                unread = str(why)
        verdict = verifying.verdict(row.head if row else None)
        if not verdict.sound:
            return verdict
        fault = None
        if row is None:
            fault = "Its row is missing: handrail rebuild"
        elif row.hash != verdict.head:
            fault = f"The last record is not the one that was written last: {row.hash} was."
        elif unread:
            return Verdict(verdict.records, verdict.head, None, (unread,))
        elif not self._says(row.state, state):
            fault = "How it stands is not what its records say: handrail rebuild"
        return Verdict(verdict.records, verdict.head, fault)

    def _row(self, name: str) -> Row[Any] | None:
        found = self._journal.read(_ROW, of=name)
        return found[0] if found else None

    def _says(self, text: str, state: State) -> bool:
        """Whether the text of a row is this state, written by this version or one that knew less."""
        try:
            return self._read_state(text) == state
        except ValidationError:
            return False

    def _read_state(self, text: str) -> State:
        return self._states.validate_json(text)

    def _write_state(self, state: State) -> str:
        return canonical(self._states.dump_python(state, mode="json"))


class AlertsOf:
    """The alerts of assets, for who opens a start form because of them."""

    def __init__(self, journal: Journal) -> None:
        self._streams: Streams[Alert, AlertEvent] = Streams(journal, ALERTS)

    def firing(self, asset: str) -> tuple[Alert, ...]:
        """Those of an asset that go on, the oldest first."""
        found = [one for name, one in self._streams.open().items() if name.startswith(f"{asset}/") and one.is_firing]
        return tuple(sorted(found, key=lambda one: (one.fired_at is None, one.fired_at, one.name)))


_MOST = 500
"""Streams that are asked for by name at a time."""
_AT_A_TIME = 1000
"""Records that are read at a time: a year of a beat each five minutes is some 105,000."""
_KEPT = ("seq", "at", "by", "via", "kind", "body", "prev", "hash")
_ROW_KEPT = ("head", "hash", "due_at", "state")


def records_of_stream(journal: Journal, name: str, after: int = 0) -> Iterator[Record]:
    """The records of a stream, in order, read a thousand at a time; `run_id` of each is the stream's name."""
    while True:
        found = journal.read(_RECORDS, of=name, after=after, many=_AT_A_TIME)
        for row in found:
            yield Record(row.stream, row.seq, row.at, row.by, row.via, row.kind, row.body, row.prev, row.hash, {})
        if len(found) < _AT_A_TIME:
            return
        after = found[-1].seq


def stream_names(journal: Journal) -> list[str]:
    """Every stream that has a record or a row."""
    recorded = [row.stream for row in journal.read(_RECORDED)]
    return list(dict.fromkeys([*recorded, *(row.stream for row in journal.read(_NAMES))]))


def streams_named(journal: Journal, name: str) -> Streams[Any, Any] | None:
    """The family that a stream belongs to; None for one that this version does not know."""
    family = next((one for one in FAMILIES if name.startswith(f"{one.name}:")), None)
    return None if family is None else Streams(journal, family)

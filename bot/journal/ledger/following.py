"""The ledger followed from its first entry to the newest, and held to the runs that are here."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, case, exists, func, select

from bot.journal import tables
from bot.journal.ledger import GENESIS, LedgerEntry, Tip, link_entry
from bot.journal.rows import Read
from bot.run.law.may_start import LAW

_PORTION = 2_000
GRACE = timedelta(days=1)
"""So long replicas of the version before may go on starting runs under the older law, while a new one is rolled out."""
_ledger, _record, _run, _arrival = tables.ledger.c, tables.record.c, tables.run.c, tables.arrival.c
_first = tables.record.alias()
_beside = (
    tables.ledger
    .outerjoin(tables.record, (_record.run_id == _ledger.run_id) & (_record.seq == _ledger.seq))
    .outerjoin(tables.run, _run.run_id == _ledger.run_id)
    .outerjoin(_first, (_first.c.run_id == _ledger.run_id) & (_first.c.seq == 1) & (_ledger.kind == "started"))
)  # fmt: skip
_ENTRIES = (
    select(
        tables.ledger,
        _record.hash.label("found"),
        _run.ref.label("listed"),
        case(*((_first.c.body.like(f'%"law":{law},%'), law) for law in range(2, LAW + 1)), else_=1).label("law"),
    )
    .select_from(_beside)
    .where(_ledger.number > bindparam("after"))
    .order_by(_ledger.number)
    .limit(bindparam("many"))
)
"""Each entry beside the record that it names, read in one statement, so that nobody writes in between."""
_entered = exists().where(_ledger.run_id == _record.run_id)
_NOT_ENTERED = select(_record.run_id).where(_record.seq == 1, ~_entered)
_END_NOT_ENTERED = select(_record.run_id).where(
    _record.kind == "ended", _entered, ~exists().where(_ledger.run_id == _record.run_id, _ledger.seq >= _record.seq)
)
_HERE = select(_record.run_id, func.max(_record.seq).label("last")).group_by(_record.run_id)
_ARRIVALS = select(_arrival.run_id, _arrival.head, _arrival.evidence)


class LedgerFault(NamedTuple):
    """What does not fit, and the run that it is about, if it is about one."""

    sentence: str
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerVerdict:
    """What was found on the way: the hash of each entry by its number, and all that does not fit."""

    hashes: Mapping[int, str]
    faults: tuple[LedgerFault, ...]
    bound_from: Mapping[int, datetime] = field(default_factory=dict)
    """By law, from when on nothing that is made here may claim an older one; laws by which no run was started do not
    bind."""

    @property
    def tip(self) -> Tip:
        """The newest entry."""
        last = max(self.hashes, default=0)
        return Tip(last, self.hashes.get(last, GENESIS))


def follow_ledger(read: Read) -> LedgerVerdict:
    """Recompute the ledger and compare it with the records, arrivals and rows that are here.

    It is read before the runs: one that begins meanwhile is in both, or in neither.
    """
    following = _Following(_read_arrivals(read))
    for row in _entries(read):
        following.take(LedgerEntry(*row[: len(LedgerEntry._fields)]), row.found, row.listed)
        following.hold_to_law(LedgerEntry(*row[: len(LedgerEntry._fields)]), row.law)
    faults = [*following.faults, *_gone(following, {row.run_id for row in read(_HERE)}), *_not_entered(read)]
    return LedgerVerdict(following.hashes, tuple(faults), following.bound_from)


def _entries(read: Read) -> Iterator[Row[Any]]:
    after = -(2**62)  # whoever meddles may write a number below 1
    while found := read(_ENTRIES, after=after, many=_PORTION):
        yield from found
        after = found[-1].number


def _read_arrivals(read: Read) -> Mapping[str, Mapping[int, bool]]:
    arrivals: dict[str, dict[int, bool]] = defaultdict(dict)
    for row in read(_ARRIVALS):
        arrivals[row.run_id][row.head] = bool(row.evidence)
    return arrivals


@dataclass(slots=True)
class _Following:
    """Where the reader of the ledger is."""

    arrivals: Mapping[str, Mapping[int, bool]]
    tip: Tip = field(default_factory=lambda: Tip(0, GENESIS))
    hashes: dict[int, str] = field(default_factory=dict)
    faults: list[LedgerFault] = field(default_factory=list)
    lost: dict[str, list[LedgerEntry]] = field(default_factory=lambda: defaultdict(list))
    """By run, the entries whose record is not there."""
    is_broken: bool = False
    bound_from: dict[int, datetime] = field(default_factory=dict)
    latest: datetime | None = None
    """The latest time so far: an entry that stands behind it was made no earlier, whatever it says of itself."""

    def hold_to_law(self, entry: LedgerEntry, law: int) -> None:
        """Once a run was started by a law, the next day no other is started by an older one."""
        self.latest = max(self.latest or entry.at, entry.at)
        if entry.kind != "started" or self.lost.get(entry.run_id):
            return
        self.bound_from.setdefault(law, entry.at + GRACE)
        newer = max((one for one, since in self.bound_from.items() if one > law and self.latest > since), default=None)
        if newer is not None:
            began = self.bound_from[newer] - GRACE
            said = (
                f"claims an older law than number {newer}, by which runs are started here since {began:%Y-%m-%d %H:%M}"
            )
            self._say(entry, f"{said} UTC ({_place(entry)}): a forger would, whom the newer law stops.")

    def take(self, entry: LedgerEntry, found: str | None, listed: str | None) -> None:
        """The next entry; `found` is the hash of the record that it names, `listed` how its run is listed."""
        if not self.is_broken:
            self._hold_to_chain(entry)
        if found is None:
            self.lost[entry.run_id].append(entry)
        elif found != entry.head:
            self._say(entry, f"has another record {entry.seq} than when it entered the ledger ({_place(entry)}).")
        if listed is not None and entry.ref and listed != entry.ref:
            self._say(entry, f"is listed as {listed}, and the ledger knows it as {entry.ref} ({_place(entry)}).")
        if found is not None:
            self._hold_to_arrivals(entry)
        self.tip = Tip(entry.number, entry.hash)
        self.hashes[entry.number] = entry.hash

    def _hold_to_chain(self, entry: LedgerEntry) -> None:
        number, prev = self.tip
        fault = None
        if entry.number != number + 1:
            fault = f"Entry {number + 1} of the ledger is missing: entry {entry.number} stands where it belongs."
        elif entry.prev != prev:
            fault = f"Entry {entry.number} of the ledger does not follow the one before it: one of them was changed."
        elif link_entry(prev, entry) != entry.hash:
            fault = f"Entry {entry.number} of the ledger ({entry.kind} {entry.ref}) was changed: its hash does not fit."
        if fault is not None:
            self.faults.append(LedgerFault(fault))
            self.is_broken = True

    def _hold_to_arrivals(self, entry: LedgerEntry) -> None:
        arrived = self.arrivals.get(entry.run_id, {})
        match entry.kind:
            case "imported" | "evidence" if entry.seq not in arrived:
                self._say(entry, f"was imported ({_place(entry)}), and what says from where is gone.")
            case "imported" | "evidence" if arrived[entry.seq] != (entry.kind == "evidence"):
                self._say(entry, f"is marked as evidence otherwise than in the ledger ({_place(entry)}).")
            case "started" | "ended" if arrived:
                self._say(entry, f"was made here ({_place(entry)}), and is marked as imported.")
            case _:
                return

    def _say(self, entry: LedgerEntry, sentence: str) -> None:
        self.faults.append(LedgerFault(f"{_name(entry)} {sentence}", entry.run_id))


def _gone(following: _Following, here: set[str]) -> Iterator[LedgerFault]:
    for run_id, entries in following.lost.items():
        first, last = entries[0], entries[-1]
        if run_id in here:
            said = f"was cut short: at {last.at:%Y-%m-%d %H:%M} UTC it had {last.seq} records ({_place(last)})."
        else:
            said = (
                f"is gone: {first.kind} {first.at:%Y-%m-%d %H:%M} UTC ({_place(first)}), and no record of it is here."
            )
        yield LedgerFault(f"{_name(first)} {said}", run_id)


def _not_entered(read: Read) -> Iterator[LedgerFault]:
    cut = "the ledger's end was cut off, or this was written by hand."
    for row in read(_NOT_ENTERED):
        yield LedgerFault(f"It is not in the ledger: {cut}", row.run_id)
    for row in read(_END_NOT_ENTERED):
        yield LedgerFault(f"Its end is not in the ledger: {cut}", row.run_id)


def _name(entry: LedgerEntry) -> str:
    return entry.ref or entry.run_id


def _place(entry: LedgerEntry) -> str:
    return f"entry {entry.number} of the ledger"

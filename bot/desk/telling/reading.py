"""A run read for a report: its chain is verified, then its records are told one after the other."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.core.run import Unstarted
from bot.core.runbook import Runbook
from bot.core.timeline.entries import Chain, Entry, Timeline
from bot.core.timeline.pseudonyms import Disguise, disguise_of
from bot.core.timeline.reading.ahead import FORETELLING, Ahead, look_ahead
from bot.core.timeline.reading.entering import kind_of
from bot.core.timeline.telling import Happened, Teller
from bot.journal.chain import Record, Verdict, verify_chain
from bot.journal.portions import stream_records
from bot.journal.rows import RunRow
from bot.journal.store import Journal, events_of

_FORETELLING = frozenset(kind_of(event.__name__) for event in FORETELLING)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What a first look at all records finds."""

    verdict: Verdict
    ahead: Ahead
    disguise: Disguise | None


class Reading:
    """One run, up to the record that was its last when the reading was opened.

    Read `entries` to their end, then ask for the `timeline`; or take the `whole` at once. It is read once.
    """

    def __init__(self, journal: Journal, row: RunRow, book: Runbook, looked: _Looked, until: datetime | None) -> None:
        self._journal, self._row, self._until, self._disguise = journal, row, until, looked.disguise
        self.ref = row.ref
        self.chain = _chain(row, looked.verdict)
        shown = book if looked.disguise is None else looked.disguise.book(book)
        self._teller = Teller(Unstarted(row.run_id, shown), looked.ahead)

    @property
    def pseudonyms(self) -> bool:
        """Whether people are replaced by roles."""
        return self._disguise is not None

    def entries(self) -> Iterator[Entry]:
        """Each entry in order; Unreadable names a record that this version cannot read."""
        disguise = self._disguise
        for seq, event, stamp in _happened(self._journal, self._row):
            if disguise is None:
                yield self._teller.take(seq, event, stamp)
            else:
                yield self._teller.take(seq, disguise.event(event), disguise.stamp(stamp))

    def timeline(self, entries: Iterable[Entry] = ()) -> Timeline:
        """What follows from all entries that were read, with those that are handed in."""
        return self._teller.tell(entries, until=self._until, chain=self.chain)

    def whole(self) -> Timeline:
        """Everything at once, entries too."""
        return self.timeline(tuple(self.entries()))


def open_reading(
    journal: Journal, books: Callable[[str], Runbook], row: RunRow, *, until: datetime | None = None,
    pseudonyms: bool = False,
) -> Reading:  # fmt: skip
    """Begin to read a run: its chain is verified here and now, up to the last record of `row`.

    `until`: the moment up to which an open run is looked at. `pseudonyms`: people are replaced by roles. Unreadable
    when a record cannot be read by this version, LookupError when the runbook's text is lost.
    """
    return Reading(journal, row, books(row.digest), _look_through(journal, row, pseudonyms=pseudonyms), until)


def _look_through(journal: Journal, row: RunRow, *, pseudonyms: bool) -> _Looked:
    """One pass over all records: is the chain sound, what do later ones say of earlier ones, who is in them."""
    told: list[Happened] = []

    def watched() -> Iterator[Record]:
        for record in stream_records(journal.read, row.run_id, row.head):
            if record.kind in _FORETELLING and _foretells(record):
                told.extend(events_of([record]))
            yield record

    verdict = verify_chain(row.digest, watched(), until=row.hash, length=row.head, noting=False)
    disguise = disguise_of(_happened(journal, row)) if pseudonyms else None
    return _Looked(verdict, look_ahead(told), disguise)


def _foretells(record: Record) -> bool:
    """Whether a record says something of others; most steps that are finished do not."""
    if record.kind != "step-finished":
        return True
    body = json.loads(record.body)
    return bool(body.get("blind") or body.get("compared"))


def _happened(journal: Journal, row: RunRow) -> Iterator[Happened]:
    return events_of(stream_records(journal.read, row.run_id, row.head))


def _chain(row: RunRow, verdict: Verdict) -> Chain:
    command = f"handrail verify {row.ref} --head {row.hash}"
    return Chain(row.hash, row.head, verdict.sound, verdict.fault, command)

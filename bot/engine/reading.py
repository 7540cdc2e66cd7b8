"""A run read for a report: its records are verified and told one after the other."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from bot.format.runbook import Runbook
from bot.journal.chain import Record, Verdict, Verifying, verify_chain
from bot.journal.ledger import Tip, read_tip
from bot.journal.rows import RunRow, pick_records, stream_records
from bot.journal.store import Journal, events_of
from bot.run.state import Unstarted
from bot.timeline.entries import Chain, Entry, Timeline
from bot.timeline.pseudonyms import Disguise, disguise_of
from bot.timeline.telling import FORETELLING, Teller, kind_of, look_ahead

_FORETELLING = {kind_of(event): lists for event, lists in FORETELLING.items()}


class Reading:
    """One run, up to the record that was its last when the reading was opened.

    Read `entries` to their end, then ask for the `chain` and the `timeline`; or take the `whole` at once. It is read
    once, so that what is told is what was verified.
    """

    def __init__(
        self, journal: Journal, row: RunRow, teller: Teller, disguise: Disguise | None, until: datetime | None
    ) -> None:
        self._journal, self._row, self._teller, self._disguise, self._until = journal, row, teller, disguise, until
        self._verdict: Verdict | None = None
        self.ref = row.ref

    @property
    def pseudonyms(self) -> bool:
        """Whether people are replaced by roles."""
        return self._disguise is not None

    @property
    def chain(self) -> Chain:
        """The chain as it was found. Asked for before the entries were read to their end, it reads all records."""
        row, verdict = self._row, self._verdict
        if verdict is None:
            records = _records(self._journal, row)
            verdict = verify_chain(row.digest, records, until=row.hash, length=row.head, noting=False)
        return _chain(row, verdict, read_tip(self._journal.read))

    def entries(self) -> Iterator[Entry]:
        """Each entry in order; Unreadable names a record that this version cannot read."""
        take, disguise = self._teller.take, self._disguise
        for seq, event, stamp in events_of(self._verified()):
            if disguise is None:
                yield take(seq, event, stamp)
            else:
                yield take(seq, disguise.event(event), disguise.stamp(stamp))

    def timeline(self, entries: Iterable[Entry] = ()) -> Timeline:
        """What follows from all entries that were read, with those that are handed in."""
        return self._teller.tell(entries, until=self._until, chain=self.chain)

    def whole(self) -> Timeline:
        """Everything at once, entries too."""
        return self.timeline(tuple(self.entries()))

    def _verified(self) -> Iterator[Record]:
        """All records; once they were taken to the last, it is known whether the chain is sound."""
        row = self._row
        verifying = Verifying(row.digest, until=row.hash, noting=False)
        for record in _records(self._journal, row):
            verifying.take(record)
            yield record
        self._verdict = verifying.verdict(length=row.head)


def open_reading(
    journal: Journal, books: Callable[[str], Runbook], row: RunRow, *, until: datetime | None = None,
    pseudonyms: bool = False,
) -> Reading:  # fmt: skip
    """Begin to read a run, up to the last record of `row`.

    `until`: the moment up to which an open run is looked at. `pseudonyms`: people are replaced by roles. Unreadable
    when a record cannot be read by this version, LookupError when the runbook's text is lost.
    """
    book = books(row.digest)
    ahead = look_ahead(events_of(pick_records(journal.read, row.run_id, row.head, _FORETELLING)))
    disguise = disguise_of(events_of(_records(journal, row))) if pseudonyms else None
    teller = Teller(Unstarted(row.run_id, book if disguise is None else disguise.book(book)), ahead)
    return Reading(journal, row, teller, disguise, until)


def _records(journal: Journal, row: RunRow) -> Iterator[Record]:
    return stream_records(journal.read, row.run_id, row.head)


def _chain(row: RunRow, verdict: Verdict, tip: Tip) -> Chain:
    command = f"handrail verify {row.ref} --head {row.hash}"
    return Chain(row.hash, row.head, verdict.sound, verdict.fault, command, str(tip), row.evidence)

"""The command handler: every change of a run comes in here, is decided, and is written in one transaction."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from bot.bulkhead import bulkhead
from bot.engine.family import chain_around
from bot.engine.plan import StartPlan, inherited_plan
from bot.engine.propagation import propagate
from bot.engine.reading import RunCache, go_on
from bot.engine.ticking import SET_ASIDE, CannotTick, Outage, Sweep, tick_batch
from bot.format.catalogue import CLOCK
from bot.format.runbook import Runbook
from bot.format.ways import changed_steps
from bot.journal.chain import Record, storable
from bot.journal.rows import HEAD, DueRow, Locked, Receipt, RunRow, row_of
from bot.journal.store import Journal, events_of
from bot.journal.tokens import Logins
from bot.journal.transaction import WriteTransaction
from bot.run.commands import Command, Erase, GrowChain, Refused, Tick
from bot.run.events import OUTPUT, Event, HandOverAccepted, TookOver
from bot.run.hands.events import ActionFinished
from bot.run.law.decide import decide
from bot.run.paging.dues import next_due
from bot.run.situation import Stamp, Via
from bot.run.state import Run, Unstarted

Happened = tuple[int, Event, Stamp]
log = structlog.get_logger(__name__)


class Unknown(Exception):
    """There is no such run here."""


class _Repeated(Exception):
    """The request was taken before: what was begun for it is undone."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(receipt.run_id)
        self.receipt = receipt


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: the run as it is now, and the events with their numbers.

    `repeated`: it was taken before; these are the events of that time.
    """

    run: Run
    events: tuple[Happened, ...]
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class _Written:
    """What a transaction wrote, to be told once it is committed."""

    outcome: Outcome
    hash: str = ""
    refusal: Refused | None = None


class CommandHandler:
    """Loads a run, decides, appends. Safe to share between threads."""

    def __init__(
        self,
        journal: Journal,
        books: Callable[[str], Runbook],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        on_change: Callable[[str, datetime | None], None],
        plan_call: Callable[[Run], StartPlan] | None = None,
    ) -> None:
        """Take the journal and what comes in by the door.

        `books` reads a pinned runbook by its digest; `now` is the server's clock, aware; `new_id` makes ids that cannot
        be guessed (they salt typed words as well); `on_change(run_id, due_at)` is called after each commit and must not
        raise; `plan_call` plans the run that a run in a call asks for, and raises Refused when the catalogue cannot.
        Without it a called run inherits its caller's asset, people and roles.
        """
        self.journal = journal
        self._folder = RunCache(books)
        self.book = self._folder.book
        self.now, self._new_id, self._on_change = now, new_id, on_change
        self.logins = Logins(journal, now, new_id)
        self._plan_call = plan_call or inherited_plan
        self._watchers: list[Callable[[Outcome], object]] = []

    def watch(self, watcher: Callable[[Outcome], object]) -> None:
        """Tell `watcher` what came of each request that changed a run, after its commit; it must not raise."""
        self._watchers.append(watcher)

    def start(self, plan: StartPlan, by: str, via: Via, key: str | None = None, run_id: str | None = None) -> Outcome:
        """Begin a run: its ref, its pinned texts and its first events in one transaction.

        Refused when it may not begin. The same `key` again gives the run that it began the first time.
        """
        made, asked = run_id or self._new_id(), replace(plan, start=storable(plan.start))
        try:
            return self._tell(
                self.journal.write(lambda transaction: self._open(transaction, made, asked, (by, via), key))
            )
        except _Repeated as before:
            return self._outcome_of(before.receipt)

    def handle(self, run_id: str, command: Command, by: str, via: Via, key: str | None = None) -> Outcome:
        """Decide on a command and write what happens; Refused (its events are recorded), Unknown, or NotRecorded.

        The same `key` again changes nothing and gives what came of it the first time.
        """
        asked: Command = storable(command)
        take = self._take
        return self._tell(
            self.journal.write(lambda transaction: take(transaction, run_id, asked, (by, via), key), run=run_id)
        )

    def tick_due(self, many: int, outage: Outage | None = None) -> Sweep:
        """Tick runs that are due, at most so many, in one transaction; what another replica holds is left to it.

        A run that breaks is set aside and logged, and the others are ticked. NotRecorded when nothing could be written.
        """
        written: list[_Written] = []
        while True:
            try:
                look = self.journal.write(lambda transaction: self._tick_batch(transaction, many, outage, written))
            except CannotTick as broken:
                log.exception("a run could not be ticked", run=broken.run_id)
                self.journal.defer(broken.run_id, self.journal.moment(self.now()) + SET_ASIDE)
                continue
            for one in written:
                self._tell(one)
            return look

    def _tick_batch(
        self, transaction: WriteTransaction, many: int, outage: Outage | None, written: list[_Written]
    ) -> Sweep:
        written.clear()  # the transaction may have been lost before, and is tried again

        def tick(
            transaction: WriteTransaction, row: DueRow, command: Tick, read_after: Callable[[int], list[Record]]
        ) -> Run:
            self._folder.bring_up(row.run_id, row.head, row.hash, read_after)
            written.append(self._take(transaction, row.run_id, command, ("clock", "clock"), None))
            return written[-1].outcome.run

        known = self._folder.seen
        return tick_batch(transaction, self.now(), many, outage, lambda run_id: known(run_id) is not None, tick)

    def rehearse(self, run_id: str, command: Command, by: str, via: Via) -> None:
        """Refused as `handle` would be at this moment; nothing is written, whatever comes of it."""
        decide(self.load(run_id), command, Stamp(self.now(), by, via))

    def redact(self, run_id: str, seq: int, reason: str, by: str, via: Via) -> Outcome:
        """Erase the words typed in one record, or what a command printed whose end it is; an event says so.

        Refused as `decide` has it.
        """
        why = storable(reason)
        outcome = self._tell(
            self.journal.write(lambda transaction: self._erase(transaction, run_id, seq, why, (by, via)), run=run_id)
        )
        self._folder.drop(run_id)
        self.journal.clear_traces()
        return outcome

    def load(self, run_id: str) -> Run:
        """The run as it is now; Unknown when there is none."""
        found = self.journal.head(storable(run_id))
        if found is None:
            raise Unknown(run_id)
        head, hash_, _ = found
        # Head and records are read one after the other: what was appended in between belongs to the next look.
        return self._folder.bring_up(
            run_id, head, hash_, lambda after: [one for one in self.journal.records(run_id, after) if one.seq <= head]
        )

    def glance(self, run_id: str) -> Run:
        """The run as it was seen last, for what never changes of it (its runbook, say); Unknown when there is none."""
        return self.seen(run_id) or self.load(run_id)

    def seen(self, run_id: str) -> Run | None:
        """The run as it was seen last, if it is at hand; neither waits nor raises."""
        return self._folder.seen(run_id)

    def find(self, ref: str) -> RunRow | None:
        """A run's row by its ref, in whatever case."""
        return self.journal.find_run(storable(ref))

    def open_runs(self, asset: str | None = None) -> list[RunRow]:
        """Runs that are open or wait for a review; of one asset, when it is named, those that go on. Tier 1 first."""
        return self.journal.open_runs(asset)

    def history(self, run_id: str, after: int = 0) -> list[Happened]:
        """What happened in a run after a record, in order."""
        return self.journal.history(run_id, after)

    def propagate(self, run_id: str) -> None:
        """Open the run that this one calls, or tell its caller how it ended. Does nothing when neither is due.

        What cannot be done now is put off by half a minute, and the reason is raised.
        """
        propagate(self, self._plan_call, run_id)

    def _open(
        self, transaction: WriteTransaction, run_id: str, plan: StartPlan, who: tuple[str, Via], key: str | None
    ) -> _Written:
        # The number comes first: whoever starts a run of this word at the same moment waits here, then sees it open.
        number = transaction.take_number(plan.word)
        receipt = transaction.find_receipt(key) if key is not None else None
        if receipt is not None:
            raise _Repeated(receipt)
        start, stamp = plan.start, Stamp(self.now(), *who)
        transaction.pin_texts(plan.pins, stamp.at)
        open_refs = () if start.parent else transaction.open_refs(start.asset.id)
        changed = self._changed_for(transaction, plan)
        command = replace(start, ref=f"{plan.word}-{number}", open_runs=open_refs, changed=changed)
        fresh = Unstarted(run_id, plan.book)
        events = [(event, stamp) for event in decide(fresh, command, stamp)]
        run = go_on(fresh, events)
        hash_ = transaction.append(run_id, 0, start.digest, events, self._new_id)
        transaction.add_run(row_of(run, hash_))
        if key is not None:
            transaction.remember(key, run_id, 1, run.seq, stamp.at)
        return _Written(Outcome(run, tuple((seq, *one) for seq, one in enumerate(events, 1))), hash_)

    def _changed_for(self, transaction: WriteTransaction, plan: StartPlan) -> dict[str, tuple[str, ...]]:
        """Who of those who may operate walked an older version last, and what of it is not as it was then."""
        walked, found = transaction.walked_last(plan.book.id), {}
        for person in plan.start.roles.get("operator", ()):
            digest = walked.get(person, plan.start.digest)
            with suppress(LookupError):  # its text is not in this database
                if digest != plan.start.digest and (steps := changed_steps(self.book(digest), plan.book)):
                    found[person] = steps
        return found

    def _take(
        self, transaction: WriteTransaction, run_id: str, command: Command, who: tuple[str, Via], key: str | None
    ) -> _Written:
        locked, run = self._hold(transaction, run_id, key)
        if locked.receipt is not None:
            return _Written(self._repeat(transaction, run, locked.receipt))
        judged = self.journal.judges and isinstance(command, Tick)
        stamp = Stamp(locked.now if judged else self.now(), *who)
        heard = self._hear_above(transaction, run, stamp)
        now = go_on(run, heard) if heard else run
        refusal: Refused | None = None
        try:
            events = decide(now, command, stamp)
        except Refused as refused:
            # Whoever waited for the row on PostgreSQL saw the inbox as it was before: look whether it is there now.
            taken = transaction.find_receipt(key) if key is not None else None
            if taken is not None:
                return _Written(self._repeat(transaction, run, taken))
            if not refused.events:
                raise
            refusal, events = refused, refused.events
        return self._write(transaction, run, locked, [*heard, *((event, stamp) for event in events)], key, refusal)

    def _hear_above(self, transaction: WriteTransaction, run: Run, stamp: Stamp) -> list[tuple[Event, Stamp]]:
        """What a run hears of the runs around it before anything else happens in it, in the same transaction."""
        if (run.start.parent is None and not run.calls) or run.over:
            return []

        def load(run_id: str) -> Run | None:
            found = next(iter(transaction.read(HEAD, run_id=run_id)), None)
            if found is None:
                return None
            return self._folder.bring_up(
                run_id, found.head, found.hash,
                lambda after: [one for one in transaction.records(run_id, after) if one.seq <= found.head],
            )  # fmt: skip

        told = Stamp(stamp.at, CLOCK, "clock")
        return [(event, told) for event in decide(run, GrowChain(chain_around(run, load)), told)]

    def _hold(self, transaction: WriteTransaction, run_id: str, key: str | None = None) -> tuple[Locked, Run]:
        """The run's row, held, and the run; Unknown when there is none, Refused when it belongs elsewhere."""
        locked = transaction.lock_run(run_id, key)
        if locked is None:
            raise Unknown(run_id)
        if locked.imported:
            raise Refused(f"{locked.ref} was imported. It can be read here; it goes on where it was made.")
        run = self._folder.bring_up(run_id, locked.head, locked.hash, lambda after: transaction.records(run_id, after))
        return locked, run

    def _write(
        self,
        transaction: WriteTransaction,
        run: Run,
        locked: Locked,
        events: list[tuple[Event, Stamp]],
        key: str | None,
        refusal: Refused | None = None,
    ) -> _Written:
        if not events:
            return _Written(Outcome(run, ()), "", refusal)
        after = go_on(run, events)
        hash_ = transaction.append(run.id, run.seq, locked.hash, events, self._new_id)
        transaction.move_run(after, hash_)
        if key is not None:
            said = refusal.sentence if refusal else None
            transaction.remember(key, run.id, run.seq + 1, after.seq, events[-1][1].at, said)
        happened = tuple((seq, event, stamp) for seq, (event, stamp) in enumerate(events, run.seq + 1))
        return _Written(Outcome(after, happened), hash_, refusal)

    def _erase(
        self, transaction: WriteTransaction, run_id: str, seq: int, reason: str, who: tuple[str, Via]
    ) -> _Written:
        locked, run = self._hold(transaction, run_id)
        record = next((one for one in transaction.records(run_id, seq - 1) if one.seq == seq), None)
        beside = {} if record is None else record.words
        fields = tuple(name for name, words in beside.items() if words.text is not None)
        event = None if record is None else next(events_of([record]))[1]
        if isinstance(event, ActionFinished) and transaction.erase_output(
            run_id, event.step, event.visit, event.attempt
        ):
            fields = (*fields, OUTPUT)
        stamp = Stamp(self.now(), *who)
        erased = decide(run, Erase(seq, fields, reason), stamp)
        written = self._write(transaction, run, locked, [(event, stamp) for event in erased], None)
        transaction.erase_words(run_id, seq)
        return written

    def _repeat(self, transaction: WriteTransaction, run: Run, receipt: Receipt) -> Outcome:
        if receipt.refusal is not None:
            raise Refused(receipt.refusal)
        records = transaction.records(receipt.run_id, receipt.first - 1)
        return _as_repeated(run, events_of(record for record in records if record.seq <= receipt.last))

    def _outcome_of(self, receipt: Receipt) -> Outcome:
        events = self.journal.history(receipt.run_id)
        return _as_repeated(self.load(receipt.run_id), (one for one in events if one[0] <= receipt.last))

    def _wake_caller(self, outcome: Outcome) -> None:
        """Whoever comes to operate a run counts in the one that called it, and in those beside it: let it look now."""
        caller = outcome.run.start.parent
        if caller is not None and any(isinstance(event, TookOver | HandOverAccepted) for _, event, _ in outcome.events):
            # What was done here is on record: the clock wakes the caller too, should the database go just now.
            with bulkhead(log, "a caller could not be woken", run=caller.run):
                at = self.journal.moment(self.now())
                self.journal.defer(caller.run, at)
                self._on_change(caller.run, at)

    def _tell(self, written: _Written) -> Outcome:
        """What follows a commit: keep the run, say that it changed, and raise what was refused."""
        outcome = written.outcome
        if outcome.events and not outcome.repeated:
            self._folder.keep(outcome.run, written.hash)
            due = next_due(outcome.run)
            for watcher in self._watchers:
                watcher(outcome)
            self._on_change(outcome.run.id, due.at if due else None)
            self._wake_caller(outcome)
        if written.refusal is not None:
            raise written.refusal
        return outcome


def _as_repeated(run: Run, events: Any) -> Outcome:  # noqa: ANN401
    return Outcome(run, tuple(events), repeated=True)

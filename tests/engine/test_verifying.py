"""What `verify` says of records of an older law, and of a text that it cannot read."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.engine.audit import audit_records
from bot.engine.reading import fold, go_on
from bot.engine.verifying import verify_run
from bot.journal.chain import Record, canonical, encode, link, text_digest
from bot.journal.ledger.following import follow_ledger
from bot.journal.rows import row_of
from bot.journal.store import Journal
from bot.journal.transaction import WriteTransaction
from bot.run.commands import AddNote
from bot.run.events import Event, Noted, Started
from bot.run.law.decide import decide
from bot.run.law.may_start import LAW
from bot.run.situation import Stamp
from bot.run.state import Unstarted
from tests.engine.office import Office
from tests.engine.test_audit import old
from tests.story import NOON

TEXT = "the runbook of that time"


def records_of(name: str) -> list[Record]:
    """The records of an old story, as its journal held them."""
    prev, records = text_digest(TEXT), []
    for seq, event, stamp in old(name)[1]:
        kind, body, words = encode(event, lambda: "salt")
        said = canonical(json.loads(body) | {"digest": prev}) if seq == 1 else body
        bare = Record("run-1", seq, stamp.at, stamp.by, stamp.via, kind, said, prev, "", words)
        prev = link(prev, bare)
        records.append(bare._replace(hash=prev))
    return records


@pytest.mark.parametrize(("name", "notes"), [("spent", 2), ("watcher", 1), ("giver", 4), ("whole", 0)])
def test_what_only_a_later_law_forbids_is_told_and_is_no_fault(journal: Journal, name: str, notes: int) -> None:
    book, records = old(name)[0], records_of(name)
    run = fold("run-1", records, lambda _: book)
    with_text = {text_digest(TEXT): ("story", TEXT)}
    journal.write(lambda transaction: transaction.pin_texts(with_text, NOON))

    def write(transaction: object) -> None:
        transaction.add_records(records)  # type: ignore[attr-defined]
        transaction.add_run(row_of(run, records[-1].hash))  # type: ignore[attr-defined]

    journal.write(write)
    verdict = verify_run(journal, lambda _: book, "run-1", records[-1].at)
    assert verdict.faults == ()
    told = [one for one in verdict.notes if "was allowed then, and would not be now" in one]
    assert len(told) == notes


def forge(office: Office, run_id: str, *more: Event) -> None:
    """A run that claims the first law, written past the rules into record, row and ledger; with what follows in it."""
    plan, stamp = office.plan(), Stamp(office.at, "ana", "slack")
    fresh = Unstarted(run_id, plan.book)
    first, *rest = decide(fresh, replace(plan.start, ref=f"FORGED-{run_id}"), stamp)
    assert isinstance(first, Started)
    happened = [(one, stamp) for one in (replace(first, law=1), *rest, *more)]

    def write(transaction: WriteTransaction) -> None:
        transaction.pin_texts(plan.pins, office.at)
        hash_ = transaction.append(run_id, 0, plan.start.digest, happened, office.new_id)
        transaction.add_run(row_of(go_on(fresh, happened), hash_))

    office.journal.write(write)


def faults_of(office: Office, run_id: str) -> list[str]:
    ledger = follow_ledger(office.journal.read)
    verdict = verify_run(office.journal, office.book_of, run_id, office.at, None, ledger.bound_from)
    return [*verdict.faults, *(one.sentence for one in ledger.faults if one.run_id == run_id)]


def test_nobody_claims_an_older_law_once_the_newest_has_been_in_force_for_a_day(office: Office) -> None:
    """Replicas of the version before go on for hours while a new one is rolled out; a forger comes later."""
    forge(office, "before")
    assert LAW not in follow_ledger(office.journal.read).bound_from
    office.later(minutes=5)
    lawful = office.start(reason="another one")
    office.later(hours=5)
    forge(office, "rolling")
    assert [faults_of(office, one) for one in ("before", "rolling", lawful.id)] == [[], [], []]
    office.later(days=2)
    office.start(reason="another one")
    forge(office, "late")
    _, said = faults_of(office, "late")
    assert f"claims an older law than number {LAW}, by which runs are started here since 2026-11-22 12:05 UTC" in said
    # Whatever it says of its own time, it stands in the ledger behind what came later.
    office.later(days=-2)
    forge(office, "back-dated")
    (said,) = faults_of(office, "back-dated")
    assert "claims an older law" in said


def test_what_is_done_in_an_older_run_goes_by_the_newest_law(office: Office) -> None:
    """The command handler takes the law up before anything else; a record that was written past it is named."""
    forge(office, "open", Noted("as it was"))
    office.start(reason="another one")
    office.later(days=2)
    office.handler.handle("open", AddNote("what the command handler writes"), "ana", "slack")
    assert faults_of(office, "open") == []
    old, row = office.journal.records("open"), office.journal.run_row("open")
    assert row is not None
    records = [*old[:3], old[3]._replace(kind="noted", body=old[2].body, words=old[2].words)]
    (found,) = audit_records("open", office.plan().book, records, {LAW: NOON + timedelta(days=1)})
    assert (found.seq, found.why) == (4, f"it goes by law 1, and here everything went by law {LAW} then.")


def test_a_runbook_that_this_version_cannot_read_is_said_and_nothing_else_is_kept_from_being_verified(
    office: Office,
) -> None:
    run = office.start()

    def unreadable(_digest: str) -> object:
        raise ValueError("steps.0.levitate: unknown")

    (fault,) = verify_run(office.journal, unreadable, run.id, office.at).faults  # type: ignore[arg-type]
    assert "cannot be read by this version, so it was not judged: steps.0.levitate" in fault
    assert follow_ledger(office.journal.read).faults == ()

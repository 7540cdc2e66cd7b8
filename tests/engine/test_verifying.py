"""What `verify` says of records of an older law, and of a text that it cannot read."""

import json

import pytest

from bot.engine.folding import fold
from bot.engine.verifying import verify_run
from bot.journal.chain import Record, link, text_digest
from bot.journal.codec import canonical, encode
from bot.journal.ledger.following import follow_ledger
from bot.journal.rows import row_of
from bot.journal.store import Journal
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
    journal.write(lambda pen: pen.pin_texts(with_text, NOON))

    def write(pen: object) -> None:
        pen.add_records(records)  # type: ignore[attr-defined]
        pen.add_run(row_of(run, records[-1].hash))  # type: ignore[attr-defined]

    journal.write(write)
    verdict = verify_run(journal, lambda _: book, "run-1", records[-1].at)
    assert verdict.faults == ()
    told = [one for one in verdict.notes if "was allowed then, and would not be now" in one]
    assert len(told) == notes


def test_a_runbook_that_this_version_cannot_read_is_said_and_nothing_else_is_kept_from_being_verified(
    office: Office,
) -> None:
    run = office.start()

    def unreadable(_digest: str) -> object:
        raise ValueError("steps.0.levitate: unknown")

    (fault,) = verify_run(office.journal, unreadable, run.id, office.at).faults  # type: ignore[arg-type]
    assert "cannot be read by this version, so it was not judged: steps.0.levitate" in fault
    assert follow_ledger(office.journal.read).faults == ()

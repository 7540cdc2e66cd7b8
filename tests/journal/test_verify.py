"""Verify against somebody who owns the database: triggers away, rows changed, hashes as they may be."""

import pytest
from sqlalchemy import text

from bot.journal.chain import Record
from bot.journal.database import for_writing
from bot.journal.store import Journal
from bot.run.commands import AddNote
from tests.engine.office import Office

TRIGGERS = {
    "sqlite": ["record_no_update", "record_no_delete", "words_only_erased", "words_no_delete"],
    "postgresql": ["record_never_changed", "words_only_erased", "words_no_delete"],
}


def meddle(journal: Journal, *statements: str) -> None:
    """Change what the triggers guard, as the owner of the database can."""
    kind = journal.engine.dialect.name
    with for_writing(journal.engine).begin() as connection:
        for name in TRIGGERS[kind]:
            on = f" ON {name.split('_')[0]}" if kind == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER {name}{on}"))
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE record SET by = 'eve' WHERE seq = 3", "Record 3 (noted) was changed"),
        ("UPDATE record SET body = replace(body, 'look', 'fix') WHERE seq = 2", "Record 2 (step-entered) was changed"),
        ("DELETE FROM record WHERE seq = 2", "Record 2 is missing"),
        ("DELETE FROM words; DELETE FROM record WHERE seq = 3", "it has 2 records where 3 were written"),
        ("UPDATE words SET text = 'It shines.' WHERE seq = 3", "The words of record 3 (noted, “words”) were changed"),
        ("DELETE FROM words", "The words of record 3 (noted, “words”) are missing"),
        ("UPDATE runbook_text SET text = 'other'", "The text of the runbook that this run is pinned to was changed"),
        ("DELETE FROM runbook_text", "The text of the runbook that this run is pinned to is missing"),
        ("UPDATE run SET hash = 'f'", "The last record is not the one that was written last"),
        ("UPDATE run SET head = 2", "it has 3 records where 2 were written"),
    ],
)
def test_what_was_meddled_with_is_named(journal: Journal, statement: str, said: str) -> None:
    office = Office(journal)
    run = office.start()
    office.handler.handle(run.id, AddNote("It rains."), "ben", "slack")
    assert journal.verify(run.id).sound
    meddle(journal, *statement.split(";"))
    assert said in (journal.verify(run.id).fault or "")


def test_a_chain_cut_short_with_its_row_is_found_by_the_head_that_people_hold(journal: Journal) -> None:
    office = Office(journal)
    run = office.start()
    held = office.handler.handle(run.id, AddNote("It rains."), "ben", "slack").run
    head = journal.hash_at(run.id, held.seq)
    assert head is not None
    assert journal.verify(run.id, head).sound
    moved = "UPDATE run SET head = 2, hash = (SELECT hash FROM record WHERE seq = 2)"
    meddle(journal, "DELETE FROM words", "DELETE FROM record WHERE seq = 3", moved)
    assert journal.verify(run.id).sound
    assert "cut short or made anew" in (journal.verify(run.id, head).fault or "")


def test_a_run_without_records_is_said(journal: Journal) -> None:
    assert journal.verify("nobody").fault == "There is no record."


def test_a_run_that_grows_while_it_is_verified_is_sound(journal: Journal) -> None:
    """Somebody clicks between the look at the row and the look at the records: that is no fault."""
    office = Office(journal)
    run = office.start()
    growing = Growing(journal, office)
    verdict = growing.verify(run.id)
    assert (verdict.fault, verdict.records) == (None, 2)
    assert (journal.verify(run.id).fault, journal.verify(run.id).records) == (None, 4)


class Growing(Journal):
    """A journal in which somebody clicks just before the records are read."""

    def __init__(self, journal: Journal, office: Office) -> None:
        super().__init__(journal.engine)
        self._office = office

    def records(self, run_id: str, after: int = 0) -> list[Record]:
        """Read after a click."""
        self._office.finish(run_id)
        return super().records(run_id, after)

"""A run told for a report: what was meddled with is named in the very pass that tells it."""

import json
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Executable, Row

from bot.engine.reading import Reading, open_reading
from bot.journal import rows
from bot.journal.chain import Unreadable
from bot.journal.store import Journal, events_of
from bot.render.report.data import write_json
from bot.run.commands import AddNote, Correct, Finish
from bot.timeline.telling import look_ahead
from tests.engine.office import Office
from tests.journal.test_verify import meddle

BLIND = """
vars: {counted: {type: int}, seen: {type: string}}
steps:
  - {id: look, do: Look at it, answer: {var: seen}, go: {ok: count}}
  - {id: count, do: Count the rows, answer: {var: counted, blind: true}, go: {ok: wait}}
  - {id: wait, do: Wait, go: {ok: done}}
  - {id: done, end: Stop here, outcome: aborted}
"""


def walk(office: Office) -> None:
    """A run of four records, two of them with words that somebody typed."""
    run = office.start()
    office.handler.handle(run.id, AddNote("It rains."), "ben", "slack")
    office.handler.handle(run.id, AddNote("It pours."), "ben", "slack")


def reading_of(office: Office, journal: Journal | None = None) -> Reading:
    row = office.journal.find_run("ORDERS-1")
    assert row is not None
    return open_reading(journal or office.journal, office.book_of, row)


def chain_in(office: Office) -> dict[str, Any]:
    """What the JSON of the run says of its chain."""
    chain: dict[str, Any] = json.loads("".join(write_json(reading_of(office), ZoneInfo("UTC"))))["chain"]
    return chain


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE record SET by = 'eve' WHERE seq = 3", "Record 3 (noted) was changed"),
        ("UPDATE record SET via = 'web' WHERE seq = 4", "Record 4 (noted) was changed"),
        ("UPDATE record SET prev = 'f' WHERE seq = 3", "Record 3 does not follow the one before it"),
        ("UPDATE record SET hash = 'f' WHERE seq = 4", "Record 4 (noted) was changed"),
        ("UPDATE record SET body = replace(body, 'look', 'fix') WHERE seq = 2", "Record 2 (step-entered) was changed"),
        ("DELETE FROM words WHERE seq = 3; DELETE FROM record WHERE seq = 3", "Record 3 is missing"),
        ("DELETE FROM words WHERE seq = 4; DELETE FROM record WHERE seq = 4", "it has 3 records where 4 were written"),
        ("UPDATE words SET text = 'It shines.' WHERE seq = 3", "The words of record 3 (noted, “words”) were changed"),
        ("UPDATE words SET text = NULL, salt = NULL WHERE seq = 3", "were erased, and no record says so"),
        ("DELETE FROM words WHERE seq = 3", "The words of record 3 (noted, “words”) are missing"),
        ("UPDATE run SET hash = 'f'", "has the head f: the chain was cut short or made anew"),
        ("UPDATE run SET head = 3", "has the head"),
    ],
)
def test_what_was_meddled_with_is_in_the_export(office: Office, statement: str, said: str) -> None:
    walk(office)
    assert chain_in(office)["verified"] is True
    meddle(office.journal, *statement.split(";"))
    chain = chain_in(office)
    assert said in (chain["fault"] or "")
    assert chain["verified"] is False
    assert reading_of(office).chain.fault == chain["fault"], "asked for before the entries"


def test_a_body_that_is_no_json_is_named_and_not_told(office: Office) -> None:
    walk(office)
    meddle(office.journal, "UPDATE record SET body = '{\"words\":' WHERE seq = 3")
    with pytest.raises(Unreadable, match=r"Record 3 of run .*noted"):
        reading_of(office).whole()
    assert "Record 3 (noted) was changed" in (reading_of(office).chain.fault or "")


def test_a_run_is_read_once_unless_its_chain_is_asked_for_first(office: Office) -> None:
    walk(office)
    counting = Counting(office.journal)
    told = reading_of(office, counting).whole()
    assert told.chain is not None
    assert (told.chain.verified, counting.asked) == (True, 4), "what is said ahead, words, records, the ledger's head"
    reading = reading_of(office, counting)
    for entry in reading.entries():
        if entry.seq == 2:
            break
    assert reading.chain.verified, "of the whole chain, not of the part that was told"
    assert counting.asked == 4 + 4 + 2


def test_what_later_records_say_of_earlier_ones_is_known_from_the_first_on(journal: Journal) -> None:
    """Corrections, what was hidden and never compared, and what was erased: picked without reading the others."""
    office = Office(journal, {"blind": BLIND})
    run_id = office.start("blind").id
    for outcome in ({"seen": '"blind":[] and "compared":[1]'}, {"counted": "812"}, {}):
        at = office.place(run_id)
        if at.step == "wait":
            office.handler.handle(run_id, Correct(3, "seen", "nothing", "I looked again."), "ana", "slack")
        else:
            office.handler.handle(run_id, Finish(at.step, at.visit, "ok", answers=outcome), "ana", "slack")
    ahead = look_ahead(events_of(journal.records(run_id)))
    assert (dict(ahead.corrected), ahead.hidden) == ({3: (7,)}, frozenset({"counted"}))
    entries = reading_of(office).whole().entries
    assert entries[2].corrected_by == (7,)
    assert entries[4].values == {"counted": "‹hidden until it is compared›"}
    picked = rows.pick_records(journal.read, run_id, 99, {"corrected": (), "step-finished": ("blind", "compared")})
    assert [one.seq for one in picked] == [5, 7], "the first finished step hides and compares nothing"
    missing = rows.pick_records(journal.read, run_id, 99, {"step-finished": ("blind", "not-known-then")})
    assert [one.seq for one in missing] == [3, 5], "a list that is not there is looked at"


class Counting(Journal):
    """A journal that counts how often it is asked."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal.engine)
        self.asked = 0

    def read(self, statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        self.asked += 1
        return super().read(statement, **values)

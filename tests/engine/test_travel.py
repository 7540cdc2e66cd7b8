"""A run travels between databases, of either kind, and says for ever where it came from."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.travel import CannotImport, Imported, import_run
from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.run.commands import AddNote, Choose, Finish, Refused
from bot.run.situation import Stamp
from bot.run.state import Run
from tests.engine.office import Office, open_elsewhere
from tests.places import migrated
from tests.story import NOON

BY = Stamp(NOON.replace(hour=18), "unverified: root", "import")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Office]:
    """An office on a SQLite file of its own: a laptop, say."""
    with open_elsewhere(tmp_path) as office:
        yield office


def take(office: Office, lines: list[str], source: str = "orders.jsonl") -> Imported:
    return import_run(office.journal, office.book_of, lines, BY, source)


def a_walk(office: Office) -> Run:
    run = office.start()
    office.finish(run.id, note="Dora’s replica is fine.\u2028 Really.")
    office.handler.handle(run.id, AddNote("It rains."), "ben", "slack")
    return office.handler.load(run.id)


def test_a_run_arrives_as_it_left(office: Office, elsewhere: Office) -> None:
    """Records, chain, typed words and pinned text; from a laptop to the team's database, or the other way."""
    run = a_walk(elsewhere)
    assert take(office, elsewhere.export(run.id)) == Imported("ORDERS-1", "ORDERS-1", "new", 5)
    assert office.journal.records(run.id) == elsewhere.journal.records(run.id)
    assert office.handler.load(run.id) == run
    assert office.journal.verify(run.id).sound
    assert office.export(run.id)[1:] == elsewhere.export(run.id)[1:]


def test_an_imported_run_says_where_it_came_from_and_is_only_read(office: Office, elsewhere: Office) -> None:
    """It is neither told nor due here, takes no clicks, and does not ask the next run for a reason."""
    run = a_walk(elsewhere)
    take(office, elsewhere.export(run.id))
    arrival = office.journal.arrivals(run.id)[0]
    assert (arrival.head, arrival.by, arrival.at) == (5, "unverified: root", BY.at)
    assert arrival.source == "orders.jsonl, exported 2026-11-22 12:00 UTC"
    assert office.journal.untold(10) == []
    later = office.at + timedelta(days=2)
    for where, is_due in ((elsewhere, True), (office, False)):
        assert (where.journal.due(later, 10) == [run.id]) is is_due, "nobody is called by it"
    with pytest.raises(Refused, match="ORDERS-1 was imported"):
        office.handler.handle(run.id, Finish("fix", 1, "ok"), "ana", "slack")
    assert office.start().start.ref == "ORDERS-2"


def test_the_same_file_again_changes_nothing(office: Office, elsewhere: Office) -> None:
    run = a_walk(elsewhere)
    lines = elsewhere.export(run.id)
    take(office, lines)
    assert take(office, lines) == Imported("ORDERS-1", "ORDERS-1", "same", 0)
    assert len(office.journal.arrivals(run.id)) == 1


def test_a_longer_file_of_the_same_run_adds_what_is_new(office: Office, elsewhere: Office) -> None:
    run = a_walk(elsewhere)
    shorter = elsewhere.export(run.id)
    take(office, shorter)
    elsewhere.finish(run.id, "problem")
    assert take(office, elsewhere.export(run.id), "later.jsonl") == Imported("ORDERS-1", "ORDERS-1", "extended", 3)
    assert [one.head for one in office.journal.arrivals(run.id)] == [5, 8]
    row = office.journal.run_row(run.id)
    assert row is not None
    assert (row.state, row.outcome, row.head, row.told) == ("ended", "aborted", 8, 8)
    assert office.handler.load(run.id) == elsewhere.handler.load(run.id)
    assert take(office, shorter).state == "older"


def test_a_ref_that_is_taken_here_gets_a_suffix(office: Office, elsewhere: Office) -> None:
    """The record itself still says what it was called where it was made."""
    office.start()
    run = a_walk(elsewhere)
    done = take(office, elsewhere.export(run.id))
    assert (done.ref, done.listed_as) == ("ORDERS-1", "ORDERS-1.2")
    row = office.handler.find("orders-1.2")
    assert row is not None
    assert row.run_id == run.id
    assert office.start(reason="Another.").start.ref == "ORDERS-2"


def test_a_run_that_went_on_in_two_places_is_refused(office: Office, elsewhere: Office, tmp_path: Path) -> None:
    """A chain never forks: somebody copied the laptop's database, and both copies went on."""
    run = a_walk(elsewhere)
    elsewhere.journal.clear_traces()
    shutil.copy(str(elsewhere.journal.engine.url.database), tmp_path / "copy.db")
    engine = open_engine(f"sqlite:///{tmp_path}/copy.db")
    copy = Office(Journal(engine), name="copy")
    elsewhere.finish(run.id)
    copy.finish(run.id, "problem")
    take(office, elsewhere.export(run.id))
    before = office.journal.records(run.id)
    with pytest.raises(CannotImport, match="ORDERS-1 is here already, and record 6 of it is not the one in the file"):
        take(office, copy.export(run.id))
    assert office.journal.records(run.id) == before
    engine.dispose()


def test_a_run_made_here_is_not_led_from_a_file(office: Office, elsewhere: Office, tmp_path: Path) -> None:
    """A copy of this database went on elsewhere: its file is refused, since this run goes on here."""
    run = a_walk(elsewhere)
    elsewhere.journal.clear_traces()
    shutil.copy(str(elsewhere.journal.engine.url.database), tmp_path / "copy.db")
    engine = open_engine(f"sqlite:///{tmp_path}/copy.db")
    copy = Office(Journal(engine), name="copy")
    assert take(elsewhere, copy.export(run.id)).state == "same"
    copy.finish(run.id)
    with pytest.raises(CannotImport, match="ORDERS-1 was made here, yet the file goes further"):
        take(elsewhere, copy.export(run.id))
    assert elsewhere.finish(run.id).run.seq == 7
    take(office, copy.export(run.id))
    engine.dispose()


def change(lines: list[str], which: int, **values: object) -> list[str]:
    changed = json.loads(lines[which]) | values
    return [*lines[:which], json.dumps(changed), *lines[which + 1 :]]


BROKEN: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "nothing": (lambda _: [], "Line 1 is not what"),
    "words": (lambda lines: ["hello", *lines[1:]], "Line 1 is not what"),
    "another format": (lambda lines: change(lines, 0, format="handrail-run/v9"), "format “handrail-run/v9”"),
    "the end cut off": (lambda lines: lines[:-1], "cut short: it has 4 records where 5 were written"),
    "half a line": (lambda lines: [*lines[:-1], lines[-1][:40]], "Line 6 is not what"),
    "a record changed": (lambda lines: change(lines, 2, by="eve"), "Record 2 (step-entered) was changed"),
    "a record left out": (lambda lines: [*lines[:2], *lines[3:]], "Record 2 is missing"),
    "words changed": (
        lambda lines: change(lines, 5, words={"words": {"text": "It shines.", "salt": "x"}}),
        "The words of record 5 (noted, “words”) were changed",
    ),
    "another run's record": (lambda lines: change(lines, 3, run_id="other"), "Record 3 belongs to another run"),
    "no runbook": (lambda lines: change(lines, 0, texts={}), "is missing"),
    "another runbook": (
        lambda lines: [lines[0].replace("Look at it", "Look away"), *lines[1:]],
        "its digest does not fit",
    ),
    "a number for a name": (lambda lines: change(lines, 2, by=7), "Line 3 is not what `handrail export` writes (by:"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_not_sound_is_refused_and_nothing_is_kept(elsewhere: Office, office: Office, what: str) -> None:
    broken, said = BROKEN[what]
    lines = elsewhere.export(a_walk(elsewhere).id)
    with pytest.raises(CannotImport) as refused:
        take(office, broken(lines))
    assert said in str(refused.value)
    assert office.journal.run_ids() == []
    assert take(office, lines).state == "new"


def test_what_was_erased_at_home_is_erased_here_with_the_next_file(office: Office, elsewhere: Office) -> None:
    run = a_walk(elsewhere)
    take(office, elsewhere.export(run.id))
    assert office.journal.records(run.id)[4].words["words"].text == "It rains."
    elsewhere.handler.redact(run.id, 5, "Nobody needs the weather.", "dora", "terminal")
    assert take(office, elsewhere.export(run.id)).state == "extended"
    assert office.journal.records(run.id)[4].words["words"].text is None
    assert office.journal.verify(run.id).sound


def test_a_run_that_travels_on_says_every_place(office: Office, elsewhere: Office, tmp_path: Path) -> None:
    run = a_walk(elsewhere)
    take(office, elsewhere.export(run.id), "first.jsonl")
    engine = open_engine(f"sqlite:///{tmp_path}/third.db")
    migrated(engine)
    third = Office(Journal(engine), name="third")
    elsewhere.finish(run.id)
    take(office, elsewhere.export(run.id), "second.jsonl")
    take(third, office.export(run.id), "third.jsonl")
    sources = [one.source.split(",")[0] for one in third.journal.arrivals(run.id)]
    assert sources == ["first.jsonl", "third.jsonl"]
    engine.dispose()


def test_an_ended_run_is_ended_where_it_arrives(office: Office, elsewhere: Office) -> None:
    run = elsewhere.start()
    elsewhere.finish(run.id, "problem")
    at = elsewhere.place(run.id)
    elsewhere.press(run.id, Choose(at.step, at.visit, "stop"))
    take(office, elsewhere.export(run.id))
    assert office.handler.open_runs() == []
    assert [row.outcome for row in office.journal.newest_runs(5)] == ["aborted"]

"""The index of runs is derived: made anew from the records, it is what it was."""

from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update

from bot.engine.rebuild import Repair, rebuild_runs
from bot.engine.travel import import_run
from bot.journal import tables
from bot.journal.database import for_writing
from bot.run.commands import AddNote, Choose, TakeOver
from bot.run.situation import Stamp
from tests.engine.office import Office, open_elsewhere


def every_row(office: Office) -> list[dict[str, object]]:
    with office.journal.engine.connect() as connection:
        rows = connection.execute(select(tables.run).order_by(tables.run.c.run_id)).all()
    return [dict(row._mapping) for row in rows]  # noqa: SLF001  (SQLAlchemy's public name)


def some_runs(office: Office) -> None:
    """One that waits for a signature, one that ended, one that is at a step."""
    first = office.start("signing")
    office.finish(first.id)
    second = office.start(reason="Another.")
    office.finish(second.id, "problem")
    at = office.place(second.id)
    office.press(second.id, Choose(at.step, at.visit, "stop"))
    third = office.start(reason="A third.")
    office.handler.handle(third.id, TakeOver(), "ben", "slack")
    office.handler.handle(third.id, AddNote("Here now."), "ben", "slack")


def test_rows_that_the_desk_wrote_are_those_that_the_records_make(office: Office) -> None:
    some_runs(office)
    before = every_row(office)
    assert rebuild_runs(office.journal, office.book_of) == []
    assert every_row(office) == before


def test_what_is_wrong_in_a_row_is_named_and_put_right(office: Office) -> None:
    some_runs(office)
    before = every_row(office)
    wrong = {"operator": "eve", "operator_name": "Eve", "state": "ended", "due_at": None, "title": "Something else"}
    with for_writing(office.journal.engine).begin() as connection:
        connection.execute(update(tables.run).where(tables.run.c.ref == "ORDERS-1").values(**wrong))
    repairs = rebuild_runs(office.journal, office.book_of)
    assert repairs == [Repair("ORDERS-1", ("due_at", "operator", "operator_name", "state", "title"))]
    assert every_row(office) == before


@pytest.mark.parametrize("lost", ["rows", "rows and counters"])
def test_rows_that_are_lost_are_made_anew_and_nothing_is_told_twice(office: Office, lost: str) -> None:
    some_runs(office)
    before = every_row(office)
    with for_writing(office.journal.engine).begin() as connection:
        connection.execute(delete(tables.run))
        if "counters" in lost:
            connection.execute(text("DELETE FROM counter"))
    assert [repair.missing for repair in rebuild_runs(office.journal, office.book_of)] == [True, True, True]
    assert every_row(office) == [row | {"told": row["head"]} for row in before]
    assert office.journal.untold(10) == []
    assert office.start(reason="A fourth.").start.ref == "ORDERS-4"


def test_an_imported_run_stays_imported_and_keeps_the_ref_it_is_listed_by(office: Office, tmp_path: Path) -> None:
    """Its own is taken here; a run that was made here is listed by its own alone."""
    some_runs(office)
    with open_elsewhere(tmp_path) as elsewhere:
        lines = elsewhere.export(elsewhere.start().id)
    done = import_run(office.journal, office.book_of, lines, Stamp(office.at, "ana", "import"), "x")
    assert (done.state, done.listed_as) == ("new", "ORDERS-1.2")
    assert rebuild_runs(office.journal, office.book_of) == []
    row = office.handler.find("ORDERS-1.2")
    assert row is not None
    assert row.imported
    with for_writing(office.journal.engine).begin() as connection:
        connection.execute(update(tables.run).where(tables.run.c.ref == "ORDERS-2").values(ref="ORDERS-2.2"))
    repairs = rebuild_runs(office.journal, office.book_of)
    assert [(one.ref, one.columns) for one in repairs] == [("ORDERS-2.2", ("ref",))]
    assert office.handler.find("ORDERS-2") is not None

"""Runs from elsewhere: values and names that no runbook could hold, and words that were erased where they came from."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from bot.engine.rebuild import rebuild_runs
from bot.engine.travel import CannotImport, import_run
from bot.journal.chain import link
from bot.journal.database import for_writing, migrate, open_engine
from bot.journal.search import Search, Wanted
from bot.journal.store import Journal
from bot.run.commands import AddNote
from bot.run.situation import Stamp
from bot.run.state import Run
from tests.attacks.test_forged_runs import _record_of
from tests.engine.office import Office, open_elsewhere
from tests.journal.conftest import database_url, engine
from tests.journal.winding import BEFORE_GIVEN, wind_back
from tests.story import NOON

__all__ = ["database_url", "engine"]
BY = Stamp(NOON, "unverified: root", "import")
WORD = "Quuxbury"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Office]:
    """An office whose records come from somebody who means ill."""
    with open_elsewhere(tmp_path) as office:
        yield office


def forged(office: Office, run: Run, **body: object) -> list[str]:
    """The first record of a run with other things in it, its link made anew."""
    header, first, *_ = [json.loads(line) for line in office.export(run.id)]
    first["body"] |= body
    first["hash"] = link(first["prev"], _record_of(first))
    return [json.dumps(header | {"head": 1, "hash": first["hash"]}), json.dumps(first)]


ODD = {
    "alike once they are stored": {"a\0": "Emu", "a\ufffd": "Emu"},
    "longer than an index takes": {"".join(map(str, range(5_000))): "Emu"},
    "no text of a database": {"\0": "Emu\0", "": "Emu"},
}


@pytest.mark.parametrize("inputs", ODD.values(), ids=ODD)
def test_names_that_no_runbook_gives_stop_neither_an_import_nor_an_upgrade(
    engine: Engine, elsewhere: Office, inputs: dict[str, str]
) -> None:
    here = Office(Journal(engine))
    lines = forged(elsewhere, elsewhere.start(), inputs=inputs | {"seen": "Emu"})
    assert import_run(here.journal, here.book_of, lines, BY, "odd.jsonl").state == "new"
    assert [row.ref for row in Search(here.journal).runs(Wanted(words=("emu",)), 9)] == ["ORDERS-1"]
    with for_writing(engine).begin() as connection:
        before = connection.execute(text("SELECT name FROM given")).scalars().all()
        wind_back(connection, BEFORE_GIVEN)
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM given")).scalars().all() == before == ["seen"]
    assert rebuild_runs(here.journal, here.book_of) == []


def test_a_number_of_five_thousand_digits_is_refused_in_words(engine: Engine, elsewhere: Office) -> None:
    here = Office(Journal(engine))
    header, first = forged(elsewhere, elsewhere.start(), inputs={"a": 77777})
    with pytest.raises(CannotImport, match="Line 2"):
        import_run(here.journal, here.book_of, [header, first.replace("77777", "7" * 5_000)], BY, "big.jsonl")


def test_words_that_were_erased_elsewhere_leave_every_file_of_this_database(tmp_path: Path, elsewhere: Office) -> None:
    """As they do when they are erased here: SQLite's log too."""
    file = tmp_path / "here.db"
    engine = open_engine(f"sqlite:///{file}")
    migrate(engine)
    here = Office(Journal(engine))
    run = elsewhere.start()
    (seq, *_), *_ = elsewhere.handler.handle(run.id, AddNote(WORD), "ana", "slack").events
    import_run(here.journal, here.book_of, elsewhere.export(run.id), BY, "first.jsonl")
    elsewhere.handler.redact(run.id, seq, "a name", "dora", "terminal")
    import_run(here.journal, here.book_of, elsewhere.export(run.id), BY, "second.jsonl")
    found = [one.name for one in tmp_path.glob("here.db*") if WORD.encode() in one.read_bytes()]
    engine.dispose()
    assert found == []

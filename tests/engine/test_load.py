"""Reading a run while somebody else writes to it."""

import pytest

from bot.engine import CommandHandler
from tests.engine.office import Office


def test_a_run_that_grows_while_it_is_read_is_read_as_it_was(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event is appended between the two reads: the run is the one of the head that was read, and no error."""
    run = office.start()
    stale = office.journal.head(run.id)
    office.finish(run.id)
    reader = CommandHandler(office.journal, office.book_of, lambda: office.at, office.new_id, lambda _run, _due: None)
    monkeypatch.setattr(office.journal, "head", lambda _run_id: stale)
    assert reader.load(run.id) == run
    monkeypatch.undo()
    assert reader.load(run.id).seq > run.seq

"""Runs are found by what lists say of them and by what people typed, on both databases; a page at a time."""

import pytest
from sqlalchemy import Engine

from bot.journal.search import MOST_WORDS, Search, Wanted, words_of
from bot.journal.store import Journal
from bot.run.commands import AddNote
from tests.engine.office import Office
from tests.journal.conftest import database_url, engine, sqlite_url

__all__ = ["database_url", "engine", "sqlite_url"]


@pytest.fixture
def office(engine: Engine) -> Office:
    return Office(Journal(engine))


def refs(search: Search, query: str = "", **wanted: str) -> list[str]:
    return [row.ref for row in search.runs(Wanted(words=words_of(query), **wanted), 50)]  # type: ignore[arg-type]


def test_every_word_has_to_occur_in_the_run_or_in_what_was_typed(office: Office) -> None:
    search = Search(office.journal)
    one, two = office.start(), office.start(reason="Another one.")
    office.handler.handle(one.id, AddNote("Pool Zwölf is 50% full_of errors"), "ana", "slack")
    office.handler.handle(two.id, AddNote("all quiet"), "ana", "slack")
    first, second = one.start.ref, two.start.ref
    assert refs(search, "ORDERS") == [second, first]
    assert refs(search, "pool ERRORS") == [first]
    assert refs(search, "pool quiet") == []
    assert refs(search, first.lower()) == [first]
    assert refs(search, "50%") == [first]
    assert refs(search, "5%l") == []
    assert refs(search, "full_of") == [first]
    assert refs(search, "fullxof") == []
    assert refs(search, "' OR 1=1 --") == []


def test_the_list_is_narrowed_and_turned_page_by_page(office: Office) -> None:
    search = Search(office.journal)
    runs = [office.start(reason="One more.") for _ in range(7)]
    while office.handler.load(runs[0].id).seq and not office.handler.load(runs[0].id).over:
        office.finish(runs[0].id, "ok" if office.place(runs[0].id).step == "look" else "problem")
    newest = [run.start.ref for run in sorted(runs, key=lambda run: (run.started_at, run.id), reverse=True)]
    assert refs(search) == newest
    assert refs(search, state="ended") == [runs[0].start.ref]
    assert [row.ref for row in search.ended(5)] == [runs[0].start.ref]
    assert len(refs(search, state="open")) == 6
    assert refs(search, asset="none") == []
    turned: list[str] = []
    page = search.runs(Wanted(), 3)
    while page:
        turned += [row.ref for row in page]
        page = search.runs(Wanted(before=page[-1]), 3)
    assert turned == newest


def test_a_query_is_cut_to_a_size_that_can_be_asked() -> None:
    assert words_of(" a  b a ") == ("a", "b")
    assert len(words_of(" ".join(str(number) for number in range(99)))) == MOST_WORDS
    assert words_of("x" * 500) == ("x" * 60,)
    assert words_of("\0") == ()

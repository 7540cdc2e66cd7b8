"""A blind answer under attack: whoever counts second must learn it nowhere before the two are compared."""

import pytest

from bot.engine.plan import inherited_plan
from bot.journal.database import open_engine
from bot.journal.search import Search, Wanted
from bot.journal.store import Journal
from bot.render.card import card
from bot.run.commands import Finish
from bot.run.events import Notified
from bot.run.state import Run
from tests.engine.office import Office
from tests.journal.conftest import sqlite_url

__all__ = ["sqlite_url"]
SECOND = """
vars: {counted: {type: text}, live: {type: text}}
steps:
  - {id: owner, do: Count them, who: data_owner, answer: {var: counted, blind: true}, go: {ok: tell}}
  - {id: tell, notify: Tell, to: [lead], say: "They counted {{ vars.counted }}.", go: {ok: compare}}
  - {id: compare, check: "Compare with {{ vars.counted }}", exec: {argv: [count]},
     say: "Was it {{ vars.counted }}?", why: "{{ vars.counted }}", caution: "{{ vars.counted }}",
     capture: {live: {from: stdout, type: text}}, expect: {all: [{var: live, eq: "{{ vars.counted }}"}]},
     go: {ok: after, fail: after}}
  - {id: after, do: "Both counted {{ vars.counted }}", go: {ok: done}}
  - {id: done, end: Close, outcome: recovered}
"""
COUNT = "Quokka"


@pytest.fixture
def office(sqlite_url: str) -> Office:
    return Office(Journal(open_engine(sqlite_url)), {"walk": SECOND}, inherited_plan)


def shown(office: Office, run: Run) -> str:
    """Everything that others may read of a run: card, lists, notices, search."""
    now, row = office.handler.load(run.id), office.journal.run_row(run.id)
    told = [event.text for _, event, _ in office.handler.history(run.id) if isinstance(event, Notified)]
    found = [one.ref for one in Search(office.journal).runs(Wanted(words=(COUNT,)), 9)]
    return f"{card(now)} {row} {told} {found and COUNT}"


def test_texts_that_speak_of_a_blind_answer_do_not_say_it_before_it_was_compared(office: Office) -> None:
    """Not even where the second count is held to the first, and the card says what is expected."""
    run = office.start()
    here = office.place(run.id)
    office.handler.handle(run.id, Finish(here.step, here.visit, "ok", {"counted": COUNT}), "dora", "slack")
    assert COUNT.casefold() not in shown(office, run).casefold()
    assert "live is counted" in shown(office, run)
    here = office.place(run.id)
    office.handler.handle(run.id, Finish(here.step, here.visit, "ok", {"live": COUNT}), "ana", "slack")
    assert office.place(run.id).step == "after"
    assert f"Both counted {COUNT}" in shown(office, run)

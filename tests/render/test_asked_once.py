"""What was said at the start is not asked again: it stands in the field already, or the field is not there twice."""

from bot.format.catalogue import Asset
from bot.render.actions import Press
from bot.render.dialog.forms import ask
from bot.render.dialog.start_form import Stakes, draw_start
from tests.render.forms import read_view
from tests.story import Story, book_of

ORDERS = Asset(id="orders-db", name="Orders", type="pg", tier=1, owner="data")
STEPS = """
steps:
  - {id: first, do: Find the first bad change, answer: {var: damage_time}, go: {ok: second, problem: hold}}
  - {id: second, do: Count the rows, answer: {var: rows, blind: true}, go: {ok: done, problem: hold}}
  - {id: done, end: Close the run, outcome: recovered}
  - {id: hold, do: Look, go: {ok: done}}
"""
FOUND = book_of("vars: {damage_time: {type: timestamp}, rows: {type: int}}" + STEPS)
ASKED = book_of("inputs: {damage_time: {type: timestamp}}\nvars: {rows: {type: int}}" + STEPS)


def test_when_the_damage_began_stands_in_the_field_of_the_step_that_looks_for_it() -> None:
    """Said at the start, or not at all: then the field is empty."""
    press = Press("run-1", "done", "first", 1)
    said = Story(FOUND, damage_began="2026-11-22T11:00:00+01:00").started().run
    assert "[22 Nov 2026 11:00 +01:00]" in "\n".join(read_view(ask(said, press)))
    unsaid = Story(FOUND).started().run
    assert "22 Nov 2026 11:00" not in "\n".join(read_view(ask(unsaid, press)))


def test_a_start_form_asks_once_when_the_damage_began() -> None:
    """Where the runbook asks for it by itself, Handrail does not as well."""
    asked, found = ("\n".join(read_view(draw_start(Stakes(ORDERS, None, (book,))))) for book in (ASKED, FOUND))
    assert "When did the damage begin?" not in asked
    assert "a:damage_time" in asked
    assert "When did the damage begin?" in found

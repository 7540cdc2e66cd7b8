"""A signer reads numbers: what was found, by whom, what it is held to, and what the chosen point loses."""

from datetime import timedelta

from bot.render.actions import Press
from bot.render.card import card
from bot.render.dialog.forms import ask
from bot.render.message import slack_value
from bot.render.signoff import signoff_message
from bot.run.state import Run
from tests.render.channel import read
from tests.render.stories import at_signoff
from tests.story import NOON

POINT = NOON - timedelta(minutes=20)


def table(run: Run) -> str:
    return "\n".join(read(signoff_message(run)))


def test_each_value_says_where_it_comes_from_and_what_it_is_held_to() -> None:
    """A time that somebody typed is a claim; a number that a check asked for was read by whoever pressed."""
    said = table(at_signoff().run)
    point = slack_value(POINT)
    assert f"target time: *{point}* (is before the start of this run)\nclaimed by Ana Ruiz" in said
    assert "rows: *812 rows* (is above 0)\nread by Ana Ruiz" in said
    assert "passed" not in said


def test_the_chosen_point_is_held_to_the_damage_and_to_what_was_promised() -> None:
    """Four minutes before the damage is within an RPO of five; half a day is not, and that is said."""
    near = table(at_signoff(damage_began="2026-11-22T11:44:00+00:00").run)
    assert "the chosen point: *4 min before the damage* (within the 5 min promised)" in near
    assert "20 min of writes lie between it and the start of this run" in near
    far = table(at_signoff(damage_began="2026-11-22T11:58:00+00:00").run)
    assert "*18 min before the damage* (*more than the 5 min promised*)" in far
    unknown = table(at_signoff().run)
    assert "*nobody has said when the damage began*: whether it keeps the 5 min promised is not known" in unknown
    late = table(at_signoff(damage_began="2026-11-22T11:30:00+00:00").run)
    assert "*after the damage began*" in late


def test_the_whole_text_with_commands_and_digest_stands_in_the_form_alone() -> None:
    run = at_signoff().run
    form = str(ask(run, Press(run.id, "approve", run.here.step or "", 1))["blocks"])
    for said in ("Digest `", "switch 2026-11-22T11:40:00+00:00", "The way back"):
        assert said in form
        assert said not in table(run)
        assert said not in "\n".join(read(card(run)))

"""A signer reads numbers: what was found, by whom, what it is held to, and what the chosen point loses."""

from datetime import datetime, timedelta

from bot.render.actions import Press
from bot.render.card import card
from bot.render.dialog.forms import ask
from bot.render.message import slack_value
from bot.render.signoff import signoff_message
from bot.run.commands import AsksBack, Reject
from bot.run.state import Run
from tests.render.channel import read
from tests.render.stories import at_signoff
from tests.story import NOON, Story

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


TYPED = """
vars:
  seen: {type: timestamp}
steps:
  - {id: type, do: Type when it was seen, answer: {var: seen}, max_visits: 4, go: {ok: which}}
  - {id: which, decide: Look at it, options: [{id: fits, label: It fits, when: It does., go: ask},
     {id: late, label: It is too late, when: It is., go: type}], max_visits: 4, go: {unsure: hold}}
  - {id: ask, signoff: Approve it, from: [data_owner], binds: {vars: [seen]}, go: {approved: over, rejected: type}}
  - {id: over, end: Close, outcome: recovered}
  - {id: hold, decide: Hold, who: lead, go: {unsure: hold},
     options: [{id: a, label: Stop, when: A., go: over}, {id: b, label: Stop too, when: B., go: over}]}
"""
SOONER, TOMORROW = "2026-11-22T11:30:00+00:00", "2026-11-23T11:40:00+00:00"


def test_a_time_that_nobody_can_have_read_is_marked_where_it_is_signed() -> None:
    """Who insisted is believed, and the signer sees that it lies ahead; any other time has no mark."""
    insisted = Story(TYPED).started().done(seen=TOMORROW)
    assert isinstance(insisted.refusal, AsksBack)
    marked = table(insisted.when("ana", insisted.refusal.again).choose("fits").at_step("ask").run)
    assert "\n:warning: *in the future*" in marked
    assert ":warning:" not in table(Story(TYPED).started().done(seen=SOONER).choose("fits").at_step("ask").run)


def test_candidates_that_a_decision_or_a_signer_turned_down_stand_where_the_next_one_is_signed() -> None:
    """Each with what was said of it; typed again one of them is taken, as people may have been wrong."""
    story = Story(TYPED).started().done(seen=POINT.isoformat()).choose("late").at_step("type")
    story.done(seen=SOONER).choose("fits").at_visit(Reject, by="dora", reason="Not that one").at_step("type")
    story.done(seen=POINT.isoformat()).choose("fits").at_step("ask")
    said = table(story.run)
    assert f"ruled out, seen: ~{slack_value(POINT)}~\n“It is too late” in “Look at it”, " in said
    assert f"~{slack_value(datetime.fromisoformat(SOONER))}~\n“Rejected” in “Approve it”, " in said


def test_the_whole_text_with_commands_and_digest_stands_in_the_form_alone() -> None:
    run = at_signoff().run
    form = str(ask(run, Press(run.id, "approve", run.here.step or "", 1))["blocks"])
    for said in ("Digest `", "switch 2026-11-22T11:40:00+00:00", "The way back"):
        assert said in form
        assert said not in table(run)
        assert said not in "\n".join(read(card(run)))

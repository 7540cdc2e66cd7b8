"""Times that nobody can have read are asked back where they are typed; whoever insists is believed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.format.pieces import TypedField
from bot.run.commands import AddNote, AsksBack, Correct, Finish
from bot.run.events import Corrected, Ended, Noted, ReadingTaken, StepEntered, StepFinished
from bot.run.law.plausible import CLOCKS_DIFFER, doubt_about
from bot.run.situation import Parent
from tests.run.test_begins import FORMER
from tests.run.test_walk import HOLD
from tests.story import NOON, Story

STEPS = """
steps:
  - {id: when, do: Type when it went down, answer: {var: down_since}, go: {ok: newest}}
  - {id: newest, do: Type the newest row, answer: {var: newest, blind: true}, go: {ok: read}}
  - {id: read, check: Read the last commit, exec: {argv: [read]}, capture: {commit: {from: stdout}},
     expect: {all: [{var: commit, exists: true}]}, go: {ok: until, fail: hold}}
  - {id: until, do: Type until when it is kept, answer: {var: kept}, go: {ok: done}}
  - {id: done, end: Close the run, outcome: recovered}
"""
BOOK = (
    "inputs: {seen_at: {type: timestamp}}\n"
    "vars:\n  down_since: {type: timestamp}\n  newest: {type: timestamp, within: 1d}\n"
    "  commit: {type: timestamp, within: 1d}\n  kept: {type: timestamp, future: true}\n" + STEPS + HOLD
)
DOWN, TOMORROW, LONG_AGO = "2026-11-22T11:40:00+00:00", "2026-11-23T11:40:00+00:00", "2026-11-20T11:40:00+00:00"


def test_a_time_ahead_of_the_clock_is_asked_back_and_taken_by_one_press_more() -> None:
    """11:40 tomorrow is no time at which anything was seen; typed anew it is taken, and so it is by who insists."""
    story = Story(BOOK).started().done(down_since=TOMORROW)
    asked = "23 Nov 2026 11:40 UTC is in the future: look at the day and the zone, then type it anew."
    story.refused(asked, ReadingTaken)
    assert isinstance(story.refusal, AsksBack)
    assert (story.here, story.value("down_since")) == ("when", None)
    assert story.last == (ReadingTaken("when", 1, {"down_since": TOMORROW}, ("a time that is over",)),)
    story.when("ana", story.refusal.again).then(StepFinished, StepEntered("newest", 1, "when", "ok"))
    assert story.value("down_since") == TOMORROW
    Story(BOOK).started().done(down_since=DOWN).at_step("newest")


def test_clocks_differ_a_little() -> None:
    """Two minutes ahead of our clock somebody may have read; a second more nobody."""
    edge = NOON + CLOCKS_DIFFER
    Story(BOOK).started().done(down_since=edge.isoformat()).at_step("newest")
    Story(BOOK).started().done(down_since=(edge + timedelta(seconds=1)).isoformat()).refused(
        "is in the future", ReadingTaken
    )


@pytest.mark.parametrize("step", ["newest", "commit"])
def test_a_time_far_from_the_damage_is_asked_back(step: str) -> None:
    """Two days before the outage is no newest row and no last commit, whether hidden, read by hand or corrected."""
    story = Story(BOOK).started().done(down_since=DOWN)
    if step == "commit":
        story.done(newest=DOWN)
        story.begin()
    recorded = () if step == "newest" else (ReadingTaken,)
    story.done(**{step: LONG_AGO}).refused("20 Nov 2026 11:40 UTC is 2 d before the outage: look at the day", *recorded)
    assert isinstance(story.refusal, AsksBack)
    read = ReadingTaken("read", 1, {step: LONG_AGO}, ("a time within 1 d of the outage",))
    assert story.last == (() if step == "newest" else (read,)), "what is hidden stays so"
    story.when("ana", story.refusal.again)
    assert story.value(step) == LONG_AGO


def test_near_is_as_its_author_says() -> None:
    """A day to either side is near where a day is written; the start counts where nobody knows when it began."""
    story = Story(BOOK).started().done(down_since=DOWN)
    for said in (LONG_AGO, "2026-11-21T11:39:59+00:00"):
        assert doubt_about(story.run, "newest", said, story.at) is not None
    assert doubt_about(story.run, "newest", "2026-11-21T11:40:00+00:00", story.at) is None
    assert doubt_about(story.run, "newest", TOMORROW, story.at + timedelta(days=2)) is None
    after = doubt_about(story.run, "newest", "2026-11-24T11:40:00+00:00", story.at + timedelta(days=3))
    assert after == "2 d after the outage"
    assert doubt_about(story.run, "down_since", LONG_AGO, story.at) is None
    fresh = Story(BOOK).started()
    assert doubt_about(fresh.run, "newest", LONG_AGO, fresh.at) == "2 d 20 min before the start of this run"
    damaged = Story(BOOK, damage_began=DOWN).started()
    assert doubt_about(damaged.run, "newest", LONG_AGO, damaged.at) == "2 d before the damage"


def test_a_time_is_held_against_what_others_said() -> None:
    """Not against the value that it is to replace; to either side by as much as is written."""
    story = Story(BOOK.replace("down_since: {type: timestamp}", "down_since: {type: timestamp, within: 10m}")).started()
    story.done(down_since="2026-11-22T11:50:00+00:00")
    assert doubt_about(story.run, "down_since", DOWN, story.at) == "20 min before the start of this run"
    assert doubt_about(story.run, "down_since", "2026-11-22T12:10:01+00:00", story.at + timedelta(hours=1)) == (
        "10 min 1 s after the start of this run"
    )
    assert doubt_about(story.run, "down_since", "2026-11-22T12:10:00+00:00", story.at + timedelta(hours=1)) is None
    text = BOOK.replace("inputs: {", "inputs: {damage_time: {type: text}, ")
    kept = Story(text, inputs={"damage_time": "about noon"}).started()
    assert doubt_about(kept.run, "newest", LONG_AGO, kept.at) == "2 d 20 min before the start of this run"


def test_a_text_is_no_time() -> None:
    """Whatever somebody types as free text is not held against the clock, though it reads like a time."""
    book = BOOK.replace("down_since: {type: timestamp}", "down_since: {type: text}")
    Story(book).started().done(down_since=TOMORROW).at_step("newest")


def test_each_of_several_times_is_asked_about() -> None:
    """The second too, where the first is well."""
    book = BOOK.replace("{commit: {from: stdout}}", "{commit: {from: stdout}, seen: {from: stdout}}")
    book = book.replace("vars:\n", "vars:\n  seen: {type: timestamp}\n")
    story = Story(book).started().done(down_since=DOWN).done(newest=DOWN).begin()
    story.done(commit=DOWN, seen=TOMORROW).refused("23 Nov 2026 11:40 UTC is in the future", ReadingTaken)
    story.done(commit=LONG_AGO, seen=DOWN).refused("20 Nov 2026 11:40 UTC is 2 d before the outage", ReadingTaken)


def test_what_may_lie_ahead_is_not_asked_back() -> None:
    """Until when something is kept lies ahead, and its author says so."""
    story = Story(BOOK).started().done(down_since=DOWN).done(newest=DOWN).begin().done(commit=DOWN)
    story.done(kept=TOMORROW).then(StepFinished, StepEntered, Ended)


def test_a_correction_is_asked_back_alike() -> None:
    """What was typed rightly is not corrected into tomorrow unseen."""
    story = Story(BOOK).started().done(down_since=DOWN)
    wrong = Correct(story.run.given["down_since"].seq, "down_since", TOMORROW, "I looked again")
    story.when("ana", wrong).refused("is in the future")
    assert isinstance(story.refusal, AsksBack)
    story.when("ana", story.refusal.again).then(Corrected)


def test_at_the_start_and_of_notes_it_is_refused_beside_its_field() -> None:
    """Nobody was hurt tomorrow, and nothing happened then."""
    Story(BOOK, damage_began=TOMORROW).started().refused("23 Nov 2026 11:40 UTC is in the future: look at the day")
    late = Story(BOOK, inputs={"seen_at": TOMORROW}).started().refused("is in the future")
    assert late.refusal is not None
    assert late.refusal.field == "seen_at"
    story = Story(BOOK, damage_began=DOWN, inputs={"seen_at": DOWN}).started()
    story.when("ana", AddNote("It was seen", TOMORROW)).refused("is in the future")
    story.when("ana", AddNote("It was seen", DOWN)).then(Noted)


def test_what_another_run_was_told_is_taken_as_it_is() -> None:
    """A call and a run that goes on bring the time along: whoever presses there typed none."""
    origins: tuple[dict[str, Any], ...] = (
        {"parent": Parent("run-0", "STORAGE-1", "call", 1)},
        {"former": replace(FORMER, step="when")},
    )
    for origin in origins:
        assert Story(BOOK, damage_began=TOMORROW, **origin).started().refusal is None


def test_only_a_time_can_be_near_or_ahead() -> None:
    """`future` and `within` of a number say nothing."""
    for key in ({"future": True}, {"within": "1d"}):
        with pytest.raises(ValidationError, match="are said of a timestamp"):
            TypedField.model_validate({"type": "int", **key})
        TypedField.model_validate({"type": "timestamp", **key})


def test_what_is_recorded_as_failed_is_not_asked_about() -> None:
    """Nothing goes on from it: whoever says that a time ahead of the clock does not hold has been asked already."""
    book = BOOK.replace("{var: commit, exists: true}", f"{{var: commit, lt: '{NOON.isoformat()}'}}")
    story = Story(book).started().done(down_since=DOWN).done(newest=DOWN).begin()
    story.at_visit(Finish, outcome="ok", answers={"commit": TOMORROW}, verdict="failed").at_step("hold")


def test_what_a_runbook_sets_is_not_asked_back() -> None:
    """Nobody typed it: whoever ran the step cannot type it anew."""
    book = BOOK.replace(
        "{id: until, do: Type until when it is kept, answer: {var: kept},",
        f"{{id: until, run: Keep it, exec: {{argv: [keep]}}, effect: read, set: {{commit: '{TOMORROW}'}},",
    )
    story = Story(book).started().done(down_since=DOWN).done(newest=DOWN).begin().done(commit=DOWN)
    story.begin().done().then(StepFinished, StepEntered, Ended)
    assert story.value("commit") == TOMORROW

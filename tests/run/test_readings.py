"""What was read and does not hold is no verdict yet; what a check has refused is ruled out."""

from dataclasses import replace

from bot.run.commands import AsksBack, Choose, DoesNotHold, Finish
from bot.run.events import Ended, ReadingTaken, Signed, SignoffApproved, StepEntered, StepFinished
from bot.run.law.scope import compared_vars
from tests.run.test_walk import HOLD
from tests.story import ORDERS, Story, book_of

COUNT = (
    """
vars: {rows: {type: int}, mine: {type: int}, point: {type: timestamp}, label: {type: string}}
steps:
  - {id: choose, do: Choose the point, answer: {var: point}, max_visits: 9,
     expect: {all: [{var: point, lt: "{{ run.started_at }}"}]}, go: {ok: count}}
  - {id: count, check: Count the errors, exec: {argv: [count, "{{ vars.point }}"]}, capture: {rows: {from: stdout}},
     expect: {all: [{var: rows, eq: 0}]}, max_visits: 9, go: {ok: name, fail: choose}}
  - {id: name, do: Name the backup, answer: {var: label},
     expect: {all: [{var: label, matches: "^[0-9]{8}F$", as: the label of a full backup}]}, go: {ok: blind}}
  - {id: blind, do: Count them yourself, answer: {var: mine, blind: true}, go: {ok: compare}}
  - {id: compare, check: Compare the counts, exec: {argv: [count]}, capture: {rows: {from: stdout}},
     expect: {all: [{var: rows, eq: "{{ vars.mine }}"}]}, go: {ok: done, fail: hold}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    + HOLD
)
TEN, NINE = "2026-11-22T10:00:00+01:00", "2026-11-22T09:00:00+01:00"


def at_count(point: str = TEN) -> Story:
    """A point is chosen, and the count was begun."""
    return Story(COUNT).started().done(point=point).begin()


def test_a_reading_that_does_not_hold_waits_for_a_second_look() -> None:
    """3 where 0 is expected is recorded and asked again; 0 then goes on, and only “failed” goes to the exit."""
    story = at_count().done(rows="3").refused("3 is not 0: look again, or record it as failed.", ReadingTaken)
    assert isinstance(story.refusal, DoesNotHold)
    assert story.refusal.field == "rows"
    assert story.last == (ReadingTaken("count", 1, {"rows": 3}, ("rows is 0",)),)
    assert (story.here, story.value("rows")) == ("count", None)
    story.done(rows="0").then(StepFinished, StepEntered("name", 1, "count", "ok"))

    failed = at_count().done(rows="3").failed(rows="3").then(StepFinished, StepEntered("choose", 2, "count", "fail"))
    assert failed.last[0] == StepFinished("count", 1, "fail", {"rows": 3}, (), ("rows",), ("rows is 0",))
    at_count().failed(rows="0").refused("This is as it should be")


def test_each_reading_is_on_record_and_each_fails_by_itself() -> None:
    """Whoever types 3, 5 and 0 leaves two readings behind: nobody fishes unseen. A person's answer waits alike."""
    story = at_count().done(rows="3").done(rows="5").done(rows="0")
    assert [dict(one.answers) for one, _ in story.history if isinstance(one, ReadingTaken)] == [
        {"rows": 3},
        {"rows": 5},
    ]
    late = "2026-11-23T10:00:00Z"
    answer = Story(COUNT).started().done(point=late).refused("is not before the start", ReadingTaken)
    answer.failed(point=late).then(StepFinished, StepEntered)
    assert answer.last[0] == StepFinished("choose", 1, "problem", {}, (), ("point",), (
        "point is before the start of this run",))  # fmt: skip
    assert answer.value("point") is None


def test_no_pattern_reaches_a_person_where_its_author_says_what_it_looks_for() -> None:
    """The sentence holds the author's words, and the card's “Right when” as well; never the expression."""
    story = at_count().done(rows="0").done(label="bad").refused("bad is not the label of a full backup", ReadingTaken)
    assert story.last == (ReadingTaken("name", 1, {"label": "bad"}, ("label is the label of a full backup",)),)


def test_what_is_compared_with_a_blind_answer_is_compared_once() -> None:
    """A count that differs from the hidden one fails at once: a second look would tell what was expected."""
    story = at_count().done(rows="0").done(label="20261122F").done(mine="7").begin()
    story.done(rows="6").then(StepFinished, StepEntered("hold", 1, "compare", "fail"))
    finished = story.last[0]
    assert isinstance(finished, StepFinished)
    assert (finished.exit, finished.compared) == ("fail", ("rows", "mine"))


def test_a_value_that_a_check_refused_is_ruled_out() -> None:
    """Typed again, the point says which check it failed, and is taken all the same only by one press more."""
    story = at_count().failed(rows="3").at_step("choose")
    story.done(point=TEN).refused(
        "22 Nov 2026 10:00 +01:00 is ruled out: it failed “Count the errors” at 22 Nov 2026 12:00 UTC."
    )
    assert isinstance(story.refusal, AsksBack)
    assert story.refusal.press == "Take it all the same"
    story.when("ana", story.refusal.again).then(StepFinished, StepEntered("count", 2, "choose", "ok"))

    other = at_count().failed(rows="3").done(point=NINE).then(StepFinished, StepEntered).begin().failed(rows="1")
    assert [one.value for one in other.run.ruled_out["point"]] == [TEN, NINE]
    other.done(point=TEN).refused("is ruled out")


def test_what_no_check_has_refused_is_not_ruled_out() -> None:
    """Back at the question by the hold, without a check that failed, the same answer is taken as before."""
    story = at_count().problem().at_step("choose")  # a check that a person says has failed counts
    assert [one.check for one in story.run.ruled_out["point"]] == ["count"]
    held = Story(COUNT).started().problem().at_step("hold")
    held.when("chen", Choose("hold", 1, "back", "Try it.")).at_step("choose").done(point=TEN).at_step("count")
    assert held.run.ruled_out == {}


def test_a_blind_answer_is_never_told_that_it_was_ruled_out() -> None:
    """Only the question itself is asked: no verdict is told beside a blind field."""
    story = at_count().done(rows="0").done(label="20261122F")
    at = story.place()
    story.when("ana", Finish(at.step, at.visit, "ok", {"mine": "7"}, verdict="failed")).at_step("compare")


def test_a_blind_answer_is_not_held_to_what_was_ruled_out_openly() -> None:
    """The point that failed is asked for once more, blind: nothing is said of it."""
    text = COUNT.replace("answer: {var: mine, blind: true}", "answer: {var: point, blind: true}")
    story = Story(text).started().done(point=TEN).begin().failed(rows="3").done(point=NINE).begin().done(rows="0")
    assert "point" in story.run.ruled_out
    story.done(label="20261122F").at_step("blind").done(point=TEN).then(StepFinished, StepEntered)


def test_a_number_that_is_ruled_out_is_told_as_it_was_typed() -> None:
    text = COUNT.replace("answer: {var: point}, max_visits: 9,\n", "answer: {var: mine}, max_visits: 9,\n").replace(
        '     expect: {all: [{var: point, lt: "{{ run.started_at }}"}]}, go: {ok: count}}', "     go: {ok: count}}"
    )
    story = Story(text).started().done(mine="12").begin().failed(rows="3").at_step("choose")
    story.done(mine="12").refused("12 is ruled out: it failed “Count the errors”")
    words = Story(text.replace("mine: {type: int}", "mine: {type: string}")).started()
    words.done(mine=TEN).begin().failed(rows="3").done(mine=TEN).refused(f"{TEN} is ruled out")


def test_every_name_that_is_compared_is_told_whatever_it_goes_through() -> None:
    """Also one behind a filter, or beside another; what a filter is called is no name."""
    text = COUNT.replace('eq: "{{ vars.mine }}"', 'eq: "{{ vars.mine | plus: 1 }}{{ vars.label }}{{ asset.db }}"')
    assert compared_vars(book_of(text).by_id["compare"]) == ("rows", "mine", "label")


def test_what_is_captured_without_a_type_is_a_text() -> None:
    story = Story(COUNT.replace("capture: {rows: {from: stdout}}", "capture: {rows: {from: stdout}, word: {}}", 1))
    story.started().done(point=TEN).begin().done(rows="0", word="ten of them")
    assert story.value("word") == "ten of them"


def test_a_default_that_is_signed_is_read_back_as_it_stands() -> None:
    """A default made of the asset's facts is a text, also where its field is a number."""
    text = (
        """
vars: {rows: {type: int, default: "{{ asset.rows }}"}}
steps:
  - {id: ask, signoff: Agree, from: [data_owner], binds: {vars: [rows]}, readback: rows, go: {approved: done}}
  - {id: done, end: Close the run, outcome: recovered}
"""
        + HOLD
    )
    story = Story(text, asset=replace(ORDERS, facts={"rows": "007"})).started()
    story.sign("dora", "008").refused("That is not what is being signed.")
    story.sign("dora", "007").then(Signed, SignoffApproved, StepEntered, Ended)

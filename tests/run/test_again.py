"""What is tried again has a limit, and only then its failure leads on; and what could not be said before."""

from collections.abc import Mapping

import pytest

from bot.format.pieces import Condition, TypedField, Value
from bot.format.runbook import FAILURE_EXITS, TRY_AGAIN
from bot.format.text import TextProblem, fill, names_in
from bot.format.values import BadValue, Ground, failing, parse_value, spoken_test
from bot.run.events import StepFinished
from bot.run.law.judging import objection_to
from bot.run.situation import Stamp
from tests.story import Story

STEPS = """
vars: {left: {type: int}}
steps:
  - {id: count, check: Count, again: 2, expect: {all: [{var: exit, eq: 0}]}, go: {ok: look, fail: lost}}
  - {id: look, do: Look, again: 1, go: {ok: replay, problem: lost}}
  - id: replay
    wait: Wait for it
    poll: {every: 30s, exec: {argv: [lag]}, capture: {left: {from: stdout, type: int}},
           until: {all: [{var: left, eq: 0}]}}
    go: {ok: done}
  - {id: lost, end: Lost, outcome: aborted}
  - {id: done, end: Done, outcome: recovered}
  - id: hold
    decide: Hold
    who: lead
    options: [{id: stop, label: Stop, when: It is worse., go: lost}, {id: close, label: Close, when: Enough., go: done}]
    go: {unsure: hold}
"""


def exits(story: Story) -> list[str]:
    return [event.exit for event, _ in story.history if isinstance(event, StepFinished)]


def test_what_failed_is_begun_anew_as_often_as_the_file_says() -> None:
    story = Story(STEPS).started()
    for visit in (1, 2):
        assert story.run.visits["count"] == visit
        story.begin().problem().at_step("count")
    story.begin().problem()
    assert exits(story) == ["try again", "try again", "fail"]
    assert story.here is None


def test_a_person_tries_again_too_and_what_went_well_goes_on() -> None:
    story = Story(STEPS).started().begin().done().at_step("look").problem().at_step("look").done().at_step("replay")
    assert exits(story) == ["ok", "try again", "ok"]


def test_a_wait_brings_a_value_along() -> None:
    story = Story(STEPS).started().begin().done().done().begin()
    story.done().refused("cannot be empty")
    story.done(left="0")
    assert story.value("left") == 0
    assert story.here is None


@pytest.mark.parametrize(("exit_", "sound"), [("try again", True), ("fail", False)])
def test_the_audit_knows_how_often_it_may_be_tried(exit_: str, *, sound: bool) -> None:
    story = Story(STEPS).started().begin()
    here = story.place()
    event = StepFinished("count", here.visit, exit_)
    assert (objection_to(story.run, event, Stamp(story.at, "ana", "slack"), None) is None) is sound


def test_an_option_that_is_called_again_is_no_failure() -> None:
    """Only a step that failed has the exit; what an author calls an option is theirs."""
    assert TRY_AGAIN in FAILURE_EXITS
    assert "again" not in FAILURE_EXITS


FIELDS = {"seen": TypedField(type="timestamp"), "free": TypedField(type="int"), "span": TypedField(type="duration")}
NAMES: Mapping[str, Value] = {
    "vars.seen": "2026-11-22T03:40:00+00:00", "vars.other": "2026-11-22T03:41:00+00:00", "vars.free": 150,
    "vars.size": 100, "vars.span": "10m",
}  # fmt: skip


@pytest.mark.parametrize(
    ("test", "holds", "said"),
    [
        ({"var": "seen", "le": "{{ vars.other }}", "minus": "60s"}, True, "seen is not after other minus 1 min"),
        ({"var": "seen", "le": "{{ vars.other }}", "minus": "61s"}, False, "seen is not after other minus 1 min 1 s"),
        (
            {"var": "free", "ge": "{{ vars.size }}", "factor": 1.2, "plus": 30},
            True,
            "free is at least 1.2 × size plus 30",
        ),
        (
            {"var": "free", "ge": "{{ vars.size }}", "factor": 1.2, "plus": 31},
            False,
            "free is at least 1.2 × size plus 31",
        ),
        ({"var": "span", "gt": "4m", "plus": "5m"}, True, "span is above 4m plus 5 min"),
    ],
)
def test_a_time_or_a_size_is_compared_with_so_much_more_or_less(
    test: dict[str, object], said: str, *, holds: bool
) -> None:
    condition = Condition.model_validate({"all": [test]})
    ground = Ground(NAMES, FIELDS)
    assert (failing(condition, ground) == ()) is holds
    assert spoken_test(condition.tests[0], Ground({}, FIELDS)) == said


def test_an_example_is_what_a_refusal_names() -> None:
    field = TypedField(type="int", example=4200)
    with pytest.raises(BadValue, match="such as 4200"):
        parse_value(field, "many")


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ('{"a": {"b": {{ vars.n }}}}', '{"a": {"b": 7}}'), ("{{{{.Names}}", "{{.Names}}"), ("a }} b", "a }} b"),
        ("{{{{ {{ vars.n }} }}", "{{ 7 }}"), ("{ {{ vars.n }} }", "{ 7 }"),
    ],
)  # fmt: skip
def test_two_braces_open_a_placeholder_and_four_are_two(text: str, filled: str) -> None:
    assert fill(text, {"vars.n": 7}) == filled


@pytest.mark.parametrize("text", ["{{ vars.n", "{{{ vars.n }}", "{{.Names}}", "{{{{{{ x }}"])
def test_what_opens_and_is_no_placeholder_is_told(text: str) -> None:
    with pytest.raises(TextProblem):
        fill(text, {"vars.n": 7})


SIZES: Mapping[str, Value] = {"vars.t": "2026-11-22T03:40:00+01:00", "vars.n": 100, "vars.d": "10m", "vars.s": "abc"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ vars.t | minus:30s }}", "2026-11-22T03:39:30+01:00"), ("{{ vars.t | plus: 5m | epoch }}", "1795315500"),
        ("{{ vars.n | factor:1.2 }}", "120"), ("{{ vars.n | plus:5 }}", "105"), ("{{ vars.d | plus:5m }}", "15m"),
        ("{{ vars.d | factor:2 }}", "20m"),
    ],
)  # fmt: skip
def test_a_placeholder_may_be_so_much_more_or_less(text: str, filled: str) -> None:
    """In commands, in `set` and in words alike; who gave the value, and that it was signed, is found as ever."""
    assert fill(text, SIZES) == filled
    assert names_in(text) == (text.split()[1],)


@pytest.mark.parametrize(
    "text",
    ["{{ vars.s | plus:5m }}", "{{ vars.s | plus:5 }}", "{{ vars.t | plus:5 }}", "{{ vars.t | factor:2 }}",
     "{{ vars.d | minus:1h }}", "{{ vars.n | factor:5m }}", "{{ vars.n | factor:1.2.3 }}", "{{ vars.n | plus }}",
     "{{ vars.n | times:2 }}"],
)  # fmt: skip
def test_what_cannot_be_reckoned_is_told(text: str) -> None:
    with pytest.raises(TextProblem):
        fill(text, SIZES)

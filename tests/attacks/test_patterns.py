"""Patterns that never end, and answers that would be patterns."""

import time

import pytest

from bot.format.pattern import example_text, has_form
from bot.format.pieces import Condition, TypedField
from bot.format.values import BadValue, Ground, failing, parse_value
from bot.run.events import Branched
from tests.story import Story

ENDLESS = ["^(a+)+$", "^(a|a)*$", "^(.*){20}x$", "^([a-z]+)*[0-9]$", ".*.*.*.*.*.*x$", "(x+x+)+y"]


@pytest.mark.parametrize("pattern", ENDLESS)
def test_no_answer_makes_a_pattern_take_for_ever(pattern: str) -> None:
    """Each would take Python's own engine longer than the outage; here thousands of signs are told in a moment."""
    field, begun = TypedField(type="string", pattern=pattern), time.monotonic()
    with pytest.raises(BadValue):
        parse_value(field, "a" * 2_998 + "!")
    assert not has_form("x" * 100_000 + "\n!", pattern)
    example_text(pattern)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "pattern", ["(?=a)b", r"(a)\1", "(a{1000}){1000}", "(?<!x)y", r"\w{500}\w{500}", "(", "x" * 501]
)
def test_a_pattern_that_cannot_be_matched_safely_is_refused_when_it_is_read(pattern: str) -> None:
    with pytest.raises(ValueError, match="regular expression"):
        TypedField(type="string", pattern=pattern)
    with pytest.raises(ValueError, match="regular expression"):
        Condition.model_validate({"all": [{"var": "x", "matches": pattern}]})


@pytest.mark.parametrize("typed", ["(", ".*", "[", "a{1000}{1000}", "\\", "^$|x", "a b\n#-&~"])
def test_what_is_typed_is_never_a_pattern(typed: str) -> None:
    """A value inside `matches` stands for itself, sign for sign."""
    condition = Condition.model_validate({"all": [{"var": "seen", "matches": "^{{ vars.wanted }}$"}]})
    same = Ground({"vars.seen": typed, "vars.wanted": typed}, {})
    other = Ground({"vars.seen": "anything", "vars.wanted": typed}, {})
    assert failing(condition, same) == ()
    assert failing(condition, other)


def test_a_run_does_not_stick_on_an_answer_that_is_no_pattern() -> None:
    """It raised an error of the engine once, and every click after it failed."""
    story = Story("""
    vars: {wanted: {type: string}}
    steps:
      - {id: ask, do: What is it, answer: {var: wanted}, go: {ok: look}}
      - {id: look, branch: Is it there, cases: [{when: {all: [{var: asset.name, matches: "{{ vars.wanted }}"}]},
         go: hold}], else: done}
      - {id: hold, decide: Hold, max_visits: 9, options: [{id: a, label: End, when: Bad., go: done},
         {id: b, label: Again, when: Good., go: ask}], go: {unsure: hold}}
      - {id: done, end: Close it, outcome: recovered}
    """).started()
    story.done(wanted="(")
    assert [event.exit for event in story.last if isinstance(event, Branched)] == ["else"]

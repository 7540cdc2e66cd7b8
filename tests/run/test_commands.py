"""Commands as a card shows them and the record keeps them, with what people typed in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.format.pattern import has_form, holds_no_signs, lets_no_signs_through
from bot.format.pieces import TypedField
from bot.format.shell import shell_word
from bot.format.text import Hole
from bot.format.typed import words_in, words_of
from bot.format.values import BadValue, parse_value
from bot.run.commands import Begin, Finish, Start
from bot.run.events import Begun, StepEntered, StepFinished
from bot.run.law.scope import show_step
from bot.run.state import but
from tests.story import Story, start_command

BOOK = """
inputs:
  note: {type: string}
  unit: {type: string, pattern: "^[a-z.-]+$"}
vars:
  count: {type: int}
steps:
  - {id: fix, run: Fix it, effect: change, undo: {none: No.},
     exec: {argv: [ssh, host, "stop {{ vars.unit }} {{ vars.note }}"]},
     set: {count: "{{ vars.note }}"}, go: {ok: look, fail: hold, timeout: hold}}
  - {id: look, decide: Look at it, evidence: {exec: {argv: [show, "{{ vars.note }}"], at: "{{ vars.note }}"}},
     options: [{id: good, label: Good, when: So., go: stopped},
               {id: bad, label: Bad, when: So., go: hold}], go: {unsure: hold}}
  - {id: hold, do: Call the lead, command: "[[ {{ vars.count }} -gt 0 ]]", go: {ok: stopped, problem: stopped}}
  - {id: stopped, end: Stop, outcome: aborted}
"""


def _begun(note: str) -> Story:
    return Story(BOOK).when("ana", _start(note)).when("ana", Begin("fix", 1))


def _start(note: str) -> Start:
    return start_command(inputs={"note": note, "unit": "nginx.service"})


def test_the_record_keeps_the_command_that_was_shown() -> None:
    """A value that a second shell would read is left to a person, on the card and in the record alike."""
    story = Story(BOOK).when("ana", _start("7; touch x"))
    shown = show_step(story.run, story.run.book.by_id["fix"]).command
    story.when("ana", Begin("fix", 1)).then(
        Begun("fix", 1, "ssh host 'stop nginx.service ‹vars.note: type this by hand›'")
    )
    assert story.last[0] == Begun("fix", 1, shown or "")
    _begun("7").then(Begun("fix", 1, "ssh host 'stop nginx.service 7'"))


def test_a_value_made_of_others_keeps_to_its_own_type() -> None:
    """Words do not come to be a number by way of `set`."""
    _begun("7").when("ana", Finish("fix", 1, "ok")).then(StepFinished, StepEntered)
    story = _begun("a[$(touch x)]").when("ana", Finish("fix", 1, "ok"))
    assert story.refusal is not None
    assert "Type a whole number" in story.refusal.sentence


def test_the_host_beside_a_command_is_one_line() -> None:
    """It stands in a comment, and whoever copies both lines runs both."""
    story = _begun("7").when("ana", Finish("fix", 1, "ok"))
    names = "a\ntouch x"
    run = but(story.run, vars={**story.run.vars, "note": names})
    evidence = show_step(run, run.book.by_id["look"]).evidence or ""
    assert evidence.endswith("    # on 'a touch x'")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (TypedField(type="int"), "plain"),
        (TypedField(type="timestamp"), "plain"),
        (TypedField(type="duration"), "plain"),
        (TypedField(type="bool"), "plain"),
        (TypedField(type="enum", values=("a b", "c")), "own"),
        (TypedField(type="string"), "free"),
        (TypedField(type="text", max=5), "free"),
        (TypedField(type="string", pattern="^[a-z0-9_]+$"), "plain"),
        (TypedField(type="string", pattern="^[a-z ]+$"), "free"),
        (TypedField(type="string", pattern="[a-z]+"), "free"),
    ],
)
def test_the_type_says_what_is_free_text(field: TypedField, words: str) -> None:
    """What somebody may type there decides, whatever it is used for."""
    assert words_of(Hole("vars.note"), field) == words
    assert words_of(Hole("asset.host"), None) == "own"
    assert words_of(Hole("vars.note", ("epoch",)), field) in ("plain", "own")


def test_a_value_that_is_there_is_looked_at() -> None:
    """What the declaration promises may have been declared after the value came."""
    assert words_in(Hole("vars.note"), TypedField(type="int"), "$(x)") == "free"
    assert words_in(Hole("vars.note"), TypedField(type="enum", values=("a b",)), "a b") == "own"
    assert words_in(Hole("vars.note"), TypedField(type="enum", values=("a b",)), "a;b") == "free"
    assert words_in(Hole("vars.note"), None, 7) == "plain"


@pytest.mark.parametrize("sign", [" ", ";", "[", "\n", "'", "&"])
def test_a_time_holds_no_other_signs(sign: str) -> None:
    """Python reads any sign between date and time."""
    with pytest.raises(BadValue):
        parse_value(TypedField(type="timestamp"), f"2026-11-22{sign}03:40:00{sign}+01:00;")
    assert parse_value(TypedField(type="timestamp"), "2026-11-22T03:40:00+01:00")


CLOSED = [
    "^[0-9]{8}-[0-9]{6}F(_[0-9]+[DI])?$", "^record-[0-9A-Za-z_.:-]{1,60}[.]db$", "^(none|[0-9a-f]{64})$",
    r"^\d+\.\w+$", r"\A(?:a|b)+\z", "^[a-z0-9]+=[0-9A-Fa-f:]{17}[A-Za-z0-9_=,:.-]*$",
]  # fmt: skip
OPEN = [
    "[a-z]+", "^.+$", "^a|b$", "^[^a]$", r"^\S+$", r"^\W$", "^[a-z ]+$", "^[ -z]+$", "^[!-z]$", "(?i)^a$", "^(?i)a$",
    r"^a\$", "^a.b$", "^[[:alpha:]]$", "^[a&&b]$", r"^a\n$", "(?s)^a$", "^a$|b", "^[a-~]$", "^a$\n", r"^\x3b$",
    "^(a|;)$", "^a{2}$b", r"^[\s]$", "^$;", "^(a$|b)", "^[a-\u00a0]$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", CLOSED)
def test_a_closed_pattern_lets_no_sign_through(pattern: str) -> None:
    assert lets_no_signs_through(pattern)


@pytest.mark.parametrize("pattern", OPEN)
def test_an_open_pattern_is_seen(pattern: str) -> None:
    assert not lets_no_signs_through(pattern)


@given(st.text("ab0^$|()[]{}\\?:.*+-,&;~dwsx ", max_size=12), st.text("ab0;- $\n&x", min_size=1, max_size=4))
def test_what_a_closed_pattern_takes_holds_no_signs(inside: str, text: str) -> None:
    """Whatever pattern somebody writes: if it counts as closed, no text that it takes holds a sign."""
    if lets_no_signs_through(f"^{inside}$") and has_form(text, f"^{inside}$"):
        assert holds_no_signs(text)


def test_words_are_quoted_for_every_shell() -> None:
    """zsh reads `=name` as the path of a program."""
    assert [shell_word(word) for word in ("a=b", "=ls", "a b", "")] == ["a=b", "'=ls'", "'a b'", "''"]

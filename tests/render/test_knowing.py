"""What is asked back before the last possible signer is taken away: as it reads, and that nothing typed is lost."""

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.render.actions import Press
from bot.render.dialog.forms import ask, command_of
from bot.render.dialog.knowing import ask_again, warned
from bot.render.dialog.view import FormSubject, read_typed
from bot.run.commands import AsksBack, Begin, Correct, Finish, HandOver, Knowing, TakeOver
from bot.run.law.decide import decide
from bot.run.law.signing import digest_text
from bot.run.situation import Stamp
from tests.render.books import recovery
from tests.render.forms import HOSTILE, filled, read_view
from tests.story import ORDERS, PEOPLE, ROLES, Story

ALONE = {**ROLES, "data_owner": ("dora",)}
"""Dora, a lead, is the only one who may sign."""


def story(**start: object) -> Story:
    return Story(recovery(), roles=ALONE, inputs={"damage_text": "rows"}, **start).started()


def asked_back(told: Story, by: str, command: Knowing) -> AsksBack:
    with pytest.raises(AsksBack) as asks:
        decide(told.run, command, Stamp(told.at, by, "slack"))
    return asks.value


def test_a_press_that_is_no_form_opens_one_with_one_button(snapshot: SnapshotAssertion) -> None:
    told, at = story(), Press("run-1", "take_over", "which", 1)
    asks = asked_back(told, "dora", TakeOver())
    view = ask_again(told.run, at, asks)
    assert read_view(view) == snapshot
    assert command_of(FormSubject.read(view), read_typed(view)) == TakeOver(knowing=digest_text(asks.sentence))


def test_a_form_that_was_sent_comes_back_with_what_was_typed(snapshot: SnapshotAssertion) -> None:
    """Twice too, when what would be lost has changed meanwhile: one warning stands there, the newest."""
    told = story()
    view = filled(ask(told.run, Press("run-1", "hand_over", "which", 1)), to="dora", words="Look at the log first")
    command = command_of(FormSubject.read(view), read_typed(view))
    assert command == HandOver("dora", "Look at the log first")
    asks = asked_back(told, "ana", command)
    back = warned(view, asks)
    assert read_view(back) == snapshot
    again = command_of(FormSubject.read(back), read_typed(view))
    assert again == asks.again
    other = AsksBack("Now it is two.", asks.press, replace(asks.again, knowing="two"))
    twice = warned({**back, "state": view["state"]}, other)
    assert [line for line in read_view(twice) if "Nothing is recorded yet" in line] == [
        "section: :warning: *Nothing is recorded yet.* Now it is two."
    ]
    elements = {one["block_id"]: one["element"] for one in back["blocks"] if one["type"] == "input"}  # type: ignore[attr-defined]
    assert elements["f:words"]["initial_value"] == "Look at the log first"
    assert elements["f:to"]["initial_option"]["value"] == "dora"


@pytest.mark.parametrize(
    "command",
    [
        Begin("x", 1, "orders", knowing="k"), Finish("x", 1, "ok", {"a": "b"}, "n", "t", knowing="k"),
        Correct(3, "rows", "7", "typo", knowing="k"),
    ],
)  # fmt: skip
def test_every_form_that_may_be_asked_about_carries_what_was_told(command: Knowing) -> None:
    action = {Begin: "begin", Finish: "done", Correct: "correct"}[type(command)]
    typed = {"f:typed": "orders", "a:a": "b", "f:note": "n", "f:which": "3:rows", "f:text": "7", "f:words": "typo"}
    typed |= {"f:typed": "t"} if action == "done" else {}
    assert command_of(FormSubject("run-1", action, "x", 1, knowing="k"), typed) == command


def test_the_largest_names_fit_and_mean_no_good() -> None:
    people = tuple(replace(one, name=f"{one.id} {HOSTILE[:60]}") for one in PEOPLE)
    told = story(people=people, asset=replace(ORDERS, name=HOSTILE[:75]))
    asks = AsksBack(HOSTILE * 40, "Take over all the same", TakeOver(knowing="k" * 64))
    assert read_view(ask_again(told.run, Press("run-1", "take_over", told.place().step, 1), asks))

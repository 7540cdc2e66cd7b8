"""Buttons and menus: what is offered can be pressed, and a press says what it means."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.render.actions import (
    ACTIONS,
    Press,
    StrangePress,
    button,
    command_at_once,
    page_buttons,
    read_press,
    run_buttons,
    run_overflow,
    step_buttons,
    step_overflow,
)
from bot.render.card import card
from bot.render.message import Block
from bot.run.commands import (
    AnswerPage,
    Begin,
    Choose,
    Command,
    DeclinePage,
    Finish,
    HandOver,
    Pause,
    Resume,
    Skip,
    TakeOver,
)  # fmt: skip
from bot.run.law.offers import offers
from bot.run.state import Run
from bot.workspace.blocks.limits import problems_in_blocks
from tests.render.books import recovery
from tests.story import Story

LONG = "x" * 64


def started() -> Story:
    return Story(recovery(), inputs={"damage_text": "rows"}).started()


def at_target() -> Story:
    return started().choose("rows")


def labels(*blocks: Block | None) -> list[Any]:
    return [block["text"]["text"] for block in blocks if block is not None]  # type: ignore[index]


def options(menu: Block | None) -> list[str]:
    listed: Any = (menu or {}).get("options", [])
    return [option["text"]["text"] for option in listed]


def beside(run: Run) -> list[Block]:
    """The buttons that stand beside a text of the card."""
    blocks: list[Any] = list(card(run).blocks)
    found = [block["accessory"] for block in blocks if "text" in block and "accessory" in block]
    return [one for one in found if one["type"] == "button"]


def press_option(menu: Block | None, label: str) -> Press:
    assert menu is not None
    listed: Any = menu["options"]
    chosen = next(option for option in listed if option["text"]["text"] == label)
    return read_press({"type": "overflow", "action_id": menu["action_id"], "selected_option": chosen})


def test_a_decision_has_its_own_labels_and_help_last() -> None:
    """Its own stand each beside what it means; the row below holds what every step has."""
    run = started().run
    assert labels(*beside(run)) == ["Rows are wrong", "Blocks are bad"]
    assert labels(*step_buttons(run)) == ["I'm not sure", "There is a problem", "I need help"]


def test_a_step_that_is_done_by_hand_is_done_or_has_a_problem() -> None:
    assert labels(*step_buttons(at_target().run)) == ["Done", "There is a problem", "I need help"]


def test_what_is_rarely_needed_stands_in_two_menus() -> None:
    run = at_target().run
    assert options(step_overflow(run)) == ["I have done this already…", "Skip…", "Go back…", "Correct…"]
    assert options(run_overflow(run)) == ["Note…", "Take over", "Hand over…", "Pause…", "Stop the run…"]


def test_approve_and_reject_weigh_the_same() -> None:
    approve, reject = (button(at_target().run, name) for name in ("approve", "reject"))
    assert "style" not in approve
    assert "style" not in reject


def test_a_paused_run_shows_resume_and_no_step_buttons() -> None:
    story = at_target().when("ana", Pause("lunch"))
    assert labels(*run_buttons(story.run)) == ["Resume"]
    assert step_buttons(story.run) == ()
    assert labels(*run_buttons(story.when("ana", Resume()).run)) == []


def test_taking_over_is_a_button_when_nobody_operates() -> None:
    story = Story(recovery(), inputs={"damage_text": "rows"}).started(by="dora")
    assert labels(*run_buttons(story.run)) == ["Take over"]
    assert labels(*run_buttons(story.insist("ben", TakeOver()).run)) == []


def test_an_offer_shows_accept() -> None:
    assert labels(*run_buttons(at_target().when("ana", HandOver("ben")).run)) == ["Accept"]


def test_every_offer_at_every_place_has_a_button_or_a_line_in_a_menu() -> None:
    """Nothing that makes sense is out of reach, and no menu holds more than Slack takes."""
    stories = [started(), at_target(), at_target().when("ana", Pause("x")), at_target().when("ana", HandOver("ben"))]
    for story in stories:
        run = story.run
        elements = [*step_buttons(run), *run_buttons(run), step_overflow(run), run_overflow(run)]
        elements += beside(run)
        shown = [one for one in elements if one is not None]
        assert problems_in_blocks([{"type": "actions", "elements": shown}], "message") == []
        reachable = {
            *labels(*(one for one in shown if one["type"] == "button")),
            *options(step_overflow(run)),
            *options(run_overflow(run)),
        }
        for name in offers(run):
            said = "Rows are wrong" if name == "choose:rows" else "Blocks are bad" if name == "choose:blocks" else None
            assert (said or ACTIONS[name].label) in reachable, name


def test_the_labels_are_the_contract() -> None:
    assert [action.label for action in ACTIONS.values()] == [
        "Begin", "Run it", "Look again", "I will do this myself", "Take it as failed", "Cancel…",
        "I am watching", "Done", "There is a problem", "I'm not sure", "Back to where we were",
        "Approve…", "Reject", "Review…", "Accept", "Resume", "I need help", "I have done this already…", "Skip…",
        "Go back…", "Break glass…", "Ask for an end…", "Close the run so", "Not that end", "Correct…", "Note…",
        "Take over", "Hand over…", "Pause…", "Stop the run…",
        "I'm on it", "I can't", "Lessons…", "Follow-up…", "A follow-up is done…", "Two questions…",
        "Put a milestone right…", "Post-mortem…",
        "Let in", "They are out", "Keep them",
    ]  # fmt: skip


def test_a_button_comes_back_as_it_went_out() -> None:
    made = button(started().run, "choose:rows")
    assert read_press(made) == Press("run-1", "choose", "which", 1, "rows")


def test_the_buttons_of_a_page_say_which_page_and_no_step() -> None:
    """A page is answered wherever the run stands; both presses are commands by themselves."""
    run = started().run
    on_it, cannot = (read_press(made) for made in page_buttons(run, 3))
    assert (on_it, cannot) == (Press("run-1", "on_it", page=3), Press("run-1", "cannot", page=3))
    assert command_at_once(run, on_it) == AnswerPage(3)
    assert command_at_once(run, cannot) == DeclinePage(3)
    with pytest.raises(StrangePress):
        read_press({"action_id": "hr:on_it", "value": '{"r":"run-1"}'})
    assert not {"on_it", "cannot"} & set(offers(run)), "they stand on pages alone"


def test_a_menu_comes_back_as_it_went_out() -> None:
    run = at_target().run
    assert press_option(step_overflow(run), "Skip…") == Press("run-1", "skip", "target", 1)
    assert press_option(run_overflow(run), "Take over") == Press("run-1", "take_over", "target", 1)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"action_id": "hr:done", "value": "not json"},
        {"action_id": "hr:done", "value": "[]"},
        {"action_id": "hr:done", "value": json.dumps({"r": "run-1", "s": "a"})},
        {"action_id": "hr:destroy", "value": json.dumps({"r": "run-1", "s": "a", "v": 1})},
        {"action_id": "hr:menu:step|run-1|a", "selected_option": {"value": "skip"}},
        {"action_id": "hr:menu:step|run-1|a|1", "selected_option": {"value": "destroy"}},
        {"action_id": "hr:menu:step|run-1|a|1", "selected_option": None},
        {"action_id": None},
    ],
)
def test_a_press_of_something_else_is_strange(payload: dict[str, Any]) -> None:
    with pytest.raises(StrangePress):
        read_press(payload)
    assert read_press({"action_id": "hr:done", "value": json.dumps({"r": "run-1", "s": "a", "v": 1})}).action == "done"


@pytest.mark.parametrize(
    ("press", "command"),
    [
        (Press("run-1", "choose", "which", 1, "rows"), Choose("which", 1, "rows")),
        (Press("run-1", "unsure", "which", 1), Choose("which", 1, "unsure")),
        (Press("run-1", "take_over", "which", 1), TakeOver()),
        (Press("run-1", "resume", "which", 1), Resume()),
        (Press("run-1", "begin", "space", 1), Begin("space", 1)),
        (Press("run-1", "begin", "restore", 1), None),
        (Press("run-1", "done", "target", 1), None),
        (Press("run-1", "done", "space", 1), None),
        (Press("run-1", "done", "look", 1), None),
        (Press("run-1", "done", "restore", 1), Finish("restore", 1, "ok")),
        (Press("run-1", "skip", "target", 1), None),
        (Press("run-1", "note", "which", 1), None),
        (Press("run-1", "accept", "which", 1), None),
    ],
)
def test_a_press_is_a_command_at_once_unless_something_is_asked_first(press: Press, command: Command | None) -> None:
    assert command_at_once(started().run, press) == command


def test_ids_and_values_fit_slack_whatever_the_run_is_called() -> None:
    """A run called by a run that was called: its id holds theirs."""
    run = replace(at_target().run, id=f"{'0' * 32}.{LONG}.1.{LONG}.1")
    elements = [*step_buttons(run), step_overflow(run), run_overflow(run)]
    assert problems_in_blocks([{"type": "actions", "elements": elements}], "message") == []
    assert press_option(run_overflow(run), "Note…").run_id == run.id


def test_a_form_is_not_a_command() -> None:
    """Skipping acts only through its form, where the reason is typed."""
    story = at_target()
    assert command_at_once(story.run, press_option(step_overflow(story.run), "Skip…")) is None
    story.when("ana", Skip("target", 1, "not needed")).at_step("count")

"""The forms of a run: what is asked, what is sent back, and what becomes of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.format.pieces import TypedField
from bot.format.values import BadValue, parse_value
from bot.render.actions import ACTIONS, Press, command_at_once
from bot.render.dialog.forms import ask, command_of, rehearsal_of
from bot.render.dialog.view import FormSubject, block_of, field_input, notice, read_typed, read_written
from bot.render.message import Block
from bot.run.commands import (
    Accept,
    AddNote,
    AskHelp,
    Begin,
    BreakGlass,
    Choose,
    Command,
    Correct,
    Finish,
    GoBack,
    HandOver,
    Mismatch,
    Pause,
    Refused,
    Reject,
    ReviewGlass,
    Sign,
    Skip,
    Stop,
    Tick,
)  # fmt: skip
from bot.run.law.decide import decide
from bot.run.law.offers import offers
from bot.run.places import AwaitingSignature
from bot.run.situation import Stamp
from tests.render.books import recovery
from tests.render.forms import HOSTILE, filled, read_view
from tests.story import PEOPLE, Story

TARGET = "2026-11-22T11:00:00+00:00"


def story(**start: object) -> Story:
    return Story(recovery(), inputs={"damage_text": "rows"}, **start).started()


def at_target() -> Story:
    return story().choose("rows")


def at_count() -> Story:
    return at_target().done(target_time=TARGET)


def at_space() -> Story:
    return at_count().done("ben", owner_count="12").at_step("space")


def at_look() -> Story:
    return at_space().done(free="20", how="copy", sure="yes").at_step("look")


def at_ask() -> Story:
    return at_look().done(note="seen").at_step("ask")


def at_restore() -> Story:
    return at_ask().sign("dora", TARGET).at_step("restore")


def at_hold_over_unknown() -> Story:
    return at_restore().begin(typed="orders-db").unknown().at_step("hold")


def at_glass() -> Story:
    """A sign-off that is asked for a second time."""
    told = at_ask().later(minutes=16).when("clock", Tick()).at_step("hold").choose("back", by="chen", look="x")
    return told.at_step("ask").later(minutes=6)


def press(told: Story, action: str) -> Press:
    at = told.place()
    return Press(told.run.id, action, at.step, at.visit)


def form_of(told: Story, action: str) -> Block:
    return ask(told.run, press(told, action))


def sent(told: Story, action: str, **typed: str) -> Command:
    view = filled(form_of(told, action), **typed)
    return command_of(FormSubject.read(view), read_typed(view))


FORMS: Mapping[str, Callable[[], Story]] = {
    "begin": at_restore, "done_answer": at_target, "done_blind": at_count, "done_captures": at_space,
    "done_evidence": at_look, "problem": at_target, "problem_begun": lambda: at_restore().begin(typed="orders-db"),
    "back": at_hold_over_unknown, "skip": at_target, "go_back": at_ask, "problem_signoff": at_ask, "help": at_target,
    "approve": at_ask, "reject": at_ask, "break_glass": at_glass, "note": at_target, "hand_over": at_target,
    "accept": lambda: at_ask().when("ana", HandOver("ben", "The volume is slow.")), "pause": at_target,
    "correct": at_look, "stop": at_target,
    "review": lambda: at_glass().at_visit(BreakGlass, "chen", reason="Nobody answers"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_form_reads(name: str, snapshot: SnapshotAssertion) -> None:
    action = next((one for one in ("done", "problem") if name.startswith(f"{one}_")), name)
    assert read_view(form_of(FORMS[name](), action)) == snapshot


def test_every_action_acts_at_once_or_has_a_form() -> None:
    """No button leads nowhere: what is offered is a command, or a form."""
    for told in (story(), at_target(), at_space(), at_ask(), at_restore(), at_hold_over_unknown(), at_glass()):
        for offer in offers(told.run):
            name, _, option = offer.partition(":")
            pressed = replace(press(told, name), option=option)
            assert command_at_once(told.run, pressed) or read_view(ask(told.run, pressed)), offer
    assert {name.partition("_")[0] for name in FORMS} <= {name.partition("_")[0] for name in ACTIONS}


@pytest.mark.parametrize(
    ("told", "action", "typed", "command"),
    [
        (at_restore, "begin", {"typed": "orders-db"}, Begin("restore", 1, "orders-db")),
        (at_target, "done", {"target_time": TARGET}, Finish("target", 1, "ok", {"target_time": TARGET})),
        (
            at_space, "done", {"free": "20", "how": "copy", "sure": "yes"},
            Finish("space", 1, "ok", {"free": "20", "how": "copy", "sure": "yes"}),
        ),
        (at_look, "done", {"note": "a link"}, Finish("look", 1, "ok", {}, "a link")),
        (at_target, "problem", {"note": "no log", "which": "failed"}, Finish("target", 1, "problem", note="no log")),
        (at_target, "problem", {"note": "half", "which": "in part"}, Finish("target", 1, "in part", note="half")),
        (
            lambda: at_restore().begin(typed="orders-db"), "problem", {"which": "unknown"},
            Finish("restore", 1, "unknown"),
        ),
        (at_hold_over_unknown, "back", {"look": "half"}, Choose("hold", 1, "back", look="half")),
        (at_target, "skip", {"words": "known"}, Skip("target", 1, "known")),
        (at_ask, "go_back", {"to": "target", "words": "wrong"}, GoBack("ask", 1, "target", "wrong")),
        (at_target, "problem", {"which": "mismatch", "note": "other"}, Mismatch("target", 1, "other")),
        (at_target, "help", {"words": "a DBA"}, AskHelp("target", 1, "a DBA")),
        (at_ask, "reject", {"words": "too early"}, Reject("ask", 1, "too early")),
        (at_glass, "break_glass", {"words": "now"}, BreakGlass("ask", 2, "now")),
        (at_target, "note", {"words": "x", "happened_at": TARGET}, AddNote("x", TARGET)),
        (at_target, "hand_over", {"to": "ben", "words": "x"}, HandOver("ben", "x")),
        (lambda: at_target().when("ana", HandOver("ben")), "accept", {}, Accept()),
        (at_target, "pause", {"words": "lunch"}, Pause("lunch")),
        (
            at_count, "correct", {"which": "5:target_time", "text": "t", "words": "typo"},
            Correct(5, "target_time", "t", "typo"),
        ),
        (at_target, "stop", {"words": "over"}, Stop("over")),
        (
            lambda: at_glass().at_visit(BreakGlass, "chen", reason="x"), "review", {"words": "fine"},
            ReviewGlass("fine"),
        ),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_a_command(
    told: Callable[[], Story], action: str, typed: dict[str, str], command: Command
) -> None:
    assert sent(told(), action, **typed) == command


def test_the_read_back_is_bound_to_what_stood_in_the_form_and_is_never_filled_in() -> None:
    told = at_ask()
    assert isinstance(told.run.here, AwaitingSignature)
    assert sent(told, "approve", readback=TARGET) == Sign("ask", 1, told.run.here.digest, TARGET)
    assert sent(told, "approve") == Sign("ask", 1, told.run.here.digest, "")
    told.correct("target_time", "2026-11-22T10:00:00+00:00")
    assert isinstance(told.run.here, AwaitingSignature)
    again = sent(told, "approve", readback=TARGET)
    assert isinstance(again, Sign)
    assert again.digest == told.run.here.digest


def test_a_form_is_worth_opening_when_only_the_typing_is_missing() -> None:
    """Asked with nothing typed, whoever may act is refused beside a field; whoever may not is told so."""
    told = at_ask()

    def refusal(by: str, action: str) -> Refused:
        asked = rehearsal_of(told.run, press(told, action))
        assert asked is not None
        with pytest.raises(Refused) as caught:
            decide(told.run, asked, Stamp(told.at, by, "slack"))
        return caught.value

    assert refusal("dora", "approve").field == "readback"
    assert refusal("ana", "approve").field is None
    assert refusal("ana", "stop").field == "words"
    assert refusal("eve", "stop").field is None
    assert rehearsal_of(told.run, press(told, "correct")) is None


def test_a_refusal_stands_beside_its_field_if_the_form_shows_it() -> None:
    view = filled(form_of(at_target(), "done"))
    assert block_of(view, "target_time") == "a:target_time"
    assert block_of(view, "words") is None
    assert block_of(view, None) is None
    assert block_of(filled(form_of(at_target(), "skip")), "words") == "f:words"


def test_what_was_typed_is_handed_back_when_the_form_cannot_stay(snapshot: SnapshotAssertion) -> None:
    view = filled(form_of(at_ask(), "go_back"), to="target", words=f"I see {HOSTILE}")
    assert read_written(view) == [f"I see {HOSTILE}".strip()]
    assert read_view(notice("Not recorded", f"Ben finished this step. {HOSTILE}", read_written(view))) == snapshot


def test_nothing_hidden_is_given_away() -> None:
    """A blind answer stands in no form until it was compared; neither does its expectation."""
    told = at_space()
    for action in ("correct", "go_back"):
        assert "12" not in " ".join(read_view(form_of(told, action))).replace("2026-11-22", "").split()
    offered = at_space().when("ana", HandOver("ben"))
    assert any("hidden until" in line for line in read_view(form_of(offered, "accept")))


def test_a_form_fits_slack_with_many_people_and_values() -> None:
    many = tuple(replace(PEOPLE[0], id=f"p{number}", name=f"{number} {HOSTILE}") for number in range(300))
    roles = {role: ("ana", *(one.id for one in many)) for role in ("operator", "lead", "peer", "data_owner")}
    told = story(people=(*PEOPLE, *many), roles=roles).choose("rows")
    assert sent(told, "hand_over", to="p299", words="all yours") == HandOver("p299", "all yours")
    told.when("ana", HandOver("p7", HOSTILE * 10)).done(target_time=TARGET).done("p1", owner_count="1").begin()
    told.later(minutes=1)
    for action in ("accept", "correct", "done", "go_back", "help", "stop"):
        read_view(form_of(told, action))


def test_a_form_stays_sound_with_hostile_words_in_the_runbook() -> None:
    book = recovery()
    steps = tuple(
        step.model_copy(update={step.kind: f"Do {HOSTILE}"[:150], "caution": HOSTILE[:500], "say": HOSTILE[:3_000]})
        for step in book.steps
    )
    told = Story(book.model_copy(update={"steps": steps}), inputs={"damage_text": HOSTILE[:200]}).started()
    told.choose("rows").done(target_time=TARGET).done("ben", owner_count="1").begin()
    told.done(free="20", how="copy", sure="yes").done(note=HOSTILE * 5).at_step("ask")
    for action in ("approve", "reject", "go_back", "note", "correct", "problem"):
        read_view(form_of(told, action))
    told.sign("dora", TARGET).later(seconds=1)
    assert told.at - told.run.started_at < timedelta(minutes=5)
    read_view(form_of(told, "begin"))


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (TypedField(type="text", max=2000), "At most 2,000 characters."),
        (TypedField(type="string", max=60), "At most 60 characters."),
        (TypedField(type="string", max=60, example="orders_2"), "At most 60 characters. Such as orders_2."),
        (TypedField(type="int", example=4200), "A whole number, such as 4200"),
        (TypedField(type="text"), ""),
        (TypedField(type="int", unit="GB", min=1, max=10), "A whole number of GB from 1 to 10, such as 10"),
        (TypedField(type="int", min=1), "A whole number, 1 or more, such as 42"),
        (TypedField(type="int", max=10), "A whole number, 10 at most, such as 10"),
        (TypedField(type="int"), "A whole number, such as 42"),
    ],
)  # fmt: skip
def test_limits_stand_beside_a_field_before_they_are_passed(field: TypedField, said: str) -> None:
    """What is refused beyond a limit could be read before; one sign fewer is taken."""
    hint = field_input("x", field).get("hint")
    assert hint == ({"type": "plain_text", "text": said, "emoji": False} if said else None)
    if field.type != "int" and field.max is not None:
        assert parse_value(field, "a" * field.max) == "a" * field.max
        with pytest.raises(BadValue, match=f"at most {field.max:,} characters"):
            parse_value(field, "a" * (field.max + 1))

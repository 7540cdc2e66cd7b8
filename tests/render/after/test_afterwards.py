"""An ended run as people read it: its card, its thread, its forms, and what is left of its questions."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.render.actions import (
    ACTIONS,
    Press,
    command_at_once,
    finish_button,
    label_of,
    rating_button,
    read_press,
    run_buttons,
    run_overflow,
)
from bot.render.after import as_handed_on, lessons_as_data, lessons_as_text
from bot.render.card import card
from bot.render.dialog.forms import ask, command_of, rehearsal_of
from bot.render.dialog.view import FormSubject, read_typed
from bot.render.message import Block
from bot.render.sentences import say_event
from bot.render.terminal.page import keys_of
from bot.run.after.events import AfterEvent
from bot.run.commands import (
    AddFollowUp,
    Command,
    FinishFollowUp,
    NoteHandedOn,
    Rate,
    Refused,
    ReviewGlass,
    SetMilestone,
    SetPostmortem,
    Stop,
    TellLesson,
    Tick,
)
from bot.run.law.decide import decide
from bot.run.law.offers import offers
from bot.run.situation import Parent, Somebody, Stamp
from tests.render.channel import Channel, assert_sendable, read
from tests.render.forms import HOSTILE, filled, read_view
from tests.render.stories import after_glass, at_call, at_look, at_restore, returned
from tests.story import PEOPLE, Story

DUE = "2026-12-01"
GUS = Somebody("gus", "Gus Holm", "U0GUS", "Europe/Madrid")


def ended(**start: object) -> Story:
    return at_restore(**start).later(minutes=9).when("ana", Stop("Wrong database"))


def told() -> Story:
    """Lessons, three follow-ups, a reminder, a tracker that takes one and refuses another, both answers."""
    story = ended().when("ana", TellLesson("The alert named another host.\nWe lost ten minutes."))
    story.when("ben", TellLesson("The volume was nearly full", near_miss=True))
    story.when("chen", AddFollowUp("Name the host in the alert", "ben", DUE))
    story.when("chen", AddFollowUp("Widen the volume", "gus", DUE, GUS))
    story.when("chen", AddFollowUp("Tell finance", "eve", "2027-01-05"))
    story.when("clock", NoteHandedOn(1, taken=True, answer="201: https://tracker.example/T-7"))
    story.when("clock", NoteHandedOn(2, taken=False, answer="403: no such project"))
    story.when("ben", FinishFollowUp(1, "It says pg-orders-1 now")).later(days=9).when("clock", Tick())
    story.when("ben", SetMilestone("restored", "2026-11-22T13:20:00+01:00", "The shop's graph"))
    story.when("ana", SetPostmortem("in_review", "gus", "wiki/ORDERS-7", GUS))
    story.when("ben", SetPostmortem("done", "gus", known=GUS))
    return story.when("ana", Rate("clarity", "4")).when("ana", Rate("hesitation", "look"))


STORIES: dict[str, Callable[[], Story]] = {
    "just ended": ended,
    "a drill": lambda: ended(mode="drill"),
    "one question answered": lambda: ended().when("ana", Rate("clarity", "2")),
    "everything told": told,
    "waits for a review": lambda: after_glass().when("ana", Stop("Enough")),
    "reviewed": lambda: after_glass().when("ana", Stop("Enough")).when("ben", ReviewGlass("It was right")),
    "nobody operated": lambda: Story(at_look().book, inputs={"damage": "x"}).started("dora").when("dora", Stop("No")),
    "called by another run": lambda: ended(parent=Parent("run-0", "NET-3", "ours", 1)),
}
KNOWN = frozenset({*(one.slack for one in PEOPLE), "U0GUS"})


@pytest.mark.parametrize("name", STORIES)
def test_an_ended_run_reads(name: str, snapshot: SnapshotAssertion) -> None:
    """The card, then every post that came after the end as it reads now; Slack takes each."""
    story = STORIES[name]()
    assert story.refusal is None, story.refusal
    channel = Channel(story, KNOWN)
    first = next(number for number, post in enumerate(channel.posts) if " ended: " in post.message.text)
    thread = [[f"<{one.key} in {one.where}>", *read(channel.shown[one.key])] for one in channel.posts[first:]]
    assert [read(card(story.run)), *thread] == snapshot


def press(story: Story, action: str, option: str = "") -> Press:
    return Press(story.run.id, action, option=option)


def form_of(story: Story, action: str, option: str = "") -> Block:
    return ask(story.run, press(story, action, option), [GUS, *PEOPLE])


FORMS: dict[str, tuple[Callable[[], Story], str, str]] = {
    "lesson": (ended, "lesson", ""), "follow-up": (ended, "follow_up", ""),
    "which is done": (told, "follow_up_done", ""), "the one that was pressed": (told, "follow_up_done", "3"),
    "nothing to be done": (ended, "follow_up_done", ""), "first question": (ended, "rate", ""),
    "second question": (lambda: ended().when("ana", Rate("clarity", "5")), "rate", ""),
    "no question": (told, "rate", ""), "milestone": (ended, "milestone", ""),
    "post-mortem": (ended, "postmortem", ""), "post-mortem that stands": (told, "postmortem", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_form_reads(name: str, snapshot: SnapshotAssertion) -> None:
    make, action, option = FORMS[name]
    assert read_view(form_of(make(), action, option)) == snapshot


@pytest.mark.parametrize(
    ("story", "action", "typed", "command"),
    [
        (ended, "lesson", {"kind": "lesson", "words": "Look first"}, TellLesson("Look first")),
        (ended, "lesson", {"kind": "near_miss", "words": "Phew"}, TellLesson("Phew", near_miss=True)),
        (ended, "follow_up", {"what": "Mend", "owner": "gus", "due": DUE}, AddFollowUp("Mend", "gus", DUE)),
        (told, "follow_up_done", {"number": "3", "words": "Told"}, FinishFollowUp(3, "Told")),
        (
            ended,
            "milestone",
            {"milestone": "restored", "at": "x", "reason": "Seen"},
            SetMilestone("restored", "x", "Seen"),
        ),
        (
            ended,
            "postmortem",
            {"state": "in_review", "owner": "ben", "words": "wiki/7"},
            SetPostmortem("in_review", "ben", "wiki/7"),
        ),
        (ended, "rate", {"answer": "clarity=3"}, Rate("clarity", "3")),
    ],
)
def test_what_is_typed_becomes_a_command(
    story: Callable[[], Story], action: str, typed: dict[str, str], command: Command
) -> None:
    view = filled(form_of(story(), action), **typed)
    assert command_of(FormSubject.read(view), read_typed(view)) == command


@pytest.mark.parametrize("action", ["lesson", "follow_up", "follow_up_done", "rate", "milestone", "postmortem"])
def test_a_form_is_worth_opening_when_only_the_typing_is_missing(action: str) -> None:
    """Whoever may is refused beside a field; a stranger, and anybody while the run goes on, is told so at once."""

    def refusal(story: Story, by: str) -> Refused:
        asked = rehearsal_of(story.run, press(story, action))
        assert asked is not None
        with pytest.raises(Refused) as caught:
            decide(story.run, asked, Stamp(story.at, by, "slack"))
        return caught.value

    assert refusal(ended(), "ana").field is not None
    assert refusal(ended(), "slack:T0/U9").field is None
    assert refusal(at_restore(), "ana").field is None


def test_an_answer_is_a_button_that_comes_back_as_it_went_out() -> None:
    made = rating_button(ended().run, "hesitation=look", "Look at the table", chosen=False)
    pressed = read_press(made)
    assert (pressed.run_id, pressed.action, pressed.option) == ("run-1", "rate", "hesitation=look")
    assert command_at_once(ended().run, pressed) == Rate("hesitation", "look")
    assert command_at_once(ended().run, replace(pressed, option="mood=good")) is None
    done = read_press(finish_button(told().run, 3))
    assert (done.action, done.option) == ("follow_up_done", "3")
    assert command_at_once(told().run, done) is None


def test_what_an_ended_run_offers_can_be_pressed_on_its_card_and_at_a_terminal() -> None:
    """The two questions stand on a post of their own, and are a key at a terminal."""
    run = told().when("ana", AddFollowUp("More", "ana", DUE)).run
    menu: Any = run_overflow(run)
    shown = {one["text"]["text"] for one in (*run_buttons(run), *menu["options"])}
    assert {label_of(run, name) for name in offers(run)} == shown
    keys = [one.key for one in keys_of(ended().run)]
    assert len(keys) == len(set(keys))
    assert {one.action for one in keys_of(ended().run) if one.action} == set(offers(ended().run))
    assert ACTIONS["rate"].place == "post"


def test_the_reminder_goes_to_the_thread_and_to_the_owner_alone() -> None:
    reminders = [post for post in Channel(told(), KNOWN).posts if "is due on" in post.message.text]
    assert [post.where for post in reminders] == ["thread", "dm:U0GUS"]
    assert all("<@U0GUS>" in read(post.message)[1] for post in reminders)


def test_a_reminder_of_what_is_done_already_says_so_and_opens_no_form() -> None:
    story = told()
    asked = rehearsal_of(story.run, press(story, "follow_up_done", "1"))
    assert asked == FinishFollowUp(1)
    refusal = story.when("ben", asked).refused("Ben Okafor said so already").refusal
    assert refusal is not None
    assert refusal.field is None, "it is said at once, and not beside a field of a form"
    assert rehearsal_of(story.run, press(story, "follow_up_done", "3")) == FinishFollowUp(3)


def test_hostile_words_stay_words() -> None:
    """In a lesson, a follow-up, an owner's name and a tracker's answer; nothing pings, nothing turns round."""
    gus = replace(GUS, name=HOSTILE[:75])
    asset = replace(at_look().command.asset, name=HOSTILE[:75])
    story = ended(asset=asset).when("ana", TellLesson(HOSTILE * 10)).when("ana", TellLesson(HOSTILE, near_miss=True))
    for number in range(40):
        story.when("ana", AddFollowUp(f"{number} {HOSTILE * 8}", "gus", DUE, gus))
    story.when("clock", NoteHandedOn(1, taken=True, answer=HOSTILE))
    story.when("clock", NoteHandedOn(2, taken=False, answer=HOSTILE))
    story.when("ben", FinishFollowUp(3, HOSTILE)).later(days=9).when("clock", Tick())
    assert story.refusal is None
    channel = Channel(story, KNOWN)
    for message in channel.shown.values():
        assert_sendable(message, KNOWN)
        assert not any("\u202e" in line for line in read(message))
    assert read_view(form_of(story, "follow_up_done"))
    for event, _ in story.history:
        assert say_event(story.run, event)


def test_the_log_says_a_lesson_in_its_own_words() -> None:
    story = told()
    log = [say_event(story.run, event) for event, _ in story.history]
    assert "told a near miss: The volume was nearly full" in log
    assert "follow-up 1 is done: It says pg-orders-1 now" in log


def test_a_follow_up_may_go_to_anybody_of_a_large_catalogue() -> None:
    many = [replace(GUS, id=f"p{number}", name=f"{number} {HOSTILE}"[:75]) for number in range(300)]
    story = ended()
    view = ask(story.run, press(story, "follow_up"), many)
    assert read_view(view)
    sent = filled(view, what="Mend", owner="p299", due=DUE)
    assert command_of(FormSubject.read(sent), read_typed(sent)) == AddFollowUp("Mend", "p299", DUE)


def test_what_a_tracker_is_given(snapshot: SnapshotAssertion) -> None:
    """Its fields are a contract: a version says when one changes."""
    run = told().run
    assert json.loads(json.dumps(as_handed_on(run, run.after.follow_ups[1]))) == snapshot


def test_lessons_and_follow_ups_over_runs(snapshot: SnapshotAssertion) -> None:
    runs = [told().run, returned(at_call()).run]
    assert json.loads(json.dumps(lessons_as_data(runs))) == snapshot
    assert list(lessons_as_text(runs)) == snapshot


def test_every_event_of_what_comes_after_is_told_in_one_of_the_stories() -> None:
    told_here = {type(event) for make in STORIES.values() for event, _ in make().history}
    assert set(get_args(AfterEvent)) <= told_here

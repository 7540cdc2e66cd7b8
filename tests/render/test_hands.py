"""What people read of hands: on the card, in the thread, at the terminal and in reports."""

from datetime import UTC
from typing import Any, get_args

from bot.render.card import card
from bot.render.hands import say_hands
from bot.render.message import Message
from bot.render.sentences import say_event
from bot.render.terminal.page import page_of
from bot.render.thread import Moment, Post, tell
from bot.run.commands import (
    CancelAction,
    DeclineHands,
    DoMyself,
    LookAgain,
    LoseAction,
    Mismatch,
    OfferHands,
    StartAction,
)
from bot.run.events import Event
from bot.run.evolve import evolve
from bot.run.hands.events import HandsEvent
from bot.run.situation import Stamp
from bot.run.state import Run, Unstarted
from bot.workspace.blocks.limits import problems_in_blocks
from tests.run.test_hands import CHOOSING, failed, finish, moving, pressed, reading, signed, start
from tests.story import Story


def words(message: Message) -> str:
    """All that stands in a message."""
    return f"{message.text} {message.blocks}"


def shown(story: Story) -> str:
    made = card(story.run)
    assert problems_in_blocks(list(made.blocks), "message") == []
    return words(made)


def posts(story: Story) -> list[str]:
    """What the last ask posted."""
    state: Run | Unstarted = Unstarted("run-1", story.book)
    moments: list[tuple[Run | None, Event, Stamp]] = []
    for event, stamp in story.history:
        before = state if isinstance(state, Run) else None
        state = evolve(state, event, stamp)
        moments.append((before, event, stamp))
    found: list[str] = []
    for number, (before, event, stamp) in enumerate(moments[-len(story.last) :], 1):
        if isinstance(event, HandsEvent) and before is not None:
            moment = Moment(before, number, event, stamp, evolve(before, event, stamp))
            found += [words(one.message) for one in tell(moment) if isinstance(one, Post)]
    return found


def test_while_it_runs_the_card_says_where_and_that_nobody_has_to_do_anything() -> None:
    story = start(reading())
    assert "Handrail does this now" in shown(story)
    assert "bastion" in shown(story)
    assert "Nobody has to do anything" in shown(story)
    assert posts(story) == []


def test_a_check_that_did_not_hold_says_what_was_expected_and_found() -> None:
    story = finish(start(reading()), captured={"free": "10"})
    (post,) = posts(story)
    for said in (post, shown(story)):
        assert "is not as it should be" in said
        assert "Expected: free is above 10" in said
        assert "Found, free: 10" in said
    for label in ("Look again", "I will do this myself", "Take it as failed"):
        assert label in shown(story)
    assert "This is done by hand" in shown(story.when("ana", DoMyself("space", 1)))


def test_why_hands_do_not_do_it_stands_on_the_card() -> None:
    story = reading().when("clock", DeclineHands("space", 1, 1, "hands.yaml does not list df."))
    assert "Handrail does not do this one.* hands.yaml does not list df." in shown(story)
    assert posts(story) == []


def test_a_press_is_offered_and_one_that_lapsed_is_told() -> None:
    story = signed().when("clock", OfferHands("wipe", 1, 1, "w1"))
    assert "Run it" in shown(story)
    late = pressed()
    assert "starts this in a moment" in shown(late)
    (post,) = posts(late.tick(seconds=61))
    assert "nothing was started" in post


def test_what_is_unknown_and_what_still_runs_is_said() -> None:
    lost = start(pressed()).when("clock", LoseAction("wipe", 1, 1, "The hands w1 on host-1 do not answer."))
    assert ["nobody knows how it ended. The hands w1 on host-1 do not answer." in one for one in posts(lost)] == [True]
    left = start(pressed()).when("ana", Mismatch("wipe", 1))
    assert "still runs on `bastion`" in shown(left)


def test_every_event_has_a_line_at_the_terminal_and_in_reports() -> None:
    story = finish(start(reading()), captured={"free": "1"}).when("ana", LookAgain("space", 1))
    story = finish(start(story, 2), 2, captured={"free": "1"}).when("ana", DoMyself("space", 1))
    declined = reading().when("clock", DeclineHands("space", 1, 1, "No."))
    other = start(pressed()).when("clock", LoseAction("wipe", 1, 1, "Gone."))
    cancelled = start(pressed()).when("ana", CancelAction("wipe", 1, "The wrong one."))
    each = (story, declined, other, cancelled)
    told = [event for one in each for event, _ in one.history if isinstance(event, HandsEvent)]
    assert {type(event) for event in told} == set(get_args(HandsEvent))
    for event in told:
        line = say_event(story.run, event)
        assert line.endswith(".")
        assert not line.endswith("..")
        assert say_hands(event, "“It”")


def test_what_is_tried_again_says_when_and_posts_nothing() -> None:
    story = failed(moving(), 1)
    assert "Handrail tries this again by itself" in shown(story)
    assert "attempt 2 of 5" in shown(story)
    assert posts(story) == []
    story.later(seconds=20).when("clock", StartAction("move", 1, 2, "w1", "b"))
    assert "attempt 2 of 5, since" in shown(story)
    assert "you may rest your eyes" in shown(story)


def test_what_is_cancelled_says_who_did_it_and_how_it_ended() -> None:
    story = start(pressed())
    assert "Cancel…" in shown(story)
    story.when("ana", CancelAction("wipe", 1, "The wrong <one>."))
    (post,) = posts(story)
    assert "Ana cancelled" in post.replace("Ana Ruiz", "Ana")
    assert "The wrong" in post
    assert "This was cancelled" in shown(story)
    assert "Cancel…" not in shown(story)
    finish(story, ended="cancelled", exit=None)
    (post,) = posts(story)
    assert "was cancelled, after 1 s: nobody knows what it did" in post


def test_what_was_read_for_a_choice_stands_beside_its_options() -> None:
    """The last lines, as they were printed and harmless; what could not be read says why, and posts nothing."""
    story = start(reading(CHOOSING))
    assert "Handrail looks at this now" in shown(story)
    assert "Nobody has to do anything" not in shown(story), "somebody may choose without it"
    finish(story, shown="12:03 stopping <!channel>\n12:04 *done*")
    card_now = card(story.run)
    block: Any
    (block,) = [one for one in card_now.blocks if "12:04" in str(one)]
    assert block["elements"][0] == {
        "type": "rich_text_preformatted",
        "elements": [{"type": "text", "text": "12:03 stopping <!channel>\n12:04 *done*"}],
    }
    assert "Handrail found this" in shown(story)
    assert "Look again" in shown(story)
    assert posts(story) == []
    screen = page_of(story.run, story.at, UTC, (), "You are Ana Ruiz.")
    assert "12:04 *done*" in "\n".join(one.text for one in screen.lines)
    assert "Look again" in [one.label for one in screen.keys]
    other = finish(start(reading(CHOOSING)), exit=2, shown="no such <file>")
    assert "could not look at this.* It exited with 2." in shown(other)
    assert "no such <file>" in shown(other), "what it printed says why"
    assert posts(other) == []
    lost = start(reading(CHOOSING)).when("clock", LoseAction("which", 1, 1, "They do not answer."))
    assert "could not look at this.* They do not answer." in shown(lost)
    assert posts(lost) == []
    declined = reading(CHOOSING).when("clock", DeclineHands("which", 1, 1, "Not <listed>."))
    assert "does not look at this.* Not &lt;listed&gt;." in shown(declined)

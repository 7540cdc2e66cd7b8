"""Pages as people read them: who is called, why, what is asked; one message for each reader, true to the end."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.render.actions import command_at_once
from bot.render.card import card
from bot.render.paging.ahead import say_thanks
from bot.render.paging.message import page_message
from bot.render.paging.words import say_request, say_why
from bot.render.sentences import say_event
from bot.render.terminal.page import keys_of, page_of, press_of
from bot.render.thread import pages_of
from bot.render.thread.paging import read_page
from bot.run.commands import AnswerPage, DeclinePage, NoteAttempt, Stop, Tick
from bot.run.paging.events import Paged, PageTried
from bot.run.paging.state import Page
from bot.run.situation import FrozenRung, Somebody
from tests.render.channel import Channel, assert_sendable, read
from tests.render.pages import RUNGS, STORIES, answered, called, climbed, declined, outage, tick, unreached
from tests.render.stories import at_look, at_signoff
from tests.render.walk import HOSTILE, TARGET, hostile
from tests.story import NOON, ORDERS, PEOPLE, ROLES, Story


def pages_in(channel: Channel) -> dict[str, str]:
    return {key: "\n".join(read(shown)) for key, shown in channel.shown.items() if key.startswith("page:")}


def buttons_in(channel: Channel, key: str) -> list[Mapping[str, Any]]:
    rows: list[Any] = [block for block in channel.shown[key].blocks if block["type"] == "actions"]
    return [one for row in rows for one in row["elements"]]


@pytest.mark.parametrize("story", STORIES)
def test_the_pages_of_every_story(story: str, snapshot: SnapshotAssertion) -> None:
    """Posts and direct messages as they read at the end, and the last lines of the card."""
    made = STORIES[story]()
    assert made.refusal is None, made.refusal
    channel = Channel(made)
    told = [lines for lines in channel.read_thread() if lines[0].startswith("<page:") or "reached" in lines[1]]
    assert (told, [line for line in read(card(made.run)) if "paged" in line or "is on it" in line]) == snapshot


def test_a_page_is_a_post_that_mentions_and_a_message_to_each() -> None:
    """The post is shown in the channel; the message goes to the person, without a mention of them."""
    channel = Channel(climbed())
    posts = {post.key: post for post in channel.posts if post.key.startswith("page:2")}
    assert {key: post.where for key, post in posts.items()} == {
        "page:2": "thread", "page:2:chen": "dm:U0CHEN", "page:2:dora": "dm:U0DORA",
    }  # fmt: skip
    assert not posts["page:2"].message.broadcast
    assert "<@U0CHEN> <@U0DORA>" in read(posts["page:2"].message)[1]
    assert not any("<@" in line for line in read(posts["page:2:chen"].message))
    assert [one["text"]["text"] for one in buttons_in(channel, "page:2:chen")] == [
        "I'm on it", "I can't", "Open the run",
    ]  # fmt: skip


def test_a_lock_screen_says_mode_run_asset_why_what_to_do_and_the_time_used() -> None:
    live, drill = (Channel(climbed(mode=mode)).shown["page:2"].text for mode in ("live", "drill"))
    assert live == (
        "LIVE ORDERS-7 · Orders database: A recovery was started by Ana Ruiz. Ana Ruiz operates. "
        "Press “I'm on it” if you are there to help. Used: 9 min of the 4 h RTO (4%)."
    )
    assert drill == live.replace("LIVE", "DRILL")


def test_a_drill_says_so_before_anything_else() -> None:
    for key, text in pages_in(Channel(climbed(mode="drill"))).items():
        assert text.removeprefix("(shown in the channel too) ").startswith("“DRILL "), key
        assert ":bell: *DRILL · ORDERS-7" in text
        assert "touch nothing live" in text


def test_the_next_rung_says_that_the_one_before_did_not_answer_in_both_places() -> None:
    """The new page names them; the old one says who was called since. Its buttons stay: late is better than never."""
    shown = pages_in(Channel(climbed()))
    assert all("Ben Okafor did not answer." in shown[key] for key in ("page:2", "page:2:chen", "page:2:dora"))
    assert all("No answer so far: Chen Wei and Dora Lind were called" in shown[key] for key in ("page:1", "page:1:ben"))
    assert "[I'm on it primary]" in shown["page:1:ben"]


def test_an_answer_closes_every_page_of_the_climb_and_leaves_the_way_to_the_run() -> None:
    channel = Channel(answered())
    for key, text in pages_in(channel).items():
        assert "*Dora Lind is on it* since <!date^" in text
        assert [one["text"]["text"] for one in buttons_in(channel, key)] == ["Open the run"], key
        assert "<@" not in text
    assert "*Dora Lind* is on it since" in "\n".join(read(card(answered().run)))


def test_who_cannot_come_is_named_and_may_change_their_mind() -> None:
    """Their own message keeps the way back; both who cannot come are named to the next rung."""
    story = declined()
    channel = Channel(story)
    shown = pages_in(channel)
    assert ":wave: Dora Lind and Chen Wei can't come." in shown["page:2"]
    assert [one["text"]["text"] for one in buttons_in(channel, "page:2:dora")] == ["I'm on it", "Open the run"]
    newest = story.run.pages.pages[-1]
    assert newest.people == ("eve",)
    own = next(key for key in shown if key.endswith(":eve"))
    assert "Chen Wei and Dora Lind can't come." in shown[own]
    assert Channel(story.when("dora", AnswerPage(2))).shown["page:2:dora"].text.endswith("Dora Lind is on it.")


def test_what_is_called_in_one_look_is_one_message_for_each_reader() -> None:
    """Everything that was missed in an outage: one post, one message to each, each call listed with its time."""
    story = outage()
    many = [event for event, stamp in story.history if isinstance(event, Paged) and stamp.at == story.at]
    assert len(many) > 3
    channel = Channel(story)
    posts = [post for post in channel.posts if post.key.startswith("page:2")]
    assert len(posts) == 1 + len({one for event in many for one in event.people})
    text = "\n".join(read(channel.shown["page:2"]))
    assert "*Paged 26 min late.* Handrail was down <!date^" in text
    assert text.count("· Chen Wei and Dora Lind – A recovery was started") == 1
    assert text.count("· Eve Ndiaye – A recovery was started") == 1
    eve = "\n".join(read(channel.shown["page:2:eve"]))
    assert "· Chen Wei and Dora Lind –" not in eve, "only what Eve was called for"
    assert "rung" not in text


def test_a_page_in_time_does_not_say_late() -> None:
    assert not any("late" in text for text in pages_in(Channel(climbed())).values())


def test_a_failed_attempt_stands_on_the_page_and_is_no_post_of_its_own() -> None:
    story = climbed()
    before = len(Channel(story).posts)
    story.when("clock", NoteAttempt(2, "chen", "env:CHEN_SMS", 1, reached=False, answer="<!channel> timed out"))
    channel = Channel(story.then(PageTried))
    assert len(channel.posts) == before
    assert ":no_bell: CHEN_SMS to Chen Wei failed: &lt;!channel&gt; timed out" in pages_in(channel)["page:2"]
    story.when("clock", NoteAttempt(2, "chen", "env:CHEN_SMS", 2, reached=True, answer="sent"))
    assert "failed" not in pages_in(Channel(story.then(PageTried)))["page:2"]


def test_that_nobody_could_be_reached_is_a_post_and_on_the_card() -> None:
    story = unreached()
    told = [post for post in Channel(story).posts if "Nobody could be reached" in post.message.text]
    assert len(told) == 1
    assert not told[0].message.broadcast
    before = climbed()
    for person in ("chen", "dora"):
        before.when("clock", NoteAttempt(2, person, "slack", 1, reached=False, answer="gone", last=True))
    assert "*Nobody could be reached* by Slack." in "\n".join(read(card(before.run)))
    reached = tick(before, seconds=1)
    reached.when("clock", NoteAttempt(len(reached.run.pages.pages), "eve", "slack", 1, reached=True, answer="accepted"))
    assert "Nobody could be reached" not in "\n".join(read(card(reached.run)))


def test_the_card_says_who_is_called_next_and_when() -> None:
    said = "\n".join(read(card(called().run)))
    assert "If nobody presses by <!date^1795349340^{time}^12:09 UTC>, *" in said
    assert ":bell: *Ben Okafor* was paged at" in said


def test_a_page_that_is_no_longer_needed_says_so() -> None:
    """A step's reminder closes when the step is done."""
    story = tick(at_look(), minutes=15)
    channel = Channel(story)
    key = next(key for key in reversed(channel.shown) if key.startswith("page:") and key.endswith(":ana"))
    assert "[I'm on it primary]" in pages_in(channel)[key]
    assert "*No longer needed*" in pages_in(Channel(story.done()))[key] or "is on it" in pages_in(Channel(story))[key]


def test_a_second_look_tells_nothing_new() -> None:
    story = climbed()
    before = Channel(story).shown
    assert Channel(story.when("clock", Tick())).shown == before


def test_which_pages_a_message_brings() -> None:
    run = climbed().run
    assert pages_of(run, "page:2:dora") == ((2, "dora"),)
    assert pages_of(run, "page:2") == pages_of(run, "step:look:1") == ()
    assert read_page(run, "page:2").digest == Channel(climbed()).shown["page:2"].digest


def test_who_cannot_come_is_thanked_and_hears_who_else_is_called() -> None:
    """Their own name is not among those; when somebody is on it, that is said instead."""
    story = climbed().when("dora", DeclinePage(2))
    assert say_thanks(story.run, "dora") == "Thank you for saying so. Eve Ndiaye is called now."
    assert "somebody else takes it" in say_thanks(story.run, "eve")
    story.when("chen", AnswerPage(2))
    assert say_thanks(story.run, "dora") == "Thank you for saying so. Chen Wei is on it."


def test_who_cannot_come_at_the_end_of_a_ladder_is_not_told_that_others_are_called_now() -> None:
    """Everybody was called already, and the same ones again only when they have had their time."""
    ends = (*RUNGS[:1], FrozenRung(540, ("team:leads",), ("chen", "dora"), ("slack",), repeat=3))
    story = tick(tick(at_look(rungs=ends)), minutes=9).when("ben", DeclinePage(1))
    again = "If nobody else answers, Chen Wei and Dora Lind are called again."
    assert say_thanks(story.run, "ben") == f"Thank you for saying so. {again}"
    before = len(story.run.pages.pages)
    assert len(tick(story, seconds=1).run.pages.pages) == before


def test_a_page_is_answered_at_a_terminal_too() -> None:
    """Two more keys while somebody is asked; the log tells who was called, and the card's foot stands there."""
    run = climbed().run
    keys = {key.key: key.action for key in keys_of(run)}
    assert (keys["y"], keys["x"]) == ("on_it", "cannot")
    assert command_at_once(run, press_of(run, "on_it")) == AnswerPage(2)
    assert command_at_once(run, press_of(run, "cannot")) == DeclinePage(2)
    assert not {"y", "x"} & {key.key for key in keys_of(answered().run)}
    assert not {"y", "x"} & {key.key for key in keys_of(at_look().run)}
    told = [say_event(run, event) for event, _ in climbed().history if isinstance(event, Paged)]
    assert "page 2 to Chen Wei and Dora Lind" in told[1]
    foot, alone = (" ".join(line.text for line in page_of(run, NOON, UTC, sends=one).lines) for one in (True, False))
    assert "If nobody presses by 12:10 UTC, Ana Ruiz is reminded." in foot
    assert "Nothing here calls anybody. If nobody presses by" in alone
    assert "is reminded" not in alone


def test_every_reason_has_its_sentences() -> None:
    """Why, and what is asked: both end, and no two reasons say the same why."""
    run = climbed().run
    page = run.pages.pages[-1]
    reasons = json.loads(json.dumps(_reasons()))
    said = {reason: say_why(run, _of(page, reason)) for reason in reasons}
    assert len(set(said.values())) == len(reasons)
    for reason in reasons:
        assert said[reason].endswith(".")
        assert say_request(run, _of(page, reason)).endswith(".")


def test_figures_are_said_in_words() -> None:
    run = climbed().run
    page = run.pages.pages[-1]
    assert say_why(run, _of(page, "burn", 75)) == "75 % of the 4 h RTO are used."
    assert say_why(run, _of(page, "burn", 100)) == "The RTO of 4 h has passed."
    assert "about 40 min after the RTO" in say_why(run, _of(page, "forecast", 2_390))
    assert "for 20 min" in say_why(run, _of(page, "step", 1_200))


def _reasons() -> list[str]:
    return [
        "start", "operator", "nudge", "step", "signoff", "signoff_wider", "decide", "help", "handover", "glass", "burn",
        "forecast", "fatigue", "still", "no_signer",
    ]  # fmt: skip


def _of(page: Page, reason: str, figure: int = 600) -> Page:
    step = None if reason in ("start", "operator", "handover", "burn", "forecast", "fatigue", "still") else "look"
    return replace(page, reason=reason, figure=figure, step=step, visit=1, rung=None)  # type: ignore[arg-type]


def hostile_story() -> Story:
    """The names of people, asset and steps mean no good, and an account that is none."""
    people = tuple(replace(one, name=f"{one.id} {HOSTILE[:60]}") for one in PEOPLE)
    nobody = Somebody("mallory", HOSTILE[:75], "<!channel>", pagers=("env:<!here>",))
    rungs = (*RUNGS[:1], replace(RUNGS[1], people=("chen", "mallory", *(one.id for one in PEOPLE))), *RUNGS[2:])
    roles = {**ROLES, "lead": ("chen", "dora", "mallory")}
    asset = replace(ORDERS, name=HOSTILE[:75])
    inputs = {"damage": "x"}
    return Story(
        hostile(), people=(*people, nobody), rungs=rungs, roles=roles, asset=asset, inputs=inputs
    ).started()  # fmt: skip


def test_nothing_hostile_gets_through_and_slack_takes_it() -> None:
    """At every moment, of every message: Slack takes it and nobody else is pinged, whatever is called so."""
    story = tick(tick(hostile_story()), minutes=12)
    story.when("clock", NoteAttempt(2, "mallory", "env:<!here>", 1, reached=False, answer=HOSTILE, last=True))
    story.later(minutes=40).when("clock", Tick(down_since=story.at))
    channel = Channel(story)
    pages = [post for post in channel.posts if post.key.startswith("page:")]
    assert len(pages) > 5
    assert not any(post.where.startswith("dm:<") for post in pages)
    for post in pages:
        assert_sendable(channel.shown[post.key])


def test_hundreds_of_calls_in_one_look_are_still_one_message_that_slack_takes() -> None:
    many = tuple(Somebody(f"p{number}", f"Person {number}", f"U0P{number}") for number in range(60))
    rungs = (replace(RUNGS[0], people=tuple(one.id for one in many)), *RUNGS[1:])
    story = at_look(rungs=rungs, people=(*PEOPLE, *many))
    story.later(hours=30).when("clock", Tick(down_since=story.at))
    channel = Channel(story, frozenset(one.slack for one in (*PEOPLE, *many)))
    assert sum(post.key == "page:1" for post in channel.posts) == 1
    assert "more" in "\n".join(read(channel.shown["page:1"]))


def test_a_shared_channel_that_fails_is_one_line_for_everybody_whom_it_calls() -> None:
    story = climbed()
    for person in ("chen", "dora"):
        story.when("clock", NoteAttempt(2, person, "env:TEAM_PAGER", 1, reached=False, answer="not set", last=True))
    story.when("clock", NoteAttempt(2, "dora", "env:DORA_SMS", 1, reached=False, answer="timed out"))
    said = pages_in(Channel(story))["page:2"]
    assert said.count("TEAM_PAGER") == 1
    assert ":no_bell: TEAM_PAGER to Chen Wei and Dora Lind failed: not set" in said
    assert ":no_bell: DORA_SMS to Dora Lind failed: timed out" in said


def test_a_sign_off_that_was_signed_in_time_says_so_when_the_run_is_over_too() -> None:
    """Signed by two who were not called: nobody has answered the page, and nobody has to."""
    story = tick(tick(at_signoff(rungs=RUNGS)).when("ben", AnswerPage(1)), minutes=10)
    page = next(one for one in story.run.pages.pages if one.reason == "signoff")
    alone = replace(page, people=("eve",))
    signed = story.sign("ben", TARGET).sign("dora", TARGET)
    over = signed.when("ana", Stop("A false alarm")).run
    assert over.over
    for run in (signed.run, over):
        assert page_message(run, [alone]).text.endswith("Signed by Ben Okafor and Dora Lind.")
        assert page_message(run, [run.pages.pages[page.number - 1]]).text.endswith("is on it.")
    missed = tick(tick(at_signoff(rungs=RUNGS)).when("ben", AnswerPage(1)), minutes=10).when("ana", Stop("Wrong"))
    assert page_message(missed.run, [alone]).text.endswith("The run has ended.")

"""The card in every state that a run can be in, read from top to bottom."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.render.actions import Press
from bot.render.card import card
from bot.render.dialog.forms import ask
from bot.render.signoff import signoff_message
from bot.run.commands import (
    AskHelp,
    HandOver,
    NoteChildOpened,
    Pause,
    Reject,
    ReviewGlass,
    Stop,
    Watch,
)
from tests.render.channel import Channel, assert_sendable, read
from tests.render.stories import (
    after_glass,
    at_call,
    at_look,
    at_restore,
    at_signoff,
    at_wipe,
    delayed,
    not_opened,
    returned,
    review_open,
)
from tests.render.walk import BOOK, TARGET
from tests.story import Story

STATES: dict[str, Callable[[], Story]] = {
    "first step": at_look,
    "drill": lambda: at_look(mode="drill"),
    "training": lambda: at_look(mode="training"),
    "nobody operates": lambda: Story(BOOK).started(by="dora"),
    "damage time known": lambda: at_look(damage_began="2026-11-22T11:47:00+00:00"),
    "asks for an answer": lambda: at_look().done(),
    "decision": lambda: at_look().done().done(target_time=TARGET),
    "command before it is begun": at_restore,
    "command begun": lambda: at_restore().later(minutes=1).begin(),
    "check": lambda: at_restore().begin().done(),
    "sign-off": at_signoff,
    "sign-off half signed": lambda: at_signoff().sign("ben", TARGET),
    "destroys": at_wipe,
    "somebody watches": lambda: at_wipe().at_visit(Watch, by="ben"),
    "blind answer": lambda: at_wipe().at_visit(Watch, by="ben").begin(typed="orders-db").done(),
    "sub-run not open yet": at_call,
    "sub-run": lambda: at_call().when("clock", NoteChildOpened("ours", 1, "run-1.ours.1", "NET-4")),
    "sub-run that cannot be opened": lambda: not_opened(at_call()),
    "sub-run that cannot be opened yet": lambda: delayed(at_call()),
    "held": lambda: at_restore().begin().problem(),
    "help asked": lambda: at_restore().at_visit(AskHelp),
    "paused": lambda: at_restore().when("ana", Pause("Shift change, 10 minutes")),
    "hand-over offered": lambda: at_restore().when("ana", HandOver("ben", "Look at the log first")),
    "waits for a review": lambda: returned(after_glass()),
    "recovered, review open": review_open,
    "recovered": lambda: returned(at_call()),
    "stopped": lambda: at_restore().later(minutes=9).when("ana", Stop("Wrong database")),
    "partly recovered, as a drill": lambda: at_restore(mode="drill").begin().problem().choose("partly", by="dora"),
}


@pytest.mark.parametrize("state", STATES)
def test_the_card_of_every_state(state: str, snapshot: SnapshotAssertion) -> None:
    """What stands on it, in order; Slack takes it, and it pings nobody but the people of the run."""
    story = STATES[state]()
    assert story.refusal is None, story.refusal
    shown = card(story.run)
    assert_sendable(shown)
    assert read(shown) == snapshot


def test_the_same_run_has_the_same_card() -> None:
    """A pure function of the run: the clock alone changes nothing, an event does."""
    story = at_restore()
    before = card(story.run)
    assert card(story.later(hours=3).run).digest == before.digest
    assert card(story.begin().run).digest != before.digest


def test_live_and_drill_cannot_be_mistaken_for_each_other() -> None:
    """The first word of the heading says so, once; what a drill means stands below it, or beside the command."""
    live, drill = (read(card(at_look(mode=mode).run)) for mode in ("live", "drill"))
    assert live[1] == "header: LIVE · ORDERS-7 · Orders database"
    assert drill[1] == "header: DRILL · ORDERS-7 · Orders database"
    assert sum("DRILL" in line for line in drill[1:]) == 1
    assert not any("live" in line for line in live[2:])
    assert sum("ouch nothing live" in line for line in drill) == 1


def test_the_caution_stands_before_the_button() -> None:
    lines = read(card(at_restore().run))
    caution = next(number for number, line in enumerate(lines) if "Caution:" in line)
    button = next(number for number, line in enumerate(lines) if "[Begin" in line)
    assert caution < button


def test_what_is_not_known_yet_stays_visible() -> None:
    """A command that leans on a value that nobody gave shows the hole, and not an empty place."""
    text = BOOK.model_dump(by_alias=True, mode="json", exclude_none=True)
    text["steps"][0]["command"] = "psql {{ vars.rows }}"
    story = Story(type(BOOK).model_validate(text)).started()
    assert any("‹vars.rows?›" in line for line in read(card(story.run)))


def test_a_command_that_was_begun_stays_as_it_was_begun() -> None:
    """A correction on the way does not change what stands there to have been run."""
    story = at_restore().begin()
    ran = next(line for line in read(card(story.run)) if line.startswith("preformatted: pgbackrest"))
    story.correct("target_time", "2026-11-22T11:30:00+00:00")
    assert story.refusal is None
    assert ran in read(card(story.run))


def test_a_secret_is_never_shown_and_a_blind_answer_not_before_it_was_compared() -> None:
    story = at_wipe().at_visit(Watch, by="ben").begin(typed="orders-db").done().done(by="dora", counted="4711")
    hidden = Channel(story)
    assert all("4711" not in line for post in hidden.read_thread() for line in post)
    assert any("hidden until it is compared" in line for line in read(hidden.last("step:owner")))
    compared = Channel(story.begin().done(live="4711"))
    assert any("4711" in line for line in read(compared.last("step:owner")))


def test_a_run_that_holds_says_what_was_expected_and_did_not_hold() -> None:
    holds = read(card(at_restore().begin().done().begin().failed(rows="0").run))
    assert any("Expected: rows is above 0" in line for line in holds), holds


def test_a_run_that_took_longer_than_its_objective_says_so() -> None:
    story = at_restore()
    story.at += timedelta(hours=6)
    story.when("ana", Stop("Too late"))
    assert any("150%" in line or "152%" in line or "153%" in line for line in read(card(story.run)))


def test_a_glass_that_was_broken_is_reviewed_before_the_run_closes() -> None:
    story = returned(after_glass())
    assert "review" in read(card(story.run))[0]
    story.when("ben", ReviewGlass("It was right to go on"))
    assert "Recovered" in read(card(story.run))[0]


def test_data_is_at_risk_since_what_was_found_on_the_way() -> None:
    """A time that was typed on the way counts more than the one of the start; a blind one not before it is compared."""
    text = BOOK.model_dump(by_alias=True, mode="json", exclude_none=True)
    text["vars"]["damage_time"] = {"type": "timestamp"}
    text["steps"][0]["answer"] = {"var": "damage_time"}
    for began in (None, "2026-11-22T11:00:00+00:00"):
        story = Story(type(BOOK).model_validate(text), damage_began=began).started()
        assert ("a time nobody knows yet" in str(read(card(story.run)))) is (began is None)
        story.done(damage_time="2026-11-22T11:47:00+00:00")
        times = next(line for line in read(card(story.run)) if "data at risk since" in line)
        assert "11:47 UTC" in times
        assert "nobody knows" not in times
    text["steps"][0]["answer"]["blind"] = True
    blind = Story(type(BOOK).model_validate(text)).started().done(damage_time="2026-11-22T11:47:00+00:00")
    assert "damage_time" in blind.run.hidden
    assert "a time nobody knows yet" in str(read(card(blind.run)))


def test_how_steps_ended_is_said_by_what_happened() -> None:
    """A check that found something else has not failed; what was given up, sent back or left open is not done."""
    found = read(card(at_restore().begin().done().begin().failed(rows="0").run))
    assert any("4 done, 1 found otherwise" in line for line in found), found
    unknown = read(card(at_restore().begin().unknown().run))
    assert any("3 done, 1 with an unknown outcome" in line for line in unknown), unknown
    rejected = at_signoff().at_visit(Reject, by="dora", reason="No")
    assert any("5 done, 1 rejected" in line for line in read(card(rejected.run)))


def test_the_card_has_no_words_that_help_nobody() -> None:
    """No digest of what is signed, which stands in the form of Approve alone; no hour that may be nearly two."""
    story = at_signoff()
    shown = read(card(story.run))
    assert not any("Digest" in line for line in [*shown, *read(signoff_message(story.run))])
    form = ask(story.run, Press("run-1", "approve", story.place().step, story.place().visit))
    assert "Digest `" in str(form["blocks"])
    until = next(line for line in shown if "*back by" in line).partition("*back by")[2].partition("*")[0]
    assert "{time}" in until
    assert "{ago}" not in until


def test_since_when_it_is_down_stands_where_nobody_has_said_when_the_damage_began() -> None:
    """What was typed on the way stands on the card: “a time nobody knows yet” goes once somebody knows."""
    book = """
vars: {down_since: {type: timestamp}}
steps:
  - {id: when, do: Type when it went down, answer: {var: down_since}, go: {ok: look}}
  - {id: look, do: Look at it, go: {ok: done}}
  - {id: done, end: Close the run, outcome: recovered}
  - {id: hold, decide: Hold, options: [
     {id: a, label: Go on, when: So., go: done}, {id: b, label: Look, when: No., go: look}]}
"""
    story = Story(book).started()
    assert "data at risk since a time nobody knows yet" in str(card(story.run).blocks)
    story.done(down_since="2026-11-22T11:40:00+00:00")
    assert "nobody knows" not in str(card(story.run).blocks)
    assert "down since" in str(card(story.run).blocks)

"""What Slack refuses is not told: archived channels, scopes that are gone, words that nobody knows; over the wire."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx
import pytest

from bot.notifier import sending, troubles
from bot.notifier.refusals import About, known_words
from bot.render.thread.post import reason_of
from bot.run.commands import AddNote, TakeOver
from bot.run.paging.events import PageTried
from bot.wiring.local import BOT
from bot.workspace.client.look import words_of
from bot.workspace.faults import Fault, Trouble
from bot.workspace.state import Message
from tests.walks.firm import Firm, open_firm, wait_for
from tests.walks.folder import write_folder
from tests.walks.test_every_button import START

INC, OWNERS = "C0INC", "C0DATA"
POST, UPDATE = "chat.postMessage", "chat.update"


@pytest.fixture(params=["sqlite", "postgresql"])
def firm(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    """A house that is less patient: what waits minutes elsewhere waits a moment."""
    monkeypatch.setattr(troubles, "TRY_PLACE_AGAIN", 0.5)
    monkeypatch.setattr(troubles, "ASK_AGAIN", 0.3)
    monkeypatch.setattr(sending, "HELD_BACK", 0.5)
    monkeypatch.setattr("bot.notifier.placing._NO_CARD_YET", 0.5)
    monkeypatch.setattr("bot.notifier.notifier._HOME_EVERY", 0.3)
    url = str(request.getfixturevalue("postgres_database")) if request.param == "postgresql" else ""
    with open_firm(tmp_path, write_folder(tmp_path / "books"), database=url) as opened:
        yield opened


@contextmanager
def asked(firm: Firm) -> Iterator[None]:
    """What goes wrong in here was asked for."""
    yield
    firm.log.clear()
    firm.workspace.state.ledger._refusals.clear()  # noqa: SLF001  (these were meant)


def said_in(firm: Firm, channel: str) -> list[str]:
    return [words_of(one) for one in firm.workspace.state.talk.messages(channel)]


def cards_in(firm: Firm, channel: str) -> list[Message]:
    found = firm.workspace.state.talk.messages(channel)
    return [one for one in found if ((one.metadata or {}).get("event_payload") or {}).get("key") == "card"]


def readiness(firm: Firm) -> tuple[int, dict[str, dict[str, object]]]:
    """The status of `/readyz`, and what its parts say."""
    answer = httpx.get(f"{firm.address}/readyz", timeout=10)
    return answer.status_code, answer.json()["parts"]


def test_a_run_whose_channel_is_archived_goes_on_with_the_owners_and_comes_back(firm: Firm) -> None:
    """Each step is told somewhere: with the owner team and why; when the channel is back, in its own thread again."""
    ana = firm.hand("ana")
    ana.start("orders", START)
    thread, directory = firm.thread("ORDERS-1"), firm.workspace.state.directory
    with asked(firm):
        directory.archive(INC)
        firm.house.handler().handle(firm.row("ORDERS-1").run_id, *note("The channel is closed"))
        wait_for(lambda: firm.row("ORDERS-1").channel == OWNERS and not firm.untold(), "it did not move")
        words = "\n".join(said_in(firm, OWNERS))
        assert "goes on here" in words
        assert reason_of("is_archived") in words
        assert "The channel is closed" in words
        assert "Stop the writers" in words, "people act on the step there"
        away = firm.hand("ana", OWNERS)
        away.press("Done")
        wait_for(lambda: "Choose the line that matches" in "\n".join(said_in(firm, OWNERS)), "the next step")
        directory.unarchive(INC)
        wait_for(lambda: firm.row("ORDERS-1").thread_ts == thread, "it did not come back")
        wait_for(lambda: "is back in this channel" in "\n".join(said_in(firm, INC)), "it does not say so")
        wait_for(lambda: "Choose the line that matches" in ana.sees(thread), "the step is not there")
        assert len(cards_in(firm, INC)) == 1, "the card that stood there is true again"
        wait_for(lambda: "went back to" in said_in(firm, OWNERS)[0], "the other card does not say so")
    ana.press("Rows are wrong", thread=thread)
    firm.settle()
    assert "Type the target time" in ana.sees(thread)


def test_where_the_bot_was_removed_it_is_told_in_a_direct_message_of_whoever_operates(firm: Firm) -> None:
    """Neither the channel nor the owner's takes anything: the run goes on in a direct message; invited again, back."""
    ana = firm.hand("ana")
    ana.start("orders", START)
    thread, directory = firm.thread("ORDERS-1"), firm.workspace.state.directory
    with asked(firm):
        for channel in (INC, OWNERS):
            directory.leave(channel, BOT.id)
        firm.house.handler().handle(firm.row("ORDERS-1").run_id, *note("The bot is gone"))
        wait_for(lambda: (firm.row("ORDERS-1").channel or "").startswith("D") and not firm.untold(), "it did not move")
        here = str(firm.row("ORDERS-1").channel)
        assert here in [place.id for place in directory.channels_of(ana.person.id)]
        assert "The bot is gone" in "\n".join(said_in(firm, here))
        firm.house.handler().handle(firm.row("ORDERS-1").run_id, TakeOver(), "ben", "terminal")
        wait_for(lambda: firm.row("ORDERS-1").channel not in (here, INC) and not firm.untold(), "it did not follow Ben")
        there = str(firm.row("ORDERS-1").channel)
        assert there in [place.id for place in directory.channels_of(firm.hand("ben").person.id)]
        assert "*Ben Okafor* operates" in "\n".join(said_in(firm, there))
        wait_for(lambda: "who operates now" in "\n".join(said_in(firm, here)), "the card left behind does not say so")
        directory.join(INC, [BOT.id])
        wait_for(lambda: firm.row("ORDERS-1").thread_ts == thread, "it did not come back")


def test_a_missing_scope_keeps_all_untold_says_so_and_tells_it_when_it_is_back(firm: Firm) -> None:
    """`/readyz` and the auditor say which; people are called beyond Slack; afterwards each post stands there once."""
    ana = firm.hand("ana")
    ana.start("orders", START)
    thread, policy = firm.thread("ORDERS-1"), firm.workspace.state.policy
    wait_for(lambda: readiness(firm)[0] == 200, "not ready before", also=lambda: readiness(firm))
    with asked(firm):
        policy.take_away("chat:write")
        ana.person.press("Done", ana.channel, thread)
        wait_for(lambda: readiness(firm)[0] == 503, "it does not say so")
        assert "missing_scope: chat:write" in str(readiness(firm)[1]["slack"]["says"])
        assert [row.ref for row in firm.untold()] == ["ORDERS-1"]
        policy.give("chat:write")
        firm.settle()
        wait_for(lambda: readiness(firm)[0] == 200, "it is not ready again", also=lambda: readiness(firm))
    assert sum("Choose the line that matches" in one for one in said_in(firm, INC)) >= 1
    firm.check_all_is_well()


def test_whom_slack_cannot_call_for_a_reason_of_the_app_is_called_otherwise_and_told_later(firm: Firm) -> None:
    """Messages need a scope that is gone: it is on record, and made good when the scope is back."""
    with asked(firm):
        firm.workspace.state.policy.take_away("chat:write")
        ana = firm.hand("ana")
        ana.start("orders", START)
        wait_for(lambda: tried(firm), "nobody says that the message did not go out")
        first = tried(firm)[0]
        assert (first.channel, first.reached, first.answer) == ("slack", False, "missing_scope")
        wait_for(lambda: readiness(firm)[0] == 503, "it does not say so")
        firm.workspace.state.policy.give("chat:write")
        wait_for(lambda: any(one.reached and one.person == first.person for one in tried(firm)), "never made good")
        firm.settle()


def test_a_word_that_nobody_knows_is_met_with_plain_text(firm: Firm) -> None:
    """Refused once, the words go out without their blocks; nothing waits behind them."""
    ana = firm.hand("ana")
    ana.start("orders", START)
    thread = firm.thread("ORDERS-1")
    with asked(firm):
        firm.workspace.dial.add(Fault(Trouble.REFUSED, POST, 1, word="moon_is_full", channel=INC))
        ana.press("Done", thread=thread)
        firm.settle()
        assert "Choose the line that matches" in ana.sees(thread)


def test_one_strange_refusal_is_said_on_the_card_kept_and_blocks_nothing(firm: Firm) -> None:
    """Refused as plain text too: later posts go out, the card says so, the run stays untold until it goes out."""
    ana = firm.hand("ana")
    ana.start("orders", START)
    thread, run_id = firm.thread("ORDERS-1"), firm.row("ORDERS-1").run_id
    with asked(firm):
        firm.workspace.dial.add(Fault(Trouble.REFUSED, POST, 2, word="moon_is_full", channel=INC))
        firm.house.handler().handle(run_id, *note("the first"))
        firm.house.handler().handle(run_id, *note("the second"))
        wait_for(lambda: "moon_is_full" in words_of(cards_in(firm, INC)[0]), "the card does not say so")
        wait_for(lambda: "the second" in "\n".join(ana.person.sees(ana.channel, thread)), "the next one waits")
        assert firm.untold()
        firm.settle()
        assert "the first" in ana.sees(thread)
        assert "moon_is_full" not in words_of(cards_in(firm, INC)[0])


def test_a_word_that_two_places_meet_is_of_the_app(firm: Firm) -> None:
    """Whatever Slack calls it: when two channels hear it, nothing is wrong with the messages."""
    ana = firm.hand("ana")
    ana.start("orders", START)
    firm.hand("ben", "#data-platform").start("archive", {"What changed?": "Prices are 0"})
    firm.settle()
    with asked(firm):
        firm.workspace.dial.add(Fault(Trouble.REFUSED, POST, None, word="moon_is_full"))
        for row in firm.house.journal().newest_runs(2):
            firm.house.handler().handle(row.run_id, *note("one more"))
        wait_for(lambda: "moon_is_full" in str(readiness(firm)[1]["slack"]["says"]), "it does not say so")
        firm.workspace.dial.clear()
        firm.settle()
        wait_for(lambda: readiness(firm)[0] == 200, "it is not ready again")


@pytest.mark.parametrize("word", ["invalid_blocks", "msg_too_long"])
def test_a_message_that_is_refused_as_such_is_shortened_and_keeps_its_buttons(firm: Firm, word: str) -> None:
    ana = firm.hand("ana")
    ana.start("orders", START)
    thread = firm.thread("ORDERS-1")
    with asked(firm):
        firm.workspace.dial.add(Fault(Trouble.REFUSED, POST, 1, word=word, channel=INC))
        ana.press("Done", thread=thread)
        firm.settle()
    ana.press("Rows are wrong", thread=thread)
    firm.settle()
    assert "Type the target time" in ana.sees(thread)


def test_what_can_be_edited_no_more_is_posted_anew(firm: Firm) -> None:
    """The window for edits is closed: a new card says how things are, and the step can be pressed there."""
    ana = firm.hand("ana")
    ana.start("orders", START)
    thread = firm.thread("ORDERS-1")
    with asked(firm):
        firm.workspace.state.policy.edit_seconds = 0
        ana.press("Done", thread=thread)
        wait_for(lambda: len(cards_in(firm, INC)) == 2, "no new card")
        firm.settle()
        newest = cards_in(firm, INC)[-1]
        assert "Choose the line that matches" in words_of(newest)
        assert firm.row("ORDERS-1").thread_ts == newest.ts


def test_where_no_channel_takes_the_card_the_starter_hears_it_where_they_pressed(firm: Firm) -> None:
    """At once, with the way on; when a channel takes it later, it stands there."""
    directory, policy = firm.workspace.state.directory, firm.workspace.state.policy
    with asked(firm):
        for channel in (INC, OWNERS):
            directory.archive(channel)
        policy.take_away("im:write", "channels:manage", "groups:write")
        ana = firm.hand("ana")
        ana.start("orders", START)
        assert ana.person.wait_until(lambda: ana.person.has_modal, 20), "nobody says so"
        words = ana.person.modal().words
        assert "ORDERS-1 has started and is on record" in words
        assert "handrail walk ORDERS-1" in words
        assert "is_archived" in words
        directory.unarchive(INC)
        policy.give("im:write", "channels:manage", "groups:write")
        wait_for(lambda: cards_in(firm, INC), "the card never came")
        firm.settle()


def test_where_the_app_may_post_nowhere_the_starter_hears_it_where_they_pressed(firm: Firm) -> None:
    with asked(firm):
        firm.workspace.state.policy.take_away("chat:write")
        ana = firm.hand("ana")
        ana.start("orders", START)
        assert ana.person.wait_until(lambda: ana.person.has_modal, 20), "nobody says so"
        assert "missing_scope" in ana.person.modal().words
        firm.workspace.state.policy.give("chat:write")
        firm.settle()
        assert cards_in(firm, INC)


def test_the_table_sorts_each_word_once_and_leaves_none_of_the_documented_ones_out() -> None:
    """Words of chat.postMessage, chat.update and conversations.open, as Slack's reference lists them (2026-11)."""
    known = known_words()
    assert {known[word] for word in ("is_archived", "not_in_channel", "channel_not_found")} == {About.PLACE}
    assert {known[word] for word in ("edit_window_closed", "cant_update_message", "msg_too_long")} == {About.MESSAGE}
    assert {known[word] for word in ("user_not_found", "user_disabled", "user_not_visible")} == {About.PERSON}
    apps = "missing_scope token_revoked account_inactive accesslimited message_limit_exceeded ekm_access_denied"
    assert {known[word] for word in apps.split()} == {About.APP}
    assert "moon_is_full" not in known


def note(words: str) -> tuple[AddNote, str, Literal["slack"]]:
    """What somebody adds to the record."""
    return AddNote(words), "ben", "slack"


def tried(firm: Firm) -> list[PageTried]:
    return [event for _, event, _ in firm.history("ORDERS-1") if isinstance(event, PageTried)]

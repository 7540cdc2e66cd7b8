"""What admins do while an app runs: archive, remove, take scopes away, close edit windows, rotate tokens, use Grid."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.workspace.delivery.payloads import Payloads
from bot.workspace.faults import Dial, Fault, Trouble
from bot.workspace.serve import Workspace
from bot.workspace.state import Enterprise, User
from tests.workspace.office import AT_ONCE, BOT, GUEST, INC, SEED, Fake, start, web

ACME = Enterprise("E0ACME", "Acme", ("T0EAST",))
EAST = User("U0EAST", "east", "Eva East", team="T0EAST")


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    running = start()
    yield running
    running.stop()


def word_of(call: Callable[[], object]) -> str:
    """Slack's word for no."""
    with pytest.raises(SlackApiError) as refused:
        call()
    return str(refused.value.response["error"])


def test_an_archived_channel_takes_neither_posts_nor_edits_until_it_is_back(workspace: Workspace) -> None:
    client, directory = web(workspace), workspace.state.directory
    ts = str(client.chat_postMessage(channel=INC, text="one")["ts"])
    directory.archive(INC)
    assert word_of(lambda: client.chat_postMessage(channel=INC, text="two")) == "is_archived"
    assert word_of(lambda: client.chat_update(channel=INC, ts=ts, text="two")) == "is_inactive"
    directory.unarchive(INC)
    assert client.chat_update(channel=INC, ts=ts, text="two")["ok"]


def test_a_bot_that_was_removed_is_not_in_the_channel(workspace: Workspace) -> None:
    workspace.state.directory.leave(INC, BOT)
    assert word_of(lambda: web(workspace).chat_postMessage(channel=INC, text="x")) == "not_in_channel"
    workspace.state.directory.join(INC, [BOT])
    assert web(workspace).chat_postMessage(channel=INC, text="x")["ok"]


def test_a_scope_that_was_taken_away_is_missing_until_it_is_given_back(workspace: Workspace) -> None:
    workspace.state.policy.take_away("chat:write")
    assert word_of(lambda: web(workspace).chat_postMessage(channel=INC, text="x")) == "missing_scope"
    workspace.state.policy.give("chat:write")
    assert web(workspace).chat_postMessage(channel=INC, text="x")["ok"]


def test_a_message_that_is_too_old_to_edit_stays_as_it_is(workspace: Workspace) -> None:
    client = web(workspace)
    ts = str(client.chat_postMessage(channel=INC, text="one")["ts"])
    workspace.state.policy.edit_seconds = 60
    assert client.chat_update(channel=INC, ts=ts, text="two")["ok"]
    workspace.state.policy.edit_seconds = 0
    assert word_of(lambda: client.chat_update(channel=INC, ts=ts, text="three")) == "edit_window_closed"


def test_a_rotated_token_is_refused_from_then_on(workspace: Workspace) -> None:
    old = web(workspace)
    workspace.rotate(bot="xoxb-the-next-one")
    assert word_of(old.auth_test) == "invalid_auth"
    assert web(workspace).auth_test()["ok"]


def test_a_refusal_with_any_word_can_be_asked_for_one_channel(workspace: Workspace) -> None:
    workspace.dial.add(Fault(Trouble.REFUSED, "chat.postMessage", None, word="moon_is_full", channel=INC))
    assert word_of(lambda: web(workspace).chat_postMessage(channel=INC, text="x")) == "moon_is_full"
    assert web(workspace).chat_postMessage(channel=GUEST, text="x")["ok"]
    assert workspace.state.ledger.refusals[-1].asked_for


def test_a_burst_passes_and_then_a_channel_takes_one_post_a_second() -> None:
    clock = Fake(0.0)
    dial = Dial(clock, lambda: 0.0, burst=5)
    assert [dial.wait_for("chat.postMessage", "C1") for _ in range(6)] == [0, 0, 0, 0, 0, pytest.approx(1)]
    clock.now += 1
    assert [dial.wait_for("chat.postMessage", "C1") for _ in range(2)] == [0, pytest.approx(1)]


def test_an_answer_that_comes_late_took_effect(workspace: Workspace) -> None:
    workspace.dial.add(Fault(Trouble.SLOW, "chat.postMessage", seconds=5))
    with pytest.raises(TimeoutError):
        web(workspace, timeout=1).chat_postMessage(channel=INC, text="late")
    assert workspace.state.talk.messages(INC)[-1].text == "late"


@pytest.mark.parametrize("org_install", [False, True])
def test_on_grid_people_press_from_their_own_workspace_of_the_organisation(*, org_install: bool) -> None:
    """A member from elsewhere in it, and a stranger by Slack Connect, as the wire tells them apart."""
    grid = replace(ACME, is_org_install=org_install)
    running = Workspace.start(replace(SEED, users=(*SEED.users, EAST), enterprise=grid), AT_ONCE)
    said = web(running).auth_test()
    assert (said["enterprise_id"], said["is_enterprise_install"]) == ("E0ACME", org_install)
    listed = [one["id"] for one in web(running).api_call("auth.teams.list")["teams"]]
    assert listed == (["T0ACME", "T0EAST"] if org_install else ["T0ACME"])
    payloads = Payloads(running.state, running.tickets, running.origin, "t")
    east, guest = (payloads.shortcut(_user(running, who), "start") for who in (EAST.id, GUEST))
    assert [one["enterprise"]["id"] for one in (east, guest)] == ["E0ACME", "E0ACME"]
    assert [one["user"]["team_id"] for one in (east, guest)] == ["T0EAST", "T0OTHER"]
    teams: list[Any] = [one["team"] and (one["team"]["id"], one["team"]["enterprise_id"]) for one in (east, guest)]
    assert teams == ([None, None] if org_install else [("T0EAST", "E0ACME"), ("T0ACME", "E0ACME")])
    running.stop()


def _user(workspace: Workspace, user_id: str) -> User:
    found = workspace.state.directory.user(user_id)
    assert found is not None
    return found

"""Commands, clicks and shortcuts, over Socket Mode and over signed HTTP, with a real Bolt app."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.workspace.client import NotThere
from bot.workspace.serve import Options, Workspace
from tests.workspace.office import (
    ANA,
    AT_ONCE,
    BEN,
    BOT,
    INC,
    OPS,
    Fake,
    Heard,
    actions,
    bolt,
    button,
    options,
    over_http,
    over_sockets,
    start,
    wait_for,
    web,
)


def test_a_command_arrives_escaped_and_its_answer_is_seen_by_one(app: App, workspace: Workspace) -> None:
    heard = Heard()

    @app.command("/recover")
    def recover(ack: Ack, body: dict[str, Any]) -> None:
        heard.bodies.append(body)
        ack("Looking at <#C0INC>")

    ana = workspace.person("ana")
    assert ana.type("/recover  orders <now> & ask @ben or @dba in #ops, not @nobody", "inc").ok
    assert heard.last["text"] == (
        "orders &lt;now&gt; &amp; ask <@U0BEN|ben> or <!subteam^S0DBA|@dba> in <#C0OPS|ops>, not @nobody"
    )
    assert {name: heard.last[name] for name in ("user_id", "channel_id", "channel_name", "team_id", "command")} == {
        "user_id": ANA, "channel_id": INC, "channel_name": "inc", "team_id": "T0ACME", "command": "/recover",
    }  # fmt: skip
    assert ana.sees("inc") == ["Looking at <#C0INC>"]
    assert workspace.person("ben").sees("inc") == []


def test_an_unknown_command_does_not_reach_the_app(app: App, workspace: Workspace) -> None:
    outcome = workspace.person("ana").type("/recovr orders", "inc")
    assert (outcome.ok, outcome.sentence) == (False, "/recovr is not a valid command.")


def test_a_bot_comes_into_a_channel_by_invitation(workspace: Workspace) -> None:
    ana, client = workspace.person("ana"), web(workspace)
    with pytest.raises(SlackApiError, match="not_in_channel"):
        client.chat_postMessage(channel=OPS, text="hello")
    assert ana.type("/invite @handrail", "ops").ok
    assert client.chat_postMessage(channel=OPS, text="hello")["ok"]
    assert ana.sees("ops") == ["<@U0BOT> was added to the channel by <@U0ANA>.", "hello"]
    assert ana.type("/invite @handrail", "ops").sentence == "@handrail is already in this channel."
    assert ana.type("/invite @nobody", "ops").error == "user_not_found"


def test_without_an_app_the_person_is_told_so(workspace: Workspace) -> None:
    ana = workspace.person("ana")
    assert ana.type("/recover orders", "inc").error == "dispatch_failed"
    assert ana.sees("inc") == ['/recover failed with the error "dispatch_failed".']
    assert [(failure.what, failure.user) for failure in workspace.state.ledger.failures] == [("/recover", ANA)]


@pytest.mark.parametrize("connected", [over_sockets, over_http])
def test_no_ack_in_time_is_a_failure(connected: Callable[[Workspace, App], AbstractContextManager[None]]) -> None:
    """Slack waits three seconds; a test need not."""
    assert Options().ack_seconds == 3
    workspace = start(replace(AT_ONCE, ack_seconds=0.2))
    app = bolt(workspace)

    @app.command("/recover")
    @app.action("slow")
    def slow(ack: Ack) -> None:
        over.wait(5)
        ack("too late")

    ana, over = workspace.person("ana"), Event()
    web(workspace).chat_postMessage(channel=INC, text="card", blocks=[actions(button("Wait", "slow"))])
    with connected(workspace, app):
        outcome = ana.press("Wait")
        assert (outcome.ok, outcome.error) == (False, "operation_timeout")
        assert ana.type("/recover orders", "inc").error == "operation_timeout"
        over.set()
    assert ana.sees("inc")[1:] == ["/recover failed because the app did not respond."]
    assert [failure.what for failure in workspace.state.ledger.failures] == ["slow", "/recover"]
    workspace.stop()


def test_a_click_carries_who_where_and_what(app: App, workspace: Workspace) -> None:
    heard = Heard()

    @app.action("done")
    def done(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        heard.bodies.append(body)
        client.chat_update(channel=INC, ts=body["message"]["ts"], text="Done by Ben")
        ack()

    metadata = {"event_type": "card", "event_payload": {"run": "ORDERS-7"}}
    blocks = [actions(button("Done", "done", "step-1"))]
    posted = web(workspace).chat_postMessage(channel=INC, text="card", blocks=blocks, metadata=metadata)
    assert workspace.person("ben").press("Done", "inc").ok
    body = heard.last
    assert (body["user"]["id"], body["user"]["team_id"], body["channel"]) == (BEN, "T0ACME", {"id": INC, "name": "inc"})
    assert body["container"]["message_ts"] == body["message"]["ts"] == posted["ts"]
    assert body["message"]["metadata"] == metadata
    assert {name: body["actions"][0][name] for name in ("action_id", "block_id", "value", "type")} == {
        "action_id": "done", "block_id": "row", "value": "step-1", "type": "button",
    }  # fmt: skip
    assert workspace.person("ana").sees("inc") == ["Done by Ben"]


def test_a_person_of_another_workspace_is_known_by_their_team(app: App, workspace: Workspace) -> None:
    heard = Heard()

    @app.action("done")
    def done(ack: Ack, body: dict[str, Any]) -> None:
        heard.bodies.append(body)
        ack()

    web(workspace).chat_postMessage(channel=INC, text="card", blocks=[actions(button("Done", "done"))])
    workspace.person("gus").press("Done")
    assert heard.last["user"]["team_id"] == "T0OTHER"
    assert heard.last["team"]["id"] == "T0ACME"
    assert web(workspace).users_info(user="U0GUEST")["user"]["is_stranger"]


def test_a_click_on_a_card_as_it_was_still_arrives(app: App, workspace: Workspace) -> None:
    heard = Heard()

    @app.action("done")
    def done(ack: Ack, body: dict[str, Any]) -> None:
        heard.bodies.append(body)
        ack()

    client = web(workspace)
    ts = client.chat_postMessage(channel=INC, text="card", blocks=[actions(button("Done", "done", "old"))])["ts"]
    ana = workspace.person("ana")
    message, spot = ana.find("Done")
    client.chat_update(channel=INC, ts=ts, text="moved on")
    assert ana.press_on(message, spot).ok
    assert heard.last["actions"][0]["value"] == "old"
    with pytest.raises(NotThere, match="sees no 'Done'"):
        ana.press("Done", patience=0)


def test_menus_are_chosen_by_the_words_of_an_option(app: App, workspace: Workspace) -> None:
    heard = Heard()

    @app.action("more")
    def more(ack: Ack, body: dict[str, Any]) -> None:
        heard.bodies.append(body)
        ack()

    menu = {"type": "overflow", "action_id": "more", "options": options("Skip…", "Note…")}
    web(workspace).chat_postMessage(channel=INC, text="card", blocks=[actions(button("Done", "done"), menu)])
    ana = workspace.person("ana")
    assert ana.labels("inc") == ["Done", "Skip…", "Note…"]
    ana.press("Note…")
    assert heard.last["actions"][0]["selected_option"]["value"] == "note…"


def test_shortcuts_global_and_on_a_message(app: App, workspace: Workspace) -> None:
    heard = Heard()

    @app.shortcut("start")
    @app.shortcut("keep")
    def chosen(ack: Ack, body: dict[str, Any]) -> None:
        heard.bodies.append(body)
        ack()

    ana = workspace.person("ana")
    ana.choose_shortcut("Start recovery")
    assert (heard.last["type"], heard.last["callback_id"], "trigger_id" in heard.last) == ("shortcut", "start", True)
    ana.type("we lost a table", "inc")
    ana.choose_shortcut("Add to the record", ana.messages("inc")[0])
    assert (heard.last["type"], heard.last["message"]["text"]) == ("message_action", "we lost a table")
    assert heard.last["message"]["user"] == ANA


def test_an_ephemeral_is_replaced_and_deleted_over_its_response_url_only(app: App, workspace: Workspace) -> None:
    @app.action("more")
    def more(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        assert "message" not in body
        assert body["container"]["is_ephemeral"]
        respond(text="more", replace_original=True, blocks=[actions(button("Close", "close"))])
        ack()

    @app.action("close")
    def close(ack: Ack, respond: Respond) -> None:
        respond(delete_original=True)
        ack()

    web(workspace).chat_postEphemeral(channel=INC, user=ANA, text="hint", blocks=[actions(button("More", "more"))])
    ana, ben = workspace.person("ana"), workspace.person("ben")
    assert (len(ana.messages("inc")), ben.messages("inc")) == (1, [])
    ana.press("More")
    assert ana.labels("inc") == ["Close"]
    ana.press("Close")
    assert ana.messages("inc") == []


def test_a_response_url_is_good_for_five_uses_and_thirty_minutes() -> None:
    clock, heard = Fake(), Heard()
    workspace = start(replace(AT_ONCE, clock=clock))
    app = bolt(workspace)

    @app.command("/recover")
    def recover(ack: Ack, body: dict[str, Any]) -> None:
        heard.bodies.append(body)
        ack()

    with over_sockets(workspace, app):
        workspace.person("ana").type("/recover", "inc")
        workspace.person("ana").type("/recover", "inc")
    first, second = (WebhookClient(body["response_url"]) for body in heard.bodies)
    assert [first.send(text=f"{n}").status_code for n in range(6)] == [200] * 5 + [404]
    assert first.send(text="6").body == '{"ok": false, "error": "used_url"}'
    clock.now += 31 * 60
    assert second.send(text="late").body == '{"ok": false, "error": "expired_url"}'
    assert workspace.person("ana").sees("inc") == ["0", "1", "2", "3", "4"]
    workspace.stop()


def test_what_is_said_and_reacted_reaches_the_app_once(app: App, workspace: Workspace) -> None:
    heard = Heard()

    @app.event("message")
    @app.event("reaction_added")
    def event(body: dict[str, Any]) -> None:
        heard.bodies.append(body)

    ana = workspace.person("ana")
    ana.type("ask <@ben> & @ben", "inc")
    ts = ana.messages("inc")[0].ts
    workspace.delivery.react(ANA, INC, ts, "eyes")
    wait_for(lambda: len(heard.bodies) == 2)
    by_type = {body["event"]["type"]: body["event"] for body in heard.bodies}
    assert by_type["message"]["text"] == "ask &lt;<@U0BEN>&gt; &amp; <@U0BEN>"
    assert by_type["reaction_added"]["item"]["ts"] == ts
    assert BOT not in {body["event"]["user"] for body in heard.bodies}

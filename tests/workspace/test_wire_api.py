"""The Web API as the real client calls it: what it gives, and how it refuses."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.workspace.serve import Workspace
from bot.workspace.state.things import SCOPES
from tests.workspace.office import ANA, BEN, BOT, INC, OPS, SECRET, actions, button, start, web

CARD = {"event_type": "card", "event_payload": {"run": "ORDERS-7"}}


@pytest.fixture(scope="module")
def shared() -> Iterator[Workspace]:
    running = start()
    yield running
    running.stop()


@pytest.fixture
def client(shared: Workspace) -> WebClient:
    return web(shared)


REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("chat.postMessage", {"channel": "C0NONE", "text": "x"}, "channel_not_found"),
    ("chat.postMessage", {"channel": SECRET, "text": "x"}, "channel_not_found"),
    ("chat.postMessage", {"channel": OPS, "text": "x"}, "not_in_channel"),
    ("chat.postMessage", {"channel": INC, "text": " "}, "no_text"),
    ("chat.postMessage", {"channel": INC, "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
    ("chat.postMessage", {"channel": INC, "text": "x", "attachments": [{"text": "a"}] * 101}, "too_many_attachments"),
    ("chat.postMessage", {"channel": INC, "text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
    ("chat.postMessage", {"channel": INC, "text": "x", "blocks": "not json"}, "invalid_blocks_format"),
    (
        "chat.postMessage",
        {"channel": INC, "text": "x", "metadata": {**CARD, "event_payload": {"run": "x" * 17_000}}},
        "metadata_too_large",
    ),
    ("chat.update", {"channel": INC, "ts": "1.000001", "text": "x"}, "message_not_found"),
    ("chat.delete", {"channel": INC, "ts": "1.000001"}, "message_not_found"),
    ("chat.postEphemeral", {"channel": INC, "user": "U0NONE", "text": "x"}, "user_not_found"),
    ("chat.postEphemeral", {"channel": INC, "user": BOT + "X", "text": "x"}, "user_not_found"),
    ("conversations.info", {"channel": "C0NONE"}, "channel_not_found"),
    ("conversations.history", {"channel": OPS}, "not_in_channel"),
    ("conversations.replies", {"channel": INC, "ts": "1.000001"}, "thread_not_found"),
    ("conversations.create", {"name": "inc"}, "name_taken"),
    ("conversations.create", {"name": "In C"}, "invalid_name_specials"),
    ("conversations.invite", {"channel": INC, "users": ANA}, "already_in_channel"),
    ("conversations.open", {"users": "U0NONE"}, "user_not_found"),
    ("users.info", {"user": "U0NONE"}, "user_not_found"),
    ("usergroups.users.list", {"usergroup": "S0NONE"}, "no_such_subteam"),
    ("users.lookupByEmail", {"email": "ana@acme.example"}, "missing_scope"),
    ("conversations.join", {"channel": OPS}, "missing_scope"),
    ("files.completeUploadExternal", {"files": [{"id": "F0NONE"}]}, "file_not_found"),
    ("files.info", {"file": "F0NONE"}, "file_not_found"),
    ("pins.remove", {"channel": INC, "timestamp": "1.000001"}, "message_not_found"),
    ("views.update", {"view_id": "V0NONE", "view": "{}"}, "not_found"),
    ("chat.postMesage", {"channel": INC}, "unknown_method"),
    ("apps.connections.open", {}, "not_allowed_token_type"),
]


@pytest.mark.parametrize(("method", "args", "error"), REFUSALS, ids=[f"{each[0]}:{each[2]}" for each in REFUSALS])
def test_slack_refuses_with_its_own_words(
    client: WebClient, shared: Workspace, method: str, args: dict[str, Any], error: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        client.api_call(method, json=args)
    assert (refused.value.response.status_code, refused.value.response["error"]) == (200, error)
    assert (shared.state.ledger.refusals[-1].method, shared.state.ledger.refusals[-1].error) == (method, error)


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-wrong", "invalid_auth")])
def test_a_wrong_token_opens_nothing(shared: Workspace, token: str, error: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        WebClient(token, shared.api_url).auth_test()
    assert refused.value.response["error"] == error


def test_auth_test_says_who_and_with_which_scopes(client: WebClient, shared: Workspace) -> None:
    answer = client.auth_test()
    assert (answer["user_id"], answer["team_id"], answer["bot_id"]) == (BOT, "T0ACME", "B0LOCAL")
    assert answer.headers["x-oauth-scopes"].split(",")[:2] == ["commands", "chat:write"]
    assert set(SCOPES) <= set(answer.headers["x-oauth-scopes"].split(","))


def test_a_missing_scope_is_named(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        client.users_lookupByEmail(email="ana@acme.example")
    assert refused.value.response["needed"] == "users:read.email"
    assert "chat:write" in refused.value.response["provided"]


@pytest.mark.parametrize("way", ["json", "params", "data"])
def test_arguments_are_taken_from_wherever_they_stand(client: WebClient, way: str) -> None:
    ways: dict[str, Any] = {way: {"channel": INC}}
    answer = client.api_call("conversations.info", **ways)
    assert answer["channel"]["name"] == "inc"
    assert answer["channel"]["is_member"]


def test_messages_are_posted_changed_and_read_back_with_their_metadata(client: WebClient, shared: Workspace) -> None:
    posted = client.chat_postMessage(channel=INC, text="one", metadata=CARD)
    later = client.chat_postMessage(channel=INC, text="two")
    assert posted["ts"] < later["ts"]
    client.chat_update(channel=INC, ts=posted["ts"], text="uno", blocks=[actions(button("Go", "go"))])
    plain = client.conversations_history(channel=INC, oldest=posted["ts"], inclusive=True, limit=100)
    assert [each["text"] for each in plain["messages"]] == ["two", "uno"]
    assert "metadata" not in plain["messages"][1]
    told = client.conversations_history(
        channel=INC, latest=posted["ts"], oldest=posted["ts"], inclusive=True, include_all_metadata=True
    )["messages"][0]
    assert (told["metadata"], told["edited"]["user"], told["blocks"][0]["block_id"]) == (CARD, BOT, "row")
    client.chat_delete(channel=INC, ts=later["ts"])
    assert shared.state.talk.message(INC, later["ts"]) is None


def test_an_update_without_blocks_takes_the_old_ones_away(client: WebClient, shared: Workspace) -> None:
    ts = client.chat_postMessage(channel=INC, text="one", blocks=[actions(button("Go", "go"))])["ts"]
    client.chat_update(channel=INC, ts=ts, text="done")
    assert "blocks" not in client.conversations_replies(channel=INC, ts=ts)["messages"][0]
    assert shared.person("ana").sees(INC)[-1] == "done"


def test_only_its_own_messages_may_be_changed(client: WebClient, shared: Workspace) -> None:
    shared.person("ana").type("mine", INC)
    ts = shared.person("ana").messages(INC)[-1].ts
    for method, error in (("chat.update", "cant_update_message"), ("chat.delete", "cant_delete_message")):
        with pytest.raises(SlackApiError) as refused:
            client.api_call(method, json={"channel": INC, "ts": ts, "text": "x"})
        assert refused.value.response["error"] == error


def test_threads_hold_their_replies_and_a_broadcast_shows_in_the_channel(client: WebClient, shared: Workspace) -> None:
    parent = client.chat_postMessage(channel=INC, text="parent")["ts"]
    reply = client.chat_postMessage(channel=INC, text="reply", thread_ts=parent, metadata=CARD)["ts"]
    client.chat_postMessage(channel=INC, text="also here", thread_ts=reply, reply_broadcast=True)
    thread = client.conversations_replies(channel=INC, ts=parent, include_all_metadata=True)["messages"]
    assert [each["text"] for each in thread] == ["parent", "reply", "also here"]
    assert (thread[0]["reply_count"], thread[1]["metadata"], thread[2]["thread_ts"]) == (2, CARD, parent)
    assert shared.person("ana").sees(INC)[-2:] == ["parent", "also here"]
    link = client.chat_getPermalink(channel=INC, message_ts=reply)["permalink"]
    assert link == f"{shared.origin}/archives/{INC}/p{reply.replace('.', '')}?thread_ts={parent}&cid={INC}"
    client.chat_delete(channel=INC, ts=parent)
    assert client.conversations_replies(channel=INC, ts=parent)["messages"][0]["subtype"] == "tombstone"


def test_history_comes_in_pages(client: WebClient) -> None:
    for number in range(5):
        client.chat_postMessage(channel=INC, text=f"page {number}")
    texts = [each["text"] for page in client.conversations_history(channel=INC, limit=2) for each in page["messages"]]
    assert texts[:5] == ["page 4", "page 3", "page 2", "page 1", "page 0"]


def test_text_is_cut_after_forty_thousand_characters(client: WebClient, shared: Workspace) -> None:
    answer = client.chat_postMessage(channel=INC, text="a" * 40_001)
    assert len(answer["message"]["text"]) == 40_000


def test_channels_dms_and_members(client: WebClient, shared: Workspace) -> None:
    made = client.conversations_create(name="inc-orders-7")["channel"]
    client.conversations_setTopic(channel=made["id"], topic="Orders")
    client.conversations_invite(channel=made["id"], users=[ANA, BEN])
    assert client.conversations_info(channel=made["id"])["channel"]["topic"]["value"] == "Orders"
    assert client.conversations_members(channel=made["id"])["members"] == [BOT, ANA, BEN]
    dm = client.conversations_open(users=[ANA])["channel"]["id"]
    assert dm == client.conversations_open(users=ANA)["channel"]["id"]
    client.chat_postMessage(channel=ANA, text="hello Ana")
    assert [each.text for each in shared.person("ana").dm()] == ["hello Ana"]
    assert client.conversations_info(channel=dm)["channel"]["user"] == ANA
    group = client.conversations_open(users=[ANA, BEN])["channel"]["id"]
    assert client.conversations_info(channel=group)["channel"]["is_mpim"]
    client.conversations_archive(channel=made["id"])
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=made["id"], text="x")
    assert refused.value.response["error"] == "is_archived"


def test_people_and_groups(client: WebClient) -> None:
    ana = client.users_info(user=ANA)["user"]
    assert (ana["name"], ana["real_name"], ana["tz"], "email" in ana["profile"]) == (
        "ana", "Ana Lima", "Europe/Lisbon", False,
    )  # fmt: skip
    assert client.usergroups_users_list(usergroup="S0DBA")["users"] == ["U0BEN", "U0CHEN"]
    assert client.usergroups_list()["usergroups"][0]["handle"] == "dba"
    assert client.bots_info(bot="B0LOCAL")["bot"]["user_id"] == BOT


def test_the_calls_that_an_app_should_never_make_are_counted(client: WebClient, shared: Workspace) -> None:
    before = shared.state.ledger.calls["conversations.list"], shared.state.ledger.calls["users.list"]
    assert "inc" in {each["name"] for each in client.conversations_list()["channels"]}
    assert ANA in {each["id"] for each in client.users_list()["members"]}
    after = shared.state.ledger.calls["conversations.list"], shared.state.ledger.calls["users.list"]
    assert after == (before[0] + 1, before[1] + 1)


def test_reactions_and_pins(client: WebClient, shared: Workspace) -> None:
    ts = client.chat_postMessage(channel=INC, text="look")["ts"]
    client.reactions_add(channel=INC, timestamp=ts, name="eyes")
    with pytest.raises(SlackApiError, match="already_reacted"):
        client.reactions_add(channel=INC, timestamp=ts, name="eyes")
    shared.delivery.react(ANA, INC, ts, "eyes")
    given = client.reactions_get(channel=INC, timestamp=ts)["message"]["reactions"]
    assert given == [{"name": "eyes", "users": [BOT, ANA], "count": 2}]
    client.reactions_remove(channel=INC, timestamp=ts, name="eyes")
    client.pins_add(channel=INC, timestamp=ts)
    with pytest.raises(SlackApiError, match="already_pinned"):
        client.pins_add(channel=INC, timestamp=ts)
    assert [each.ts for each in shared.state.talk.pins(INC)] == [ts]
    client.pins_remove(channel=INC, timestamp=ts)
    assert shared.state.talk.pins(INC) == []


def test_a_file_is_uploaded_in_three_steps_and_shared_a_moment_later(client: WebClient, shared: Workspace) -> None:
    thread = client.chat_postMessage(channel=INC, text="the log")["ts"]
    answer = client.files_upload_v2(
        channel=INC, thread_ts=thread, filename="timeline.md", content="# What happened", initial_comment="For later"
    )
    ana = shared.person("ana")
    message = ana.wait_to_see("For later", INC, thread)
    assert message.files == (answer["file"]["id"],)
    known = client.files_info(file=message.files[0])["file"]
    assert (known["name"], known["size"], known["mimetype"]) == ("timeline.md", 15, "text/markdown")
    headers = {"Authorization": f"Bearer {shared.tokens.bot}"}
    assert httpx.get(known["url_private"], headers=headers).content == b"# What happened"
    assert httpx.get(known["url_private"]).status_code == 403


def test_an_upload_of_another_length_is_refused(client: WebClient) -> None:
    announced = client.files_getUploadURLExternal(filename="a.txt", length=5)
    assert httpx.post(announced["upload_url"], content=b"longer than 5").status_code == 400
    assert httpx.post(announced["upload_url"], content=b"right").text == "OK - 5"


def test_a_foreign_host_name_is_turned_away(shared: Workspace) -> None:
    """A DNS name that was rebound to this machine shows in the Host header."""
    address = f"{shared.api_url}api.test"
    answers = [httpx.get(address, headers={"Host": host}).status_code for host in ("evil.example", "localhost")]
    assert answers == [400, 200]

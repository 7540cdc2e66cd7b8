"""Who is told: mentions, groups, threads, DMs, and that an edit tells nobody."""

from typing import Any

import pytest

from bot.workspace.serve import Workspace
from tests.workspace.office import ANA, BEN, INC, OPS, web


def reasons(workspace: Workspace, name: str) -> list[str]:
    return [notice.why for notice in workspace.person(name).notices()]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<@U0ANA> look", {"ana": ["mention"]}),
        ("<!subteam^S0DBA> look", {"ben": ["group"], "chen": ["group"]}),
        ("<!here> look", {"ana": ["broadcast"], "ben": ["broadcast"], "chen": ["broadcast"], "gus": ["broadcast"]}),
        ("&lt;@U0ANA&gt; look", {}),
        ("look", {}),
    ],
)
def test_a_new_message_tells_those_whom_it_calls(workspace: Workspace, text: str, told: dict[str, list[str]]) -> None:
    web(workspace).chat_postMessage(channel=INC, text=text)
    assert {name: found for name in ("ana", "ben", "chen", "gus") if (found := reasons(workspace, name))} == told
    assert {name for name in ("ana", "ben", "chen", "gus") if workspace.person(name).unread("inc").mentions} == set(
        told
    )
    assert all(workspace.person(name).unread("inc").messages == 1 for name in ("ana", "ben", "chen", "gus"))


def test_blocks_decide_who_is_called_and_plain_text_calls_nobody(workspace: Workspace) -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "<@U0BEN>, please sign"}},
        {"type": "section", "text": {"type": "plain_text", "text": "<@U0CHEN>"}},
        {"type": "rich_text", "elements": [
            {"type": "rich_text_section", "elements": [{"type": "user", "user_id": ANA}]},
        ]},
    ]  # fmt: skip
    web(workspace).chat_postMessage(channel=INC, text="<!channel> <@U0GUEST>", blocks=blocks)
    assert [reasons(workspace, name) for name in ("ana", "ben", "chen", "gus")] == [["mention"], ["mention"], [], []]


def test_an_edit_that_adds_a_mention_tells_nobody(workspace: Workspace) -> None:
    client = web(workspace)
    ts = client.chat_postMessage(channel=INC, text="quiet")["ts"]
    workspace.person("ana").read("inc")
    client.chat_update(channel=INC, ts=ts, text="<@U0ANA> loud")
    assert workspace.person("ana").unread("inc").messages == 0
    assert reasons(workspace, "ana") == []


def test_a_reply_tells_those_in_the_thread_and_leaves_the_channel_read(workspace: Workspace) -> None:
    client = web(workspace)
    ts = client.chat_postMessage(channel=INC, text="<@U0BEN> operates")["ts"]
    ana, ben = workspace.person("ana"), workspace.person("ben")
    ana.type("I watch", "inc", ts)
    for person in (ana, ben):
        person.read("inc")
        person.read("inc", ts)
    client.chat_postMessage(channel=INC, text="step 2", thread_ts=ts)
    client.chat_postMessage(channel=INC, text="<@U0ANA> sign", thread_ts=ts)
    assert (ana.unread("inc").threads, ana.unread("inc").mentions, ana.unread("inc").messages) == ({ts: 2}, 1, 0)
    assert (ben.unread("inc").threads, ben.unread("inc").mentions) == ({ts: 2}, 0)
    assert workspace.person("chen").unread("inc").threads == {}
    assert [notice.why for notice in ana.notices()] == ["thread", "mention"]
    ana.read("inc", ts)
    assert (ana.unread("inc").threads, ana.unread("inc").mentions) == ({}, 0)


def test_a_dm_counts_as_a_call_until_it_is_read(workspace: Workspace) -> None:
    web(workspace).chat_postMessage(channel=BEN, text="Dora asks you to sign")
    ben = workspace.person("ben")
    assert (reasons(workspace, "ben"), workspace.state.marks.waiting(BEN)) == (["dm"], 1)
    ben.read(ben.dm()[0].channel)
    assert workspace.state.marks.waiting(BEN) == 0


def test_nobody_outside_the_channel_is_told_and_nobody_of_their_own_words(workspace: Workspace) -> None:
    workspace.person("ana").type("@ana and @chen", "ops")
    assert [reasons(workspace, name) for name in ("ana", "ben", "chen")] == [[], [], []]
    assert workspace.person("ben").unread(OPS).messages == 1

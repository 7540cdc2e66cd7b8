"""What was said, uploaded and left unread is there again after a restart."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.workspace.serve import Workspace
from tests.workspace.office import ANA, AT_ONCE, BEN, INC, actions, button, start, web


def fill(workspace: Workspace) -> None:
    client = web(workspace)
    ts = client.chat_postMessage(
        channel=INC, text="<@U0BEN> card", blocks=[actions(button("Done", "done"))],
        metadata={"event_type": "card", "event_payload": {"run": "ORDERS-7"}},
    )["ts"]  # fmt: skip
    client.chat_postMessage(channel=INC, text="reply", thread_ts=ts)
    client.reactions_add(channel=INC, timestamp=ts, name="eyes")
    client.pins_add(channel=INC, timestamp=ts)
    client.chat_update(channel=INC, ts=ts, text="changed")
    gone = client.chat_postMessage(channel=INC, text="gone")["ts"]
    client.chat_delete(channel=INC, ts=gone)
    client.chat_postEphemeral(channel=INC, user=ANA, text="hint")
    client.chat_postMessage(channel=ANA, text="for Ana")
    client.views_publish(user_id=ANA, view={"type": "home", "blocks": []})
    client.files_upload_v2(channel=INC, filename="a.txt", content="kept", initial_comment="the file")
    workspace.person("ana").wait_to_see("the file", "inc")


def test_a_workspace_goes_on_where_it_stopped(tmp_path: Path) -> None:
    kept = tmp_path / "workspace.db"
    first = start(replace(AT_ONCE, path=kept))
    fill(first)
    before: dict[str, Any] = {
        "messages": [each for each in first.person("ana").messages("inc") if not each.only_for],
        "unread": first.person("ben").unread("inc"),
        "dm": first.person("ana").dm(),
        "home": first.person("ana").home(),
        "followers": first.state.talk.followers(INC, first.person("ana").messages("inc")[0].ts),
        "channels": first.state.directory.channels_of(BEN),
    }
    first.stop()

    second = start(replace(AT_ONCE, path=kept))
    ana = second.person("ana")
    assert before == {
        "messages": ana.messages("inc"),
        "unread": second.person("ben").unread("inc"),
        "dm": ana.dm(),
        "home": ana.home(),
        "followers": second.state.talk.followers(INC, ana.messages("inc")[0].ts),
        "channels": second.state.directory.channels_of(BEN),
    }
    assert (before["messages"][0].reactions, before["messages"][0].pinned_by) == ({"eyes": ("U0BOT",)}, "U0BOT")
    assert second.state.files.content(ana.messages("inc")[-1].files[0]) == b"kept"
    assert web(second).chat_postMessage(channel=INC, text="later")["ts"] > before["messages"][-1].ts
    second.stop()


def test_nothing_is_kept_without_a_file() -> None:
    workspace = start()
    web(workspace).chat_postMessage(channel=INC, text="x")
    workspace.stop()
    again = start()
    assert again.person("ana").sees("inc") == []
    again.stop()

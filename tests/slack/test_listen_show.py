"""`/recover show …`: the picture of a runbook in the channel, and its outline where that is not to be had."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from bot.slack.manifest import SCOPES
from bot.workspace.client.look import words_in
from bot.workspace.faults import Fault, Trouble
from bot.workspace.serve import Workspace
from tests.slack.office import SEED, Office, build_office
from tests.workspace.office import AT_ONCE, over_http

Found = TypeVar("Found")


@pytest.fixture
def office(tmp_path: Path, stop_later: Callable[[Workspace], None]) -> Iterator[Office]:
    """As usual, but what is done after the answer is done beside the test, as in production: drawing takes a while."""
    workspace = Workspace.start(SEED, AT_ONCE)
    with ThreadPoolExecutor(1) as pool:
        built = build_office(workspace, tmp_path, pool.submit)
        with over_http(workspace, built):
            yield built
    built.handler.journal.engine.dispose()
    stop_later(workspace)


def wait_for(look: Callable[[], Found]) -> Found:
    """What a look finds, once it finds something; what it found last after 30 seconds."""
    for _ in range(600):
        if found := look():
            return found
        time.sleep(0.05)
    return look()


def shared(office: Office, channel: str = "C0INC") -> list[tuple[str, bytes]]:
    """Name and bytes of each file in a channel."""
    state = office.workspace.state
    ids = [file for message in state.talk.messages(channel) for file in message.files]
    return [(file.name, state.files.content(file.id) or b"") for one in ids if (file := state.files.file(one))]


def outline_told(office: Office, channel: str = "C0INC") -> str:
    """The outline that Ana alone was told."""
    told = office.workspace.state.talk.whispers_to("U0ANA", channel)
    return "\n".join(words_in(one.blocks) for one in told if "the outline" in one.text)


@pytest.mark.parametrize("named", ["rows-wrong", "ROWS-WRONG"])
def test_a_runbook_is_shown_as_a_picture_in_the_channel(office: Office, named: str) -> None:
    assert office.person("ana").type(f"/recover show {named}", "C0INC").ok
    assert office.told("ana") == ["Drawing rows-wrong."]
    [(name, drawn)] = wait_for(lambda: shared(office))
    assert name == "rows-wrong.png"
    assert drawn.startswith(b"\x89PNG")
    assert "files:write" in SCOPES


def test_an_asset_with_one_runbook_names_it_and_one_with_several_asks(office: Office) -> None:
    ana = office.person("ana")
    ana.type("/recover show orders", "C0INC")
    assert office.told("ana")[-1] == "Name a runbook: rows-wrong, rows-gone, trial"
    ana.type("/recover show orders-archive", "C0INC")
    assert office.told("ana")[-1] == "Drawing rows-gone."
    assert [name for name, _ in wait_for(lambda: shared(office))] == ["rows-gone.png"]


@pytest.mark.parametrize("typed", ["show", "show nothing-like-it <!channel>"])
def test_a_name_that_is_not_one_runbook_is_answered_with_those_there_are(office: Office, typed: str) -> None:
    office.person("ana").type(f"/recover {typed}", "C0INC")
    assert office.told("ana") == ["Name a runbook: rows-gone, rows-wrong, trial"]
    [message] = office.workspace.state.talk.whispers_to("U0ANA", "C0INC")
    assert "/recover show rows-gone" in words_in(message.blocks)
    assert "<!channel>" not in str(message.blocks)


@pytest.mark.parametrize("trouble", [Trouble.LIMITED, Trouble.ERROR_BEFORE, Trouble.DROP_BEFORE])
def test_when_slack_takes_no_file_the_outline_is_told_instead(office: Office, trouble: Trouble) -> None:
    """Never nothing: whatever becomes of the upload, the person reads the steps."""
    office.workspace.dial.add(Fault(trouble, "files.*", times=None))
    office.person("ana").type("/recover show rows-wrong", "C0INC")
    said = wait_for(lambda: outline_told(office))
    assert "could not be shared" in said
    for title in ("Type the target time", "Approve the target", "Restore the rows", "Stop the run"):
        assert title in said


def test_where_handrail_is_not_in_the_channel_the_outline_comes_all_the_same(office: Office) -> None:
    office.workspace.state.directory.leave("C0DATA", "U0BOT")
    office.person("ana").type("/recover show rows-wrong", "C0DATA")
    assert "Restore the rows" in wait_for(lambda: outline_told(office, "C0DATA"))


def test_when_no_picture_can_be_drawn_the_outline_is_told_instead(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that draws does not start; the same with it does."""
    monkeypatch.setattr("sys.executable", "/nonexistent/python")
    office.person("ana").type("/recover show rows-wrong", "C0INC")
    assert "Restore the rows" in wait_for(lambda: outline_told(office))
    assert office.workspace.state.talk.messages("C0INC") == []

"""In a trial nothing leaves the machine: what goes out beyond Slack is shown in a channel of the workspace."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.cli.try_ import environment_of, feeds_of
from bot.format.catalogue import Catalogue
from bot.library.registry import load_shelf
from bot.oncall.pager.message import PageMessage
from bot.oncall.pager.sender import PageSender
from bot.wiring.calling.channels import Channels
from bot.wiring.local import seed_of
from bot.workspace.gateway import with_gateway
from bot.workspace.serve import Workspace
from tests.wiring.running import RUNBOOKS
from tests.workspace.office import AT_ONCE

SHELF = load_shelf(Path(RUNBOOKS))


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    started = Workspace.start(with_gateway(seed_of(SHELF.catalogue)), AT_ONCE)
    yield started
    started.stop()


def shown(workspace: Workspace) -> list[str]:
    return [one.text for one in workspace.state.talk.messages("C0BEYOND")]


def test_every_channel_of_the_catalogue_reaches_the_workspace(workspace: Workspace, tmp_path: Path) -> None:
    environment = environment_of(workspace, tmp_path, SHELF)
    people, teams = SHELF.catalogue.people.values(), SHELF.catalogue.teams.values()
    names = {name for one in people for name in one.pager} | {name for one in teams for name in one.pager}
    assert names
    courier = PageSender({"PATH": os.environ["PATH"]})
    try:
        for number, name in enumerate(sorted(names)):
            address = Channels(environment).address_of(name)
            assert isinstance(address, str)
            answer = courier.send(
                address, PageMessage("ORDERS-1: <!channel> & you", f"number {number}", "Short.", f"key-{number}")
            )
            assert answer.reached, (name, answer)
    finally:
        courier.close()
    assert len(shown(workspace)) == len(names)
    assert all("&lt;!channel&gt; &amp; you" in text for text in shown(workspace))
    assert workspace.state.ledger.refusals == []


def test_whoever_has_no_key_shows_nothing(workspace: Workspace) -> None:
    there = f"{workspace.origin}/gateway"
    assert httpx.post(f"{there}/guessed/X", json={"title": "Hello"}).status_code == 404
    for sent in (b"", b"[]", b"no JSON", b"{" + b" " * 100_000 + b"}"):
        assert httpx.post(f"{there}/{workspace.tokens.page}/X", content=sent).status_code == 400
    assert shown(workspace) == []


def test_calendars_of_rotations_are_handed_through(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a trial calls whoever is on call; of the rest of the environment nothing comes along."""
    fed = Catalogue.model_validate({"rotations": {"dba": {"id": "dba", "ics": "env:DBA_ICS"}}})
    held = {"DBA_ICS": "https://x/1", "DBA_ICS_FILE": "", "SLACK_BOT_TOKEN": "xoxb-mine", "OTHER": "x"}
    assert feeds_of(fed, held) == {"DBA_ICS": "https://x/1"}
    assert feeds_of(fed, {"DBA_ICS_FILE": "/run/x"}) == {"DBA_ICS_FILE": "/run/x"}
    (tmp_path / "people.yaml").write_text('schema: people/v1\nrotations: [{id: dba, ics: "env:DBA_ICS"}]\n', "utf-8")
    monkeypatch.setenv("DBA_ICS", "https://x/2")
    monkeypatch.setenv("OTHER", "x")
    environment = environment_of(workspace, tmp_path, load_shelf(tmp_path))
    assert environment["DBA_ICS"] == "https://x/2"
    assert "OTHER" not in environment

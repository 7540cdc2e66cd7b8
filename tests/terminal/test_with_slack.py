"""A run begun in Slack goes on at a terminal, and back; whoever signs there is seen here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.workspace.client.look import words_of
from bot.workspace.serve import Workspace
from tests.slack.office import SEED
from tests.terminal.conftest import Home
from tests.terminal.test_walking import TARGET, begin, to_signing
from tests.wiring.running import running
from tests.workspace.office import AT_ONCE

pytestmark = pytest.mark.slow


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    made = Workspace.start(SEED, AT_ONCE)
    yield made
    made.stop()


def in_slack(home: Home, workspace: Workspace) -> dict[str, str]:
    return home.environment | {
        "SLACK_BOT_TOKEN": workspace.tokens.bot, "SLACK_APP_TOKEN": workspace.tokens.app,
        "SLACK_API_URL": workspace.api_url, "HANDRAIL_HTTP": "127.0.0.1:0",
    }  # fmt: skip


def test_begun_at_a_terminal_signed_in_slack_and_ended_at_the_terminal(home: Home, workspace: Workspace) -> None:
    """The card stands in the owner's channel; Dora's press shows at Ana's terminal by itself."""
    home.log_in("ana")
    with running(["serve"], in_slack(home, workspace)) as serve:
        serve.wait_ready()
        with home.sit("ana", "walk", "orders") as ana:
            begin(ana)
            to_signing(ana)
            dora = workspace.person("U0DORA")
            assert dora.press("Approve…", "C0DATA", patience=15).ok
            modal = dora.modal()
            modal.fill("Type the target time", TARGET)
            assert modal.submit().ok, modal.errors
            ana.wait_for("“Approve the target” is approved, signed by Dora Lind", "[b] Begin")
    assert [stamp.via for _, event, stamp in home.handler.history(home.run.id) if type(event).__name__ == "Signed"] == [
        "slack"
    ]


def test_begun_in_slack_and_gone_on_with_at_a_terminal(home: Home, workspace: Workspace) -> None:
    """What is pressed here is told in the thread there."""
    home.log_in("ana")
    with running(["serve"], in_slack(home, workspace)) as serve:
        serve.wait_ready()
        ben = workspace.person("U0BEN")
        assert ben.type("/recover orders", "C0INC").ok
        modal = ben.modal().fill("What do you see?", "Rows were changed by mistake").fill("What changed?", "Prices")
        assert modal.submit().ok, modal.errors
        with home.sit("ana", "walk", "orders") as ana:
            ana.asked("A run is open already.", "Ben Okafor operates")
            ana.answer("1")
            ana.wait_for("Ben Okafor operates", "[t] Take over")
            ana.step("t", "Recorded: Take over.", "Ana Ruiz operates")
            ana.step("1", "Type the target time", "[d] Done")
        found = ben.wait_until(
            lambda: [one for one in ben.in_sight() if "Ana Ruiz operates from here" in words_of(one)], 15
        )
        assert found
        assert ben.press("There is a problem", "C0INC", patience=15).ok
    assert [stamp.by for _, _, stamp in home.handler.history(home.run.id)][-2:] == ["ana", "ana"]


def test_while_serving_runs_are_copied_and_everything_is_on_paper(
    home: Home, workspace: Workspace, tmp_path: Path
) -> None:
    """For the day when the database, or Handrail itself, is gone."""
    more = {"HANDRAIL_PACK": str(tmp_path / "paper"), "HANDRAIL_MIRROR": str(tmp_path / "copies")}
    with running(["serve"], in_slack(home, workspace) | more) as serve:
        serve.wait_ready()
        ben, index = workspace.person("U0BEN"), tmp_path / "paper" / "index.html"
        assert ben.wait_until(index.exists, 15)
        assert "Rows are gone" in index.read_text(encoding="utf-8")
        assert ben.type("/recover orders archive", "C0INC").ok
        modal = ben.modal().fill("What changed?", "A table")
        assert modal.submit().ok, modal.errors
        assert ben.wait_until(lambda: list((tmp_path / "copies").rglob("ORDERS-1.jsonl")), 15)
        assert serve.end()[0] == 0


def test_everything_is_put_on_paper_by_hand(home: Home, tmp_path: Path) -> None:
    """What has errors is named, and somebody else's folder is left alone."""
    (Path(home.environment["HANDRAIL_RUNBOOKS"]) / "bad.yaml").write_text("schema: runbook/v1\nid: bad\n")
    runner = CliRunner(env=home.environment)
    done = runner.invoke(main, ["pack", "--output", str(tmp_path / "paper")])
    assert done.exit_code == 0, done.output
    assert "! bad.yaml has errors" in done.output
    assert "Open" in done.output
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    refused = runner.invoke(main, ["pack", "--output", str(tmp_path / "mine")])
    assert refused.exit_code == 2
    assert "holds other things" in refused.output

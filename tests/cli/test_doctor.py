"""The doctor looks at a real workspace and real databases, and says what to do about each fault."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.slack.manifest import SCOPES
from bot.workspace.serve import Options, Workspace
from bot.workspace.state import Seed, User
from tests.workspace.office import AT_ONCE

ROOT = Path(__file__).parent.parent.parent
SEED = Seed(bot_user=User("U0BOT", "handrail", "Handrail", is_bot=True), scopes=tuple(SCOPES))


def examined(environment: dict[str, str]) -> Result:
    blank = dict.fromkeys(("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"), "")
    return CliRunner(env=blank | environment).invoke(main, ["doctor"])


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    running = Workspace.start(SEED, AT_ONCE)
    yield running
    running.stop()


@pytest.fixture
def environment(workspace: Workspace, tmp_path: Path) -> dict[str, str]:
    return {
        "SLACK_API_URL": workspace.api_url,
        "SLACK_BOT_TOKEN": workspace.tokens.bot,
        "SLACK_APP_TOKEN": workspace.tokens.app,
        "DATABASE_URL": f"sqlite:///{tmp_path}/handrail.db",
        "HANDRAIL_RUNBOOKS": str(ROOT / "runbooks"),
    }


def test_all_is_well(environment: dict[str, str], tmp_path: Path) -> None:
    """And looking changes nothing: no database is made."""
    result = examined(environment)
    assert result.exit_code == 0, result.output
    assert "✗" not in result.output
    assert "Nothing stands in the way. Next: handrail serve" in result.output
    for part in ("settings", "bot token", "scopes", "clock", "app token", "database", "runbooks"):
        assert f"✓ {part} " in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_missing_scope_is_named_with_what_fails_without_it(environment: dict[str, str]) -> None:
    few = tuple(scope for scope in SCOPES if scope != "im:write")
    poor = Workspace.start(replace(SEED, scopes=few), Options())
    tokens = {"SLACK_BOT_TOKEN": poor.tokens.bot, "SLACK_APP_TOKEN": poor.tokens.app}
    result = examined(environment | tokens | {"SLACK_API_URL": poor.api_url})
    poor.stop()
    assert result.exit_code == 1
    assert "✗ scopes" in result.output
    assert f"im:write ({SCOPES['im:write']})" in result.output
    assert "install the app again" in result.output
    assert "✓ app token" in result.output


def test_refused_tokens_are_told_apart(environment: dict[str, str]) -> None:
    result = examined(environment | {"SLACK_BOT_TOKEN": "xoxb-000000-wrong", "SLACK_APP_TOKEN": "xapp-1-wrong-000"})
    assert result.exit_code == 1
    assert "✗ bot token    Slack refuses it: invalid_auth." in result.output
    assert "✗ app token    Slack refuses it: invalid_auth." in result.output
    assert "connections:write" in result.output


def test_no_slack_no_folder_no_tokens(environment: dict[str, str], tmp_path: Path) -> None:
    """Each part is looked at, however many of the others are broken."""
    result = examined(
        {
            "SLACK_BOT_TOKEN": environment["SLACK_BOT_TOKEN"],
            "SLACK_API_URL": "http://127.0.0.1:9/api/",
            "HANDRAIL_RUNBOOKS": str(tmp_path / "nowhere"),
            "DATABASE_URL": f"sqlite:///{tmp_path}/nowhere/handrail.db",
        }
    )
    assert result.exit_code == 1
    assert "Slack cannot be reached at http://127.0.0.1:9/api/" in result.output
    assert "SLACK_SIGNING_SECRET" in result.output
    assert "✗ runbooks" in result.output
    assert "✗ database" in result.output
    assert "4 of 5 need your hand" in result.output


def test_an_empty_postgresql_wants_the_migration(environment: dict[str, str], postgres_database: str) -> None:
    result = examined(environment | {"DATABASE_URL": postgres_database})
    assert result.exit_code == 1
    assert "✓ database     PostgreSQL at" in result.output
    assert "Run `handrail migrate`." in result.output


def test_bad_settings_are_the_first_thing_to_mend() -> None:
    result = examined({"HANDRAIL_HTTP": "x", "SLACK_BOT_TOKEN": "y"})
    assert result.exit_code == 1
    assert "2 settings cannot be used" in result.output

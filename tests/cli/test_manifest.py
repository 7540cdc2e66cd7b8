"""The manifest keeps to Slack's limits and asks for what the bot uses, no more."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.slack.manifest import SCOPES


def printed(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["manifest", *arguments])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_socket_mode_needs_no_address() -> None:
    manifest = printed()
    assert manifest["settings"]["socket_mode_enabled"]
    assert "url" not in json.dumps(manifest)
    assert manifest["_metadata"] == {"major_version": 2}


@pytest.mark.parametrize("address", ["https://handrail.example.com", "https://handrail.example.com/slack/events"])
def test_signed_http_names_the_address_four_times(address: str) -> None:
    """The command, the clicks, the menus and the events all come to one place."""
    manifest = printed("--http", address)
    url = "https://handrail.example.com/slack/events"
    settings = manifest["settings"]
    assert not settings["socket_mode_enabled"]
    assert manifest["features"]["slash_commands"][0]["url"] == url
    assert settings["interactivity"]["request_url"] == settings["interactivity"]["message_menu_options_url"] == url
    assert settings["event_subscriptions"]["request_url"] == url


@pytest.mark.parametrize("address", ["http://handrail.example.com", "handrail.example.com", "https://x/?a=1"])
def test_slack_posts_to_https_only(address: str) -> None:
    result = CliRunner().invoke(main, ["manifest", "--http", address])
    assert result.exit_code == 2
    assert "is not an https address" in result.output


def test_slacks_limits_are_kept() -> None:
    manifest = printed()
    display = manifest["display_information"]
    assert len(display["name"]) <= 35
    assert len(display["description"]) <= 140
    assert 175 <= len(display["long_description"]) <= 4000
    assert all(command["should_escape"] for command in manifest["features"]["slash_commands"])
    assert all(len(one["name"]) <= 24 and len(one["description"]) <= 150 for one in manifest["features"]["shortcuts"])
    assert manifest["oauth_config"]["scopes"]["bot"] == list(SCOPES)

"""The manifest keeps to Slack's limits and asks for what the bot uses, no more."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.slack.manifest import SCOPES, SIGN_IN_USER_SCOPES
from bot.wiring.access import build_entry
from bot.wiring.house import House
from bot.workspace.serve import Options, Workspace
from bot.workspace.state import Seed, User
from tests.web.access.browser import Browser

DONE = "https://handrail.example.com/sign-in/done"
BLANK = dict.fromkeys(("HANDRAIL_PUBLIC_URL", "HANDRAIL_PUBLIC_URL_FILE", "HANDRAIL_HTTP"), "")


def asked(*arguments: str, **environment: str) -> Result:
    return CliRunner(env=BLANK | environment).invoke(main, ["manifest", *arguments])


def printed(*arguments: str, **environment: str) -> dict[str, Any]:
    result = asked(*arguments, **environment)
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
    result = asked("--http", address)
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


def test_nobody_signs_in_where_no_address_is_given() -> None:
    """No more scopes than are used: neither a redirect address, nor a scope of persons, nor users:read."""
    for plain in (printed(), printed("--no-sign-in", HANDRAIL_PUBLIC_URL="https://handrail.example.com")):
        assert plain["oauth_config"] == {"scopes": {"bot": list(SCOPES)}}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--sign-in", "https://handrail.example.com"],
        ["--sign-in", "https://handrail.example.com/"],
        ["--sign-in", DONE],
    ],
)
def test_whoever_signs_in_is_led_back_here(arguments: list[str]) -> None:
    oauth = printed(*arguments)["oauth_config"]
    assert oauth["redirect_urls"] == [DONE]
    assert oauth["scopes"] == {"user": list(SIGN_IN_USER_SCOPES), "bot": list(SCOPES)}


def test_the_address_of_the_settings_is_taken(tmp_path: Path) -> None:
    """And nothing else of them is asked for: tokens come after the app that this makes."""
    file = tmp_path / "url"
    file.write_text("https://handrail.example.com\n", encoding="utf-8")
    for environment in (
        {"HANDRAIL_PUBLIC_URL": "https://handrail.example.com/", "SLACK_BOT_TOKEN": "not-yet"},
        {"HANDRAIL_PUBLIC_URL_FILE": str(file)},
    ):
        assert printed(**environment)["oauth_config"]["redirect_urls"] == [DONE]
    elsewhere = printed("--sign-in", "https://other.example.com/h", HANDRAIL_PUBLIC_URL="https://handrail.example.com")
    assert elsewhere["oauth_config"]["redirect_urls"] == ["https://other.example.com/h/sign-in/done"]


def test_slack_leads_people_back_over_https_only() -> None:
    """The public address of a trial stays usable for the rest; a bad one, or a bad option, is said."""
    here = asked(HANDRAIL_PUBLIC_URL="http://127.0.0.1:8080")
    assert json.loads(here.stdout)["oauth_config"] == {"scopes": {"bot": list(SCOPES)}}
    assert "Slack leads people back over https" in here.stderr
    for address in ("http://127.0.0.1:8080", "handrail.example.com", "https://x/?a=1", "https://a:b@x", "http://["):
        refused = asked("--sign-in", address)
        assert refused.exit_code == 2
        assert "is not an https address" in refused.output
    bad = asked(HANDRAIL_PUBLIC_URL="http://handrail.example.com")
    assert bad.exit_code == 2
    assert "HANDRAIL_PUBLIC_URL: starts with http://" in bad.output
    both = asked("--sign-in", "https://x.example", "--no-sign-in")
    assert both.exit_code == 2
    assert "say opposite things" in both.output


def test_the_sign_in_asks_for_what_the_manifest_declares() -> None:
    """Slack refuses a scope that the app never declared, and an address that it does not know."""
    seed = Seed(bot_user=User("U0BOT", "handrail", "Handrail", is_bot=True), scopes=tuple(SCOPES))
    slack = Workspace.start(seed, Options())
    environment = {
        "SLACK_BOT_TOKEN": slack.tokens.bot, "SLACK_APP_TOKEN": slack.tokens.app, "SLACK_API_URL": slack.api_url,
        "HANDRAIL_SLACK_CLIENT_ID": slack.openid.client_id, "HANDRAIL_SLACK_CLIENT_SECRET": slack.openid.client_secret,
        "HANDRAIL_PUBLIC_URL": "https://handrail.example.com",
    }  # fmt: skip
    with ThreadPoolExecutor(1) as pool:
        entry = build_entry(House(environment), pool, "token")
        sent = Browser([*entry.routes]).get("/sign-in/slack")
    slack.stop()
    query = parse_qs(urlsplit(sent.headers["location"]).query)
    oauth = printed(HANDRAIL_PUBLIC_URL="https://handrail.example.com")["oauth_config"]
    assert query["redirect_uri"] == oauth["redirect_urls"]
    assert query["scope"][0].split() == oauth["scopes"]["user"]

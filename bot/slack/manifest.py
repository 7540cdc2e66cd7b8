"""The Slack app as its manifest declares it; the local workspace and the doctor read the same tables."""

from collections.abc import Mapping
from typing import Any

COMMAND = "/recover"
COMMAND_DESCRIPTION = "Recover an asset, one step at a time"
COMMAND_HINT = "<asset> | status | runs | show <runbook> | help"
SHORTCUTS: Mapping[str, str] = {"start_recovery": "Start recovery"}
MESSAGE_SHORTCUTS: Mapping[str, str] = {"add_to_record": "Add to the record"}
EVENTS = ("app_home_opened",)
"""Only what has a listener: Slack sends an event that nobody takes four times."""

SCOPES: Mapping[str, str] = {
    "commands": "the command /recover and the shortcuts",
    "chat:write": "the card of a run, its thread and hints",
    "files:write": "the picture of a runbook",
    "im:write": "a direct message to a person who is asked",
    "channels:history": "looking for a post after a lost answer, so that it is not posted twice",
    "groups:history": "the same in a private channel",
    "im:history": "the same in a direct message",
    "users:read": "knowing whose account is gone, in which zone people read a clock, and who may read the pages",
}
"""Bot scopes, each with what would fail without it."""
SIGN_IN_USER_SCOPES: Mapping[str, str] = {
    "openid": "knowing who signs in",
    "profile": "the name and the workspace of whoever signs in",
}
"""What each person is asked to allow when they sign in; Slack grants to an app only what its manifest declares."""


def manifest(http_url: str | None = None, returns_to: str | None = None) -> dict[str, Any]:
    """The manifest: Socket Mode, or signed HTTP when `http_url` names where Slack posts to (…/slack/events).

    `returns_to`: people sign in with Slack, which leads them back to this address (…/sign-in/done).
    """
    request = {} if http_url is None else {"url": http_url}
    interactivity: dict[str, Any] = {"is_enabled": True}
    events: dict[str, Any] = {"bot_events": list(EVENTS)}
    if http_url is not None:
        interactivity |= {"request_url": http_url, "message_menu_options_url": http_url}
        events["request_url"] = http_url
    return {
        "_metadata": {"major_version": 2},
        "display_information": _DISPLAY,
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "handrail", "always_online": True},
            "slash_commands": [
                {
                    "command": COMMAND,
                    **request,
                    "description": COMMAND_DESCRIPTION,
                    "usage_hint": COMMAND_HINT,
                    "should_escape": True,
                }
            ],
            "shortcuts": [
                *_shortcuts(SHORTCUTS, "global", "Walk a data recovery, one step at a time"),
                *_shortcuts(MESSAGE_SHORTCUTS, "message", "Keep this message in a run's record"),
            ],
        },
        "oauth_config": _oauth(returns_to),
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": http_url is None,
            "token_rotation_enabled": False,
        },
    }


def _oauth(returns_to: str | None) -> dict[str, Any]:
    """What the app may do, and where people come back to: see https://docs.slack.dev/reference/app-manifest ."""
    if returns_to is None:
        return {"scopes": {"bot": list(SCOPES)}}
    scopes = {"user": list(SIGN_IN_USER_SCOPES), "bot": list(SCOPES)}
    return {"redirect_urls": [returns_to], "scopes": scopes}


def _shortcuts(names: Mapping[str, str], kind: str, description: str) -> list[dict[str, str]]:
    return [
        {"name": name, "type": kind, "callback_id": callback, "description": description}
        for callback, name in names.items()
    ]


_DISPLAY = {
    "name": "Handrail",
    "description": "Walks responders through data recovery, one step at a time, and keeps the record.",
    "long_description": (
        "Type /recover and the name of what is damaged. Handrail shows what is at stake, asks what you see, picks the "
        "runbook and walks you through it: do this, confirm it; choose the line that matches; wait until a second "
        "person has signed. Every action is recorded for good, in order, with who did it and when."
    ),
    "background_color": "#1f3a4d",
}

"""Asks Slack for its user groups and for one person at a time; lists of everybody are never asked for."""

from collections.abc import Iterator, Mapping
from typing import Any

from slack_sdk import WebClient

SCOPES: Mapping[str, str] = {
    "usergroups:read": "knowing the groups and who is in them",
    "users:read": "the names and time zones of their people",
    "users:read.email": "their addresses, by which calendars name them",
}
"""Scopes that bringing people in needs, beside those of the bot; nothing else does."""


def groups_of(client: WebClient, wanted: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """The groups of a workspace with their users: those that are wanted, by handle, name or id, or all."""
    answer = client.usergroups_list(include_users=True)
    asked = {one.removeprefix("@").casefold() for one in wanted}
    for group in answer.get("usergroups") or []:
        names = {str(group.get(key) or "").casefold() for key in ("id", "handle", "name")}
        if not asked or names & asked:
            yield group


def user_of(client: WebClient, user: str) -> Mapping[str, Any]:
    """`users.info`: who an account is."""
    found: Mapping[str, Any] = client.users_info(user=user).get("user") or {}
    return found

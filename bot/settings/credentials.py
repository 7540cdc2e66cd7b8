"""Readers of tokens and secrets: whether one has the right shape. No secret is ever repeated."""

import re
from collections.abc import Callable

from bot.settings.problems import BadSetting

_SHORTEST_SECRET = 32


def token_reader(prefix: str, what: str, where: str) -> Callable[[str], str]:
    """Reads a token of Slack, which begins with `prefix`: `what` it is and `where` in the app's page it stands."""
    shape = re.compile(re.escape(prefix) + r"[A-Za-z0-9-]{6,}")

    def read(text: str) -> str:
        if not shape.fullmatch(text):
            raise BadSetting(
                f"is not {what}.", f"It starts with {prefix} and is found in your app's page, under {where}."
            )
        return text

    return read


def app_secret_reader(what: str, where: str) -> Callable[[str], str]:
    """Reads a secret that Slack made for the app: `what` it is and `where` in the app's page it stands."""

    def read(text: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9]{16,128}", text):
            raise BadSetting(
                f"is not a {what}.", f"It is 32 letters and digits, found in your app's page, under {where}."
            )
        return text

    return read


def read_client_id(text: str) -> str:
    """The id by which Slack knows the app; it is no secret."""
    if not re.fullmatch(r"[A-Za-z0-9.-]{3,64}", text):
        raise BadSetting(
            "is not a client id.", "It is two numbers with a dot between, found in your app's page, Basic Information."
        )
    return text


def secret_reader(use: str) -> Callable[[str], str]:
    """Reads a secret that the operator made; `use` says for what a shorter one would not do."""

    def read(text: str) -> str:
        if len(text) < _SHORTEST_SECRET:
            raise BadSetting(f"is too short to {use}.", "Make one with: openssl rand -hex 32")
        return text

    return read

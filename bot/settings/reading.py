"""Reads every variable once, and says all that is wrong at once."""

import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bot.settings.problems import BadSetting, BadSettings, SettingProblem
from bot.settings.record import Settings
from bot.settings.variables import TOGETHER, VARIABLES

_OF_A_SERVICE = re.compile(
    r"HANDRAIL_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)?)"
)
"""What Kubernetes puts into every pod beside a Service whose name begins with `handrail`."""
_ADDRESS_OF_A_SERVICE = re.compile(r"(?:tcp|udp|sctp)://\S+|[0-9A-Fa-f.:]+|tcp|udp|sctp")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read every variable of Handrail from `environment`; BadSettings lists all problems.

    An empty value counts as unset. `NAME_FILE` names a file that holds the value of `NAME`.
    """
    problems = [*_unknown_names(environment)]
    values: dict[str, Any] = {}
    for name, (attribute, read) in VARIABLES.items():
        try:
            text = _text_of(name, environment)
            if text is not None:
                values[attribute] = read(text)
        except BadSetting as wrong:
            problems.append(SettingProblem(name, wrong.message, wrong.hint))
    problems += _missing_beside(values)
    if problems:
        raise BadSettings(tuple(problems))
    return replace(Settings(), **values)


def read_one(name: str, environment: Mapping[str, str]) -> Any:  # noqa: ANN401  (as its reader makes it)
    """One variable as it is now, its file read again; None when it is not set. Raises Wrong."""
    text = _text_of(name, environment)
    return VARIABLES[name][1](text) if text is not None else None


def _missing_beside(values: Mapping[str, object]) -> list[SettingProblem]:
    """What is of no use, or harmful, without another one."""
    return [
        SettingProblem(name, message, hint)
        for given, wanted, name, message, hint in TOGETHER
        if given in values and wanted not in values
    ]


def missing_for_serving(settings: Settings) -> tuple[SettingProblem, ...]:
    """What `serve` needs beside sound values: a bot token, and one way for Slack to reach us."""
    missing = []
    if settings.bot_token is None:
        missing.append(
            SettingProblem(
                "SLACK_BOT_TOKEN",
                "is not set.",
                "Copy the Bot User OAuth Token (xoxb-…) from your app's page, under OAuth & Permissions.",
            )
        )
    if settings.app_token is None and settings.signing_secret is None:
        missing.append(
            SettingProblem(
                "SLACK_APP_TOKEN",
                "is not set, and neither is SLACK_SIGNING_SECRET, so that Slack could not reach Handrail.",
                "For Socket Mode set SLACK_APP_TOKEN (xapp-…); for signed HTTP set SLACK_SIGNING_SECRET.",
            )
        )
    return tuple(missing)


def _unknown_names(environment: Mapping[str, str]) -> list[SettingProblem]:
    known = [one for name in VARIABLES for one in (name, f"{name}_FILE")]
    ours = [one for one in known if one.startswith("HANDRAIL_")]
    problems = []
    for name in sorted(environment):
        if name.startswith("HANDRAIL_") and name not in known and not _is_of_a_service(name, environment[name]):
            near = get_close_matches(name, ours, n=1, cutoff=0.85)
            hint = f"Did you mean {near[0]}?" if near else f"Handrail knows {', '.join(ours[::2])}; unset this one."
            problems.append(SettingProblem(name, "is not a setting of Handrail.", hint))
    return problems


def _is_of_a_service(name: str, value: str) -> bool:
    """Whether a cluster put it there, by the shape of name and value: nobody who means a setting writes either."""
    if not _OF_A_SERVICE.fullmatch(name) or not _ADDRESS_OF_A_SERVICE.fullmatch(value):
        return False
    return "_SERVICE_" in name or "://" in value or re.search(r"_PORT_\d+_", name) is not None


def _text_of(name: str, environment: Mapping[str, str]) -> str | None:
    text = environment.get(name, "").strip()
    file = environment.get(f"{name}_FILE", "").strip()
    if text and file:
        raise BadSetting(f"is set, and {name}_FILE is set too.", "Keep one of the two.")
    return _content_of(name, Path(file)) if file else text or None


def _content_of(name: str, file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "it is not UTF-8 text"
        raise BadSetting(
            f"{name}_FILE names {_shown(file)}, which cannot be read: {reason}.",
            "Name a file that holds the value alone, by its whole path.",
        ) from None
    if not text:
        raise BadSetting(
            f"{name}_FILE names {_shown(file)}, which is empty.", "Put the value into it, or unset the variable."
        )
    return text


def _shown(file: Path) -> str:
    """The file as it is told; what is no whole path may be the secret itself, put into the wrong variable."""
    return str(file) if file.is_absolute() else "a file"

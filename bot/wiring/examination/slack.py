"""Whether Slack takes the tokens, and whether they may do what Handrail needs."""

from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.settings import Settings, missing_for_serving
from bot.slack.manifest import SCOPES
from bot.wiring.examination.clocks import compare_clocks
from bot.wiring.examination.finding import Diagnosis
from bot.wiring.house import House

TIME_LIMIT = 5
"""Seconds that Slack has for each question."""


def examine_slack(house: House) -> Iterator[Diagnosis]:
    """The tokens, the scopes and Slack's clock."""
    settings = house.settings
    for problem in missing_for_serving(settings):
        yield Diagnosis("slack", "bad", f"{problem.name} {problem.message}", problem.hint)
    if settings.bot_token is not None:
        yield from _examine_bot_token(settings)
    if settings.app_token is not None:
        yield _examine_app_token(settings)
    elif settings.signing_secret is not None:
        yield Diagnosis(
            "way in",
            "odd",
            "Signed HTTP: the secret has the right shape; only a request from Slack can prove it.",
            "In your app's page the Request URLs must end in /slack/events; `handrail manifest --http URL` has them.",
        )


def _examine_bot_token(settings: Settings) -> Iterator[Diagnosis]:
    try:
        answer = WebClient(settings.bot_token, settings.slack_api_url, TIME_LIMIT).auth_test()
    except SlackApiError as refusal:
        yield _refused("bot token", refusal, "Install the app again and copy the new Bot User OAuth Token.")
    except (SlackClientError, OSError, HTTPException) as failure:
        yield _unreachable("bot token", settings, failure)
    else:
        yield Diagnosis("bot token", "fine", f"{answer.get('user')} in the workspace {answer.get('team')}.")
        headers = _lowered(answer.headers)
        yield _examine_scopes(headers.get("x-oauth-scopes", ""))
        if "date" in headers:
            yield compare_clocks("Slack's", parsedate_to_datetime(headers["date"]))


def _examine_app_token(settings: Settings) -> Diagnosis:
    try:
        WebClient(base_url=settings.slack_api_url, timeout=TIME_LIMIT).apps_connections_open(
            app_token=settings.app_token or ""
        )
    except SlackApiError as refusal:
        return _refused(
            "app token",
            refusal,
            "Make an App-Level Token with the scope connections:write (Basic Information), and switch Socket Mode on.",
        )
    except (SlackClientError, OSError, HTTPException) as failure:
        return _unreachable("app token", settings, failure)
    return Diagnosis("app token", "fine", "Socket Mode opens.")


def _examine_scopes(granted: str) -> Diagnosis:
    has = {scope.strip() for scope in granted.split(",") if scope.strip()}
    if not has:
        return Diagnosis("scopes", "odd", "Slack did not say which scopes the token has.")
    missing = [scope for scope in SCOPES if scope not in has]
    if missing:
        needs = "; ".join(f"{scope} ({SCOPES[scope]})" for scope in missing)
        return Diagnosis(
            "scopes",
            "bad",
            f"Missing: {needs}.",
            "Paste `handrail manifest` under App Manifest in your app's page, save, and install the app again.",
        )
    more = sorted(has - SCOPES.keys())
    if more:
        return Diagnosis("scopes", "odd", f"All there, and more than Handrail uses: {', '.join(more)}.")
    return Diagnosis("scopes", "fine", f"All {len(SCOPES)} there.")


def _refused(part: str, refusal: SlackApiError, todo: str) -> Diagnosis:
    return Diagnosis(part, "bad", f"Slack refuses it: {refusal.response.get('error', 'unknown')}.", todo)


def _unreachable(part: str, settings: Settings, failure: Exception) -> Diagnosis:
    return Diagnosis(
        part,
        "bad",
        f"Slack cannot be reached at {settings.slack_api_url}: {failure}.",
        "Check this machine's network, proxy and SLACK_API_URL.",
    )


def _lowered(headers: Mapping[str, Any]) -> dict[str, str]:
    """Header names in lower case; slack_sdk gives a list where a name comes more than once."""
    return {name.lower(): value if isinstance(value, str) else value[0] for name, value in headers.items()}

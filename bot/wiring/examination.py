"""What the doctor looks at: Slack, the database, the runbooks, and the clocks of all of them."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any, Literal

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from sqlalchemy import Engine

from bot.journal.database import schema_state
from bot.journal.store import Journal
from bot.journal.tables import missing_guards
from bot.library.check import check_folder
from bot.settings import Settings, missing_for_serving
from bot.slack.manifest import SCOPES
from bot.wiring.house import utc_now

ADRIFT = 5.0
"""Seconds by which a clock may differ before it is worth a word; Slack's signatures allow 300."""
TIME_LIMIT = 5


@dataclass(frozen=True)
class Finding:
    """How one part is, in words, and what to do about it."""

    part: str
    state: Literal["fine", "odd", "bad"]
    says: str
    todo: str = ""


def examine_slack(settings: Settings) -> Iterator[Finding]:
    """The tokens, the scopes and Slack's clock."""
    for problem in missing_for_serving(settings):
        yield Finding("slack", "bad", f"{problem.name} {problem.message}", problem.hint)
    if settings.bot_token is not None:
        yield from _examine_bot_token(settings)
    if settings.app_token is not None:
        yield _examine_app_token(settings)
    elif settings.signing_secret is not None:
        yield Finding(
            "way in",
            "odd",
            "Signed HTTP: the secret has the right shape; only a request from Slack can prove it.",
            "In your app's page the Request URLs must end in /slack/events; `handrail manifest --http URL` has them.",
        )


def _examine_bot_token(settings: Settings) -> Iterator[Finding]:
    try:
        answer = WebClient(settings.bot_token, settings.slack_api_url, TIME_LIMIT).auth_test()
    except SlackApiError as refusal:
        yield _refused("bot token", refusal, "Install the app again and copy the new Bot User OAuth Token.")
    except (SlackClientError, OSError, HTTPException) as failure:
        yield _unreachable("bot token", settings, failure)
    else:
        yield Finding("bot token", "fine", f"{answer.get('user')} in the workspace {answer.get('team')}.")
        headers = _lowered(answer.headers)
        yield _examine_scopes(headers.get("x-oauth-scopes", ""))
        if "date" in headers:
            yield _compare_clocks("Slack's", parsedate_to_datetime(headers["date"]))


def _examine_app_token(settings: Settings) -> Finding:
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
    return Finding("app token", "fine", "Socket Mode opens.")


def _examine_scopes(granted: str) -> Finding:
    has = {scope.strip() for scope in granted.split(",") if scope.strip()}
    if not has:
        return Finding("scopes", "odd", "Slack did not say which scopes the token has.")
    missing = [scope for scope in SCOPES if scope not in has]
    if missing:
        needs = "; ".join(f"{scope} ({SCOPES[scope]})" for scope in missing)
        return Finding(
            "scopes",
            "bad",
            f"Missing: {needs}.",
            "Paste `handrail manifest` under App Manifest in your app's page, save, and install the app again.",
        )
    more = sorted(has - set(SCOPES))
    if more:
        return Finding("scopes", "odd", f"All there, and more than Handrail uses: {', '.join(more)}.")
    return Finding("scopes", "fine", f"All {len(SCOPES)} there.")


def examine_database(settings: Settings, engine: Engine) -> Iterator[Finding]:
    """That it answers, that its tables are of this version, and its clock."""
    file = settings.sqlite_path
    if file is not None and not file.exists():
        yield _place_for(file)
        return
    state = schema_state(engine)
    name = "SQLite" if file is not None else "PostgreSQL"
    yield Finding("database", "fine", f"{name} at {engine.url.render_as_string(hide_password=True)} answers.")
    yield _tables(state, by_itself=file is not None)
    gone = missing_guards(engine) if state == "current" else ()
    if gone:
        yield Finding(
            "record",
            "bad",
            f"The database no longer refuses to change the record: {', '.join(gone)} is gone.",
            "Find out who took that away, keep a copy, and run `handrail verify` with heads from Slack or exports.",
        )
    if state == "current" and file is None:
        yield _compare_clocks("the database's", Journal(engine).database_time())


def _place_for(file: Path) -> Finding:
    folder = file.absolute().parent
    if not os.access(folder, os.W_OK):
        return Finding("database", "bad", f"Nothing can be written into {folder}.", "Name another in DATABASE_URL.")
    return Finding("database", "fine", f"The file {file} is made when `handrail serve` starts.")


def _tables(state: str, *, by_itself: bool) -> Finding:
    match state:
        case "current":
            return Finding("migrations", "fine", "The tables are of this version.")
        case "ahead":
            return Finding("migrations", "bad", "The tables belong to a newer Handrail.", "Install that version.")
        case _ if by_itself:
            return Finding("migrations", "fine", "The tables are made when `handrail serve` starts.")
        case _:
            word = "There are no tables yet." if state == "empty" else "The tables are of an older version."
            return Finding("migrations", "bad", word, "Run `handrail migrate`.")


def examine_runbooks(folder: Path) -> Iterator[Finding]:
    """That the folder loads, and how many problems it has."""
    if not folder.is_dir():
        yield Finding("runbooks", "bad", f"There is no folder {folder}.", "Set HANDRAIL_RUNBOOKS to your runbooks.")
        return
    report = check_folder(folder)
    if not report.files:
        yield Finding("runbooks", "bad", f"There is no YAML file in {folder}.", "Set HANDRAIL_RUNBOOKS to yours.")
    elif report.errors:
        yield Finding(
            "runbooks",
            "bad",
            f"{report.errors} errors in {report.files} files of {folder}; what has an error is not loaded.",
            f"Run `handrail check {folder}`.",
        )
    else:
        warnings = f", {report.warnings} warnings" if report.warnings else ""
        yield Finding("runbooks", "fine", f"{report.files} files in {folder}, no errors{warnings}.")


def _compare_clocks(whose: str, theirs: datetime) -> Finding:
    apart = abs((utc_now() - theirs.astimezone(UTC)).total_seconds())
    if apart > ADRIFT:
        return Finding(
            "clock",
            "bad",
            f"This machine's clock and {whose} are {apart:.0f} s apart.",
            "Switch on time synchronisation (NTP); from 300 s on Slack's signed requests are refused.",
        )
    return Finding("clock", "fine", f"Agrees with {whose}.")


def _refused(part: str, refusal: SlackApiError, todo: str) -> Finding:
    return Finding(part, "bad", f"Slack refuses it: {refusal.response.get('error', 'unknown')}.", todo)


def _unreachable(part: str, settings: Settings, failure: Exception) -> Finding:
    return Finding(
        part,
        "bad",
        f"Slack cannot be reached at {settings.slack_api_url}: {failure}.",
        "Check this machine's network, proxy and SLACK_API_URL.",
    )


def _lowered(headers: Mapping[str, Any]) -> dict[str, str]:
    """Header names in lower case; slack_sdk gives a list where a name comes more than once."""
    return {name.lower(): value if isinstance(value, str) else value[0] for name, value in headers.items()}

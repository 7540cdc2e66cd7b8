"""What a request asks, read strictly: a name that is not known would otherwise mean everything."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.requests import Request

MOST, USUAL = 100, 25
_ID = r"^[a-z0-9][a-z0-9_-]{0,63}$"
_CURSOR = r"^[A-Za-z0-9_-]{4,120}$"
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")
_ZONE = r"^[A-Za-z][A-Za-z0-9_+/-]{0,59}$"
_VERSION = "1:"

LISTING: Mapping[str, Mapping[str, Any]] = {
    "open": {
        "schema": {"type": "string", "enum": ["", "true", "false"]}, "allowEmptyValue": True,
        "description": "Only runs that are open, those that wait for a review too; `false`: only those that are not.",
    },
    "asset": {"schema": {"type": "string", "pattern": _ID}, "description": "Only runs of the asset with this id."},
    "since": {
        "schema": {"type": "string", "format": "date-time"},
        "description": "Only runs that started at this moment or later.",
    },
    "cursor": {
        "schema": {"type": "string", "pattern": _CURSOR},
        "description": "`next_cursor` of the page before. Runs that start meanwhile shift nothing.",
    },
    "limit": {
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
        "description": "How many runs at most.",
    },
}  # fmt: skip
TELLING: Mapping[str, Mapping[str, Any]] = {
    "timezone": {
        "schema": {"type": "string", "pattern": _ZONE, "default": "UTC"}, "description": "Times in this zone."
    },
    "pseudonyms": {
        "schema": {"type": "string", "enum": ["", "true", "false"]}, "allowEmptyValue": True,
        "description": "Replace people by roles.",
    },
}  # fmt: skip
NOTHING: Mapping[str, Mapping[str, Any]] = {}


class BadQuestion(Exception):
    """What is asked cannot be read; the sentence says what can."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Which runs are asked for; `after` is the id of the last run of the page before."""

    open: bool | None
    asset: str | None
    since: datetime | None
    after: str | None
    limit: int


def read_listing(request: Request) -> Listing:
    """The question about runs; BadQuestion when it cannot be read."""
    asked = _one_of_each(request, LISTING)
    limit = asked.get("limit", str(USUAL))
    if not re.fullmatch(r"\d{1,3}", limit, re.ASCII) or not 1 <= int(limit) <= MOST:
        raise BadQuestion(f"limit is a number from 1 to {MOST}.")
    asset = asked.get("asset")
    if asset is not None and not re.fullmatch(_ID, asset):
        raise BadQuestion("asset is the id of an asset, such as orders-db; see /api/v1/assets.")
    since = asked.get("since")
    cursor = asked.get("cursor")
    return Listing(
        _switch("open", asked), asset, None if since is None else _instant(since),
        None if cursor is None else read_cursor(cursor), int(limit),
    )  # fmt: skip


def read_telling(request: Request) -> tuple[ZoneInfo, bool]:
    """In which zone a timeline is asked for, and whether with pseudonyms; BadQuestion when that cannot be read."""
    asked = _one_of_each(request, TELLING)
    name = asked.get("timezone", "UTC")
    try:
        zone = ZoneInfo(name) if re.fullmatch(_ZONE, name) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = None
    if zone is None:
        raise BadQuestion("timezone is the name of a zone, such as Europe/Berlin or UTC.")
    return zone, _switch("pseudonyms", asked) or False


def read_nothing(request: Request) -> None:
    """Nothing can be asked here."""
    _one_of_each(request, NOTHING)


def write_cursor(run_id: str) -> str:
    """A place in the list, as text that says nothing to whoever sends it back."""
    return urlsafe_b64encode(f"{_VERSION}{run_id}".encode()).rstrip(b"=").decode()


def read_cursor(text: str) -> str:
    """The id of the run that `write_cursor` wrote; BadQuestion when it did not."""
    bad = BadQuestion("cursor is the next_cursor of the page before, as it stood there.")
    try:
        known = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode() if re.fullmatch(_CURSOR, text) else ""
    except (Error, ValueError):
        raise bad from None
    if not known.startswith(_VERSION) or not known.isprintable():
        raise bad
    return known.removeprefix(_VERSION)


def _one_of_each(request: Request, known: Mapping[str, object]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            words = f"One can ask for {', '.join(known)}." if known else "Nothing can be asked here."
            raise BadQuestion(f"There is a question that is not known here. {words}")
        if name in found:
            raise BadQuestion(f"{name} stands twice.")
        found[name] = value
    return found


def _switch(name: str, asked: Mapping[str, str]) -> bool | None:
    match asked.get(name):
        case None:
            return None
        case "" | "true":
            return True
        case "false":
            return False
    raise BadQuestion(f"{name} is true or false, or stands alone.")


def _instant(text: str) -> datetime:
    try:
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadQuestion("since is a date and time with its offset: 2026-11-22T03:40:00Z (write + as %2B).")

"""Slack's date tokens, told in the reader's own time zone and on a 24-hour clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from bot.workspace.blocks.text.reader import TextContext

_TOKEN = re.compile(r"\{(\w+)\}")
_DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow"}
_TEEN_FIRST, _TEEN_LAST = 11, 13
_UNITS = (
    (timedelta(days=365), "year"),
    (timedelta(days=30), "month"),
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
)


def date_in_words(timestamp: int, template: str, reader: TextContext) -> str:
    """Fill Slack's date tokens (``{date_short}``, ``{time}``, ``{ago}`` ...) for a Unix time in seconds.

    Raises ``ValueError`` for a token Slack does not know, so that the caller shows the fallback as Slack does.
    """
    try:
        moment = datetime.fromtimestamp(timestamp, tz=UTC).astimezone(reader.zone)
    except OverflowError as beyond:
        message = f"no such time: {timestamp}"
        raise ValueError(message) from beyond
    return _TOKEN.sub(lambda found: _token(found[1], moment, reader, opens=found.start() == 0), template)


def _token(name: str, moment: datetime, reader: TextContext, *, opens: bool) -> str:
    if name.endswith("_pretty"):
        near = _DAYS.get((moment.date() - reader.now.astimezone(reader.zone).date()).days)
        if near:
            return near.capitalize() if opens else near
        name = "date_long" if name == "day_divider_pretty" else name.removesuffix("_pretty")
    match name:
        case "date_num":
            return f"{moment:%Y-%m-%d}"
        case "date_slash":
            return f"{moment:%d/%m/%Y}"
        case "date_long":
            return f"{moment:%A, %B} {_ordinal(moment.day)}, {moment.year}"
        case "date_long_full" | "date":
            return f"{moment:%B} {_ordinal(moment.day)}, {moment.year}"
        case "date_short":
            return f"{moment:%b} {moment.day}, {moment.year}"
        case "time":
            return f"{moment:%H:%M}"
        case "time_secs":
            return f"{moment:%H:%M:%S}"
        case "ago":
            return ago(reader.now - moment)
        case _:
            message = f"Slack knows no date token {{{name}}}"
            raise ValueError(message)


def _ordinal(day: int) -> str:
    teen = _TEEN_FIRST <= day % 100 <= _TEEN_LAST
    return f"{day}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def ago(passed: timedelta) -> str:
    """Say how long ago, in the largest unit that fits; a negative time is said to come."""
    for unit, name in _UNITS:
        count = int(abs(passed) / unit)
        if count:
            much = f"{count} {name}{'' if count == 1 else 's'}"
            return f"{much} ago" if passed > timedelta() else f"in {much}"
    return "just now"

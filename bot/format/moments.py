"""Moments within a text: found however they are written, said as people read them, typed as people type them."""

import re
from collections.abc import Callable
from datetime import datetime, tzinfo

from bot.format.pieces import read_instant

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = rf"(?:(?P<iso>\d{{4}}-\d\d-\d\d)|(?P<day>\d{{1,2}}) (?P<month>{'|'.join(_MONTHS)})[a-z]*\.? (?P<year>\d{{4}}))"
_SECONDS = r"(?::(?P<second>\d\d)(?P<part>\.\d{1,6})?)?"
_CLOCK = rf"(?P<hour>\d{{1,2}}):(?P<minute>\d\d){_SECONDS}(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
_OFFSET = r" ?(?P<offset>[Zz]|UTC|utc|[+-]\d\d:?\d\d)"
_WITHIN = re.compile(rf"(?<![\w.:/-]){_DAY}(?:[Tt]|,? (?:at )?){_CLOCK}{_OFFSET}(?!\w|:\d)")
_TYPED = re.compile(rf"{_DAY}(?:[Tt]|,? *(?:at )?)\s*{_CLOCK}(?:\s*{_OFFSET})?")
_NOON = 12


def say_moments(text: str, say: Callable[[datetime], str] | None = None) -> str:
    """The text with each moment that has an offset as `say` says it; in the offset that it has where nothing does."""
    if ":" not in text:
        return text
    return _WITHIN.sub(lambda found: _said(found, say), text)


def split_moments(text: str) -> list[str | datetime]:
    """The text in pieces: what is no moment as it is, each moment with the offset that it was written with."""
    pieces, at = list[str | datetime](), 0
    for found in _WITHIN.finditer(text) if ":" in text else ():
        moment = _moment(found)
        if moment is not None:
            pieces += [text[at : found.start()], moment]
            at = found.end()
    return [one for one in (*pieces, text[at:]) if one != ""]


def say_moment(at: datetime) -> str:
    """A moment as people read it where nobody knows their zone: ``22 Nov 2026 03:40 +01:00``."""
    offset = "UTC" if not at.utcoffset() else at.isoformat()[-6:]
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year} {_clock(at)} {offset}"


def say_on_the_wall(at: datetime, zone: tzinfo) -> str:
    """A moment on a clock of that zone, as it may be typed there: ``2026-11-22 03:40``."""
    there = at.astimezone(zone)
    return f"{there:%Y-%m-%d} {_clock(there)}"


def say_zone(zone: tzinfo, at: datetime) -> str:
    """A zone by name and offset: ``Europe/Berlin (UTC+01:00)``."""
    offset = at.astimezone(zone).isoformat()[-6:]
    name = getattr(zone, "key", None) or str(zone)
    return "UTC" if name == "UTC" else f"{name} (UTC{offset})" if name and "UTC" not in name else f"UTC{offset}"


def written_moment(typed: str) -> str:
    """What was typed as ISO 8601, with its offset if it has one; anything that is no day and time, as it was typed.

    Taken are ``2026-11-22 03:40``, ``22 Nov 2026 03:40 +01:00``, ``2026-11-22 3:40 PM`` and the like.
    """
    found = _TYPED.fullmatch(typed.strip())
    if found is None:
        return typed
    day = found["iso"] or f"{found['year']}-{_MONTHS.index(found['month']) + 1:02}-{int(found['day']):02}"
    seconds = f":{found['second']}{found['part'] or ''}" if found["second"] else ""
    offset = found["offset"] or ""
    return f"{day}T{_hour(found):02}:{found['minute']}{seconds}{'+00:00' if offset.upper() in ('Z', 'UTC') else offset}"


def _hour(found: re.Match[str]) -> int:
    hour = int(found["hour"])
    return hour if not found["half"] else hour % _NOON + (_NOON if found["half"] in "Pp" else 0)


def _moment(found: re.Match[str]) -> datetime | None:
    try:
        read_instant(written := written_moment(found[0]))
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def _said(found: re.Match[str], say: Callable[[datetime], str] | None) -> str:
    at = _moment(found)
    return found[0] if at is None else (say or say_moment)(at)


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"

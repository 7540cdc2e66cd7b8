"""A time typed as it stands on a clock on the wall, brought to a moment by the zone of whoever reads that clock."""

import re
from datetime import datetime, tzinfo

from bot.format.moments import written_moment
from bot.format.values import BadValue

_ON_THE_WALL = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2})?)")


def is_without_offset(typed: str) -> bool:
    """Whether this is a day and a time, and nothing says in which zone."""
    return _ON_THE_WALL.fullmatch(written_moment(typed)) is not None


def with_offset(typed: str, zone: tzinfo) -> str:
    """A time without an offset, with the one that held there then; anything else as it was typed.

    BadValue asks for one of both where that hour came twice, or never.
    """
    found = _ON_THE_WALL.fullmatch(written_moment(typed))
    if found is None:
        return typed
    try:
        wall = datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=zone)
    except ValueError:
        return typed
    both = [wall.replace(fold=fold) for fold in (0, 1)]
    first, second = (_offset(one) for one in both)
    if first == second:
        return f"{found[1]}T{found[2]}{first}"
    here = str(zone)
    why = f"comes twice in {here}" if _exists(both[0]) else f"does not come in {here}: the clocks are put forward"
    said = f"{found[1]} {found[2]}"
    message = f"{said} {why}. Type it with its offset behind it, {first} or {second}."
    raise BadValue(message)


def _offset(at: datetime) -> str:
    return at.isoformat(timespec="seconds")[19:]


def _exists(at: datetime) -> bool:
    """Whether a clock on the wall ever shows this: there and back it stays the same."""
    seconds = at.timestamp()
    return datetime.fromtimestamp(seconds, at.tzinfo).replace(tzinfo=None) == at.replace(tzinfo=None)

"""Who is on call at a moment: turns by the clock on the wall, and overrides."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.core.catalogue import Rotation


def on_call(rotation: Rotation, at: datetime) -> str | None:
    """The person id whose turn it is at `at` (aware).

    None before the first turn, for a calendar feed (its people come from the feed), and in a time zone that this
    machine does not know. Where overrides overlap, the one written last counts.
    """
    for override in reversed(rotation.overrides):
        if override.from_ <= at < override.to:
            return override.who
    turn = turn_at(rotation, at)
    return None if turn is None else rotation.order[turn % len(rotation.order)]


def turn_at(rotation: Rotation, at: datetime) -> int | None:
    """The number of the turn at `at`, from 0.

    Turns are counted on the wall clock of the rotation's zone: one that changes hands at 09:00 does so at 09:00 all
    the year, so a turn across a change of the clocks is an hour longer or shorter.
    """
    if rotation.starts is None or not rotation.turn or not rotation.order:
        return None
    try:
        zone = ZoneInfo(rotation.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    first = datetime.fromisoformat(rotation.starts)
    number = (at.astimezone(zone).replace(tzinfo=None) - first) // rotation.turn

    def begins(turn: int) -> datetime:
        return (first + turn * rotation.turn).replace(tzinfo=zone).astimezone(UTC)  # type: ignore[operator]

    # In the hour that comes twice in autumn the wall alone would take a turn back: its first coming counts.
    while begins(number + 1) <= at:
        number += 1
    return number if number >= 0 else None


def on_call_first(rotation: Rotation, people: tuple[str, ...], at: datetime) -> tuple[str, ...]:
    """The same people, with whoever is on call in front."""
    first = on_call(rotation, at)
    return people if first not in people else (first, *(one for one in people if one != first))

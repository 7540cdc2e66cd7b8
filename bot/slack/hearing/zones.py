"""In which zone somebody reads the clock: as the catalogue says, else as their Slack has it."""

from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.slack.hearing.door import Body, Door
from bot.slack.people import sender_key


def known_zone(door: Door, body: Body) -> tzinfo | None:
    """The zone that the catalogue says of who sent a verified payload; Slack shows their own to everybody else."""
    known = door.shelf.catalogue.people.get(door.people.sender_of(body))
    return _zone(known.timezone) if known is not None and "timezone" in known.model_fields_set else None


def zone_of_sender(door: Door, body: Body) -> tzinfo | None:
    """The zone of who sent a verified payload; None where nobody says one: times then need their offset."""
    # Slack tells it to apps with `users:read` alone, and takes its time: it is asked where the catalogue says nothing.
    return known_zone(door, body) or _zone(door.speaker.zone_of(sender_key(body)[1]))


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None

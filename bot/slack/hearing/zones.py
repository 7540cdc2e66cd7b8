"""In which zone somebody reads the clock: as the catalogue says, else as their Slack has it."""

from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.slack.hearing.context import Body, ListenerContext
from bot.slack.people import sender_key


def known_zone(context: ListenerContext, body: Body) -> tzinfo | None:
    """The zone that the catalogue says of who sent a verified payload; Slack shows their own to everybody else."""
    known = context.registry.catalogue.people.get(context.people.sender_of(body))
    return _zone(known.timezone) if known is not None and "timezone" in known.model_fields_set else None


def zone_of_sender(context: ListenerContext, body: Body) -> tzinfo | None:
    """The zone of who sent a verified payload; None where nobody says one: times then need their offset."""
    # Slack tells it to apps with `users:read` alone, and takes its time: it is asked where the catalogue says nothing.
    return known_zone(context, body) or _zone(context.speaker.zone_of(sender_key(body)[1]))


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None

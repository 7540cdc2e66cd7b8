"""How a reading stands: what is asked, and what was seen last."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from bot.readiness.reading.events import LookDeclined, LookDropped, Looked, LookPlanned, ReadingEvent


@dataclass(frozen=True, slots=True)
class Reading:
    """How a reading stands."""

    plan: LookPlanned | None = None
    planned_at: datetime | None = None
    looked_at: datetime | None = None
    """When hands looked last, as it is planned now."""
    worked: bool = False
    said: str = ""
    since: datetime | None = None
    """Since when it is as it was seen last."""
    names: tuple[str, ...] = ()
    """Of an inventory: what it held when it was last read."""
    declined: str = ""
    """Why hands do not look; empty when they do, or none has tried."""


def evolve_reading(here: Reading, event: ReadingEvent, at: datetime) -> Reading:
    """How it stands once this has happened. Another plan is another question: what was seen before answers it not."""
    match event:
        case LookPlanned():
            return Reading(event, at)
        case LookDropped():
            return Reading()
        case Looked(worked=worked, said=said, names=names):
            same = here.looked_at is not None and here.worked == worked
            return replace(
                here, looked_at=at, worked=worked, said=said, since=here.since if same else at,
                names=names if worked else here.names, declined="",
            )  # fmt: skip
        case LookDeclined(why=why):
            return replace(here, declined=why)
        case _:
            assert_never(event)

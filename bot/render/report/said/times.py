"""Times as a reader of a report meets them: in one zone, each with its date, and the zone named."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from bot.format.text import spoken_duration


@dataclass(frozen=True, slots=True)
class Calendar:
    """Says times in `zone`."""

    zone: tzinfo
    since: datetime
    """What is said without its day is of the day of this moment."""

    def local(self, at: datetime) -> datetime:
        """The same moment on the reader's clocks."""
        return at.astimezone(self.zone)

    def day(self, at: datetime) -> str:
        """``Sunday 22 November 2026``."""
        local = self.local(at)
        return f"{local:%A} {local.day} {local:%B %Y}"

    def clock(self, at: datetime) -> str:
        """``14:02:31``."""
        return f"{self.local(at):%H:%M:%S}"

    def when(self, at: datetime) -> str:
        """``14:02:31``; with its day when that is not the day of `since`."""
        local = self.local(at)
        return self.clock(at) if local.date() == self.local(self.since).date() else f"{local.day} {local:%b %H:%M:%S}"

    def moment(self, at: datetime) -> str:
        """``22 Nov 2026, 14:02 CET``."""
        local = self.local(at)
        return f"{local.day} {local:%b %Y, %H:%M} {self.zone_at(at)}"

    def exact(self, at: datetime) -> str:
        """As `moment`, with its seconds where it has some: ``22 Nov 2026, 14:02:30 CET``."""
        local = self.local(at)
        return f"{local.day} {local:%b %Y}, {_to_the_second(local)} {self.zone_at(at)}"

    def short(self, at: datetime, beside: datetime) -> str:
        """``14:02``, or ``14:02:30``; with its day when that is not the day of `beside`."""
        local = self.local(at)
        clock = _to_the_second(local)
        return clock if local.date() == self.local(beside).date() else f"{local.day} {local:%b} {clock}"

    @property
    def name(self) -> str:
        """What a reader is told of the zone: ``CET (Europe/Berlin)``."""
        short, whole = self.zone_at(self.since), str(self.zone)
        return short if short == whole else f"{short} ({whole})"

    def zone_at(self, at: datetime) -> str:
        """What the zone is called at that time of the year: ``CET``, ``UTC+03``."""
        name = self.local(at).tzname() or "UTC"
        return f"UTC{name}" if name[:1] in "+-" else name


def _to_the_second(local: datetime) -> str:
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def say_length(length: timedelta) -> str:
    """``1 h 30 min``; nothing is shorter than ``0 s``."""
    return spoken_duration(max(0, round(length.total_seconds())))

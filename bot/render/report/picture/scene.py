"""What stands in the picture of a run: rows of bands and marks on one axis of time, with no sizes yet."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal

BandKind = Literal["work", "wait", "elsewhere", "paused", "danger", "within", "beyond", "operates", "took_part"]
MarkKind = Literal["page", "signed", "refused", "deviation"]
BANDS: dict[BandKind, str] = {
    "work": "work", "wait": "waiting for people", "elsewhere": "another run works", "paused": "paused",
    "danger": "data at risk", "within": "within the RTO", "beyond": "beyond the RTO", "operates": "operates",
    "took_part": "takes part",
}  # fmt: skip
MARKS: dict[MarkKind, str] = {
    "page": "page", "signed": "signed", "refused": "rejected, expired or void", "deviation": "not as planned",
}  # fmt: skip
_FAR_BACK, _SHOWN_BACK = 1.0, 0.25
_FAR_AHEAD, _SHOWN_AHEAD = 2.5, 0.35
"""Times the length of the run: what is further away is cut off, and this much of it is shown."""
_SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Band:
    """Something that lasted. `said` is what a pointer or a screen reader gives for it."""

    start: datetime
    end: datetime
    kind: BandKind
    said: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at one moment."""

    at: datetime
    kind: MarkKind
    said: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the picture: what it is about, a few words more, and what stands on it."""

    label: str
    detail: str
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole picture. `start` and `end` are those of the run; bands may reach further. `about` says it in words."""

    title: str
    about: str
    start: datetime
    end: datetime
    over: bool
    zone: tzinfo
    rows: tuple[Row, ...]
    deadline: datetime | None = None

    def window(self) -> tuple[datetime, datetime]:
        """From when until when the axis goes: the run, and what is near it of the damage and of the RTO."""
        length = max(self.end - self.start, _SHORTEST)
        first = min([self.start, *(band.start for row in self.rows for band in row.bands)])
        last = max([self.end, self.start + _SHORTEST, *([self.deadline] if self.deadline else [])])
        if self.start - first > length * _FAR_BACK:
            first = self.start - length * _SHOWN_BACK
        if last - self.start > length * _FAR_AHEAD:
            last = max(self.end, self.start + _SHORTEST) + length * _SHOWN_AHEAD
        return first, last

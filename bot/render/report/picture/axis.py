"""Time along the picture: where a moment stands, and which round times are written below it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STEPS = (
    10, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 3 * _HOUR,
    6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 90 * _DAY, 365 * _DAY,
)  # fmt: skip
_APART = 74.0
"""Pixels between two times at least."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From `first` to `last` in `width` pixels, from `left` on."""

    first: datetime
    last: datetime
    left: float
    width: float
    zone: tzinfo

    def x(self, at: datetime) -> float:
        """Where a moment stands; what lies beyond an end stands at that end."""
        share = (at - self.first) / (self.last - self.first)
        return self.left + self.width * min(1.0, max(0.0, share))

    def shows(self, at: datetime) -> bool:
        """Whether a moment lies on the axis."""
        return self.first <= at <= self.last

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Round times with their places; a day in place of midnight."""
        seconds = (self.last - self.first).total_seconds()
        room = max(2.0, self.width / _APART)
        step = next((one for one in _STEPS if seconds / one <= room), _STEPS[-1] * max(1, int(seconds / _STEPS[-1])))
        offset = (self.first.astimezone(self.zone).utcoffset() or timedelta()).total_seconds()
        at = (-(-(self.first.timestamp() + offset) // step)) * step - offset
        while at <= self.last.timestamp():
            moment = datetime.fromtimestamp(at, UTC)
            yield self.x(moment), self._label(moment.astimezone(self.zone), step)
            at += step

    @staticmethod
    def _label(local: datetime, step: float) -> str:
        if step >= _DAY or (local.hour, local.minute, local.second) == (0, 0, 0):
            return f"{local.day} {local:%b}"
        return f"{local:%H:%M:%S}" if step < _MINUTE else f"{local:%H:%M}"

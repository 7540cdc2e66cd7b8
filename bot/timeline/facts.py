"""What is reckoned from the records, each by its formula in docs/timeline.md."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.format.runbook import WayBack


@dataclass(frozen=True, slots=True)
class Objective:
    """A time that was promised and what became of it; `met` is None while, or where, nobody can know."""

    promised: timedelta | None
    actual: timedelta | None
    met: bool | None

    @property
    def share(self) -> float | None:
        """How much of it was used; 1.0 is all of it."""
        if not self.promised or self.actual is None:
            return None
        return self.actual / self.promised


@dataclass(frozen=True, slots=True)
class DataLoss:
    """How data came back, and to what point. What was lost follows from the way; None is: nobody recorded it."""

    way_back: WayBack | None
    """``beside``: only what was not taken over from the copy is lost. ``switched``: everything written since the point
    is lost. ``replayed``: only what was not put in again is lost."""
    point: datetime | None
    before_damage: timedelta | None
    """How far the point lies before the damage; it is what the RPO is held against, and no measure of what was lost."""
    came_back_at: datetime | None
    """When the step that brought the data back went well."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Reckoned from the records; docs/timeline.md has each formula. None is: cannot be known, or not yet."""

    started_at: datetime
    until: datetime
    """The end, or the moment up to which an open run was looked at."""
    acknowledged_at: datetime | None
    first_action_at: datetime | None
    recovered_at: datetime | None
    damage_began: datetime | None
    damage_named: str | None
    """The variable that says so."""
    recovery_point: datetime | None
    recovery_point_named: str | None
    rto: Objective
    rpo: Objective
    working: timedelta
    waiting: timedelta
    elsewhere: timedelta
    paused: timedelta
    at_work: timedelta
    """`working` without `held`, `in_wait` and `before_begin`."""
    held: timedelta
    in_wait: timedelta
    before_begin: timedelta
    loss: DataLoss

    @property
    def lasted(self) -> timedelta:
        return self.until - self.started_at

    @property
    def to_acknowledge(self) -> timedelta | None:
        return None if self.acknowledged_at is None else self.acknowledged_at - self.started_at

    @property
    def to_first_action(self) -> timedelta | None:
        return None if self.first_action_at is None else self.first_action_at - self.started_at

    @property
    def to_recovered(self) -> timedelta | None:
        return None if self.recovered_at is None else self.recovered_at - self.started_at

"""The clocks of a run: how long it has gone on, against its RTO, and since when data is at risk."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from bot.format.text import spoken_duration
from bot.journal.rows import RunRow
from bot.render.prose import damage_began, say_span
from bot.run.places import Over
from bot.run.state import Run
from bot.web.pages.words import time_html


@dataclass(frozen=True, slots=True)
class Clocks:
    """Times of one run; `rto` in seconds, None where the asset has none."""

    started_at: datetime
    ended_at: datetime | None
    rto: int | None
    at: datetime

    @classmethod
    def of_row(cls, row: RunRow, at: datetime) -> "Clocks":
        """The clocks of a run in a list."""
        return cls(row.started_at, row.ended_at, row.rto, at)

    @classmethod
    def of(cls, run: Run, at: datetime) -> "Clocks":
        """The clocks of a run."""
        return cls(run.started_at, run.here.at if isinstance(run.here, Over) else None, run.start.asset.rto, at)

    @property
    def used(self) -> timedelta:
        return max(timedelta(), (self.ended_at or self.at) - self.started_at)

    @property
    def due_at(self) -> datetime | None:
        """Until when the asset has to be back."""
        return self.started_at + timedelta(seconds=self.rto) if self.rto else None

    @property
    def share(self) -> float | None:
        """How much of the RTO is used; 1.0 is all of it."""
        return self.used.total_seconds() / self.rto if self.rto else None

    @property
    def tone(self) -> str:
        """``late``, ``close`` (three quarters are used) or ``calm``."""
        share = self.share or 0.0
        return "late" if share > 1 else "close" if share >= 0.75 else "calm"  # noqa: PLR2004  (three quarters)

    @property
    def says(self) -> str:
        """The RTO in words: ``1 h 12 min of 4 h used (30 %)``."""
        if not self.rto:
            return "no RTO is agreed"
        return f"{say_span(self.used)} of {spoken_duration(self.rto)} used ({self.share or 0:.0%})"

    @property
    def took(self) -> str:
        """How long it took, or has taken so far."""
        return say_span(self.used)

    @property
    def started(self) -> Markup:
        return time_html(self.started_at, "moment")

    @property
    def since(self) -> Markup:
        """How long ago it began."""
        return time_html(self.started_at, "ago", f"{say_span(self.used)} ago")

    @property
    def due(self) -> Markup:
        """By when the asset has to be back; empty without an RTO."""
        return time_html(self.due_at, "time" if self._today(self.due_at) else "moment") if self.due_at else Markup()

    @property
    def left(self) -> Markup:
        """``in 2 h 48 min`` or ``12 min ago``."""
        if self.due_at is None:
            return Markup()
        away = self.due_at - self.at
        late = away < timedelta()
        return time_html(self.due_at, "ago", f"{say_span(-away)} ago" if late else f"in {say_span(away)}")

    def _today(self, then: datetime) -> bool:
        return then.date() == self.at.date()


def risk_of(run: Run, at: datetime) -> Markup:
    """Since when data is at risk, as far as it is known; no clock goes on once the run is over."""
    began = damage_began(run)
    if began is None:
        return Markup("<strong>{}</strong>").format("not known" if run.over else "not known yet")
    moment = time_html(began, "moment")
    if run.over:
        return Markup("<strong>{}</strong>").format(moment)
    ago = time_html(began, "ago", f"{say_span(at - began)} ago")
    return Markup('<strong>{}</strong><span class="quiet">at {}</span>').format(ago, moment)

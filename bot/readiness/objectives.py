"""What was promised, what was measured, and the gap between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from bot.format.catalogue import Asset
from bot.readiness.facts import ReadinessFacts, RunFact

COUNTED = timedelta(days=365)
"""How old a run may be to be counted."""
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Objectives:
    """RPO and RTO of an asset. None is: not promised, or not measured yet."""

    rpo: timedelta | None
    measured_rpo: timedelta | None
    """The age of the newest good restore point."""
    rto: timedelta | None
    rto_p50: timedelta | None
    rto_p90: timedelta | None
    counted: int
    """Drills and runs of the last year that the times are of."""
    newest: datetime | None
    """When the newest of them ended."""

    @property
    def rpo_gap(self) -> timedelta | None:
        """By how much more would be lost than was promised; nothing where the promise holds."""
        return _gap(self.rpo, self.measured_rpo)

    @property
    def rto_gap(self) -> timedelta | None:
        """By how much the slow ones take longer than was promised."""
        return _gap(self.rto, self.rto_p90)


def _gap(promised: timedelta | None, measured: timedelta | None) -> timedelta | None:
    return None if promised is None or measured is None else max(_NONE, measured - promised)


def objectives_of(facts: ReadinessFacts, asset: Asset) -> Objectives:
    """What an asset promises, and what was measured of it."""
    ages = [one.measured_rpo(facts.at) for one in facts.protections(asset).values()]
    known = [one for one in ages if one is not None]
    counted = [run for run in facts.runs_of(asset) if _counts(run, facts.at)]
    times = sorted(run.lasted for run in counted if run.lasted is not None)
    newest = max((run.ended_at for run in counted if run.ended_at is not None), default=None)
    return Objectives(
        asset.rpo, min(known, default=None), asset.rto, quantile(times, 0.5), quantile(times, 0.9), len(times), newest
    )


def _counts(run: RunFact, at: datetime) -> bool:
    return run.is_recovery and run.ended_at is not None and at - run.ended_at <= COUNTED


def quantile(times: Sequence[timedelta], share: float) -> timedelta | None:
    """The smallest time that at least this share of them keeps to (nearest rank); None of none."""
    return times[max(0, ceil(share * len(times)) - 1)] if times else None

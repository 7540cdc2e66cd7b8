"""What findings are made of: catalogue and runbooks that serve, runs and protections by their records, a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from bot.format.catalogue import Asset, Catalogue
from bot.format.runbook import Runbook, failure_exits
from bot.readiness.alert.state import Triggers
from bot.readiness.inventory import Listed
from bot.readiness.protection.plan import name_of
from bot.readiness.protection.state import Standing
from bot.readiness.reading.state import Reading
from bot.readiness.upkeep.state import PersonStanding, Reviews


@dataclass(frozen=True, slots=True)
class RunFact:
    """A run as its row and its records have it."""

    ref: str
    asset: str
    runbook: str
    digest: str
    mode: str
    outcome: str | None
    started_at: datetime
    ended_at: datetime | None
    rto: timedelta | None = None
    """What was promised when it started."""
    people: frozenset[str] = frozenset()
    """Whoever did anything in it."""
    vias: frozenset[str] = frozenset()
    follow_ups: int = 0
    done: int = 0
    lessons: int = 0

    @property
    def lasted(self) -> timedelta | None:
        return None if self.ended_at is None else self.ended_at - self.started_at

    @property
    def came_back(self) -> bool:
        """Whether it ended with data back, in a drill too."""
        return self.ended_at is not None and self.outcome in ("recovered", "partial")

    @property
    def is_recovery(self) -> bool:
        """Whether it was a run or a drill, no training, and ended with the data back."""
        return self.mode in ("live", "drill") and self.came_back and self.ended_at is not None


@dataclass(frozen=True)
class ReadinessFacts:
    """All of it at one moment."""

    at: datetime
    catalogue: Catalogue
    books: Mapping[str, Runbook] = field(default_factory=dict)
    """Runbook id -> the version that serves."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """Runbook id -> its digest."""
    served_at: Mapping[str, datetime] = field(default_factory=dict)
    """Runbook id -> since when this version serves, where that is known."""
    alike: frozenset[tuple[str, str]] = frozenset()
    """Runbook ids with digests of older versions that differ in nothing that matters."""
    runs: Mapping[str, tuple[RunFact, ...]] = field(default_factory=dict)
    """Asset id -> its runs, the newest first."""
    standing: Mapping[str, Standing] = field(default_factory=dict)
    """Name of a protection's record -> how it stands."""
    uncovered: frozenset[str] = frozenset()
    """Rotations in which nobody is on call at some time of the next 14 days."""
    pack_at: datetime | None = None
    """When the printable copy was written; None where none is."""
    wording: Mapping[str, int] = field(default_factory=dict)
    """Runbook id -> how many warnings `check` has for people under stress."""
    leaning: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Runbook id -> its failing exits that lead to `exception`; see `leaning_exits`."""
    triggers: Mapping[str, Triggers] = field(default_factory=dict)
    """Asset id -> which of its triggers fired; `NO_ASSET` -> alerts that found no asset."""
    people: Mapping[str, PersonStanding] = field(default_factory=dict)
    """Person id -> what is recorded of them."""
    reviews: Mapping[str, Reviews] = field(default_factory=dict)
    """Runbook id -> its reviews."""
    inventories: tuple[Listed, ...] = ()
    """Lists of what there is."""
    readings: Mapping[str, Reading] = field(default_factory=dict)
    """Name of a reading -> what hands saw, of what the files ask for now."""

    @cached_property
    def practised(self) -> Mapping[str, tuple[date, ...]]:
        """Person -> the days on which they took part in a drill or a training."""
        found: dict[str, list[date]] = {}
        for run in (run for runs in self.runs.values() for run in runs if run.mode in ("drill", "training")):
            for person in run.people:
                found.setdefault(person, []).append(run.started_at.date())
        return {person: tuple(days) for person, days in found.items()}

    @cached_property
    def records_since(self) -> date:
        """The day of the first run."""
        return min((run.started_at for runs in self.runs.values() for run in runs), default=self.at).date()

    def alerted_at(self, asset: Asset) -> datetime | None:
        """When an alert of an asset was heard last."""
        return max((one.at for one in self.triggers.get(asset.id, Triggers()).heard), default=None)

    def runs_of(self, asset: Asset) -> tuple[RunFact, ...]:
        """The runs of an asset, the newest first."""
        return self.runs.get(asset.id, ())

    def active(self, asset: Asset) -> tuple[Runbook, ...]:
        """The active runbooks that an asset names, in its order."""
        found = (self.books.get(one) for one in asset.runbooks)
        return tuple(one for one in found if one is not None and one.status == "active")

    def protections(self, asset: Asset) -> Mapping[str, Standing]:
        """How each protection of an asset stands, by its id."""
        return {one.id: self.standing.get(name_of(asset.id, one.id), Standing()) for one in asset.protection}


def leaning_exits(book: Runbook) -> Iterator[str]:
    """Failing exits of a runbook that lead to `exception`, and so to whoever is asked there; ``step:exit``."""
    for step in book.steps:
        exits = failure_exits(step) if step.id != book.exception else ()
        yield from (f"{step.id}:{exit_}" for exit_ in exits if book.target(step, exit_) == book.exception)

"""How a protection stands: its plan, what is known of each copy, what is wrong; ``evolve`` folds its record."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from bot.readiness.protection.events import (
    AllLost,
    Beat,
    PlanTaken,
    ProtectionEvent,
    RestoreTried,
    Returned,
    RungCalled,
    Silenced,
    SilenceEnded,
    SizeAccepted,
    Trouble,
    Troubled,
)

KEPT = 20
"""Good restore points of a place that are remembered here, and as many others; the record has them all."""
LEFT = 8
"""Places out of the plan that are remembered here."""


@dataclass(frozen=True, slots=True)
class Point:
    """A restore point: the moment to which it leads back, and whether anything is known against it."""

    of: datetime
    heard_at: datetime
    good: bool
    size: int | None = None
    checksum: str | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class ProtectionFault:
    """What is wrong at a place, and since when."""

    what: Trouble
    since: datetime
    size: int | None = None
    usual: int | None = None


@dataclass(frozen=True, slots=True)
class LastTry:
    """The last time that a restore was tried."""

    at: datetime
    worked: bool
    seconds: int | None


@dataclass(frozen=True, slots=True)
class Copies:
    """What is known of the restore points at one place, the newest last."""

    place: str
    since: datetime
    """Since when anything is expected there."""
    points: tuple[Point, ...] = ()
    wrong: tuple[ProtectionFault, ...] = ()
    accepted_at: datetime | None = None
    """Sizes from before this are no measure any more."""

    @property
    def newest(self) -> Point | None:
        """The newest good restore point."""
        return max((one for one in self.points if one.good), key=lambda one: one.of, default=None)

    @property
    def is_lost(self) -> bool:
        """Whether there is no restore point that is young enough."""
        return any(one.what == "late" for one in self.wrong)

    def has(self, what: Trouble) -> bool:
        """Whether this is wrong here."""
        return any(one.what == what for one in self.wrong)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a protection stands."""

    every: timedelta = timedelta(0)
    grace: timedelta = timedelta(0)
    places: tuple[str, ...] = ()
    copies: tuple[Copies, ...] = ()
    left: tuple[Copies, ...] = ()
    """What was known of places that were taken out of the plan, the newest last: nothing returned there."""
    covers: tuple[str, ...] = ()
    """What the newest restore point holds that said so."""
    test: LastTry | None = None
    silent_until: datetime | None = None
    silent_why: str = ""
    lost_since: datetime | None = None
    """Since when no place has a restore point that is young enough."""
    called: tuple[tuple[str, ...], ...] = ()
    """Who was called since then, rung by rung."""
    heard_at: datetime | None = None
    """When anything was heard of it last."""

    def at(self, place: str) -> Copies | None:
        """What is known of a place of the plan."""
        return next((one for one in self.copies if one.place == place), None)

    @property
    def newest(self) -> Point | None:
        """The newest good restore point, wherever it is."""
        found = [one.newest for one in self.copies]
        return max((one for one in found if one is not None), key=lambda one: one.of, default=None)

    def measured_rpo(self, now: datetime) -> timedelta | None:
        """How much would be lost now: the age of the newest good restore point; None when there is none."""
        newest = self.newest
        return None if newest is None else max(timedelta(0), now - newest.of)

    def is_silent(self, now: datetime) -> bool:
        """Whether nobody is to be told."""
        return self.silent_until is not None and now < self.silent_until


def evolve(here: Standing, event: ProtectionEvent, at: datetime) -> Standing:
    """How it stands once this has happened."""
    match event:
        case PlanTaken():
            return _take_plan(here, event, at)
        case Beat():
            heard = replace(here, heard_at=at, covers=event.covers or here.covers)
            return _with(heard, event.place, lambda one: _hear(one, event, at))
        case RestoreTried():
            return replace(here, heard_at=at, test=LastTry(at, event.worked, event.seconds))
        case Troubled():
            return _with(here, event.place, lambda one: _trouble(one, event, at))
        case Returned():
            back = _with(here, event.place, lambda one: replace(one, wrong=()))
            return replace(back, lost_since=None, called=())
        case AllLost():
            return replace(here, lost_since=at, called=())
        case RungCalled():
            return replace(here, called=(*here.called, event.people))
        case Silenced():
            return replace(here, silent_until=event.until, silent_why=event.reason)
        case SilenceEnded():
            return replace(here, silent_until=None, silent_why="")
        case SizeAccepted():
            return _with(here, event.place, lambda one: _accept(one, at))
        case _:
            assert_never(event)


def _take_plan(here: Standing, plan: PlanTaken, at: datetime) -> Standing:
    """A place that was known keeps what is known of it; one that is new is expected to be heard of from now on.

    All stays lost while there are two places and nothing good at any: only without a second place does it end here.
    """
    known = {one.place: one for one in (*here.left, *here.copies)}
    copies = tuple(known.pop(place) if place in known else Copies(place, at) for place in plan.places)
    left = tuple(one for one in known.values() if one.points or one.wrong)[-LEFT:]
    taken = replace(here, every=plan.every, grace=plan.grace, places=plan.places, copies=copies, left=left)
    if len(copies) > 1 and all(one.is_lost or one.newest is None for one in copies):
        return taken
    return replace(taken, lost_since=None, called=())


def _with(here: Standing, place: str, change: Callable[[Copies], Copies]) -> Standing:
    return replace(here, copies=tuple(change(one) if one.place == place else one for one in here.copies))


def _hear(one: Copies, beat: Beat, at: datetime) -> Copies:
    if beat.outcome == "failed":
        return one
    was_bad = any(known.of == beat.of and not known.good for known in one.points)
    good = beat.outcome == "ok" and not was_bad
    point = Point(beat.of, at, good, beat.size, beat.checksum, beat.seconds)
    before = [known for known in one.points if known.of != beat.of]
    return replace(one, points=_kept([*before, point]))


def _kept(points: list[Point]) -> tuple[Point, ...]:
    """The newest good ones and the newest of the others: however many are bad, what is usual is not forgotten."""
    points.sort(key=lambda known: known.of)
    good, bad = ([one for one in points if one.good is wanted][-KEPT:] for wanted in (True, False))
    return tuple(sorted([*good, *bad], key=lambda known: known.of))


def _trouble(one: Copies, event: Troubled, at: datetime) -> Copies:
    points = one.points
    if event.what in ("damaged", "too small"):
        points = tuple(replace(known, good=known.good and known.of != event.of) for known in points)
    if one.has(event.what):
        return replace(one, points=points)
    return replace(one, points=points, wrong=(*one.wrong, ProtectionFault(event.what, at, event.size, event.usual)))


def _accept(one: Copies, at: datetime) -> Copies:
    """What was held against the newest point was its size alone."""
    newest = one.points[-1:] if one.has("too small") else ()
    points = tuple(replace(known, good=known.good or known in newest) for known in one.points)
    wrong = tuple(known for known in one.wrong if known.what != "too small")
    return replace(one, points=points, wrong=wrong, accepted_at=at)

"""How a person's record stands, and the reviews of a runbook; each folds its own record."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from bot.readiness.upkeep.events import (
    AccountBack,
    AccountGone,
    ContactAsked,
    ContactConfirmed,
    PersonEvent,
    Reviewed,
    ReviewEvent,
    ReviewSigned,
    ShiftBegan,
    VersionRead,
    VersionShown,
)

KEPT = 300
"""Runbooks of which it is remembered here what somebody was shown and has read."""


@dataclass(frozen=True, slots=True)
class OfVersion:
    """A version of a runbook that somebody was shown, or has read, and when."""

    runbook: str
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PersonStanding:
    """How a person's record stands."""

    gone_at: datetime | None = None
    asked_of: str = ""
    asked_at: datetime | None = None
    confirmed_of: str = ""
    confirmed_at: datetime | None = None
    shown: tuple[OfVersion, ...] = ()
    read: tuple[OfVersion, ...] = ()
    shifts: tuple[ShiftBegan, ...] = ()
    """The last two of each rotation, the newest last."""

    def shift_before(self, rotation: str, since: datetime) -> datetime | None:
        """When their shift in a rotation began that came before this one."""
        return max((one.since for one in self.shifts if one.rotation == rotation and one.since < since), default=None)

    def was_shown(self, runbook: str) -> OfVersion | None:
        """The version of a runbook that was shown last."""
        return next((one for one in self.shown if one.runbook == runbook), None)

    def has_read(self, runbook: str, digest: str) -> bool:
        """Whether they said that they have read this version."""
        return any((one.runbook, one.digest) == (runbook, digest) for one in self.read)


def evolve_person(here: PersonStanding, event: PersonEvent, at: datetime) -> PersonStanding:
    """How it stands once this has happened."""
    match event:
        case AccountGone():
            return replace(here, gone_at=at)
        case AccountBack():
            return replace(here, gone_at=None)
        case ContactAsked(of=of):
            return replace(here, asked_of=of, asked_at=at)
        case ContactConfirmed(of=of):
            return replace(here, confirmed_of=of, confirmed_at=at)
        case VersionShown(runbook=runbook, digest=digest):
            return replace(here, shown=_with(here.shown, OfVersion(runbook, digest, at)))
        case VersionRead(runbook=runbook, digest=digest):
            return replace(here, read=_with(here.read, OfVersion(runbook, digest, at)))
        case ShiftBegan():
            return replace(here, shifts=_with_shift(here.shifts, event))
        case _:
            assert_never(event)


def _with_shift(known: tuple[ShiftBegan, ...], new: ShiftBegan) -> tuple[ShiftBegan, ...]:
    own = [one for one in known if one.rotation == new.rotation][-1:]
    return (*(one for one in known if one.rotation != new.rotation), *own, new)[-KEPT:]


def _with(known: tuple[OfVersion, ...], new: OfVersion) -> tuple[OfVersion, ...]:
    return (*(one for one in known if one.runbook != new.runbook), new)[-KEPT:]


@dataclass(frozen=True, slots=True)
class Review:
    """A review that somebody made, and who signed it."""

    by: str
    at: datetime
    digest: str
    wrong: tuple[str, ...]
    said: str
    signed_by: str = ""
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reviews:
    """The reviews of a runbook."""

    waiting: Review | None = None
    """The newest, while nobody has signed it."""
    last: Review | None = None
    """The newest that was signed."""


def evolve_reviews(here: Reviews, event: ReviewEvent, at: datetime) -> Reviews:
    """How they stand once this has happened."""
    match event:
        case Reviewed():
            return replace(here, waiting=Review(event.by, at, event.digest, event.wrong, event.said))
        case ReviewSigned(by=by):
            last = None if here.waiting is None else replace(here.waiting, signed_by=by, signed_at=at)
            return Reviews(None, last or here.last)
        case _:
            assert_never(event)


def nothing_due(_: PersonStanding | Reviews) -> None:
    """Time alone changes nothing of either."""

"""Who is on call at a moment, who is next, and when nobody is: turns by the clock on the wall, and overrides."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.format.catalogue import Rotation

_SECOND = timedelta(seconds=1)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """A person is on call from `since` until `until`; no end is known where nobody else ever follows."""

    who: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody is on call from `since` until `until`."""

    since: datetime
    until: datetime


def on_call(rotation: Rotation, at: datetime) -> str | None:
    """The person id whose turn it is at `at` (aware).

    None before the first turn, for a calendar feed (its people come from the feed), and in a time zone that this
    machine does not know. Where overrides overlap, the one written last counts.
    """
    for override in reversed(rotation.overrides):
        if override.from_ <= at < override.to:
            return override.who
    turn = turn_at(rotation, at)
    return None if turn is None else rotation.order[turn % len(rotation.order)]


def turn_at(rotation: Rotation, at: datetime) -> int | None:
    """The number of the turn at `at`, from 0; None before the first, and where there are no turns.

    Turns are counted on the wall clock of the rotation's zone: one that changes hands at 09:00 does so at 09:00 all
    the year, so a turn across a change of the clocks is longer or shorter. A wall time that is skipped in spring is
    the moment of the change; of one that comes twice in autumn the first coming counts.
    """
    turns = _turns_of(rotation)
    number = None if turns is None else turns.number(at)
    return None if number is None or number < 0 else number


def shift_at(rotation: Rotation, at: datetime) -> Shift | None:
    """The whole shift that `at` lies in; turns of one person that follow each other are one shift. None in a gap."""
    who = on_call(rotation, at)
    if who is None:
        return None
    since, until = at, _next_edge(rotation, at)
    while (edge := _last_edge(rotation, since)) is not None:
        since = edge
        if on_call(rotation, edge - _TICK) != who:
            break
        since -= _TICK
    while until is not None and on_call(rotation, until) == who:
        until = _next_edge(rotation, until)
    return Shift(who, since.astimezone(UTC), until)


def next_shift(rotation: Rotation, at: datetime) -> Shift | None:
    """The shift of somebody else that begins next after `at`; None where nobody follows."""
    now, edge = on_call(rotation, at), _next_edge(rotation, at)
    while edge is not None and on_call(rotation, edge) in (None, now):
        edge = _next_edge(rotation, edge)
    return None if edge is None else shift_at(rotation, edge)


def shifts(rotation: Rotation, start: datetime, end: datetime) -> tuple[Shift, ...]:
    """Every shift between two moments, cut off at both."""
    return tuple(Shift(who, since, until) for who, since, until in _spans(rotation, start, end) if who is not None)


def gaps(rotation: Rotation, start: datetime, end: datetime) -> tuple[Gap, ...]:
    """When nobody is on call between two moments, cut off at both."""
    as_one = rotation.model_copy(update={"order": rotation.order[:1]})  # who of them has it makes no gap, and no work
    return tuple(Gap(since, until) for who, since, until in _spans(as_one, start, end) if who is None)


def on_call_first(people: tuple[str, ...], first: Iterable[str]) -> tuple[str, ...]:
    """The same people, with those of them who are on call in front."""
    front = [one for one in dict.fromkeys(first) if one in people]
    return (*front, *(one for one in people if one not in front))


def _spans(rotation: Rotation, start: datetime, end: datetime) -> Iterator[tuple[str | None, datetime, datetime]]:
    """Who is on call, from when and until when: no hole, no overlap, and never the same person twice in a row."""
    since, end = start.astimezone(UTC), end.astimezone(UTC)
    while since < end:
        who, until = on_call(rotation, since), _next_edge(rotation, since)
        while until is not None and until < end and on_call(rotation, until) == who:
            until = _next_edge(rotation, until)
        until = end if until is None else min(until, end)
        yield who, since, until
        since = until


def _next_edge(rotation: Rotation, at: datetime) -> datetime | None:
    """The first moment after `at` when somebody else may be on call."""
    turns = _turns_of(rotation)
    edges = [edge for one in rotation.overrides for edge in (one.from_, one.to) if edge > at]
    edges += [] if turns is None or (later := turns.next_change(at)) is None else [later]
    return min(edges).astimezone(UTC) if edges else None


def _last_edge(rotation: Rotation, at: datetime) -> datetime | None:
    """The last moment, up to `at`, when somebody else may have been on call."""
    turns = _turns_of(rotation)
    edges = [edge for one in rotation.overrides for edge in (one.from_, one.to) if edge <= at]
    edges += [] if turns is None or (earlier := turns.last_change(at)) is None else [earlier]
    return max(edges).astimezone(UTC) if edges else None


@dataclass(frozen=True, slots=True)
class _Turns:
    """The turns of a rotation, by number, on the wall of its zone."""

    first: datetime
    """Wall time, naive."""
    turn: timedelta
    order: tuple[str, ...]
    zone: ZoneInfo

    def begins(self, number: int) -> datetime:
        """The first moment at which the wall shows the begin of a turn, or something later."""
        wall = self.first + number * self.turn
        late = wall.replace(tzinfo=self.zone).astimezone(UTC)
        if late.astimezone(self.zone).replace(tzinfo=None) == wall:
            return late
        return _jump(self.zone, wall.replace(tzinfo=self.zone, fold=1).astimezone(UTC), late)

    def number(self, at: datetime) -> int:
        """The number of the turn at a moment; below 0 before the first."""
        number = (at.astimezone(self.zone).replace(tzinfo=None) - self.first) // self.turn
        # In the hour that comes twice in autumn the wall alone would take a turn back.
        while self.begins(number + 1) <= at:
            number += 1
        return number

    def next_change(self, at: datetime) -> datetime | None:
        """When the turn of somebody else begins; None where there is nobody else."""
        number = self.number(at)
        if number < 0:
            return self.begins(0)
        now = self.order[number % len(self.order)]
        later = (one for one in range(number + 1, number + len(self.order)) if self._who(one) != now)
        return next((self.begins(one) for one in later), None)

    def last_change(self, at: datetime) -> datetime | None:
        """When the turn of whoever has it at a moment began; None before the first turn."""
        number = self.number(at)
        if number < 0:
            return None
        now = self._who(number)
        others = (one for one in range(number - 1, max(-1, number - len(self.order)), -1) if self._who(one) != now)
        before = next(others, None)
        return self.begins(0 if before is None else before + 1)

    def _who(self, number: int) -> str:
        return self.order[number % len(self.order)]


def _turns_of(rotation: Rotation) -> _Turns | None:
    if rotation.starts is None or not rotation.turn or not rotation.order:
        return None
    try:
        zone = ZoneInfo(rotation.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return _Turns(datetime.fromisoformat(rotation.starts), rotation.turn, rotation.order, zone)


def _jump(zone: ZoneInfo, early: datetime, late: datetime) -> datetime:
    """The moment between two others at which the clocks of a zone go forward, to the second."""
    before = early.astimezone(zone).utcoffset()
    while late - early > _SECOND:
        middle = early + (late - early) // 2 // _SECOND * _SECOND
        early, late = (middle, late) if middle.astimezone(zone).utcoffset() == before else (early, middle)
    return late

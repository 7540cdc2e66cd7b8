"""How long steps and phases really take, and what `typical` and `timeout` should say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bot.format.runbook import Runbook, StepBase
from bot.learning.walks import RunWalk
from bot.readiness.objectives import quantile

ENOUGH = 5
"""Measured visits before a time is proposed: of fewer, one slow night would be half of what is known."""
APART = 0.25
"""How far the usual time may be from what is written, before another is proposed."""
_NONE, _MINUTE = timedelta(), timedelta(minutes=1)
_ROUNDED = ((timedelta(minutes=10), _MINUTE), (timedelta(hours=1), 5 * _MINUTE), (timedelta(hours=6), 15 * _MINUTE))
"""Up to a time -> to what multiple it is rounded up; behind the last to half an hour."""
_COARSE = timedelta(minutes=30)
_FROM = timedelta(seconds=30)
"""A step that takes less is at one minute: nobody plans with seconds."""


@dataclass(frozen=True, slots=True)
class Took:
    """How long something took, so often: the middle, and what nine of ten keep to (nearest rank)."""

    count: int
    p50: timedelta
    p90: timedelta


@dataclass(frozen=True, slots=True)
class TimeProposed:
    """Another time for a step, with the walks that say so."""

    step: str
    key: Literal["typical", "timeout"]
    written: timedelta | None
    proposed: timedelta
    took: Took


def took(times: Iterable[timedelta]) -> Took | None:
    """None of none."""
    known = sorted(times)
    p50, p90 = quantile(known, 0.5), quantile(known, 0.9)
    return None if p50 is None or p90 is None else Took(len(known), p50, p90)


def step_times(book: Runbook, walks: Iterable[RunWalk]) -> Mapping[str, Took]:
    """Step -> how long its visits took, in the order of the file; what was never measured is left out.

    Visits that were left astray or paused, or where a run stands, are no measure. Drills count as runs do.
    """
    found: dict[str, list[timedelta]] = {}
    for walk in walks:
        for visit in walk.visits:
            lasted = visit.lasted
            if lasted is not None:
                found.setdefault(visit.step, []).append(lasted)
    return {step: known for step in book.by_id if (known := took(found.get(step, ()))) is not None}


def phase_times(book: Runbook, walks: Iterable[RunWalk]) -> Mapping[str, Took]:
    """Phase -> how long runs were in it, all visits of its steps together; only runs that left each of them count."""
    found: dict[str, list[timedelta]] = {}
    phases = {step.id: step.phase for step in book.by_id.values()}
    for walk in walks:
        for phase, spent in _in_phases(walk, phases).items():
            if spent is not None:
                found.setdefault(phase, []).append(spent)
    order = dict.fromkeys(phase for phase in phases.values() if phase is not None)
    return {phase: known for phase in order if (known := took(found.get(phase, ()))) is not None}


def _in_phases(walk: RunWalk, phases: Mapping[str, str | None]) -> Mapping[str, timedelta | None]:
    """Phase -> the time in it; None where a visit of it was paused or is not over."""
    spent: dict[str, timedelta | None] = {}
    for visit in walk.visits:
        phase = phases.get(visit.step)
        if phase is None:
            continue
        before = spent.get(phase, _NONE)
        lasted = None if visit.paused or visit.left_at is None else visit.left_at - visit.entered_at
        spent[phase] = None if before is None or lasted is None else before + max(lasted, _NONE)
    return spent


def times_proposed(book: Runbook, times: Mapping[str, Took]) -> tuple[TimeProposed, ...]:
    """What should be written. `typical` is the middle; a `timeout` is only ever raised, never under nine of ten."""
    found: list[TimeProposed] = []
    for step, known in times.items():
        if known.count >= ENOUGH:
            found += _proposed(book.by_id[step], known)
    return tuple(found)


def _proposed(step: StepBase, known: Took) -> Iterable[TimeProposed]:
    usual = rounded_up(known.p50)
    if known.p50 >= _FROM and usual != step.typical and _is_apart(step.typical, known.p50):
        yield TimeProposed(step.id, "typical", step.typical, usual, known)
    if step.timeout is not None and known.p90 > step.timeout:
        yield TimeProposed(step.id, "timeout", step.timeout, rounded_up(known.p90 * 1.5), known)


def _is_apart(written: timedelta | None, usual: timedelta) -> bool:
    return written is None or abs(usual - written) > max(written * APART, _MINUTE)


def rounded_up(time: timedelta) -> timedelta:
    """As people write times: whole minutes, later five, fifteen and thirty of them."""
    piece = next((piece for until, piece in _ROUNDED if time <= until), _COARSE)
    return -(-time // piece) * piece

"""The moments that the facts are reckoned from, and the facts. Each formula is in docs/timeline.md."""

from datetime import datetime, timedelta

from bot.format.runbook import Runbook, Signoff
from bot.format.shapes import read_instant
from bot.run.events import (
    Begun,
    Chosen,
    Corrected,
    DoneAlready,
    EndAnswered,
    EndAsked,
    Event,
    GlassBroken,
    GlassReviewed,
    HandOverAccepted,
    HandOverOffered,
    HelpAsked,
    MismatchSeen,
    Noted,
    Paused,
    ReadingTaken,
    Resumed,
    Signed,
    SignoffRejected,
    Skipped,
    StepFinished,
    TookOver,
    Watched,
    WentBack,
)
from bot.run.hands.events import LookedAgain, TakenByHand
from bot.run.members.events import LetIn, PeopleKept
from bot.run.paging.events import PageAnswered, Paged
from bot.run.places import Over
from bot.run.situation import Stamp
from bot.run.state import Run
from bot.timeline.doings import time_apart, time_spent
from bot.timeline.facts import Facts, Objective
from bot.timeline.milestones import Reaching
from bot.timeline.spans import Stretch

ACTIONS: frozenset[type[Event]] = frozenset({
    Begun, StepFinished, Chosen, Signed, SignoffRejected, Skipped, WentBack, MismatchSeen, GlassBroken,
    ReadingTaken, DoneAlready, EndAnswered,
})  # fmt: skip
"""What a person does to the recovery itself."""
BY_HAND: frozenset[type[Event]] = ACTIONS | {
    Watched, GlassReviewed, HelpAsked, EndAsked, Noted, TookOver, HandOverOffered, HandOverAccepted, Paused, Resumed,
    Corrected, PageAnswered, LetIn, PeopleKept, TakenByHand, LookedAgain,
}  # fmt: skip
"""What only a person does, and shows that they are there."""
_DAMAGE = ("damage_time", "damage_began")
BACK = frozenset({"recovered", "partial"})


class Moments:
    """When somebody answered, and when somebody first acted."""

    def __init__(self) -> None:
        self._paged: set[str] = set()
        self.acknowledged_at: datetime | None = None
        self.first_action_at: datetime | None = None

    def take(self, event: Event, stamp: Stamp) -> None:
        """An event and its stamp."""
        if isinstance(event, Paged):
            self._paged |= set(event.people)
        if self.acknowledged_at is None and type(event) in BY_HAND:
            answers = isinstance(event, PageAnswered) or stamp.by in self._paged
            self.acknowledged_at = stamp.at if answers else None
        if self.first_action_at is None and type(event) in ACTIONS:
            self.first_action_at = stamp.at


def reckon(run: Run, moments: Moments, stretches: tuple[Stretch, ...], until: datetime, reaching: Reaching) -> Facts:
    """The facts of a run whose records are known up to `until`."""
    outcome = run.here.outcome if isinstance(run.here, Over) else None
    recovered = until if outcome == "recovered" else None
    damage_named, damage = damage_of(run)
    point_named, point = recovery_point_of(run)
    return Facts(
        started_at=run.started_at, until=until, acknowledged_at=moments.acknowledged_at,
        first_action_at=moments.first_action_at, recovered_at=recovered,
        damage_began=damage, damage_named=damage_named, recovery_point=point, recovery_point_named=point_named,
        rto=_rto(run, until, outcome), rpo=_rpo(run, damage, point, outcome),
        working=time_spent(stretches, "working"), waiting=time_spent(stretches, "waiting"),
        elsewhere=time_spent(stretches, "elsewhere"), paused=time_spent(stretches, "paused"),
        at_work=time_apart(stretches, ""), held=time_apart(stretches, "held"), in_wait=time_apart(stretches, "wait"),
        before_begin=time_apart(stretches, "begin"), loss=reaching.loss(point, damage),
    )  # fmt: skip


def _rto(run: Run, until: datetime, outcome: str | None) -> Objective:
    promised = _seconds(run.start.asset.rto)
    used = until - run.started_at
    if promised is None:
        return Objective(None, used, None)
    if used > promised:
        return Objective(promised, used, met=False)
    return Objective(promised, used, met=True if outcome == "recovered" else None)


def _rpo(run: Run, damage: datetime | None, point: datetime | None, outcome: str | None) -> Objective:
    promised = _seconds(run.start.asset.rpo)
    lost = damage - point if damage is not None and point is not None and point <= damage else None
    judged = promised is not None and lost is not None and outcome in BACK
    return Objective(promised, lost, met=lost <= promised if judged and lost is not None and promised else None)


def _seconds(number: int | None) -> timedelta | None:
    return timedelta(seconds=number) if number else None


def damage_of(run: Run) -> tuple[str | None, datetime | None]:
    """When the damage began, and the variable that says so; what was found out on the way counts most."""
    for name in _DAMAGE:
        at = _instant(run, name)
        if at is not None:
            return name, at
    return None, None


def recovery_point_of(run: Run) -> tuple[str | None, datetime | None]:
    """To which moment the data was brought back, and the variable that says so; None where it cannot be known.

    The variable is `recovery_point` where the runbook has a timestamp of that name; otherwise the one timestamp that
    its sign-offs bind, those of the damage aside; otherwise `target_time`.
    """
    times = {name for name, field in run.book.fields.items() if field.type == "timestamp"} - set(_DAMAGE)
    signed = _signed_names(run.book) & times
    wanted = ("recovery_point", *(signed if len(signed) == 1 else ()), "target_time")
    named = next((name for name in wanted if name in times), None)
    return named, (_instant(run, named) if named is not None else None)


def _signed_names(book: Runbook) -> set[str]:
    return {name for step in book.steps if isinstance(step, Signoff) for name in step.binds.vars}


def _instant(run: Run, name: str) -> datetime | None:
    """A variable as a time; None when it is not set, is none, or is hidden until it is compared."""
    try:
        return read_instant(run.vars[name]) if name in run.vars and name not in run.hidden else None
    except ValueError:
        return None

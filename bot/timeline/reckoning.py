"""Times and sums of a run: who did what for how long, the way that was taken, objectives against achieved."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.format.runbook import Call, Runbook, Signoff, StepBase, Wait
from bot.run import events
from bot.run.hands.events import CancelAsked, LookedAgain, TakenByHand
from bot.run.law.plausible import DAMAGE, DOWN_SINCE
from bot.run.members.events import LetIn, PeopleKept
from bot.run.paging.events import PageAnswered, Paged
from bot.run.places import AtStep, AwaitingReview, AwaitingRuns, AwaitingSignature, InCall, Over, Place, Visit
from bot.run.situation import Stamp
from bot.run.state import Run
from bot.timeline.entries import (
    Apart,
    Decision,
    Doing,
    Edge,
    Entry,
    Facts,
    Objective,
    Reaching,
    Spent,
    StepVisit,
    Stretch,
    WaitingFor,
    instant_of,
)


@dataclass(frozen=True, slots=True)
class _State:
    """What a run does; None is nothing, once it is over."""

    doing: Doing | None
    why: WaitingFor = ""
    step: str | None = None
    apart: Apart = ""


class Stretches:
    """The stretches of a run without a gap, from its start to its end."""

    def __init__(self) -> None:
        self._stretches: list[Stretch] = []
        self._state = _State(None)
        self._stands: tuple[object, ...] = (None, None, None)
        """What the state follows from, as it was: most records leave it as it is."""
        self._since: datetime | None = None
        self._visit_from = 0
        """Where in the list the present visit begins: what was work there was waiting, once a command is begun."""
        self._visit: tuple[str | None, int] | None = None

    def take(self, run: Run, event: events.Event, at: datetime) -> None:
        """The run after an event, which happened at a time."""
        here, paused, operator = self._stands
        if run.here is here and run.paused is paused and run.operator is operator:
            return
        self._stands = (run.here, run.paused, run.operator)
        state, begun = _state_of(run), isinstance(event, events.Begun)
        visit = None if isinstance(run.here, Over) else (run.here.step, run.here.visit)
        if (state, visit) != (self._state, self._visit) or begun:
            self._close(at, begun=begun)
            self._state = state
        if begun:
            self._call_waiting()
        if visit != self._visit or begun:
            self._visit, self._visit_from = visit, len(self._stretches)

    def until(self, at: datetime) -> tuple[Stretch, ...]:
        """Every stretch, up to the end or, while the run is open, up to a moment."""
        self._close(at)
        return _joined(self._stretches)

    def _close(self, at: datetime, *, begun: bool = False) -> None:
        """What was done until now is a stretch. A clock that was set back makes none: order is the records' own."""
        state, since = self._state, self._since
        if state.doing is not None and since is not None and at > since:
            waited = begun and state.doing == "working"
            what: tuple[Doing, WaitingFor, Apart]
            what = ("waiting", "begin", "") if waited else (state.doing, state.why, state.apart)
            self._stretches.append(Stretch(what[0], since, at, what[1], state.step, what[2]))
        self._since = at if since is None else max(at, since)

    def _call_waiting(self) -> None:
        for number in range(self._visit_from, len(self._stretches)):
            one = self._stretches[number]
            if one.doing == "working":
                self._stretches[number] = replace(one, doing="waiting", why="begin", apart="")


def _state_of(run: Run) -> _State:
    here = run.here
    if isinstance(here, Over):
        return _State(None)
    if run.paused is not None:
        return _State("paused", "pause", here.step)
    if run.operator is None:
        return _State("waiting", "operator", here.step)
    match here:
        case AwaitingSignature(step=step):
            return _State("waiting", "signature", step)
        case AwaitingReview(step=step):
            return _State("waiting", "review", step)
        case InCall(step=step) | AwaitingRuns(step=step):
            return _State("elsewhere", "call", step)
        case _:
            return _State("working", "", here.step, _apart(run, here))


def _apart(run: Run, here: Place) -> Apart:
    """In what of its work a run has nobody at work."""
    if isinstance(here, Over):
        return ""
    if here.step == run.book.exception:
        return "held"
    if isinstance(run.book.by_id[here.step], Wait):
        return "wait"
    bound = here.step in run.book.signoffs_of and isinstance(here, AtStep) and here.began is None
    return "begin" if bound else ""


def _joined(stretches: list[Stretch]) -> tuple[Stretch, ...]:
    """Neighbours that say the same are one."""
    joined: list[Stretch] = []
    for one in stretches:
        last = joined[-1] if joined else None
        same = last is not None and (last.doing, last.why, last.step, last.apart, last.until) == (
            one.doing,
            one.why,
            one.step,
            one.apart,
            one.since,
        )
        if last is not None and same:
            joined[-1] = replace(last, until=one.until)
        else:
            joined.append(one)
    return tuple(joined)


def time_apart(stretches: tuple[Stretch, ...], apart: Apart) -> timedelta:
    """How long of its work a run spent in this way; with ``""`` how long people were at work."""
    spent = (one.until - one.since for one in stretches if one.doing == "working" and one.apart == apart)
    return sum(spent, timedelta(0))


def time_spent(stretches: tuple[Stretch, ...], doing: Doing) -> timedelta:
    """How long a run did this, all stretches together."""
    return sum((one.until - one.since for one in stretches if one.doing == doing), timedelta(0))


_NOT_WALKED = frozenset({"", "skipped", "went back", "sent back", "does not match"})
"""Exits of visits that did not come to an end of their own: they are not held against the typical time."""


class PathTaken:
    """Where a run has been."""

    def __init__(self) -> None:
        self._visits: list[StepVisit] = []
        self._edges: Counter[tuple[str, str, str]] = Counter()

    def leave(self, run: Run, over: Visit, title: str, by_name: str) -> None:
        """A visit that is over, the title of its step as it stood, and the name of who ended it."""
        self._visits.append(_told(run, over, title, by_name))

    def take(self, event: events.StepEntered) -> None:
        """A step that was entered."""
        if event.came_from is not None:
            self._edges[event.came_from, event.by_exit or "", event.step] += 1

    def visits(self, run: Run, title: str) -> tuple[StepVisit, ...]:
        """Every visit, in the order in which they ended; last the one where the run stands."""
        here = run.here
        if isinstance(here, Over) or here.visit == 0:
            return tuple(self._visits)
        phase = run.book.by_id[here.step].phase
        stands = StepVisit(here.step, title, phase, here.visit, here.since, None, "", None, "")
        return (*self._visits, stands)

    def edges(self, book: Runbook) -> tuple[Edge, ...]:
        """Each way that was walked, in the order of the first time."""
        return tuple(
            Edge(step, exit_, to, times, written=_is_written(book, step, exit_, to))
            for (step, exit_, to), times in self._edges.items()
        )


def _told(run: Run, over: Visit, title: str, by_name: str) -> StepVisit:
    phase = run.book.by_id[over.step].phase
    return StepVisit(
        over.step,
        title,
        phase,
        over.visit,
        over.since,
        over.until,
        over.exit,
        over.by,
        by_name,
        over.said,
    )


def _is_written(book: Runbook, step: str, exit_: str, to: str) -> bool:
    found = book.by_id.get(step)
    if found is None or book.target(found, exit_) != to:
        return False
    return isinstance(found, Call) or exit_ in dict(book.exits(found))


def spent_by_step(book: Runbook, visits: Iterable[StepVisit], until: datetime) -> tuple[Spent, ...]:
    """The time of each step, all its visits together, in the order of the first."""
    gathered: dict[str, list[StepVisit]] = {}
    for one in visits:
        gathered.setdefault(one.step, []).append(one)
    return tuple(_spent(book, step, found[0].title, found, until) for step, found in gathered.items())


def spent_by_phase(book: Runbook, visits: Iterable[StepVisit], until: datetime) -> tuple[Spent, ...]:
    """The time of each phase, all visits of its steps together; steps without a phase belong to none."""
    gathered: dict[str, list[StepVisit]] = {}
    for one in visits:
        if one.phase is not None:
            gathered.setdefault(one.phase, []).append(one)
    return tuple(_spent(book, phase, phase, found, until) for phase, found in gathered.items())


def _spent(book: Runbook, id_: str, title: str, visits: list[StepVisit], until: datetime) -> Spent:
    spent = sum(((one.until or until) - one.since for one in visits), timedelta(0))
    held = [(one, typical) for one in visits if (typical := _typical(book.by_id.get(one.step), one)) is not None]
    usual = sum((typical for _, typical in held), timedelta(0)) if held else None
    compared = None if usual is None else sum(((one.until or until) - one.since for one, _ in held), timedelta(0))
    over = None if usual is None or compared is None else compared - usual
    last = max(one.until or until for one in visits)
    return Spent(id_, title, len(visits), min(one.since for one in visits), last, spent, usual, over, compared)


def _typical(step: StepBase | None, visit: StepVisit) -> timedelta | None:
    """The time that this visit is held against; None when the author wrote none, or it came to no end of its own."""
    return None if step is None or visit.exit in _NOT_WALKED else step.typical


def decision_of(entry: Entry, event: events.Chosen, since: datetime) -> Decision:
    """The decision that a record is; `since`: when the question was put."""
    return Decision(
        entry.seq,
        entry.at,
        event.step,
        entry.title or event.step,
        event.visit,
        event.offered,
        event.option,
        event.label,
        entry.by,
        entry.by_name,
        entry.evidence,
        entry.at - since,
    )


ACTIONS: frozenset[type[events.Event]] = frozenset(
    {
        events.Begun,
        events.StepFinished,
        events.Chosen,
        events.Signed,
        events.SignoffRejected,
        events.Skipped,
        events.WentBack,
        events.MismatchSeen,
        events.GlassBroken,
        events.ReadingTaken,
        events.DoneAlready,
        events.EndAnswered,
    }
)
"""What a person does to the recovery itself."""
BY_HAND: frozenset[type[events.Event]] = ACTIONS | {
    events.Watched,
    events.GlassReviewed,
    events.HelpAsked,
    events.EndAsked,
    events.Noted,
    events.TookOver,
    events.HandOverOffered,
    events.HandOverAccepted,
    events.Paused,
    events.Resumed,
    events.Corrected,
    PageAnswered,
    LetIn,
    PeopleKept,
    TakenByHand,
    LookedAgain,
    CancelAsked,
}
"""What only a person does, and shows that they are there."""
BACK = frozenset({"recovered", "partial"})


class Moments:
    """When somebody answered, and when somebody first acted."""

    def __init__(self) -> None:
        self._paged: set[str] = set()
        self.acknowledged_at: datetime | None = None
        self.first_action_at: datetime | None = None

    def take(self, event: events.Event, stamp: Stamp) -> None:
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
        started_at=run.started_at,
        until=until,
        acknowledged_at=moments.acknowledged_at,
        first_action_at=moments.first_action_at,
        recovered_at=recovered,
        damage_began=damage,
        damage_named=damage_named,
        recovery_point=point,
        recovery_point_named=point_named,
        rto=_rto(run, until, outcome),
        rpo=_rpo(run, damage, point, outcome),
        working=time_spent(stretches, "working"),
        waiting=time_spent(stretches, "waiting"),
        elsewhere=time_spent(stretches, "elsewhere"),
        paused=time_spent(stretches, "paused"),
        at_work=time_apart(stretches, ""),
        held=time_apart(stretches, "held"),
        in_wait=time_apart(stretches, "wait"),
        before_begin=time_apart(stretches, "begin"),
        loss=reaching.loss(point, damage),
    )


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
    for name in DAMAGE:
        at = instant_of(run, name)
        if at is not None:
            return name, at
    return None, None


def recovery_point_of(run: Run) -> tuple[str | None, datetime | None]:
    """To which moment the data was brought back, and the variable that says so; None where it cannot be known.

    The variable is `recovery_point` where the runbook has a timestamp of that name; otherwise the one timestamp that
    its sign-offs bind, those of the damage and the outage aside; otherwise `target_time`.
    """
    times = {name for name, field in run.book.fields.items() if field.type == "timestamp"} - {*DAMAGE, DOWN_SINCE}
    signed = _signed_names(run.book) & times
    wanted = ("recovery_point", *(signed if len(signed) == 1 else ()), "target_time")
    named = next((name for name in wanted if name in times), None)
    return named, (instant_of(run, named) if named is not None else None)


def _signed_names(book: Runbook) -> set[str]:
    return {name for step in book.steps if isinstance(step, Signoff) for name in step.binds.vars}

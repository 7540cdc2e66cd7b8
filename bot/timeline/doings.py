"""What a run did at each moment: people worked, it waited for people, another run worked, or it was paused."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.format.runbook import Wait
from bot.run.events import Begun, Event
from bot.run.places import AtStep, AwaitingReview, AwaitingSignature, InCall, Over, Place
from bot.run.state import Run
from bot.timeline.spans import Apart, Doing, Stretch, WaitingFor


@dataclass(frozen=True, slots=True)
class _State:
    """What a run does; None is nothing, once it is over."""

    doing: Doing | None
    why: WaitingFor = ""
    step: str | None = None
    apart: Apart = ""


class Doings:
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

    def take(self, run: Run, event: Event, at: datetime) -> None:
        """The run after an event, which happened at a time."""
        here, paused, operator = self._stands
        if run.here is here and run.paused is paused and run.operator is operator:
            return
        self._stands = (run.here, run.paused, run.operator)
        state, begun = _state_of(run), isinstance(event, Begun)
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
        case InCall(step=step):
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
            one.doing, one.why, one.step, one.apart, one.since,
        )  # fmt: skip
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

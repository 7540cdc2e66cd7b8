"""What hands do, or could do, where a run stands; frozen, and made by events alone."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from bot.run.hands.events import (
    ActionAsked,
    ActionFinished,
    ActionLost,
    ActionStarted,
    CancelAsked,
    HandsDeclined,
    HandsEvent,
    HandsReady,
    LookedAgain,
    TakenByHand,
)


@dataclass(frozen=True, slots=True)
class RunningCommand:
    """A command that was started, and of which nobody has said yet how it ended."""

    event: ActionStarted
    at: datetime
    cancelled: datetime | None = None
    """Since when somebody has had it ended."""

    def is_of(self, step: str, visit: int, attempt: int) -> bool:
        """Whether it is this attempt of this visit."""
        return (self.event.step, self.event.visit, self.event.attempt) == (step, visit, attempt)


@dataclass(frozen=True, slots=True)
class HandsState:
    """What hands have to do with the visit where the run stands, and which of their commands still run."""

    step: str = ""
    visit: int = 0
    ready: bool = False
    """Hands said that they can run the step, once somebody presses."""
    declined: str = ""
    by_hand: bool = False
    """Somebody does it themselves."""
    asked: datetime | None = None
    """Somebody pressed Run, and it has not started."""
    attempts: int = 0
    last: ActionFinished | ActionLost | None = None
    """How the last attempt of this visit ended."""
    last_at: datetime | None = None
    """When that was recorded."""
    running: tuple[RunningCommand, ...] = ()
    """Also those of visits that the run has left."""
    lost: tuple[RunningCommand, ...] = ()
    """Of which nobody knows how they ended."""

    @property
    def here(self) -> RunningCommand | None:
        """The command that runs for the visit where the run stands."""
        mine = (one for one in self.running if (one.event.step, one.event.visit) == (self.step, self.visit))
        return next(mine, None)

    def at(self, step: str, visit: int) -> "HandsState":
        """The run has come to another visit: only what runs, or may run, is carried along."""
        return HandsState(step, visit, running=self.running, lost=self.lost)

    def runs(self, step: str, visit: int, attempt: int) -> RunningCommand | None:
        """The command of an attempt, while it runs."""
        return next((one for one in self.running if one.is_of(step, visit, attempt)), None)

    def was_lost(self, step: str, visit: int, attempt: int) -> bool:
        """Whether nobody knows how this attempt ended."""
        return any(one.is_of(step, visit, attempt) for one in self.lost)


def follow_hands(hands: HandsState, event: HandsEvent, at: datetime) -> HandsState:
    """What happened -> what hands have to do with the run."""
    match event:
        case HandsReady():
            return replace(hands, ready=True, declined="")
        case HandsDeclined(why=why):
            return replace(hands, ready=False, declined=why, asked=None)
        case TakenByHand():
            return replace(hands, by_hand=True, ready=False)
        case LookedAgain():
            return replace(hands, last=None, declined="")
        case CancelAsked():
            which = (event.step, event.visit, event.attempt)
            running = tuple(replace(one, cancelled=at) if one.is_of(*which) else one for one in hands.running)
            return replace(hands, running=running)
        case ActionAsked():
            return replace(hands, asked=at)
        case ActionStarted(attempt=attempt):
            begun = replace(hands, running=(*hands.running, RunningCommand(event, at)))
            return replace(begun, asked=None, attempts=attempt, last=None)
        case ActionFinished() | ActionLost():
            over = (event.step, event.visit, event.attempt)
            gone = tuple(one for one in hands.running if one.is_of(*over)) if isinstance(event, ActionLost) else ()
            lost = (*(one for one in hands.lost if not one.is_of(*over)), *gone)
            ended = replace(hands, running=tuple(one for one in hands.running if not one.is_of(*over)), lost=lost)
            return ended if event.late else replace(ended, last=event, last_at=at)
        case _:
            assert_never(event)

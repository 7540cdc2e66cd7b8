"""What was reached when, and how data came back: by what the runbook's author marked on its steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from bot.format.runbook import FAILURE_EXITS, IN_PART, Call, StepBase, WayBack
from bot.run.places import Visit
from bot.run.state import Run
from bot.timeline.facts import DataLoss, Facts

Reached = Literal["began", "noticed", "answered", "understood", "restored", "confirmed", "closed"]
_NOT_REACHED = FAILURE_EXITS | {"", "skipped", "went back", "sent back", "does not match", "back", "else", IN_PART}


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that was reached, or None while, or where, nobody knows when; `set_by_hand` when people said so."""

    name: Reached
    at: datetime | None
    set_by_hand: bool = False


class Reaching:
    """Follows the visits of a run that come to an end."""

    def __init__(self) -> None:
        self._at: dict[str, datetime] = {}
        self.way_back: WayBack | None = None
        self.came_back_at: datetime | None = None

    def leave(self, run: Run, over: Visit) -> None:
        """A visit that is over: the last that went well counts."""
        step = run.book.by_id.get(over.step)
        if step is None or not _went_well(step, over.exit):
            return
        if step.milestone is not None:
            self._at[step.milestone] = over.until
        if step.way_back is not None and (step.way_back != "replayed" or self.way_back is not None):
            self.way_back, self.came_back_at = step.way_back, over.until

    def told(self, run: Run, facts: Facts) -> tuple[Milestone, ...]:
        """Every milestone, in the order in which they are reached."""
        recorded: Mapping[str, datetime | None] = {
            **dict.fromkeys(get_args(Reached)), "began": facts.damage_began, "noticed": facts.started_at,
            "answered": facts.acknowledged_at or facts.first_action_at, "closed": facts.until if run.over else None,
            **self._at,
        }  # fmt: skip
        said: Mapping[str, datetime] = {str(name): at for name, at in run.after.milestones.items()}
        return tuple(
            Milestone(name, said.get(name, recorded[name]), set_by_hand=name in said) for name in get_args(Reached)
        )

    def loss(self, point: datetime | None, damage: datetime | None) -> DataLoss:
        """What was lost, by the way back that was taken."""
        before = damage - point if damage is not None and point is not None and point <= damage else None
        return DataLoss(self.way_back, point, before, self.came_back_at)


def _went_well(step: StepBase, exit_: str) -> bool:
    return exit_ == "recovered" if isinstance(step, Call) else exit_ not in _NOT_REACHED

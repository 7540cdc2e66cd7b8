"""Which exits of a runbook were walked, and which never: the part of it that is still a guess."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.format.runbook import Runbook
from bot.learning.walks import RunWalk

Exit = tuple[str, str]
"""Step and exit."""


@dataclass(frozen=True, slots=True)
class ExitWalked:
    """An exit of the runbook as it is now, and who went there: the same step and exit in whatever version."""

    step: str
    exit: str
    to: str
    live: int = 0
    practised: int = 0
    """In drills and trainings."""
    last_at: datetime | None = None

    @property
    def walked(self) -> int:
        return self.live + self.practised


def exits_walked(book: Runbook, walks: Iterable[RunWalk]) -> tuple[ExitWalked, ...]:
    """Every exit of every step, unwritten failure exits included, in the order of the file."""
    counted: dict[Exit, list[tuple[bool, datetime]]] = {}
    for walk in walks:
        for way, at in _ways(walk):
            counted.setdefault(way, []).append((walk.mode == "live", at))
    return tuple(
        _counted(ExitWalked(step.id, exit_, to), counted.get((step.id, exit_), ()))
        for step in book.by_id.values()
        for exit_, to in book.exits(step)
    )


def _ways(walk: RunWalk) -> Iterator[tuple[Exit, datetime]]:
    return (((one.step, one.by_exit), one.left_at) for one in walk.visits if one.by_exit and one.left_at is not None)


def _counted(exit_: ExitWalked, times: Iterable[tuple[bool, datetime]]) -> ExitWalked:
    known = list(times)
    live = sum(is_live for is_live, _ in known)
    last = max((at for _, at in known), default=None)
    return ExitWalked(exit_.step, exit_.exit, exit_.to, live, len(known) - live, last)

"""All that the walks of one runbook teach."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.format.runbook import Runbook
from bot.learning.coverage import ExitWalked, exits_walked
from bot.learning.findings import LearningFinding, findings
from bot.learning.times import TimeProposed, Took, phase_times, step_times, times_proposed
from bot.learning.walks import RunWalk


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt of a runbook as it is now; a step counts by its id, in whatever version."""

    book: Runbook
    live: int
    practised: int
    """Drills and trainings."""
    times: Mapping[str, Took]
    phases: Mapping[str, Took]
    exits: Sequence[ExitWalked]
    findings: Sequence[LearningFinding]
    proposed: Sequence[TimeProposed]

    @property
    def never(self) -> Sequence[ExitWalked]:
        """Exits that nobody ever took."""
        return [one for one in self.exits if not one.walked]


def learn(book: Runbook, walks: Iterable[RunWalk]) -> Learnt:
    """Everything from the walks of this runbook, in whatever version."""
    own = list(walks)
    live = sum(one.mode == "live" for one in own)
    times = step_times(book, own)
    return Learnt(
        book, live, len(own) - live, times, phase_times(book, own), exits_walked(book, own), findings(book, own),
        times_proposed(book, times),
    )  # fmt: skip

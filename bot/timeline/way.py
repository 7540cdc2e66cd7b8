"""The way of a run: each visit of a step, each way from step to step, and the time they took."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.format.runbook import Call, Runbook, StepBase
from bot.run.events import Chosen, StepEntered
from bot.run.places import Over, Visit
from bot.run.state import Run
from bot.timeline.entries import Entry
from bot.timeline.spans import Edge, Spent, StepVisit
from bot.timeline.stories import Decision

_NOT_WALKED = frozenset({"", "skipped", "went back", "sent back", "does not match"})
"""Exits of visits that did not come to an end of their own: they are not held against the typical time."""


class Way:
    """Where a run has been."""

    def __init__(self) -> None:
        self._visits: list[StepVisit] = []
        self._edges: Counter[tuple[str, str, str]] = Counter()

    def leave(self, run: Run, over: Visit, title: str, by_name: str) -> None:
        """A visit that is over, the title of its step as it stood, and the name of who ended it."""
        self._visits.append(_told(run, over, title, by_name))

    def take(self, event: StepEntered) -> None:
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


def decision_of(entry: Entry, event: Chosen, since: datetime) -> Decision:
    """The decision that a record is; `since`: when the question was put."""
    return Decision(
        entry.seq, entry.at, event.step, entry.title or event.step, event.visit, event.offered, event.option,
        event.label, entry.by, entry.by_name, entry.evidence, entry.at - since,
    )  # fmt: skip

"""Runs as learning sees them: which steps they came to, when, and by which exit they left."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

ENTERED, ENDED, PAUSED, SKIPPED = "step-entered", "ended", "paused", "skipped"
KINDS = (ENTERED, ENDED, PAUSED, SKIPPED, "help-asked", "mismatch-seen")
"""The kinds of records that learning reads."""
ASTRAY = frozenset({"skipped", "went back", "back", "sent back", "does not match", "done already", "closed"})
"""Exits that stand in no runbook: a person, or the law, left the written way."""


class Told(NamedTuple):
    """A record of one of `KINDS`."""

    kind: str
    body: Mapping[str, object]
    at: datetime


@dataclass(frozen=True, slots=True)
class StepWalk:
    """One visit of a step."""

    step: str
    entered_at: datetime
    left_at: datetime | None = None
    """None while the run stands there."""
    by_exit: str = ""
    """Empty while the run stands there, and where it ended."""
    to: str | None = None
    paused: bool = False
    """The run was paused in it: the time tells nothing of the work."""
    asked: int = 0
    """How often somebody asked for help in it, or said that it does not match."""

    @property
    def lasted(self) -> timedelta | None:
        """From coming to leaving; None where that is no measure of the work: left astray, paused, or still there."""
        if self.left_at is None or self.paused or not self.by_exit or self.by_exit in ASTRAY:
            return None
        return max(self.left_at - self.entered_at, timedelta())


@dataclass(frozen=True, slots=True)
class RunWalk:
    """One run, from its row and its records."""

    ref: str
    runbook: str
    digest: str
    mode: str
    started_at: datetime
    outcome: str | None
    visits: tuple[StepWalk, ...]


def visits_of(records: Iterable[Told]) -> tuple[StepWalk, ...]:
    """The visits that the records of one run tell, in the order in which they happened."""
    return tuple(_visits(records))


def _visits(records: Iterable[Told]) -> Iterator[StepWalk]:
    here: tuple[str, datetime] | None = None
    skipped, paused, asked = "", False, 0
    for kind, body, at in records:
        if kind == ENTERED:
            step = str(body["step"])
            if here is not None:
                yield StepWalk(*here, at, skipped or str(body.get("by_exit") or ""), step, paused, asked)
            here, skipped, paused, asked = (step, at), "", False, 0
        elif here is None:
            continue
        elif kind == ENDED:
            yield StepWalk(*here, at, paused=paused, asked=asked)
            here = None
        elif kind == PAUSED:
            paused = True
        elif kind == SKIPPED:  # it goes on as if it had been done, by the same exit
            skipped = "skipped"
        else:
            asked += 1
    if here is not None:
        yield StepWalk(*here, paused=paused, asked=asked)

"""When each runbook of an asset is to be drilled next, by its `drill.every` and by the record."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bot.format.catalogue import Asset
from bot.format.runbook import Runbook
from bot.format.text import spoken_duration
from bot.readiness.facts import ReadinessFacts, RunFact
from bot.readiness.finding import Finding


@dataclass(frozen=True, slots=True)
class DrillDue:
    """The next drill of a runbook on an asset.

    `last` is the newest run or drill that was walked to an end; one that was stopped is none.
    """

    asset: Asset
    book: Runbook
    every: timedelta
    last: RunFact | None

    @property
    def on(self) -> date | None:
        """The day by which it is to be held; None where none ever was: at once, whatever was edited since."""
        return None if self.last is None else (self.last.started_at + self.every).date()


def drills_due(facts: ReadinessFacts, asset: Asset) -> Iterator[DrillDue]:
    """Of each active runbook of the asset that says how often it is drilled."""
    for id_ in asset.runbooks:
        book = facts.books.get(id_)
        if book is not None and book.drill is not None and book.status == "active":
            held = [run for run in facts.runs_of(asset) if run.runbook == id_ and _practises(run)]
            last = max(held, key=lambda run: run.started_at, default=None)
            yield DrillDue(asset, book, book.drill.every, last)


def _practises(run: RunFact) -> bool:
    return run.mode in ("drill", "live") and run.ended_at is not None and run.outcome != "aborted"


def overdue_drills(facts: ReadinessFacts) -> Iterator[Finding]:
    """A drill that should have been held by now, and was not."""
    for asset in facts.catalogue.assets.values():
        for one in drills_due(facts, asset):
            if one.on is None or one.on < facts.at.date():
                todo = f"Hold one: handrail walk {asset.id} --drill"
                yield Finding(_overdue(one), todo, of=("runbook", one.book.id))


def _overdue(one: DrillDue) -> str:
    every = spoken_duration(int(one.every.total_seconds()))
    said = f"{one.asset.name}: {one.book.id} is to be drilled every {every}"
    if one.last is None:
        return f"{said}, and was never walked to an end."
    return f"{said}; it was due by {one.on}, last walked in {one.last.ref} on {one.last.started_at:%Y-%m-%d}."

"""Gathers what findings are made of; what it read once of a run is read again only when something happened in it."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Row

from bot.format.catalogue import Catalogue
from bot.format.runbook import Runbook
from bot.journal.store import Journal
from bot.journal.streams import PEOPLE, PROTECTIONS, READINGS, REVIEWS, TRIGGERS, Streams
from bot.journal.versions import Versions
from bot.journal.walked import RunActors, Walked
from bot.library.inventory import looks_of, read_inventories
from bot.library.registry import Registry
from bot.readiness.facts import ReadinessFacts, RunFact, leaning_exits
from bot.readiness.finding import Finding
from bot.readiness.findings import findings_of
from bot.readiness.judging import Judge, Ready
from bot.readiness.questions import TESTED
from bot.readiness.reading.events import LookPlanned
from bot.readiness.reading.plan import wanted_of
from bot.readiness.reading.state import Reading
from bot.readiness.upkeep.state import Reviews

_NO_MATTER = {
    "title", "status", "enter_when", "not_for", "objective", "owner", "review", "drill", "failure_modes", "references",
}  # fmt: skip
"""What may be edited in a runbook without taking a test of it away; of a step it is `why` and `typical`."""
_PEOPLE = "H"
"""Rules of `check` about people."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is neither in the files nor in the record."""

    uncovered: Callable[[Catalogue, datetime], frozenset[str]]
    """Rotations in which nobody is on call at some time soon."""
    pack_at: Callable[[], datetime | None]
    """When the printable copy was written."""


class Gatherer:
    """Keeps what it knows of runs by their heads. Used by one thread at a time, or by several that do not mind."""

    def __init__(
        self,
        journal: Journal,
        registry: Registry,
        book_of: Callable[[str], Runbook],
        around: Around,
        now: Callable[[], datetime],
    ) -> None:
        self._journal, self._registry, self._around, self._now = journal, registry, around, now
        self._walked, self._versions = Walked(journal), Versions(journal)
        self._streams, self._triggers = Streams(journal, PROTECTIONS), Streams(journal, TRIGGERS)
        self._people, self._reviews = Streams(journal, PEOPLE), Streams(journal, REVIEWS)
        self._known: dict[str, tuple[int, RunFact]] = {}
        self._readings = Streams(journal, READINGS)
        self._asked: tuple[object, dict[str, LookPlanned]] | None = None
        self._judge = Judge()
        self._leaned: dict[str, tuple[str, ...]] = {}
        self._by_asset: Mapping[str, tuple[RunFact, ...]] = {}
        self._substance = lru_cache(maxsize=1024)(lambda digest: substance_of(book_of(digest)))

    def judged(self) -> tuple[Ready, ...]:
        """Every asset, the most urgent first; of one in which nothing happened, as it was within the last minute."""
        return self._judge.all(self.facts())

    def findings(self) -> tuple[Finding, ...]:
        """What is of no single asset."""
        found = findings_of(self.facts())
        return tuple(one if one.of is None else replace(one, place=self._registry.place_of(*one.of)) for one in found)

    def facts(self) -> ReadinessFacts:
        """Everything, as it is now."""
        registry, at = self._registry, self._now()
        books = registry.runbooks
        kept = {id_: registry.kept(id_) for id_ in books}
        digests = {id_: one.digest for id_, one in kept.items() if one is not None}
        files = {one.file: id_ for id_, one in kept.items() if one is not None}
        runs, reviews, readings = self._runs(), self._reviews.states(), self._as_asked(books, digests)
        return ReadinessFacts(
            at, registry.catalogue, books, digests,
            {id_: one.at for id_, one in self._versions.last().items() if one.digest == digests.get(id_)},
            self._alike({*_tests(runs, at), *_reviewed(reviews)}, books, digests), runs, self._streams.states(),
            self._around.uncovered(registry.catalogue, at), self._around.pack_at(), self._wording(files),
            self._leaning(books, digests), self._triggers.states(), self._people.states(), reviews,
            read_inventories(registry.path, registry.inventories, readings) if registry.inventories else (), readings,
        )  # fmt: skip

    def _as_asked(self, books: Mapping[str, Runbook], digests: Mapping[str, str]) -> dict[str, Reading]:
        """What hands saw of what the files ask for now; what they saw of anything else answers it not."""
        now = (self._registry.catalogue, digests, self._registry.inventories)
        if self._asked is None or self._asked[0] != now:
            self._asked = (now, {**wanted_of(self._registry.catalogue, books), **looks_of(self._registry.inventories)})
        wanted = self._asked[1]
        return {name: here for name, here in self._readings.states().items() if here.plan == wanted.get(name)}

    def _runs(self) -> Mapping[str, tuple[RunFact, ...]]:
        """Runs by asset, the newest first; those of an asset are the same tuple while nothing happened in one."""
        heads, evidence = self._walked.heads(), self._walked.evidence()
        gone = self._known.keys() - (heads.keys() - evidence)
        fresh = [one for one, head in heads.items() if one not in evidence and self._known.get(one, (0,))[0] != head]
        changed = {self._known.pop(one)[1].asset for one in gone}
        acts, nothing = self._walked.acts(fresh), RunActors(set(), set())
        for row in self._walked.rows(fresh):
            fact = _fact_of(row, acts.get(row.run_id, nothing))
            self._known[row.run_id] = (row.head, fact)
            changed.add(fact.asset)
        found: dict[str, list[RunFact]] = {asset: [] for asset in changed}
        for _, fact in self._known.values() if changed else ():
            if fact.asset in changed:
                found[fact.asset].append(fact)
        newest = {asset: tuple(sorted(runs, key=_by_age, reverse=True)) for asset, runs in found.items()}
        self._by_asset = {asset: runs for asset, runs in {**self._by_asset, **newest}.items() if runs}
        return self._by_asset

    def _alike(
        self, versions: Iterable[tuple[str, str]], books: Mapping[str, Runbook], digests: Mapping[str, str]
    ) -> frozenset[tuple[str, str]]:
        """Those of these versions that are older and differ from what serves in nothing that matters."""
        older = ((id_, digest) for id_, digest in versions if digests.get(id_) not in (None, digest))
        return frozenset((id_, digest) for id_, digest in older if self._is_alike(books[id_], digest))

    def _is_alike(self, book: Runbook, digest: str) -> bool:
        try:
            return bool(self._substance(digest) == substance_of(book))
        except LookupError:  # its text is not in this database
            return False

    def _leaning(self, books: Mapping[str, Runbook], digests: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
        """Reckoned once for each version."""
        before, self._leaned = self._leaned, {}
        for id_, digest in digests.items():
            self._leaned[digest] = before.get(digest) or tuple(leaning_exits(books[id_]))
        return {id_: self._leaned[digest] for id_, digest in digests.items()}

    def _wording(self, files: Mapping[str, str]) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for problem in self._registry.problems:
            if problem.severity == "warning" and problem.rule.startswith(_PEOPLE) and problem.file in files:
                found[files[problem.file]] = found.get(files[problem.file], 0) + 1
        return found


def _tests(runs: Mapping[str, tuple[RunFact, ...]], at: datetime) -> Iterator[tuple[str, str]]:
    """The versions of runs that could be a test."""
    for run in (run for of_asset in runs.values() for run in of_asset):
        if run.came_back and run.ended_at is not None and at - run.ended_at <= TESTED:
            yield run.runbook, run.digest


def _reviewed(reviews: Mapping[str, Reviews]) -> Iterator[tuple[str, str]]:
    """The versions that were reviewed last."""
    yield from ((id_, here.last.digest) for id_, here in reviews.items() if here.last is not None)


def _by_age(run: RunFact) -> tuple[datetime, str]:
    return run.started_at, run.ref


def _fact_of(row: Row[Any], acts: RunActors) -> RunFact:
    people = acts.people | {row.requester, *(() if row.operator is None else (row.operator,))}
    return RunFact(
        row.ref, row.asset, row.runbook, row.digest, row.mode, row.outcome, row.started_at, row.ended_at,
        None if row.rto is None else timedelta(seconds=row.rto), frozenset(people), frozenset(acts.vias),
        acts.follow_ups, acts.done, acts.lessons,
    )  # fmt: skip


def substance_of(book: Runbook) -> str:
    """What matters of a runbook, as text to compare: whatever a person does, sees or decides in a walk."""
    steps = {"steps": {"__all__": {"why", "typical"}}}
    return book.model_dump_json(exclude={**dict.fromkeys(_NO_MATTER, True), **steps})


_EXITS = {
    "signoff-rejected": "rejected", "signoff-expired": "expired", "signoff-approved": "approved",
}  # fmt: skip
_SAYS_EXIT = {"step-finished": "exit", "chosen": "option", "branched": "exit", "call-returned": "outcome"}


def walked_exits(journal: Journal, runbook: str) -> tuple[dict[tuple[str, str], datetime], Mapping[str, int]]:
    """Step and exit -> when somebody last went there, in whatever version; and step -> how often it was left."""
    found: dict[tuple[str, str], datetime] = {}
    left: Counter[str] = Counter()
    for kind, body, at in Walked(journal).bodies(runbook, [*_EXITS, *_SAYS_EXIT]):
        said = json.loads(body)
        way = (str(said.get("step")), _EXITS.get(kind) or str(said.get(_SAYS_EXIT.get(kind, ""))))
        found[way] = max(at, found.get(way, at))
        left[way[0]] += 1
    return found, left

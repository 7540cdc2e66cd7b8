"""Gathers what findings are made of; what it read once of a run is read again only when something happened in it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from bot.format.catalogue import Catalogue
from bot.format.runbook import Runbook
from bot.journal.store import Journal
from bot.journal.streams import PROTECTIONS, Streams
from bot.journal.versions import Versions
from bot.journal.walked import Acts, Walked
from bot.library.shelf import Shelf
from bot.readiness.facts import Facts, RunFact
from bot.readiness.questions import TESTED

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
        shelf: Shelf,
        book_of: Callable[[str], Runbook],
        around: Around,
        now: Callable[[], datetime],
    ) -> None:
        self._journal, self._shelf, self._around, self._now = journal, shelf, around, now
        self._walked, self._versions = Walked(journal), Versions(journal)
        self._streams = Streams(journal, PROTECTIONS)
        self._known: dict[str, tuple[int, RunFact]] = {}
        self._substance = lru_cache(maxsize=1024)(lambda digest: substance_of(book_of(digest)))

    def facts(self) -> Facts:
        """Everything, as it is now."""
        shelf, at = self._shelf, self._now()
        books = shelf.runbooks
        kept = {id_: shelf.kept(id_) for id_ in books}
        digests = {id_: one.digest for id_, one in kept.items() if one is not None}
        files = {one.file: id_ for id_, one in kept.items() if one is not None}
        runs = self._runs()
        return Facts(
            at, shelf.catalogue, books, digests,
            {id_: one.at for id_, one in self._versions.last().items() if one.digest == digests.get(id_)},
            self._alike(runs, books, digests, at), runs, self._streams.states(),
            self._around.uncovered(shelf.catalogue, at), self._around.pack_at(), self._wording(files),
        )  # fmt: skip

    def _runs(self) -> Mapping[str, tuple[RunFact, ...]]:
        rows, evidence = self._walked.rows(), self._walked.evidence()
        rows = [row for row in rows if row.run_id not in evidence]
        fresh = [row for row in rows if (known := self._known.get(row.run_id)) is None or known[0] != row.head]
        acts = self._walked.acts([row.run_id for row in fresh])
        nothing = Acts(set(), set())
        for row in fresh:
            done = acts.get(row.run_id, nothing)
            people = done.people | {row.requester, *(() if row.operator is None else (row.operator,))}
            fact = RunFact(
                row.ref, row.asset, row.runbook, row.digest, row.mode, row.outcome, row.started_at, row.ended_at,
                None if row.rto is None else timedelta(seconds=row.rto), frozenset(people), frozenset(done.vias),
                done.follow_ups, done.done, done.lessons,
            )  # fmt: skip
            self._known[row.run_id] = (row.head, fact)
        found: dict[str, list[RunFact]] = {}
        for row in rows:
            found.setdefault(row.asset, []).append(self._known[row.run_id][1])
        return {asset: tuple(runs) for asset, runs in found.items()}

    def _alike(
        self,
        runs: Mapping[str, tuple[RunFact, ...]],
        books: Mapping[str, Runbook],
        digests: Mapping[str, str],
        at: datetime,
    ) -> frozenset[tuple[str, str]]:
        """Older versions, of runs that could be a test, which differ from what serves in nothing that matters."""
        older = {
            (run.runbook, run.digest) for of_asset in runs.values() for run in of_asset
            if run.came_back and run.ended_at is not None and at - run.ended_at <= TESTED
            and digests.get(run.runbook) not in (None, run.digest)
        }  # fmt: skip
        return frozenset((id_, digest) for id_, digest in older if self._is_alike(books[id_], digest))

    def _is_alike(self, book: Runbook, digest: str) -> bool:
        try:
            return bool(self._substance(digest) == substance_of(book))
        except LookupError:  # its text is not in this database
            return False

    def _wording(self, files: Mapping[str, str]) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for problem in self._shelf.problems:
            if problem.severity == "warning" and problem.rule.startswith(_PEOPLE) and problem.file in files:
                found[files[problem.file]] = found.get(files[problem.file], 0) + 1
        return found


def substance_of(book: Runbook) -> str:
    """What matters of a runbook, as text to compare: whatever a person does, sees or decides in a walk."""
    steps = {"steps": {"__all__": {"why", "typical"}}}
    return book.model_dump_json(exclude={**dict.fromkeys(_NO_MATTER, True), **steps})


_EXITS = {
    "signoff-rejected": "rejected", "signoff-expired": "expired", "signoff-approved": "approved",
}  # fmt: skip
_SAYS_EXIT = {"step-finished": "exit", "chosen": "option", "branched": "exit", "call-returned": "outcome"}


def walked_exits(journal: Journal, runbook: str) -> dict[tuple[str, str], datetime]:
    """Step and exit of a runbook -> when somebody last went there, in whatever version of it."""
    found: dict[tuple[str, str], datetime] = {}
    for kind, body, at in Walked(journal).bodies(runbook, [*_EXITS, *_SAYS_EXIT]):
        said = json.loads(body)
        way = (str(said.get("step")), _EXITS.get(kind) or str(said.get(_SAYS_EXIT.get(kind, ""))))
        found[way] = max(at, found.get(way, at))
    return found

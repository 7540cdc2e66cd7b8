"""Reads what learning needs of all runs: where they have been, and when."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Row

from bot.format.runbook import Runbook
from bot.journal.store import Journal
from bot.journal.walked import Walked
from bot.learning.replay import Replayed, replay
from bot.learning.walks import KINDS, RunWalk, Told, visits_of


def read_walks(journal: Journal, since: datetime, runbook: str | None = None) -> Iterator[RunWalk]:
    """Every run that started since, or those of one runbook, in no order."""
    walked = Walked(journal)
    records = walked.records(KINDS, since, runbook)
    told = {run_id: visits_of(_told(held)) for run_id, held in groupby(records, attrgetter("run_id"))}
    return (
        RunWalk(row.ref, row.runbook, row.digest, row.mode, row.started_at, row.outcome, told[row.run_id])
        for row in walked.rows(list(told))
    )


def read_replays(
    journal: Journal, book_of: Callable[[str], Runbook], since: datetime, new: tuple[str, Runbook], most: int
) -> list[Replayed]:
    """The newest runs of a runbook, by its id, walked on another version of it; the first first.

    A run whose own version is not in this database, or cannot be read any more, is left out.
    """
    found: list[Replayed] = []
    for walk in sorted(read_walks(journal, since, new[0]), key=lambda one: one.started_at, reverse=True):
        if len(found) < most:
            with suppress(LookupError, ValueError):
                found.append(replay(walk, book_of(walk.digest), new[1]))
    return found[::-1]


def _told(records: Iterable[Row[Any]]) -> Iterator[Told]:
    return (Told(one.kind, _read(one.body), one.at) for one in records)


@lru_cache(maxsize=4096)
def _read(body: str) -> Mapping[str, object]:
    """Runs of one runbook come to the same steps by the same exits: most bodies were read before."""
    return dict(json.loads(body))

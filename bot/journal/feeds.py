"""The last good copy of each calendar feed, so that a restart or a dead feed leaves nobody without a rota."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.journal import tables
from bot.journal.store import Journal

_feed = tables.feed.c
_ALL = select(_feed.name, _feed.text, _feed.fetched_at, _feed.failure, _feed.failing_since)
_STATES = select(_feed.name, _feed.fetched_at, _feed.failure, _feed.failing_since)
_FAIL = update(tables.feed).where(_feed.name == bindparam("of")).values(failure=bindparam("why"))
_SINCE = (
    update(tables.feed)
    .where(_feed.name == bindparam("of"), _feed.failing_since.is_(None))
    .values(failing_since=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class StoredFeed:
    """What is known of a feed: its last good text and when that was fetched; why it failed since, and since when."""

    text: str
    fetched_at: datetime | None
    failure: str
    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class State:
    """How a feed is, without its text: when its last good copy was fetched; why it failed since, and since when."""

    fetched_at: datetime | None
    failure: str
    failing_since: datetime | None


class Feeds:
    """Copies of feeds in the journal's database, by the names of the variables that hold their addresses."""

    def __init__(self, journal: Journal) -> None:
        """Take the journal; nothing is read yet."""
        self._journal = journal
        build = sqlite.insert if journal.engine.dialect.name == "sqlite" else postgresql.insert
        fresh = build(tables.feed)
        fields = ("text", "fetched_at", "failure", "failing_since")
        self._keep = fresh.on_conflict_do_update(
            index_elements=["name"], set_={one: fresh.excluded[one] for one in fields}
        )
        self._begin = fresh.on_conflict_do_nothing(index_elements=["name"])

    def all(self) -> Mapping[str, StoredFeed]:
        """Everything that is known, by name."""
        return {
            row.name: StoredFeed(row.text, row.fetched_at, row.failure, row.failing_since)
            for row in self._journal.read(_ALL)
        }

    def states(self) -> Mapping[str, State]:
        """How each feed is, by name; the texts, which may be long, stay where they are."""
        return {row.name: State(row.fetched_at, row.failure, row.failing_since) for row in self._journal.read(_STATES)}

    def keep(self, name: str, text: str, at: datetime) -> None:
        """Keep a good copy; what was wrong before is over."""
        self._journal.change(
            self._keep, {"name": name, "text": text, "fetched_at": at, "failure": "", "failing_since": None}
        )

    def fail(self, name: str, why: str, at: datetime) -> None:
        """Remember that a feed could not be had, and since when; its last good copy stays."""
        begun = {"name": name, "text": "", "fetched_at": None, "failure": "", "failing_since": None}
        self._journal.change(self._begin, begun)
        self._journal.change(_FAIL, {"of": name, "why": why})
        self._journal.change(_SINCE, {"of": name, "at": at})

"""What is known of feeds, for whoever asks who is on call: read from the database, and held for a moment."""

import threading
from collections.abc import Callable, Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.journal.feeds import Feeds, StoredFeed
from bot.journal.store import NotRecorded
from bot.oncall.roster import FeedCopy

HELD = 10.0
"""Seconds for which an answer of the database is good enough."""
log = structlog.get_logger(__name__)


class KnownCopies:
    """Answers with the copy of a feed. A database that does not answer leaves what was known before."""

    def __init__(self, feeds: Callable[[], Feeds | None], clock: Callable[[], float]) -> None:
        """Take the feeds, opened when first needed (None without a database), and a clock that only goes forward."""
        self._feeds, self._clock = feeds, clock
        self._turn = threading.Lock()
        self._known: Mapping[str, StoredFeed] | None = None
        self._read_at = 0.0

    def __call__(self, name: str) -> FeedCopy | None:
        """What is known of a feed by the name of its variable; None when it was never fetched."""
        with self._turn:
            trouble = self._look()
            known = (self._known or {}).get(name)
        if known is None:
            return FeedCopy(failure=trouble) if trouble else None
        return FeedCopy(known.text, known.fetched_at, known.failure, known.failing_since)

    def _look(self) -> str:
        if self._known is not None and self._clock() - self._read_at < HELD:
            return ""
        try:
            feeds = self._feeds()
            self._known, self._read_at = feeds.all() if feeds else {}, self._clock()
        except (SQLAlchemyError, NotRecorded) as failure:
            log.warning("the copies of feeds could not be read", failure=str(failure))
            return "the database does not answer"
        return ""

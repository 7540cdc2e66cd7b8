"""The loop that looks after feeds: fetches each every five minutes, and keeps what is good."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.format.catalogue import Catalogue
from bot.journal.feeds import Feeds
from bot.journal.store import NotRecorded
from bot.oncall.feed import BadFeed, read_feed
from bot.oncall.roster import UNFOLDED, feed_name
from bot.workers.feeds.fetching import Unfetched
from bot.workers.feeds.news import FeedNews

EVERY = timedelta(minutes=5)
LOOK_EVERY = 5.0
"""Seconds between two looks at which feeds are due: one that an author has just written is fetched at once."""
log = structlog.get_logger(__name__)


class FeedKeeper:
    """Knows when it tried each feed last. What another server has just fetched is not fetched again."""

    def __init__(
        self,
        catalogue: Callable[[], Catalogue],
        feeds: Feeds,
        address_of: Callable[[str], str | None],
        fetch: Callable[[str, str], str],
        news: FeedNews,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        """`address_of` reads the secret of a variable, `fetch` takes its name and the address; both raise Unfetched."""
        self._catalogue, self._feeds, self._news = catalogue, feeds, news
        self._address_of, self._fetch = address_of, fetch
        self._now, self._clock = now, clock
        self._next: dict[str, float] = {}

    def run(self, stopping: threading.Event) -> None:
        """Look again and again until `stopping`."""
        while not stopping.is_set():
            self.look(stopping)
            stopping.wait(LOOK_EVERY)

    def look(self, stopping: threading.Event) -> None:
        """Fetch what is due, then tell the owners. A database that does not answer is asked again at the next look."""
        rotations = self._catalogue().rotations.values()
        names = dict.fromkeys(name for one in rotations if (name := feed_name(one)) is not None)
        try:
            for name in names:
                if not stopping.is_set() and self._is_due(name):
                    self._take(name)
            self._news.look(self._feeds.states() if names else {})
        except (SQLAlchemyError, NotRecorded) as failure:
            log.warning("feeds were not looked after", failure=str(failure))

    def _is_due(self, name: str) -> bool:
        """Whether it is time; the next time is counted from this one, so that a slow server shifts nothing."""
        clock = self._clock()
        if clock < self._next.get(name, clock):
            return False
        self._next[name] = max(self._next.get(name, clock) + EVERY.total_seconds(), clock)
        kept = self._feeds.states().get(name)
        return kept is None or kept.fetched_at is None or self._now() - kept.fetched_at > EVERY / 2

    def _take(self, name: str) -> None:
        try:
            text = self._read(name)
        except (Unfetched, BadFeed) as why:
            log.warning("a feed could not be had", feed=name, why=str(why))
            self._feeds.fail(name, str(why), self._now())
            return
        self._feeds.keep(name, text, self._now())

    def _read(self, name: str) -> str:
        """The text of a feed that can be read as one."""
        address = self._address_of(name)
        if address is None:
            raise Unfetched(f"the variable {name} is not set where Handrail runs")
        text = self._fetch(name, address)
        now = self._now()
        read_feed(text, "UTC", now, now + UNFOLDED)
        return text

"""A feed's last good copy outlives its failures, and what was wrong is over with the next good one."""

from datetime import UTC, datetime, timedelta

from bot.journal.feeds import Feeds, State, StoredFeed
from bot.journal.store import Journal

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER, LAST = AT + timedelta(minutes=5), AT + timedelta(minutes=10)


def test_a_failure_leaves_the_last_good_copy(journal: Journal) -> None:
    feeds = Feeds(journal)
    assert feeds.all() == {}
    feeds.keep("DBA_ICS", "BEGIN:VCALENDAR", AT)
    feeds.fail("DBA_ICS", "it answered 404", LATER)
    feeds.fail("DBA_ICS", "it did not answer", LAST)
    assert feeds.all() == {"DBA_ICS": StoredFeed("BEGIN:VCALENDAR", AT, "it did not answer", LATER)}
    assert feeds.states() == {"DBA_ICS": State(AT, "it did not answer", LATER)}
    feeds.keep("DBA_ICS", "better", LAST)
    assert feeds.all() == {"DBA_ICS": StoredFeed("better", LAST, "", None)}


def test_a_feed_that_was_never_had_fails_since_its_first_failure(journal: Journal) -> None:
    feeds = Feeds(journal)
    feeds.fail("OTHER_ICS", "it answered 500", AT)
    feeds.fail("OTHER_ICS", "it answered 503", LATER)
    assert feeds.all() == {"OTHER_ICS": StoredFeed("", None, "it answered 503", AT)}

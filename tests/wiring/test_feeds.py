"""Feeds as they come in: from a real server that behaves badly, through an outage, to the team that owns them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic

import pytest
import structlog
from sqlalchemy.exc import OperationalError

from bot.format.catalogue import Catalogue
from bot.journal.database import open_engine
from bot.journal.feeds import Feeds, StoredFeed
from bot.journal.outbox import Outbox
from bot.journal.store import Journal
from bot.notifier.messenger import Doubtful, Impossible, Limited
from bot.oncall.roster import FeedCopy
from bot.workers.feeds.copies import HELD, KnownCopies
from bot.workers.feeds.fetching import MOST_BYTES, Fetcher, Unfetched, over_https, secret_named
from bot.workers.feeds.keeping import EVERY, FeedKeeper
from bot.workers.feeds.news import DEAD_AFTER, LOST, FeedNews
from tests.oncall.test_feed import calendar
from tests.places import migrated
from tests.wiring.test_living import FakeVoice

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXT = calendar("SUMMARY:Ana|DTSTART:20261122T090000Z|DTEND:20261123T090000Z")
SECRET = "s3cret-part-of-the-address"


class Handler(BaseHTTPRequestHandler):
    """A calendar server with moods, one for each path."""

    released = threading.Event()

    def do_GET(self) -> None:
        match self.path.split("/")[1]:
            case "good":
                self._answer(200, TEXT.encode())
            case "gone":
                self._answer(404, b"no such calendar")
            case "big":
                self._answer(200, b"x" * (MOST_BYTES + 1))
            case "latin":
                self._answer(200, "Año".encode("latin-1"))
            case "moved":
                self._answer(302, b"", "/good/1")
            case "away":
                self._answer(302, b"", "file:///etc/passwd")
            case "ftp":
                self._answer(302, b"", "ftp://127.0.0.1/calendar")
            case "round":
                self._answer(302, b"", self.path)
            case "drip":
                self._drip()

    def _answer(self, status: int, body: bytes, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        """A header that never ends, a byte at a time."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.released.wait(0.05):
            self.wfile.write(b"x")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's own)
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Handler.released = threading.Event()
    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: served.serve_forever(0.02), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}"
    Handler.released.set()
    served.shutdown()
    served.server_close()


@pytest.mark.parametrize("path", ["good", "moved"])
def test_a_feed_is_fetched_where_it_moved_to_as_well(server: str, path: str) -> None:
    assert Fetcher().fetch("DBA_ICS", f"{server}/{path}/{SECRET}") == TEXT


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("gone", "it answered 404"),
        ("big", "larger than 2 MB"),
        ("latin", "not text in UTF-8"),
        ("away", "not HTTP"),
        ("ftp", "not HTTP"),
        ("round", "in a circle"),
    ],
)
def test_what_cannot_be_had_is_said_without_the_address(server: str, path: str, why: str) -> None:
    with pytest.raises(Unfetched, match=why) as unfetched:
        Fetcher().fetch("DBA_ICS", f"{server}/{path}/{SECRET}")
    assert SECRET not in str(unfetched.value)


def test_behind_webcal_is_https() -> None:
    """As Google, Outlook and PagerDuty print it for calendars to open."""
    assert over_https("webcal://x.example/a?b=c:d") == "https://x.example/a?b=c:d"
    assert over_https(" WEBCAL://x.example/a\n") == "https://x.example/a"
    for same in ("https://x.example", "http://x.example", "ftp://webcal:x", "webcal"):
        assert over_https(same) == same


@pytest.mark.parametrize("address", [f"file:///{SECRET}", f"ftp://x/{SECRET}", SECRET, f"http://[{SECRET}", "http://"])
def test_only_http_is_spoken(address: str) -> None:
    with pytest.raises(Unfetched) as unfetched:
        Fetcher().fetch("DBA_ICS", address)
    assert SECRET not in str(unfetched.value)


def test_a_server_that_drips_is_left_behind(server: str) -> None:
    """In time, and it is not asked again while it still holds the first request open."""
    fetcher, begun = Fetcher(0.3), monotonic()
    with pytest.raises(Unfetched, match=r"did not answer within 0\.3 s"):
        fetcher.fetch("DBA_ICS", f"{server}/drip/{SECRET}")
    assert monotonic() - begun < 15
    with pytest.raises(Unfetched, match="holds the last request open"):
        fetcher.fetch("DBA_ICS", f"{server}/drip/{SECRET}")
    assert fetcher.fetch("OTHER_ICS", f"{server}/good/1") == TEXT
    Handler.released.set()


def test_a_secret_is_a_variable_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "address"
    file.write_text("https://calendar.example/2\n", encoding="utf-8")
    environment = {"ONE": " https://calendar.example/1 ", "TWO_FILE": str(file), "GONE_FILE": str(tmp_path / "no")}
    assert secret_named(environment, "ONE") == "https://calendar.example/1"
    assert secret_named(environment, "TWO") == "https://calendar.example/2"
    assert secret_named(environment, "THREE") is None
    with pytest.raises(Unfetched, match="GONE_FILE names a file that cannot be read"):
        secret_named(environment, "GONE")


CATALOGUE = Catalogue.model_validate(
    {
        "teams": {"dba": {"id": "dba", "channel": "C0DATA"}},
        "rotations": {"weekly": {"id": "weekly", "ics": "env:DBA_ICS", "team": "dba"}},
    }
)


class Firm:
    """A keeper of feeds with its news; clocks are wound by hand, and `outcome` is what the next fetch brings."""

    def __init__(self, journal: Journal) -> None:
        self.at, self.outcome, self.fetched = AT, TEXT, 0
        self.feeds, self.messenger, self.catalogue = Feeds(journal), FakeVoice(), CATALOGUE
        self.address: str | None = "https://calendar.example"
        self.keeper = self.build_staff(journal)

    def build_staff(self, journal: Journal) -> FeedKeeper:
        news = FeedNews(lambda: self.catalogue, Outbox(journal), self.messenger, lambda: self.at)
        return FeedKeeper(
            lambda: self.catalogue, self.feeds, lambda _: self.address, self.fetch, news, lambda: self.at,
            self.seconds,
        )  # fmt: skip

    def fetch(self, name: str, address: str) -> str:
        self.fetched += 1
        if self.outcome.startswith("it "):
            raise Unfetched(self.outcome)
        return self.outcome

    def look(self, later: timedelta = timedelta()) -> None:
        self.at += later
        self.keeper.look(threading.Event())

    def seconds(self) -> float:
        return self.at.timestamp()

    @property
    def kept(self) -> StoredFeed:
        return self.feeds.all()["DBA_ICS"]


@contextmanager
def opened(folder: Path) -> Iterator[Journal]:
    engine = open_engine(f"sqlite:///{folder}/record.db")
    migrated(engine)
    yield Journal(engine)
    engine.dispose()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with opened(tmp_path) as journal:
        yield journal


@pytest.fixture
def firm(journal: Journal) -> Firm:
    return Firm(journal)


def test_a_feed_is_fetched_every_five_minutes(firm: Firm) -> None:
    for _ in range(61):
        firm.look(timedelta(seconds=10))
    assert firm.fetched == 3
    assert firm.kept == StoredFeed(TEXT, AT + timedelta(seconds=610), "", None)


def test_what_another_server_has_just_fetched_is_not_fetched_again(firm: Firm, journal: Journal) -> None:
    firm.look()
    other = firm.build_staff(journal)
    other.look(threading.Event())
    assert firm.fetched == 1
    firm.at += EVERY
    other.look(threading.Event())
    firm.look()
    assert firm.fetched == 2


@pytest.mark.parametrize(("outcome", "why"), [("it answered 503", "503"), ("<html>Log in</html>", "no calendar")])
def test_a_bad_answer_leaves_the_last_good_copy(firm: Firm, outcome: str, why: str) -> None:
    firm.look()
    firm.outcome = outcome
    firm.look(EVERY)
    firm.look(EVERY)
    assert (firm.kept.text, firm.kept.fetched_at, firm.kept.failing_since) == (TEXT, AT, AT + EVERY)
    assert why in firm.kept.failure
    firm.outcome = TEXT
    firm.look(EVERY)
    assert firm.kept == StoredFeed(TEXT, AT + 3 * EVERY, "", None)


def test_a_variable_that_is_not_set_is_said(firm: Firm) -> None:
    firm.address = None
    firm.look()
    assert firm.kept.failure == "the variable DBA_ICS is not set where Handrail runs"
    assert firm.fetched == 0


def die(firm: Firm) -> None:
    """Half an hour without a good copy."""
    firm.look()
    firm.outcome = "it answered 503"
    for _ in range(int(DEAD_AFTER / EVERY)):
        firm.look(EVERY)


def test_the_owner_team_hears_once_that_a_feed_is_dead_and_once_that_it_is_right(firm: Firm, journal: Journal) -> None:
    """A restart in between changes nothing."""
    die(firm)
    ((channel, said, thread),) = firm.messenger.posts
    assert (channel, thread) == ("C0DATA", None)
    assert "The calendar feed of weekly cannot be read: it answered 503." in said
    firm.keeper = firm.build_staff(journal)
    firm.look(EVERY)
    assert len(firm.messenger.posts) == 1
    firm.outcome = TEXT
    firm.look(EVERY)
    firm.look(EVERY)
    (_, (_, right, thread)) = firm.messenger.posts
    assert "is right again" in right
    assert thread == "1.0"


def test_a_short_failure_is_not_worth_a_message(firm: Firm) -> None:
    firm.look()
    firm.outcome = "it answered 503"
    for _ in range(5):
        firm.look(EVERY)
    firm.outcome = TEXT
    firm.look(EVERY)
    assert firm.messenger.posts == []


def test_a_feed_that_was_never_read_is_told_of_after_the_same_while(firm: Firm) -> None:
    firm.outcome = "it answered 401"
    firm.look()
    firm.look(DEAD_AFTER - timedelta(seconds=1))
    assert firm.messenger.posts == []
    firm.look(timedelta(seconds=1))
    assert "everybody of the rotation is told" in firm.messenger.posts[0][1]


def test_what_slack_does_not_take_now_is_told_at_the_next_look(firm: Firm) -> None:
    firm.messenger.answer = Limited(30)
    die(firm)
    firm.messenger.answer = None
    firm.look(EVERY)
    assert len(firm.messenger.posts) == 1


@pytest.mark.parametrize("arrives", [True, False])
def test_after_a_doubtful_post_it_is_looked_for_first(firm: Firm, journal: Journal, arrives: bool) -> None:
    """Whether it arrived or not, one message stands there in the end."""
    firm.messenger.answer, firm.messenger.arrives = Doubtful("timeout"), arrives
    die(firm)
    firm.messenger.answer = None
    intended = Outbox(journal).of("feeds", ["C0DATA:weekly"])["C0DATA:weekly"].intended_at
    firm.at = max(firm.at, intended) + LOST
    firm.look()
    firm.look(EVERY)
    assert len(firm.messenger.posts) == 1


def test_a_channel_that_takes_nothing_is_tried_again(firm: Firm) -> None:
    """Not at once; and when it takes something, the dead feed is told there."""
    firm.messenger.answer = Impossible("not_in_channel")
    with structlog.testing.capture_logs() as logs:
        die(firm)
        firm.look(timedelta(seconds=1))
    assert [one["why"] for one in logs if "cannot be told" in one["event"]] == ["not_in_channel"]
    firm.messenger.answer = None
    firm.look(EVERY)
    assert len(firm.messenger.posts) == 1


def test_a_feed_without_a_team_is_told_to_who_owns_what_leans_on_it(firm: Firm) -> None:
    """A rotation that names no team: the owner of an asset whose ladder calls it; nobody's is logged once."""
    rotations = {"weekly": {"id": "weekly", "ics": "env:DBA_ICS"}}
    firm.catalogue = Catalogue.model_validate({"rotations": rotations})
    with structlog.testing.capture_logs() as logs:
        die(firm)
        firm.look(EVERY)
    assert sum("owns this dead feed" in one["event"] for one in logs) == 1
    rungs = [{"after": "0m", "tell": ["rotation:weekly"]}]
    asset = {"id": "orders", "name": "Orders", "type": "pg", "tier": 1, "owner": "shop", "ladder": "database"}
    firm.catalogue = Catalogue.model_validate(
        {
            "rotations": rotations,
            "ladders": {"database": {"id": "database", "rungs": rungs}},
            "assets": {"orders": asset},
            "teams": {"shop": {"id": "shop", "channel": "C0SHOP"}},
        }
    )
    firm.look(EVERY)
    assert [channel for channel, *_ in firm.messenger.posts] == ["C0SHOP"]


def test_copies_are_held_for_a_moment_and_outlive_the_database(journal: Journal) -> None:
    """A database that is out of reach is no empty rota."""
    feeds, clock, reads = Feeds(journal), [0.0], list[float]()

    def open_feeds() -> Feeds:
        reads.append(clock[0])
        if clock[0] > 100:
            raise OperationalError("SELECT", None, Exception("gone"))
        return feeds

    copies = KnownCopies(open_feeds, lambda: clock[0])
    feeds.keep("DBA_ICS", TEXT, AT)
    assert copies("DBA_ICS") == FeedCopy(TEXT, AT)
    assert copies("OTHER_ICS") is None
    feeds.keep("DBA_ICS", TEXT, AT + EVERY)
    assert copies("DBA_ICS") == FeedCopy(TEXT, AT)
    clock[0] = HELD
    assert copies("DBA_ICS") == FeedCopy(TEXT, AT + EVERY)
    assert reads == [0.0, HELD]
    clock[0] = 101.0
    assert copies("DBA_ICS") == FeedCopy(TEXT, AT + EVERY)
    assert copies("OTHER_ICS") == FeedCopy(failure="the database does not answer")

"""Who watches the watcher: what is behind is found, the owners hear it once, and the watchdog only when all is well."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import structlog
from slack_sdk import WebClient
from structlog.testing import LogCapture

from bot.journal.leases import DutyLeases
from bot.journal.standing import Late, StandingQueries
from bot.journal.store import Journal
from bot.web.health import NotReady
from bot.web.metrics import Meters
from bot.wiring.counting import CountedClient, count_errors
from bot.workers.auditor import Alarm, Auditor, audit, message_of, told_to
from bot.workers.heartbeat import Heartbeat
from bot.workers.leased import do_alone
from tests.engine.office import Office
from tests.journal.conftest import database_url, engine, journal, sqlite_url
from tests.wiring.calling.room import wait_until

__all__ = ["database_url", "engine", "journal", "sqlite_url"]
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATE = Late("ORDERS-1", "orders-db", AT - timedelta(minutes=3))


@dataclass
class Known:
    """What the database would say."""

    late: dict[str, tuple[Late, ...]] = field(default_factory=dict)

    def overdue(self, now: datetime, by: timedelta) -> tuple[Late, ...]:
        return self.late.get("overdue", ())

    def uncalled(self, now: datetime, by: timedelta) -> tuple[Late, ...]:
        return self.late.get("uncalled", ())

    def untold(self, now: datetime, by: timedelta) -> tuple[Late, ...]:
        return self.late.get("untold", ())


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("overdue", "What was due did not happen: ORDERS-1 since 11:57."),
        ("uncalled", "People were not called beyond Slack: ORDERS-1 since 11:57."),
        ("untold", "Slack was not told: ORDERS-1 since 11:57."),
    ],
)
def test_what_is_behind_is_found_and_named(kind: str, said: str) -> None:
    assert [str(one) for one in audit(Known({kind: (LATE,)}), AT, AT)] == [said]
    assert audit(Known(), AT, AT - timedelta(seconds=10)) == ()
    assert "No replica has looked at the clock for 11 s" in str(audit(Known(), AT, AT - timedelta(seconds=11))[0])
    assert "yet" in str(audit(Known(), AT, None)[0])


def test_the_facts_are_those_of_the_database(journal: Journal) -> None:
    """A run that is due and not told is neither a minute early, and both a minute late."""
    office = Office(journal)
    office.at = journal.moment(datetime.now(UTC)) - timedelta(minutes=5)
    run = office.start("signing")
    facts, now, minute = StandingQueries(journal), journal.moment(datetime.now(UTC)), timedelta(minutes=1)
    due = journal.next_due()
    assert due is not None
    assert [one.ref for one in facts.overdue(due + timedelta(seconds=61), minute)] == ["ORDERS-1"]
    assert facts.overdue(due + timedelta(seconds=59), minute) == ()
    assert [one.ref for one in facts.untold(now, minute)] == ["ORDERS-1"]
    assert facts.untold(now, timedelta(minutes=6)) == ()
    assert facts.open_by_mode() == {"live": 1}
    assert journal.lease(run.id, "me", minute)
    journal.tell_up_to(run.id, "me", run.seq)
    assert facts.untold(now, minute) == ()


@dataclass
class Ears:
    """What was told to whom."""

    findings: tuple[Alarm, ...] = ()
    told: list[tuple[Alarm, ...]] = field(default_factory=list)
    beats: int = 0
    speaks: bool = True

    def auditor(self) -> Auditor:
        return Auditor(self.look, lambda: self.speaks, self.told.append, self.beat)

    def look(self) -> tuple[Alarm, ...]:
        return self.findings

    def beat(self) -> None:
        self.beats += 1


def test_the_watchdog_hears_only_that_all_is_well() -> None:
    ears = Ears()
    auditor = ears.auditor()
    auditor.audit()
    assert (ears.beats, ears.told) == (1, [()])
    assert "done and told" in auditor.probe()
    ears.findings = (Alarm("Slack was not told", (LATE,)),)
    auditor.audit()
    assert (ears.beats, ears.told[-1]) == (1, ears.findings)
    with pytest.raises(NotReady, match="ORDERS-1"):
        auditor.probe()


def test_every_replica_knows_and_one_speaks() -> None:
    ears = Ears((Alarm("Slack was not told", (LATE,)),), speaks=False)
    auditor = ears.auditor()
    auditor.audit()
    assert (ears.beats, ears.told) == (0, [])
    with pytest.raises(NotReady):
        auditor.probe()


def test_an_auditor_that_cannot_look_is_not_ready() -> None:
    def blind() -> tuple[Alarm, ...]:
        raise ConnectionError("no database")

    ears = Ears()
    auditor = Auditor(blind, lambda: True, ears.told.append, ears.beat)
    with pytest.raises(ConnectionError):
        auditor.audit()
    with pytest.raises(NotReady, match="cannot look: ConnectionError"):
        auditor.probe()
    assert (ears.beats, ears.told) == (0, [])


def test_a_channel_hears_of_its_own_runs_and_everybody_of_what_is_about_all() -> None:
    other = Late("BLOBS-2", "blobs", AT)
    found = (Alarm("Slack was not told", (LATE, other)), Alarm("No replica has looked at the clock yet"))
    channels = {"orders-db": "C0ORD", "blobs": "C0BLOB"}
    heard = told_to(found, channels.get, {"C0ORD"})
    assert [[str(one) for one in heard[channel]] for channel in ("C0ORD", "C0BLOB")] == [
        ["Slack was not told: ORDERS-1 since 11:57.", "No replica has looked at the clock yet."],
        ["Slack was not told: BLOBS-2 since 12:00."],
    ]
    said = message_of([Alarm("Slack was not told", (Late("<!channel>", "x", AT),))])
    assert "<!channel>" not in str(said.blocks)


@contextmanager
def watchdog(hang: float = 0.0, status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """An address, and the paths that were asked for."""
    asked: list[str] = []

    class Dog(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            time.sleep(hang)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Dog)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/ping/secret", asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("status", "heard"), [(200, True), (500, False)])
def test_the_heartbeat_asks_the_address_and_says_it_nowhere(status: int, heard: bool) -> None:
    log = LogCapture()
    structlog.configure(processors=[log])
    try:
        with watchdog(status=status) as (url, asked):
            assert Heartbeat(lambda: url).beat() is heard
            assert asked == ["/ping/secret"]
        assert Heartbeat(lambda: "http://127.0.0.1:9/ping/secret").beat() is False
    finally:
        structlog.reset_defaults()
    assert "secret" not in str(log.entries)


@pytest.mark.slow
def test_a_watchdog_that_hangs_holds_nothing() -> None:
    with watchdog(hang=40) as (url, asked):
        heart, begun = Heartbeat(lambda: url), time.monotonic()
        assert heart.beat() is False
        assert time.monotonic() - begun < 30
        assert len(asked) == 1


def test_a_duty_is_done_by_one_of_three_and_taken_over(journal: Journal) -> None:
    """The one that has it ends; another does it within the lease."""
    done: list[str] = []
    stops = {name: threading.Event() for name in "abc"}

    def run(name: str) -> None:
        every = timedelta(seconds=0.2)
        do_alone(DutyLeases(journal, name), "digest", every, lambda: done.append(name), stops[name])

    threads = {name: threading.Thread(target=run, args=(name,)) for name in stops}
    for thread in threads.values():
        thread.start()
    wait_until(lambda: len(done) > 2)
    first = set(done)
    assert len(first) == 1
    (holder,) = first
    stops[holder].set()
    threads[holder].join(30)
    done.clear()
    wait_until(lambda: len(done) > 2)
    assert len(set(done)) == 1
    assert holder not in done
    for name, thread in threads.items():
        stops[name].set()
        thread.join(30)


def test_calls_to_slack_are_counted_by_how_they_went() -> None:
    counted: list[tuple[str, str]] = []

    def count(method: str, result: str) -> None:
        counted.append((method, result))

    client = CountedClient(
        count, lambda: "xoxb-000000-test", lambda: False, base_url="http://127.0.0.1:9/", timeout=1, retry_handlers=[]
    )
    assert isinstance(client, WebClient)
    with pytest.raises(OSError, match="refused"):
        client.auth_test()
    assert counted == [("auth.test", "lost")]


def test_errors_are_counted_and_nothing_else_is() -> None:
    meters = Meters()
    structlog.configure(processors=[LogCapture()])
    count_errors(meters.error)
    log = structlog.get_logger("test")
    try:
        log.info("all is well")
        log.warning("it mends itself")
        log.error("it does not")
        log.critical("nor does this")
    finally:
        structlog.reset_defaults()
    assert meters.registry.get_sample_value("handrail_errors_total") == 2

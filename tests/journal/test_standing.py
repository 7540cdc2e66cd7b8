"""What replicas share: one has a duty at a time, and all hear that something is due sooner."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from time import monotonic, sleep
from typing import Self

import psycopg
import pytest
from sqlalchemy import Engine

from bot.journal.database import open_engine
from bot.journal.leases import DutyLeases
from bot.journal.listening import listen_for_due
from bot.journal.statements import DUE_CHANNEL
from bot.journal.store import Journal
from bot.stopping import Stopping
from tests.engine.office import Office
from tests.engine.test_losses import cut_connections
from tests.places import migrated

A_WHILE = timedelta(seconds=30)


def test_a_duty_is_one_processs_until_it_lets_go_or_its_time_is_up(journal: Journal) -> None:
    mine, yours = DutyLeases(journal, "mine"), DutyLeases(journal, "yours")
    assert mine.take("prune", A_WHILE)
    assert not yours.take("prune", A_WHILE)
    assert yours.take("audit", A_WHILE)
    assert mine.take("prune", timedelta(seconds=1))
    yours.release("prune")
    assert not yours.take("prune", A_WHILE)
    sleep(1.1)
    assert yours.take("prune", A_WHILE)
    assert not mine.take("prune", A_WHILE)
    yours.release("prune")
    assert mine.take("prune", A_WHILE)


def test_of_many_that_take_one_duty_at_once_one_has_it(engine: Engine) -> None:
    """Twenty processes reach for it in the same moment, five times over."""
    many = 20
    leases = [DutyLeases(Journal(engine), f"p{number}") for number in range(many)]
    for round_ in range(5):
        won: list[bool] = []
        start = Barrier(many)

        def reach(one: DutyLeases, start: Barrier = start, won: list[bool] = won, name: str = f"duty {round_}") -> None:
            start.wait()
            won.append(one.take(name, A_WHILE))

        threads = [Thread(target=reach, args=(one,)) for one in leases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert won.count(True) == 1


@pytest.fixture
def url(postgres_database: str) -> str:
    engine = open_engine(postgres_database)
    migrated(engine)
    engine.dispose()
    return postgres_database


class Ears:
    """Listens on a thread of its own, and keeps what it heard."""

    def __init__(self, url: str) -> None:
        self.engine, self.heard, self._stopping = open_engine(url), list[datetime](), Stopping()
        self._thread = Thread(target=listen_for_due, args=(self.engine, self.heard.append, self._stopping))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(30)
        self.engine.dispose()
        assert not self._thread.is_alive()


def wait_until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    until = monotonic() + seconds
    while not holds():
        assert monotonic() < until, "it did not come about"
        sleep(0.01)


def is_listened_to(url: str) -> bool:
    with psycopg.connect(url, autocommit=True) as connection:
        asked = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        return connection.execute(asked).fetchone() is not None


def test_a_commit_says_that_a_due_time_moved_forward_and_no_other_does(url: str) -> None:
    """A start has the first due time, which is said; a step that is due later is not."""
    office = Office(Journal(open_engine(url)))
    with Ears(url) as ears:
        wait_until(lambda: is_listened_to(url))
        run = office.start("signing")
        first = office.journal.next_due()
        wait_until(lambda: ears.heard)
        assert ears.heard == [first]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE run SET due_at = '2020-01-01T00:00:00Z'")
        office.finish(run.id)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE run SET due_at = NULL")
        office.start("walk", reason="once more")
        wait_until(lambda: len(ears.heard) > 1)
        assert len(ears.heard) == 2
    office.journal.engine.dispose()


def test_what_anybody_says_there_is_not_believed_blindly_and_a_lost_connection_is_made_again(url: str) -> None:
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with Ears(url) as ears:
        for _ in range(2):
            wait_until(lambda: is_listened_to(url))
            with psycopg.connect(url, autocommit=True) as connection:
                for payload in ("", "soon", "2026-11-22T12:00:00", "2026-11-22T12:00:00.000000Z"):
                    connection.execute("SELECT pg_notify(%s, %s)", (DUE_CHANNEL, payload))
            wait_until(lambda: ears.heard)
            assert ears.heard == [at]
            ears.heard.clear()
            cut_connections(url)
            wait_until(lambda: not is_listened_to(url))

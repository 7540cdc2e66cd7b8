"""The database goes away at the worst moment: nobody is told what is not so, and nothing is lost that was kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from bot.journal.database import migrate, open_engine
from bot.journal.store import InDoubt, Journal, NotRecorded
from bot.run.commands import Finish
from bot.run.events import StepEntered
from tests.engine.office import Office


class GoneError(Exception):
    """What the driver says."""


@contextmanager
def failing_commits(journal: Journal, *, keep: bool, times: int = 1, lost: bool = True) -> Iterator[list[int]]:
    """The next commits of records fail: after the database kept them, or before."""
    dialect = journal.engine.dialect
    commit: Callable[[Any], None] = dialect.do_commit
    failed: list[int] = []

    def do_commit(connection: Any) -> None:  # noqa: ANN401  (a driver's connection)
        if len(failed) >= times:
            commit(connection)
            return
        failed.append(1)
        if keep:
            commit(connection)
        else:
            connection.rollback()
        raise OperationalError("COMMIT", None, GoneError("server closed the connection"), connection_invalidated=lost)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialect, "do_commit", do_commit)
        yield failed


def test_a_commit_that_was_kept_counts_though_the_answer_was_lost(office: Office) -> None:
    run = office.start()
    with failing_commits(office.journal, keep=True) as failed:
        outcome = office.finish(run.id, key="press")
    assert failed == [1]
    assert (outcome.repeated, outcome.run.seq) == (False, 4)
    assert len(office.handler.history(run.id)) == 4
    assert office.handler.load(run.id) == outcome.run
    assert office.finish(run.id).run.seq == 6


def test_a_commit_that_was_lost_with_its_connection_is_tried_again(office: Office) -> None:
    run = office.start()
    with failing_commits(office.journal, keep=False) as failed:
        outcome = office.finish(run.id, key="press")
    assert failed == [1]
    assert outcome.run.seq == 4
    assert [seq for seq, _, _ in office.handler.history(run.id)] == [1, 2, 3, 4]


@pytest.mark.parametrize(("times", "lost"), [(3, True), (1, False)])
def test_a_commit_that_is_lost_for_good_is_said_and_nothing_happened(office: Office, times: int, lost: bool) -> None:
    """The disk is full, or the database stays away: the click fails loudly, and pressed again it counts."""
    run = office.start()
    changes = len(office.changes)
    with failing_commits(office.journal, keep=False, times=times, lost=lost), pytest.raises(NotRecorded) as failure:
        office.finish(run.id, key="press")
    assert not isinstance(failure.value, InDoubt)
    assert len(office.handler.history(run.id)) == 2
    assert len(office.changes) == changes
    assert office.finish(run.id, key="press").run.seq == 4


def test_when_nobody_can_be_asked_it_is_said_that_nobody_knows(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    run = office.start()

    def unreachable(*_: object) -> str:
        raise OperationalError("SELECT", None, GoneError("no route"))

    with failing_commits(office.journal, keep=True), monkeypatch.context() as patch:
        patch.setattr(Journal, "hash_at", unreachable)
        with pytest.raises(InDoubt, match="nobody knows yet"):
            office.finish(run.id, key="press")
    again = office.handler.handle(run.id, Finish("look", 1, "ok"), "ana", "slack", "press")
    assert again.repeated
    assert isinstance(again.events[-1][1], StepEntered)


def test_a_start_that_was_kept_counts_though_the_answer_was_lost(office: Office) -> None:
    with failing_commits(office.journal, keep=True):
        outcome = office.handler.start(office.plan(), "ana", "slack", "view")
    assert outcome.run.start.ref == "ORDERS-1"
    assert office.journal.run_ids() == [outcome.run.id]


def test_a_database_that_is_away_is_said_and_no_traceback(postgres_database: str) -> None:
    away = open_engine(postgres_database.replace("/handrail_", "/not_there_"))
    with pytest.raises(NotRecorded, match="the database does not answer"):
        Office(Journal(away)).start()
    away.dispose()


def cut_connections(url: str) -> None:
    """What a restart of the server does to those who are connected."""
    with psycopg.connect(url, autocommit=True) as killer:
        killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_server_that_was_restarted_is_found_again(postgres_database: str) -> None:
    """Every pooled connection to the old server is given up at once: the click that meets one goes through."""
    engine = open_engine(postgres_database)
    migrate(engine)
    office = Office(Journal(engine))
    run = office.start()
    for step in ("look", "fix"):
        pooled = [engine.connect() for _ in range(5)]
        for connection in pooled:
            connection.close()
        cut_connections(postgres_database)
        office.handler.handle(run.id, Finish(step, 1, "ok"), "ana", "slack")
    assert [seq for seq, _, _ in office.handler.history(run.id)] == [1, 2, 3, 4, 5, 6]
    cut_connections(postgres_database)
    assert office.handler.load(run.id).seq == 6
    engine.dispose()


def test_who_reads_after_a_restart_writes_at_once(postgres_database: str) -> None:
    """Readers and writers have connections of their own: the first loss is known to both."""
    engine = open_engine(postgres_database)
    migrate(engine)
    office = Office(Journal(engine))
    run = office.start()
    office.journal.note_sweep("clock", office.at)
    for _ in range(2):
        cut_connections(postgres_database)
        assert office.handler.load(run.id).seq >= 2
        office.journal.note_sweep("clock", office.at)
    engine.dispose()

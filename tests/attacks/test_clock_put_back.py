"""The database's clock was hours ahead, somebody took leases by it and died, and the clock was put right."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, Table, update

from bot.journal import tables
from bot.journal.database import for_writing
from bot.journal.leases import Attempt, AttemptLeases, DutyLeases
from bot.journal.store import Journal
from bot.run.commands import AddNote
from bot.wiring.house import utc_now
from tests.engine.office import Office
from tests.journal.conftest import database_url, engine, sqlite_url

__all__ = ["database_url", "engine", "sqlite_url"]
WHILE, AHEAD = timedelta(seconds=30), timedelta(hours=5)


@pytest.fixture
def office(engine: Engine) -> Office:
    return Office(Journal(engine))


def put_back(engine: Engine, table: Table, column: str, ahead: timedelta) -> None:
    """What was written a while ago by a clock that was `ahead` stands so far in the future."""
    with for_writing(engine).begin() as connection:
        connection.execute(update(table).values({column: utc_now() + WHILE + ahead}))


def test_a_run_is_told_though_its_lease_and_its_pause_end_in_hours(office: Office, engine: Engine) -> None:
    run, journal = office.start(), office.journal
    office.handler.handle(run.id, AddNote("Look"), "ana", "slack")
    assert journal.lease(run.id, "dead", WHILE)
    put_back(engine, tables.run, "lease_until", timedelta(0))
    assert not journal.lease(run.id, "alive", WHILE)
    put_back(engine, tables.run, "lease_until", AHEAD)
    assert journal.untold(5) == [run.id]
    assert journal.lease(run.id, "alive", WHILE)
    journal.postpone(run.id, "alive", WHILE)
    assert journal.untold(5) == []
    put_back(engine, tables.run, "not_before", AHEAD)
    assert journal.untold(5) == [run.id]


def test_a_duty_of_the_dead_is_taken_over(engine: Engine) -> None:
    dead, alive = DutyLeases(Journal(engine), "dead"), DutyLeases(Journal(engine), "alive")
    assert dead.take("audit", WHILE)
    put_back(engine, tables.duty, "until", timedelta(0))
    assert not alive.take("audit", WHILE)
    put_back(engine, tables.duty, "until", AHEAD)
    assert alive.take("audit", WHILE)
    assert not dead.take("audit", WHILE)


def test_somebody_is_called_though_whoever_took_it_died_by_a_wrong_clock(office: Office, engine: Engine) -> None:
    calls, attempt = AttemptLeases(office.journal), Attempt(office.start().id, 1, "ana")
    assert calls.take(attempt, "dead", WHILE)
    put_back(engine, tables.calling, "until", timedelta(0))
    assert not calls.take(attempt, "alive", WHILE)
    put_back(engine, tables.calling, "until", AHEAD)
    assert calls.take(attempt, "alive", WHILE)
    assert not calls.take(attempt, "dead", WHILE)

"""A desk with a clock that the test winds, in each kind of database in turn."""

import pytest

from bot.journal.store import Journal
from tests.engine.office import Office
from tests.journal.conftest import database_url, engine, journal, sqlite_url

__all__ = ["database_url", "engine", "journal", "sqlite_url"]


@pytest.fixture
def office(journal: Journal) -> Office:
    """A desk on an empty journal."""
    return Office(journal)

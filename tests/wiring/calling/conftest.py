"""A journal of each kind, for calls to be made from."""

from tests.journal.conftest import database_url, engine, journal, sqlite_url

__all__ = ["database_url", "engine", "journal", "sqlite_url"]

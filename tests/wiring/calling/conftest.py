"""A journal of each kind, for calls to be made from."""

from tests.journal.conftest import database_url, engine, journal, migrated_file, sqlite_url

__all__ = ["database_url", "engine", "journal", "migrated_file", "sqlite_url"]

"""Why a database took nothing, in words that say what to mend."""

import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.journal.group_commit import LockTimeout, is_held

_FILE = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk takes nothing (disk I/O error): it is full or broken",
    sqlite3.SQLITE_READONLY: "the file may not be written",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
}
_SERVER = {
    "53100": "the server's disk is full",
    "25006": "the server takes no writes: it is a standby, or was set to read only",
    "57014": "the server took too long",
    "42501": "a grant is missing",
}


def say_why_not_written(failure: BaseException) -> str:
    """The reason behind what `Journal` raised, without values; empty for what is no failure of the database."""
    found: BaseException | None = failure
    while found is not None:
        if isinstance(found, LockTimeout) or (isinstance(found, DBAPIError) and is_held(found)):
            return "somebody else holds the database, or a table of it, and does not let go"
        if isinstance(found, DBAPIError):
            return _say(found)
        if isinstance(found, SQLAlchemyError):
            return "all its connections are in use"
        found = found.__cause__
    return ""


def _say(failure: DBAPIError) -> str:
    code, state = getattr(failure.orig, "sqlite_errorcode", None), getattr(failure.orig, "sqlstate", None)
    known = _FILE.get(code & 0xFF) if isinstance(code, int) else _SERVER.get(state or "")
    return known or next(iter(str(failure.orig).strip().splitlines()), type(failure.orig).__name__)

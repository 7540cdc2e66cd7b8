"""On SQLite exactly one `serve` runs: a lock beside the database, which the system lets go of with the process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyServed(Exception):
    """Another process serves this database; the words say which and what to do."""


def server_of(database: Path) -> str | None:
    """The process that serves a SQLite file, by its number; None when there is none, or when it is this one."""
    path = _lock_of(database)
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _holder(handle)
        return None if holder == str(os.getpid()) else holder
    finally:
        os.close(handle)
    return None


def _lock_of(database: Path) -> Path:
    return database.with_name(f"{database.name}.serve-lock")


def _holder(handle: int) -> str:
    return os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"


@contextmanager
def sole_server(database: Path) -> Iterator[None]:
    """Hold the lock of a SQLite file; AlreadyServed when somebody else does. Other commands may work beside it."""
    handle = os.open(_lock_of(database), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServed(
                f"Another `handrail serve` (process {_holder(handle)}) works on {database}, "
                "and a SQLite file has one server. Stop that one first, or use PostgreSQL to run several."
            ) from None
        os.truncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)

"""On SQLite exactly one `serve` runs: a lock beside the database, which the system lets go of with the process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyServed(Exception):
    """Another process serves this database; the words say which and what to do."""


@contextmanager
def sole_server(database: Path) -> Iterator[None]:
    """Hold the lock of a SQLite file; AlreadyServed when somebody else does. Other commands may work beside it."""
    path = database.with_name(f"{database.name}.serve-lock")
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 20).decode("ascii", "replace").strip()
            raise AlreadyServed(
                f"Another `handrail serve` (process {holder or 'unknown'}) works on {database}, "
                "and a SQLite file has one server. Stop that one first, or use PostgreSQL to run several."
            ) from None
        os.truncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)

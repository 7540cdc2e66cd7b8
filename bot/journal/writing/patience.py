"""How long a writer waits for a run, or a file, that somebody else holds, so that threads stay free for others."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from sqlalchemy.exc import DBAPIError

PATIENCE = 2.0
"""Seconds that a writer waits; Slack gives a click three. The database's own limits are as long."""
FEW, STANDSTILL = 8, 0.4
"""So many wait for the whole time. Any more leave when nobody has got through for so many seconds."""
AT_WORK = 10.0
"""Seconds that anybody waits for one of our own, whose disk is slow."""
_LOCK_NOT_AVAILABLE = "55P03"


class Held(Exception):
    """Somebody holds what was to be written to, and did not let go in time; nothing was written."""


def is_held(error: DBAPIError) -> bool:
    """Whether a database gave up waiting for somebody else, by its own limit."""
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE


class Waiting:
    """Those who wait for one thing: how long each of them may, and when one of them got through last."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._moved_at = clock, clock()
        self.is_at_work = False
        """Whether one of them has what they wait for just now, as far as that is known."""

    def has_moved(self) -> None:
        """One of them got through."""
        self._moved_at = self._clock()

    def wait(self, turn: Lock, place: int) -> bool:
        """Wait until `turn` opens, at this place of the line, the first being 1; False for who has to leave."""
        came = self._clock()
        while (left := self._seconds_left(came, is_late=place > FEW)) > 0:
            if turn.acquire(timeout=left):
                return True
        return turn.acquire(blocking=False)

    def _seconds_left(self, came: float, *, is_late: bool) -> float:
        """Until we look again whether to leave; while one of us is at work, nobody else holds what we wait for."""
        now = self._clock()
        if self.is_at_work:
            return min(STANDSTILL, came + AT_WORK - now)
        until = came + PATIENCE
        return (min(until, max(self._moved_at, came) + STANDSTILL) if is_late else until) - now


class Turns:
    """One writer of this process at a time for each run: whoever waits for a run holds no connection."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._lines: dict[str, _Line] = {}

    @contextmanager
    def take(self, run_id: str) -> Iterator[None]:
        """Wait for the turn of a run, and have it; Held when it does not come in time, or is given up so."""
        with self._guard:
            line = self._lines.setdefault(run_id, _Line())
            line.many += 1
            place = line.many
        try:
            if not line.waiting.wait(line.turn, place):
                raise Held
            got_through = True
            try:
                yield
            except Held:
                got_through = False
                raise
            finally:
                if got_through:
                    line.waiting.has_moved()
                line.turn.release()
        finally:
            with self._guard:
                line.many -= 1
                if not line.many:
                    self._lines.pop(run_id, None)


class _Line:
    def __init__(self) -> None:
        self.turn, self.waiting, self.many = Lock(), Waiting(), 0

"""Which run is looked at next, and when: each run once at a time, by whichever worker is free."""

import heapq
from collections.abc import Callable
from threading import Condition

_CROWDED = 0.02
"""Seconds until a worker looks again, when enough others are at work."""


class Schedule:
    """Runs and when each is to be looked at. Shared by the workers; each run is one worker's at a time."""

    def __init__(self, clock: Callable[[], float], at_once: Callable[[], int]) -> None:
        """Take a steady clock in seconds, and how many runs may be looked at together at this moment."""
        self._clock, self._at_once = clock, at_once
        self._due: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        self._taken: set[str] = set()
        self._changed = Condition()

    def add(self, name: str, after: float = 0.0) -> None:
        """Look at it in so many seconds, or earlier when that was asked for already."""
        with self._changed:
            when = self._clock() + after
            if when < self._due.get(name, float("inf")):
                self._due[name] = when
                heapq.heappush(self._heap, (when, name))
                self._changed.notify()

    def take(self, at_most: float) -> str | None:
        """The next that is due, for this worker alone until `done`; None when nothing came due within `at_most` s."""
        until = self._clock() + at_most
        with self._changed:
            while True:
                name, wait = self._next() if len(self._taken) < self._at_once() else (None, _CROWDED)
                if name is not None:
                    return name
                left = until - self._clock()
                if left <= 0:
                    return None
                self._changed.wait(min(left, wait))

    def done(self, name: str, again: float | None = None) -> None:
        """The worker is through with it; `again` in so many seconds."""
        with self._changed:
            self._taken.discard(name)
            if name in self._due:
                heapq.heappush(self._heap, (self._due[name], name))
                self._changed.notify()
        if again is not None:
            self.add(name, again)

    def _next(self) -> tuple[str | None, float]:
        """What is due now; otherwise how long until something may be."""
        while self._heap:
            when, name = self._heap[0]
            if self._due.get(name) != when or name in self._taken:
                heapq.heappop(self._heap)  # asked for earlier since, or being looked at: `done` puts it back
                continue
            wait = when - self._clock()
            if wait > 0:
                return None, wait
            heapq.heappop(self._heap)
            del self._due[name]
            self._taken.add(name)
            return name, 0.0
        return None, float("inf")

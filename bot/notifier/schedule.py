"""Which run is looked at next, and when: each run once at a time, by whichever worker is free."""

import heapq
from collections import deque
from collections.abc import Callable
from math import inf
from threading import Condition

_MANY, _WITHIN = 8, 0.25
"""So many changes in so many seconds are a rush."""
_REST, _LONGEST_REST = 9, 1.0
"""In a rush one run is looked at at a time, and after a look of some seconds comes a rest of so many times that.

Telling a click takes ten times the processor that answering it does, and a thread that only computes holds the
interpreter far longer than one that asks a database now and then. With 50 clicks at a time on PostgreSQL the workers
took three quarters of the time (measured 2026-11), and the clicks waited unread. Nothing waits longer than a second.
"""
_BEFORE_ALL = float("-inf")
_CROWDED = 0.02
"""Seconds until a worker looks again, when another is at work in a rush."""


class Rush:
    """Whether so much happens at this moment that people's answers come first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a steady clock in seconds."""
        self._clock = clock
        self._times: deque[float] = deque(maxlen=_MANY)

    def note(self) -> None:
        """Something happened."""
        self._times.append(self._clock())

    def is_on(self) -> bool:
        """Whether there is a rush."""
        return len(self._times) == _MANY and self._clock() - self._times[0] < _WITHIN


class Schedule:
    """Runs and when each is to be looked at. Shared by the workers; each run is one worker's at a time."""

    def __init__(
        self,
        clock: Callable[[], float],
        is_rush: Callable[[], bool],
        is_flood: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take a steady clock in seconds, and whether to look at runs only now and then.

        In a flood, when more is due than the clock has put on the record yet, one worker looks at a time, at what is
        urgent too: Slack takes a flood one post a second anyway.
        """
        self._clock, self._is_rush, self._is_flood, self._rests_until = clock, is_rush, is_flood, 0.0
        self._due: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        """By when they are due; what is urgent is due before all time."""
        self._taken: dict[str, float] = {}
        self._changed, self._is_over = Condition(), False
        self._watched = inf
        """When the worker gets up who waits for what is due next; all others sleep until they are called."""

    def add(self, name: str, after: float = 0.0, *, urgent: bool = False) -> None:
        """Look at it in so many seconds, or earlier when that was asked for already; what is `urgent` goes first."""
        with self._changed:
            when = _BEFORE_ALL if urgent else self._clock() + after
            if when < self._due.get(name, float("inf")):
                self._due[name] = when
                heapq.heappush(self._heap, (when, name))
                self._changed.notify()

    def take(self, at_most: float) -> str | None:
        """The next that is due, for this worker alone until `done`; None when nothing came due within `at_most` s."""
        until = self._clock() + at_most
        with self._changed:
            while True:
                hold = self._hold() if self._is_rush() else 0.0
                is_crowded = bool(self._taken) and self._is_flood()
                name, wait = (None, _CROWDED) if is_crowded else self._next(only_urgent=hold > 0)
                wait = hold if hold > 0 else wait
                left = until - self._clock()
                if name is not None or left <= 0 or self._is_over:
                    if self._heap:
                        self._changed.notify()  # somebody else waits for what is due next
                    return name
                self._sleep(left, wait)

    def wake_all(self) -> None:
        """This is the end: whoever waits for a run waits no more, and nobody who comes will."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def done(self, name: str, again: float | None = None) -> None:
        """The worker is through with it; `again` in so many seconds."""
        with self._changed:
            took = self._clock() - self._taken.pop(name)
            self._rests_until = self._clock() + min(took * _REST, _LONGEST_REST)
            if name in self._due:
                heapq.heappush(self._heap, (self._due[name], name))
                self._changed.notify()
        if again is not None:
            self.add(name, again)

    def _sleep(self, left: float, wait: float) -> None:
        """Until somebody calls, or, where nobody else waits for it, until what is due next is due."""
        gets_up = self._clock() + wait
        if gets_up >= self._watched:
            self._changed.wait(left)
            return
        self._watched = gets_up
        self._changed.wait(min(left, wait))
        if self._watched == gets_up:
            self._watched = inf

    def _hold(self) -> float:
        """Seconds to wait in a rush."""
        return _CROWDED if self._taken else self._rests_until - self._clock()

    def _next(self, *, only_urgent: bool) -> tuple[str | None, float]:
        """What is due now; otherwise how long until something may be."""
        while self._heap:
            when, name = self._heap[0]
            if self._due.get(name) != when or name in self._taken:
                heapq.heappop(self._heap)  # asked for earlier since, or being looked at: `done` puts it back
                continue
            wait = when - self._clock()
            if wait > 0 or (only_urgent and when != _BEFORE_ALL):
                return None, wait
            heapq.heappop(self._heap)
            del self._due[name]
            self._taken[name] = self._clock()
            return name, 0.0
        return None, float("inf")

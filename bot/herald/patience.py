"""How long to leave a run alone after Slack failed: what it asked for, or a little longer each time."""

from collections.abc import Callable
from threading import Lock

_FIRST, _LONGEST = 0.2, 1.0
"""Seconds after the first doubtful answer, and at most."""
_FOR_ALL = 5.0
"""Seconds from which on a channel's limit holds for every run there. Shorter ones are about pace and over before the
others have come to ask: held against all, forty runs in one channel waited for each other (measured 2026-11)."""
_LONGEST_BROKEN = 30.0
"""Seconds at most between two tries of a run that cannot be told for a reason of our own."""


class Limits:
    """Channels that Slack wants left alone: what it says to one run holds for all. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a steady clock in seconds."""
        self._clock = clock
        self._until: dict[tuple[str, str], float] = {}
        self._lock = Lock()

    def left(self, method: str, channel: str) -> float:
        """Seconds until Slack lets us call this method in this channel again; 0 or less when it may be called now."""
        return self._until.get((method, channel), 0.0) - self._clock()

    def limit(self, method: str, channel: str, seconds: float) -> None:
        """Slack said how long to leave this channel alone."""
        now = self._clock()
        with self._lock:
            self._until = {place: until for place, until in self._until.items() if until > now}
            self._until[method, channel] = now + seconds


class Patience:
    """One run's waiting: what Slack limited, and how often in a row nothing came of a try."""

    def __init__(self, clock: Callable[[], float], limits: Limits | None = None) -> None:
        """Take a steady clock in seconds, and the limits of channels, which all runs share."""
        self._clock, self._limits = clock, limits or Limits(clock)
        self._until: dict[tuple[str, str], float] = {}
        self._failures = 0

    def left(self, method: str, channel: str = "") -> float:
        """Seconds until Slack lets us call this method again, in this channel; 0 when it may be called now."""
        own = self._until.get((method, channel), 0.0) - self._clock()
        return max(0.0, own, self._limits.left(method, channel))

    def limit(self, method: str, seconds: float, channel: str = "") -> None:
        """Slack said how long to leave this method alone, in this channel."""
        self._until[method, channel] = self._clock() + seconds
        if channel and seconds >= _FOR_ALL:
            self._limits.limit(method, channel, seconds)

    def lose(self) -> float:
        """Nothing came of a try, or nobody knows; seconds until the next one."""
        self._failures += 1
        return min(_LONGEST, _FIRST * float(2 ** min(self._failures - 1, 8)))

    def gain(self) -> None:
        """Slack took something: the next trouble is a new one."""
        self._failures = 0

    def stumble(self) -> float:
        """A fault of our own came in the way; seconds until the next try."""
        self._failures += 1
        return min(_LONGEST_BROKEN, float(2 ** min(self._failures - 1, 8)))


class Patiences:
    """The patience with each run that needs some. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a steady clock in seconds."""
        self._clock, self._limits = clock, Limits(clock)
        self._of: dict[str, Patience] = {}
        self._lock = Lock()

    def of(self, run_id: str) -> Patience:
        """The patience with this run."""
        with self._lock:
            return self._of.setdefault(run_id, Patience(self._clock, self._limits))

    def drop(self, run_id: str) -> None:
        """All is told: the next trouble starts anew."""
        with self._lock:
            self._of.pop(run_id, None)

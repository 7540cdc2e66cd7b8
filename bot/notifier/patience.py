"""How long to leave a run alone after Slack failed: what it asked for, or a little longer each time."""

from collections.abc import Callable
from threading import Lock

_FIRST, _LONGEST = 0.2, 1.0
"""Seconds after the first doubtful answer, and at most."""
_LONGEST_BROKEN = 30.0
"""Seconds at most between two tries of a run that cannot be told for a reason of our own."""


class Patience:
    """One run's waiting: what Slack limited, and how often in a row nothing came of a try."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a steady clock in seconds."""
        self._clock = clock
        self._until: dict[tuple[str, str], float] = {}
        self._refused: dict[str, tuple[str, float]] = {}
        self._failures = 0

    def left(self, method: str, channel: str = "") -> float:
        """Seconds until Slack lets us call this method again, in this channel; 0 when it may be called now."""
        return max(0.0, self._until.get((method, channel), 0.0) - self._clock())

    def limit(self, method: str, seconds: float, channel: str = "") -> None:
        """Slack said how long to leave this method alone, in this channel."""
        self._until[method, channel] = self._clock() + seconds

    def hold_back(self, key: str, word: str, seconds: float) -> None:
        """Slack refuses the message under this key; it is tried again in so many seconds."""
        self._refused[key] = (word, self._clock() + seconds)

    def held_back(self, key: str) -> float:
        """Seconds until a message that was refused is tried again; 0 when it may be sent now."""
        return max(0.0, self._refused[key][1] - self._clock()) if key in self._refused else 0.0

    def release(self, key: str) -> None:
        """Slack took the message under this key."""
        self._refused.pop(key, None)

    @property
    def refused(self) -> dict[str, str]:
        """The messages that Slack refuses, by their keys, with its words."""
        return {key: word for key, (word, _) in list(self._refused.items())}

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
        self._clock = clock
        self._of: dict[str, Patience] = {}
        self._lock = Lock()

    def of(self, run_id: str) -> Patience:
        """The patience with this run."""
        with self._lock:
            return self._of.setdefault(run_id, Patience(self._clock))

    def drop(self, run_id: str) -> None:
        """All is told: the next trouble starts anew."""
        with self._lock:
            self._of.pop(run_id, None)

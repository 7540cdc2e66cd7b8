"""The feed of what changed: pages listen to it, tests wait on it."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from threading import Condition, RLock
from typing import Literal, TypeVar

Found = TypeVar("Found")
Kind = Literal["message", "whisper", "unread", "notice", "view", "home", "channel", "report", "end"]


@dataclass(frozen=True)
class Change:
    """One thing that is different now; an empty `user` concerns everybody."""

    seq: int
    kind: Kind
    channel: str = ""
    user: str = ""
    thread_ts: str = ""
    ts: str = ""


class Changes:
    """Numbers each change, calls the watchers and wakes those who wait; everything shares one lock."""

    def __init__(self) -> None:
        """Start an empty feed."""
        self.lock = RLock()
        self._moved = Condition(self.lock)
        self._numbers = count(1)
        self._recent: deque[Change] = deque(maxlen=1000)
        self._watchers: list[Callable[[Change], None]] = []

    @property
    def latest(self) -> int:
        """The number of the newest change, 0 before the first."""
        return self._recent[-1].seq if self._recent else 0

    def tell(self, kind: Kind, channel: str = "", user: str = "", thread_ts: str = "", ts: str = "") -> None:
        """Announce a change that has just been made."""
        with self.lock:
            change = Change(next(self._numbers), kind, channel, user, thread_ts, ts)
            self._recent.append(change)
            for watcher in self._watchers:
                watcher(change)
            self._moved.notify_all()

    def since(self, seq: int) -> list[Change]:
        """List the changes after `seq`, oldest first; at most the last 1,000 are remembered."""
        with self.lock:
            return [change for change in self._recent if change.seq > seq]

    def watch(self, watcher: Callable[[Change], None]) -> Callable[[], None]:
        """Call `watcher` with each change, under the lock, so it must only hand it on; returns the way to stop."""
        with self.lock:
            self._watchers.append(watcher)

        def stop() -> None:
            with self.lock:
                self._watchers.remove(watcher)

        return stop

    def wait_until(self, look: Callable[[], Found], seconds: float) -> Found:
        """Look now and after every change until `look` finds something true or time is up; returns the last look."""
        ends = time.monotonic() + seconds
        with self.lock:
            while not (found := look()):
                left = ends - time.monotonic()
                if left <= 0:
                    return found
                self._moved.wait(min(left, 0.5))
            return found

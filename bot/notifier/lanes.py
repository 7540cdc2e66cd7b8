"""One queue for each channel that Slack lets nobody post to freely: the most needed first, one at a time, at its pace.

As long as a channel takes everything, nobody waits here. From the first 429 on, one run tries when the time is up, and
what comes next is by rank: cards, what people act on, pages, the rest. Whoever has to wait is called when it is their
turn, so that nobody asks in vain. Several processes keep one pace: before a post each keeps the channel for itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from threading import Lock

from bot.notifier.messenger import Failed, Limited, Sent

PACE = 1.0
"""Seconds between two posts in a channel: what Slack promises to take (docs.slack.dev/apis/web-api/rate-limits)."""
_SPARE = 0.03
"""Seconds on top, since two calls do not take the same time to reach Slack."""
_CALM = 15.0
"""Seconds without a post after which a channel is taken to let short bursts pass again."""
PARKED = 5.0
"""Seconds after which a run that waits for its turn asks by itself."""
_KEPT_AGAIN = PACE / 4
"""Seconds until a channel that another process keeps is asked for again."""
_NO_SHOW = 1.5
"""Seconds that whoever is called has, before the next is."""


class Rank(IntEnum):
    """What goes first in a channel where not everything can go at once."""

    CARD = 0
    CURRENT = 1
    PAGE = 2
    REST = 3


@dataclass(slots=True)
class _Want:
    rank: Rank
    since: int


@dataclass(slots=True)
class _Lane:
    """A channel. `is_open_at` is when the next post may go, by a steady clock; while `is_paced`, one at a time."""

    is_paced: bool = False
    is_open_at: float = 0.0
    last: float = 0.0
    under_way: str = ""
    called: str = ""
    called_until: float = 0.0
    wants: dict[str, _Want] = field(default_factory=dict)


class Lanes:
    """The queues of all channels. Safe to share between threads; waits for nothing but what keeps a channel."""

    def __init__(
        self, clock: Callable[[], float], call: Callable[[str, float], object],
        keep: Callable[[str, float, Rank | None], bool] = lambda _channel, _seconds, _rank: True,
    ) -> None:  # fmt: skip
        """Take a steady clock in seconds, and what has a run looked at in so many seconds.

        `keep` keeps a channel among all processes for so many seconds from now; False while another one keeps it, and
        while another one has something of a higher rank to post there. Without a rank, what is kept is kept on.
        """
        self._clock, self._call, self._keep, self._lock = clock, call, keep, Lock()
        self._lanes: dict[str, _Lane] = {}
        self._numbers = 0

    def is_paced(self, channel: str) -> bool:
        """Whether not everything can go at once."""
        lane = self._lanes.get(channel)
        return lane is not None and lane.is_paced

    def enter(self, channel: str, run_id: str, rank: Rank) -> float:
        """0 when the run may post now, and has to `leave` afterwards; else seconds, and it is called earlier."""
        with self._lock:
            lane = self._lanes.setdefault(channel, _Lane())
            now = self._clock()
            if lane.is_paced and not lane.wants and not lane.under_way and now - lane.last > _CALM:
                lane.is_paced = lane.is_open_at > now
            if not lane.is_paced:
                return 0.0
            self._want(lane, run_id, rank)
            if lane.called == run_id:
                lane.called = ""  # they came, however late
            turn = self._next(lane, now)
            if lane.under_way:
                return self._park(lane, run_id, now)
            if turn != run_id or lane.is_open_at > now:
                self._call_next(lane, now)
                return max(lane.is_open_at - now, _SPARE) if turn == run_id else self._park(lane, run_id, now)
            lane.under_way, lane.called = run_id, ""
        return self._keep_or_wait(channel, lane, rank)

    def _keep_or_wait(self, channel: str, lane: _Lane, rank: Rank) -> float:
        """Ask whether another process has the channel. No lock is held: a database that hangs keeps no other lane."""
        is_kept = False
        try:
            is_kept = self._keep(channel, PACE, rank)
        finally:
            if not is_kept:
                with self._lock:
                    now = self._clock()
                    lane.under_way, lane.is_open_at = "", now + _KEPT_AGAIN
                    self._call_next(lane, now)
        return 0.0 if is_kept else _KEPT_AGAIN

    def leave(self, channel: str, run_id: str, how: Sent | Failed) -> None:
        """The post is over: the next is called. Its second begins with the answer, so that it is never too early."""
        kept_for = 0.0
        with self._lock:
            lane = self._lanes.setdefault(channel, _Lane())
            now = self._clock()
            lane.last = now
            if lane.under_way == run_id:
                lane.under_way = lane.called = ""
            if isinstance(how, Limited):
                lane.is_paced = True
                lane.is_open_at = max(lane.is_open_at, now + how.seconds)
                kept_for = how.seconds
            else:
                lane.wants.pop(run_id, None)
                if lane.is_paced:
                    lane.is_open_at = max(lane.is_open_at, now + PACE)
                    kept_for = PACE
            self._call_next(lane, now)
        if kept_for:
            self._keep(channel, kept_for, None)

    def left(self, channel: str) -> float:
        """Seconds until Slack lets anybody post there; 0 when it may be now."""
        lane = self._lanes.get(channel)
        return max(0.0, lane.is_open_at - self._clock()) if lane is not None and lane.is_paced else 0.0

    def forget(self, run_id: str) -> None:
        """This run has nothing to post any more."""
        with self._lock:
            now = self._clock()
            for channel, lane in list(self._lanes.items()):
                if lane.wants.pop(run_id, None) is not None:
                    self._call_next(lane, now)
                if not lane.is_paced and not lane.under_way:
                    del self._lanes[channel]

    def _want(self, lane: _Lane, run_id: str, rank: Rank) -> None:
        known = lane.wants.get(run_id)
        if known is None or known.rank != rank:
            self._numbers += 1
            lane.wants[run_id] = _Want(rank, self._numbers)

    def _park(self, lane: _Lane, run_id: str, now: float) -> float:
        """Seconds after which a run asks by itself: a while after its turn should have come."""
        own = lane.wants[run_id]
        before = sum((one.rank, one.since) < (own.rank, own.since) for one in lane.wants.values())
        return max(0.0, lane.is_open_at - now) + before * (PACE + _SPARE) + PARKED

    def _next(self, lane: _Lane, now: float) -> str:
        """Whose turn it is. Whoever was called and did not come has lost it, until they ask again."""
        if lane.called and now > lane.called_until:
            lane.wants.pop(lane.called, None)
            lane.called = ""
        return min(lane.wants, key=lambda one: (lane.wants[one].rank, lane.wants[one].since), default="")

    def _call_next(self, lane: _Lane, now: float) -> None:
        turn = self._next(lane, now)
        if turn and not lane.under_way and lane.called != turn:
            wait = max(0.0, lane.is_open_at - now)
            lane.called, lane.called_until = turn, now + wait + _NO_SHOW
            self._call(turn, wait)

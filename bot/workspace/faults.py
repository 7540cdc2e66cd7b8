"""A dial for what goes wrong: rates that Slack keeps, and faults that a test turns on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from fnmatch import fnmatchcase
from threading import Lock


class Trouble(Enum):
    """A way in which a call can fail; "after" means that it took effect all the same."""

    LIMITED = "429"
    ERROR_BEFORE = "500 before"
    ERROR_AFTER = "500 after"
    DROP_BEFORE = "dropped before"
    DROP_AFTER = "dropped after"
    HANG = "hangs, then is dropped"
    REFUSED = "refused with a word"
    SLOW = "answers late"


@dataclass(frozen=True)
class Fault:
    """What happens to calls whose method fits the pattern, `times` times (None: until cleared).

    `share` of the calls is hit; `seconds` is the Retry-After of a limit and the length of a hang or a late answer.
    `word` is Slack's word of a refusal. With a `channel` only calls about that one are hit.
    """

    trouble: Trouble
    method: str = "*"
    times: int | None = 1
    share: float = 1.0
    seconds: float = 1.0
    word: str = ""
    channel: str = ""

    def fits(self, method: str, channel: str) -> bool:
        """Whether a call is one of those that can be hit."""
        return fnmatchcase(method, self.method) and self.channel in ("", channel)


@dataclass(frozen=True)
class Rate:
    """So many calls a minute, `burst` of them at once; counted for each channel or for the whole workspace."""

    per_minute: float
    burst: float
    each_channel: bool = False


_POST = (Rate(60, 1, each_channel=True), Rate(300, 300))
RATES: tuple[tuple[str, tuple[Rate, ...]], ...] = (
    ("chat.postMessage", _POST),
    ("chat.update", (Rate(50, 50),)),
    ("chat.delete", (Rate(50, 50),)),
    ("chat.postEphemeral", (Rate(100, 100),)),
    ("views.*", (Rate(100, 100),)),
    ("files.*", (Rate(100, 100),)),
    ("users.info", (Rate(100, 100),)),
    ("users.profile.get", (Rate(100, 100),)),
    ("users.lookupByEmail", (Rate(50, 50),)),
    ("users.list", (Rate(20, 20),)),
    ("usergroups.*", (Rate(20, 20),)),
    ("conversations.create", (Rate(20, 20),)),
    ("conversations.setTopic", (Rate(20, 20),)),
    ("conversations.list", (Rate(20, 20),)),
    ("conversations.members", (Rate(100, 100),)),
    ("conversations.*", (Rate(50, 50),)),
    ("reactions.*", (Rate(50, 50),)),
    ("pins.*", (Rate(20, 20),)),
    ("apps.connections.open", (Rate(1, 10),)),
)
"""The documented tiers (docs.slack.dev/apis/web-api/rate-limits); where Slack says "and more", the figure is kept."""


_STORMS = tuple(one for one in Trouble if one not in (Trouble.REFUSED, Trouble.SLOW))
"""What a storm is made of: a refusal has to be asked for by its word."""


class Dial:
    """Decides for each call whether it goes through; all faults are off and pacing is on at the start."""

    def __init__(
        self, clock: Callable[[], float], chance: Callable[[], float], *, pacing: bool = True, burst: float = 1
    ) -> None:
        """Take a steady clock in seconds, and `chance`, which gives numbers from 0 up to 1.

        `burst` is how many posts a channel takes at once before it takes one a second: Slack lets short bursts pass.
        """
        self.pacing, self.burst = pacing, burst
        self.delay = 0.0
        """Seconds that each call is on its way."""
        self._clock, self._chance = clock, chance
        self._faults: list[Fault] = []
        self._storm: Fault | None = None
        self._dark_until = 0.0
        self._buckets: dict[tuple[str, str, Rate], tuple[float, float]] = {}
        self._lock = Lock()

    def add(self, *faults: Fault) -> None:
        """Turn faults on; the first that fits a call is taken."""
        with self._lock:
            self._faults.extend(faults)

    def storm(self, share: float, method: str = "*", seconds: float = 1.0) -> None:
        """Let `share` of the calls fail, each way as often as the others, until cleared."""
        with self._lock:
            self._storm = Fault(Trouble.LIMITED, method, None, share, seconds)

    def outage(self, seconds: float) -> None:
        """Drop every call and refuse every connection for so long."""
        self._dark_until = self._clock() + seconds

    def clear(self) -> None:
        """Turn all faults off."""
        with self._lock:
            self._faults.clear()
            self._storm = None
            self._dark_until = 0.0

    @property
    def is_dark(self) -> bool:
        """An outage is under way."""
        return self._clock() < self._dark_until

    def draw(self, method: str, channel: str = "") -> Fault | None:
        """The fault that hits this call, if one does."""
        if self.is_dark:
            return Fault(Trouble.DROP_BEFORE, method)
        if not self._faults and self._storm is None:
            return None
        with self._lock:
            for place, fault in enumerate(self._faults):
                if fault.fits(method, channel) and (fault.share >= 1 or self._chance() < fault.share):
                    self._use_up(place, fault)
                    return fault
            return self._struck(method)

    def _struck(self, method: str) -> Fault | None:
        storm = self._storm
        if storm is None or not fnmatchcase(method, storm.method):
            return None
        roll = self._chance()
        return replace(storm, trouble=_STORMS[int(roll / storm.share * len(_STORMS))]) if roll < storm.share else None

    def wait_for(self, method: str, channel: str) -> float:
        """Seconds until this call is allowed by Slack's rates, 0 when it may go now (and is counted)."""
        if not self.pacing:
            return 0.0
        rates = next((rates for pattern, rates in RATES if fnmatchcase(method, pattern)), ())
        rates = tuple(replace(rate, burst=self.burst) if rate.each_channel else rate for rate in rates)
        with self._lock:
            now = self._clock()
            keys = [(method, channel if rate.each_channel else "", rate) for rate in rates]
            levels = [self._level(key, now) for key in keys]
            short = [(1 - level) * 60 / rate.per_minute for level, rate in zip(levels, rates, strict=True) if level < 1]
            if short:
                return max(short)
            for key, level in zip(keys, levels, strict=True):
                self._buckets[key] = (level - 1, now)
            return 0.0

    def _level(self, key: tuple[str, str, Rate], now: float) -> float:
        rate = key[2]
        level, since = self._buckets.get(key, (rate.burst, now))
        return min(rate.burst, level + (now - since) * rate.per_minute / 60)

    def _use_up(self, place: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times <= 1:
            del self._faults[place]
        else:
            self._faults[place] = replace(fault, times=fault.times - 1)

"""What Slack refuses at the moment, for all runs of this process: whole methods, channels, and words that nobody knows.

Safe to share between threads. Nothing here is lasting: after a restart it is found out again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from bot.notifier.messenger import Impossible
from bot.notifier.refusals import About

ASK_AGAIN = 15.0
"""Seconds until a method that the app may not use is tried again, by one run for all."""
TRY_PLACE_AGAIN = 60.0
"""Seconds until a channel that takes nothing is tried again."""


@dataclass(slots=True)
class _Shut:
    word: str
    until: float


class Troubles:
    """Asked before each call, told after each refusal and each success."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a steady clock in seconds."""
        self._clock, self._lock = clock, Lock()
        self._methods: dict[str, _Shut] = {}
        self._places: dict[str, _Shut] = {}
        self._met: dict[str, set[str]] = {}
        """Words that the table does not know -> places that met them."""

    def about(self, refused: Impossible, place: str) -> About:
        """What a refusal is about. A word that nobody knows is of the app once two places have met it."""
        if refused.about is not About.UNKNOWN:
            return refused.about
        with self._lock:
            met = self._met.setdefault(refused.why, set())
            met.add(place)
            return About.APP if len(met) > 1 else About.UNKNOWN

    def wait_for(self, method: str) -> float:
        """Seconds until this method may be tried; 0 when it may be now: whoever asks first then tries it for all."""
        with self._lock:
            shut = self._methods.get(method)
            if shut is None:
                return 0.0
            left = shut.until - self._clock()
            if left > 0:
                return left
            shut.until = self._clock() + ASK_AGAIN
            return 0.0

    def shut_method(self, method: str, refused: Impossible) -> float:
        """The app may not do this: seconds until it is tried again."""
        word = f"{refused.why}: {refused.needed}" if refused.needed else refused.why
        with self._lock:
            self._methods[method] = _Shut(word, self._clock() + ASK_AGAIN)
        return ASK_AGAIN

    def shut_place(self, channel: str, word: str) -> None:
        """This channel takes nothing."""
        with self._lock:
            self._places[channel] = _Shut(word, self._clock() + TRY_PLACE_AGAIN)

    def place_left(self, channel: str) -> float:
        """Seconds until a channel that takes nothing is tried again; 0 or less when it may be now."""
        shut = self._places.get(channel)
        return shut.until - self._clock() if shut is not None else 0.0

    def word_of(self, channel: str) -> str:
        """Why a channel takes nothing; "" when that is not known."""
        shut = self._places.get(channel)
        return shut.word if shut is not None else ""

    def fine(self, method: str, channel: str) -> None:
        """Slack took something."""
        if not (self._methods or self._places or self._met):
            return
        with self._lock:
            self._methods.pop(method, None)
            self._places.pop(channel, None)
            for places in self._met.values():
                places.discard(channel)

    def words(self) -> tuple[str, ...]:
        """What the app may not do, with Slack's words: ``chat.postMessage (missing_scope: chat:write)``."""
        with self._lock:
            return tuple(f"{method} ({shut.word})" for method, shut in sorted(self._methods.items()))

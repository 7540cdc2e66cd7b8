"""Whoever started a run whose card no channel takes is told at once, where they pressed, with the way on."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock
from time import monotonic

import structlog

from bot.journal.letters import Letters
from bot.notifier.placing import NOWHERE
from bot.render.thread import CARD

_LOOK_EVERY = 0.2
_GIVE_UP = 60.0
"""Seconds after which nobody waits for a card any more: it stands, or the list of runs is where people look."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    tell: Callable[[str], object]
    until: float


class Starters:
    """Runs whose card is yet to come. `run` on a thread; the card may be told by another process."""

    def __init__(self, letters: Letters) -> None:
        """Take the memory of what stands in Slack."""
        self._letters, self._lock, self._some = letters, Lock(), Event()
        self._waiting: dict[str, _Waiting] = {}

    def expect(self, run_id: str, tell: Callable[[str], object]) -> None:
        """Call `tell` with Slack's words when no place takes the card of this run. Never waits."""
        with self._lock:
            self._waiting[run_id] = _Waiting(tell, monotonic() + _GIVE_UP)
        self._some.set()

    def run(self, stopping: Event) -> None:
        """Look until `stopping`, and only while somebody waits."""
        while not stopping.is_set():
            if not self._some.wait(1.0):
                continue
            try:
                self.look()
            except Exception:
                log.exception("could not see whether cards stand")
            stopping.wait(_LOOK_EVERY)

    def look(self) -> None:
        """Tell those whose card goes nowhere; whoever has one waits no more."""
        with self._lock:
            waiting = dict(self._waiting)
        for run_id, one in waiting.items():
            known = self._letters.of(run_id, [CARD, NOWHERE])
            stands = CARD in known and known[CARD].ts is not None
            if not stands and NOWHERE not in known and one.until > monotonic():
                continue
            with self._lock:
                self._waiting.pop(run_id, None)
                if not self._waiting:
                    self._some.clear()
            if not stands and NOWHERE in known:
                one.tell(known[NOWHERE].shown or "")

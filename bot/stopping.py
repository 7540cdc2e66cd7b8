"""The end of the process, as its parts hear of it: who sleeps is woken, so that nobody gets up only to look."""

from collections.abc import Callable
from threading import Event, Lock


class Stopping(Event):
    """An event that is set once, and wakes whoever asked for it."""

    def __init__(self) -> None:
        super().__init__()
        self._wakes: list[Callable[[], object]] = []
        self._adding = Lock()

    def call(self, wake: Callable[[], object]) -> None:
        """Call `wake` when it is set, or at once where it is; it neither raises nor waits."""
        with self._adding:
            self._wakes.append(wake)
        if self.is_set():
            wake()

    def set(self) -> None:
        """Set it, and wake everybody."""
        super().set()
        with self._adding:
            wakes = tuple(self._wakes)
        for wake in wakes:
            wake()


def wake_at_end(stopping: Event, wake: Callable[[], object]) -> None:
    """Have `wake` called once `stopping` is set. Of a plain event nobody is told: who waits looks up by themselves."""
    if isinstance(stopping, Stopping):
        stopping.call(wake)

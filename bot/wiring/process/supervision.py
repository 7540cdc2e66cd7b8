"""Threads that must not die: when one ends by itself, the process ends, and says so."""

import math
import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from select import select
from time import monotonic
from types import FrameType

import structlog

from bot.stopping import Stopping

_LOOKS_UP = 60.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Ending:
    """Why the process ends, and its exit code: 0 when somebody asked for it."""

    reason: str
    code: int = 0


class Supervisor:
    """Runs each part on a thread of its own, until somebody asks to stop or one of them dies."""

    def __init__(self) -> None:
        self.stopping, self.draining = Stopping(), threading.Event()
        # A SimpleQueue may be put to from a signal handler; an Event may not: its lock is not reentrant.
        self._endings: SimpleQueue[Ending] = SimpleQueue()
        self._hears, self.bell = os.pipe()
        """`bell` is what a signal writes to as it comes, whichever thread it comes to: it ends our waiting."""
        for end in (self._hears, self.bell):
            os.set_blocking(end, False)
            weakref.finalize(self, os.close, end)
        self._threads: list[threading.Thread] = []

    def start(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """Run `work(stopping)` on a thread; it returns once `stopping` is set, and not before."""
        thread = threading.Thread(target=self._run, args=(name, work), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def end(self, reason: str, code: int = 0) -> None:
        """Ask for the end; the first reason counts. May be called from a signal handler."""
        self._endings.put(Ending(reason, code))
        self._ring()

    def _ring(self) -> None:
        with suppress(BlockingIOError):  # it rings already
            os.write(self.bell, b"!")

    def wait(self, drain: float = 0) -> Ending:
        """Block until there is a reason to end, and tell every part to stop.

        When it is SIGTERM, `draining` is set first, and everything goes on for `drain` seconds, or until there is
        another reason.
        """
        ending = next(self._reasons())
        if drain and ending.reason == signal.SIGTERM.name:
            self.draining.set()
            ending = next(self._reasons(drain), ending)
        self.stopping.set()
        return ending

    def _reasons(self, within: float = math.inf) -> Iterator[Ending]:
        """The reasons to end that come within so many seconds.

        Python runs a signal's handler when its main thread next runs: a signal that comes just before that thread
        waits, or that another thread is handed, would be heard at the end of the wait. So we wait for the bell, to
        which the signal itself writes.
        """
        until = monotonic() + within
        while (left := until - monotonic()) > 0:
            select([self._hears], [], [], min(left, _LOOKS_UP))
            with suppress(BlockingIOError):
                os.read(self._hears, 1_000)
            with suppress(Empty):
                while True:
                    yield self._endings.get_nowait()

    def join(self, seconds: float) -> tuple[str, ...]:
        """Wait for the threads, all together at most `seconds`; the names of those that are still running."""
        until = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))
        return tuple(thread.name for thread in self._threads if thread.is_alive())

    def _run(self, name: str, work: Callable[[threading.Event], None]) -> None:
        try:
            work(self.stopping)
        except BaseException:
            log.exception("a part died", part=name)
            self.end(f"{name} died", 1)
        else:
            if not self.stopping.is_set():
                log.error("a part ended by itself", part=name)
                self.end(f"{name} ended by itself", 1)


@contextmanager
def ending_on_signals(supervisor: Supervisor) -> Iterator[None]:
    """SIGTERM and SIGINT end the process in order; a second one ends it at once."""

    def ask(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        supervisor.end(signal.Signals(number).name)

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    bell = signal.set_wakeup_fd(supervisor.bell, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(bell)
        for number, handler in before.items():
            signal.signal(number, handler)

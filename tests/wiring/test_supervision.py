"""A part that dies or ends by itself takes the process with it; whoever asks for the end gets exit code 0."""

import os
import signal
import sys
import threading
from collections.abc import Callable

from bot.wiring.process.supervision import Ending, Supervisor, ending_on_signals


def until_told(stopping: threading.Event) -> None:
    stopping.wait(60)


def test_a_part_that_dies_ends_all_with_a_code() -> None:
    def dies(_stopping: threading.Event) -> None:
        raise OSError("disk full")

    supervisor = Supervisor()
    supervisor.start("web", until_told)
    supervisor.start("clock", dies)
    assert supervisor.wait() == Ending("clock died", 1)
    assert supervisor.join(30) == ()


def test_a_part_that_leaves_is_as_bad() -> None:
    def leaves(_stopping: threading.Event) -> None:
        return

    supervisor = Supervisor()
    supervisor.start("notifier", leaves)
    assert supervisor.wait() == Ending("notifier ended by itself", 1)


def test_the_end_that_was_asked_for_is_no_failure() -> None:
    """The parts end because they are told to, which is not an ending by itself."""
    supervisor = Supervisor()
    supervisor.start("web", until_told)
    supervisor.end("SIGTERM")
    assert supervisor.wait() == Ending("SIGTERM", 0)
    assert supervisor.join(30) == ()


def test_a_part_that_does_not_stop_is_named_and_not_waited_for() -> None:
    release = threading.Event()

    def deaf(_stopping: threading.Event) -> None:
        release.wait(10)

    supervisor = Supervisor()
    supervisor.start("deaf", deaf)
    supervisor.end("SIGTERM")
    supervisor.wait()
    assert supervisor.join(0.05) == ("deaf",)
    release.set()


def test_a_signal_asks_for_the_end_and_the_old_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    supervisor = Supervisor()
    with ending_on_signals(supervisor):
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        assert supervisor.wait() == Ending("SIGTERM", 0)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is before


def test_everything_goes_on_while_it_drains_unless_something_happens() -> None:
    """SIGTERM says that we are about to go; a second reason, or the end of the time, is the end."""
    supervisor, seen = Supervisor(), threading.Event()

    def part(stopping: threading.Event) -> None:
        if supervisor.draining.wait(60) and not stopping.is_set():
            seen.set()
            supervisor.end("SIGINT")
        stopping.wait(60)

    supervisor.start("web", part)
    supervisor.end("SIGTERM")
    assert supervisor.wait(drain=600) == Ending("SIGINT", 0)
    assert seen.is_set()
    assert supervisor.join(30) == ()


def test_nothing_drains_when_a_person_or_a_fault_ends_it() -> None:
    for reason, code in (("SIGINT", 0), ("clock died", 1)):
        supervisor = Supervisor()
        supervisor.end(reason, code)
        assert supervisor.wait(drain=600) == Ending(reason, code)
        assert not supervisor.draining.is_set()


def test_a_signal_that_does_not_wake_the_main_thread_is_heard_all_the_same() -> None:
    """As one that comes just before the wait; here another thread takes it, once for the end and once in the drain."""
    supervisor, main = Supervisor(), threading.get_ident()

    def take(number: signal.Signals, while_: Callable[[], bool]) -> None:
        while not while_() or sys._current_frames()[main].f_code.co_name != "_reasons":  # noqa: SLF001  (to see it wait)
            pass
        signal.pthread_kill(threading.get_ident(), number)

    with ending_on_signals(supervisor):
        for number, while_ in ((signal.SIGTERM, lambda: True), (signal.SIGINT, supervisor.draining.is_set)):
            threading.Thread(target=take, args=(number, while_), daemon=True).start()
        assert supervisor.wait(drain=600) == Ending("SIGINT")

"""Hands letters to the process that sends them, and waits for its answer, but never for long."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from bot.oncall.pager.message import DeliveryResult, PageMessage

LIMIT = 20.0
"""Seconds after which an attempt is over, whatever the channel does."""
COMMAND = (sys.executable, "-P", "-m", "bot.oncall.pager")
_BROKE = DeliveryResult(reached=False, words="the sender ended before it had an answer")
_LATE = DeliveryResult(reached=False, words="no answer in time")


class _Sender:
    """One process, the letters that it has, and who waits for each."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603  (ours)
            [*command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what a plugin says may hold its address
            env=dict(environment),
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C ends the one who serves; this one ends after it
        )
        self._waiting: dict[int, SimpleQueue[DeliveryResult]] = {}
        self._numbers, self._writing = count(1), Lock()
        self.is_done = False
        Thread(target=self._read, name="answers of channels", daemon=True).start()

    def ask(self, url: str, message: PageMessage | None, limit: float) -> DeliveryResult | None:
        """The answer; None when there was none in time. OSError when the process is gone and nothing was sent."""
        number, answer = next(self._numbers), SimpleQueue[DeliveryResult]()
        self._waiting[number] = answer
        try:
            packed = None if message is None else asdict(message)
            self._write(json.dumps({"number": number, "url": url, "letter": packed}) + "\n")
            return answer.get(timeout=limit)
        except Empty:
            return None
        finally:
            del self._waiting[number]
            self.end_if_idle()

    def end_if_idle(self) -> None:
        """End the process when it takes no further letters and nobody waits for one."""
        if self.is_done and not self._waiting:
            self.end()

    def end(self) -> None:
        """End the process, whatever it does."""
        self.is_done = True
        with suppress(OSError):
            self._process.kill()
        self._process.wait()

    def _write(self, line: str) -> None:
        with self._writing:
            if self.is_done or self._process.stdin is None:
                raise BrokenPipeError
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            told = json.loads(line)
            box = self._waiting.get(told.pop("number"))
            if box is not None:
                box.put(DeliveryResult(**told))
        self.is_done = True
        for box in list(self._waiting.values()):
            box.put(_BROKE)
        self._process.wait()
        with self._writing, suppress(OSError):
            for pipe in (self._process.stdout, self._process.stdin):
                if pipe is not None:
                    pipe.close()


class PageSender:
    """Sends letters. Safe to share between threads; as many wait at a time as there are threads.

    A channel that hangs is given up after `limit` seconds. Its process takes no further letters, ends as soon as the
    others in it are done, and another one is started: nothing that hangs is left behind, and nobody waits for it.
    """

    def __init__(
        self, environment: Mapping[str, str], *, command: Sequence[str] = COMMAND, limit: float = LIMIT
    ) -> None:
        """Take the environment of the process that sends: what it takes to reach the network, and no secret."""
        self._environment, self._command, self._limit = environment, command, limit
        self._lock = Lock()
        self._sender: _Sender | None = None

    def send(self, url: str, message: PageMessage) -> DeliveryResult:
        """Send a letter by an Apprise URL; the answer comes within `limit` seconds, and a little to start a process."""
        return self._ask(url, message)

    def look_at(self, url: str) -> DeliveryResult:
        """Whether a letter could go out by an Apprise URL, as far as the URL itself says it: nothing is sent."""
        return self._ask(url, None)

    def _ask(self, url: str, message: PageMessage | None) -> DeliveryResult:
        for _ in range(2):  # a process that takes no letters any more is no answer of the channel's
            try:
                sender = self._current()
            except OSError:
                continue
            try:
                answer = sender.ask(url, message, self._limit)
            except OSError:
                self._retire(sender)
                continue
            if answer is None:
                self._retire(sender)
                return _LATE
            return answer
        return _BROKE

    def close(self) -> None:
        """End the process that sends; what it was sending may or may not have arrived."""
        with self._lock:
            if self._sender is not None:
                self._sender.end()
                self._sender = None

    def _current(self) -> _Sender:
        with self._lock:
            if self._sender is None or self._sender.is_done:
                self._sender = _Sender(self._command, self._environment)
            return self._sender

    def _retire(self, sender: _Sender) -> None:
        with self._lock:
            sender.is_done = True
            if self._sender is sender:
                self._sender = None
        sender.end_if_idle()

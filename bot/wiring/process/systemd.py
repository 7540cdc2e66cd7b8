"""Tells systemd how we are: ready, alive, about to end (sd_notify(3)). Where it does not listen, nothing is said."""

import os
import socket
from collections.abc import Callable, Mapping
from threading import Event

import structlog

from bot.web.health import NotReady

log = structlog.get_logger(__name__)


class Systemd:
    """The socket that systemd named in the environment; None of its methods raises."""

    def __init__(self, environment: Mapping[str, str], process: int | None = None) -> None:
        """Take the environment; `process` is our number, by which a watchdog's limit is known to be meant for us."""
        named = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + named[1:] if named.startswith("@") else named
        limit, meant = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
        is_ours = not meant or meant == str(process or os.getpid())
        self._limit = int(limit) / 1e6 if self._address and limit.isdigit() and is_ours else 0.0

    def say(self, *lines: str) -> None:
        """Say it, such as ``READY=1``."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.sendto("\n".join(lines).encode(), self._address)
        except OSError as failure:
            log.warning("systemd was not told", failure=str(failure))

    def watch(self, lives: Callable[[], str], stopping: Event) -> None:
        """Say that we live, three times within the limit of the watchdog, for as long as `lives` does not say no."""
        while self._limit and not stopping.wait(self._limit / 3):
            trouble = _trouble(lives)
            if trouble:
                log.error("systemd is not told that we live", reason=trouble)
            else:
                self.say("WATCHDOG=1")
        stopping.wait()


def _trouble(lives: Callable[[], str]) -> str:
    try:
        lives()
    except NotReady as reason:
        return str(reason)
    return ""

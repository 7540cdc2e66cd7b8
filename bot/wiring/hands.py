"""The hands of a machine on its own: a child of `serve`, on SQLite, without a secret of ours in its environment."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from threading import Event

import structlog

from bot.settings import Settings

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "XDG_STATE_HOME", "XDG_CACHE_HOME")
_AGAIN = 5.0
_ENDING = 3.0
"""Seconds in which the hands are over when nothing runs, before we are."""
_COMMAND = "import sys; from bot.cli import main; sys.argv[0] = 'handrail'; main()"

log = structlog.get_logger(__name__)


def child_environment(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """What the child is told: the file of the database and its own file, nothing of Slack."""
    kept = {name: environment[name] for name in _KEPT if name in environment}
    return kept | {"DATABASE_URL": settings.database_url, "HANDRAIL_HANDS": str(settings.hands)}


def keep_hands(settings: Settings, environment: Mapping[str, str], stopping: Event) -> None:
    """Start the hands, again when they end, and end them with us."""
    command = [sys.executable, "-P", "-c", _COMMAND, "hands", "--beside", str(os.getpid())]
    while not stopping.is_set():
        child = subprocess.Popen(command, env=child_environment(settings, environment), stdin=subprocess.DEVNULL)  # noqa: S603  (our own interpreter and command)
        while child.poll() is None and not stopping.wait(0.2):
            continue
        if child.poll() is None:
            child.terminate()
            with suppress(subprocess.TimeoutExpired):  # what it executes it follows to its end, without us
                child.wait(_ENDING)
            return
        log.warning("the hands ended; they are started again", code=child.returncode)
        stopping.wait(_AGAIN)

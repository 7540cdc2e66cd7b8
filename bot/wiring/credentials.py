"""Secrets as they are now: those that stand in files are read again, so that they can be rotated."""

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock

import structlog

from bot.settings import BadSetting, read_one

LOOK_EVERY = 1.0
"""Seconds between two looks at a file."""
log = structlog.get_logger(__name__)


class Credential:
    """One variable. Safe to share between threads; a file that cannot be used leaves the last value in force."""

    def __init__(self, name: str, value: str, environment: Mapping[str, str], clock: Callable[[], float]) -> None:
        """Take the value as it was read at the start, and a steady clock in seconds."""
        self._name, self._value, self._environment, self._clock = name, value, environment, clock
        named = environment.get(f"{name}_FILE", "").strip()
        self._file = Path(named) if named else None
        self._lock, self._looked, self._mark = Lock(), clock(), self._mark_now()

    def now(self) -> str:
        """The value; read again when its file has changed, which is looked at now and then."""
        if self._file is not None and self._clock() - self._looked >= LOOK_EVERY:
            with self._lock:
                self._looked = self._clock()
                mark = self._mark_now()
                if mark != self._mark:
                    self._mark = mark
                    self._read()
        return self._value

    def renew(self) -> bool:
        """Slack does not take the value: whether the file has another one by now."""
        if self._file is None:
            return False
        with self._lock:
            before = self._value
            self._read()
            return self._value != before

    def _mark_now(self) -> tuple[int, int, int] | None:
        """Time, size and number of the file; a mounted secret is a link that is turned to another file."""
        try:
            found = self._file.stat() if self._file is not None else None
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino) if found is not None else None

    def _read(self) -> None:
        try:
            value = read_one(self._name, self._environment)
        except BadSetting as wrong:
            log.warning("a new secret cannot be used; the last one stays", name=self._name, why=wrong.message)
            return
        if isinstance(value, str) and value != self._value:
            self._value = value
            log.info("a secret was read again", name=self._name)

"""Keeps the workspace in a SQLite file, written behind by one thread."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, TypeVar

Thing = TypeVar("Thing")

_PAUSE = 0.05


class Store:
    """Rows by (kind, key); the last one written wins, so a burst of changes to one thing costs one write."""

    def __init__(self, path: Path | None) -> None:
        """Open the file at `path`, or remember nothing when there is none."""
        self._path = path
        self._dirty: dict[tuple[str, str], object] = {}
        self._lock = Lock()
        self._writing = Lock()
        self._woken = Event()
        self._stopping = False
        self._thread: Thread | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            with sqlite3.connect(path) as file:
                file.execute("PRAGMA journal_mode=WAL")
                file.execute("CREATE TABLE IF NOT EXISTS thing (kind TEXT, key TEXT, body, PRIMARY KEY (kind, key))")
            file.close()
            self._thread = Thread(target=self._write_behind, name="workspace-store", daemon=True)
            self._thread.start()

    def keep(self, kind: str, key: str, thing: object) -> None:
        """Remember a frozen dataclass, bytes, or JSON under its name; None forgets it."""
        if self._path is None:
            return
        with self._lock:
            self._dirty[(kind, key)] = thing
        self._woken.set()

    def rows(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Read what was kept of one kind, in the order of the keys."""
        if self._path is None:
            return
        file = sqlite3.connect(self._path)
        try:
            for key, body in file.execute("SELECT key, body FROM thing WHERE kind = ? ORDER BY key", (kind,)):
                yield key, body if isinstance(body, bytes) else json.loads(body)
        finally:
            file.close()

    def flush(self) -> None:
        """Write everything that is still in memory, now."""
        if self._path is None:
            return
        with self._writing:
            with self._lock:
                dirty, self._dirty = self._dirty, {}
            if not dirty:
                return
            file = sqlite3.connect(self._path)
            try:
                self._write(file, dirty)
            finally:
                file.close()

    def close(self) -> None:
        """Write what is left and end the thread."""
        self._stopping = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _write(self, file: sqlite3.Connection, dirty: dict[tuple[str, str], object]) -> None:
        gone = [name for name, thing in dirty.items() if thing is None]
        kept = [(*name, _as_row(thing)) for name, thing in dirty.items() if thing is not None]
        with file:
            file.execute("PRAGMA synchronous=NORMAL")
            file.executemany("DELETE FROM thing WHERE kind = ? AND key = ?", gone)
            file.executemany("INSERT OR REPLACE INTO thing VALUES (?, ?, ?)", kept)

    def _write_behind(self) -> None:
        pause = Event()
        while not self._stopping:
            self._woken.wait()
            self._woken.clear()
            self.flush()
            pause.wait(_PAUSE)


def _as_row(thing: object) -> str | bytes:
    return thing if isinstance(thing, bytes) else json.dumps(thing, default=_shallow, ensure_ascii=False)


def _shallow(thing: object) -> dict[str, Any]:
    if is_dataclass(thing):
        return {each.name: getattr(thing, each.name) for each in fields(thing)}
    message = f"cannot keep a {type(thing).__name__}"
    raise TypeError(message)


def thaw(kind: type[Thing], body: dict[str, Any]) -> Thing:
    """Build a frozen thing again from its row: lists were tuples; fields that are unknown today are left out."""
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in body.items() if name in known})

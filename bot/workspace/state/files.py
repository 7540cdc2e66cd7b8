"""Uploaded files and their bytes."""

import mimetypes
from collections.abc import Callable
from dataclasses import replace

from bot.workspace.state.changes import Changes
from bot.workspace.state.things import File
from bot.workspace.store import Store, thaw


class Files:
    """Every file from the moment its upload was announced."""

    def __init__(self, changes: Changes, store: Store, clock: Callable[[], float], mint: Callable[[], str]) -> None:
        """Take up the files that were kept."""
        self._changes, self._store, self._clock, self._mint = changes, store, clock, mint
        self._files = {key: thaw(File, body) for key, body in store.rows("file")}
        self._bytes: dict[str, bytes] = dict(store.rows("bytes"))

    def announce(self, name: str, size: int, user: str) -> File:
        """Make the file that an upload will fill."""
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return self._put(File("F" + self._mint(), name, name, size, kind, user, int(self._clock())))

    def file(self, file_id: str) -> File | None:
        """The file with this id, if there is one."""
        return self._files.get(file_id)

    def content(self, file_id: str) -> bytes | None:
        """The bytes of a file, None before they were sent."""
        return self._bytes.get(file_id)

    def fill(self, file: File, content: bytes) -> None:
        """Take the bytes of an announced file."""
        with self._changes.lock:
            self._bytes[file.id] = content
            self._store.keep("bytes", file.id, content)

    def complete(self, file: File, title: str, channel: str) -> File:
        """The upload is over: the file has its title and stands in a channel, or nowhere yet."""
        places = (*file.channels, channel) if channel else file.channels
        return self._put(replace(file, title=title or file.title, ready=True, channels=places))

    def _put(self, file: File) -> File:
        with self._changes.lock:
            self._files[file.id] = file
            self._store.keep("file", file.id, file)
        return file

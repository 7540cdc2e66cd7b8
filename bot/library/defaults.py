"""What the folders of a file say for it: their `defaults/v1`, the nearest counting most."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from bot.format.defaults import DEFAULTS
from bot.library.parse import Document, parse_file
from bot.library.reading.short import merge_over
from bot.library.reading.tree import Row, Table

_MARK = DEFAULTS.encode()
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Said:
    """What holds for the files of one folder."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    seal: bytes = b""
    """The bytes of everything that says it: when they change, the files are read again."""
    faulty: tuple[str, ...] = ()
    """Files that would say something, and cannot be read: what they meant nobody knows."""


class FolderDefaults:
    """The defaults of a whole folder of files."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Take every file, as its name and its bytes; only those that hold defaults are read."""
        self._of: dict[str, list[tuple[str, bytes, list[Document], bool]]] = {}
        for name, data in files.items():
            if _MARK in data:
                documents, problems = parse_file(name, data)
                found = [one for one in documents if one.schema == DEFAULTS]
                bad = any(one.severity == "error" for one in problems)
                if found or bad:
                    self._of.setdefault(_folder_of(name), []).append((name, data, found, bad))
        self._said: dict[str, Said] = {}

    def of(self, name: str) -> Said:
        """What the folders of a file say for it."""
        folder = _folder_of(name)
        if folder not in self._said:
            self._said[folder] = self._gather(folder)
        return self._said[folder]

    def _gather(self, folder: str) -> Said:
        way = [".", *(str(one) for one in reversed(PurePosixPath(folder).parents) if str(one) != "."), folder]
        told = [one for place in dict.fromkeys(way) for one in sorted(self._of.get(place, ()), key=lambda one: one[0])]
        defaults: dict[str, Any] = {}
        for _, _, documents, _ in told:
            for document in documents:
                merge_over(defaults, _plain(document.read.root if document.read is not None else {}))
        defaults.pop("schema", None)
        return Said(defaults, b"\0".join(one[1] for one in told), tuple(one[0] for one in told if one[3]))


def _folder_of(name: str) -> str:
    return str(PurePosixPath(name).parent)


def _plain(value: Any) -> Any:  # noqa: ANN401  (a tree without its places)
    if isinstance(value, Table | dict):
        return {key: _plain(held) for key, held in value.items()}
    return [_plain(one) for one in value] if isinstance(value, Row | list) else value

"""What the folders of a file say for it: their `defaults/v1`, the nearest counting most."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from bot.format.defaults import DEFAULTS
from bot.library.parse import Document, parse_file
from bot.library.reading.build import PlacedList, Table
from bot.library.reading.short import merge_over

_MARK = re.compile(rb"schema:\s*[\"']?default")
"""How a document of defaults names its kind, also misspelt, where nothing or a brace stands before it on its line."""


@dataclass(frozen=True, slots=True)
class Said:
    """What holds for the files of one folder."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    seal: bytes = b""
    """The bytes of everything that says it: when they change, the files are read again."""
    faulty: tuple[str, ...] = ()
    """Files that would say something, and cannot be read: what they meant nobody knows."""


_Told = tuple[str, bytes, list[Document], bool]
"""A file that says something: its name, its bytes, its documents, and whether it is faulty."""


def defaults_above(folder: Path) -> dict[str, bytes]:
    """The files of defaults in the folders above one, as far up as there are YAML files, the outermost first."""
    found: dict[str, bytes] = {}
    for above in folder.resolve().parents:
        files = sorted(one for one in above.glob("*.yaml") if one.is_file())
        if not files:
            break
        held = {file.as_posix(): data for file in files if may_say(data := file.read_bytes())}
        found = {**held, **found}
    return found


def may_say(data: bytes) -> bool:
    """Whether a document of defaults may stand in a text. Each file of a folder is asked at each look, so it is asked
    from the word on, not from the beginning of each line: a tenth of the time.
    """  # noqa: D205 (one reason)
    found = (data[data.rfind(b"\n", 0, one.start()) + 1 : one.start()] for one in _MARK.finditer(data))
    return any(before.strip() in {b"", b"{"} for before in found)


def _read(name: str, data: bytes) -> Iterator[_Told]:
    if may_say(data):
        documents, problems = parse_file(name, data)
        found = [one for one in documents if one.schema == DEFAULTS]
        bad = any(one.severity == "error" for one in problems)
        if found or bad:
            yield name, data, found, bad


class FolderDefaults:
    """The defaults of a whole folder of files."""

    def __init__(self, files: Mapping[str, bytes], above: Mapping[str, bytes] | None = None) -> None:
        """Take every file, as its name and its bytes; only those that hold defaults are read.

        `above` are files of the folders above, the outermost first: they count as well, and before all others.
        """
        self._of: dict[str, list[_Told]] = {}
        self._above = [told for name, data in (above or {}).items() for told in _read(name, data)]
        for name, data in files.items():
            self._of.setdefault(_folder_of(name), []).extend(_read(name, data))
        self._said: dict[str, Said] = {}

    def of(self, name: str) -> Said:
        """What the folders of a file say for it."""
        folder = _folder_of(name)
        if folder not in self._said:
            self._said[folder] = self._gather(folder)
        return self._said[folder]

    def _gather(self, folder: str) -> Said:
        way = [".", *(str(one) for one in reversed(PurePosixPath(folder).parents) if str(one) != "."), folder]
        inside = [
            one for place in dict.fromkeys(way) for one in sorted(self._of.get(place, ()), key=lambda one: one[0])
        ]
        told = [*self._above, *inside]
        defaults: dict[str, Any] = {}
        for _, _, documents, _ in told:
            for document in documents:
                merge_over(defaults, _plain(document.read.root if document.read is not None else {}))
        defaults.pop("schema", None)
        return Said(defaults, b"\0".join(one[1] for one in told), tuple(one[0] for one in told if one[3]))


def _folder_of(name: str) -> str:
    return name.rpartition("/")[0] or "."


def _plain(value: Any) -> Any:  # noqa: ANN401  (a tree without its places)
    if isinstance(value, Table | dict):
        return {key: _plain(held) for key, held in value.items()}
    return [_plain(one) for one in value] if isinstance(value, PlacedList | list) else value

"""The YAML of a file as plain values in which everything knows its place."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from bot.library.problems import Fault, PathInFile


class Mark(Protocol):
    """A place in the text; lines and columns count from 0."""

    line: int
    column: int
    index: int


class Table(dict[str, Any]):
    """A mapping that knows where it begins, and for each key where the key and its value stand."""

    __slots__ = ("at", "marks")

    def __init__(self, at: Mark) -> None:
        super().__init__()
        self.at = at
        self.marks: dict[str, tuple[Mark, Mark]] = {}


class Row(list[Any]):
    """A sequence that knows where it begins and where each item stands."""

    __slots__ = ("at", "marks")

    def __init__(self, at: Mark) -> None:
        super().__init__()
        self.at = at
        self.marks: list[Mark] = []


class Text(NamedTuple):
    """A text that holds a placeholder, with its line and column, from 1, and the way to it."""

    text: str
    line: int
    column: int
    path: PathInFile


@dataclass(slots=True)
class Tree:
    """One document: its value, the faults of syntax in it, and every text that holds a placeholder."""

    root: Any
    at: Mark
    start: int
    """Where the document begins, in characters of the file."""
    faults: list[tuple[Mark, Fault]] = field(default_factory=list)
    templates: list[Text] = field(default_factory=list)
    sound: bool = True
    """It was read to its end."""

    def place(self, path: PathInFile, *, key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value at `path`, or of its key; of what encloses it when it is not there."""
        here, mark = self.root, self.at
        for part in path:
            if isinstance(here, Table) and part in here.marks:
                mark = here.marks[str(part)][0 if key else 1]
                here = here.get(str(part))
            elif isinstance(here, Row) and isinstance(part, int) and part < len(here.marks):
                mark, here = here.marks[part], here[part]
        return mark.line + 1, mark.column + 1

"""What is wrong with an author's file: where, which rule, and what to write instead."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "warning"]
_LONGEST = 60
PathInFile = tuple[str | int, ...]
"""The way from the top of a document to a value: ``("steps", 3, "go", "ok")``."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right. Lines and columns count from 1; `file` is relative to the checked folder."""

    file: str
    line: int
    column: int
    rule: str
    severity: Severity
    message: str
    hint: str = ""

    @property
    def place(self) -> str:
        """``file:line:column``, as editors and terminals understand it."""
        return f"{self.file}:{self.line}:{self.column}"

    def as_dict(self) -> dict[str, str | int]:
        """The problem as plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class At:
    """A place in a file; lines and columns count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem that has no place yet: its rule, and the words."""

    rule: str
    severity: Severity
    message: str
    hint: str = ""


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """As one reads a folder: by file, line, column; each problem once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda one: (one.file, one.line, one.column, one.rule)))


def files_with_errors(problems: Iterable[Problem]) -> frozenset[str]:
    """The files that may not be loaded."""
    return frozenset(one.file for one in problems if one.severity == "error")


def shown(written: object) -> str:
    """What an author wrote, short enough to stand in a sentence, on one line and without control characters."""
    text = "".join(char if char.isprintable() else " " for char in str(written))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Names as a list in a sentence; a long list ends in how many more there are."""
    known = list(names)
    more = f" … and {len(known) - limit} more" if len(known) > limit else ""
    return ", ".join(known[:limit]) + more

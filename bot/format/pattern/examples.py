"""A short text that a regular expression finds: what somebody would type where a pattern is asked for."""

import re
from collections.abc import Iterator
from itertools import islice

from bot.format.pattern import has_form

_CLASSES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a", "n": "\n", "t": "\t", "r": "\r"}
_ANCHORS = frozenset("AZbBz")
_TRIES = 16
_MOST_REPEATS = 300


class _TooHard(Exception):
    """A part of the language that is not read here: look-around, back references, flags."""


def example_text(pattern: str) -> str | None:
    """The simplest text that `pattern` finds; None when it is written in a way that is not understood here."""
    try:
        reader = _Reader(pattern)
        for text in islice(reader.either(), _TRIES):
            if reader.at_end and has_form(text, pattern):
                return text
    except (_TooHard, IndexError, ValueError, RecursionError):
        return None
    return None


class _Reader:
    """Reads a pattern from left to right, and makes the texts of each part as it goes."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0

    @property
    def at_end(self) -> bool:
        return self.at >= len(self.pattern)

    def either(self) -> Iterator[str]:
        """The ways to fulfil alternatives, simplest first."""
        ways = [self._sequence()]
        while not self.at_end and self.pattern[self.at] == "|":
            self.at += 1
            ways.append(self._sequence())
        return iter(ways)

    def _sequence(self) -> str:
        made = []
        while not self.at_end and self.pattern[self.at] not in "|)":
            made.append(self._repeated(self._atom()))
        return "".join(made)

    def _atom(self) -> str:
        char = self.pattern[self.at]
        self.at += 1
        match char:
            case "^" | "$":
                return ""
            case ".":
                return "a"
            case "(":
                return self._group()
            case "[":
                return self._one_of()
            case "\\":
                return self._escaped()
            case _:
                return char

    def _escaped(self) -> str:
        char = self.pattern[self.at]
        self.at += 1
        if char in _ANCHORS:
            return ""
        if char.isdigit() or (char.isalpha() and char not in _CLASSES):
            raise _TooHard
        return _CLASSES.get(char, char)

    def _group(self) -> str:
        if self.pattern.startswith("?:", self.at):
            self.at += 2
        elif self.pattern.startswith("?P<", self.at):
            self.at = self.pattern.index(">", self.at) + 1
        elif self.pattern.startswith("?", self.at):
            raise _TooHard
        first = next(self.either())
        if self.pattern[self.at] != ")":
            raise _TooHard
        self.at += 1
        return first

    def _one_of(self) -> str:
        start = self.at
        self.at += 1 if self.pattern[self.at] in "]^" else 0
        while self.pattern[self.at] != "]" or self.at == start + (self.pattern[start] == "^"):
            self.at += 2 if self.pattern[self.at] == "\\" else 1
        self.at += 1
        of_class = f"[{self.pattern[start : self.at]}"
        fitting = (char for char in "a0A-_ .:/" + "".join(map(chr, range(33, 127))) if has_form(char, of_class))
        if (char := next(fitting, None)) is None:
            raise _TooHard
        return char

    def _repeated(self, atom: str) -> str:
        found = re.compile(r"[*?+]|\{(\d+)(?:,\d*)?\}|\{,\d+\}").match(self.pattern, self.at)
        if found is None:
            return atom
        self.at = found.end()
        self.at += 1 if not self.at_end and self.pattern[self.at] in "?+" else 0
        times = int(found[1]) if found[1] else {"+": 1}.get(found[0], 0)
        if times > _MOST_REPEATS:
            raise _TooHard
        return atom * times

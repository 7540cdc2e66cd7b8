"""Regular expressions that authors write: whether they are closed, and examples they fit."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from pydantic_core import SchemaError, SchemaValidator, core_schema

_LONGEST_PATTERN = 500


def require_regex(pattern: str, called: str) -> None:
    """ValueError with the reason when `pattern` is not a regular expression of at most 500 characters."""
    if len(pattern) > _LONGEST_PATTERN:
        message = (
            f"{called} is too long for a regular expression: {len(pattern)} characters, at most {_LONGEST_PATTERN}"
        )
        raise ValueError(message)
    try:
        _matcher(pattern)
    except SchemaError as wrong:
        message = f"{called} is not a regular expression that can be matched safely: {_reason(wrong)}"
        raise ValueError(message) from None


def has_form(text: str, pattern: str) -> bool:
    """Whether `pattern` is found in the text; False for one that is no pattern. `$` is the very end."""
    try:
        return _matcher(pattern).isinstance_python(text)
    except SchemaError:
        return False


@lru_cache(maxsize=4096)
def _matcher(pattern: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))


def _reason(wrong: SchemaError) -> str:
    last = str(wrong).strip().splitlines()[-1].strip()
    return last.removeprefix("error: ").removeprefix("SchemaError: ").rstrip(".")


_SOUND = re.compile(r"[\w@%+:,./=-]")
_CLASSES = frozenset("dw")
_REPEAT = re.compile(r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})[?]?")
_WIDEST_RANGE = 128


def holds_no_signs(text: str) -> bool:
    """Whether this holds nothing but letters, digits and ``@%+:,./=_-``."""
    return all(_SOUND.fullmatch(sign) for sign in text)


class _Open(Exception):
    """The pattern lets other signs through, or it is not certain that it does not."""


@lru_cache(maxsize=4096)
def lets_no_signs_through(pattern: str) -> bool:
    """Whether every text with this form holds nothing but letters, digits and ``@%+:,./=_-``."""
    begins = pattern.startswith(("^", r"\A"))
    body = pattern.removeprefix("^").removeprefix(r"\A")
    ends = body.endswith(("$", r"\z")) and not body.endswith(r"\$")
    body = body.removesuffix("$").removesuffix(r"\z")
    if not (begins and ends):
        return False
    try:
        reader = _Reader(body)
        reader.either(top=True)
    except (_Open, IndexError, RecursionError):
        return False
    return reader.at == len(body)


class _Reader:
    """Reads the inside of a pattern, and leaves by `_Open` at the first doubt."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def either(self, *, top: bool = False) -> None:
        """Alternatives; between `^` and `$` without brackets there are none: `^a|b$` is open at both ends."""
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at] == "|":
                if top:
                    raise _Open
                self.at += 1
                continue
            self._atom()
            if repeat := _REPEAT.match(self.text, self.at):
                self.at = repeat.end()

    def _atom(self) -> None:
        sign = self.text[self.at]
        self.at += 1
        match sign:
            case "(":
                self._group()
            case "[":
                self._class()
            case "\\":
                self._escape()
            case _ if sign in "^$.*+?{}|" or not _SOUND.fullmatch(sign):
                raise _Open

    def _group(self) -> None:
        if self.text.startswith("?", self.at):
            if not self.text.startswith("?:", self.at):
                raise _Open
            self.at += 2
        self.either()
        if self.text[self.at] != ")":
            raise _Open
        self.at += 1

    def _escape(self) -> str:
        sign = self.text[self.at]
        self.at += 1
        if sign in _CLASSES:
            return ""
        if sign.isalnum() or not _SOUND.fullmatch(sign):
            raise _Open
        return sign

    def _class(self) -> None:
        if self.text[self.at] in "^]":
            raise _Open
        while (sign := self.text[self.at]) != "]":
            if sign in "[&~" or self.text.startswith("--", self.at):
                raise _Open
            first = self._one()
            follows = self.text[self.at : self.at + 2]
            if first and len(follows) == 2 and follows[0] == "-" and follows[1] != "]":  # noqa: PLR2004
                self.at += 1
                self._range(first, self._one())
        self.at += 1

    def _one(self) -> str:
        sign = self.text[self.at]
        self.at += 1
        if sign == "\\":
            return self._escape()
        if not _SOUND.fullmatch(sign):
            raise _Open
        return sign

    @staticmethod
    def _range(first: str, last: str) -> None:
        if not last or not 0 <= ord(last) - ord(first) < _WIDEST_RANGE:
            raise _Open
        if not holds_no_signs("".join(map(chr, range(ord(first), ord(last) + 1)))):
            raise _Open


_EXAMPLES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a", "n": "\n", "t": "\t", "r": "\r"}
_ANCHORS = frozenset("AZbBz")
_TRIES = 16
_MOST_REPEATS = 300


class _TooHard(Exception):
    """A part of the language that is not read here: look-around, back references, flags."""


def example_text(pattern: str) -> str | None:
    """The simplest text that `pattern` finds; None when it is written in a way that is not understood here."""
    try:
        reader = _Exemplar(pattern)
        for text in islice(reader.either(), _TRIES):
            if reader.at_end and has_form(text, pattern):
                return text
    except (_TooHard, IndexError, ValueError, RecursionError):
        return None
    return None


class _Exemplar:
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
        if char.isdigit() or (char.isalpha() and char not in _EXAMPLES):
            raise _TooHard
        return _EXAMPLES.get(char, char)

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

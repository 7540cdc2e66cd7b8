"""Whether a regular expression lets nothing through but signs that no shell reads as anything.

Only what is surely so counts: one `^…$` around letters, digits and a few signs, classes of these, groups and repeats.
"""

import re
from functools import lru_cache

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

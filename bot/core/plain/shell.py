"""Where in a shell command a value can stand quoted, and where a quote would not hold it."""

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field

_OPENING = frozenset("'\"`")
_BEFORE_A_COMMENT = frozenset(" \t\n;(")
_NO_QUOTE_HOLDS = frozenset({"'", '"', "`", "((", "$["})
_LIVE_IN_DOUBLE_QUOTES = re.compile(r'["$`!\n]|\\(?:\\|\Z)')


@dataclass(slots=True)
class ShellReader:
    """Reads the author's parts of a command, one after the other, and knows what is open behind them.

    Between quotes, in a comment, in a here-document, in arithmetic or after a backslash, single quotes around a value
    are signs like any other: what the value holds would be run.
    """

    _open: list[str] = field(default_factory=list)
    _before: str = "\n"
    _escaped: bool = False
    _comment: bool = False
    _ends: list[str] = field(default_factory=list)
    """The words that end the here-documents which begin with the next line, or are open now."""
    _word: str | None = None
    """The word of a here-document, as far as it has been read."""
    _in_document: bool = False
    _line: str = ""

    @property
    def quotes_hold(self) -> bool:
        """Whether a quoted value at this place is one word, whatever it holds."""
        return not (
            self._escaped
            or self._comment
            or self._in_document
            or self._word is not None
            or _NO_QUOTE_HOLDS & set(self._open)
        )

    def pass_value(self) -> None:
        """A value stands here."""
        self._before, self._escaped = "x", False
        self._line += "x"

    def read(self, text: str) -> None:
        """Go on over text of the author's."""
        for sign in text:
            if self._in_document:
                self._take_document(sign)
            elif self._word is not None:
                self._take_word(sign)
            else:
                self._take(sign)
            self._before = sign

    def _take_document(self, sign: str) -> None:
        """A here-document goes on until a line that holds its word alone."""
        if sign != "\n":
            self._line += sign
            return
        if self._line.strip("\t") == self._ends[0]:
            del self._ends[0]
        self._line, self._in_document = "", bool(self._ends)

    def _take_word(self, sign: str) -> None:
        word = self._word or ""
        if sign == "<" and not word:  # `<<<` is a word like any other
            self._word = None
        elif sign in " \t-" and not word:
            return
        elif sign.isalnum() or sign in "_'\"\\.-":
            self._word = word + sign
        else:
            self._ends.append("".join(one for one in word if one not in "'\"\\"))
            self._word = None
            self._take(sign)

    def _take(self, sign: str) -> None:
        top = self._open[-1] if self._open else ""
        if sign == "\n":
            self._comment, self._in_document = False, bool(self._ends)
        elif self._comment:
            return
        if self._escaped:
            self._escaped = False
        elif top == "'":
            self._close_on(sign, "'")
        elif sign == "\\":
            self._escaped = True
        elif top == '"' and sign not in '"`(':
            return
        elif sign in _OPENING:
            self._toggle(sign)
        else:
            self._take_bare(sign, top)

    def _close_on(self, sign: str, quote: str) -> None:
        if sign == quote:
            self._open.pop()

    def _toggle(self, sign: str) -> None:
        if sign == "`" and "`" in self._open:
            del self._open[self._open.index("`") :]
        elif self._open and self._open[-1] == sign:
            self._open.pop()
        else:
            self._open.append(sign)

    def _take_bare(self, sign: str, top: str) -> None:
        match sign:
            case "(" if top == '"' and self._before != "$":
                return
            case "(":
                self._open.append("((" if self._before == "(" else "(")
            case ")" if top in ("(", "(("):
                self._open.pop()
            case "[" if self._before == "$":
                self._open.append("$[")
            case "]" if top == "$[":
                self._open.pop()
            case "#" if self._before in _BEFORE_A_COMMENT:
                self._comment = True
            case "<" if self._before == "<":
                self._word = ""
            case _:
                return


def shell_line(words: Iterable[str]) -> str:
    """The words as one line for a shell, each kept whole; single quotes inside a word are held by double ones.

    `shlex.join` writes such a word as ``'a '"'"'b'"'"''``, which nobody can read back to be sure of it.
    """
    return " ".join(
        f'"{word}"' if "'" in word and not _LIVE_IN_DOUBLE_QUOTES.search(word) else shlex.quote(word) for word in words
    )

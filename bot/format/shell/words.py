"""A command of the author's cut into words and signs, as every shell cuts it; what is not sure is refused.

The placeholders of the command are NUL here: a text from YAML that holds one of its own is never sure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.format.shell.places import Why

HOLE = "\0"
_SIGNS = (
    "&>>", "<<<", "<<-", ";;&", "&&", "||", ";;", ";&", "|&", "&>", "<<", "<&", "<>", ">>", ">&", ">|",
    "\n", ";", "&", "|", "(", ")", "<", ">",
)  # fmt: skip
_BLANK = " \t"
_ENDS_A_WORD = frozenset(" \t\n;&|()<>")
_HOLE_BETWEEN = re.compile(r"[\w@%+:,./=-]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN_EXPANSION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[:#%/^,+=?-][^\0$`'\"{}\\@!\[\]]*)?")
_END_OF_DOCUMENT = re.compile(r"""[ \t]*(?:'([\w. -]+)'|"([\w. -]+)"|\\?([\w.-]+))(?=[\s;&|()<>]|\Z)""")
_LAST_WORD = frozenset({"_", "BASH_COMMAND", "BASH_EXECUTION_STRING", "BASH_ARGV", "history", "historywords"})
_CALLS_HISTORY = re.compile(r"![^\s=\"')\]]")


@dataclass(slots=True)
class Word:
    """One word: what it says if that is certain, and the placeholders in it."""

    text: str = ""
    """Quotes taken off; HOLE for each placeholder. Expansions are left out, and then it is not `literal`."""
    literal: bool = True
    """Nothing in it is expanded by the shell. Placeholders may stand in it."""
    bare: bool = True
    """No sign of it is quoted, so that it can be a word of the grammar such as `for`."""
    holes: list[int] = field(default_factory=list)
    """The numbers of its placeholders."""
    odd: bool = False
    """A sign without quotes beside a placeholder makes more of it than a word: braces, globs, tilde."""
    inner: list[list["Token"]] = field(default_factory=list)
    """What its command substitutions hold."""


@dataclass(frozen=True, slots=True)
class Sign:
    """An operator, or the end of a line."""

    text: str
    joined: bool = False
    """It stands right behind a word, without a blank."""


Token = Word | Sign


class Unsure(Exception):
    """From here on nobody knows for certain how each shell reads the command."""


@dataclass(slots=True)
class Cutter:
    """Cuts one command. `lexical` says of each placeholder why no quote would hold it there, if none would."""

    text: str
    at: int = 0
    seen: int = 0
    """Placeholders so far."""
    lexical: dict[int, Why] = field(default_factory=dict)
    unsure: bool = False
    """It was cut, but something in it may lead typed words to a second reader."""
    _documents: list[tuple[str, bool, bool]] = field(default_factory=list)
    """(its last line, tabs are taken off, it is expanded) of the here-documents that begin with the next line."""

    def cut(self) -> list[Token]:
        """All tokens; Unsure when the command cannot be read to its end, with `lexical` filled for all of it."""
        try:
            return self._tokens(inside="")
        except (Unsure, IndexError, RecursionError):
            for number in range(self.seen, self.text.count(HOLE)):
                self.lexical[number] = Why.UNREAD
            raise Unsure from None

    def _tokens(self, inside: str) -> list[Token]:
        """Up to the end of the command, or up to the `)` of a substitution."""
        found: list[Token] = []
        joined = False
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign in _BLANK or self.text.startswith("\\\n", self.at):
                self.at += 1 if sign in _BLANK else 2
                joined = False
            elif sign == "#":
                self._comment()
            elif self.text.startswith("((", self.at) and not joined:
                self._arithmetic(2, "(", ")")
                self.unsure = True
            elif sign in _ENDS_A_WORD:
                if sign == ")" and inside and not self._opened(found):
                    if self._documents:
                        raise Unsure
                    self.at += 1
                    return found
                found.append(self._sign(joined=joined, inside=inside))
                joined = False
            else:
                found.append(self._word())
                if inside and isinstance(found[-1], Word) and found[-1].bare and found[-1].text == "case":
                    raise Unsure
                joined = True
        if inside:
            raise Unsure
        return found

    @staticmethod
    def _opened(found: list[Token]) -> bool:
        signs = [one.text for one in found if isinstance(one, Sign)]
        return signs.count("(") > signs.count(")")

    def _sign(self, *, joined: bool, inside: str) -> Sign:
        text = next(one for one in _SIGNS if self.text.startswith(one, self.at))
        self.at += len(text)
        if text in ("<<", "<<-"):
            self._announce(text)
        elif text == "\n" and self._documents:
            if inside:
                raise Unsure
            self._read_documents()
        return Sign(text, joined)

    def _announce(self, sign: str) -> None:
        found = _END_OF_DOCUMENT.match(self.text, self.at)
        if found is None:
            raise Unsure
        quoted, double, bare = found.groups()
        expanded = bare is not None and not found[0].lstrip().startswith("\\")
        self._documents.append((quoted or double or bare, sign == "<<-", expanded))
        self.at = found.end()

    def _read_documents(self) -> None:
        for last, tabs, expanded in self._documents:
            while self.at < len(self.text):
                end = self.text.find("\n", self.at)
                line = self.text[self.at : end if end >= 0 else len(self.text)]
                self._all_holes(line, Why.DOCUMENT)
                self.unsure |= expanded and bool(re.search(r"[$`\\]", line))
                self.at += len(line) + 1
                if (line.lstrip("\t") if tabs else line) == last:
                    break
        self._documents.clear()
        self.at = min(self.at, len(self.text))

    def _all_holes(self, text: str, why: Why) -> list[int]:
        """Every placeholder of a stretch of text, each refused for the same reason."""
        numbers = list(range(self.seen, self.seen + text.count(HOLE)))
        self.lexical.update(dict.fromkeys(numbers, why))
        self.seen += len(numbers)
        return numbers

    def _comment(self) -> None:
        end = self.text.find("\n", self.at)
        text = self.text[self.at : end if end >= 0 else len(self.text)]
        self._all_holes(text, Why.COMMENT)
        self.at += len(text)

    def _word(self) -> Word:
        word, plain = Word(), []
        while self.at < len(self.text) and self.text[self.at] not in _ENDS_A_WORD:
            sign = self.text[self.at]
            match sign:
                case "\\":
                    self._escaped(word)
                case "'":
                    self._single(word)
                case '"':
                    self._double(word)
                case "`":
                    self._backquotes(word)
                case "$":
                    self._dollar(word)
                case "\0":
                    self._hole(word)
                case _:
                    plain.append(sign)
                    word.text += sign
                    self.at += 1
        bare = "".join(plain)
        self.unsure |= bool(_CALLS_HISTORY.search(bare))
        word.odd = _HOLE_BETWEEN.fullmatch(bare) is None or bare[:1] == "=" == word.text[:1]
        return word

    def _hole(self, word: Word, why: Why | None = None) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if why is None and following and following in "<>(":
            why = Why.BESIDE_A_SIGN
        if why is None and self.at and self.text[self.at - 1] == "!":
            why = Why.BESIDE_A_SIGN
        if why is not None:
            self.lexical[self.seen] = why
        word.holes.append(self.seen)
        word.text += HOLE
        self.seen += 1
        self.at += 1

    def _escaped(self, word: Word) -> None:
        self.at += 1
        sign = self.text[self.at : self.at + 1]
        if not sign:
            raise Unsure
        if sign == HOLE:
            word.bare = False
            self._hole(word, Why.ESCAPED)
            return
        self.at += 1
        if sign != "\n":
            word.bare = False
            word.text += sign

    def _single(self, word: Word) -> None:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise Unsure
        inside = self.text[self.at + 1 : end]
        word.bare = False
        word.holes += self._all_holes(inside, Why.QUOTES)
        word.text += inside
        self.at = end + 1

    def _double(self, word: Word) -> None:
        word.bare = False
        self.at += 1
        while (sign := self.text[self.at]) != '"':
            match sign:
                case "\\":
                    self._escaped(word)
                case "`":
                    self._backquotes(word)
                case "$":
                    self._dollar(word, quoted=True)
                case "\0":
                    self._hole(word, Why.QUOTES)
                case _:
                    self.unsure |= sign == "!" and _CALLS_HISTORY.match(self.text, self.at) is not None
                    word.text += sign
                    self.at += 1
        self.at += 1

    def _backquotes(self, word: Word) -> None:
        """What stands between them is read by rules of its own, which differ."""
        found = re.compile(r"`(?:[^`\\]|\\.)*`", re.DOTALL).match(self.text, self.at)
        if found is None:
            raise Unsure
        word.holes += self._all_holes(found[0], Why.BACKQUOTES)
        word.literal, word.bare, self.unsure = False, False, True
        self.at = found.end()

    def _dollar(self, word: Word, *, quoted: bool = False) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if following == "'" and not quoted:
            end = self.text.find("'", self.at + 2)
            if end < 0 or "\\" in self.text[self.at : end]:
                raise Unsure  # bash and zsh read escapes in it, dash does not
            self.at += 1
        elif following == '"' and not quoted:
            self.at += 1
        elif following == HOLE:
            self.at += 1
            word.text += "$"
            self._hole(word, Why.BESIDE_A_SIGN)
        else:
            word.bare = False
            self._expansion(word)

    def _expansion(self, word: Word) -> None:
        rest = self.text
        if rest.startswith("$((", self.at):
            word.holes += self._arithmetic(3, "(", ")")
        elif rest.startswith("$(", self.at):
            self.at += 2
            before = self.seen
            word.inner.append(self._tokens(inside="$("))
            word.holes += range(before, self.seen)
        elif rest.startswith("$[", self.at):
            word.holes += self._arithmetic(2, "[", "]")
        elif rest.startswith("${", self.at):
            self._braces(word)
        elif name := _NAME.match(rest, self.at + 1):
            self.unsure |= name[0] in _LAST_WORD
            self.at = name.end()
            if rest[self.at : self.at + 1] == HOLE:
                self._hole(word, Why.BESIDE_A_SIGN)
        elif rest[self.at + 1 : self.at + 2] in set("@*#?$!-0123456789"):
            self.at += 2
        else:
            word.text += "$"
            self.at += 1
            return
        word.literal = False

    def _braces(self, word: Word) -> None:
        """`${NAME}` and its simple forms; whatever else stands in braces is not followed."""
        end, depth = self.at + 2, 1
        while depth:
            depth += {"{": 1, "}": -1}.get(self.text[end], 0)
            end += 1
        inside = self.text[self.at + 2 : end - 1]
        plain = _PLAIN_EXPANSION.fullmatch(inside)
        name = _NAME.match(inside)
        self.unsure |= plain is None or (name is not None and name[0] in _LAST_WORD)
        if plain is None and re.search(r"[\"'\\`(]", inside):
            raise Unsure
        word.holes += self._all_holes(inside, Why.EXPANSION)
        self.at = end

    def _arithmetic(self, skip: int, opens: str, closes: str) -> list[int]:
        start, depth = self.at, skip - (self.text[self.at] == "$")
        end = self.at + skip
        while depth:
            sign = self.text[end]
            depth += {opens: 1, closes: -1}.get(sign, 0)
            self.unsure |= sign in "`'\"" or self.text.startswith("$(", end)
            if sign in "'\"\\":
                raise Unsure
            end += 1
        self.at = end
        return self._all_holes(self.text[start:end], Why.ARITHMETIC)


def words_in(tokens: list[Token]) -> Iterator[Word]:
    """Every word, those in substitutions too."""
    for token in tokens:
        if isinstance(token, Word):
            yield token
            for inner in token.inner:
                yield from words_in(inner)

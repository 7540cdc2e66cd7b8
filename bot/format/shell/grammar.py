"""Where in a command the placeholders stand: the words of simple commands, and everything that is none.

A free text may stand as one word, an argument of a simple command whose program is written out and reads it no further.
Lists, pipelines, groups, `if`, `while`, `until` and `for` are followed; what is not followed lets no free text in.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bot.format.shell import programs
from bot.format.shell.places import PlaceholderPosition, Why
from bot.format.shell.words import HOLE, Cutter, Sign, Token, Unsure, Word, words_in

_REDIRECTS = frozenset({"<", ">", ">>", ">|", "<>", "<&", ">&", "&>", "&>>"})
_OUTWARD = frozenset({">", ">>", ">|", "<>", ">&", "&>", "&>>"})
_BETWEEN = frozenset({";", "\n", "&"})
_PIPES = frozenset({"|", "|&"})
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=(.*)", re.DOTALL)
_NOT_FOLLOWED = frozenset({
    "case", "select", "function", "coproc", "repeat", "foreach", "end", "always", "nocorrect", "noglob", "-",
})  # fmt: skip
_STRAY = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "in", "}", "]]"})
_CHANGES_NAMES = frozenset({"alias", "enable", "hash", "shopt", "setopt", "unsetopt", "emulate", "autoload", "zmodload",
                            "builtin", "bind", "history", "fc", "trap"})  # fmt: skip
_SOUND_SET = re.compile(r"-[euxfC]+o?|\+[euxfC]+|-o|pipefail|errexit|nounset|xtrace|noglob|noclobber")
_PROGRAM = re.compile(r"[\w./~][\w./:@%+-]*")
_DUPLICATES = re.compile(r"[0-9]+|-")


@dataclass(slots=True)
class _Part:
    """One part of a pipeline."""

    holes: list[int] = field(default_factory=list)
    """The placeholders in it, however deep."""
    program: str = ""
    reads: bool = True
    """It might read again what comes down the pipe."""
    outward: bool = False
    """Its output may end in a file."""


@dataclass(slots=True)
class _Grammar:
    """Reads tokens by descent, and notes of each placeholder what it found."""

    tokens: Sequence[Token]
    found: dict[int, PlaceholderPosition]
    at: int = 0
    kept: set[int] = field(default_factory=set)
    """Placeholders whose words may end in a file."""
    runs_files: str = ""
    """A program of the command that could run such a file."""
    all_kept: bool = False

    @property
    def _sign(self) -> str:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        return token.text if isinstance(token, Sign) else ""

    @property
    def _reserved(self) -> str:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        return token.text if isinstance(token, Word) and token.bare and token.literal and not token.holes else ""

    def _expect(self, word: str) -> None:
        if word not in (self._reserved, self._sign):
            raise Unsure
        self.at += 1

    def note(self, number: int, why: Why, program: str = "") -> None:
        """The first reason that is found stays."""
        if self.found[number].grammar is None:
            self.found[number] = replace(self.found[number], grammar=why, program=program)

    def list_until(self, *ends: str) -> _Part:
        """Pipelines up to one of these words, or to the end."""
        whole = _Part()
        while True:
            while self._sign in _BETWEEN:
                self.at += 1
            if self.at >= len(self.tokens):
                if ends:
                    raise Unsure
                return whole
            if self._reserved in ends or (self._sign and self._sign in ends):
                return whole
            part = self._pipeline()
            whole.holes += part.holes
            whole.outward |= part.outward
            if self._sign in ("&&", "||"):
                self.at += 1
            elif self.at < len(self.tokens) and self._sign not in (*_BETWEEN, *ends):
                raise Unsure

    def _pipeline(self) -> _Part:
        while self._reserved in ("!", "time"):
            self.at += 1
            while self._reserved in ("-p", "--"):
                self.at += 1
        parts = [self._command()]
        while self._sign in _PIPES:
            self.at += 1
            while self._sign == "\n":
                self.at += 1
            parts.append(self._command())
        for number, part in enumerate(parts):
            again = next((one for one in parts[number + 1 :] if one.reads), None)
            if again is not None:
                for hole in part.holes:
                    self.note(hole, Why.PIPE, again.program)
            if any(one.outward for one in parts[number:]):
                self.kept.update(part.holes)
        return _Part([hole for one in parts for hole in one.holes], outward=any(one.outward for one in parts))

    def _command(self) -> _Part:
        match self._reserved or self._sign:
            case "{":
                return self._compound("{", "}")
            case "(":
                return self._compound("(", ")")
            case "if":
                return self._if()
            case "while" | "until":
                self.at += 1
                part = self.list_until("do")
                return self._with_redirects(self._joined(part, self._body()))
            case "for":
                return self._for()
            case word if word in _NOT_FOLLOWED or word in _STRAY:
                raise Unsure
            case _:
                return self._simple()

    def _compound(self, opens: str, closes: str) -> _Part:
        self._expect(opens)
        part = self.list_until(closes)
        self._expect(closes)
        return self._with_redirects(part)

    def _body(self) -> _Part:
        self._expect("do")
        part = self.list_until("done")
        self._expect("done")
        return part

    @staticmethod
    def _joined(*parts: _Part) -> _Part:
        return _Part([hole for one in parts for hole in one.holes], outward=any(one.outward for one in parts))

    def _if(self) -> _Part:
        parts = []
        self._expect("if")
        while True:
            parts += [self.list_until("then")]
            self._expect("then")
            parts += [self.list_until("elif", "else", "fi")]
            if self._reserved == "elif":
                self.at += 1
                continue
            if self._reserved == "else":
                self.at += 1
                parts += [self.list_until("fi")]
            self._expect("fi")
            return self._with_redirects(self._joined(*parts))

    def _for(self) -> _Part:
        self._expect("for")
        if re.fullmatch(r"[A-Za-z]\w*", self._reserved) is None:
            raise Unsure
        self.at += 1
        listed = _Part()
        if self._reserved == "in":
            self.at += 1
            while self.at < len(self.tokens) and isinstance(word := self.tokens[self.at], Word):
                self._refuse(word, Why.GRAMMAR)
                listed.holes += word.holes
                self.at += 1
        while self._sign in (";", "\n"):
            self.at += 1
        return self._with_redirects(self._joined(listed, self._body()))

    def _with_redirects(self, part: _Part) -> _Part:
        while self._sign in _REDIRECTS or self._sign in ("<<", "<<-", "<<<"):
            self._redirect(part)
        at_a_word = self.at < len(self.tokens) and isinstance(self.tokens[self.at], Word)
        if at_a_word and self._reserved not in _STRAY:
            raise Unsure
        return part

    def _redirect(self, part: _Part) -> None:
        sign = self._sign
        self.at += 1
        if sign in ("<<", "<<-"):
            return
        word = self.tokens[self.at] if self.at < len(self.tokens) else None
        if not isinstance(word, Word):
            raise Unsure
        self._refuse(word, Why.REDIRECT)
        part.holes += word.holes
        part.outward |= sign in _OUTWARD and not (_DUPLICATES.fullmatch(word.text) or word.text == "/dev/null")
        self.at += 1

    def _refuse(self, word: Word, why: Why, program: str = "") -> None:
        for hole in word.holes:
            self.note(hole, why, program)

    def _simple(self) -> _Part:
        part, words = _Part(), []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if isinstance(token, Word):
                words.append(token)
                self.at += 1
                if words[0].bare and words[0].text == "[[" and not (token.bare and token.text == "]]"):
                    self._test(words)
            elif token.text in _REDIRECTS or token.text in ("<<", "<<-", "<<<"):
                self._before_a_redirect(words, token)
                self._redirect(part)
            else:
                break
        if not words and not part.holes and not part.outward:
            raise Unsure
        if self._sign == "(":
            raise Unsure  # a function, an array, or a pattern of some shell
        self._judge(words, part)
        return part

    def _test(self, words: list[Word]) -> None:
        """`[[ … ]]` holds signs of its own."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if isinstance(token, Word):
                words.append(token)
                if token.bare and token.text == "]]":
                    return
        raise Unsure

    def _before_a_redirect(self, words: list[Word], sign: Sign) -> None:
        """A number that touches a redirection says which file; a value there could become one."""
        if sign.joined and words:
            if words[-1].bare and words[-1].text.isdigit():
                words.pop()
                return
            for hole in words[-1].holes:
                if self.found[hole].lexical is None:
                    self.found[hole] = replace(self.found[hole], lexical=Why.BESIDE_A_SIGN)

    def _judge(self, words: list[Word], part: _Part) -> None:
        part.holes += [hole for word in words for hole in word.holes]
        for word in words:
            self._inner(word, part)
        assigned, rest = _split(words)
        if not rest:
            for word in assigned:
                self._refuse(word, Why.ASSIGNMENT)
            return
        self._judge_program(rest[0])
        call = _call_of(rest)
        if call.named is not None and call.named is not rest[0]:
            self._judge_program(call.named)
        part.program = call.name
        part.reads = not call.name or programs.is_reader(call.name) or programs.is_evaluating(call.name)
        part.outward |= programs.writes_files(call.name)
        self._note_what_it_does(call)
        for word in (*assigned, *call.assigned):
            self._judge_assignment(word, call)
        for number, word in enumerate(call.wrapped):
            if number or word is not rest[0]:
                self._refuse(word, Why.EVALUATES, programs.name_of(rest[0].text))
        for number, word in enumerate(call.arguments):
            self._judge_argument(word, call, number)
        if call.name in _CHANGES_NAMES or (call.name == "set" and not all(map(_is_sound_set, call.arguments))):
            raise Unsure

    def _judge_program(self, word: Word) -> None:
        for hole in word.holes:
            self.note(hole, Why.PROGRAM if word.text.startswith(HOLE) else Why.PART_OF_PROGRAM)

    def _note_what_it_does(self, call: "Invocation") -> None:
        looks = programs.is_evaluating(call.name) and not all(one.literal for one in call.arguments)
        if not call.name or programs.reads_files(call.name) or looks or call.program.startswith((".", "~")):
            self.runs_files = self.runs_files or call.program or "another program"
        self.all_kept |= call.name == "exec"

    def _judge_assignment(self, word: Word, call: "Invocation") -> None:
        name = word.text.partition("=")[0].removesuffix("+")
        external = call.name and not (
            programs.is_builtin(call.name) or programs.is_reader(call.name) or word.odd or "/" in name
        )
        if not external or not programs.may_be_assigned(name):
            self._refuse(word, Why.ASSIGNMENT, call.name)

    def _judge_argument(self, word: Word, call: "Invocation", number: int) -> None:
        why = _why_not(word, call, number)
        for hole in word.holes:
            if why is not None:
                self.note(hole, why, call.name)
        if word.odd:
            self._refuse(word, Why.PATTERN)

    def _inner(self, word: Word, part: _Part) -> None:
        """What stands in a substitution is read again as words of the command around it."""
        for tokens in word.inner:
            inside = _Grammar(tokens, self.found)
            inside.list_until()
            for hole in [hole for one in words_in(tokens) for hole in one.holes]:
                self.note(hole, Why.SUBSTITUTION)
            self.runs_files = self.runs_files or inside.runs_files
            part.outward |= bool(inside.kept)

    def close(self) -> None:
        """What can only be said of the whole command."""
        if self.runs_files:
            for hole in self.found if self.all_kept else self.kept:
                self.note(hole, Why.KEPT, self.runs_files)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a simple command runs in the end: wrappers such as `sudo` and `env` are looked through."""

    program: str
    """As it is written; empty when that is not certain."""
    arguments: tuple[Word, ...]
    wrapped: tuple[Word, ...] = ()
    """The words of the wrappers."""
    assigned: tuple[Word, ...] = ()
    """What `env` and `sudo` put into the environment."""
    named: Word | None = None
    """The word that says which program it is; a wrapper runs that, whoever typed it."""

    @property
    def name(self) -> str:
        """The program without its folder."""
        return programs.name_of(self.program)


def _split(words: Iterable[Word]) -> tuple[list[Word], list[Word]]:
    """The assignments in front, and the rest."""
    assigned: list[Word] = []
    rest: list[Word] = []
    for word in words:
        found = _ASSIGNMENT.match(word.text)
        if not rest and found is not None:
            assigned.append(word)
        else:
            rest.append(word)
    return assigned, rest


def _call_of(words: list[Word]) -> Invocation:
    """Whom a simple command calls; its program is empty when a shell alone could tell."""
    wrapped: list[Word] = []
    assigned: list[Word] = []
    while words:
        program = _program_of(words[0])
        wrapper = programs.WRAPPERS.get(programs.name_of(program))
        if wrapper is None:
            return Invocation(program, tuple(words[1:]), tuple(wrapped), tuple(assigned), words[0])
        own = _own_words(wrapper, words[1:])
        if own is None:
            return Invocation("", tuple(words[1:]), tuple(wrapped), tuple(assigned))
        wrapped += words[: 1 + own]
        words = words[1 + own :]
        if wrapper.assigns:
            more, words = _split(words)
            assigned += more
    return Invocation("", (), tuple(wrapped), tuple(assigned))


def _program_of(word: Word) -> str:
    """The program as far as it is certain: a fact may give its folder, not its name."""
    text = word.text
    if HOLE in text:
        text = text.rpartition(HOLE)[2]
        if not text.startswith("/"):
            return ""
    return text if word.literal and (_PROGRAM.fullmatch(text) or text in ("[", "[[", ":")) else ""


def _own_words(wrapper: programs.Wrapper, words: list[Word]) -> int | None:
    """How many words are the wrapper's own; None when an option is not known."""
    at, wanted = 0, wrapper.words
    while at < len(words):
        text = words[at].text
        if not words[at].literal:
            return None
        if text in wrapper.valued:
            at += 2
        elif text in wrapper.flags or _holds_its_value(text, wrapper):
            at += 1
        elif text.startswith("-"):
            return None
        elif wanted:
            at, wanted = at + 1, wanted - 1
        else:
            break
    return at if at <= len(words) and not wanted else None


def _holds_its_value(option: str, wrapper: programs.Wrapper) -> bool:
    """``-5``, ``--signal=TERM``, ``-oL``: an option and its value in one word."""
    short = option[:2] in wrapper.valued and not option.startswith("--")
    return short or re.fullmatch(r"-[0-9]+|--[a-z-]+=.*", option) is not None


def _is_sound_set(word: Word) -> bool:
    return word.literal and _SOUND_SET.fullmatch(word.text) is not None


def _why_not(word: Word, call: Invocation, number: int) -> Why | None:
    """Why free text may be no argument here."""
    before = tuple(one.text for one in call.arguments[:number])
    begins = word.text.partition(HOLE)[0]
    name = call.name
    if not name:
        return Why.UNKNOWN_PROGRAM
    if programs.is_evaluating(name):
        return Why.EVALUATES
    if programs.is_handed_in(name, before, begins) and word.text.count(HOLE) == 1:
        return None
    every = tuple(one.text for one in call.arguments)
    if programs.is_reader(name) or programs.hands_in(name) or programs.runs_elsewhere(name, every):
        return Why.READER
    if programs.option_runs(begins) or (before and programs.option_runs(before[-1])):
        return Why.READER
    open_ = not begins and "--" not in before
    return Why.OPTION if open_ and programs.runs_by_option(name) else None


def read_command(text: str) -> tuple[PlaceholderPosition, ...]:
    """The place of each placeholder of a command, which stand in it as NUL."""
    cutter = Cutter(text)
    try:
        tokens = cutter.cut()
    except Unsure:
        return tuple(PlaceholderPosition(cutter.lexical.get(at), Why.UNSURE) for at in range(text.count(HOLE)))
    found = {at: PlaceholderPosition(cutter.lexical.get(at)) for at in range(text.count(HOLE))}
    grammar = _Grammar(tokens, found)
    try:
        grammar.list_until()
        grammar.close()
    except (Unsure, RecursionError):
        cutter.unsure = True
    if cutter.unsure:
        for number in found:
            grammar.note(number, Why.UNSURE)
    return tuple(found[at] for at in range(len(found)))


def read_arguments(argv: Sequence[str]) -> tuple[PlaceholderPosition, ...]:
    """The same for an argument list: no shell cuts it, and yet a program may read a word again."""
    words: list[Word] = []
    seen = 0
    for argument in argv:
        holes = list(range(seen, seen + argument.count(HOLE)))
        words.append(Word(argument, bare=False, holes=holes))
        seen += len(holes)
    found = {at: PlaceholderPosition() for at in range(seen)}
    grammar = _Grammar(words, found)
    try:
        grammar.list_until()
        grammar.close()
    except Unsure:
        for number in found:
            grammar.note(number, Why.UNSURE)
    return tuple(found[at] for at in range(seen))

"""Makes commands of Markdown safe to stand in a runbook, without changing what the shell does."""

import re
from dataclasses import dataclass

from bot.library.secrets import without_secrets

_SHELLS = frozenset({"", "sh", "bash", "shell", "zsh", "console", "shell-session", "terminal", "ksh", "fish"})
_OTHER_PROGRAMS = frozenset({"sql", "psql", "mysql", "pgsql", "powershell", "ps1", "cmd", "bat", "python", "py"})
_TOKENS = ("{{", "}}", "{%", "%}", "{#", "#}")
"""What means a placeholder, or nothing at all, to the runbook, wherever it stands."""
TO_FILL_IN = "TODO: <…> is to be filled in: declare a variable, and write {{ vars.name }} without quotes"
_SESSIONS = frozenset({"console", "shell-session", "terminal"})
_PROMPT = re.compile(r"(?:[\w.@~:/-]{0,40}|\[[\w.@~:/ -]{1,60}\])?\$ +")
_NAMED_ROOT = re.compile(r"(?:[\w.-]{1,30}@[\w.~:/-]{1,60}|\[[\w.@~:/ -]{1,60}\])# *\S")
_ROOT_PROMPT = re.compile(r"(?:[\w.@~:/-]{0,60}|\[[\w.@~:/ -]{1,60}\])?[#$] *")


@dataclass(frozen=True, slots=True)
class Command:
    """A command that can stand in a step; `text` is empty when it cannot. `notes` say what was changed or guessed."""

    text: str
    notes: tuple[str, ...] = ()
    left_out: str = ""
    """The command that cannot stand in a step, without its secrets."""
    seen: str = ""
    """What the page shows as its output."""


def is_command(language: str) -> bool:
    """Whether a code block of this language is something that one runs."""
    return language in _SHELLS | _OTHER_PROGRAMS


def safe_command(text: str, language: str = "sh") -> Command:
    """The command as it can stand under `command:`; whatever was changed is said."""
    notes: list[str] = []
    if language == "":
        notes.append("TODO guess: a code block without a language is a command")
    if language in _OTHER_PROGRAMS:
        notes.append(f"TODO guess: this is {language}: say in which program, and where, it is run")
    bare, seen = _without_prompts(text, language)
    if seen:
        notes.append("TODO guess: lines without a prompt are output, and stand under `say`")
    kept, secrets = without_secrets(bare)
    if secrets:
        notes.append("TODO: a secret stood here; read it from a file or the environment, and change it")
    if any(token in kept for token in _TOKENS):
        kept = _apart(kept)
        notes.append("braces are kept apart by quotes, so that nothing here is a placeholder; the shell sees the same")
        if any(token in kept for token in _TOKENS):
            why = "TODO: this command holds {{, {% or {# where quotes change it; put it into a script and name that"
            return Command("", (*notes[:-1], why), left_out=bare and without_secrets(bare)[0], seen=seen)
    if re.search(r"<[A-Za-z][\w .-]{0,40}>", kept):
        notes.append(TO_FILL_IN)
    return Command(kept, tuple(notes), seen=seen)


def safe_words(text: str) -> str:
    """Prose in which nothing is a placeholder, and nothing a secret."""
    return without_placeholders(without_secrets(text, spoken=True)[0])


def without_placeholders(text: str) -> str:
    """A text in which nothing is a placeholder: their signs stand apart."""
    while any(token in text for token in _TOKENS):
        for token in _TOKENS:
            text = text.replace(token, f"{token[0]} {token[1]}")
    return text


def _without_prompts(text: str, language: str) -> tuple[str, str]:
    """Commands without the prompt in front, and what does not follow a prompt: their output."""
    lines = text.split("\n")
    prompt = _ROOT_PROMPT if _is_root(lines, language) else _PROMPT
    if not any(prompt.match(line) for line in lines):
        return text, ""
    kept: list[str] = []
    seen: list[str] = []
    on = False
    for line in lines:
        found = prompt.match(line)
        if found is not None or on:
            kept.append(line[found.end() :] if found else line)
            on = line.endswith("\\")
        else:
            seen.append(line)
    return "\n".join(kept), "\n".join(seen).strip("\n")


def _is_root(lines: list[str], language: str) -> bool:
    """Whether `#` is the prompt of root here, and no comment."""
    named = any(_NAMED_ROOT.match(line) for line in lines)
    return named or (language in _SESSIONS and any(line.startswith("# ") for line in lines))


def _apart(command: str) -> str:
    """Put a pair of quotes between two signs that would mean a placeholder: to the shell it is nothing.

    Where it is not nothing (in ``${…}``, after a here-document) the signs stay, and the command is left out.
    """
    out: list[str] = []
    state = Quoting()
    for at, char in enumerate(command):
        pair = command[at - 1] + char if at else ""
        if pair in _TOKENS and state.takes_quotes:
            out.append(state.pair)
        out.append(char)
        state.read(char, command[at - 1] if at else "\n")
    return command if "<<" in command else "".join(out)


class Quoting:
    """How far a shell's quotes and comments are open at a place of a command."""

    def __init__(self) -> None:
        self.quote, self.depth = "", 0
        self.escaped = self.comment = False

    @property
    def takes_quotes(self) -> bool:
        """Whether two quotes here are nothing to the shell."""
        return self.depth == 0 and not self.escaped

    @property
    def pair(self) -> str:
        """The two quotes; in a comment, a space."""
        return " " if self.comment else (self.quote or "'") * 2

    def read(self, char: str, before: str) -> None:
        """Go on by one character."""
        if self.comment:
            self.comment = char != "\n"
        elif self.escaped:
            self.escaped = False
        elif char == "\\" and self.quote != "'":
            self.escaped = True
        elif self.quote != "'" and char == "{" and before == "$":
            self.depth += 1
        elif char == "}" and self.depth:
            self.depth -= 1
        elif self.quote:
            self.quote = "" if char == self.quote else self.quote
        elif char in "'\"":
            self.quote = char
        elif char == "#" and before in " \t\n;(":
            self.comment = True

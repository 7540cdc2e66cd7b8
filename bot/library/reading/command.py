"""A command in one line as the arguments that it is: cut as a shell cuts words, without what only a shell does."""

_MEANS_MORE = frozenset("|&;<>()$`*?[]{}!\n")
"""Signs that mean something to a shell, outside quotes; braces that are no placeholder among them."""
_IN_DOUBLE = frozenset("$`")
_ESCAPED = frozenset('"\\$`')


class NotPlain(ValueError):
    """The line means something to a shell, and there is none; the message says which sign."""


def split_command(line: str) -> list[str]:
    """The arguments of a line. A placeholder belongs to the argument that it stands in, whatever it will hold."""
    words: list[str] = []
    word: str | None = None
    at = 0
    while at < len(line):
        sign = line[at]
        if line.startswith("{{", at):
            end = _end_of_braces(line, at)
            word, at = (word or "") + line[at:end], end
        elif sign in " \t":
            words += [] if word is None else [word]
            word, at = None, at + 1
        elif sign in "'\"":
            inside, at = _quoted(line, at)
            word = (word or "") + inside
        elif sign == "\\" and at + 1 < len(line):
            word, at = (word or "") + line[at + 1], at + 2
        elif sign in _MEANS_MORE or (word is None and sign in "#~"):
            raise NotPlain(sign if sign != "\n" else "a new line")
        else:
            word, at = (word or "") + sign, at + 1
    return [*words, *([] if word is None else [word])]


def _end_of_braces(line: str, at: int) -> int:
    """Behind a placeholder, or behind four braces, which are two literal ones."""
    if line.startswith("{{{{", at):
        return at + len("{{{{")
    end = line.find("}}", at)
    return len(line) if end < 0 else end + len("}}")


def _quoted(line: str, at: int) -> tuple[str, int]:
    """What stands in quotes, and where they end."""
    quote, inside, at = line[at], "", at + 1
    while at < len(line) and line[at] != quote:
        if line.startswith("{{", at):
            end = _end_of_braces(line, at)
            inside, at = inside + line[at:end], end
        elif quote == '"' and line[at] in _IN_DOUBLE:
            raise NotPlain(line[at])
        elif quote == '"' and line[at] == "\\" and line[at + 1 : at + 2] in _ESCAPED:
            inside, at = inside + line[at + 1], at + 2
        else:
            inside, at = inside + line[at], at + 1
    if at >= len(line):
        raise NotPlain(f"{quote} without its end")
    return inside, at + 1

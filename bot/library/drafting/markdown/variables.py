"""What a page leaves to be filled in: `<NAME>`, used more than once, is a value that is asked for and filled in."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from bot.library.drafting.markdown.commands import Quoting
from bot.library.drafting.markdown.nodes import DraftedDo, Node

OPEN = re.compile(r"<([A-Za-z](?:[\w .-]{0,38}\w)?)>")
"""Something to be filled in."""
PATTERN = "^[A-Za-z0-9][A-Za-z0-9._:/@-]*$"
"""What may be typed for it: nothing that a shell, or a program behind it, reads as more than a word."""
AS = "one word: letters, digits, and any of . _ : / @ -"
_TWICE = 2
_MOST = 10


def variables_of(nodes: Iterable[Node]) -> dict[str, str]:
    """The variables of some steps: name -> the words that the page has for it, in the order in which they come.

    Named at least twice, and at least once in a command.
    """
    said: Counter[str] = Counter()
    words: dict[str, str] = {}
    for node in nodes:
        command = node.command.text if isinstance(node, DraftedDo) and node.command is not None else ""
        for text in (node.title, *node.say, command):
            for found in OPEN.finditer(text):
                name = _name(found[1])
                said[name] += 1
                if text is command and name:
                    words.setdefault(name, found[1])
    return dict([(name, held) for name, held in words.items() if said[name] >= _TWICE][:_MOST])


def with_variables(command: str, named: Mapping[str, str]) -> str:
    """A command with the variables in it, outside of quotes, as Handrail quotes what is filled in.

    In comments and here-documents they stay as the page has them.
    """
    if "<<" in command:
        return command
    out: list[str] = []
    state, at = Quoting(), 0
    while at < len(command):
        found = OPEN.match(command, at)
        if found is not None and _name(found[1]) in named and not state.comment and not state.escaped:
            out.append(f"{state.quote}{{{{ vars.{_name(found[1])} }}}}{state.quote}")
            at = found.end()
            continue
        out.append(command[at])
        state.read(command[at], command[at - 1] if at else "\n")
        at += 1
    return "".join(out)


def _name(words: str) -> str:
    """Words as the name of a variable."""
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")

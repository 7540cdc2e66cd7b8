"""Commands of a shell: words quoted for one, and where in a command of the author's a value may stand."""

import re
import shlex
from collections.abc import Iterable

_LIVE_IN_DOUBLE_QUOTES = re.compile(r'["$`!\n]|\\(?:\\|\Z)')


def shell_word(word: str) -> str:
    """One word for any shell; `=` in front is the path of a program to zsh, so it is quoted too."""
    return f"'{word}'" if word.startswith("=") and "'" not in word else shlex.quote(word)


def shell_line(words: Iterable[str]) -> str:
    """The words as one line for a shell, each kept whole; single quotes inside a word are held by double ones.

    `shlex.join` writes such a word as ``'a '"'"'b'"'"''``, which nobody can read back to be sure of it.
    """
    return " ".join(
        f'"{word}"' if "'" in word and not _LIVE_IN_DOUBLE_QUOTES.search(word) else shell_word(word) for word in words
    )

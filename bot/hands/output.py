"""What a command printed, as it is kept: text, its last part, without secrets."""

import re
from collections.abc import Callable, Sequence

_UNKEPT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
HIDDEN = "‹secret›"
_SHORTEST = 4


def redacted(printed: bytes, secrets: Sequence[str], scrub: Callable[[str], str], *, is_cut: bool = False) -> str:
    """The text without the profile's secrets, and without what looks like one to `scrub`.

    `is_cut`: something stood before it, so that it may begin within a secret.
    """
    text = _as_kept(printed.decode("utf-8", "replace"))
    parts = {part for one in map(_as_kept, secrets) for part in (one, *one.splitlines()) if len(part) >= _SHORTEST}
    longest_first = sorted(parts, key=len, reverse=True)
    for part in longest_first:
        text = text.replace(part, HIDDEN)
    begun = max((_end_of(part, text) for part in longest_first), default=0) if is_cut else 0
    return scrub(HIDDEN + text[begun:] if begun else text)


def _as_kept(text: str) -> str:
    return _UNKEPT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def _end_of(secret: str, text: str) -> int:
    """How many signs of the end of a secret the text begins with."""
    return next((size for size in range(len(secret) - 1, 0, -1) if text.startswith(secret[-size:])), 0)

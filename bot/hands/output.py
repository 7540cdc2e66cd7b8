"""What a command printed, as it is kept: text, its last part, without secrets."""

import re
from collections.abc import Callable, Sequence

_UNKEPT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
HIDDEN = "‹secret›"
_SHORTEST = 4


def redacted(printed: bytes, secrets: Sequence[str], scrub: Callable[[str], str]) -> str:
    """The text without the profile's secrets, and without what looks like one to `scrub`."""
    text = _UNKEPT.sub("\ufffd", printed.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n"))
    for secret in sorted(secrets, key=len, reverse=True):
        for part in (secret, *secret.splitlines()):
            if len(part) >= _SHORTEST:
                text = text.replace(part, HIDDEN)
    return scrub(text)

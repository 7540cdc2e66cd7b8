"""Text that cannot steer a terminal."""

import re

_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """The text with control characters and marks that turn the direction made visible."""
    return _UNPRINTABLE.sub("\ufffd", text)

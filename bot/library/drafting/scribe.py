"""Writes values as YAML that a person likes to read and the loader reads back as the same text."""

import re

from bot.library.reading.build import read_plain

_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 ._/()’–+-]*[A-Za-z0-9._/)+])?")
_SEEN = re.compile("[\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")
"""Characters that YAML lets stand as they are, and that are no line breaks to it."""
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def clean(text: str) -> str:
    """Text without control characters, with plain line ends and no spaces at the end of a line."""
    lines = _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def scalar(text: str) -> str:
    """A text as a value on one line: bare where that is safe, else in double quotes."""
    return text if _PLAIN.fullmatch(text) and read_plain(text) == (text, None) else quoted(text)


def quoted(text: str) -> str:
    """A text in double quotes."""
    return '"' + "".join(_ESCAPES.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if _SEEN.fullmatch(char):
        return char
    code = ord(char)
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"  # noqa: PLR2004  (where four digits end)


def entry(key: str, text: str, indent: int) -> list[str]:
    """A key with its text: on one line, or as a block when the text has several lines."""
    space = " " * indent
    lines = text.split("\n")
    as_block = len(lines) > 1 and text[:1] not in {" ", "\t", "\n"} and not text.endswith("\n")
    if as_block and all(_SEEN.fullmatch(line) for line in lines):
        return [f"{space}{key}: |-", *(f"{space}  {line}" if line else "" for line in lines)]
    return [f"{space}{key}: {scalar(text)}"]


def comment(text: str, indent: int = 0) -> list[str]:
    """A text as comment lines."""
    return [f"{' ' * indent}# {line}".rstrip() for line in clean(text).split("\n")]

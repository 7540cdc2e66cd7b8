"""How many words stand before the first button, and how much of a text still fits there."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.render.message import Block

MOST_WORDS: Mapping[str, int] = {"plain": 60, "destroy": 90, "signoff": 110}
"""Words that a person reads before the first button; a command and a table of values (`fields`) are not counted."""
_DATE = re.compile(r"<!date\^\d+\^[^^>]*\^([^>]*)>")
_OFFSET = re.compile(r" (?:UTC|[+-]\d\d:\d\d)$")
_BESIDE = re.compile(r" \((\d\d:\d\d) UTC\)")
_MENTION = re.compile(r"<@[A-Z0-9]+>")
_EMOJI = re.compile(r"(?:(?<=\s)|^):[a-z0-9_+-]+:(?=\s|$)")
_SPAN = re.compile(r"(?:\b[0-9]+ (?:d|h|min|s)\b ?)+")
_WORD = re.compile(r"[^\W_]+(?:[-’'.:/@_+][^\W_]+)*")
_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])|\n+")
_UNCOUNTED = frozenset({"rich_text_preformatted"})


def count_words(blocks: Iterable[Block | None]) -> int:
    """Words of these blocks, as they are read; a mention is a first name and a last one, a length of time one word."""
    return sum(_count(_plain(text)) for block in blocks if block is not None for text in _texts(block))


def split_to_fit(text: str, room: int) -> tuple[str, str]:
    """The first sentences, as many as fit into so many words; and the rest, empty when all of them fit."""
    starts = [0, *(found.end() for found in _SENTENCES.finditer(text))]
    ends = [*(found.start() for found in _SENTENCES.finditer(text)), len(text)]
    kept = used = 0
    for first, last in zip(starts, ends, strict=True):
        used += _count(text[first:last])
        if used > room:
            break
        kept = last
    return text[:kept].strip(), text[kept:].strip()


def cut_to_fit(words: str, most: int) -> str:
    """The first words, with an ellipsis where something is missing."""
    found = list(_WORD.finditer(words))
    return words if len(found) <= most else f"{words[: found[most - 1].end()].rstrip()} …"


def _count(text: str) -> int:
    return len(_WORD.findall(_SPAN.sub("span ", text)))


def _plain(text: str) -> str:
    return _EMOJI.sub("", _MENTION.sub("first last", _BESIDE.sub(r" \1", _DATE.sub(_in_a_zone, text))))


def _in_a_zone(found: re.Match[str]) -> str:
    """What Slack shows for a time: it needs no zone, being in the reader's own."""
    return _without_zone(found[1])


def _without_zone(said: str) -> str:
    return _OFFSET.sub("", said)


def _texts(piece: Mapping[str, Any]) -> Iterable[str]:
    """Every text in a block; buttons, menus, fields and commands are none."""
    kind = piece.get("type")
    if kind in _UNCOUNTED or kind in ("actions", "overflow", "button", "emoji"):
        return
    text = piece.get("text")
    if isinstance(text, str):
        yield text
    elif isinstance(text, Mapping):
        yield from _texts(text)
    elements = piece.get("elements", ())
    if kind in ("rich_text_section", "rich_text_quote"):  # spans of one text: a word may go on in the next
        yield "".join(_of_span(one) for one in elements)
        return
    for one in elements:
        yield from _texts(one)


def _of_span(span: Mapping[str, Any]) -> str:
    if span.get("type") == "date":
        return _without_zone(str(span.get("fallback")))
    return str(span.get("text") or span.get("url") or "")

"""Text objects of Block Kit, drawn for a reader."""

from __future__ import annotations

from bot.workspace.blocks.text.emoji import with_emoji
from bot.workspace.blocks.text.mrkdwn import mrkdwn, plain_text
from bot.workspace.blocks.text.reader import TextContext


def draw_text(text: object, reader: TextContext) -> str:
    """Draw a ``plain_text`` or ``mrkdwn`` object as HTML; anything else draws nothing."""
    if not isinstance(text, dict):
        return ""
    words = str(text.get("text", ""))
    if text.get("type") == "mrkdwn":
        return mrkdwn(words, reader, verbatim=text.get("verbatim") is True)
    return plain_text(words, emoji=text.get("emoji") is not False)


def words_of(text: object) -> str:
    """Return the bare words of a text object, for attributes and native menus; not escaped."""
    return with_emoji(str(text.get("text", ""))) if isinstance(text, dict) else ""

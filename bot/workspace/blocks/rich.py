"""The ``rich_text`` block as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from bot.workspace.blocks.markup import tag
from bot.workspace.blocks.text import mrkdwn as drawn
from bot.workspace.blocks.text.emoji import EMOJI
from bot.workspace.blocks.text.reader import TextContext

Json = Mapping[str, object]
_STYLES = (("code", "code"), ("bold", "b"), ("italic", "i"), ("strike", "s"), ("underline", "u"))


def rich_text(block: Json, reader: TextContext) -> str:
    """Draw the sections, lists, quotes and preformatted parts of a rich_text block."""
    return "".join(_part(part, reader) for part in objects(block.get("elements")))


def objects(value: object) -> list[Json]:
    """Return the JSON objects of an array, or none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list | tuple) else []


def _part(part: Json, reader: TextContext) -> str:
    inner = objects(part.get("elements"))
    match part.get("type"):
        case "rich_text_list":
            items = "".join(f"<li>{_inline(objects(item.get('elements')), reader)}</li>" for item in inner)
            ordered = part.get("style") == "ordered"
            start = int(str(part.get("offset") or 0)) + 1 if ordered else None
            return tag("ol" if ordered else "ul", items, start=start, data_indent=str(part.get("indent") or 0))
        case "rich_text_preformatted":
            return f"<pre>{_inline(inner, reader)}</pre>"
        case "rich_text_quote":
            return f"<blockquote>{_inline(inner, reader)}</blockquote>"
        case _:
            return f"<p>{_inline(inner, reader)}</p>"


def _inline(elements: list[Json], reader: TextContext) -> str:
    return "".join(_styled(_element(element, reader), element.get("style")) for element in elements)


def _styled(html: str, style: object) -> str:
    for name, element in _STYLES:
        if isinstance(style, dict) and style.get(name):
            html = f"<{element}>{html}</{element}>"
    return html


def _element(element: Json, reader: TextContext) -> str:
    def field(name: str) -> str:
        return str(element.get(name) or "")

    match element.get("type"):
        case "text":
            return escape(field("text"), quote=False).replace("\n", "<br>")
        case "link":
            return drawn.link(field("url"), escape(field("text") or field("url"), quote=False))
        case "user":
            return drawn.person(field("user_id"), reader)
        case "usergroup":
            return drawn.group(field("usergroup_id"), reader)
        case "channel":
            return drawn.channel(field("channel_id"), reader)
        case "broadcast":
            return drawn.broadcast(field("range"))
        case "emoji":
            return escape(EMOJI.get(field("name"), f":{field('name')}:"))
        case "date":
            return drawn.date(field("timestamp"), field("format"), field("fallback"), reader, field("url"))
        case _:
            return escape(field("value"))

"""Rich text: the tree of sections, lists, quotes and preformatted text that Slack accepts."""

from __future__ import annotations

from collections.abc import Iterator

from bot.workspace.blocks.rules.elements import CHANNEL, USER
from bot.workspace.blocks.rules.shapes import (
    BLOCK_ID,
    URL,
    Check,
    boolean,
    by_type,
    many,
    one_of,
    shape,
    string,
    whole_number,
)

_PARTS = 1000
_LONGEST = 3000
_CODED: dict[str, Check] = dict.fromkeys(("bold", "italic", "strike", "code", "underline"), boolean)
_TOUCHED: dict[str, Check] = dict.fromkeys(
    ("bold", "italic", "strike", "highlight", "client_highlight", "unlink", "underline"), boolean
)
_STYLE = {"style": shape(may=_CODED)}
_MENTION = {"style": shape(may=_TOUCHED)}

INLINE = by_type(
    {
        "text": shape(needs={"text": string(_LONGEST)}, may=_STYLE),
        "link": shape(needs={"url": string(URL)}, may={"text": string(_LONGEST), "unsafe": boolean, **_STYLE}),
        "emoji": shape(
            needs={"name": string(BLOCK_ID)},
            may={"unicode": string(BLOCK_ID), "skin_tone": whole_number(1, 6), **_MENTION},
        ),
        "user": shape(needs={"user_id": string(BLOCK_ID, pattern=USER)}, may=_MENTION),
        "channel": shape(needs={"channel_id": string(BLOCK_ID, pattern=CHANNEL)}, may=_MENTION),
        "usergroup": shape(needs={"usergroup_id": string(BLOCK_ID, pattern=r"S[A-Z0-9]{2,}")}, may=_MENTION),
        "broadcast": shape(needs={"range": one_of("here", "channel", "everyone")}, may=_MENTION),
        "date": shape(
            needs={"timestamp": whole_number(0, 10**10 - 1), "format": string(BLOCK_ID)},
            may={"url": string(URL), "fallback": string(_LONGEST), "timezone": string(BLOCK_ID), **_MENTION},
        ),
        "color": shape(needs={"value": string(BLOCK_ID)}, may=_MENTION),
    }
)

_SECTION = shape(needs={"elements": many(INLINE, _PARTS, least=0)})
_BORDER: dict[str, Check] = {"border": whole_number(0, 1)}
_PARTS_BY_TYPE: dict[str, Check] = {
    "rich_text_section": _SECTION,
    "rich_text_preformatted": shape(
        needs={"elements": many(INLINE, _PARTS, least=0)}, may={**_BORDER, "language": string(BLOCK_ID)}
    ),
    "rich_text_quote": shape(needs={"elements": many(INLINE, _PARTS, least=0)}, may=_BORDER),
    "rich_text_list": shape(
        needs={
            "elements": many(by_type({"rich_text_section": _SECTION}), _PARTS),
            "style": one_of("bullet", "ordered"),
        },
        may={"indent": whole_number(0, 8), "offset": whole_number(0, 10**6), **_BORDER},
    ),
}


def rich_text_parts(value: object, at: str) -> Iterator[str]:
    """Accept the ``elements`` of a rich_text block."""
    yield from many(by_type(_PARTS_BY_TYPE), _PARTS)(value, at)

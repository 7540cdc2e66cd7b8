"""What Slack would refuse: the documented rules for blocks, views and messages.

Each function returns Slack's own sentences, empty when Slack would take it. The rules are tables in ``rules/``;
here are those that span a whole block, message or view.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Literal

from bot.workspace.blocks.rules.elements import ELEMENTS, IMAGE, IN_ACTIONS, IN_INPUT, IN_SECTION
from bot.workspace.blocks.rules.objects import exactly_one_of, plain, text
from bot.workspace.blocks.rules.rich_text import rich_text_parts
from bot.workspace.blocks.rules.shapes import (
    BLOCK_ID,
    URL,
    Check,
    anything,
    boolean,
    by_type,
    many,
    one_of,
    refusal,
    shape,
    string,
)

Surface = Literal["message", "modal", "home"]

BLOCKS: Mapping[Surface, int] = {"message": 50, "modal": 100, "home": 100}
TITLE = 24
PRIVATE_METADATA = 3000
VIEW_BYTES = 250_000
MARKDOWN = 12_000
TABLE_CHARACTERS = 10_000
_EVERYWHERE = frozenset({"actions", "context", "divider", "header", "image", "input", "rich_text", "section"})
_STANDS_ON: Mapping[Surface, frozenset[str]] = {
    "message": _EVERYWHERE | {"markdown", "table"},
    "modal": _EVERYWHERE | {"alert"},
    "home": _EVERYWHERE | {"table"},
}
# Slack takes these somewhere; this workspace cannot draw them, and says so instead of showing nothing.
_NOT_DRAWN = frozenset({"card", "carousel", "context_actions", "file", "plan", "task_card", "video"})


def _has_words(block: Mapping[str, object], at: str) -> Iterator[str]:
    if not block.get("text") and not block.get("fields"):
        yield refusal("missing required field: text or fields", at)


def _actions_differ(block: Mapping[str, object], at: str) -> Iterator[str]:
    elements = block.get("elements")
    seen: set[object] = set()
    for position, element in enumerate(elements if isinstance(elements, list) else []):
        name = element.get("action_id") if isinstance(element, dict) else None
        if isinstance(name, str) and name in seen:
            yield refusal(f'`action_id` "{name}" already exists', f"{at}/elements/{position}/action_id")
        seen.add(name if isinstance(name, str) else None)


def _rows_fit(block: Mapping[str, object], at: str) -> Iterator[str]:
    rows = block.get("rows")
    widths = {len(row) for row in rows if isinstance(row, list)} if isinstance(rows, list) else set()
    if len(widths) > 1:
        yield refusal("all rows must have the same number of cells", f"{at}/rows")
    if _words_in(rows) > TABLE_CHARACTERS:
        yield refusal(f"must be less than {TABLE_CHARACTERS + 1} characters", f"{at}/rows")


def _words_in(part: object) -> int:
    if isinstance(part, dict):
        own = len(said) if isinstance(said := part.get("text"), str) else 0
        return own + sum(_words_in(inner) for inner in part.values())
    return sum(_words_in(inner) for inner in part) if isinstance(part, list) else 0


_ID: dict[str, Check] = {"block_id": string(BLOCK_ID)}
_RICH_TEXT = shape(needs={"elements": rich_text_parts}, may=_ID)
_CELL = by_type({"raw_text": shape(needs={"text": string(3000)}), "rich_text": _RICH_TEXT})
_IN_CONTEXT = by_type({"image": IMAGE, "plain_text": text(), "mrkdwn": text()})
_BLOCKS: dict[str, Check] = {
    "actions": shape(_actions_differ, needs={"elements": many(by_type(ELEMENTS, IN_ACTIONS), 25)}, may=_ID),
    "alert": shape(
        needs={"text": text(200)}, may={**_ID, "level": one_of("default", "info", "warning", "error", "success")}
    ),
    "context": shape(needs={"elements": many(_IN_CONTEXT, 10)}, may=_ID),
    "divider": shape(may=_ID),
    "header": shape(needs={"text": plain(150)}, may=_ID),
    "image": shape(
        exactly_one_of("image_url", "slack_file"),
        needs={"alt_text": string(2000)},
        may={**_ID, "title": plain(2000), "image_url": string(URL, pattern="https?://.+"), "slack_file": anything},
    ),
    "input": shape(
        needs={"label": plain(2000), "element": by_type(ELEMENTS, IN_INPUT)},
        may={**_ID, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "markdown": shape(needs={"text": string(MARKDOWN)}, may=_ID),
    "rich_text": _RICH_TEXT,
    "section": shape(
        _has_words,
        may={
            **_ID,
            "text": text(),
            "fields": many(text(2000), 10),
            "accessory": by_type(ELEMENTS, IN_SECTION),
            "expand": boolean,
        },
    ),
    "table": shape(
        _rows_fit,
        needs={"rows": many(many(_CELL, 20), 100)},
        may={
            **_ID,
            "column_settings": many(shape(may={"align": one_of("left", "center", "right"), "is_wrapped": boolean}), 20),
        },
    ),
}


def _ids_differ(blocks: list[object], at: str) -> Iterator[str]:
    seen: set[str] = set()
    for position, block in enumerate(blocks):
        name = block.get("block_id") if isinstance(block, dict) else None
        if not isinstance(name, str):
            continue
        if name in seen:
            yield refusal(f'`block_id` "{name}" already exists', f"{at}/{position}/block_id")
        seen.add(name)


def _one_table(blocks: list[object], at: str) -> Iterator[str]:
    if sum(isinstance(block, dict) and block.get("type") == "table" for block in blocks) > 1:
        yield refusal("only_one_table_allowed", at)


def _one_focus(blocks: list[object], at: str) -> Iterator[str]:
    elements = [element for block in blocks if isinstance(block, dict) for element in _elements_of(block)]
    if sum(element.get("focus_on_load") is True for element in elements) > 1:
        yield refusal("only one element may set `focus_on_load`", at)


def _elements_of(block: Mapping[str, object]) -> list[Mapping[str, object]]:
    several = block.get("elements")
    held = [block.get("element"), block.get("accessory"), *(several if isinstance(several, list) else [])]
    return [element for element in held if isinstance(element, dict)]


def _block(surface: Surface) -> Check:
    stands = by_type(_BLOCKS, _STANDS_ON[surface])

    def check(value: object, at: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind in _NOT_DRAWN:
            yield refusal(f"this local workspace does not draw `{kind}` blocks; Slack may", f"{at}/type")
        else:
            yield from stands(value, at)

    return check


def _all_blocks(surface: Surface, least: int) -> Check:
    each = many(_block(surface), BLOCKS[surface], least)

    def check(value: object, at: str) -> Iterator[str]:
        yield from each(value, at)
        if isinstance(value, list):
            yield from _ids_differ(value, at)
            yield from _one_table(value, at)
            yield from _one_focus(value, at)

    return check


def problems_in_blocks(blocks: object, surface: Surface) -> list[str]:
    """Return what Slack would say against these blocks on a message, a modal or a home tab."""
    return list(_all_blocks(surface, least=0)(blocks, "/blocks"))


def _submit_for_inputs(view: Mapping[str, object], at: str) -> Iterator[str]:
    blocks = view.get("blocks")
    for position, block in enumerate(blocks if isinstance(blocks, list) else []):
        if isinstance(block, dict) and block.get("type") == "input" and not view.get("submit"):
            yield refusal("must define `submit` to use an `input` block in modals", f"{at}/blocks/{position}/input")


_KEPT: dict[str, Check] = {
    "private_metadata": string(PRIVATE_METADATA, least=0),
    "callback_id": string(BLOCK_ID, least=0),
    "external_id": string(BLOCK_ID, least=0),
}
_VIEWS = {
    "modal": shape(
        _submit_for_inputs,
        needs={"title": plain(TITLE), "blocks": _all_blocks("modal", least=1)},
        may={
            **_KEPT,
            "submit": plain(TITLE),
            "close": plain(TITLE),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    ),
    "home": shape(needs={"blocks": _all_blocks("home", least=0)}, may=_KEPT),
}


def problems_in_view(view: object) -> list[str]:
    """Return what Slack would say against this modal or home tab."""
    found = list(by_type(_VIEWS)(view, "/view"))
    if len(json.dumps(view).encode()) > VIEW_BYTES:
        found.append(refusal(f"must be less than {VIEW_BYTES + 1} bytes", "/view"))
    return found


def _flat(value: object, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield refusal("must provide an object", at)
        return
    for name, inner in value.items():
        if isinstance(inner, dict | list):
            yield refusal("must be a string, a number or a boolean", f"{at}/{name}")


_METADATA = shape(
    needs={"event_type": string(BLOCK_ID), "event_payload": _flat},
    may={"entities": anything},
)
_TIMESTAMP = string(30, pattern=r"\d{10}\.\d{6}")


def problems_in_message(payload: Mapping[str, object]) -> list[str]:
    """Return what Slack would say against the arguments of chat.postMessage and its kin, already parsed from JSON."""
    found: list[str] = []
    checks: dict[str, Check] = {
        "blocks": _all_blocks("message", least=0),
        "metadata": _METADATA,
        "thread_ts": _TIMESTAMP,
        "ts": _TIMESTAMP,
    }
    for name, check in checks.items():
        if payload.get(name) not in (None, ""):
            found += check(payload[name], f"/{name}")
    return found

"""A form, the home tab or a reply as a person reads it, and a stand-in for the person who fills it in."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.render.message import Block, Message
from bot.workspace.blocks.limits import problems_in_message, problems_in_view

HOSTILE = "<!channel> <@U0ANA> `rm -rf` *bold* \u202eevil\u202c & <https://evil.example|safe> :smile: " * 3
"""Pings, markup, a text that turns round, and a link that says something else."""


def read_view(view: Block) -> list[str]:
    """A view line by line, as it is read from top to bottom; it must be one that Slack takes."""
    assert problems_in_view(view) == []
    assert_harmless(view)
    top = [f"# {_text(view['title'])}"] if "title" in view else ["# home"]
    send = [f"({_text(view['submit'])})"] if "submit" in view else []
    return [*top, *_lines(view["blocks"]), *send]


def read_message(message: Message) -> list[str]:
    """A reply line by line; it must be one that Slack takes."""
    payload = {"text": message.text, "blocks": list(message.blocks)}
    assert problems_in_message(payload) == []
    assert_harmless(payload)
    return [message.text, *_lines(payload["blocks"])]


def assert_harmless(content: object) -> None:
    """No ping of a channel, a group or a person stands in what Slack would parse."""
    for text in _parsed(content):
        for ping in ("<!channel", "<!here", "<!everyone", "<!subteam", "<@", "|safe>"):
            assert ping not in text, text


def _parsed(content: object) -> Iterator[str]:
    """Every text that Slack parses: mrkdwn, and the text of a message."""
    match content:
        case {"type": "mrkdwn", "text": str(text)}:
            yield text
        case {"blocks": blocks, "text": str(text)}:
            yield text
            yield from _parsed(blocks)
        case dict():
            for value in content.values():
                yield from _parsed(value)
        case list() | tuple():
            for value in content:
                yield from _parsed(value)


def _lines(blocks: Any) -> list[str]:  # noqa: ANN401  (blocks as they come)
    return [line for block in blocks for line in _block_lines(block)]


def _block_lines(block: Mapping[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "input":
            yield from _input_lines(block)
        case "actions":
            yield " ".join(_element(one) for one in block["elements"])
        case "divider":
            yield "----"
        case "section" | "context" | "header":
            texts = [block["text"]] if "text" in block else block.get("fields") or block["elements"]
            beside = f" {_element(block['accessory'])}" if "accessory" in block else ""
            yield from (f"{block['type']}: {_text(one)}{beside}" for one in texts)
        case _:
            yield from (f"{one['type'].removeprefix('rich_text_')}: {_spans(one)}" for one in block["elements"])


def _input_lines(block: Mapping[str, Any]) -> Iterator[str]:
    element = block["element"]
    needed = "optional" if block["optional"] else "needed"
    several = " several lines" if element.get("multiline") else ""
    typed = element.get("initial_value") or element.get("initial_option", {}).get("value", "")
    yield f"field {block['block_id']} ({element['type']}{several}, {needed}): {_text(block['label'])} [{typed}]"
    for option in _offered(element):
        below = f" – {_text(option['description'])}" if "description" in option else ""
        yield f"  o {option['value']}: {_text(option['text'])}{below}"
    if "hint" in block:
        yield f"  ({_text(block['hint'])})"


def _element(element: Mapping[str, Any]) -> str:
    if element["type"] == "overflow":
        return f"[⋯ {', '.join(_text(option['text']) for option in element['options'])}]"
    style = f" {element['style']}" if "style" in element else ""
    return f"[{_text(element.get('text') or element['placeholder'])}{style}]"


def _spans(piece: Mapping[str, Any]) -> str:
    inner = piece.get("elements", ())
    if piece.get("type") == "date":
        return f"<{piece['fallback']}>"
    return str(piece.get("text") or piece.get("url") or " | ".join(_spans(one) for one in inner))


def _text(thing: object) -> str:
    return str(thing["text"]) if isinstance(thing, Mapping) else str(thing)


def _offered(element: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    groups = element.get("option_groups", ())
    return [*element.get("options", ()), *(option for group in groups for option in group["options"])]


def filled(view: Block, **typed: str) -> dict[str, Any]:
    """The view as Slack sends it back; names are block ids without their prefix, and each must be there."""
    values: dict[str, dict[str, Any]] = {}
    left = dict(typed)
    blocks: Any = view["blocks"]
    for block in blocks:
        if block["type"] == "input":
            text = left.pop(block["block_id"].partition(":")[2], "")
            values[block["block_id"]] = {block["element"]["action_id"]: _state(block["element"], text)}
    assert not left, f"the form has no field {sorted(left)}"
    return {**json.loads(json.dumps(view)), "state": {"values": values}}


def _state(element: Mapping[str, Any], text: str) -> dict[str, Any]:
    if element["type"] == "plain_text_input":
        return {"type": element["type"], "value": text or None}
    if element["type"] == "datepicker":
        return {"type": element["type"], "selected_date": text or None}
    offered = [option["value"] for option in _offered(element)]
    assert text in ("", *offered), f"{text} is not offered: {offered}"
    return {"type": element["type"], "selected_option": {"value": text} if text else None}

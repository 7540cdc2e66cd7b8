"""What the browser says was typed and chosen, as Slack's state values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.workspace.form import NoSuchOption, Typed, element_state, elements_in
from bot.workspace.state import Json


def typed_values(body: Json, typed: object, zone: ZoneInfo) -> dict[str, dict[str, Json]]:
    """Read the browser's ``{block: {action: typed}}``; what the blocks do not ask for, or do not offer, falls away."""
    given = typed if isinstance(typed, dict) else {}
    values: dict[str, dict[str, Json]] = {}
    for block, element in elements_in(body):
        held = given.get(block.get("block_id"))
        if not isinstance(held, dict) or element.get("action_id") not in held:
            continue
        state = chosen_value(element, held[element["action_id"]], zone)
        if state is not None:
            values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def chosen_value(element: Json, raw: object, zone: ZoneInfo) -> Json | None:
    """Read one control; None for buttons, and for an option that is not offered."""
    kind = element.get("type")
    if raw is None or kind == "button":
        return None
    if kind == "datetimepicker":
        return element_state(element, _moment(str(raw), zone))
    try:
        return element_state(element, _plain(raw))
    except NoSuchOption:
        return None


def element_at(body: Json, block_id: str, action_id: str) -> Json | None:
    """Find an interactive element by the ids of its block and its action."""
    for block, element in elements_in(body):
        if (block.get("block_id"), element.get("action_id")) == (block_id, action_id):
            return element
    return None


def _plain(raw: object) -> Typed:
    if isinstance(raw, Mapping):
        words = str(raw.get("text", ""))
        return {"text": {"type": "plain_text", "text": words, "emoji": True}, "value": str(raw.get("value", ""))}
    return [str(each) for each in raw] if isinstance(raw, list) else str(raw)


def _moment(local: str, zone: ZoneInfo) -> str:
    """Turn the browser's wall-clock time into seconds since 1970, as the person's own time zone has it."""
    try:
        return str(int(datetime.fromisoformat(local).replace(tzinfo=zone).timestamp()))
    except ValueError:
        return ""

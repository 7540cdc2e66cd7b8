"""What a person typed or chose, in the words of `view.state.values`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from bot.workspace.state.things import Json

Typed = str | Json | Sequence[str | Json] | None
"""One text, one option's value or label, an option object, several of them, or nothing."""

Values = Mapping[str, Mapping[str, Json]]
"""State values by block id and action id."""

_TEXTS = ("plain_text_input", "number_input", "email_text_input", "url_text_input")
_PICKED = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
_REQUIRED = "Please complete this required field."
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class NoSuchOption(LookupError):
    """The element has no option of that name; the message lists those it has."""


def text_of(part: object) -> str:
    """The words of a text object, or of a plain string; empty when there are none."""
    return str(part.get("text", "")) if isinstance(part, dict) else str(part or "")


def options_of(element: Json) -> list[Json]:
    """All options of a select, radio, checkboxes or overflow element, those in groups too."""
    grouped = [option for group in element.get("option_groups") or () for option in group.get("options", ())]
    return [*(element.get("options") or ()), *grouped]


def element_state(element: Json, typed: Typed) -> Json:
    """What Slack would put into `view.state.values` for this element; nothing typed is the empty state.

    Raises NoSuchOption when the text is neither the value nor the label of an option.
    """
    kind = str(element.get("type"))
    if kind in _TEXTS:
        return {"type": kind, "value": str(typed) if typed not in (None, "") else None}
    slot = _PICKED.get(kind)
    if slot is None:
        return {"type": kind}
    if slot.endswith("s") and slot != "selected_options":
        return {"type": kind, slot: [str(each) for each in _many(typed)]}
    if slot == "selected_options":
        return {"type": kind, slot: [_option(element, each) for each in _many(typed)]}
    if typed in (None, "", []):
        return {"type": kind, slot: None}
    if slot == "selected_option":
        return {"type": kind, slot: _option(element, _many(typed)[0])}
    return {"type": kind, slot: int(str(typed)) if kind == "datetimepicker" else typed}


def _many(typed: Typed) -> list[str | Json]:
    if isinstance(typed, (str, dict)):
        return [typed] if typed else []
    return list(typed) if typed is not None else []


def _option(element: Json, typed: str | Json) -> Json:
    if isinstance(typed, dict):
        return typed
    options = options_of(element)
    for option in options:
        if option.get("value") == typed:
            return dict(option)
    for option in options:
        if text_of(option.get("text")) == typed:
            return dict(option)
    if "external" in str(element.get("type")):
        return {"text": {"type": "plain_text", "text": typed, "emoji": True}, "value": typed}
    known = ", ".join(repr(text_of(option.get("text"))) for option in options)
    message = f"no option {typed!r}; there are: {known or 'none'}"
    raise NoSuchOption(message)


def elements_in(body: Json) -> Iterator[tuple[Json, Json]]:
    """Every block with each of its interactive elements, from top to bottom."""
    for block in body.get("blocks", ()):
        match block.get("type"):
            case "input":
                yield block, block["element"]
            case "actions":
                yield from ((block, element) for element in block.get("elements", ()))
            case "section" if (block.get("accessory") or {}).get("type") not in (None, "image"):
                yield block, block["accessory"]
            case _:
                continue


def initial_values(body: Json) -> dict[str, dict[str, Json]]:
    """The values that stand in a view before anybody typed."""
    values: dict[str, dict[str, Json]] = {}
    for block, element in elements_in(body):
        if element["type"] in _TEXTS or (element["type"] in _PICKED and element["type"] != "overflow"):
            values.setdefault(block["block_id"], {})[element["action_id"]] = element_state(element, _initial(element))
    return values


def _initial(element: Json) -> Typed:
    kind = str(element["type"])
    name = "initial_value" if kind in _TEXTS else _PICKED[kind].replace("selected", "initial")
    found = element.get(name)
    return str(found) if isinstance(found, int) else cast("Typed", found)


def merged(body: Json, values: Values) -> dict[str, dict[str, Json]]:
    """The initial values of a view with what was typed laid over; what the view no longer asks for falls away."""
    result = initial_values(body)
    for block_id, held in result.items():
        for action_id in held:
            typed = values.get(block_id, {}).get(action_id)
            if typed is not None and typed.get("type") == held[action_id]["type"]:
                held[action_id] = dict(typed)
    return result


def is_empty(state: Json) -> bool:
    """Nothing typed, nothing chosen."""
    return all(value in (None, "", []) for name, value in state.items() if name != "type")


def complaints(body: Json, values: Values) -> dict[str, str]:
    """What Slack's client says itself, by block id, before it sends a submission at all."""
    found = {}
    for block, element in elements_in(body):
        if block.get("type") != "input":
            continue
        state = values.get(block["block_id"], {}).get(element["action_id"], {})
        if is_empty(state):
            if not block.get("optional"):
                found[block["block_id"]] = _REQUIRED
        elif sentence := _too_long_or_odd(element, state):
            found[block["block_id"]] = sentence
    return found


def _too_long_or_odd(element: Json, state: Json) -> str:
    typed = str(state.get("value") or "")
    match element.get("type"):
        case "plain_text_input":
            longest = element.get("max_length", 3000)
            if len(typed) > longest:
                return f"This entry is too long. It may have {longest} characters."
            shortest = element.get("min_length", 0)
            return f"This entry is too short. It needs {shortest} characters." if len(typed) < shortest else ""
        case "number_input":
            return _odd_number(element, typed)
        case "email_text_input":
            return "" if "@" in typed else "Enter a valid email address."
        case "url_text_input":
            return "" if "://" in typed else "Enter a valid URL."
        case _:
            return ""


def _odd_number(element: Json, typed: str) -> str:
    if not _NUMBER.fullmatch(typed):
        return "Enter a number."
    if "." in typed and not element.get("is_decimal_allowed"):
        return "Enter a whole number."
    low, high = element.get("min_value"), element.get("max_value")
    if low is not None and float(typed) < float(low):
        return f"Enter a number of {low} or more."
    if high is not None and float(typed) > float(high):
        return f"Enter a number of {high} or less."
    return ""

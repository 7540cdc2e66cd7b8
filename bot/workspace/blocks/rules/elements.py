"""Block elements: what a button, a menu, a date picker or an input field may hold, and where each may stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.workspace.blocks.rules.objects import (
    CONFIRM,
    FILTER,
    OPTION_GROUP,
    OPTIONS_OF_GROUP,
    OPTIONS_OF_OVERFLOW,
    OPTIONS_OF_SELECT,
    OVERFLOW_OPTION,
    PLAIN_OPTION,
    TEXT_OPTION,
    exactly_one_of,
    initial_is_offered,
    options_or_groups,
    plain,
)
from bot.workspace.blocks.rules.shapes import (
    BLOCK_ID,
    URL,
    Check,
    boolean,
    many,
    one_of,
    refusal,
    shape,
    string,
    whole_number,
)

PLACEHOLDER = 150
TYPED = 3000
DATE = r"\d{4}-\d{2}-\d{2}"
TIME = r"([01]\d|2[0-3]):[0-5]\d"
USER = r"[UW][A-Z0-9]{2,}"
CHANNEL = r"[CDG][A-Z0-9]{2,}"

_COMMON: dict[str, Check] = {"action_id": string(BLOCK_ID), "confirm": CONFIRM, "focus_on_load": boolean}
_MENU: dict[str, Check] = {**_COMMON, "placeholder": plain(PLACEHOLDER)}
_TYPED: dict[str, Check] = {
    "action_id": string(BLOCK_ID),
    "placeholder": plain(PLACEHOLDER),
    "focus_on_load": boolean,
    "dispatch_action_config": shape(
        may={"trigger_actions_on": many(one_of("on_enter_pressed", "on_character_entered"), 2)}
    ),
}
_STATIC: dict[str, Check] = {
    "options": many(PLAIN_OPTION, OPTIONS_OF_SELECT),
    "option_groups": many(OPTION_GROUP, OPTIONS_OF_SELECT),
}
_SEVERAL: dict[str, Check] = {"max_selected_items": whole_number(1, 1000)}


def _least_below_most(element: Mapping[str, object], at: str) -> Iterator[str]:
    for least, most in (("min_length", "max_length"), ("min_value", "max_value")):
        low, high = element.get(least), element.get(most)
        try:
            if low is not None and high is not None and float(str(low)) > float(str(high)):
                yield refusal(f"`{least}` must be less than or equal to `{most}`", f"{at}/{least}")
        except ValueError:
            continue  # the field's own check has said already that it is no number


def _initial_fits(element: Mapping[str, object], at: str) -> Iterator[str]:
    initial, most = element.get("initial_value"), element.get("max_length")
    if isinstance(initial, str) and isinstance(most, int) and len(initial) > most:
        yield refusal(f"must be less than {most + 1} characters", f"{at}/initial_value")


def _decimals_allowed(element: Mapping[str, object], at: str) -> Iterator[str]:
    for name in ("initial_value", "min_value", "max_value"):
        if "." in str(element.get(name) or "") and not element.get("is_decimal_allowed"):
            yield refusal("must be a whole number, as decimals are not allowed", f"{at}/{name}")


def _selects() -> dict[str, Check]:
    """Return the ten menus: five sources, each to pick one or several from."""
    user, channel = string(BLOCK_ID, pattern=USER), string(BLOCK_ID, pattern=CHANNEL)
    talk = {"default_to_current_conversation": boolean, "filter": FILTER}
    answer = {"response_url_enabled": boolean}
    found = {"min_query_length": whole_number(0, 255)}
    people = string(BLOCK_ID, pattern=f"{USER}|{CHANNEL}")
    return {
        "static_select": shape(
            options_or_groups, initial_is_offered, may=_MENU | _STATIC | {"initial_option": PLAIN_OPTION}
        ),
        "external_select": shape(may=_MENU | found | {"initial_option": PLAIN_OPTION}),
        "users_select": shape(may=_MENU | {"initial_user": user}),
        "channels_select": shape(may=_MENU | answer | {"initial_channel": channel}),
        "conversations_select": shape(may=_MENU | answer | talk | {"initial_conversation": people}),
        "multi_static_select": shape(
            options_or_groups,
            initial_is_offered,
            may=_MENU | _STATIC | _SEVERAL | {"initial_options": many(PLAIN_OPTION, OPTIONS_OF_SELECT)},
        ),
        "multi_external_select": shape(
            may=_MENU | _SEVERAL | found | {"initial_options": many(PLAIN_OPTION, OPTIONS_OF_SELECT)}
        ),
        "multi_users_select": shape(may=_MENU | _SEVERAL | {"initial_users": many(user, 1000)}),
        "multi_channels_select": shape(may=_MENU | _SEVERAL | {"initial_channels": many(channel, 1000)}),
        "multi_conversations_select": shape(
            may=_MENU | _SEVERAL | talk | {"initial_conversations": many(people, 1000)}
        ),
    }


SELECTS = _selects()
IMAGE = shape(
    exactly_one_of("image_url", "slack_file"),
    needs={"alt_text": string(2000)},
    may={
        "image_url": string(URL, pattern="https?://.+"),
        "slack_file": shape(exactly_one_of("id", "url"), may={"id": string(BLOCK_ID), "url": string(URL)}),
    },
)
ELEMENTS: dict[str, Check] = SELECTS | {
    "button": shape(
        needs={"text": plain(75)},
        may={
            "action_id": string(BLOCK_ID),
            "url": string(URL),
            "value": string(2000),
            "style": one_of("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "overflow": shape(
        needs={"options": many(OVERFLOW_OPTION, OPTIONS_OF_OVERFLOW)},
        may={"action_id": string(BLOCK_ID), "confirm": CONFIRM},
    ),
    "radio_buttons": shape(
        initial_is_offered,
        needs={"options": many(TEXT_OPTION, OPTIONS_OF_GROUP)},
        may=_COMMON | {"initial_option": TEXT_OPTION},
    ),
    "checkboxes": shape(
        initial_is_offered,
        needs={"options": many(TEXT_OPTION, OPTIONS_OF_GROUP)},
        may=_COMMON | {"initial_options": many(TEXT_OPTION, OPTIONS_OF_GROUP)},
    ),
    "datepicker": shape(may=_MENU | {"initial_date": string(10, pattern=DATE)}),
    "timepicker": shape(may=_MENU | {"initial_time": string(5, pattern=TIME), "timezone": string(BLOCK_ID)}),
    "datetimepicker": shape(may=_COMMON | {"initial_date_time": whole_number(10**9, 10**10 - 1)}),
    "plain_text_input": shape(
        _least_below_most,
        _initial_fits,
        may=_TYPED
        | {
            "initial_value": string(TYPED, least=0),
            "multiline": boolean,
            "min_length": whole_number(0, TYPED),
            "max_length": whole_number(1, TYPED),
        },
    ),
    "number_input": shape(
        _least_below_most,
        _decimals_allowed,
        needs={"is_decimal_allowed": boolean},
        may=_TYPED
        | {name: string(BLOCK_ID, pattern=r"-?\d+(\.\d+)?") for name in ("initial_value", "min_value", "max_value")},
    ),
    "email_text_input": shape(may=_TYPED | {"initial_value": string(TYPED, least=0)}),
    "url_text_input": shape(may=_TYPED | {"initial_value": string(TYPED, least=0)}),
    "image": IMAGE,
}

_PICKED = {*SELECTS, "checkboxes", "datepicker", "radio_buttons", "timepicker"}
IN_ACTIONS = frozenset({*_PICKED, "button", "datetimepicker", "overflow"})
IN_SECTION = frozenset({*_PICKED, "button", "image", "overflow"})
IN_INPUT = frozenset(
    {*_PICKED, "datetimepicker", "plain_text_input", "number_input", "email_text_input", "url_text_input"}
)

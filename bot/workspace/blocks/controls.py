"""Block elements as HTML controls: buttons, menus, pickers, input fields.

Each control says in data attributes which action of which block it is; the page's script reads nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import escape

from bot.workspace.blocks.markup import tag
from bot.workspace.blocks.rich import Json, objects
from bot.workspace.blocks.text.objects import draw_text, words_of
from bot.workspace.blocks.text.reader import TextContext

Draw = Callable[[Json, str, TextContext], str]


def control(element: Json, block_id: str, reader: TextContext, *, label: str = "") -> str:
    """Draw one element; ``label`` is what an input block calls it, for those who cannot see the screen."""
    kind = str(element.get("type", ""))
    if kind == "image":
        return image(element)
    draw = _DRAW.get(kind)
    if draw is None:
        return f"<em>This workspace does not draw a {escape(kind)}.</em>"
    action = str(element.get("action_id", ""))
    called = label or words_of(element.get("placeholder")) or kind.replace("_", " ")
    inner = draw(element, called, reader) + _confirmation(element.get("confirm"), reader)
    return tag("span", inner, class_=f"control is-{kind}", data_kind=kind, data_action=action, data_block=block_id)


def image(element: Json) -> str:
    """Draw an image as its description and a link: the page asks no other host for anything."""
    url, described = str(element.get("image_url") or ""), str(element.get("alt_text") or "image")
    shown = escape(described)
    if not url.startswith(("http://", "https://")):
        return tag("span", shown, class_="picture")
    return tag("a", shown, class_="picture", href=url, target="_blank", rel="noopener noreferrer")


def _confirmation(confirm: object, reader: TextContext) -> str:
    if not isinstance(confirm, dict):
        return ""
    style = "danger" if confirm.get("style") == "danger" else "primary"
    no = tag("button", draw_text(confirm.get("deny"), reader), type="button", class_="button", data_answer="no")
    yes = tag(
        "button", draw_text(confirm.get("confirm"), reader), type="button", class_=f"button {style}", data_answer="yes"
    )
    words = f"<h2>{draw_text(confirm.get('title'), reader)}</h2><p>{draw_text(confirm.get('text'), reader)}</p>"
    return tag("dialog", f'{words}<div class="row end">{no}{yes}</div>', class_="confirm")


def _button(element: Json, _called: str, reader: TextContext) -> str:
    style, url = str(element.get("style") or ""), str(element.get("url") or "")
    words = words_of(element.get("text"))
    inner = f"<span>{draw_text(element.get('text'), reader)}</span>"
    spoken = str(element.get("accessibility_label") or "") or None
    if url.startswith(("http://", "https://", "mailto:")):
        return tag("a", inner, class_=f"button {style}", href=url, target="_blank", rel="noopener noreferrer")
    return tag("button", inner, type="button", class_=f"button {style}", title=words, aria_label=spoken)


def _overflow(element: Json, _called: str, reader: TextContext) -> str:
    items = "".join(
        tag(
            "button",
            draw_text(option.get("text"), reader) + _described(option, reader),
            type="button",
            role="menuitem",
            data_value=str(option.get("value", "")),
            data_url=str(option.get("url") or "") or None,
        )
        for option in objects(element.get("options"))
    )
    opener = tag("summary", "⋯", class_="button", aria_label="More actions", title="More actions")
    return tag("details", opener + tag("div", items, role="menu", class_="menu"), class_="drop")


def _described(option: Json, reader: TextContext) -> str:
    described = draw_text(option.get("description"), reader)
    return f"<small>{described}</small>" if described else ""


def _value(option: object) -> str:
    return str(option.get("value", "")) if isinstance(option, dict) else ""


def _invitation(element: Json) -> str:
    return words_of(element.get("placeholder")) or (
        "Choose some" if "multi" in str(element.get("type")) else "Choose one"
    )


def _menu(element: Json, entries: str, called: str, chosen: str) -> str:
    first = tag("option", escape(_invitation(element)), value="", selected=not chosen)
    return tag("select", first + entries, aria_label=called)


def _entry(value: str, words: str, chosen: str) -> str:
    return tag("option", escape(words), value=value, selected=value == chosen)


def _static_select(element: Json, called: str, _reader: TextContext) -> str:
    chosen = _value(element.get("initial_option"))

    def entries(options: object) -> str:
        return "".join(_entry(_value(each), words_of(each.get("text")), chosen) for each in objects(options))

    groups = "".join(
        tag("optgroup", entries(group.get("options")), label=words_of(group.get("label")))
        for group in objects(element.get("option_groups"))
    )
    return _menu(element, entries(element.get("options")) + groups, called, chosen)


def _external_select(element: Json, called: str, _reader: TextContext) -> str:
    initial = element.get("initial_option")
    shown = words_of(initial.get("text")) if isinstance(initial, dict) else ""
    least = element.get("min_query_length")
    field = tag(
        "input",
        type="search",
        role="combobox",
        aria_expanded="false",
        autocomplete="off",
        placeholder=_invitation(element),
        aria_label=called,
        value=shown,
        data_least=3 if least is None else str(least),
        data_value=_value(initial),
    )
    return field + tag("div", role="listbox", class_="menu found", hidden=True)


def _names(source: Mapping[str, str], sign: str, chosen: str) -> str:
    ordered = sorted(source.items(), key=lambda each: each[1].casefold())
    return "".join(_entry(key, f"{sign}{name}", chosen) for key, name in ordered)


def _users_select(element: Json, called: str, reader: TextContext) -> str:
    chosen = str(element.get("initial_user") or "")
    return _menu(element, _names(reader.people, "", chosen), called, chosen)


def _channels_select(element: Json, called: str, reader: TextContext) -> str:
    chosen = str(element.get("initial_channel") or element.get("initial_conversation") or "")
    people = _names(reader.people, "@", chosen) if element.get("type") == "conversations_select" else ""
    return _menu(element, _names(reader.channels, "#", chosen) + people, called, chosen)


def _several(element: Json, entries: list[tuple[str, str]], chosen: set[str], called: str) -> str:
    boxes = "".join(
        f"<label>{tag('input', type='checkbox', value=value, checked=value in chosen)} {words}</label>"
        for value, words in entries
    )
    empty = _invitation(element)
    shown = f"{len(chosen)} chosen" if chosen else empty
    summary = tag("summary", escape(shown), class_="button", data_called=empty, aria_label=f"{called}: {shown}")
    return tag("details", summary + tag("div", boxes, class_="menu"), class_="drop several")


def _multi_static(element: Json, called: str, reader: TextContext) -> str:
    options = objects(element.get("options"))
    for grouped in objects(element.get("option_groups")):
        options += objects(grouped.get("options"))
    chosen = {_value(each) for each in objects(element.get("initial_options"))}
    return _several(element, [(_value(each), draw_text(each.get("text"), reader)) for each in options], chosen, called)


def _multi_names(element: Json, called: str, reader: TextContext) -> str:
    kind = str(element.get("type"))
    people = [] if "channels" in kind else [(key, escape(name)) for key, name in reader.people.items()]
    places = [] if "users" in kind else [(key, escape(f"#{name}")) for key, name in reader.channels.items()]
    initial = element.get(f"initial_{kind.split('_')[1]}")
    chosen = {str(each) for each in initial} if isinstance(initial, list) else set()
    return _several(element, people + places, chosen, called)


def _choices(element: Json, called: str, reader: TextContext) -> str:
    kind = "radio" if element.get("type") == "radio_buttons" else "checkbox"
    initial = [element.get("initial_option"), *objects(element.get("initial_options"))]
    chosen = {_value(each) for each in initial if each}
    group = f"{element.get('block_id', '')}/{element.get('action_id', '')}"
    rows = "".join(
        tag(
            "label",
            tag("input", type=kind, name=group, value=_value(option), checked=_value(option) in chosen)
            + f"<span>{draw_text(option.get('text'), reader)}{_described(option, reader)}</span>",
        )
        for option in objects(element.get("options"))
    )
    return tag("span", rows, role="radiogroup" if kind == "radio" else "group", aria_label=called, class_="choices")


def _picker(kind: str, initial: str) -> Draw:
    def draw(element: Json, called: str, reader: TextContext) -> str:
        value = element.get(initial)
        if initial == "initial_date_time" and value:
            moment = datetime.fromtimestamp(int(str(value)), tz=UTC).astimezone(reader.zone)
            value = f"{moment:%Y-%m-%dT%H:%M}"
        return tag("input", type=kind, value=str(value or "") or None, aria_label=called)

    return draw


def _typed(kind: str) -> Draw:
    def draw(element: Json, called: str, _reader: TextContext) -> str:
        limits = {name: str(element[name]) for name in ("min_length", "max_length") if element.get(name) is not None}
        initial = str(element.get("initial_value") or "")
        config = element.get("dispatch_action_config")
        on = config.get("trigger_actions_on") if isinstance(config, dict) else None
        shared = {
            "maxlength": limits.get("max_length", "3000"),
            "minlength": limits.get("min_length"),
            "placeholder": words_of(element.get("placeholder")) or None,
            "aria_label": called,
            "autocomplete": "off",
            "data_on": " ".join(str(each) for each in on) if isinstance(on, list) else None,
            "autofocus": element.get("focus_on_load") is True,
        }
        if element.get("multiline"):
            return tag("textarea", escape(initial), rows=4, **shared)
        step = ("any" if element.get("is_decimal_allowed") else "1") if kind == "number" else None
        bounds = {"min": element.get("min_value"), "max": element.get("max_value")} if kind == "number" else {}
        ends = {name: str(value) for name, value in bounds.items() if value is not None}
        return tag("input", type=kind, value=initial or None, step=step, **ends, **shared)

    return draw


_DRAW: dict[str, Draw] = {
    "button": _button,
    "overflow": _overflow,
    "static_select": _static_select,
    "external_select": _external_select,
    "users_select": _users_select,
    "channels_select": _channels_select,
    "conversations_select": _channels_select,
    "multi_static_select": _multi_static,
    "multi_users_select": _multi_names,
    "multi_channels_select": _multi_names,
    "multi_conversations_select": _multi_names,
    "radio_buttons": _choices,
    "checkboxes": _choices,
    "datepicker": _picker("date", "initial_date"),
    "timepicker": _picker("time", "initial_time"),
    "datetimepicker": _picker("datetime-local", "initial_date_time"),
    "plain_text_input": _typed("text"),
    "number_input": _typed("number"),
    "email_text_input": _typed("email"),
    "url_text_input": _typed("url"),
}

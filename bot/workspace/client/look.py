"""What can be read and pressed on a message or a view."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.workspace.form import elements_in, options_of, text_of
from bot.workspace.state import Json, Message


class NotThere(AssertionError):
    """What somebody looked for is not on the screen; the message says what is."""


@dataclass(frozen=True)
class Pressable:
    """Something to press: the element, its block, and the option for those that have options."""

    block_id: str
    element: Json
    option: Json | None = None

    @property
    def action_id(self) -> str:
        """The app's name for the element."""
        return str(self.element["action_id"])


def words_of(message: Message) -> str:
    """What a message says: its blocks, or its text when it has none; buttons are not words."""
    return words_in(message.blocks) if message.blocks else message.text


def words_in(blocks: Iterable[Json]) -> str:
    """The words of blocks, a line for each text."""
    return "\n".join(line for block in blocks for line in _words(block) if line)


def _words(part: object) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from _words(each)
    elif isinstance(part, dict) and part.get("type") in ("mrkdwn", "plain_text", "text", "link", "markdown"):
        yield str(part.get("text") or part.get("url") or "")
    elif isinstance(part, dict) and part.get("type") in (
        "rich_text_section",
        "rich_text_preformatted",
        "rich_text_quote",
    ):
        yield "".join(_leaf(each) for each in part.get("elements", ()))
    elif isinstance(part, dict):
        for name in ("text", "label", "title", "fields", "elements", "element", "hint", "accessory", "rows"):
            if not (name in ("elements", "accessory") and part.get("type") == "actions"):
                yield from () if _is_button(part.get(name)) else _words(part.get(name))


def _leaf(part: Json) -> str:
    match part.get("type"):
        case "user":
            return f"<@{part.get('user_id')}>"
        case "usergroup":
            return f"<!subteam^{part.get('usergroup_id')}>"
        case "channel":
            return f"<#{part.get('channel_id')}>"
        case "emoji":
            return f":{part.get('name')}:"
        case _:
            return str(part.get("text") or part.get("url") or part.get("fallback") or "")


def _is_button(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") in ("button", "overflow")


def labels_in(body: Json) -> list[str]:
    """The labels of all buttons, and the options of all menus, from top to bottom."""
    labels = []
    for _, element in elements_in(body):
        own = [text_of(element["text"])] if element["type"] == "button" else []
        labels += own + [text_of(option["text"]) for option in options_of(element)]
    return labels


def spot_labelled(body: Json, label: str) -> Pressable | None:
    """The button with this label; else the option of a menu, select, radio group or checkboxes with it."""
    for block, element in elements_in(body):
        if element["type"] == "button" and text_of(element["text"]) == label:
            return Pressable(block["block_id"], element)
    for block, element in elements_in(body):
        for option in options_of(element):
            if text_of(option["text"]) == label:
                return Pressable(block["block_id"], element, option)
    return None

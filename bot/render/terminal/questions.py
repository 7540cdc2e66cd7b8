"""A form as questions, one after the other; what was typed becomes the same fields as in Slack."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.format.printable import printable
from bot.render.dialog.view import Choice
from bot.render.message import Block


@dataclass(frozen=True, slots=True)
class Question:
    """A field of a form: what is asked, how it may be answered, and where the answer belongs."""

    field: str
    """The field's `block_id`."""
    label: str
    hint: str = ""
    optional: bool = False
    choices: tuple[Choice, ...] = ()
    usual: str = ""
    """What is chosen or stands there already."""
    redraws: bool = False
    """Whether the form has to be drawn anew once this is answered."""

    def read(self, typed: str) -> str | None:
        """The answer that was typed: a choice by its number, label or value; None when it is none of them."""
        said = typed.strip()
        if not self.choices:
            return said
        if not said:
            return self.usual
        by_number = {str(number): choice.value for number, choice in enumerate(self.choices, 1)}
        by_words = {word.casefold(): one.value for one in self.choices for word in (one.label, one.value)}
        return by_number.get(said) or by_words.get(said.casefold())


def questions_of(view: Block) -> tuple[Question, ...]:
    """The fields of a form, in order."""
    blocks: Sequence[Mapping[str, Any]] = view["blocks"]  # type: ignore[assignment]
    return tuple(_question(block) for block in blocks if block.get("type") == "input")


def _question(block: Mapping[str, Any]) -> Question:
    element, hint = block["element"], block.get("hint") or {}
    initial = element.get("initial_option") or {}
    return Question(
        str(block["block_id"]),
        printable(str(block["label"]["text"])),
        printable(str(hint.get("text", ""))),
        bool(block.get("optional")),
        tuple(_choices(element)),
        str(initial.get("value") or element.get("initial_value") or ""),
        bool(block.get("dispatch_action")),
    )


def _choices(element: Mapping[str, Any]) -> Iterator[Choice]:
    groups = [element, *element.get("option_groups", ())]
    for option in (one for group in groups for one in group.get("options", ())):
        below = option.get("description") or {}
        yield Choice(
            str(option["value"]), printable(str(option["text"]["text"])), printable(str(below.get("text", "")))
        )

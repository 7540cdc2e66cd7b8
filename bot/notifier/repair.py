"""What is sent in place of a message that Slack does not take as it is: less and less of it, never nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.notifier.messenger import Impossible
from bot.notifier.refusals import About
from bot.render.message import TEXT_LIMIT, Block, Message, clip, context, link_button, section
from bot.render.runs import JOIN

_SHORT = 1_000
"""Characters of a message that is shortened."""


def repairs(message: Message, refused: Impossible) -> Iterator[Message]:
    """What is worth a try. A word that nobody knows is met with plain text alone; most of the others have no remedy."""
    if refused.about is About.MESSAGE:
        yield shortened(message)
    if refused.about in (About.MESSAGE, About.UNKNOWN):
        yield plain(message)


def shortened(message: Message) -> Message:
    """The words that a lock screen shows, and the buttons: people can go on with those."""
    pressed = [block for block in message.blocks if block.get("type") == "actions"]
    return Message(clip(message.text, _SHORT), (section(message.text), *pressed), message.broadcast)


def plain(message: Message) -> Message:
    """The words alone."""
    return Message(clip(message.text, TEXT_LIMIT), (), message.broadcast)


def with_note(card: Message, refused: dict[str, str]) -> Message:
    """The card with a line for messages that Slack did not take: how many, its word, and what happens now."""
    if not refused:
        return card
    many = "A message" if len(refused) == 1 else f"{len(refused)} messages"
    words = ", ".join(sorted(set(refused.values())))
    said = f":no_bell: {many} of this run could not be posted in Slack ({words}). "
    said += "The record has all of it: look at `/recover timeline`. Handrail tries again."
    return Message(card.text, (*card.blocks[:49], context(said)), card.broadcast)


def with_way_back(page: Message, link: str) -> Message:
    """A page whose *Open the run* leads to the card by itself, where the card's address is known."""
    if not link:
        return page
    return replace(page, blocks=tuple(_linked(block, link) for block in page.blocks), stands_for=page.digest)


def _linked(block: Mapping[str, Any], link: str) -> Block:
    elements: Sequence[Mapping[str, Any]] = block["elements"] if block.get("type") == "actions" else ()
    if not any(one.get("action_id") == JOIN for one in elements):
        return dict(block)
    made = [link_button(one["text"]["text"], link) if one.get("action_id") == JOIN else dict(one) for one in elements]
    return dict(block) | {"elements": made}

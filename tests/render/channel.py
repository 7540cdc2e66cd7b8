"""A channel in a test: what a story's events have posted and changed, as the notifier would send it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.render.card import card
from bot.render.message import Message
from bot.render.thread import CARD, Moment, Post, tell
from bot.run.evolve import evolve
from bot.run.state import Run, Unstarted
from bot.workspace.blocks.limits import problems_in_message
from bot.workspace.blocks.text.emoji import EMOJI
from tests.story import PEOPLE, Story

KNOWN = {one.slack for one in PEOPLE}
_PICTURE = re.compile(r":([a-z][a-z0-9_+-]*):")
_PING = re.compile(r"<(?:@|!(?!date\^)|#)([^>|]*)")


class Channel:
    """Every message of a run by its key, as it reads now; `posts` in the order in which they were first posted."""

    def __init__(self, story: Story, known: frozenset[str | None] = frozenset(KNOWN)) -> None:
        self.shown: dict[str, Message] = {}
        self.posts: list[Post] = []
        state: Run | Unstarted = Unstarted(story.run.id, story.book)
        for seq, (event, stamp) in enumerate(story.history, 1):
            after = evolve(state, event, stamp)
            before = state if isinstance(state, Run) else None
            for told in tell(Moment(before, seq, event, stamp, after, chain=f"{seq:064x}")):
                assert_sendable(told.message, known)
                if isinstance(told, Post):
                    assert told.key not in self.shown, f"{told.key} was posted twice"
                    assert len(told.key) <= 120
                    self.posts.append(told)
                if isinstance(told, Post) or told.key in self.shown:
                    self.shown[told.key] = told.message
            assert_sendable(card(after), known)
            self.shown[CARD] = card(after)
            state = after

    def last(self, start: str) -> Message:
        """How the newest message whose key starts so reads now."""
        return self.shown[next(name for name in reversed(self.shown) if name.startswith(start))]

    def read_thread(self) -> list[list[str]]:
        """Every message but the card, in the order in which it was posted, as it reads now."""
        return [
            [f"<{post.key} in {post.where}>", *read(self.shown[post.key])] for post in self.posts if post.key != CARD
        ]

    def texts(self) -> list[str]:
        """What each post said to a lock screen when it was posted."""
        return [post.message.text for post in self.posts]


def assert_sendable(message: Message, known: frozenset[str | None] = frozenset(KNOWN)) -> None:
    """Slack takes it, a lock screen can show it, and it pings nobody but the people of the run."""
    assert problems_in_message({"text": message.text, "blocks": list(message.blocks)}) == []
    assert len(message.blocks) <= 50
    assert 0 < len(message.text) <= 4_000
    assert not _PING.search(message.text), message.text
    for text in _parsed(message.blocks):
        pings = _PING.findall(text)
        assert set(pings) <= {*known, "C0INC", "C0DATA"}, text
        assert set(_PICTURE.findall(text)) <= set(EMOJI), text


def _parsed(piece: object) -> Iterator[str]:
    """Every text that Slack parses."""
    match piece:
        case {"type": "mrkdwn", "text": str(text), "verbatim": True}:
            yield text
        case {"type": "mrkdwn"}:
            raise AssertionError(f"not verbatim: {piece}")
        case {"type": "user" | "usergroup" | "broadcast" | "channel"}:
            raise AssertionError(f"a ping in rich text: {piece}")
        case dict():
            for value in piece.values():
                yield from _parsed(value)
        case list() | tuple():
            for value in piece:
                yield from _parsed(value)


def read(message: Message) -> list[str]:
    """A message line by line, as it is read from top to bottom."""
    front = "(shown in the channel too) " if message.broadcast else ""
    return [f"{front}“{message.text}”", *(line for block in message.blocks for line in _read_block(block))]


def _read_block(block: Mapping[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "actions":
            yield " ".join(_read_element(one) for one in block["elements"])
        case "divider":
            yield "----"
        case "rich_text":
            yield from (f"{one['type'].removeprefix('rich_text_')}: {_read_spans(one)}" for one in block["elements"])
        case kind:
            texts = [block["text"]] if "text" in block else block.get("fields") or block["elements"]
            beside = f" {_read_element(block['accessory'])}" if "accessory" in block else ""
            yield from (f"{kind}: {one['text']}{beside}" for one in texts)


def _read_element(element: Mapping[str, Any]) -> str:
    if element["type"] == "overflow":
        return f"[⋯ {', '.join(option['text']['text'] for option in element['options'])}]"
    style = f" {element['style']}" if "style" in element else ""
    return f"[{element['text']['text']}{style}]"


def _read_spans(piece: Mapping[str, Any]) -> str:
    inner = piece.get("elements", ())
    if piece.get("type") == "date":
        return f"<{piece['fallback']}>"
    joint = " | " if piece["type"] == "rich_text_list" else ""
    own = piece.get("text") or piece.get("url") or (f":{piece['name']}:" if "name" in piece else "")
    return str(own or joint.join(_read_spans(one) for one in inner))

"""A channel in a test: what a story's events have posted and edited, as the herald would send it."""

from typing import Any

from bot.core.run import Run, Unstarted, evolve
from bot.render.message import Message
from bot.render.thread import CARD, Edit, Moment, Post, tell
from bot.workspace.blocks.limits import problems_in_message
from tests.story import Story


class Channel:
    """Every message of a run by its key; `posts` in the order in which they were first posted."""

    def __init__(self, story: Story) -> None:
        self.shown: dict[str, Message] = {}
        self.posts: list[Post] = []
        state: Run | Unstarted = Unstarted(story.run.id, story.book)
        for seq, (event, stamp) in enumerate(story.history, 1):
            after = evolve(state, event, stamp)
            before = state if isinstance(state, Run) else None
            for told in tell(Moment(before, seq, event, stamp, after, chain=f"{seq:064x}")):
                self._take(told)
            state = after

    def _take(self, told: Post | Edit) -> None:
        assert problems_in_message(payload(told.message)) == [], told.key
        assert len(told.message.blocks) <= 50
        assert 0 < len(told.message.text) <= 4_000
        if isinstance(told, Post):
            assert told.key not in self.shown, f"{told.key} was posted twice"
            self.posts.append(told)
        elif told.key not in self.shown:
            return
        self.shown[told.key] = told.message

    @property
    def card(self) -> Message:
        """The card as it was posted; the herald draws it anew from the run."""
        return self.shown[CARD]

    def last(self, key: str) -> Message:
        """How the newest message whose key starts so reads now."""
        return self.shown[next(name for name in reversed(self.shown) if name.startswith(key))]

    @property
    def newest(self) -> str:
        """What the newest post says to a lock screen."""
        return self.posts[-1].message.text


def payload(message: Message) -> dict[str, Any]:
    """The arguments that Slack would get."""
    return {"text": message.text, "blocks": list(message.blocks)}


def reading(message: Message) -> list[str]:
    """Every text that a message shows, from top to bottom: what a person can read, without the shape."""
    return [message.text, *(text for block in message.blocks for text in _texts(block))]


def _texts(piece: object) -> list[str]:
    if isinstance(piece, list | tuple):
        return [text for one in piece for text in _texts(one)]
    if not isinstance(piece, dict):
        return []
    if piece.get("type") in ("user", "usergroup", "broadcast"):
        return [f"<{piece['type']}>"]
    own = [piece["text"]] if isinstance(piece.get("text"), str) else []
    if piece.get("type") == "link":
        own = [str(piece["url"])]
    return own + [text for key, value in piece.items() if key != "text" or not own for text in _texts(value)]

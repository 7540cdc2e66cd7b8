"""A form for somebody whose zone is known: every time on their clock, and the offset said once."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Any

from bot.format.moments import say_moments, say_on_the_wall, say_zone
from bot.render.dialog.view import YOUR_CLOCK
from bot.render.message import Block, context, foreign

_TOKEN = re.compile(r"<!date\^(?P<epoch>[0-9]+)\^(?P<form>[^^>]*)\^[^>]*>")
_AGO = "{ago}"
Say = Callable[[datetime], str]


def in_zone(view: Block, zone: tzinfo | None, now: datetime) -> Block:
    """The form with its times on a clock of that zone, as they may be typed there; as it is where none is known.

    A form without any time stays as it is. How long ago something was, Slack says in every zone.
    """
    if zone is None:
        return view
    told = _Told(zone)
    blocks = told.piece(view.get("blocks"))
    if not told.times or not isinstance(blocks, list):
        return view
    said = say_zone(zone, now)
    return view | {"blocks": [*blocks[:1], context(f"Times are those of {foreign(said, 100)}."), *blocks[1:]][:100]}


def on_the_clock(sentence: str, zone: tzinfo | None) -> str:
    """A sentence that stands beside a field: its moments on a clock of that zone; with their offsets where none is."""
    return say_moments(sentence, None if zone is None else lambda at: say_on_the_wall(at, zone))


class _Told:
    """Goes through the blocks of a view, and counts the times that it said."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone, self.times = zone, 0

    def piece(self, piece: Any) -> Any:  # noqa: ANN401  (blocks as they were built)
        """The same piece of a block with its times said."""
        match piece:
            case {"type": "rich_text_preformatted"} | {"style": {"code": True}}:
                return piece
            case {"type": "date", "timestamp": int(epoch), "format": str(form)}:
                style = {"style": piece["style"]} if "style" in piece else {}
                return {"type": "text", "text": self._of_form(epoch, form)} | style
            case {"type": "mrkdwn", "text": str(text)}:
                return piece | {"text": _TOKEN.sub(self._token, text)}
            case {"type": "plain_text", "text": str(text)}:
                return piece | {"text": say_moments(self._clock(text), self._say)}
            case dict():
                return {name: self.piece(one) for name, one in piece.items()}
            case list() | tuple():
                return [self.piece(one) for one in piece]
            case _:
                return piece

    def _clock(self, text: str) -> str:
        """A hint for a field of a time: whose clock it is, the zone being named above."""
        self.times += YOUR_CLOCK in text
        return text

    def _token(self, found: re.Match[str]) -> str:
        return found[0] if found["form"] == _AGO else self._of_form(int(found["epoch"]), found["form"])

    def _of_form(self, epoch: int, form: str) -> str:
        at = datetime.fromtimestamp(epoch, UTC)
        if "{date" in form:
            return self._say(at)
        self.times += 1
        return f"{at.astimezone(self._zone):%H:%M}"

    def _say(self, at: datetime) -> str:
        self.times += 1
        return say_on_the_wall(at, self._zone)

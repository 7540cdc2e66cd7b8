"""The form that puts somebody's message into the record of a run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.format.pieces import read_instant
from bot.render.actions import StrangePress
from bot.render.dialog.view import Choice, choice_input, modal, read_metadata
from bot.render.message import Block, context, foreign, slack_moment
from bot.render.runs import OpenRun, say_run_mode

KEEP = "go:keep"
"""`callback_id` of the form."""
_SAID = "said:"
_PIECE, _MOST = 3_000, 40_000
"""Characters of one element, and of a message."""


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """Where a message stands, who wrote it and when; it travels in `private_metadata`."""

    channel: str
    ts: str
    author: str
    at: str

    @classmethod
    def read(cls, view: Mapping[str, Any]) -> "KeptMessage":
        """What stands in a submitted form; StrangePress when it is none of ours."""
        kept = read_metadata(view, cls)
        try:
            read_instant(kept.at)
        except ValueError as strange:
            raise StrangePress("not the time of a message") from strange
        return kept

    @staticmethod
    def words_in(view: Mapping[str, Any]) -> str:
        """The message's words, read back from the form: Slack sends our own blocks, so nobody could change them.

        StrangePress when they are not our own after all.
        """
        said = [block for block in view.get("blocks") or () if str(block.get("block_id")).startswith(_SAID)]
        try:
            return "".join(map(_text_of, said))
        except (KeyError, TypeError, AttributeError) as strange:
            raise StrangePress("not the words of a message as we show them") from strange

    def deep_link(self, team: str) -> str:
        """An address that opens the message in Slack's own program."""
        return f"slack://channel?team={team}&id={self.channel}&message={self.ts}"


def draw_keep(kept: KeptMessage, words: str, runs: Sequence[OpenRun], chosen: str) -> Block:
    """What is kept, in full, and the choice of a run by its ref; the only one is chosen already."""
    choices = [Choice(run.ref, f"{say_run_mode(run)} · {run.ref} – {run.asset}", run.title) for run in runs]
    return modal(
        "Add to the record",
        context(f"{foreign(kept.author, 100)}, {slack_moment(read_instant(kept.at))}"),
        *_quoted(words[:_MOST]),
        choice_input("f:run", "To which run?", choices, chosen=chosen or (runs[0].ref if len(runs) == 1 else "")),
        submit="Add",
        callback_id=KEEP,
        metadata=json.dumps(asdict(kept), separators=(",", ":")),
    )


def _quoted(words: str) -> list[Block]:
    pieces = [words[first : first + _PIECE] for first in range(0, len(words), _PIECE)]
    return [_quote(number, piece) for number, piece in enumerate(pieces)]


def _quote(number: int, piece: str) -> Block:
    element = {"type": "rich_text_quote", "elements": [{"type": "text", "text": piece}]}
    return {"type": "rich_text", "block_id": f"{_SAID}{number}", "elements": [element]}


def _text_of(block: Mapping[str, Any]) -> str:
    return "".join(str(one.get("text", "")) for part in block["elements"] for one in part["elements"])

"""The answer to `/recover mine`: what waits for whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.render.message import Message, compose, context, foreign, section

_MOST = 20


@dataclass(frozen=True, slots=True)
class Waits:
    """One thing that waits: its kind, the sentence, what to type, and a link."""

    kind: Literal["run", "review", "follow-up", "version"]
    said: str
    typed: str = ""
    link: str = ""


def mine_reply(found: Sequence[Waits]) -> Message:
    """All of it, as a list."""
    if not found:
        said = "Nothing waits for you: no signature, review, hand-over or follow-up."
        return compose(said, section(said))
    lines = [f"• {_line(one)}" for one in found[:_MOST]]
    more = context(f"and {len(found) - _MOST} more") if len(found) > _MOST else None
    return compose(
        f"{len(found)} things wait for you.", section("*What waits for you*\n" + "\n".join(lines)[:2_800]), more
    )


def _line(one: Waits) -> str:
    said = foreign(one.said, 300)
    return f"<{one.link}|{said}>" if one.link and "|" not in said else said

"""How long somebody was at work in runs, for who takes over and who signs. Nobody is barred by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.format.text import spoken_duration


@dataclass(frozen=True, slots=True)
class AtWork:
    """Who, how long within the last 24 hours, in which runs, and who could relieve them."""

    name: str
    span: timedelta
    runs: Sequence[str]
    relief: Sequence[str] = ()


def say_at_work(one: AtWork, *, to_themselves: bool) -> str:
    """The sentence, to the person or about them."""
    span = spoken_duration(int(one.span.total_seconds()) // 60 * 60)
    refs = ", ".join(one.runs[:4])
    relief = f" On the rota, and fresh: {', '.join(one.relief[:3])}." if one.relief else ""
    if to_themselves:
        return f"You were at work in runs for {span} of the last 24 hours ({refs}).{relief}"
    return f"{one.name} was at work in runs for {span} of the last 24 hours ({refs})."

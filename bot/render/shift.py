"""What somebody is told at the start of a shift."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.readiness.judging import Ready
from bot.render.message import Message, bold, compose, context, foreign, section, slack_moment
from bot.render.readiness import say_score

_ASSETS, _LINES = 8, 5


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift that has begun: its assets, the most urgent first, what is new, what is due, runs that are open."""

    rotation: str
    until: datetime | None
    assets: Sequence[Ready]
    new: Sequence[str]
    due: Sequence[str]
    open_runs: Sequence[str]
    last: datetime | None
    """When their last shift began; None when none is known."""


def shift_message(one: Shift) -> Message:
    """One message, most urgent first."""
    until = f" It lasts until {slack_moment(one.until)}." if one.until is not None else ""
    is_quiet = not (one.open_runs or one.new or one.due or _wrong(one))
    assets = _listed("Your assets", [_asset(ready) for ready in one.assets], _ASSETS, escaped=True)
    return compose(
        f"Your shift in {one.rotation} has begun. {len(one.assets)} assets are yours.",
        section(f"Your shift in {bold(one.rotation, 75)} has begun.{until}"),
        section(_listed("Open now", one.open_runs)) if one.open_runs else None,
        section(assets) if one.assets else None,
        section(_listed("New since your last shift", one.new)) if one.new else None,
        section(_listed("Due", one.due)) if one.due else None,
        section("Nothing of it is in trouble, new or due.") if is_quiet else None,
        context(
            "From your own machine: `handrail ready --me` tries what tonight may need. `/recover mine` waits for you."
        ),
    )


def _wrong(one: Shift) -> bool:
    return any(ready.process for ready in one.assets)


def _asset(one: Ready) -> str:
    missing = one.process[0] if one.process else ""
    said = f" · {foreign(missing, 160)}" if missing else ""
    return f"{bold(one.asset.name, 75)} · tier {one.asset.tier} · {say_score(one)}{said}"


def _listed(title: str, lines: Sequence[str], most: int = _LINES, *, escaped: bool = False) -> str:
    shown = "\n".join(f"• {one if escaped else foreign(one, 240)}" for one in lines[:most])
    more = f"\nand {len(lines) - most} more" if len(lines) > most else ""
    return f"*{title}*\n{shown}{more}"

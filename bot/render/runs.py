"""Runs in a list, one line each, with a button that leads there; the home tab that shows them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.render.message import (
    Block,
    actions,
    bold,
    button,
    channel_link,
    context,
    divider,
    foreign,
    header,
    section,
    slack_moment,
)
from bot.render.prose import MODES, say_outcome

JOIN, PICK = "go:join", "go:pick"
"""`action_id` of a button that leads to a run, and of one that opens the choice of an asset."""


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run in a list, names resolved."""

    id: str
    ref: str
    asset: str
    title: str
    mode: str
    started_at: datetime
    operator: str = ""
    step: str = ""
    channel: str | None = None
    outcome: str | None = None
    waits_for_review: bool = False
    """It has ended, and stays in the list until somebody has reviewed the broken glass."""


def list_runs(runs: Sequence[OpenRun], most: int = 20) -> Iterator[Block]:
    """A line for each run; those beyond `most` are counted."""
    for run in runs[:most]:
        yield section(say_run(run)) | {"accessory": join_button(run)}
    if len(runs) > most:
        yield context(f"and {len(runs) - most} more; `/recover runs` shows them.")


def say_run(run: OpenRun) -> str:
    """``*ORDERS-7* · LIVE · Orders database`` and where it stands."""
    who = f"{foreign(run.operator, 75)} operates" if run.operator else "nobody operates"
    where = f" · {channel_link(run.channel)}" if channel_link(run.channel) else ""
    stands = f"{who} · {foreign(run.step, 100) or 'just started'}"
    if run.outcome:
        review = " · *waiting for a review* of the broken glass" if run.waits_for_review else ""
        stands = f"{say_outcome(run.outcome)}{review}"
    begun = f"since {slack_moment(run.started_at)}"
    top = f"{bold(run.ref)} · *{say_run_mode(run)}* · {foreign(run.asset, 75)} · {begun}{where}"
    return f"{top}\n{foreign(run.title, 75)}\n{stands}"


def say_run_mode(run: OpenRun) -> str:
    """``LIVE``, ``DRILL`` or ``TRAINING``."""
    return MODES.get(run.mode, run.mode.upper())


def join_button(run: OpenRun) -> Block:
    """A button that leads to the run."""
    return button(f"Join {run.ref}", JOIN, run.id)


def start_button(label: str = "Start recovery") -> Block:
    """The button that asks which asset is to be recovered."""
    return button(label, PICK, "pick", "primary")


def home_view(runs: Sequence[OpenRun]) -> Block:
    """The home tab: how to start, and what is open now."""
    listed = list_runs(runs, most=40) if runs else [section("No run is open.")]
    start = actions([start_button()])
    blocks = [header("Data recovery, one step at a time"), start, divider(), section("*Open runs*"), *listed]
    said = context("Or type `/recover <asset>` in any channel; `/recover help` says what else there is.")
    return {"type": "home", "blocks": [block for block in [*blocks, said] if block is not None]}

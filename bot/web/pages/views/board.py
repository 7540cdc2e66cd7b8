"""What is going on: open runs with their clocks, sign-offs that wait, and what ended lately."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from bot.journal.rows import RunRow
from bot.render.prose import MODES, say_names, say_outcome, say_place
from bot.render.terminal.page import say_distance
from bot.run.law.scope import title_of
from bot.run.members.rules import count_people
from bot.run.places import AwaitingSignature
from bot.run.state import Run
from bot.web.pages.frame import draw
from bot.web.pages.views.clocks import Clocks
from bot.web.pages.views.sources import Sources
from bot.web.pages.views.standing import Status, statuses_of, sum_up
from bot.web.pages.words import time_html

SHOWN, ENDED = 40, 8
"""Open runs that are shown with everything, and runs that ended last."""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A run in a list, ready to be said."""

    ref: str
    asset: str
    title: str
    mode: str
    live: bool
    open: bool
    tier: int
    operator: str
    place: str
    outcome: str
    clocks: Clocks
    ended: Markup | None
    evidence: bool = False
    """It was imported though its record breaks the law."""
    statuses: tuple[Status, ...] = ()
    """How an open run stands; empty where only its row was read."""


@dataclass(frozen=True, slots=True)
class WaitingSignoff:
    """A sign-off that is being asked for."""

    ref: str
    asset: str
    what: str
    who: str
    signed: int
    need: int
    until: Markup
    left: Markup


def draw_board(sources: Sources) -> Markup:
    """The part of the page that changes."""
    found = sources.handler.open_runs()
    runs = [sources.handler.load(row.run_id) for row in found[:SHOWN]]
    shown = [row_of(sources, row, run) for row, run in zip(found, runs, strict=False)]
    shown.sort(key=lambda row: not row.live)
    ended = [row_of(sources, row) for row in sources.search.ended(ENDED)]
    more = len(found) - len(shown)
    live = [row.statuses for row in shown if row.live]
    summary = sum_up(live, len(shown) - len(live), max(more, 0))
    return draw(
        "parts/board", summary=summary, open=shown, more=more, waiting=list(_waiting(sources, found, runs)), ended=ended
    )


def row_of(sources: Sources, row: RunRow, run: Run | None = None) -> BoardRow:
    """A run as lists show it; with the run itself, the place is said in full."""
    clocks = Clocks.of_row(row, sources.now())
    return BoardRow(
        ref=row.ref, asset=row.asset_name, title=row.title, mode=MODES.get(row.mode, row.mode.upper()),
        live=row.mode == "live", open=row.open, tier=row.tier, operator=row.operator_name or "",
        place=say_place(run) if run is not None else row.step_title or "",
        outcome=say_outcome(row.outcome) if row.outcome else "", clocks=clocks,
        ended=time_html(row.ended_at, "moment") if row.ended_at else None,
        statuses=statuses_of(run, clocks) if run is not None else (), evidence=row.evidence,
    )  # fmt: skip


def _waiting(sources: Sources, found: list[RunRow], runs: list[Run]) -> Iterator[WaitingSignoff]:
    for row, run in zip(found, runs, strict=False):
        here = run.here
        if isinstance(here, AwaitingSignature):
            yield WaitingSignoff(
                ref=row.ref, asset=run.start.asset.name, what=title_of(run, here.step),
                who=say_names(run, [one for one in here.eligible if one not in here.signed], "or"),
                signed=count_people(run, here.signed), need=here.need, until=time_html(here.expires_at, "time"),
                left=_say_left(here.expires_at, sources.now()),
            )  # fmt: skip


def _say_left(until: datetime, now: datetime) -> Markup:
    """How long from now; what should have expired does so with the clock's next look."""
    left = (until - now).total_seconds()
    return time_html(until, "ago", say_distance(left)) if left > 0 else Markup("any moment")

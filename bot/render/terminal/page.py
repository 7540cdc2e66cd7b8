"""A page of a walk: the card's words, what is new, and the keys."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from bot.format.printable import printable
from bot.render.card import card
from bot.render.message import Block
from bot.render.prose import say_who
from bot.render.terminal.keys import Key, keys_of
from bot.render.terminal.lines import Line, Reader, Words, harmless
from bot.render.terminal.told import say_event
from bot.render.thread.post import Moment
from bot.render.thread.starting import tell_start
from bot.run.events import Event, StepEntered
from bot.run.situation import Stamp
from bot.run.state import Run

_NOT_READ = ("actions", "divider", "input")
_IN_SLACK, _HERE = "in the thread", "behind the key i"
"""Where the card says that the start of the run is told, and where it is told at a terminal."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one person sees: lines from top to bottom, what is new, then the keys."""

    lines: tuple[Line, ...]
    news: tuple[Line, ...]
    """What has to be noticed, whatever stands on the page."""
    keys: tuple[Key, ...]
    seq: int = 0
    """The run's last record: time alone makes no other page of it."""

    def action_of(self, key: str) -> str | None:
        """What a key does here; None when it does nothing."""
        return next((one.action or one.key for one in self.keys if one.key == key), None)


def page_of(
    run: Run, at: datetime, zone: tzinfo, news: Sequence[str] = (), me: str = "", *, sends: bool = False
) -> Page:
    """The run as its card shows it, in the order of need; `me` says who sits there, `sends` whether a server does."""
    head, *rest = [block for block in card(run, sends=sends).blocks if block.get("type") not in _NOT_READ]
    # The last block tells where Slack has the log.
    lines = tuple(_told_here(line) for line in Reader.of(run, at, zone).lines([head, *rest[:-1]]))
    small = [Line("small", (Words(one),)) for one in (me, _say_kin(run)) if one]
    fresh = [Line("quote", (Words(one, bold=True),)) for one in news]
    return Page(_harmless((*lines[:2], *small, *lines[2:])), _harmless(fresh), keys_of(run), run.seq)


def lines_of_start(run: Run, at: datetime, zone: tzinfo) -> tuple[Line, ...]:
    """What to know of a run: its aim, what has to hold before it begins, what stops it; as Slack's thread opens."""
    moment = Moment(None, 1, run.start, Stamp(run.started_at, run.requester, "terminal"), run)
    blocks = [block for post in tell_start(moment) for block in post.message.blocks[:-1]]
    return _harmless(Reader.of(run, at, zone).lines(blocks))


def lines_of_view(run: Run | None, view: Block, at: datetime, zone: tzinfo) -> tuple[Line, ...]:
    """What a form says above its fields."""
    blocks = [block for block in view["blocks"] if block.get("type") not in _NOT_READ]  # type: ignore[attr-defined]
    reader = Reader.of(run, at, zone) if run is not None else Reader(at, zone, {})
    return _harmless(reader.lines(blocks))


def say_news(run: Run, happened: Iterable[tuple[int, Event, Stamp]], me: str) -> tuple[str, ...]:
    """What others did since somebody looked, newest last; where the run stands is on the page anyway."""
    told = [(event, stamp) for _, event, stamp in happened if stamp.by != me and not isinstance(event, StepEntered)]
    return tuple(printable(f"{say_who(run, stamp.by)}: {say_event(run, event)}") for event, stamp in told[-3:])


def _told_here(line: Line) -> Line:
    if _IN_SLACK not in line.text:
        return line
    return Line(line.kind, tuple(replace(one, text=one.text.replace(_IN_SLACK, _HERE)) for one in line.words))


def _say_kin(run: Run) -> str:
    """The run that this one is part of, or goes on from."""
    said = [f"Part of {run.start.parent.ref}."] if run.start.parent else []
    said += [f"Goes on from {run.start.continues}."] if run.start.continues else []
    return " ".join(said)


def _harmless(lines: Iterable[Line]) -> tuple[Line, ...]:
    """No line can steer a terminal, whatever was typed or written into it."""
    return tuple(harmless(line, printable) for line in lines if line.text.strip())

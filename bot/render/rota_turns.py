"""The turns of a calendar feed, told before anything is live: whose each is and by what, or why it is nobody's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from bot.render.prose import join_words


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event of a feed. `who` are names with what each was recognised by; without anybody, `why_not`."""

    since: datetime
    until: datetime
    says: str
    who: tuple[tuple[str, str], ...] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class FeedEvents:
    """All turns of a feed between two moments, the times that nobody has, and what was left out or guessed."""

    since: datetime
    until: datetime
    turns: tuple[FeedEvent, ...]
    gaps: tuple[tuple[datetime, datetime], ...]
    remarks: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether somebody is on call at all times, and nothing was left out."""
        return not (self.gaps or self.remarks) and all(one.who for one in self.turns)


def turn_lines(feed: FeedEvents, zone: tzinfo) -> Iterator[str]:
    """Line after line, times in `zone`. Whatever is foreign in it is for the caller to make printable."""
    yield f"Turns from {_say(feed.since, zone)} to {_say(feed.until, zone)}"
    for turn in feed.turns:
        yield f"  {_say(turn.since, zone)} to {_say(turn.until, zone)}"
        yield f"    {_whose(turn)}"
    yield "" if feed.turns else "  none: the calendar is empty in these days"
    unknown = sum(not one.who for one in feed.turns)
    yield f"{_count(len(feed.turns), 'turn')}, {f'{unknown} of them nobody’s' if unknown else 'each somebody’s'}."
    if feed.gaps:
        yield "Nobody is on call:"
        yield from (f"  {_say(since, zone)} to {_say(until, zone)}" for since, until in feed.gaps)
    yield from (f"{one[:1].upper()}{one[1:]}." for one in feed.remarks)


def turns_json(feed: FeedEvents) -> dict[str, Any]:
    """The same as plain values: times in ISO 8601 and UTC."""
    return {
        "since": feed.since.isoformat(),
        "until": feed.until.isoformat(),
        "sound": feed.is_sound,
        "turns": [
            {
                "since": one.since.isoformat(),
                "until": one.until.isoformat(),
                "says": one.says,
                "who": [{"name": name, "by": by} for name, by in one.who],
                "why_not": one.why_not,
            }
            for one in feed.turns
        ],
        "gaps": [{"since": since.isoformat(), "until": until.isoformat()} for since, until in feed.gaps],
        "remarks": list(feed.remarks),
    }


def _whose(turn: FeedEvent) -> str:
    if not turn.who:
        return f"nobody: “{turn.says}”: {turn.why_not}"
    return join_words([f"{name} (by {by})" for name, by in turn.who])


def _count(many: int, what: str) -> str:
    return f"{many} {what}{'' if many == 1 else 's'}"


def _say(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M %Z}"

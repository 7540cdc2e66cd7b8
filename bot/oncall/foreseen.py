"""A feed looked at before anything is live: every turn, whose it is, and the times that nobody has."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.format.catalogue import Person
from bot.oncall.feed import FeedTurn, unfold
from bot.oncall.matching import Match, match
from bot.oncall.rota import Gap


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The turns of a feed with whom each means; nobody is on call in the gaps."""

    turns: tuple[tuple[FeedTurn, Match], ...]
    gaps: tuple[Gap, ...]
    remarks: tuple[str, ...]


def foresee(text: str, timezone: str, start: datetime, end: datetime, people: Iterable[Person]) -> Foreseen:
    """What a feed says for the time between two moments; BadFeed when it is no calendar."""
    known, read = tuple(people), unfold(text, timezone, start, end)
    turns = tuple((one, match(one, known)) for one in read.turns)
    return Foreseen(turns, tuple(_gaps([one for one, found in turns if found.who], start, end)), read.remarks)


def _gaps(turns: list[FeedTurn], start: datetime, end: datetime) -> list[Gap]:
    """The times that no turn covers; the turns come in the order in which they begin."""
    found, covered = list[Gap](), start
    for turn in turns:
        if turn.since > covered:
            found.append(Gap(covered, turn.since))
        covered = max(covered, turn.until)
    return [*found, Gap(covered, end)] if covered < end else found

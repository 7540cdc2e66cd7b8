"""Who is on call, whatever a rotation is made of: turns from the catalogue, or the last good copy of its feed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise

from bot.format.catalogue import Person, Rotation
from bot.oncall.feed import BadFeed, FeedTurn, Unfolded, unfold
from bot.oncall.matching import match_people, say_turn
from bot.oncall.rota import Gap, gaps, next_shift, on_call, shift_at, shifts

UNFOLDED = timedelta(days=35)
"""How far ahead a feed is unfolded at once."""
FORESEEN = timedelta(days=28)
"""How far ahead whoever comes next in a feed is looked for."""
_FEED = "env:"


@dataclass(frozen=True, slots=True)
class FeedCopy:
    """What is known of a feed: its last good text and when that was fetched; why it failed since, and since when."""

    text: str = ""
    fetched_at: datetime | None = None
    failure: str = ""
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """These people are on call from `since` until `until`, or as far as is known; nobody when there are none."""

    people: tuple[str, ...]
    since: datetime
    until: datetime | None


Copies = Callable[[str], FeedCopy | None]
"""The name of a feed's variable -> what is known of the feed."""


def no_copies(_name: str) -> None:
    """No feed is known of: nobody has fetched any yet."""


def feed_name(rotation: Rotation) -> str | None:
    """The variable that holds the address of a rotation's feed; None when it has none."""
    held = rotation.ics or ""
    return held.removeprefix(_FEED) if held.startswith(_FEED) else None


class Roster:
    """Answers for every rotation. `people` and `copies` are asked each time, so what is new counts at once."""

    def __init__(self, people: Callable[[], Mapping[str, Person]], copies: Copies = no_copies) -> None:
        self._people, self._copies = people, copies

    def on_call(self, rotation: Rotation, at: datetime) -> tuple[str, ...]:
        """The ids of everybody on call at a moment: one where people take turns, any number in a feed."""
        who = on_call(rotation, at)  # an override counts over a feed too
        if who is not None or rotation.ics is None:
            return () if who is None else (who,)
        people = self._people().values()
        held = (one for one in self._turns(rotation, at, at) if one.since <= at < one.until)
        return tuple(dict.fromkeys(who for one in held for who in match_people(one, people)))

    def now_and_next(self, rotation: Rotation, at: datetime) -> tuple[Cover, Cover | None]:
        """Who is on call and until when, and whoever comes next, as far as `FORESEEN`; a gap is nobody."""
        if rotation.ics is None:
            now, after = shift_at(rotation, at), next_shift(rotation, at)
            until = None if after is None else after.since
            here = Cover((), at, until) if now is None else Cover((now.who,), now.since, now.until)
            return here, None if after is None else Cover((after.who,), after.since, after.until)
        end = at + FORESEEN
        first, *rest = (replace(one, until=None) if one.until == end else one for one in self.covers(rotation, at, end))
        return first, next((one for one in rest if one.people), None)

    def covers(self, rotation: Rotation, start: datetime, end: datetime) -> tuple[Cover, ...]:
        """Who is on call between two moments: no hole, no overlap, and never the same people twice in a row."""
        found: list[Cover] = []
        for since, until, people in self._spans(rotation, start, end):
            if found and found[-1].people == people:
                found[-1] = Cover(people, found[-1].since, until)
            else:
                found.append(Cover(people, since, until))
        return tuple(found)

    def gaps(self, rotation: Rotation, start: datetime, end: datetime) -> tuple[Gap, ...]:
        """When nobody is on call between two moments."""
        if rotation.ics is None:
            return gaps(rotation, start, end)
        return tuple(Gap(one.since, one.until or end) for one in self.covers(rotation, start, end) if not one.people)

    def strangers(self, rotation: Rotation, start: datetime, end: datetime) -> tuple[str, ...]:
        """What the events of a feed say that fit nobody of the catalogue for sure, each once."""
        people = self._people().values()
        turns = self._turns(rotation, start, end) if rotation.ics is not None else ()
        within = (one for one in turns if one.since < end and start < one.until)
        return tuple(dict.fromkeys(say_turn(one) for one in within if not match_people(one, people)))

    def remarks(self, rotation: Rotation, at: datetime) -> tuple[str, ...]:
        """What of a feed was left out, or guessed, in the next weeks: a sentence each."""
        copy = self.copy_of(rotation)
        return () if copy is None or not copy.text else _unfolded(copy.text, rotation.timezone, _day(at)).remarks

    def copy_of(self, rotation: Rotation) -> FeedCopy | None:
        """What is known of a rotation's feed; None where there is no feed, or nothing was ever fetched."""
        name = feed_name(rotation)
        return None if name is None else self._copies(name)

    def _spans(
        self, rotation: Rotation, start: datetime, end: datetime
    ) -> Iterator[tuple[datetime, datetime, tuple[str, ...]]]:
        own = [((one.who,), one.since, one.until or end) for one in shifts(rotation, start, end)]
        people = self._people().values()
        turns = self._turns(rotation, start, end) if rotation.ics is not None else ()
        fed = [(match_people(one, people), one.since, one.until) for one in turns]
        edges = {edge for _, *both in (*own, *fed) for edge in both if start < edge < end}
        for since, until in pairwise(sorted({start.astimezone(UTC), end.astimezone(UTC), *edges})):
            yield since, until, _there(own, since) or _there(fed, since)  # of a feed, `own` are its overrides

    def _turns(self, rotation: Rotation, start: datetime, end: datetime) -> tuple[FeedTurn, ...]:
        """The turns of a feed; none while there is no copy, or the copy cannot be read."""
        copy = self.copy_of(rotation)
        if copy is None or not copy.text:
            return ()
        found: list[FeedTurn] = []
        since = _day(start)
        while since <= end:
            found += _unfolded(copy.text, rotation.timezone, since).turns
            since += UNFOLDED
        return tuple(dict.fromkeys(found))


def _there(held: Iterable[tuple[tuple[str, ...], datetime, datetime]], at: datetime) -> tuple[str, ...]:
    return tuple(dict.fromkeys(who for people, since, until in held if since <= at < until for who in people))


def _day(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)


@lru_cache(maxsize=64)
def _unfolded(text: str, timezone: str, since: datetime) -> Unfolded:
    """The turns of the days from `since`: unfolding is slow, and the same day is asked for many times."""
    try:
        return unfold(text, timezone, since, since + UNFOLDED)
    except BadFeed:
        return Unfolded(())

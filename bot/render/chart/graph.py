"""A runbook as a graph that can be drawn: steps, exits, what they mean."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Literal

from bot.format.catalogue import Asset
from bot.format.runbook import Alone, End, Runbook, Signoff, Step, StepBase
from bot.format.ways import LEADS_ON, fails, good_ways

Drawn = Literal["line", "stub"]


@dataclass(frozen=True, slots=True)
class ExitArrow:
    """Exits of one step that lead to one place, and how they are drawn.

    A line goes down the page. A stub names the place instead: where a way leads back, to `exception`,
    nowhere, or where a line of the same step leads already.
    """

    source: str
    target: str
    exits: tuple[str, ...]
    failing: bool
    drawn: Drawn = "line"
    known: bool = True
    """Whether the target is a step of the runbook; a faulty file may name another."""
    back: bool = False
    """Whether it leads to a step that has been passed: a loop."""


def ways_of(book: Runbook) -> tuple[ExitArrow, ...]:
    """Every exit of every step, unwritten failure exits included, gathered by where it leads; in the file's order."""
    return tuple(way for step in book.by_id.values() for way in _leaving(book, step))


def turn_back(book: Runbook, ways: tuple[ExitArrow, ...], path: Sequence[str]) -> tuple[ExitArrow, ...]:
    """The ways with a stub wherever a line would close a round. No line of `path`, from the start, does."""
    pairs = frozenset(itertools.pairwise(path))
    order = sorted(ways, key=lambda way: ((way.source, way.target) not in pairs, way.failing))
    back = closing((way for way in order if way.drawn == "line"), (book.steps[0].id, book.exception, *book.by_id))
    return tuple(replace(way, drawn="stub", back=True) if way in back else way for way in ways)


def _leaving(book: Runbook, step: StepBase) -> Iterator[ExitArrow]:
    gathered: dict[tuple[str, bool], list[str]] = {}
    for exit_, target in book.exits(step):
        gathered.setdefault((target, fails(step, exit_)), []).append(exit_)
    for (target, failing), exits in gathered.items():
        known = target in book.by_id
        aside = target == book.exception and not LEADS_ON.intersection(exits)
        twice = failing and (target, False) in gathered
        drawn: Drawn = "stub" if aside or twice or not known else "line"
        yield ExitArrow(step.id, target, tuple(exits), failing, drawn, known, back=target == step.id)


def closing(ways: Iterable[ExitArrow], roots: Iterable[str]) -> frozenset[ExitArrow]:
    """The ways that lead to a step under way already, when one walks in depth from each root, in the order given."""
    onward: dict[str, list[ExitArrow]] = {}
    for way in ways:
        onward.setdefault(way.source, []).append(way)
    seen: set[str] = set()
    found: set[ExitArrow] = set()
    for root in roots:
        if root not in seen:
            found.update(_walk(onward, root, seen))
    return frozenset(found)


def _walk(lines: Mapping[str, Sequence[ExitArrow]], root: str, seen: set[str]) -> Iterator[ExitArrow]:
    """Walk in depth from a step; every line that leads to a step on the way to here."""
    seen.add(root)
    under_way = {root}
    pile = [(root, iter(lines.get(root, ())))]
    while pile:
        here, onward = pile[-1]
        way = next(onward, None)
        if way is None:
            pile.pop()
            under_way.discard(here)
        elif way.target in under_way:
            yield way
        elif way.target not in seen:
            seen.add(way.target)
            under_way.add(way.target)
            pile.append((way.target, iter(lines.get(way.target, ()))))


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from the start to an end, and what they usually take."""

    steps: tuple[str, ...] = ()
    typical: timedelta = timedelta()
    untimed: int = 0
    """Steps of people or of the bot's work that say no `typical`; they count nothing."""


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that are drawn together; `caption` is "" for the main one."""

    caption: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """All that is to be seen of a runbook, whatever it is drawn as."""

    book: Runbook
    ways: tuple[ExitArrow, ...]
    groups: tuple[Group, ...]
    good: Path
    """From the start by the first good answer that leads to the best end."""
    longest: Path
    """Of all the paths of good answers to that kind of end, the one that takes longest; a loop counts once."""
    assets: tuple[Asset, ...] = ()
    number: Mapping[str, int] = field(default_factory=dict)
    """Step -> its place in the file, counted from 1."""
    owner: str = ""
    """The owner team as people call it."""
    walked: Mapping[tuple[str, str], int] | None = None
    """Step and exit -> how often somebody went there; None draws nothing of it."""

    @property
    def steps(self) -> Mapping[str, Step]:
        """Step id -> step, in the file's order."""
        return self.book.by_id

    def leaving(self, step: str) -> tuple[ExitArrow, ...]:
        """The ways that leave a step."""
        return tuple(way for way in self.ways if way.source == step)

    def is_good(self, way: ExitArrow) -> bool:
        """Whether a way is a piece of the good path."""
        return not way.failing and (way.source, way.target) in self._good_pairs

    @cached_property
    def _good_pairs(self) -> frozenset[tuple[str, str]]:
        return frozenset(zip(self.good.steps, self.good.steps[1:], strict=False))

    def hand_off(self, way: ExitArrow) -> str:
        """The role that takes over along a way; "" when the same people or the bot go on, and for `exception`."""
        if not way.known or (way.drawn == "stub" and way.target == self.book.exception):
            return ""
        before, after = acting(self.steps[way.source]), acting(self.steps[way.target])
        return " and ".join(after).replace("_", " ") if before and after and before != after else ""


def draw_chart(book: Runbook, assets: Iterable[Asset] = (), owner: str = "") -> Chart:
    """The chart of a runbook. `assets` are those that name it, whatever else is among them is left out.

    `owner` is the name of the owner team, where it is known; else its id stands there.
    """
    found = ways_of(book)
    good, longest = _good_paths(book)
    groups = _groups(book, found)
    home = {step: place for place, group in enumerate(groups) for step in group.steps}
    ways = tuple(_within(way, home) for way in turn_back(book, found, good.steps))
    using = tuple(asset for asset in assets if book.id in asset.runbooks)
    number = {step: count for count, step in enumerate(book.by_id, 1)}
    return Chart(book, ways, groups, good, longest, using, number, owner or book.owner)


def acting(step: StepBase) -> tuple[str, ...]:
    """The roles that act in a step; none where the bot goes on by itself."""
    if isinstance(step, Signoff):
        return step.from_
    return () if isinstance(step, Alone | End) else (step.who,)


def _within(way: ExitArrow, home: Mapping[str, int]) -> ExitArrow:
    """A way that leaves its group is a stub."""
    same = way.known and home[way.source] == home[way.target]
    return way if same else replace(way, drawn="stub")


def _groups(book: Runbook, ways: Iterable[ExitArrow]) -> tuple[Group, ...]:
    """What the start leads to; what only `exception` leads to; what nothing leads to."""
    onward: dict[str, list[str]] = {}
    for way in ways:
        if way.known and way.drawn == "line":
            onward.setdefault(way.source, []).append(way.target)
    main = _reached(onward, book.steps[0].id, set())
    aside = _reached(onward, book.exception, main) if book.exception in book.by_id else set()
    rest = set(book.by_id) - main - aside
    named = (("", main), ("Where every other exit leads", aside), ("Nothing leads here", rest))
    return tuple(Group(caption, tuple(one for one in book.by_id if one in steps)) for caption, steps in named if steps)


def _reached(onward: Mapping[str, list[str]], start: str, taken: set[str]) -> set[str]:
    found = {start} - taken
    waiting = list(found)
    while waiting:
        for target in onward.get(waiting.pop(), ()):
            if target not in found and target not in taken:
                found.add(target)
                waiting.append(target)
    return found


def _good_paths(book: Runbook) -> tuple[Path, Path]:
    """The good path by the first answers, and the longest: the one that takes most time, of equal ones most steps."""
    ways, first = good_ways(book), [0]
    while onward := ways.onward[first[-1]]:
        first.append(onward[0])
    _, longest = ways.longest(lambda step: _seconds(step) * len(book.steps) + 1)
    return _path(book, [book.steps[at].id for at in first]), _path(book, [book.steps[at].id for at in longest])


def _seconds(step: StepBase) -> int:
    return int(step.typical.total_seconds()) if step.typical else 0


def _path(book: Runbook, steps: Iterable[str]) -> Path:
    walked = tuple(steps)
    typical = sum((book.by_id[step].typical or timedelta() for step in walked), timedelta())
    untimed = sum(book.by_id[step].typical is None and not isinstance(book.by_id[step], Alone | End) for step in walked)
    return Path(walked, typical, untimed)

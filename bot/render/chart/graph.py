"""A runbook as a chart: its steps in groups, the ways between them, and the good path."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property

from bot.core.catalogue import Asset
from bot.core.runbook import End, Runbook, Signoff, Step, StepBase
from bot.render.chart.ways import Way, closing, turn_back, ways_of

_BEST_FIRST = ("recovered", "partial", "not_applicable", "escalated", "aborted")
_BOTS_OWN = frozenset({"branch", "notify", "end"})


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
    ways: tuple[Way, ...]
    groups: tuple[Group, ...]
    good: Path
    """From the start by the first good answer that leads to the best end."""
    longest: Path
    """Of all the paths of good answers to that kind of end, the one that takes longest; a loop counts once."""
    assets: tuple[Asset, ...] = ()
    number: Mapping[str, int] = field(default_factory=dict)
    """Step -> its place in the file, counted from 1."""

    @property
    def steps(self) -> Mapping[str, Step]:
        """Step id -> step, in the file's order."""
        return self.book.by_id

    def leaving(self, step: str) -> tuple[Way, ...]:
        """The ways that leave a step."""
        return tuple(way for way in self.ways if way.source == step)

    def arriving(self, step: str) -> tuple[Way, ...]:
        """The ways that lead to a step."""
        return tuple(way for way in self.ways if way.target == step)

    def is_good(self, way: Way) -> bool:
        """Whether a way is a piece of the good path."""
        return not way.failing and (way.source, way.target) in self._good_pairs

    @cached_property
    def _good_pairs(self) -> frozenset[tuple[str, str]]:
        return frozenset(zip(self.good.steps, self.good.steps[1:], strict=False))

    def hand_off(self, way: Way) -> str:
        """The role that takes over along a way; "" when the same people or the bot go on, and for `exception`."""
        if not way.known or (way.drawn == "stub" and way.target == self.book.exception):
            return ""
        before, after = acting(self.steps[way.source]), acting(self.steps[way.target])
        return " and ".join(after).replace("_", " ") if before and after and before != after else ""


def draw_chart(book: Runbook, assets: Iterable[Asset] = ()) -> Chart:
    """The chart of a runbook. `assets` are those that name it, whatever else is among them is left out."""
    found = ways_of(book)
    onward = _onward(book, found)
    good, longest = _path(book, _first(book.steps[0].id, onward)), _path(book, _longest(book, onward))
    groups = _groups(book, found)
    home = {step: place for place, group in enumerate(groups) for step in group.steps}
    ways = tuple(_within(way, home) for way in turn_back(book, found, good.steps))
    using = tuple(asset for asset in assets if book.id in asset.runbooks)
    number = {step: count for count, step in enumerate(book.by_id, 1)}
    return Chart(book, ways, groups, good, longest, using, number)


def acting(step: StepBase) -> tuple[str, ...]:
    """The roles that act in a step; none where the bot goes on by itself."""
    if isinstance(step, Signoff):
        return step.from_
    return () if step.kind in _BOTS_OWN else (step.who,)


def _within(way: Way, home: Mapping[str, int]) -> Way:
    """A way that leaves its group is a stub."""
    same = way.known and home[way.source] == home[way.target]
    return way if same else replace(way, drawn="stub")


def _groups(book: Runbook, ways: Iterable[Way]) -> tuple[Group, ...]:
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


def _onward(book: Runbook, ways: Iterable[Way]) -> Mapping[str, tuple[str, ...]]:
    """Step -> where its good answers lead, of those that come to the best end there is. No loops."""
    answers = [way for way in ways if not way.failing and way.drawn == "line"]
    rounds = closing(answers, (book.steps[0].id,))
    good: dict[str, list[str]] = {step: [] for step in book.by_id}
    for way in answers:
        if way not in rounds:
            good[way.source].append(way.target)
    ends = {step.id: step.outcome for step in book.by_id.values() if isinstance(step, End)}
    for outcome in _BEST_FIRST:
        leading = _leading(good, {step for step, kind in ends.items() if kind == outcome})
        if book.steps[0].id in leading:
            return {step: tuple(one for one in targets if one in leading) for step, targets in good.items()}
    return {step: tuple(targets) for step, targets in good.items()}


def _leading(onward: Mapping[str, list[str]], ends: set[str]) -> set[str]:
    turned: dict[str, list[str]] = {}
    for source, targets in onward.items():
        for target in targets:
            turned.setdefault(target, []).append(source)
    found, waiting = set(ends), list(ends)
    while waiting:
        for source in turned.get(waiting.pop(), ()):
            if source not in found:
                found.add(source)
                waiting.append(source)
    return found


def _first(start: str, onward: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    here: str | None = start
    while here is not None:
        yield here
        here = next(iter(onward[here]), None)


def _longest(book: Runbook, onward: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The way that takes most time, and of equal ones most steps; there is no loop in `onward`."""
    best: dict[str, tuple[timedelta, int]] = {}
    for step in _last_first(book.steps[0].id, onward):
        length, count = max((best[one] for one in onward[step]), default=(timedelta(), 0))
        best[step] = (length + (book.by_id[step].typical or timedelta()), count + 1)
    here: str | None = book.steps[0].id
    while here is not None:
        yield here
        here = max(onward[here], key=best.__getitem__, default=None)


def _last_first(start: str, onward: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Every step that the start leads to, each after those that it leads to itself."""
    seen, left = {start}, []
    pile = [(start, iter(onward[start]))]
    while pile:
        here, targets = pile[-1]
        target = next((one for one in targets if one not in seen), None)
        if target is None:
            left.append(here)
            pile.pop()
        else:
            seen.add(target)
            pile.append((target, iter(onward[target])))
    return left


def _path(book: Runbook, steps: Iterable[str]) -> Path:
    walked = tuple(steps)
    typical = sum((book.by_id[step].typical or timedelta() for step in walked), timedelta())
    untimed = sum(book.by_id[step].typical is None and book.by_id[step].kind not in _BOTS_OWN for step in walked)
    return Path(walked, typical, untimed)

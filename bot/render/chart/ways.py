"""Where each step of a runbook leads: its exits gathered into ways, and where one goes round."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.format.runbook import Runbook, StepBase
from bot.format.ways import LEADS_ON, fails

Drawn = Literal["line", "stub"]


@dataclass(frozen=True, slots=True)
class Way:
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


def ways_of(book: Runbook) -> tuple[Way, ...]:
    """Every exit of every step, unwritten failure exits included, gathered by where it leads; in the file's order."""
    return tuple(way for step in book.by_id.values() for way in _leaving(book, step))


def turn_back(book: Runbook, ways: tuple[Way, ...], path: Sequence[str]) -> tuple[Way, ...]:
    """The ways with a stub wherever a line would close a round. No line of `path`, from the start, does."""
    pairs = frozenset(itertools.pairwise(path))
    order = sorted(ways, key=lambda way: ((way.source, way.target) not in pairs, way.failing))
    back = closing((way for way in order if way.drawn == "line"), (book.steps[0].id, book.exception, *book.by_id))
    return tuple(replace(way, drawn="stub", back=True) if way in back else way for way in ways)


def _leaving(book: Runbook, step: StepBase) -> Iterator[Way]:
    gathered: dict[tuple[str, bool], list[str]] = {}
    for exit_, target in book.exits(step):
        gathered.setdefault((target, fails(step, exit_)), []).append(exit_)
    for (target, failing), exits in gathered.items():
        known = target in book.by_id
        aside = target == book.exception and not LEADS_ON.intersection(exits)
        twice = failing and (target, False) in gathered
        drawn: Drawn = "stub" if aside or twice or not known else "line"
        yield Way(step.id, target, tuple(exits), failing, drawn, known, back=target == step.id)


def closing(ways: Iterable[Way], roots: Iterable[str]) -> frozenset[Way]:
    """The ways that lead to a step under way already, when one walks in depth from each root, in the order given."""
    onward: dict[str, list[Way]] = {}
    for way in ways:
        onward.setdefault(way.source, []).append(way)
    seen: set[str] = set()
    found: set[Way] = set()
    for root in roots:
        if root not in seen:
            found.update(_walk(onward, root, seen))
    return frozenset(found)


def _walk(lines: Mapping[str, Sequence[Way]], root: str, seen: set[str]) -> Iterator[Way]:
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

"""Ways through a runbook: what leads where, what lies on every way, what stays switched, how long it may last."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Protocol, TypeVar

from bot.format.runbook import (
    FAILURE_EXITS,
    IN_PART,
    Alone,
    Call,
    End,
    Runbook,
    RunStep,
    Signoff,
    StepBase,
    Wait,
)

N = TypeVar("N")


class Leading(Protocol[N]):
    """For each step, however steps are named, those that its exits lead to."""

    def __getitem__(self, step: N, /) -> Iterable[N]: ...


_NOT_WALKED = {"typical"}
"""What may differ in a step without making it another one for who walks it."""
Edges = Sequence[Iterable[int]]
"""For each step, by its number in the file, the numbers of the steps that its exits lead to."""


def changed_steps(old: Runbook, new: Runbook) -> tuple[str, ...]:
    """The steps of a version in which something differs from an older one, for whoever walks them; new ones too."""
    before = {step.id: step.model_dump(exclude=_NOT_WALKED) for step in old.steps}
    return tuple(step.id for step in new.steps if before.get(step.id) != step.model_dump(exclude=_NOT_WALKED))


def last_first(onward: Leading[N], start: N) -> list[N]:
    """What is reached from `start`, in the order in which a search in depth leaves it: what follows comes before."""
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


def reached(edges: Leading[N], starts: Iterable[N]) -> set[N]:
    """Every step that can be come to from the starts, the starts included."""
    seen = set(starts)
    waiting = list(seen)
    while waiting:
        for target in edges[waiting.pop()]:
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def turned(edges: Edges) -> list[list[int]]:
    """The same ways walked backwards."""
    back: list[list[int]] = [[] for _ in edges]
    for source, targets in enumerate(edges):
        for target in targets:
            back[target].append(source)
    return back


def rounds(edges: Edges, among: Collection[int]) -> list[list[int]]:
    """The knots in which one can go round without leaving `among`: each a list of steps, in the order of the file."""
    inside = set(among)
    order = _finished(edges, inside)
    back = turned([[target for target in targets if target in inside] for targets in edges])
    seen: set[int] = set()
    knots = []
    for root in reversed(order):
        if root in seen:
            continue
        knot, waiting = [root], [root]
        seen.add(root)
        while waiting:
            for source in back[waiting.pop()]:
                if source in inside and source not in seen:
                    seen.add(source)
                    knot.append(source)
                    waiting.append(source)
        if len(knot) > 1 or root in edges[root]:
            knots.append(sorted(knot))
    return sorted(knots)


def _finished(edges: Edges, inside: set[int]) -> list[int]:
    """Steps in the order in which a search in depth leaves them (Kosaraju’s first pass)."""
    seen: set[int] = set()
    order: list[int] = []
    for root in sorted(inside):
        if root in seen:
            continue
        seen.add(root)
        pile = [(root, iter(edges[root]))]
        while pile:
            here, targets = pile[-1]
            onward = next((one for one in targets if one in inside and one not in seen), None)
            if onward is None:
                order.append(here)
                pile.pop()
            else:
                seen.add(onward)
                pile.append((onward, iter(edges[onward])))
    return order


BEST_FIRST = ("recovered", "partial", "not_applicable", "escalated", "aborted")
"""Outcomes of a run, the best first."""
_CALL_FAILS = frozenset({"aborted", "escalated", "else"})
LEADS_ON = frozenset({"ok", "approved"})
"""Exits that go on even where they lead to `exception`."""


def fails(step: StepBase, exit_: str) -> bool:
    """Whether an exit is one for when something went wrong, or nobody knows."""
    return exit_ in FAILURE_EXITS or (isinstance(step, Call) and exit_ in _CALL_FAILS)


class Ways:
    """The good ways of a runbook; steps are known by their number in the file."""

    def __init__(self, book: Runbook, number: Mapping[str, int], exits: Sequence[tuple[tuple[str, str], ...]]) -> None:
        """Take the exits of each step, and the number of each step id."""
        self._book, self.number, self.exits = book, number, exits

    @cached_property
    def onward(self) -> list[list[int]]:
        """For each step where its good answers lead, of those that come to the best end there is. There is no loop."""
        forward = without_loops([self.answers(at) for at in range(len(self._book.steps))])
        for outcome in BEST_FIRST:
            ends = [at for at, step in enumerate(self._book.steps) if isinstance(step, End) and step.outcome == outcome]
            leading = reached(turned(forward), ends)
            if 0 in leading:
                return [[target for target in targets if target in leading] for targets in forward]
        return forward

    def answers(self, at: int) -> list[int]:
        """Where the good answers of a step lead."""
        step, hold = self._book.steps[at], self._book.exception
        return [
            self.number[target]
            for exit_, target in self.exits[at]
            if target in self.number and not fails(step, exit_) and (target != hold or exit_ in LEADS_ON)
        ]

    @cached_property
    def _last_first(self) -> list[int]:
        """Every step of a good way, each after those that it leads to."""
        return last_first(self.onward, 0)

    def longest(self, weight: Callable[[StepBase], int]) -> tuple[int, list[int]]:
        """The good way of the greatest weight: its weight, and its steps."""
        best, way, here = self.ahead(weight), [], 0
        while True:
            way.append(here)
            if not self.onward[here]:
                return best[0], way
            here = max(self.onward[here], key=best.__getitem__)

    def ahead(self, weight: Callable[[StepBase], int]) -> dict[int, int]:
        """Each step of a good way -> the greatest weight of what is left from there on, itself included."""
        best: dict[int, int] = {}
        for at in self._last_first:
            best[at] = max((best[one] for one in self.onward[at]), default=0) + weight(self._book.steps[at])
        return best

    def place_in_phase(self) -> dict[int, int]:
        """Step of a good way -> how many steps of its phase one has met there at the least, itself included."""
        steps, met = self._book.steps, {0: 1}
        for here in reversed(self._last_first):
            for target in self.onward[here]:
                same = steps[target].phase == steps[here].phase
                met[target] = min(met[here] + 1 if same else 1, met.get(target, len(steps)))
        return met


def good_ways(book: Runbook) -> Ways:
    """The good ways of a runbook, its exits looked up here."""
    number = {step.id: at for at, step in enumerate(book.steps)}
    return Ways(book, number, [tuple(book.exits(step)) for step in book.steps])


def time_ahead(book: Runbook) -> dict[str, int]:
    """Step id -> seconds that are usually needed from there to the best end, by the longest good way, itself included.

    Off the good ways: its own time, and the longest of the ways that it leads back to. What has no `typical` counts
    nothing.
    """
    return _time_ahead(book, good_ways(book))


def left_ahead(book: Runbook) -> tuple[dict[str, int], dict[str, int]]:
    """`time_ahead`, and beside it for each step of a good way how many steps of people are left, itself included.

    They are those of the way that takes longest, and of two such ways of the one with more steps.
    """
    ways = good_ways(book)
    most = len(book.steps) + 1
    ahead = ways.ahead(lambda step: _seconds(step) * most + _is_of_people(step))
    return _time_ahead(book, ways), {book.steps[at].id: weight % most for at, weight in ahead.items()}


def _time_ahead(book: Runbook, ways: Ways) -> dict[str, int]:
    number, exits, best = ways.number, ways.exits, ways.ahead(_seconds)
    left = {step.id: best[at] for at, step in enumerate(book.steps) if at in best}
    for at, step in enumerate(book.steps):
        if at not in best:
            back = [best[number[target]] for _, target in exits[at] if number.get(target) in best]
            left[step.id] = _seconds(step) + max(back, default=0)
    return left


def _is_of_people(step: StepBase) -> bool:
    return not isinstance(step, Alone | End)


def _seconds(step: StepBase) -> int:
    return int(step.typical.total_seconds()) if step.typical else 0


def without_loops(edges: list[list[int]], start: int = 0) -> list[list[int]]:
    """The ways without those that lead back to a step under way, when one walks in depth from the start."""
    kept: list[list[int]] = [[] for _ in edges]
    done: set[int] = set()
    under_way: set[int] = {start}
    pile = [(start, iter(dict.fromkeys(edges[start])))] if edges else []
    while pile:
        here, targets = pile[-1]
        target = next(targets, None)
        if target is None:
            pile.pop()
            under_way.discard(here)
            done.add(here)
        elif target not in under_way:
            kept[here].append(target)
            if target not in done:
                under_way.add(target)
                pile.append((target, iter(dict.fromkeys(edges[target]))))
    return kept


_CHANGED = frozenset({"ok", "timeout", IN_PART, "done already"})
"""How a change ends that may hold: it went well, or nobody knows."""


def changes_left(book: Runbook, walked: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """(The step that changed something, the step that takes it back), of each change whose undo was not walked since.

    `walked` are the visits that came to an end, as (step, exit), in their order. Of changes whose undo is no step, see
    `changes_kept`.
    """
    left: dict[str, str] = {}
    for step_id, exit_ in walked:
        taken_back = [one for one, undo in left.items() if undo == step_id and exit_ == "ok"]
        for one in taken_back:
            del left[one]
        step = book.by_id.get(step_id)
        if not taken_back and isinstance(step, RunStep) and step.effect != "read" and exit_ in _CHANGED:
            undo = step.undo.step if step.undo is not None else None
            if undo is not None:
                left[step_id] = undo
    return tuple(left.items())


def changes_kept(book: Runbook, walked: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The steps that changed something and whose undo is a command: whether it was typed, no record says."""
    made = dict.fromkeys(step for step, exit_ in walked if exit_ in _CHANGED)
    steps = (book.by_id.get(one) for one in made)
    return tuple(
        step.id
        for step in steps
        if isinstance(step, RunStep) and step.effect != "read" and step.undo is not None and step.undo.argv
    )


def leads_to(book: Runbook, start: str, bound: Collection[str], signoff: str) -> tuple[str, ...]:
    """Those bound steps that can be come to from a step without asking for the signatures anew, in the file's order."""
    seen, waiting = {start}, [start]
    while waiting:
        for _, target in book.exits(book.by_id[waiting.pop()]):
            if target in book.by_id and target not in seen and target != signoff:
                seen.add(target)
                waiting.append(target)
    return tuple(step.id for step in book.steps if step.id in bound and step.id in seen)


def longest_wait(book: Runbook, signoff: Signoff) -> tuple[int, str] | None:
    """Seconds that usually pass between the signature and a bound step, by the longest good way; and which step.

    None when no good way leads to one. What has no time written counts nothing.
    """
    ways = good_ways(book)
    first, own = ways.number.get(book.target(signoff, "approved")), ways.number[signoff.id]
    if first is None:
        return None
    edges = [[one for one in ways.answers(at) if one != own] for at in range(len(book.steps))]
    onward = without_loops(edges, first)
    passed = {first: 0}
    for at in _first_first(onward, first):
        for target in onward[at]:
            passed[target] = max(passed.get(target, 0), passed[at] + _typical_seconds(book.steps[at]))
    bound = [(passed[ways.number[one]], one) for one in signoff.binds.steps if ways.number.get(one) in passed]
    return max(bound, default=None)


def _first_first(onward: list[list[int]], start: int) -> list[int]:
    """Every step that can be come to, each before those that it leads to; there is no loop."""
    coming = Counter(target for at in reached(onward, [start]) for target in onward[at])
    order, free = [], [start]
    while free:
        at = free.pop()
        order.append(at)
        for target in onward[at]:
            coming[target] -= 1
            if not coming[target]:
                free.append(target)
    return order


def _typical_seconds(step: StepBase) -> int:
    waits = step.for_ if isinstance(step, Wait) else None
    return int(max((one.total_seconds() for one in (step.typical, waits) if one is not None), default=0))

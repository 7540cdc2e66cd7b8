"""From a sign-off to what it binds: which steps still lead there, and how long that usually takes."""

from collections import Counter
from collections.abc import Collection

from bot.format.runbook import Runbook, Signoff, StepBase, Wait
from bot.format.ways.good import good_ways, without_loops
from bot.format.ways.graph import reached


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
            passed[target] = max(passed.get(target, 0), passed[at] + _seconds(book.steps[at]))
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


def _seconds(step: StepBase) -> int:
    waits = step.for_ if isinstance(step, Wait) else None
    return int(max((one.total_seconds() for one in (step.typical, waits) if one is not None), default=0))

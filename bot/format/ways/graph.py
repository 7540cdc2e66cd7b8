"""Ways through a tree of steps: what can be reached, and where it goes round. All in time linear in the exits."""

from collections.abc import Collection, Iterable, Sequence

Edges = Sequence[Iterable[int]]
"""For each step, by its number in the file, the numbers of the steps that its exits lead to."""


def reached(edges: Edges, starts: Iterable[int]) -> set[int]:
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

"""Where the words beside a line stand: on the line, near its start, and on nothing else."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

Point = tuple[float, float]
Size = tuple[float, float]
Frame = tuple[float, float, float, float]
"""Left, top, right, bottom."""
_SPARE = 14.0
"""How much of a stretch of line is to be seen at both sides of the words on it."""
_CLEAR = 3.0
_LONG = 6
"""A way down that is longer than so many times its words carries them at its start, not in its middle."""


def place_labels(
    sizes: Sequence[Size], lines: Sequence[Sequence[Point]], asked: Sequence[Point | None], boxes: Iterable[Frame]
) -> list[Point]:
    """The upper left corner of each line's words; `asked` is where the layout keeps room for their middle."""
    solid = list(boxes)
    stretches = [[_frame(a, b) for a, b in itertools.pairwise(points)] for points in lines]
    corners: list[Point] = []
    for place, (size, points, middle) in enumerate(zip(sizes, lines, asked, strict=True)):
        others = [one for other, own in enumerate(stretches) if other != place for one in own]
        chosen = next(
            (one for one in _candidates(size, points, middle) if _is_free(one, size, [*solid, *others])),
            middle or _middle(points[0], points[-1]),
        )
        frame = _around(chosen, size)
        if middle is not None:
            solid.append(frame)
        corners.append((frame[0], frame[1]))
    return corners


def _candidates(size: Size, points: Sequence[Point], middle: Point | None) -> Iterator[Point]:
    """Middles of stretches across; near the start of a long way down; then the kept room, drawn onto the line."""
    pairs = list(itertools.pairwise(points))
    for (x, y), (to_x, to_y) in pairs:
        if abs(y - to_y) < 1 and abs(x - to_x) > size[0] + _SPARE:
            yield _middle((x, y), (to_x, to_y))
    for (x, y), (to_x, to_y) in pairs:
        if abs(x - to_x) < 1 and to_y - y > _LONG * size[1]:
            yield x, y + size[1] / 2 + _SPARE
    if middle is not None:
        yield from sorted((_onto(middle, a, b) for a, b in pairs), key=lambda one: _far(one, middle))
        yield middle
    for (x, y), (to_x, to_y) in pairs:
        if abs(x - to_x) < 1 and abs(y - to_y) > size[1] + _SPARE:
            yield _middle((x, y), (to_x, to_y))


def _onto(point: Point, a: Point, b: Point) -> Point:
    """The nearest point of a stretch."""
    frame = _frame(a, b)
    return min(max(point[0], frame[0]), frame[2]), min(max(point[1], frame[1]), frame[3])


def _is_free(middle: Point, size: Size, taken: Iterable[Frame]) -> bool:
    left, top, right, bottom = _around(middle, size)
    return not any(
        left - _CLEAR < other[2] and right + _CLEAR > other[0] and top < other[3] and bottom > other[1]
        for other in taken
    )


def _around(middle: Point, size: Size) -> Frame:
    x, y = middle[0] - size[0] / 2, middle[1] - size[1] / 2
    return x, y, x + size[0], y + size[1]


def _frame(a: Point, b: Point) -> Frame:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])


def _middle(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _far(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])

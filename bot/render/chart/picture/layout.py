"""Where boxes and labels of a drawing stand."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import graphlay

from bot.render.chart.graph import Chart, ExitArrow, Group
from bot.render.chart.picture.boxes import Box, TextLine, leading, measure, set_lines
from bot.render.chart.words import say_exits

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


_LABEL_WIDTH = 150.0
_OPTIONS = {
    "direction": "topbottom",
    "spacing": {"layer_gap": 34.0, "node_gap": 30.0, "dummy_gap": 18.0, "edge_label_margin": 24.0},
    "routing": {"style": "orthogonal"},
    "labels": {"placement": "gap_centre", "reservation": "always"},
}
_GOOD, _ONWARD, _FAILING = 24.0, 2.0, 1.0
"""How much a line is worth keeping short and straight."""


@dataclass(frozen=True, slots=True)
class Label:
    """What stands beside a line; (x, y) is its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[TextLine, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """A way as a line: corners from box to box."""

    way: ExitArrow
    points: tuple[Point, ...]
    label: Label | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A group laid out; the upper left corner is (0, 0)."""

    group: Group
    boxes: Mapping[str, tuple[Point, Box]]
    """Step -> the upper left corner of its box, and the box."""
    routes: tuple[Route, ...]
    width: float
    height: float


def lay_out(chart: Chart, group: Group) -> Plan:
    """Boxes in layers from the top, the good path straight, no box over another."""
    boxes = {step: measure(chart, chart.steps[step]) for step in group.steps}
    ways = [way for way in chart.ways if way.drawn == "line" and way.source in boxes]
    texts = [_label_lines(chart, way) for way in ways]
    placed = _ask(chart, boxes, ways, texts)
    left, top = placed.bounds["min"]["x"], placed.bounds["min"]["y"]
    corners = {
        step: ((x - boxes[step].width / 2 - left, y - boxes[step].height / 2 - top), boxes[step])
        for step, (x, y) in placed.positions().items()
    }
    lines = [tuple(_point(one, left, top) for one in edge["points"]) for edge in placed.edges]
    labels = _labels(texts, lines, [_kept(edge, left, top) for edge in placed.edges], corners)
    routes = tuple(Route(*each) for each in zip(ways, lines, labels, strict=True))
    return Plan(group, corners, routes, placed.bounds["max"]["x"] - left, placed.bounds["max"]["y"] - top)


def _ask(
    chart: Chart, boxes: Mapping[str, Box], ways: Sequence[ExitArrow], texts: Sequence[Sequence[TextLine]]
) -> graphlay.Layout:
    graph = graphlay.Graph()
    for step, box in boxes.items():
        graph.node(step, width=box.width, height=box.height)
    for way, lines in zip(ways, texts, strict=True):
        weight = _GOOD if chart.is_good(way) else _FAILING if way.failing else _ONWARD
        room = {"label_size": {"width": _wide(lines), "height": _high(lines)}} if lines else {}
        graph.edge(way.source, way.target, weight=weight, **room)
    return graphlay.layout(graph, preset="process_map", options=_OPTIONS)


def _labels(
    texts: Sequence[Sequence[TextLine]],
    lines: Sequence[Sequence[Point]],
    kept: Sequence[Point | None],
    corners: Mapping[str, tuple[Point, Box]],
) -> list[Label | None]:
    sizes = [(_wide(words), _high(words)) for words in texts]
    frames = [(x, y, x + box.width, y + box.height) for (x, y), box in corners.values()]
    places = place_labels(sizes, lines, kept, frames)
    return [
        Label(x, y, *size, tuple(words)) if words else None
        for words, size, (x, y) in zip(texts, sizes, places, strict=True)
    ]


def _kept(edge: Mapping[str, Any], left: float, top: float) -> Point | None:
    """Where the layout keeps room for the middle of a line's words."""
    return _point(edge["label_anchor"], left, top) if edge.get("label_anchor") else None


def _point(point: Mapping[str, float], left: float, top: float) -> Point:
    return point["x"] - left, point["y"] - top


def _label_lines(chart: Chart, way: ExitArrow) -> list[TextLine]:
    """What a line says: its exit unless that is plainly the way on, and who takes over."""
    lines = (
        []
        if way.exits == ("ok",) and chart.walked is None
        else set_lines(say_exits(chart, way), _LABEL_WIDTH, "label", 4, 2)
    )
    taken = chart.hand_off(way)
    if taken:
        lines += set_lines(f"⇄ {taken}", _LABEL_WIDTH, "hand-off", 4, 2 + len(lines) * leading("label"))
    return lines


def _wide(lines: Sequence[TextLine]) -> float:
    return max((line.width for line in lines), default=0) + 8


def _high(lines: Sequence[TextLine]) -> float:
    return sum(leading(line.ink) for line in lines) + 4

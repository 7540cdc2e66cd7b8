"""A chart as pieces of SVG with their places: head, groups of boxes and lines, and the key to the shapes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape

from bot.format.runbook import KINDS as STEP_KINDS
from bot.render.chart.graph import Chart, ExitArrow
from bot.render.chart.picture.boxes import WIDTH, Badge, Box, Pill, TextLine, leading, set_lines
from bot.render.chart.picture.layout import Label, Plan, Point, Route, lay_out
from bot.render.chart.picture.letters import tidy
from bot.render.chart.picture.shapes import arrow_at, inner_of, line_through, n, outline_of, pill_of, sign_of
from bot.render.chart.words import KINDS, say_head, say_paths
from bot.render.prose import say_phase

MARGIN = 24.0
_GUTTER = 104.0
"""Left of the boxes: the phases."""
_LEAST = 640.0
_START = 46.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of SVG and the strip of the picture that it stands in; a solid one is not to be cut through."""

    top: float
    bottom: float
    markup: str
    solid: bool = True


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart, drawn, in pixels."""

    width: float
    height: float
    pieces: tuple[Piece, ...]
    start: float
    """How far from the left it starts."""


def draw(chart: Chart, *, headed: bool = True) -> Drawing:
    """Everything of a chart, from its title to the key; not `headed`, without the title and the times."""
    plans = [lay_out(chart, group) for group in chart.groups]
    width = max(_LEAST, max(plan.width for plan in plans) + _GUTTER + 2 * MARGIN)
    y, pieces = _head(chart, width) if headed else (MARGIN, [])
    for plan in plans:
        y, drawn = _group(chart, plan, y)
        pieces += drawn
    y, key = _key(chart, y + 14, width)
    return Drawing(width, y + MARGIN, (*pieces, *key), _start_of(chart, plans))


def _start_of(chart: Chart, plans: list[Plan]) -> float:
    corner, box = plans[0].boxes[chart.book.steps[0].id]
    return MARGIN + _GUTTER + corner[0] + box.width / 2


def _head(chart: Chart, width: float) -> tuple[float, list[Piece]]:
    room = width - 2 * MARGIN
    lines = set_lines(chart.book.title, room, "head", 0, 0)
    y = len(lines) * leading("head") + 4
    for text in (say_head(chart), *say_paths(chart)):
        more = set_lines(text, room, "line", 0, y)
        lines += more
        y += len(more) * leading("line")
    return MARGIN + y + 22, [Piece(MARGIN, MARGIN + y, f"<g{_at(MARGIN, MARGIN)}>{_texts(lines)}</g>")]


def _group(chart: Chart, plan: Plan, y: float) -> tuple[float, list[Piece]]:
    """A group below `y`, and where it ends."""
    pieces = list(_caption(plan, y))
    top = y + (36 if plan.group.caption else 0) + (_START if chart.book.steps[0].id in plan.boxes else 0)
    left = MARGIN + _GUTTER
    start = plan.boxes.get(chart.book.steps[0].id)
    if start is not None:
        pieces += _start(left + start[0][0] + WIDTH / 2, top + start[0][1])
    pieces += _phases(chart, plan, top)
    pieces += (_route(chart, route, left, top) for route in plan.routes)
    pieces += (_label(chart, route, left, top) for route in plan.routes if route.label)
    pieces += (_box(chart, box, left + x, top + y_in) for (x, y_in), box in plan.boxes.values())
    return top + plan.height + 34, pieces


def _caption(plan: Plan, y: float) -> Iterator[Piece]:
    if plan.group.caption:
        lines = set_lines(plan.group.caption, _LEAST - 2 * MARGIN, "title", 0, 8)
        rule = f'<path class="rule" d="M0 0H{n(plan.width + _GUTTER)}"/>'
        yield Piece(y, y + 30, f"<g{_at(MARGIN, y)}>{rule}{_texts(lines)}</g>")


def _start(x: float, y: float) -> list[Piece]:
    word = TextLine("START", 0, -26.5, "badge")
    lines = (replace(word, x=-word.width / 2),)
    pill = f'<rect class="frame" x="-32" y="-40" width="64" height="20" rx="10"/>{_texts(lines)}'
    way = f'<path class="route" d="{line_through(((0, -20), (0, -2)))}"/><path class="arrow" d="{_down()}"/>'
    return [Piece(y - 40, y, f'<g class="good"{_at(x, y)}>{pill}{way}</g>')]


def _down() -> str:
    return arrow_at(((0, -20), (0, 0)))


def _phases(chart: Chart, plan: Plan, top: float) -> Iterator[Piece]:
    """A bracket for each stretch of the good path in one phase, left of the boxes."""
    spans: list[tuple[str, float, float]] = []
    for step in chart.good.steps:
        if step not in plan.boxes:
            continue
        (_, y), box = plan.boxes[step]
        phase = say_phase(box.step.phase)
        if spans and spans[-1][0] == phase:
            spans[-1] = (phase, spans[-1][1], y + box.height)
        else:
            spans.append((phase, y, y + box.height))
    for phase, start, end in spans:
        if phase:
            lines = set_lines(phase.upper(), _GUTTER - 26, "phase", 0, 0)
            bracket = f'<path class="rule" d="M{n(_GUTTER - 10)} 0H{n(_GUTTER - 18)}V{n(end - start)}h8"/>'
            markup = f"<g{_at(MARGIN, top + start)}>{bracket}{_texts(lines)}</g>"
            yield Piece(top + start, top + end, markup, solid=False)


def _box(chart: Chart, box: Box, x: float, y: float) -> Piece:
    kind = box.step.kind
    classes = " ".join(["step", kind, *(["good"] if box.step.id in chart.good.steps else [])])
    inner = inner_of(kind, box.width, box.height)
    parts = [
        f'<g class="{classes}"{_data(step=box.step.id, kind=kind)}{_at(x, y)}>',
        f"<title>{_said(tidy(box.step.title))}</title>",
        f'<path class="box" d="{outline_of(kind, box.width, box.height)}"/>',
        f'<path class="inner" d="{inner}"/>' if inner else "",
        _texts(box.lines),
        _badge(box.badge) if box.badge else "",
        *(_pill(pill, box) for pill in box.pills),
        "</g>",
    ]
    return Piece(y, y + box.height, "".join(parts))


def _badge(badge: Badge) -> str:
    tone, round_ = "frame" if badge.usual else "other", n(min(8.5, badge.height / 2))
    place = f'x="{n(badge.x)}" y="{n(badge.y)}" width="{n(badge.width)}" height="{n(badge.height)}"'
    frame = f'<rect class="{tone}" {place} rx="{round_}"/>'
    return f"<g>{frame}{_texts(badge.lines)}</g>"


def _pill(pill: Pill, box: Box) -> str:
    way, left = pill.way, 18.0
    shape = pill_of(box.width - 2 * left, pill.height, back=way.back)
    sign = f'<path class="sign"{_at(11, pill.height / 2)} d="{sign_of(failing=way.failing, back=way.back)}"/>'
    inside = f'<g{_at(left, pill.y)}><path class="pill" d="{shape}"/>{sign}</g>'
    return f'<g class="{_tone(way)}"{_ends(way)}>{inside}{_texts(pill.lines)}</g>'


def _route(chart: Chart, route: Route, left: float, top: float) -> Piece:
    points = [(x + left, y + top) for x, y in route.points]
    tone = "good" if chart.is_good(route.way) else _tone(route.way)
    short = [*points[:-1], _before_end(points)]
    markup = (
        f'<g class="way {tone}"{_ends(route.way)}><path class="route" d="{line_through(short)}"/>'
        f'<path class="arrow" d="{arrow_at(points)}"/></g>'
    )
    heights = [y for _, y in points]
    return Piece(min(heights), max(heights), markup, solid=False)


def _before_end(points: list[Point]) -> Point:
    """Where a line stops so that its arrow has a point."""
    (x, y), (bx, by) = points[-1], points[-2]
    length = max(abs(x - bx) + abs(y - by), 0.001)
    step = min(5.0, length)
    return x - (x - bx) / length * step, y - (y - by) / length * step


def _label(chart: Chart, route: Route, left: float, top: float) -> Piece:
    label = route.label or Label(0, 0, 0, 0, ())
    x, y = label.x + left, label.y + top
    paper = f'<rect class="paper" width="{n(label.width)}" height="{n(label.height)}" rx="3"/>'
    tone = "good" if chart.is_good(route.way) else _tone(route.way)
    return Piece(y, y + label.height, f'<g class="{tone}"{_at(x, y)}>{paper}{_texts(label.lines)}</g>')


def _key(chart: Chart, y: float, width: float) -> tuple[float, list[Piece]]:
    """The kinds that occur, each a small outline with its name, then the lines."""
    used = [kind for kind in STEP_KINDS if any(step.kind == kind for step in chart.steps.values())]
    items = [(_small(kind), KINDS[kind]) for kind in used]
    items += [(_stroke("good"), "good path"), (_stroke("way"), "a way on"), (_stroke("failing"), "went wrong")]
    items += [(_stub(failing=True, back=False), "leads away"), (_stub(failing=False, back=True), "leads back")]
    across = int((width - 2 * MARGIN) // 128)
    parts = [f'<path class="rule" d="M0 0H{n(width - 2 * MARGIN)}"/>']
    for place, (mark, name) in enumerate(items):
        x, row = place % across * 128.0, place // across
        line = TextLine(name, x + 46, 31 + row * 28.0, "facts")
        parts.append(f"<g{_at(x, 16 + row * 28.0)}>{mark}</g>{_texts([line])}")
    high = 22 + 28.0 * -(-len(items) // across)
    return y + high, [Piece(y, y + high, f"<g{_at(MARGIN, y)}>{''.join(parts)}</g>")]


def _small(kind: str) -> str:
    inner = {"signoff": "", "call": "M4 0V20M34 0V20", "run": "M5 0V20"}.get(kind, "")
    strokes = f'<path class="inner" d="{inner}"/>' if inner else ""
    return f'<g class="{kind}"><path class="box" d="{outline_of(kind, 38, 20)}"/>{strokes}</g>'


def _stroke(tone: str) -> str:
    line = ((0.0, 10.0), (38.0, 10.0))
    return (
        f'<g class="{tone}"><path class="route" d="{line_through((line[0], (33.0, 10.0)))}"/>'
        f'<path class="arrow" d="{arrow_at(line)}"/></g>'
    )


def _stub(*, failing: bool, back: bool) -> str:
    sign = f'<path class="sign"{_at(18, 10)} d="{sign_of(failing=failing, back=back)}"/>'
    tone = "failing" if failing else "way"
    return f'<g class="{tone}"><path class="pill"{_at(0, 2)} d="{pill_of(38, 16, back=back)}"/>{sign}</g>'


def _tone(way: ExitArrow) -> str:
    return "failing" if way.failing else "onward"


def _ends(way: ExitArrow) -> str:
    return _data(**{"from": way.source, "to": way.target, "exits": "|".join(way.exits)})


def _data(**named: str) -> str:
    return "".join(f' data-{name}="{_said(value)}"' for name, value in named.items())


def _at(x: float, y: float) -> str:
    return f' transform="translate({n(x)} {n(y)})"'


def _texts(lines: Iterable[TextLine]) -> str:
    return "".join(
        f'<text class="{line.ink}" x="{n(line.x)}" y="{n(line.y)}">{_said(line.text)}</text>' for line in lines
    )


def _said(text: str) -> str:
    return escape(text, quote=True)

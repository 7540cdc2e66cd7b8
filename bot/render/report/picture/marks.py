"""Marks of the picture: each kind has a shape and a sign of its own; those that would touch are counted in one."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from bot.render.chart.picture.letters import tidy
from bot.render.report.picture.axis import Axis
from bot.render.report.picture.scene import Mark, MarkKind

RADIUS = 8.5
_TOUCH = 2 * RADIUS + 1
_TICK, _CROSS = "m-3.6 .4 2.6 2.8 4.8-5.8", "m-3-3 6 6m0-6-6 6"
_OUTLINES: dict[MarkKind, str] = {
    "page": f"M0 {-RADIUS} {RADIUS} {RADIUS - 1.5} {-RADIUS} {RADIUS - 1.5}Z",
    "deviation": f"M0 {-RADIUS} {RADIUS} 0 0 {RADIUS} {-RADIUS} 0Z",
}
_MANY = 9


def draw_marks(marks: Iterable[Mark], axis: Axis, y: float) -> Iterator[str]:
    """Every mark in its place at the height `y`; of several that would touch, one with their number."""
    groups = [group for group in _groups([mark for mark in marks if axis.shows(mark.at)], axis) if group]
    free = axis.left + RADIUS
    for middle, group in sorted(((_middle(one, axis), one) for one in groups), key=lambda placed: placed[0]):
        x = min(max(middle, free), axis.left + axis.width - RADIUS)
        free = x + _TOUCH
        said = "; ".join(tidy(one.said) for one in group if one.said)
        yield draw_mark(group[0].kind, x, y, len(group), said)


def _middle(group: Sequence[Mark], axis: Axis) -> float:
    return sum(axis.x(one.at) for one in group) / len(group)


def draw_mark(kind: MarkKind, x: float, y: float, many: int = 1, said: str = "") -> str:
    """One mark, or several of one kind as one; `said` is what a pointer or a screen reader gives for it."""
    title = f"<title>{escape(said, quote=True)}</title>" if said else ""
    return f'<g transform="translate({x:.1f} {y:.1f})">{title}{_outline(kind)}{_sign(kind, many)}</g>'


def _groups(marks: Sequence[Mark], axis: Axis) -> Iterator[list[Mark]]:
    """Marks of a kind that stand apart, or lots of those that would touch."""
    for kind in dict.fromkeys(one.kind for one in marks):
        group: list[Mark] = []
        for mark in sorted((one for one in marks if one.kind == kind), key=lambda one: one.at):
            if group and axis.x(mark.at) - axis.x(group[0].at) >= _TOUCH:
                yield group
                group = []
            group.append(mark)
        yield group


def _outline(kind: MarkKind) -> str:
    if kind in _OUTLINES:
        return f'<path class="mark {kind}" d="{_OUTLINES[kind]}"/>'
    return f'<circle class="mark {kind}" r="{RADIUS}"/>'


def _sign(kind: MarkKind, many: int) -> str:
    if many > 1:
        return _word(kind, str(many) if many <= _MANY else "+")
    if kind in ("signed", "refused"):
        return f'<path class="sign" d="{_TICK if kind == "signed" else _CROSS}"/>'
    return _word(kind, "!")


def _word(kind: MarkKind, word: str) -> str:
    small = " mark-small" if kind == "page" else ""
    return f'<text class="mark-word{small}" text-anchor="middle" y="{5 if kind == "page" else 4}">{word}</text>'

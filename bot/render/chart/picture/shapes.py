"""The outline of each kind of step, and the corners of lines, as SVG paths. No two kinds share an outline."""

from collections.abc import Callable, Sequence

_ROUND = 9.0
_SLANT = 10.0
_CORNER = 8.0
_CLOSE = 1.5
"""Points that are nearer than this are one."""


def n(value: float) -> str:
    """A number as short as it can be written."""
    return f"{value:.1f}".removesuffix(".0")


def outline_of(kind: str, w: float, h: float) -> str:
    """The path of a box of this kind, its upper left corner at (0, 0)."""
    return _OUTLINES[kind](w, h)


def inner_of(kind: str, w: float, h: float) -> str:
    """Strokes inside the outline that belong to the kind; "" when there are none."""
    return _INNER[kind](w, h) if kind in _INNER else ""


def _polygon(*points: tuple[float, float]) -> str:
    return "M" + "L".join(f"{n(x)} {n(y)}" for x, y in points) + "Z"


def _rounded(w: float, h: float, r: float) -> str:
    r = min(r, h / 2, w / 2)
    return (
        f"M{n(r)} 0H{n(w - r)}A{n(r)} {n(r)} 0 0 1 {n(w)} {n(r)}V{n(h - r)}A{n(r)} {n(r)} 0 0 1 {n(w - r)} {n(h)}"
        f"H{n(r)}A{n(r)} {n(r)} 0 0 1 0 {n(h - r)}V{n(r)}A{n(r)} {n(r)} 0 0 1 {n(r)} 0Z"
    )


def _hexagon(w: float, h: float) -> str:
    return _polygon((12, 0), (w - 12, 0), (w, h / 2), (w - 12, h), (12, h), (0, h / 2))


def _octagon(w: float, h: float) -> str:
    return _polygon((14, 0), (w - 14, 0), (w, 14), (w, h - 14), (w - 14, h), (14, h), (0, h - 14), (0, 14))


def _slanted(w: float, h: float) -> str:
    return _polygon((_SLANT, 0), (w, 0), (w - _SLANT, h), (0, h))


def _waisted(w: float, h: float) -> str:
    return f"M0 0H{n(w)}Q{n(w - 18)} {n(h / 2)} {n(w)} {n(h)}H0Q18 {n(h / 2)} 0 0Z"


def _notched(w: float, h: float) -> str:
    """Two ways that come together: the sides lean in towards the lower edge."""
    return _polygon((0, 0), (w, 0), (w - 14, h), (14, h))


def _pointed(w: float, h: float) -> str:
    return _polygon((0, 0), (w - 13, 0), (w, h / 2), (w - 13, h), (0, h))


def _rectangle(w: float, h: float) -> str:
    return f"M0 0H{n(w)}V{n(h)}H0Z"


def _stamp(w: float, h: float) -> str:
    """A sheet with its upper corner folded."""
    return _polygon((0, 0), (w - 16, 0), (w, 16), (w, h), (0, h))


_OUTLINES: dict[str, Callable[[float, float], str]] = {
    "do": lambda w, h: _rounded(w, h, _ROUND),
    "decide": _hexagon,
    "signoff": _stamp,
    "check": _slanted,
    "run": _rectangle,
    "branch": _octagon,
    "wait": _waisted,
    "call": _rectangle,
    "join": _notched,
    "notify": _pointed,
    "end": lambda w, h: _rounded(w, h, 30),
}
_INNER: dict[str, Callable[[float, float], str]] = {
    "run": lambda _w, h: f"M7 0V{n(h)}",
    "call": lambda w, h: f"M6 0V{n(h)}M{n(w - 6)} 0V{n(h)}",
    "signoff": lambda w, h: f"M{n(w - 16)} 0V16H{n(w)}M4 4H{n(w - 20)}V20H{n(w - 4)}V{n(h - 4)}H4Z",
}


def pill_of(w: float, h: float, *, back: bool) -> str:
    """The path of a stub: an arrow to the right, or one to the left where a way leads back."""
    if back:
        return _polygon((9, 0), (w, 0), (w, h), (9, h), (0, h / 2))
    return _polygon((0, 0), (w - 9, 0), (w, h / 2), (w - 9, h), (0, h))


def sign_of(*, failing: bool, back: bool) -> str:
    """The small sign in a stub or beside a line, around (0, 0): a cross, a bent arrow, or a plain arrow."""
    if failing:
        return "M-3-3L3 3M3-3L-3 3"
    if back:
        return "M3 3.5V-.5H-3M-.8-3L-3.4-.5L-.8 2"
    return "M-3.5 0H3M.5-2.6L3.3 0L.5 2.6"


def line_through(points: Sequence[tuple[float, float]]) -> str:
    """A path with rounded corners through all points."""
    kept = [point for place, point in enumerate(points) if place == 0 or _apart(point, points[place - 1])]
    parts = [f"M{n(kept[0][0])} {n(kept[0][1])}"]
    for before, here, after in zip(kept, kept[1:], kept[2:], strict=False):
        start, end = _toward(here, before), _toward(here, after)
        parts.append(f"L{n(start[0])} {n(start[1])}Q{n(here[0])} {n(here[1])} {n(end[0])} {n(end[1])}")
    return "".join([*parts, f"L{n(kept[-1][0])} {n(kept[-1][1])}"])


def arrow_at(points: Sequence[tuple[float, float]]) -> str:
    """The head of an arrow that ends at the last point."""
    (x, y), before = points[-1], points[-2]
    dx, dy = x - before[0], y - before[1]
    length = max((dx * dx + dy * dy) ** 0.5, 0.001)
    ux, uy = dx / length, dy / length
    base = (x - 8 * ux, y - 8 * uy)
    return _polygon((x, y), (base[0] - 4.5 * uy, base[1] + 4.5 * ux), (base[0] + 4.5 * uy, base[1] - 4.5 * ux))


def _apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) + abs(one[1] - other[1]) > _CLOSE


def _toward(here: tuple[float, float], there: tuple[float, float]) -> tuple[float, float]:
    dx, dy = there[0] - here[0], there[1] - here[1]
    length = max((dx * dx + dy * dy) ** 0.5, 0.001)
    step = min(_CORNER, length / 2)
    return here[0] + dx / length * step, here[1] + dy / length * step

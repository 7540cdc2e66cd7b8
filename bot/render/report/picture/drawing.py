"""The picture of a run as SVG: once for a wide page, once for a phone; words are never smaller than the page's own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape

from bot.render.chart.picture.letters import tidy, width_of
from bot.render.report.picture.scene import (
    BANDS,
    MARKS,
    RADIUS,
    Axis,
    Band,
    BandKind,
    MarkKind,
    PictureRow,
    Scene,
    draw_mark,
    draw_marks,
)

_TEXT, _SMALL = 13.0, 12.0
_HEAD, _FOOT, _BAR, _KEY_LINE = 26.0, 30.0, 16.0, 24.0
_HATCHED: dict[BandKind, int] = {"wait": 45, "danger": -45, "beyond": 90, "paused": 0}
"""Which bands are hatched, and how the strokes lean."""
_LEAST = 2.0
"""Pixels of a band at least: what took a moment is still there."""


@dataclass(frozen=True, slots=True)
class PictureSize:
    """How large a picture is: with `beside`, the words stand left of their band, else above it."""

    name: str
    width: float
    beside: float
    row: float

    @property
    def bar_top(self) -> float:
        """From the top of a row to its band."""
        return (self.row - _BAR) / 2 if self.beside else 22.0


WIDE = PictureSize("wide", 960, 232, 40)
NARROW = PictureSize("narrow", 360, 0, 48)


def draw_picture(scene: Scene) -> str:
    """Both pictures, one after the other; `looks.style_sheet` shows the one that fits."""
    return draw_sheet(scene, WIDE) + draw_sheet(scene, NARROW)


def draw_sheet(scene: Scene, sheet: PictureSize) -> str:
    """One picture, without styles. Its words are in `title` and `desc` for whoever does not see it."""
    first, last = scene.window()
    edge = 12.0
    axis = Axis(first, last, sheet.beside + edge, sheet.width - sheet.beside - 2 * edge, scene.zone)
    foot = _HEAD + sheet.row * len(scene.rows)
    key = list(_key(scene, sheet, foot + _FOOT))
    height = foot + _FOOT + _KEY_LINE * (1 + max((line for line, _ in key), default=0))
    name = f"{sheet.name}-picture"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="when {sheet.name}" viewBox="0 0 {sheet.width:g} {height:g}" '
        f'role="img" aria-labelledby="{name}"><title id="{name}">{_said(scene.title)}. {_said(scene.about)}</title>'
        f"<defs>{''.join(_patterns(sheet))}</defs>"
        f"{''.join(_ticks(axis, sheet, foot))}{''.join(_rows(scene.rows, sheet, axis))}"
        f"{''.join(_lines(scene, sheet, axis, foot))}{''.join(_marks(scene.rows, sheet, axis))}"
        f"{''.join(drawn for _, drawn in key)}</svg>"
    )


def _patterns(sheet: PictureSize) -> Iterator[str]:
    for kind, lean in _HATCHED.items():
        yield (
            f'<pattern id="{sheet.name}-{kind}" width="6" height="6" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate({lean})"><path class="hatch hatch-{kind}" d="M3 0v6"/></pattern>'
        )


def _upright(x: float, sheet: PictureSize, foot: float) -> str:
    """A line from top to bottom, which spares words that stand above their band."""
    if sheet.beside:
        return f"M{x:.1f} {_HEAD - 4:g}V{foot:g}"
    tops = (_HEAD + sheet.row * number for number in range(round((foot - _HEAD) / sheet.row)))
    return f"M{x:.1f} {_HEAD - 4:g}v4" + "".join(f"M{x:.1f} {top + sheet.bar_top - 2:g}v{_BAR + 6:g}" for top in tops)


def _ticks(axis: Axis, sheet: PictureSize, foot: float) -> Iterator[str]:
    for x, label in axis.ticks():
        half = width_of(label, _SMALL) / 2
        at = min(max(x, half), axis.left + axis.width + 12 - half)
        yield f'<path class="tick" d="{_upright(x, sheet, foot)}"/>'
        yield f'<text class="small quiet" text-anchor="middle" x="{at:.1f}" y="{foot + 16:g}">{label}</text>'


def _rows(rows: Iterable[PictureRow], sheet: PictureSize, axis: Axis) -> Iterator[str]:
    for number, row in enumerate(rows):
        top = _HEAD + number * sheet.row
        yield f'<path class="row" d="M0 {top:g}H{sheet.width:g}"/>{_words(row, sheet, top)}'
        yield from (_band(band, sheet, axis, top + sheet.bar_top) for band in row.bands)


def _marks(rows: Iterable[PictureRow], sheet: PictureSize, axis: Axis) -> Iterator[str]:
    for number, row in enumerate(rows):
        yield from draw_marks(row.marks, axis, _HEAD + number * sheet.row + sheet.bar_top + _BAR / 2)


def _words(row: PictureRow, sheet: PictureSize, top: float) -> str:
    """What the row is about. Beside the band in two lines; above it in one, what is less needed at its end."""
    if sheet.beside:
        label, detail = fit(row.label, sheet.beside - 8, bold=True), fit(row.detail, sheet.beside - 8)
        first = top + (16 if detail else 24)
        return (
            f'<text class="strong" x="0" y="{first:g}">{_said(label)}</text>'
            f'<text class="small quiet" x="0" y="{top + 32:g}">{_said(detail)}</text>'
        )
    label = fit(row.label, sheet.width * (0.55 if row.detail else 1), bold=True)
    detail = fit(row.detail, sheet.width - width_of(label, _TEXT, bold=True) - 10)
    return (
        f'<text class="strong" x="0" y="{top + 16:g}">{_said(label)}</text>'
        f'<text class="small quiet" text-anchor="end" x="{sheet.width:g}" y="{top + 16:g}">{_said(detail)}</text>'
    )


def _band(band: Band, sheet: PictureSize, axis: Axis, top: float) -> str:
    if band.end < axis.first or band.start > axis.last:
        return ""
    left, right = axis.x(band.start), axis.x(band.end)
    width = max(_LEAST, right - left)
    left = min(left, axis.left + axis.width - width)
    title = f"<title>{_said(band.said)}</title>" if band.said else ""
    before = _torn(left, top, -1) if band.start < axis.first else ""
    after = _torn(left + width, top, 1) if band.end > axis.last else ""
    return f"<g>{title}{_bar(band.kind, sheet, left, top, width)}{before}{after}</g>"


def _bar(kind: BandKind, sheet: PictureSize, left: float, top: float, width: float) -> str:
    place = f'x="{left:.1f}" y="{top:g}" width="{width:.1f}" height="{_BAR:g}" rx="{min(2.5, width / 2):.1f}"'
    hatch = f'<rect {place} fill="url(#{sheet.name}-{kind})"/>' if kind in _HATCHED else ""
    return f'<rect class="band {kind}" {place}/>{hatch}'


def _torn(x: float, top: float, way: int) -> str:
    """It goes on beyond the picture."""
    middle = top + _BAR / 2
    return f'<path class="line" fill="none" d="M{x + way * 2:.1f} {middle - 5:g}l{way * 5} 5l{-way * 5} 5"/>'


def _lines(scene: Scene, sheet: PictureSize, axis: Axis, foot: float) -> Iterator[str]:
    """Start, end and the limit, each with its word above; words that would touch give way in this order."""
    taken: list[tuple[float, float]] = []
    limit = [("limit", scene.deadline, "RTO")] if scene.deadline is not None and axis.shows(scene.deadline) else []
    for tone, at, word in [*limit, ("line", scene.start, "start"), ("line", scene.end, "end" if scene.over else "now")]:
        yield f'<path class="{tone}" d="{_upright(axis.x(at), sheet, foot)}"/>'
        label = f"{word} {_clock(at, scene)}"
        half = width_of(label, _SMALL, bold=True) / 2 + 4
        middle = min(max(axis.x(at), half), axis.left + axis.width + 12 - half)
        if all(middle + half <= left or middle - half >= right for left, right in taken):
            taken.append((middle - half, middle + half))
            styled = f"small strong {'limit-word' if tone == 'limit' else ''}".strip()
            yield f'<text class="{styled}" text-anchor="middle" x="{middle:.1f}" y="{_HEAD - 10:g}">{label}</text>'


def _clock(at: datetime, scene: Scene) -> str:
    return f"{at.astimezone(scene.zone):%H:%M}"


def _key(scene: Scene, sheet: PictureSize, top: float) -> Iterator[tuple[int, str]]:
    """What the patterns and marks that occur mean: the line of the key, and what stands in it."""
    bands = dict.fromkeys(band.kind for row in scene.rows for band in row.bands)
    marks = dict.fromkeys(mark.kind for row in scene.rows for mark in row.marks)
    x, line = 0.0, 0
    for kind, words in [*((one, BANDS[one]) for one in bands), *((one, MARKS[one]) for one in marks)]:
        wide = 30 + width_of(words, _SMALL) + 16
        if x and x + wide > sheet.width:
            x, line = 0.0, line + 1
        y = top + line * _KEY_LINE
        sign = _sample(kind, sheet, x, y)
        yield line, f'{sign}<text class="small" x="{x + 30:.1f}" y="{y + 13:g}">{words}</text>'
        x += wide


def _sample(kind: BandKind | MarkKind, sheet: PictureSize, x: float, y: float) -> str:
    if kind in MARKS:
        return draw_mark(kind, x + 4 + RADIUS, y + 9)
    return _bar(kind, sheet, x + 1, y + 1, 22)  # type: ignore[arg-type]


def fit(text: str, width: float, *, bold: bool = False) -> str:
    """A line that is at most so wide; an ellipsis where something is missing."""
    line, size = tidy(text), _TEXT if bold else _SMALL
    if width_of(line, size, bold=bold) <= width:
        return line
    while line and width_of(line + "…", size, bold=bold) > width:
        line = line[:-1]
    return line.rstrip() + "…"


def _said(text: str) -> str:
    return escape(tidy(text), quote=True)

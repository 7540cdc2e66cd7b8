"""A chart as SVG: one picture that stands by itself, or strips that fit a sheet of paper."""

import itertools
from collections.abc import Iterable, Iterator
from html import escape

from bot.render.chart.graph import Chart
from bot.render.chart.picture.colours import style_sheet
from bot.render.chart.picture.drawing import Drawing, Piece, draw
from bot.render.chart.picture.letters import tidy
from bot.render.chart.picture.shapes import n
from bot.render.chart.words import say_head, say_paths

_PAGE = "@page{size:A4;margin:10mm}@media print{:root{width:100%;height:auto}}"


def draw_svg(chart: Chart, *, dark: bool = True) -> str:
    """The chart as one SVG file, for light and dark screens unless `dark` is off."""
    drawing = draw(chart)
    style = f"<style>{_PAGE}{style_sheet(dark=dark)}</style>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_picture(chart, drawing, 0, drawing.height, style)}\n'


def draw_strips(chart: Chart, tallest: float) -> tuple[list[str], float]:
    """The chart as pictures that follow each other from the top, cut between boxes, without head and styles.

    `tallest` is the greatest height of a strip for each pixel of its width. A box that is higher stays whole. The
    number is where the chart starts, as a part of its width.
    """
    drawing = draw(chart, headed=False)
    cuts = [0.0, *_cuts(drawing, tallest * drawing.width), drawing.height]
    strips = [_picture(chart, drawing, top, bottom, "") for top, bottom in itertools.pairwise(cuts)]
    return strips, drawing.start / drawing.width


def _picture(chart: Chart, drawing: Drawing, top: float, bottom: float, style: str) -> str:
    width, height = n(drawing.width), n(bottom - top)
    shown = [piece for piece in drawing.pieces if piece.bottom > top and piece.top < bottom]
    about = " ".join((say_head(chart), *say_paths(chart)))
    size = f'width="{width}" height="{height}" viewBox="0 {n(top)} {width} {height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{_said(chart.book.title)}">'
        f"<title>{_said(chart.book.title)}</title><desc>{_said(about)}</desc>{style}"
        f'<rect class="paper" y="{n(top)}" width="{width}" height="{height}"/>{_joined(shown)}</svg>'
    )


def _joined(pieces: Iterable[Piece]) -> str:
    return "\n".join(piece.markup for piece in pieces)


def _cuts(drawing: Drawing, tallest: float) -> Iterator[float]:
    """Heights to cut at: as low as the strip allows, through nothing that is solid where that can be helped."""
    solid = sorted((piece.top, piece.bottom) for piece in drawing.pieces if piece.solid)
    free = [bottom for _, bottom in solid if not any(top < bottom + 1 < end for top, end in solid)]
    start = 0.0
    while drawing.height - start > tallest:
        below = [y + 1 for y in sorted(free) if y > start]
        fitting = [y for y in below if y - start <= tallest]
        cut = fitting[-1] if fitting else next(iter(below), drawing.height)
        if cut >= drawing.height:
            return
        yield cut
        start = cut


def _said(text: str) -> str:
    return escape(tidy(text), quote=True)

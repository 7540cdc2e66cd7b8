"""A chart as a picture of pixels, for places that show no SVG, such as Slack."""

from pathlib import Path

import resvg_py

from bot.render.chart.graph import Chart
from bot.render.chart.picture.svg import draw_svg

_FONTS = Path(__file__).parent / "picture" / "fonts"
_ZOOM = 2.0
_LARGEST = 40_000_000
"""Pixels; a picture with more is drawn smaller, so that an endless runbook does not eat the memory."""


def draw_png(chart: Chart) -> bytes:
    """The chart as PNG on white, twice the size of its SVG; letters come from our own fonts, whatever is installed."""
    svg = draw_svg(chart, dark=False)
    width, height = _size(svg)
    zoom = min(_ZOOM, (_LARGEST / (width * height)) ** 0.5)
    return resvg_py.svg_to_bytes(
        svg_string=svg, zoom=zoom, sans_serif_family="DejaVu Sans", font_family="DejaVu Sans",
        font_files=[str(_FONTS / "DejaVuSans.ttf"), str(_FONTS / "DejaVuSans-Bold.ttf")],
    )  # fmt: skip


def _size(svg: str) -> tuple[float, float]:
    """Width and height as the picture says them."""
    said = svg.partition(' width="')[2]
    return float(said.partition('"')[0]), float(said.partition(' height="')[2].partition('"')[0])

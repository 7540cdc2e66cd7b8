"""A chart as a picture of pixels, for places that show no SVG, such as Slack."""

import sys
from pathlib import Path

import resvg_py

from bot.render.chart.graph import Chart
from bot.render.chart.picture.svg import draw_svg

_FONTS = Path(__file__).parent / "picture" / "fonts"
_ZOOM = 1.5
_LARGEST = 30_000_000
"""Pixels; a picture with more is drawn smaller, so that an endless runbook does not eat the memory."""


def draw_png(chart: Chart) -> bytes:
    """The chart as PNG on white, larger than its SVG; letters come from our own fonts, whatever is installed.

    The interpreter stands still meanwhile, for seconds where the runbook is long (2026-11: 2.5 s for 52 steps). A
    server hands the SVG to `python -m bot.render.chart.png` instead.
    """
    return rasterize(draw_svg(chart, dark=False))


def rasterize(svg: str) -> bytes:
    """An SVG of ours as PNG."""
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


if __name__ == "__main__":
    sys.stdout.buffer.write(rasterize(sys.stdin.buffer.read().decode()))

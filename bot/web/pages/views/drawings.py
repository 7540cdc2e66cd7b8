"""Drawings of runbooks, each made once: a layout takes longer than a page may."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock

from bot.format.catalogue import Asset
from bot.library.registry import ServedRunbook
from bot.render.chart.graph import Chart, draw_chart
from bot.render.chart.page import draw_page
from bot.render.chart.picture.svg import draw_svg

_KEPT = 128


class Drawings:
    """Keeps what was drawn, by the runbook's version, its owner's name and the assets that name it. Safe to share."""

    def __init__(self) -> None:
        """Nothing is drawn yet."""
        self._drawn: OrderedDict[tuple[str, ...], str] = OrderedDict()
        self._lock = Lock()

    def picture(self, kept: ServedRunbook, assets: Iterable[Asset], owner: str) -> str:
        """The drawing alone, as SVG."""
        return self._once("picture", kept, tuple(assets), owner, draw_svg)

    def page(self, kept: ServedRunbook, assets: Iterable[Asset], owner: str) -> str:
        """The drawing and every step with its texts, as a page of its own."""
        return self._once("page", kept, tuple(assets), owner, draw_page)

    def _once(
        self, format_: str, kept: ServedRunbook, assets: tuple[Asset, ...], owner: str, draw: Callable[[Chart], str]
    ) -> str:
        shown = [one for one in assets if kept.book.id in one.runbooks]
        key = (format_, kept.digest, owner, *(f"{one.id} {one.name} {one.rto} {one.rpo}" for one in shown))
        with self._lock:
            if key in self._drawn:
                self._drawn.move_to_end(key)
                return self._drawn[key]
        drawn = draw(draw_chart(kept.book, shown, owner))
        with self._lock:
            self._drawn[key] = drawn
            while len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
        return drawn

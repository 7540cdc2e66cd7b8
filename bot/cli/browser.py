"""A headless Chromium that turns pages into pictures, driven by Playwright where that is installed."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_TALLEST = 8_000
"""Pixels of a picture; what is longer is cut off."""
_WITHIN = 20_000
"""Milliseconds that the browser may take for one thing."""
Draw = Callable[[str, int], bytes]
"""A page and how many pixels it is wide -> PNG."""


class NoBrowser(Exception):
    """There is nothing that can draw; the words say why."""


@contextmanager
def drawing() -> Iterator[Draw]:
    """What draws a page as PNG, as tall as what stands on it, sharp on fine screens. NoBrowser when nothing can.

    The first Chromium on the PATH is taken, else the one that Playwright has downloaded.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise NoBrowser("Playwright is not installed (pip install 'handrail[pictures]')") from None
    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, NAMES)), None) or playwright.chromium.executable_path
        if not Path(found).exists():
            raise NoBrowser("No Chromium is installed")
        try:
            # Chromium refuses its sandbox to root.
            browser = playwright.chromium.launch(
                executable_path=found, chromium_sandbox=os.geteuid() != 0, timeout=_WITHIN, args=["--disable-gpu"]
            )
        except Error as wrong:
            raise NoBrowser(f"{Path(found).name} did not come up ({_first_line(wrong.message)})") from None
        try:
            page = browser.new_page(device_scale_factor=2, java_script_enabled=False)
            page.set_default_timeout(_WITHIN)

            def draw(html: str, width: int) -> bytes:
                page.set_viewport_size({"width": width, "height": 200})
                page.set_content(html)
                box = page.locator("html").bounding_box()
                height = min(int(box["height"]) + 1 if box else 200, _TALLEST)
                return page.screenshot(
                    full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height}, animations="disabled"
                )

            yield draw
        except Error as wrong:
            raise NoBrowser(f"{Path(found).name} cannot draw ({_first_line(wrong.message)})") from None
        finally:
            browser.close()


def _first_line(message: str) -> str:
    return next(iter(message.splitlines()), "it says nothing")

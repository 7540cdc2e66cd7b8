"""The README's picture, taken of a real walk in the local workspace: `make screenshots`."""

import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser import open_browser
from tests.cli.test_try import page_of
from tests.walks.test_page import ASSESS, Desks, Step
from tests.walks.test_shipped import SEEN
from tests.wiring.running import running

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "walk.png"
LARGEST = 300_000
"""Bytes: what a README may cost its readers."""
WIDE, HIGH = 1280, 970
BEGAN = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=25)
TARGET = BEGAN - timedelta(seconds=10)
TYPED = {"Time of the first bad change": BEGAN.isoformat(), "Recovery target": TARGET.isoformat()}
"""The walk of the test, with the times of a disaster that has just happened."""


def take_picture(browser: Browser, home: Path) -> None:
    """Walk as Ana to the first sign-off, and look at it as Dora, who signs: the card, and the thread beside it."""
    with running(["try", "--port", "0", "--home", str(home), "--fast", "--no-browser"]) as trial:
        desks = Desks(browser, page_of(trial.wait_for_output(lambda said: "Ctrl-C ends it" in said)))
        try:
            _start(desks.page("ANA"))
            desks.take(tuple(_now(step) for step in ASSESS))
            _look(desks.page("DORA"))
            PICTURE.parent.mkdir(parents=True, exist_ok=True)
            desks.page("DORA").screenshot(path=PICTURE)
        finally:
            desks.close()


def _start(page: Page) -> None:
    page.locator("main textarea").fill("/recover orders")
    page.keyboard.press("Enter")
    modal = page.locator("dialog.modal")
    modal.get_by_label(SEEN).check()
    modal.get_by_label("What is wrong, and who saw it?").fill("Orders of this morning are gone, support says")
    modal.get_by_label("When did the damage begin?").fill(BEGAN.isoformat())
    modal.get_by_role("button", name="Start").click()
    expect(modal).to_have_count(0)


def _now(step: Step) -> Step:
    person, label, typed = step
    changed: Mapping[str, str] | None = typed and {name: TYPED.get(name, text) for name, text in typed.items()}
    return person, label, changed


def _look(page: Page) -> None:
    """The card in full; beside it the thread, with the steps that are done and the sign-off that calls the reader."""
    page.set_viewport_size({"width": WIDE, "height": HIGH})
    page.locator("main a.replies").first.click()
    asked = page.locator("aside.thread article.message").filter(has_text="Sign-off needed")
    expect(asked).to_be_visible()
    page.locator("#toasts").evaluate("toasts => toasts.replaceChildren()")
    page.locator("main article.message").first.evaluate("card => card.scrollIntoView({block: 'start'})")
    asked.evaluate("post => post.scrollIntoView({block: 'start'})")
    page.locator("#replies").evaluate("thread => thread.scrollBy(0, -340)")
    page.mouse.move(WIDE / 2, 20)
    page.evaluate("document.activeElement.blur()")


def main() -> None:
    """Take the picture anew; fail when it has become too large for a README."""
    with open_browser() as browser, tempfile.TemporaryDirectory() as home:
        take_picture(browser, Path(home))
    size = PICTURE.stat().st_size
    if size > LARGEST:
        sys.exit(f"{PICTURE} has {size} bytes; a README's picture has at most {LARGEST}.")


if __name__ == "__main__":
    main()

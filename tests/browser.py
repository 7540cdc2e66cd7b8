"""A Chromium for the page tests: one that is installed, else Playwright's own, else Debian's."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ADVICE = (
    "The page tests need a browser and none could be found or installed. "
    "Install Chromium or Google Chrome, so that `chromium` or `google-chrome` is on the PATH; then `make test` again."
)
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def find_browser() -> Path | None:
    """The Chromium to use: the first on the PATH, else the one Playwright downloaded; None when there is neither."""
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    if on_path is not None:
        return Path(on_path)
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None


def install_browser() -> Path | None:
    """Download Playwright's Chromium, else install Debian's when root; None when neither worked."""
    _run(sys.executable, "-m", "playwright", "install", "chromium")
    found = find_browser()
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
        found = find_browser()
    return found


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless Chromium, closed at the end; fails with advice when there is none."""
    path = find_browser()
    if path is None:
        raise FileNotFoundError(ADVICE)
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)  # Chromium refuses its sandbox to root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=flags)
        yield browser
        browser.close()


def _run(*argv: str) -> None:
    """Run an installer; its failure shows in what is found afterwards."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    print("Looking for a browser:", *argv[-3:], flush=True)  # noqa: T201 (a download takes a while)
    try:
        subprocess.run(argv, check=False, timeout=600, env=environment, stdout=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        print("That took more than ten minutes and was given up.", flush=True)  # noqa: T201


if __name__ == "__main__":
    chosen = find_browser() or install_browser()
    sys.exit(None if chosen else ADVICE)

"""A headless Chromium that turns pages into pictures, spoken to over its DevTools protocol."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_FLAGS = (
    "--headless=new", "--remote-debugging-port=0", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--no-first-run", "--disable-extensions",
)  # fmt: skip
_UP_WITHIN = 20.0
_ANSWERS_WITHIN = 20.0
_LARGEST = 64 * 1024 * 1024
_TALLEST = 8_000


class NoBrowser(Exception):
    """There is no browser that can draw; the words say why."""


def find_browser() -> Path | None:
    """The first Chromium on the PATH."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None


class Browser:
    """A browser with one empty page; it ends with the `with` block. NoBrowser when there is none that draws."""

    def __init__(self, path: Path | None) -> None:
        if path is None:
            raise NoBrowser("No Chromium is installed")
        self._path = path
        self._home = tempfile.TemporaryDirectory(prefix="handrail-browser-", ignore_cleanup_errors=True)
        self._calls = ExitStack()
        self._number = 0

    def __enter__(self) -> Self:
        flags = [*_FLAGS, f"--user-data-dir={self._home.name}"]
        flags += ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
        try:
            self._process = subprocess.Popen(  # noqa: S603  (the browser that the person has installed)
                [str(self._path), *flags, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except OSError as wrong:
            self._home.cleanup()
            raise NoBrowser(f"{self._path.name} cannot be started ({wrong.strerror})") from None
        try:
            self._line = self._dial()
            pages = self._ask("Target.getTargets")["targetInfos"]
            page = next(one["targetId"] for one in pages if one["type"] == "page")
            self._session = self._ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def picture(self, html: str, width: int) -> bytes:
        """A page as PNG, as tall as what stands on it, sharp on fine screens."""
        self._size(width, 200)
        frame = self._ask("Page.getFrameTree", page=True)["frameTree"]["frame"]["id"]
        self._ask("Page.setDocumentContent", page=True, frameId=frame, html=html)
        height = self._ask("Page.getLayoutMetrics", page=True)["cssContentSize"]["height"]
        self._size(width, min(int(height) + 1, _TALLEST))
        shot = self._ask("Page.captureScreenshot", page=True, format="png")
        return base64.b64decode(shot["data"])

    def _size(self, width: int, height: int) -> None:
        self._ask("Emulation.setDeviceMetricsOverride", page=True, width=width, height=height, deviceScaleFactor=2,
                  mobile=False)  # fmt: skip

    def _dial(self) -> ClientConnection:
        """Wait until the browser has written down where it listens, then call it."""
        written = Path(self._home.name) / "DevToolsActivePort"
        until = time.monotonic() + _UP_WITHIN
        while time.monotonic() < until and self._process.poll() is None:
            lines = written.read_text(encoding="ascii").split() if written.exists() else []
            if len(lines) == 2:  # noqa: PLR2004  (the port, and the path)
                address = f"ws://127.0.0.1:{lines[0]}{lines[1]}"
                try:
                    return self._calls.enter_context(
                        connect(address, max_size=_LARGEST, open_timeout=_ANSWERS_WITHIN, proxy=None)
                    )
                except (OSError, WebSocketException) as wrong:
                    raise NoBrowser(f"{self._path.name} does not answer ({wrong})") from None
            time.sleep(0.05)
        raise NoBrowser(f"{self._path.name} did not come up")

    def _ask(self, method: str, *, page: bool = False, **parameters: object) -> dict[str, Any]:
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        try:
            self._line.send(json.dumps(asked | ({"sessionId": self._session} if page else {})))
            while True:
                answer = json.loads(self._line.recv(timeout=_ANSWERS_WITHIN))
                if answer.get("id") == self._number:
                    break
        except (OSError, TimeoutError, WebSocketException) as wrong:
            raise NoBrowser(f"{self._path.name} stopped answering ({wrong})") from None
        if "error" in answer:
            raise NoBrowser(f"{self._path.name} cannot draw ({answer['error'].get('message')})")
        result: dict[str, Any] = answer["result"]
        return result

    def _end(self) -> None:
        self._calls.close()
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._home.cleanup()

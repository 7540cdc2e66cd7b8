"""A chart in a browser that is drawn anew with each save: one page of this machine, and nothing of it leaves it."""

import base64
import hashlib
import json
import threading
import webbrowser
from collections.abc import Callable
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import click

from bot.cli.failures import Failure
from bot.cli.watching import changes

PATIENCE = 20.0
"""Seconds that a browser's question stays open while nothing changes."""
_OURS = ("127.0.0.1", "localhost", "[::1]")
_SCRIPT = """
let seen = 0;
async function ask() {
  try {
    const told = await (await fetch("news?seen=" + seen)).json();
    if (told.number !== seen) {
      seen = told.number;
      const drawn = new DOMParser().parseFromString(told.page, "text/html");
      const at = window.scrollY;
      document.title = drawn.title;
      document.body.replaceChildren(...drawn.querySelectorAll("head > style"), ...drawn.body.childNodes);
      window.scrollTo(0, at);
    }
    setTimeout(ask, 0);
  } catch (gone) {
    setTimeout(ask, 1000);
  }
}
ask();
"""
_SHELL = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Handrail</title></head><body>
<p>Drawing …</p><script>{_SCRIPT}</script></body></html>
"""
_DIGEST = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; script-src 'sha256-{_DIGEST}'; style-src 'unsafe-inline'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_BANNER = (
    "<pre role='alert' style='position:sticky;top:0;z-index:1;margin:0;padding:.75rem;background:#7a1f1f;color:#fff;"
    "white-space:pre-wrap;font:.9rem/1.4 ui-monospace,monospace'>%s</pre>"
)


class Drawing:
    """The newest drawing, and its number; whoever waits for the next one is woken."""

    def __init__(self, draw: Callable[[], str]) -> None:
        self._draw, self._changed = draw, threading.Condition()
        self._number, self._page, self._words = 0, "<!DOCTYPE html><title>Nothing to draw yet</title>", ""

    def renew(self) -> str:
        """Draw it as the files are now. What cannot be read is said above the last drawing that could; the words."""
        try:
            page, words = self._draw(), ""
        except Failure as failure:
            page, words = "", failure.format_message()
        with self._changed:
            if (page or self._page, words) != (self._page, self._words):
                self._page, self._words = page or self._page, words
                self._number += 1
                self._changed.notify_all()
        return words

    def newer_than(self, seen: int, patience: float = PATIENCE) -> tuple[int, str]:
        """The number and the page, as soon as it is another one than `seen`, or after so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._number != seen, patience)
            banner = _BANNER % escape(self._words) if self._words else ""
            return self._number, self._page.replace("<body>", f"<body>{banner}", 1) if banner else self._page


def open_page(drawing: Drawing, port: int = 0) -> ThreadingHTTPServer:
    """A server on this machine for the page; it answers no other name, so that no other site reads it."""

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if self.headers.get("Host", "").rpartition(":")[0] not in _OURS:
                self._answer(421, "text/plain", b"This page is for this machine alone.\n")
            elif asked.path == "/news":
                seen = parse_qs(asked.query).get("seen", ["0"])[0]
                number, page = drawing.newer_than(int(seen) if seen.isdecimal() else 0)
                self._answer(200, "application/json", json.dumps({"number": number, "page": page}).encode())
            elif asked.path == "/":
                self._answer(200, "text/html; charset=utf-8", _SHELL.encode())
            else:
                self._answer(404, "text/plain", b"There is nothing here.\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            headers = {
                "Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store",
                "Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff",
            }  # fmt: skip
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is the library's)
            """Say nothing: the terminal is for what the author has to know."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Answering)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def show_live(draw: Callable[[], str], title: str, folder: Path, port: int, *, browse: bool) -> None:
    """Show a chart in a browser, and draw it anew whenever a file below `folder` is saved, until Ctrl-C."""
    drawing = Drawing(draw)
    try:
        server = open_page(drawing, port)
    except OSError as wrong:
        raise Failure(
            f"Port {port} cannot be had: {wrong.strerror or wrong}. Leave --port out for a free one."
        ) from None
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    click.echo(f"Showing {title} at {url}\nSave a file to have it drawn anew; Ctrl-C ends.")
    if browse:
        webbrowser.open(url)
    said = None
    try:
        for _ in changes(folder):
            words = drawing.renew()
            if words != said:
                click.echo(words or "Drawn.", err=True)
                said = words
    except KeyboardInterrupt:
        pass
    finally:
        server.shutdown()
        server.server_close()

"""A service that takes pages on this machine: it answers as told, or never, and keeps what came."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

HANGS = 0
"""Instead of a status: the request is taken and never answered."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What came, when by a steady clock, and under which key."""

    at: float
    path: str
    key: str
    title: str
    body: str


@dataclass
class Receiver:
    """`answers` are given in turn, the last one for ever."""

    answers: Sequence[int]
    port: int = 0
    came: list[Parcel] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def url(self, path: str = "") -> str:
        """Where it is, as Apprise writes it; it would wait two minutes for an answer."""
        return f"json://ana:hunter2@127.0.0.1:{self.port}/{path}?rto=120&cto=120"

    def take(self, path: str, key: str, content: dict[str, Any]) -> int:
        with self._lock:
            parcel = Parcel(monotonic(), path, key, content.get("title", ""), content.get("message", ""))
            self.came.append(parcel)
            return self.answers[min(len(self.came), len(self.answers)) - 1]


@contextmanager
def receiving(*answers: int) -> Iterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver, ending = Receiver(answers or (200,)), Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = receiver.take(self.path, self.headers.get("Idempotency-Key", ""), content)
            if status == HANGS:
                ending.wait(100)
                return
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 200

        def handle_error(self, *_: object) -> None:
            """Whoever hung up has been ended on purpose."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        ending.set()
        server.shutdown()
        thread.join()
        server.server_close()

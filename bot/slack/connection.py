"""One Socket Mode connection: read by a thread of its own until it closes."""

import json
import threading
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import structlog
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from bot.slack.payload import Malformed, read_object

log = structlog.get_logger(__name__)

OPENING, PING_EVERY, PONG_WITHIN, CLOSING = 5.0, 5.0, 8.0, 1.0
"""Seconds. A connection that died without a word is noticed within 13 of them; the other one serves meanwhile."""


class SocketConnection:
    """A connection and what is known about it; `under_way` counts envelopes that are not answered yet."""

    def __init__(
        self,
        address: str,
        take: Callable[["SocketConnection", dict[str, Any]], None],
        changed: Callable[["SocketConnection"], None],
        opened_at: float,
    ) -> None:
        """Prepare a connection to `address` (ws or wss, with a ticket); `start` opens it."""
        self.opened_at = opened_at
        self.leaving_since: float | None = None
        self.told_to_go = ""
        self.ending = ""
        self.siblings = 0
        self.under_way = 0
        self.is_closed = False
        self._greeted = False
        self._address, self._take, self._changed = address, take, changed
        self._socket: ClientConnection | None = None
        self._outgoing: deque[str] = deque()
        self._sending = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="socket", daemon=True)

    @property
    def is_live(self) -> bool:
        """Slack has greeted us and the connection stands."""
        return self._greeted and not self.is_closed

    def start(self) -> None:
        """Open the connection in the thread of this line."""
        self._thread.start()

    def send(self, frame: dict[str, Any]) -> None:
        """Send a frame, or leave it to whoever is sending; WebSocketException when the connection is gone.

        Fifty answers at a time would wait for each other at the connection's own lock, each wait a switch of threads.
        """
        self._outgoing.append(json.dumps(frame))
        # What is left to somebody who has just stopped looking is seen by them once more, after they let go.
        while self._outgoing and self._sending.acquire(blocking=False):
            try:
                self._send_all()
            finally:
                self._sending.release()

    def _send_all(self) -> None:
        while self._outgoing:  # only whoever holds `_sending` takes from it
            text = self._outgoing.popleft()
            if self._socket is not None:
                self._socket.send(text)

    def close(self) -> None:
        """Say goodbye; returns within three seconds, whatever hangs."""
        self.ending = self.ending or "closed by us"
        if self._sending.acquire(timeout=CLOSING):  # what is being sent goes first
            self._sending.release()
        if self._socket is not None:
            self._socket.close()
        self._thread.join(CLOSING)

    def _run(self) -> None:
        is_local = urlsplit(self._address).hostname in {"127.0.0.1", "::1", "localhost"}
        try:
            with connect(
                self._address,
                open_timeout=OPENING,
                ping_interval=PING_EVERY,
                ping_timeout=PONG_WITHIN,
                close_timeout=CLOSING,
                max_size=2**24,
                compression=None,
                proxy=None if is_local else True,
            ) as self._socket:
                if not self.ending:
                    self._read_until_closed(self._socket)
            self.ending = self.ending or "closed by Slack"
        except (WebSocketException, OSError, ValueError, RuntimeError, AssertionError) as failure:
            # The last two: websockets waits for its own thread in two threads, and before Python 3.13 they may trip
            # over each other when a connection ends (https://github.com/python/cpython/issues/116372).
            self.ending = self.ending or f"{type(failure).__name__}: {failure}"
        finally:
            self.is_closed = True
            self._changed(self)

    def _read_until_closed(self, socket: ClientConnection) -> None:
        for text in socket:
            try:
                frame = read_object(text)
            except Malformed as why:
                log.warning("a frame was malformed", reason=str(why))
            else:
                self._read(frame)

    def _read(self, frame: dict[str, Any]) -> None:
        match frame.get("type"):
            case "hello":
                self._greeted = True
                many = frame.get("num_connections")
                self.siblings = many if isinstance(many, int) else 0
                self._changed(self)
            case "disconnect":
                self.told_to_go = str(frame.get("reason", "disconnect"))
                if self.told_to_go == "link_disabled":
                    log.error("Socket Mode is switched off in the app's settings", reason="link_disabled")
                self._changed(self)
            case _:
                self._take(self, frame)

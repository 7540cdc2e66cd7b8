"""What goes to the app and what comes back, whichever way it travels."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.workspace.state import Json

ACK_SECONDS = 3.0
"""Slack waits this long for an answer."""


@dataclass(frozen=True)
class Payload:
    """One payload for the app; `retry` counts from 1 for an event that is sent again."""

    kind: Literal["slash_commands", "interactive", "events_api"]
    payload: Json
    retry: int = 0
    retry_reason: str = ""


@dataclass(frozen=True)
class Reply:
    """The app's ack, or Slack's word for its absence; `no_retry` when the app asked not to be sent this again."""

    error: str = ""
    body: Json | None = None
    no_retry: bool = False


class Transport(Protocol):
    """A way to the app: sockets or signed HTTP."""

    def send(self, parcel: Payload) -> "Future[Reply]":
        """Send at once, from any thread; the future is resolved within ACK_SECONDS."""

    def close(self) -> None:
        """Let go of what is open."""


class Later(Protocol):
    """Runs something after so many seconds."""

    def __call__(self, seconds: float, action: Callable[[], None]) -> None:
        """May be called from any thread."""


@dataclass
class Route:
    """The carrier in use: Socket Mode or signed HTTP, as the app is configured at the moment."""

    carrier: Transport

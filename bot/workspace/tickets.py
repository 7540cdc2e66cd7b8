"""What is handed out and runs out: trigger ids, response addresses, socket tickets."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Generic, TypeVar

Held = TypeVar("Held")

TRIGGER_SECONDS = 3
RESPONSE_SECONDS = 30 * 60
RESPONSE_USES = 5
SOCKET_SECONDS = 30


class Spent(LookupError):
    """The ticket was used up; `word` says how: unknown, expired or used."""

    def __init__(self, word: str) -> None:
        """Keep the word."""
        super().__init__(word)
        self.word = word


@dataclass(frozen=True)
class ResponseUrl:
    """Where a response_url leads: who sees it, and the message that was pressed, if one was."""

    user: str
    channel: str
    thread_ts: str = ""
    ts: str = ""
    is_ephemeral: bool = True


@dataclass(frozen=True)
class _Ticket(Generic[Held]):
    held: Held
    until: float
    uses: int


class Drawer(Generic[Held]):
    """Tickets of one kind, each good for some seconds and some uses."""

    def __init__(self, clock: Callable[[], float], mint: Callable[[], str], seconds: float, uses: int) -> None:
        """Start empty."""
        self._clock, self._mint, self._seconds, self._uses = clock, mint, seconds, uses
        self._tickets: dict[str, _Ticket[Held]] = {}
        self._lock = Lock()

    def issue(self, held: Held, shape: str = "{}") -> str:
        """Hand out a new ticket."""
        with self._lock:
            self._forget_old()
            name = shape.format(self._mint())
            self._tickets[name] = _Ticket(held, self._clock() + self._seconds, self._uses)
            return name

    def use(self, name: str) -> Held:
        """Use a ticket once; raises Spent."""
        with self._lock:
            ticket = self._tickets.get(name)
            if ticket is None:
                raise Spent("unknown")
            if ticket.uses < 1:
                raise Spent("used")
            if ticket.until < self._clock():
                raise Spent("expired")
            self._tickets[name] = replace(ticket, uses=ticket.uses - 1)
            return ticket.held

    def _forget_old(self) -> None:
        long_ago = self._clock() - max(60.0, self._seconds)
        for name in list(self._tickets):
            if self._tickets[name].until >= long_ago:
                return
            del self._tickets[name]


class Tickets:
    """All drawers of a workspace."""

    def __init__(self, clock: Callable[[], float], mint: Callable[[], str]) -> None:
        """Start with empty drawers."""
        self.triggers: Drawer[str] = Drawer(clock, mint, TRIGGER_SECONDS, 1)
        self.answers: Drawer[ResponseUrl] = Drawer(clock, mint, RESPONSE_SECONDS, RESPONSE_USES)
        self.sockets: Drawer[None] = Drawer(clock, mint, SOCKET_SECONDS, 1)

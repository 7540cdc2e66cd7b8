"""A run whose people have channels, and a pager to call them, with a service that a test answers for."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Thread
from time import monotonic, sleep
from typing import Any

from bot.journal.leases import AttemptLeases
from bot.journal.store import Journal
from bot.oncall.pager.message import NOT_CONFIGURED, DeliveryResult, PageMessage
from bot.run.commands import Tick
from bot.run.paging.events import NobodyReached, PageTried
from bot.run.paging.ladder import PageAttempt
from bot.run.situation import FrozenRung, Somebody
from bot.run.state import Run
from bot.stopping import Stopping
from bot.wiring.calling.building import write_letter
from bot.workers.pager import Pager, Sending
from tests.engine.office import Office
from tests.story import PEOPLE

PAGERS = {"ana": ("env:ANA_SMS", "env:ANA_MAIL"), "ben": ("env:BEN_SMS",)}
WITH_PAGERS = tuple(replace(one, pagers=PAGERS.get(one.id, ())) for one in PEOPLE)
FINE = DeliveryResult(reached=True, words="accepted by JSON")
BUSY = DeliveryResult(reached=False, words="JSON: refused with 500 Internal Server Error")
NEVER = DeliveryResult(reached=False, words="JSON: refused with 404 Not Found", last=True)


class AtOnce(Executor):
    """Does what it is given before it goes on."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401  (as its base)
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@dataclass
class Service:
    """What channels answer, by their addresses, in turn and the last one for ever; and what came."""

    answers: Mapping[str, list[DeliveryResult]] = field(default_factory=dict)
    came: list[tuple[str, PageMessage]] = field(default_factory=list)

    def address_of(self, channel: str) -> str | DeliveryResult:
        return channel if channel in self.answers else NOT_CONFIGURED

    def send(self, url: str, message: PageMessage) -> DeliveryResult:
        self.came.append((url, message))
        left = self.answers[url]
        return left.pop(0) if len(left) > 1 else left[0]


class Room:
    """An office with a pager in it."""

    def __init__(self, journal: Journal, service: Service | None = None, *, at: datetime | None = None) -> None:
        self.office = Office(journal)
        self.office.at = at or datetime.now(UTC)
        self.service = service or Service()
        self.calls = AttemptLeases(journal)

    def page(
        self, *called: str, book: str = "walk", via: tuple[str, ...] = ("slack", "pager"),
        people: tuple[Somebody, ...] = WITH_PAGERS,
    ) -> Run:  # fmt: skip
        """A live run whose only rung is called by pager."""
        rung = FrozenRung(0, called, called, via)
        run = self.office.start(book, by="dora", people=people, rungs=(rung,), reason="again")
        return self.office.handler.handle(run.id, Tick(), "clock", "clock").run

    def pager(self, name: str = "one", pool: Executor | None = None, service: Service | None = None) -> Pager:
        """A pager of some process."""
        handler, taken = self.office.handler, service or self.service

        def write(run: Run, call: PageAttempt, key: str) -> PageMessage:
            return write_letter(handler, lambda _run, _call: None, run, call, key)

        return Pager(handler, self.calls, Sending(taken.address_of, write, taken.send), pool or AtOnce(), token=name)

    def look(self, **later: float) -> None:
        """Wind the clock and let a pager look."""
        self.office.later(**later)
        self.pager().look()

    def tried(self, run: Run) -> list[tuple[str, str, int, str]]:
        """Every attempt that is recorded: person, channel, number, answer."""
        events = (event for _, event, _ in self.office.handler.history(run.id))
        return [(one.person, one.channel, one.attempt, one.answer) for one in events if isinstance(one, PageTried)]

    def nobody(self, run: Run) -> bool:
        """Whether the record says that nobody could be reached."""
        return any(isinstance(event, NobodyReached) for _, event, _ in self.office.handler.history(run.id))

    def waiting(self) -> list[str]:
        """Runs with an attempt to make by now."""
        return [run_id for run_id, _ in self.calls.waiting(self.office.at, 10)]


@contextmanager
def at_work(pager: Pager) -> Iterator[None]:
    """A pager on a thread of its own, as in a process that serves."""
    stopping = Stopping()
    thread = Thread(target=pager.run, args=(stopping,))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(30)
        assert not thread.is_alive()


def wait_until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    until = monotonic() + seconds
    while not holds():
        assert monotonic() < until, "it did not come about"
        sleep(0.01)


def many(workers: int = 20) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers)

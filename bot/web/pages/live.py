"""Pages that change while they are looked at: what is new is drawn once for everybody who looks at the same thing."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from bot.bulkhead import bulkhead, contain

PACE = 1.0
"""Seconds between two changes of one page: what happens faster is shown together."""
SWEEP = 2.0
"""Seconds between two looks where nobody rang: another process may have written."""
QUIET = 20.0
"""Seconds after which a line without meaning goes out, so that nothing on the way gives the connection up."""
LONGEST = 900.0
"""Seconds that one connection lasts; the browser comes again by itself, and is judged anew."""
MOST = 250
"""Readers at once; Slack's clicks need connections too."""

_KEPT = 32
"""Frames of one change that are kept: readers may say that they know whatever state they like."""


log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Frame:
    """What a reader who knew an older state is sent; `mark` names the state that it leads to."""

    mark: str
    data: bytes

    @property
    def sent(self) -> bytes:
        """As a server-sent event; the data holds no line feed."""
        return b"id: %b\nevent: change\ndata: %b\n\n" % (self.mark.encode(), self.data)


class PageSource(Protocol):
    """Where pages come from; both are called on threads."""

    def mark(self, subject: str) -> str:
        """The state of a subject by a name; another one when something changed."""

    def frame(self, subject: str, since: str) -> Frame:
        """What leads from one state to the newest."""


@dataclass
class _Channel:
    """All who look at one subject."""

    readers: int = 0
    mark: str | None = None
    rung: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    frames: dict[str, asyncio.Future[Frame]] = field(default_factory=dict)
    keeper: asyncio.Task[None] | None = None


class Live:
    """The readers of one process. Everything but `ring` and `close` belongs to the web server's own thread."""

    def __init__(self, source: PageSource, pool: Executor, board: str) -> None:
        """`board` is the subject that every run belongs to."""
        self._source, self._pool, self._board = source, pool, board
        self._channels: dict[str, _Channel] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._taken = 0

    def ring(self, run_id: str) -> None:
        """Something changed; called from any thread, returns at once and never raises."""
        if self._channels and self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended a moment ago
                self._loop.call_soon_threadsafe(self._hear, run_id)

    def close(self) -> None:
        """Let every reader go, so that the process can end; called from any thread."""
        self._closed = True
        if self._loop is not None:
            with suppress(RuntimeError):  # as above
                self._loop.call_soon_threadsafe(self._let_go)

    @property
    def readers(self) -> int:
        """How many look just now."""
        return sum(channel.readers for channel in self._channels.values())

    @contextmanager
    def place(self) -> Iterator[bool]:
        """A place for one reader while it is held; False when as many look already as may."""
        free = self._taken < MOST
        self._taken += free
        try:
            yield free
        finally:
            self._taken -= free

    async def follow(self, subject: str, since: str) -> AsyncGenerator[bytes, None]:
        """What a reader is sent who has seen the state `since`, until they go, or the house closes."""
        channel = self._join(subject)
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST
        try:
            yield b"retry: 3000\n\n"
            while not self._closed and loop.time() < until:
                news = channel.news
                if channel.mark is not None and channel.mark != since:
                    frame = await self._frame(subject, channel, since)
                    since = frame.mark
                    yield frame.sent
                elif not await _within(news, QUIET):
                    yield b":\n\n"
        finally:
            self._leave(subject, channel)

    def _join(self, subject: str) -> _Channel:
        self._loop = asyncio.get_running_loop()
        channel = self._channels.setdefault(subject, _Channel())
        channel.readers += 1
        if channel.keeper is None:
            channel.keeper = self._loop.create_task(self._keep(subject, channel))
        return channel

    def _leave(self, subject: str, channel: _Channel) -> None:
        channel.readers -= 1
        if not channel.readers:
            self._channels.pop(subject, None)
            if channel.keeper is not None:
                channel.keeper.cancel()

    async def _keep(self, subject: str, channel: _Channel) -> None:
        """Look whether something changed, each time somebody rings and now and then, no faster than the pace."""
        loop = asyncio.get_running_loop()
        while not self._closed:
            with bulkhead(log, "a page was not looked at again", subject=subject):
                self._show(channel, await loop.run_in_executor(self._pool, self._source.mark, subject))
            await asyncio.sleep(PACE)
            await _within(channel.rung, SWEEP - PACE)
            channel.rung.clear()

    def _show(self, channel: _Channel, mark: str) -> None:
        if channel.mark == mark:
            return
        channel.mark = mark
        channel.frames.clear()
        waiting, channel.news = channel.news, asyncio.Event()
        waiting.set()

    async def _frame(self, subject: str, channel: _Channel, since: str) -> Frame:
        """Drawn once for all who know the same state."""
        waiting = channel.frames.get(since)
        if waiting is None:
            if len(channel.frames) >= _KEPT:
                channel.frames.clear()
            loop = asyncio.get_running_loop()
            waiting = channel.frames[since] = loop.run_in_executor(self._pool, self._source.frame, subject, since)
        with contain() as drawing:
            frame = await asyncio.shield(waiting)
        if drawing.failure is not None:
            channel.frames.pop(since, None)
            raise drawing.failure
        self._show(channel, frame.mark)
        return frame

    def _hear(self, run_id: str) -> None:
        for subject in (run_id, self._board):
            if subject in self._channels:
                self._channels[subject].rung.set()

    def _let_go(self) -> None:
        for channel in self._channels.values():
            channel.news.set()


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Whether an event came within a while."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True

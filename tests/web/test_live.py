"""Whoever looks sees what is new, drawn once for all; a reader who goes, hangs or returns costs nobody anything."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

import httpx
import pytest

from bot.engine.reading import Reading, open_reading
from bot.format.runbook import Runbook
from bot.journal.rows import RunRow
from bot.journal.store import Journal
from bot.run.commands import AddNote
from bot.web.pages import live
from bot.web.pages.showing import Showing
from bot.web.pages.views.facts import REST
from tests.render.stories import at_look
from tests.web.room import Room


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PACE", 0.05)
    monkeypatch.setattr(live, "SWEEP", 0.1)


class Follower:
    """A browser that listens; `frames` is what it was sent."""

    def __init__(self, address: str) -> None:
        self.frames: list[tuple[str, dict[str, Any]]] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._listen, args=(address,), daemon=True)
        self._thread.start()

    def _listen(self, address: str) -> None:
        mark = ""
        with httpx.stream("GET", address, timeout=10) as answer:
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    mark = line[4:]
                elif line.startswith("data: "):
                    self.frames.append((mark, json.loads(line[6:])))
                if self._stopping:
                    return

    def wait_for(self, mark: int) -> dict[str, Any]:
        wait_until(lambda: any(int(one.partition(".")[0]) >= mark for one, _ in self.frames))
        return self.frames[-1][1]

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()


def wait_until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)


@contextmanager
def followed(room: Room, many: int = 1) -> Iterator[tuple[str, list[Follower]]]:
    """A run that so many look at."""
    run = room.keep(at_look(), "ORDERS-7")
    with ExitStack() as stack:
        address = stack.enter_context(room.open())
        followers = [Follower(f"{address}/runs/ORDERS-7/live?since={run.seq}.{run.seq}") for _ in range(many)]
        wait_until(lambda: room.pages.live.readers == many)
        yield run.id, followers


def test_a_reader_is_sent_the_new_entries_and_where_the_run_stands(room: Room) -> None:
    with followed(room) as (run_id, [reader]):
        done = room.handler.handle(run_id, AddNote("<b>the pool is full</b>"), "ana", "slack")
        sent = reader.wait_for(done.run.seq)
        assert f'id="record-{done.run.seq}"' in sent["entries"][-1]
        assert "&lt;b&gt;the pool is full" in sent["entries"][-1]
        assert "Look at the table" in sent["now"]
        assert "the pool is full" in sent["said"]


def test_many_readers_are_drawn_for_once(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    frame = Showing.frame

    def counted(self: Showing, subject: str, since: str) -> live.Frame:
        drawn.append(since)
        return frame(self, subject, since)

    monkeypatch.setattr(Showing, "frame", counted)
    with followed(room, many=12) as (run_id, readers):
        seq = room.handler.handle(run_id, AddNote("one"), "ana", "slack").run.seq
        for reader in readers:
            reader.wait_for(seq)
        assert len(drawn) <= 2
        assert len({json.dumps(reader.frames[-1]) for reader in readers}) == 1


def test_facts_and_picture_follow_within_a_while_told_once_for_all(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are told of the whole record: not for every entry, not for every reader, and never left behind."""
    told: list[int] = []

    def counted(journal: Journal, books: Callable[[str], Runbook], row: RunRow, *, until: datetime) -> Reading:
        told.append(row.head)
        return open_reading(journal, books, row, until=until)

    monkeypatch.setattr("bot.web.pages.views.facts.open_reading", counted)
    with followed(room, many=5) as (run_id, readers):
        seq = room.handler.handle(run_id, AddNote("one"), "ana", "slack").run.seq
        for reader in readers:
            reader.wait_for(seq)
        before = len(told)
        assert told.count(seq) <= 1
        for word in ("two", "three"):
            seq = room.handler.handle(run_id, AddNote(word), "ana", "slack").run.seq
            for reader in readers:
                reader.wait_for(seq)
        assert len(told) == before
        assert "told" not in readers[0].frames[-1][1]
        room.at += REST
        for reader in readers:
            wait_until(lambda seen=reader: seen.frames[-1][0] == f"{seq}.{seq}")  # type: ignore[misc]
        assert told[before:] == [seq]
        sent = readers[0].frames[-1][1]
        assert sent["entries"] == []
        assert 'class="when wide"' in sent["told"]
        assert f'As it stood at <time datetime="{room.at:%Y-%m-%dT%H:%M:%SZ}"' in sent["told"]


def test_what_another_process_writes_is_seen_without_a_bell(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.Live, "ring", lambda *_: None)
    with followed(room) as (run_id, [reader]):
        reader.wait_for(room.handler.handle(run_id, AddNote("by terminal"), "ana", "terminal").run.seq)
        assert "by terminal" in reader.frames[-1][1]["said"]


def test_who_missed_an_erasure_or_cannot_say_what_they_saw_looks_anew(room: Room) -> None:
    run = room.keep(at_look(), "ORDERS-7")
    noted = room.handler.handle(run.id, AddNote("a name"), "ana", "slack").run.seq
    with room.open() as address:
        lost = Follower(f"{address}/runs/ORDERS-7/live?since=x")
        assert lost.wait_for(noted)["reload"] is True
        behind = Follower(f"{address}/runs/ORDERS-7/live?since=1")
        assert len(behind.wait_for(noted)["entries"]) == noted - 1
        reader = Follower(f"{address}/runs/ORDERS-7/live?since={noted}")
        wait_until(lambda: room.pages.live.readers == 3)
        erased = room.handler.redact(run.id, noted, "a name", "dora", "terminal").run.seq
        assert reader.wait_for(erased)["reload"] is True


def test_the_board_is_followed_too(room: Room) -> None:
    with room.open() as address:
        reader = Follower(f"{address}/live?since=")
        wait_until(lambda: reader.frames)
        assert "No recovery is open." in reader.frames[-1][1]["now"]
        room.keep(at_look(), "ORDERS-7")
        wait_until(lambda: "ORDERS-7" in reader.frames[-1][1]["now"])


def test_the_end_does_not_wait_for_readers(room: Room) -> None:
    with followed(room, many=3) as (_, readers):
        begun = time.monotonic()
    assert time.monotonic() - begun < 10
    wait_until(lambda: all(reader.over for reader in readers))


def test_readers_leave_room_for_clicks(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST", 2)
    with followed(room, many=2), room.open() as address:
        answer = httpx.get(f"{address}/live")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


def test_a_page_that_cannot_be_drawn_for_a_moment_is_drawn_later(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    with followed(room) as (run_id, [reader]):
        load = room.handler.load

        def lost(_: str) -> None:
            raise OSError("the database is away")

        monkeypatch.setattr(room.handler, "load", lost)
        time.sleep(0.3)
        monkeypatch.setattr(room.handler, "load", load)
        reader.wait_for(room.handler.handle(run_id, AddNote("back"), "ana", "slack").run.seq)

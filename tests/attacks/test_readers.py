"""Readers of live pages: one who may read no more, many at once, and a run that is called as another."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from bot.engine.travel import import_run
from bot.run.commands import AddNote
from bot.run.situation import Stamp
from bot.run.state import Run
from bot.web.pages import live, routes
from bot.web.pages.reader import PageReader
from tests.engine.office import Office, open_elsewhere
from tests.render.stories import at_look, at_signoff
from tests.story import NOON
from tests.web.room import Room
from tests.web.test_live import wait_until

BY = Stamp(NOON, "unverified: root", "import")


def changes(lines: Iterator[str]) -> Iterator[dict[str, object]]:
    return (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))


def test_who_may_read_no_more_is_sent_no_more(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream was opened rightly; then the session runs out, and something is written down."""
    monkeypatch.setattr(routes, "JUDGED_EVERY", 0.0)
    welcome = [True]

    def judge(_: Request) -> PageReader | Response:
        return PageReader("Ana") if welcome[0] else Response(status_code=403)

    gated = replace(room, access=judge)
    run = gated.keep(at_look(), "ORDERS-7")
    with gated.open() as address:
        url = f"{address}/runs/ORDERS-7/live"
        with httpx.stream("GET", url, params={"since": f"{run.seq}.{run.seq}"}, timeout=10) as answer:
            heard = changes(answer.iter_lines())
            gated.handler.handle(run.id, AddNote("For members"), "ana", "slack")
            assert "For members" in json.dumps(next(heard))
            welcome[0] = False
            gated.handler.handle(run.id, AddNote("Of the next hour"), "ana", "slack")
            assert "Of the next hour" not in json.dumps(list(heard)), "and the stream has ended"
        assert httpx.get(url).status_code == 204


def test_a_flood_of_readers_leaves_room_for_slack(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """All ask before anybody was let in."""
    monkeypatch.setattr(live, "MOST", 20)
    with room.open() as address, ExitStack() as lines:
        host, port = address.removeprefix("http://").rsplit(":", 1)
        readers = [lines.enter_context(socket.create_connection((host, int(port)), timeout=10)) for _ in range(120)]
        for line in readers:
            line.sendall(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n")
        answers = [line.recv(12).decode() for line in readers]
        assert answers.count("HTTP/1.1 200") == 20
        assert answers.count("HTTP/1.1 503") == 100
        assert room.pages.live.readers <= 20
    wait_until(lambda: not room.pages.live.readers)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Office]:
    with open_elsewhere(tmp_path) as office:
        yield office


def carry(elsewhere: Office, run: Run, room: Room) -> str:
    """Bring a run here; the ref that it is listed by."""
    return import_run(room.journal, room.handler.book, elsewhere.export(run.id), BY, "run.jsonl").listed_as


def test_a_run_that_is_called_as_another_here_shows_nothing_of_it(room: Room, elsewhere: Office) -> None:
    """Not its copies, its picture, its older records, nor, while it is looked at, its facts."""
    run = elsewhere.start("signing")
    elsewhere.finish(run.id)
    room.books.update(elsewhere.books)
    room.keep(at_signoff(), run.start.ref)
    assert carry(elsewhere, run, room) == "ORDERS-1.2"
    own, other = room.read("/runs/ORDERS-1.2"), room.read("/runs/ORDERS-1")
    assert '"/runs/ORDERS-1.2/copy/html"' in own
    assert '"/runs/ORDERS-1/' not in own
    assert '"/runs/ORDERS-1/copy/html"' in other
    board = room.read("/")
    assert [board.count(f'"/runs/{ref}"') for ref in ("ORDERS-1", "ORDERS-1.2")] == [2, 2], "both wait, both are open"
    elsewhere.handler.handle(run.id, AddNote("Later"), "ana", "slack")
    carry(elsewhere, run, room)
    room.at += timedelta(minutes=1)
    here, there = (room.journal.find_run(ref) for ref in ("ORDERS-1.2", "ORDERS-1"))
    assert here is not None
    assert there is not None
    with room.open() as address:
        url = f"{address}/runs/ORDERS-1.2/live"
        with httpx.stream("GET", url, params={"since": "1.1"}, timeout=10) as answer:
            told = next(changes(answer.iter_lines()))
    assert str(told["title"]).startswith("ORDERS-1.2: ")
    assert here.hash in str(told["told"])
    assert there.hash not in str(told["told"])

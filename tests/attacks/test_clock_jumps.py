"""A clock that jumps by hours, back and forth: every page is drawn, every tick is taken, and order holds."""

import random
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.run.commands import Tick
from bot.run.paging.dues import next_due, propagation_due
from bot.wiring.house import House
from bot.wiring.reading import open_pages
from tests.cli.test_record import RUNBOOKS, start
from tests.render.stories import at_call, at_look, at_restore, at_signoff, broken_glass
from tests.story import NOON
from tests.web.asgi import ask
from tests.web.room import HERE, Room

COPIES = ("html", "md", "postmortem", "csv", "json")
JUMPS = (0, 5, -5, 48, -48)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_stamped_by_a_jumping_clock_is_told_and_goes_on(room: Room, seed: int) -> None:
    dice = random.Random(seed)
    for number, story in enumerate((at_signoff(), at_restore(), broken_glass(), at_call(), at_look()), 1):
        ref, (first, *rest) = f"ORDERS-{number}", story.history
        jumped = [
            (event, replace(stamp, at=stamp.at + timedelta(hours=dice.choice(JUMPS), seconds=dice.random())))
            for event, stamp in rest
        ]
        story.history[:] = [first, *jumped]
        run = room.keep(story, ref)
        for at in (NOON - timedelta(hours=60), NOON + timedelta(hours=90)):
            room.at = at
            paths = (*ways_to(ref), *(f"/runs/{ref}/copy/{name}" for name in COPIES))
            assert [path for path in paths if room.look(path).status_code != 200] == []
            for _ in range(10):
                room.at += timedelta(minutes=dice.choice((1, 30, -30, 300, -300)))
                tick(room, run.id)
        room.at = NOON + timedelta(days=30)
        tick(room, run.id)
        if next_due(run) != propagation_due(run):  # while a called run is opened, nobody is called for this one
            assert room.handler.load(run.id).seq > run.seq, "the ladder is climbed all the same"
        assert [one.seq for one in room.journal.records(run.id)] == list(range(1, room.handler.load(run.id).seq + 1))


BY_PROXY = {"HANDRAIL_PROXY_HEADER": "X-Reader", "HANDRAIL_PROXY_FROM": "127.0.0.1"}


@pytest.mark.parametrize("hours", [5, -5])
def test_pages_go_by_the_clock_that_stamps(tmp_path: Path, hours: int) -> None:
    """On a replica whose own clock is hours off, what began just now began just now, and its time has just begun."""
    database = {"DATABASE_URL": f"sqlite:///{tmp_path}/record.db", "HANDRAIL_RUNBOOKS": str(RUNBOOKS)}
    house = House({**database, "SLACK_APP_TOKEN": "xapp-not-a-real-one", **BY_PROXY})
    house.journal()
    house.set_clock(timedelta(hours=hours))
    start(house)
    said = ask(open_pages(house).routes, "GET", "/runs/ORDERS-1", headers={**HERE, b"x-reader": b"ana"}).text
    house.close()
    assert re.search(r"<dt>Started</dt>\s*<dd><strong>[^/]*\b\d+ s ago", said), said
    assert "in 3 h 59 min" in said


def ways_to(ref: str) -> tuple[str, ...]:
    return (f"/runs/{ref}", "/", "/runs", f"/runs/{ref}/picture.svg")


def tick(room: Room, run_id: str) -> None:
    """What the clock does; a run that has ended has nothing to tick."""
    if not room.handler.load(run_id).over:
        room.handler.handle(run_id, Tick(), "clock", "clock")

"""A room with a record on SQLite, and one that holds every kind of run."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.journal.database import open_engine
from bot.journal.store import Journal
from tests.journal.conftest import sqlite_url
from tests.render.stories import at_call, at_look, at_restore, at_signoff, broken_glass
from tests.story import NOON
from tests.web.room import Room, open_room

__all__ = ["sqlite_url"]


@pytest.fixture
def room(sqlite_url: str) -> Iterator[Room]:
    """Pages over an empty record."""
    engine = open_engine(sqlite_url)
    with open_room(Journal(engine)) as room:
        yield room
    engine.dispose()


@pytest.fixture
def busy(room: Room) -> Room:
    """Pages over runs that stand everywhere."""
    return fill(room)


def fill(room: Room) -> Room:
    """Put runs into a record that stand everywhere."""
    room.keep(at_signoff(), "ORDERS-7")
    room.keep(at_restore(), "ORDERS-8")
    room.keep(broken_glass(), "ORDERS-9")
    room.keep(at_call(), "ORDERS-10")
    room.keep(at_look(mode="drill"), "ORDERS-11")
    room.at = NOON + timedelta(hours=2)
    return room

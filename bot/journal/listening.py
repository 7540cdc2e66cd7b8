"""Hears PostgreSQL say that a due time moved forward, on a connection of its own that is made again when it is lost."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from select import select
from socket import socket, socketpair
from threading import Event
from typing import Any

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.journal.database import login_now
from bot.journal.statements import DUE_CHANNEL
from bot.journal.tables import read_stored_instant
from bot.stopping import wake_at_end

AGAIN_AFTER = 2.0
"""Seconds until a lost connection is made again; meanwhile the sweep of each second finds what is due."""
_READS_FOR = 0.02
"""Seconds in which what has come is read, once something has."""
ALIVE_EVERY = 30.0
"""Seconds of silence after which the server is asked whether it is still there."""

log = structlog.get_logger(__name__)


def listen_for_due(engine: Engine, heard: Callable[[datetime], object], stopping: Event) -> None:
    """Call `heard` with each due time that moved forward on any replica, until `stopping`. It must not raise."""
    driver: Any = engine.dialect.loaded_dbapi
    ends, end = socketpair()
    with ends, end:
        wake_at_end(stopping, partial(_wake, end))
        while not stopping.is_set():
            try:
                _listen(engine, heard, stopping, ends)
            except (driver.Error, SQLAlchemyError, OSError) as lost:
                log.warning("nothing is heard from the database; listening again soon", failure=str(lost))
                stopping.wait(AGAIN_AFTER)


def _wake(end: socket) -> None:
    with suppress(OSError):  # it is closed: the end was seen before we were told of it
        end.send(b"!")


def _listen(engine: Engine, heard: Callable[[datetime], object], stopping: Event, ends: socket) -> None:
    driver: Any = engine.dialect.loaded_dbapi
    arguments, named = login_now(engine)
    with driver.connect(*arguments, **{"connect_timeout": 5, **named}, autocommit=True) as connection:
        connection.execute(f"LISTEN {DUE_CHANNEL}")
        while not stopping.is_set():
            # The driver's own waiting gets up ten times a second.
            if not select([connection.fileno(), ends], [], [], ALIVE_EVERY)[0]:
                connection.execute("SELECT 1")
            for notice in connection.notifies(timeout=_READS_FOR):
                if (at := _instant(notice.payload)) is not None:
                    heard(at)


def _instant(payload: str) -> datetime | None:
    """The due time that was sent; None for what is not one, since anybody in the database may send."""
    try:
        at = read_stored_instant(payload)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None

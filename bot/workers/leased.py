"""Duties that one replica does for all: it takes the lease, works, and keeps it as long as it lives."""

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.bulkhead import bulkhead
from bot.journal.leases import DutyLeases
from bot.journal.store import NotRecorded

log = structlog.get_logger(__name__)


def is_ours(leases: DutyLeases, name: str, for_: timedelta) -> bool:
    """Whether this replica has a duty now; no, while the database does not answer."""
    try:
        return leases.take(name, for_)
    except (SQLAlchemyError, NotRecorded) as failure:
        log.warning("a duty has to wait for the database", duty=name, failure=str(failure))
        return False


def do_alone(
    leases: DutyLeases, name: str, every: timedelta, work: Callable[[], object], stopping: threading.Event
) -> None:
    """Do `work` every while on one replica of all, until `stopping`; another takes over when this one is gone.

    The lease lasts two whiles, and is given back at the end. What goes wrong is logged, and tried again the next time.
    """
    while not stopping.is_set():
        with bulkhead(log, "a duty broke; it is tried again", duty=name):
            if is_ours(leases, name, 2 * every):
                work()
        stopping.wait(every.total_seconds())
    try:
        leases.release(name)
    except (SQLAlchemyError, NotRecorded):
        log.info("a duty was not given back; its lease runs out by itself", duty=name)

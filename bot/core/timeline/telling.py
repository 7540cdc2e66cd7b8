"""The records of a run, told: entries in order, and every fact that follows from them."""

from collections.abc import Sequence
from datetime import datetime

from bot.core.events import Event
from bot.core.run import Run
from bot.core.situation import Stamp
from bot.core.timeline.entries import Chain, Timeline


def tell_timeline(
    run: Run, happened: Sequence[tuple[int, Event, Stamp]], *, until: datetime | None = None, chain: Chain | None = None
) -> Timeline:
    """The timeline of a run from its records, the first to the last that is known.

    Of `run` only what its start pinned is read (id, runbook, people). `until`: the moment up to which an open run is
    looked at; its last record's by default.
    """
    raise NotImplementedError

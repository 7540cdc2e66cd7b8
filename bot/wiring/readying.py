"""What findings are gathered from in this process."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.engine.gathering import Around
from bot.format.catalogue import Catalogue
from bot.oncall.roster import Roster

AHEAD = timedelta(days=14)
"""How far ahead rotations are looked at for gaps."""
_KEPT = timedelta(minutes=10)
"""So long what was found of gaps counts, while the catalogue is the same."""


def look_around(roster: Callable[[], Roster], folder: Path | None) -> Around:
    """What is neither in the files nor in the record: gaps of rotations, and the printable copy in a folder."""
    last: list[tuple[Catalogue, datetime, frozenset[str]]] = []

    def uncovered(catalogue: Catalogue, at: datetime) -> frozenset[str]:
        if last and last[0][0] is catalogue and timedelta(0) <= at - last[0][1] < _KEPT:
            return last[0][2]
        rotations, known = catalogue.rotations.values(), roster()
        found = frozenset(one.id for one in rotations if known.gaps(one, at, at + AHEAD))
        last[:] = [(catalogue, at, found)]
        return found

    return Around(uncovered, lambda: None if folder is None else _newest(folder))


def _newest(folder: Path) -> datetime | None:
    """When the newest file of a folder was written; None where there is none."""
    try:
        times = [one.stat().st_mtime for one in folder.iterdir() if one.is_file()]
    except OSError:
        return None
    return datetime.fromtimestamp(max(times), UTC) if times else None

"""What findings are gathered from in this process."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.engine.gathering import Around, Gatherer
from bot.format.catalogue import Catalogue

if TYPE_CHECKING:
    from bot.wiring.house import House

AHEAD = timedelta(days=14)
"""How far ahead rotations are looked at for gaps."""


def build_gatherer(house: "House") -> Gatherer:
    """A gatherer on the record and the files of a house."""
    roster, folder = house.roster, house.settings.pack

    def uncovered(catalogue: Catalogue, at: datetime) -> frozenset[str]:
        return frozenset(one.id for one in catalogue.rotations.values() if roster.gaps(one, at, at + AHEAD))

    def pack_at() -> datetime | None:
        return None if folder is None else _newest(folder)

    return Gatherer(house.journal(), house.shelf(), house.book_of, Around(uncovered, pack_at), house.now)


def _newest(folder: Path) -> datetime | None:
    """When the newest file of a folder was written; None where there is none."""
    try:
        times = [one.stat().st_mtime for one in folder.iterdir() if one.is_file()]
    except OSError:
        return None
    return datetime.fromtimestamp(max(times), UTC) if times else None

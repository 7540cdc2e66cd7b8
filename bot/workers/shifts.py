"""At the start of a shift, one direct message: which assets, what changed since the last shift, what is due.

One replica at a time. That a shift began is recorded before anybody is told.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bot.engine.gathering import Gatherer
from bot.format.catalogue import CLOCK, Asset, Catalogue, Person, Rotation
from bot.journal.outbox import Outbox
from bot.journal.store import Journal
from bot.journal.streams import PEOPLE, Streams
from bot.journal.versions import Versions
from bot.library.registry import Registry
from bot.notifier.messenger import Messenger
from bot.oncall.roster import Cover, Roster
from bot.readiness.upkeep.rules import begin_shift
from bot.render.shift import Shift, shift_message
from bot.workers.notices import Notices

EVERY = timedelta(minutes=1)
OF_SHIFTS = "shifts"
FRESH = timedelta(hours=1)
"""How long after its start a shift is told: whoever sets Handrail up in the middle of one is told of the next."""


class ShiftKeeper:
    """`look` is called every while; another replica may have been at it a moment ago."""

    def __init__(
        self,
        registry: Registry,
        journal: Journal,
        gatherer: Gatherer,
        roster: Roster,
        messenger: Messenger,
        direct: Callable[[str], str | None],
        now: Callable[[], datetime],
    ) -> None:
        """`direct` gives the channel of somebody's direct messages; `now` is the clock that judges the record."""
        self._registry, self._journal, self._gatherer, self._roster = registry, journal, gatherer, roster
        self._direct, self._now = direct, now
        self._people, self._versions = Streams(journal, PEOPLE), Versions(journal)
        self._notices = Notices(OF_SHIFTS, Outbox(journal), messenger, now)

    def look(self) -> None:
        """Tell whoever's shift has just begun."""
        now, catalogue = self._now(), self._registry.catalogue
        for rotation in catalogue.rotations.values():
            cover, _ = self._roster.now_and_next(rotation, now)
            for one in cover.people if now - cover.since <= FRESH else ():
                person = catalogue.people.get(one)
                if person is not None and person.slack is not None:
                    self._begin(person, rotation, cover, now)

    def _begin(self, person: Person, rotation: Rotation, cover: Cover, now: datetime) -> None:
        before = self._people.state(person.id)
        begun = begin_shift(before, rotation.id, cover.since)
        if begun:
            self._people.change(person.id, lambda here: begin_shift(here, rotation.id, cover.since), now, CLOCK, CLOCK)
        channel = self._direct(person.slack or "")
        if channel is None:
            return
        key = f"{channel}:{rotation.id} {int(cover.since.timestamp())}"
        letter = self._notices.told({key}).get(key)
        if letter is None:
            last = before.shift_before(rotation.id, cover.since)
            self._notices.tell(key, shift_message(self._shift(rotation, cover, last)), None, None)
        elif letter.ts is None:  # nobody knows whether it arrived: look for it
            self._notices.tell(key, None, None, letter)

    def _shift(self, rotation: Rotation, cover: Cover, last: datetime | None) -> Shift:
        catalogue, findings = self._registry.catalogue, self._gatherer.findings()
        assets = list(assets_of_rotation(catalogue, rotation.id))
        own = {one.id for one in assets}
        judged = [one for one in self._gatherer.judged() if one.asset.id in own]
        books = dict.fromkeys(one for asset in assets for one in asset.runbooks)
        served = self._versions.last()
        titles = {id_: book.title for id_, book in self._registry.runbooks.items()}
        new = [
            titles.get(one, one) for one in books
            if last is not None and one in served and served[one].at > last
        ]  # fmt: skip
        due = [one.what for one in findings if one.of is not None and one.of[0] == "runbook" and one.of[1] in books]
        open_ = [f"{row.ref}, {row.asset_name}" for row in self._journal.open_runs() if row.asset in own]
        return Shift(rotation.id, cover.until, judged, new, due, open_, last)


def assets_of_rotation(catalogue: Catalogue, rotation: str) -> Iterator[Asset]:
    """The assets whose ladder calls a rotation, the most critical first."""
    for asset in sorted(catalogue.assets.values(), key=lambda one: (one.tier, one.id)):
        ladder = catalogue.ladders.get(asset.ladder or "")
        if ladder is not None and any(f"rotation:{rotation}" in rung.tell for rung in ladder.rungs):
            yield asset

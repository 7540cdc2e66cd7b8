"""Who is told of backups: the owner, once, over restarts and replicas; people are called when all copies are lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.format.catalogue import Asset, Catalogue, Ladder, Person, Protection, Rung, Team
from bot.journal import tables
from bot.journal.database import for_writing, open_engine
from bot.journal.leases import DutyLeases
from bot.journal.store import Journal
from bot.journal.streams import PROTECTIONS, Streams
from bot.notifier.messenger import Impossible
from bot.oncall.roster import Roster
from bot.readiness.protection.events import Beat, RungCalled, Silenced
from bot.readiness.protection.rules import take
from bot.workers.leased import is_ours
from bot.workers.protections import EVERY, OF_PROTECTIONS, Protections
from tests.places import migrated
from tests.wiring.test_living import FakeVoice

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OF = "orders-db/full"


def catalogue(tier: int = 1, zone: str = "UTC") -> Catalogue:
    full = Protection(
        id="full", method="pg_dump <!channel>", every=timedelta(hours=1), grace=timedelta(minutes=10), target="s3",
        secondary="dr",
    )  # fmt: skip
    asset = Asset(
        id="orders-db", name="Orders", type="postgres", tier=tier, owner="data", protection=(full,), ladder="db"
    )
    rungs = (
        Rung(after=timedelta(0), tell=("person:ana",)),
        Rung(after=timedelta(minutes=10), tell=("person:ben",)),
    )
    people = {one: Person(id=one, name=one.title(), slack=f"U0{one.upper()}", timezone=zone) for one in ("ana", "ben")}
    return Catalogue(
        assets={"orders-db": asset}, people=people, ladders={"db": Ladder(id="db", rungs=rungs)},
        teams={"data": Team(id="data", members=("ana", "ben"), channel="C0DATA")},
    )  # fmt: skip


class Office:
    """Replicas on one database, with one clock."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.messenger, self.catalogue = journal, FakeVoice(), catalogue()
        self.streams = Streams(journal, PROTECTIONS)
        self.now = NOON
        self.one = self.replica()

    def replica(self) -> Protections:
        roster = Roster(lambda: self.catalogue.people)
        return Protections(lambda: self.catalogue, self.journal, self.messenger, roster, lambda: self.now)

    def looks(self, minutes: float) -> list[str]:
        """What was posted at this look."""
        self.now = NOON + timedelta(minutes=minutes)
        before = len(self.messenger.posts)
        self.one.look()
        return [said for _, said, _ in self.messenger.posts[before:]]

    def hears(self, minutes: float, place: str = "s3", **said: object) -> None:
        self.now = NOON + timedelta(minutes=minutes)
        beat = Beat(self.now, place, **said)  # type: ignore[arg-type]
        self.streams.change(OF, lambda here: take(here, beat, self.now), self.now, "token:1", "hook")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    engine = open_engine(f"sqlite:///{tmp_path}/record.db")
    migrated(engine)
    yield Office(Journal(engine))
    engine.dispose()


def test_a_missed_backup_is_told_once_over_restarts_and_replicas_and_so_is_its_return(office: Office) -> None:
    assert office.looks(0) == []
    assert office.looks(9999) == [], "nothing was ever heard of it: that is a finding, no alarm"
    office.hears(0)
    (said,) = office.looks(71)
    assert "Orders, full: late at s3" in said
    assert "<!channel>" not in said
    office.one = office.replica()
    assert office.looks(72) == []
    office.hears(73)
    (back,) = office.looks(74)
    assert "right again" in back
    assert office.messenger.posts[-1][2] == "1.0", "in the thread of what was told"
    assert office.looks(75) == []
    assert [type(one.event).__name__ for one in office.streams.history(OF)] == [
        "PlanTaken", "Beat", "Troubled", "Beat", "Returned",
    ]  # fmt: skip


def test_what_slack_does_not_take_is_told_later(office: Office) -> None:
    office.looks(0)
    office.hears(0)
    office.messenger.answer = Impossible("not_in_channel")
    assert office.looks(71) == []
    office.messenger.answer = None
    assert office.looks(71.5) == [], "a channel that refused is left alone for a minute"
    assert len(office.looks(73)) == 1


def test_with_a_young_secondary_the_switch_is_said_and_with_none_people_are_called_rung_by_rung(office: Office) -> None:
    office.looks(0)
    office.hears(5)
    office.hears(60, "dr")
    (said,) = office.looks(80)
    assert "Recover from *dr* meanwhile" in said
    assert "<@U0ANA>" not in said
    first = office.looks(131)
    assert [("<@U0ANA>" in one, "All copies of Orders, full are lost" in one) for one in first] == [(True, True)]
    assert office.looks(132) == []
    office.one = office.replica()
    (second,) = office.looks(142)
    assert "<@U0BEN>" in second
    assert "Nobody has begun yet" in second
    called = [one.event for one in office.streams.history(OF) if isinstance(one.event, RungCalled)]
    assert called == [RungCalled(1, ("ana",)), RungCalled(2, ("ben",))]
    office.hears(150, "dr")
    assert office.looks(151) == [], "the target is late still"
    assert office.streams.state(OF).lost_since is None


@pytest.mark.parametrize(("tier", "silent"), [(3, False), (1, True)])
def test_nobody_is_called_for_what_is_standard_or_silent(office: Office, tier: int, silent: bool) -> None:
    office.catalogue = catalogue(tier)
    office.looks(0)
    office.hears(5)
    office.hears(6, "dr")
    if silent:
        quiet = Silenced(NOON + timedelta(days=1), "moving")
        office.streams.change(OF, lambda here: take(here, quiet, office.now), office.now, "ana", "cli")
    said = office.looks(131)
    assert office.streams.state(OF).lost_since is not None
    assert not any("<@U0ANA>" in one for one in said)
    assert len(said) == (0 if silent else 1)


def test_tier_three_waits_for_the_morning_of_its_owner(office: Office) -> None:
    """Noon in UTC is 23:00 in Auckland that day, and 07:00 is eight hours later."""
    office.catalogue = catalogue(3, "Pacific/Auckland")
    office.looks(-60)
    office.hears(0)
    assert office.looks(71) == []
    assert office.looks(7 * 60 - 1) == [], "it is 07:59 there in summer time"
    assert len(office.looks(7 * 60)) == 1


def test_a_protection_that_nobody_asks_for_any_more_is_said(office: Office) -> None:
    office.looks(0)
    office.hears(0)
    office.looks(71)
    office.catalogue = Catalogue(teams=office.catalogue.teams)
    (said,) = office.looks(72)
    assert "no longer in the catalogue" in said


def test_what_is_late_is_told_once_within_a_minute_of_its_grace_over_a_kill_and_with_three_replicas(
    office: Office,
) -> None:
    """Whoever has the duty is killed in the very moment; its lease runs out, and one of the others tells it."""
    office.looks(0)
    office.hears(0)
    replicas = {name: (DutyLeases(office.journal, name), office.replica()) for name in ("a", "b", "c")}
    told: list[float] = []
    for step in range(-6, 30):
        seconds = 70 * 60 + step * EVERY.total_seconds()
        office.now = NOON + timedelta(seconds=seconds)
        if step == 0:
            killed = next(name for name, (leases, _) in replicas.items() if is_ours(leases, OF_PROTECTIONS, 2 * EVERY))
            del replicas[killed]
        for leases, keeper in replicas.values():
            before = len(office.messenger.posts)
            if is_ours(leases, OF_PROTECTIONS, 2 * EVERY):
                keeper.look()
            told += [seconds] * (len(office.messenger.posts) - before)
        _pass(office.journal, EVERY)
    assert len(told) == 1
    assert 0 < told[0] - 70 * 60 <= 60


def _pass(journal: Journal, by: timedelta) -> None:
    """Let so much of each lease run out."""
    with for_writing(journal.engine).begin() as connection:
        for row in connection.execute(select(tables.duty.c.name, tables.duty.c.until)).all():
            connection.execute(update(tables.duty).where(tables.duty.c.name == row.name).values(until=row.until - by))


def planned(**places: str | None) -> Catalogue:
    """The same catalogue, with other places."""
    made = catalogue()
    asset = made.assets["orders-db"]
    one = asset.protection[0].model_copy(update=places)
    return made.model_copy(update={"assets": {"orders-db": asset.model_copy(update={"protection": (one,)})}})


def test_a_place_that_is_taken_out_of_the_plan_while_wrong_is_not_told_as_right_again(office: Office) -> None:
    office.looks(0)
    office.hears(1, "dr")
    office.hears(2)
    assert "late at dr" in office.looks(72)[0]
    office.hears(71.5)
    office.catalogue = planned(secondary=None)
    (said,) = office.looks(73)
    assert "late at dr: this was not mended" in said
    assert "right again" not in said


def test_however_many_are_gone_from_the_catalogue_what_is_late_is_found(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that are gone would fill the two that are looked at, for ever."""
    monkeypatch.setattr("bot.workers.protections._BATCH", 2)
    full = office.catalogue
    gone = [full.assets["orders-db"].model_copy(update={"id": f"old-{one}"}) for one in "ab"]
    office.catalogue = full.model_copy(update={"assets": {**full.assets, **{one.id: one for one in gone}}})
    office.looks(0)
    sent = Beat(NOON, "s3")
    for one in gone:
        office.streams.change(f"{one.id}/full", lambda here: take(here, sent, NOON), NOON, "token:1", "hook")
    office.hears(5)
    office.catalogue = full
    assert "late at s3" in office.looks(80)[0]
    assert office.streams.due(NOON + timedelta(days=9), 9) == []

"""What channels are asked because of alerts: one card, grouped while it rains, at most one a minute, told when over."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from bot.format.catalogue import Asset, Catalogue, Team, Trigger
from bot.format.runbook import Runbook
from bot.journal.database import migrate, open_engine
from bot.journal.store import Journal
from bot.journal.streams import ALERTS, TRIGGERS, Streams
from bot.library.registry import Registry
from bot.readiness.alert.rules import NO_ASSET, Notice, hear
from bot.workers.alerts import AlertKeeper
from tests.wiring.test_living import FakeVoice

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def asset(number: int, tier: int = 1) -> Asset:
    return Asset(
        id=f"db-{number}", name=f"Database {number}", type="postgres", tier=tier, owner="data",
        triggers=(Trigger(alert={"db": str(number)}),),
    )  # fmt: skip


@dataclass
class Folder:
    """What the keeper asks of a shelf."""

    catalogue: Catalogue
    books: tuple[Runbook, ...] = field(default=())

    def runbooks_for(self, _: Asset) -> tuple[Runbook, ...]:
        return self.books


class Office:
    """Replicas on one database, with one clock."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.messenger, self.now = journal, FakeVoice(), NOON
        teams = {"data": Team(id="data", members=(), channel="C0DATA")}
        self.folder = Folder(Catalogue(assets={f"db-{number}": asset(number) for number in range(60)}, teams=teams))
        self.alerts, self.triggers = Streams(journal, ALERTS), Streams(journal, TRIGGERS)
        self.one = self.replica()

    def replica(self) -> AlertKeeper:
        return AlertKeeper(cast(Registry, self.folder), self.journal, self.messenger, lambda: self.now)

    def looks(self, minutes: float) -> list[str]:
        """What was posted at this look."""
        self.now = NOON + timedelta(minutes=minutes)
        before = len(self.messenger.posts)
        self.one.look()
        return [said for _, said, _ in self.messenger.posts[before:]]

    def fires(self, minutes: float, number: int = 0, fingerprint: str = "f", *, over: bool = False) -> None:
        at = NOON + timedelta(minutes=minutes)
        known = number if f"db-{number}" in self.folder.catalogue.assets else None
        sent = Notice(
            "grafana", fingerprint, f"Alert {fingerprint} <!channel>", over, "rows are gone", (("db", str(number)),),
            began=at, delivery=f"{minutes}{over}",
        )  # fmt: skip
        of = f"{NO_ASSET if known is None else f'db-{number}'}/{fingerprint}"
        self.alerts.change(of, lambda here: hear(here, sent, at), at, "token:1", "hook")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    engine = open_engine(f"sqlite:///{tmp_path}/record.db")
    migrate(engine)
    yield Office(Journal(engine))
    engine.dispose()


def test_the_channel_is_asked_once_over_restarts_and_the_card_says_when_it_is_over(office: Office) -> None:
    assert office.looks(0) == []
    office.fires(0)
    (said,) = office.looks(0.1)
    assert "Start a recovery of Database 0?" in said
    assert "rows are gone" in said
    assert "<!channel>" not in said
    office.one = office.replica()
    office.fires(0.5, fingerprint="g")
    assert office.looks(2) == [], "what comes to the same asset is told on the card that stands"
    assert "Alert g" in office.messenger.updates[-1][1]
    office.fires(3, over=True)
    assert office.looks(4) == []
    assert "alerts are over" not in office.messenger.updates[-1][1]
    office.fires(5, fingerprint="g", over=True)
    assert office.looks(6) == [], "no post: nobody has to do anything"
    assert "Database 0: the alerts are over" in office.messenger.updates[-1][1]
    office.fires(7)
    assert office.looks(7.1) == [], "while it rains, the same card asks again"
    assert "Start a recovery" in office.messenger.updates[-1][1]
    office.fires(8, over=True)
    office.looks(8.1)
    office.looks(19)
    office.looks(19.2)
    office.fires(30)
    assert len(office.looks(30.1)) == 1, "a new rain, a new card"


def test_many_assets_share_a_card_and_a_channel_gets_one_post_a_minute(office: Office) -> None:
    for number in range(12):
        office.fires(0, number)
    (first,) = office.looks(0.1)
    assert "Start a recovery of Database 0 and 11 more?" in first
    for number in range(12, 40):
        office.fires(0.2, number)
    posts = [len(office.looks(0.2 + tenth / 10)) for tenth in range(1, 20)]
    assert sum(posts) == 1, "those that came later wait for the minute, and are told together"
    assert posts.index(1) >= 8
    assert len({here.card for here in office.triggers.states().values()}) == 2


def test_what_slack_does_not_take_is_asked_later_on_the_same_card(office: Office) -> None:
    office.fires(0)
    office.folder.catalogue = office.folder.catalogue.model_copy(
        update={"teams": {"data": Team(id="data", members=(), channel=None)}}
    )
    assert office.looks(1) == [], "no channel: it is a finding, and nobody is said to have been asked"
    assert not office.triggers.state("db-0").is_asked


def test_what_found_no_asset_is_noted_and_posted_nowhere(office: Office) -> None:
    office.fires(0, 999)
    assert office.looks(1) == []
    (lost,) = office.triggers.state(NO_ASSET).heard
    assert (lost.source, lost.labels) == ("grafana", (("db", "999"),))
    office.fires(1, 3)
    office.looks(2)
    (fired,) = office.triggers.state("db-3").heard
    assert fired.labels == (("db", "3"),)


def test_settled_alerts_are_looked_at_no_more(office: Office) -> None:
    office.fires(0)
    office.looks(1)
    office.fires(2, over=True)
    office.looks(13)
    assert office.alerts.open() == {}
    assert len(office.alerts.states()) == 1
    names = [type(one.event).__name__ for one in office.triggers.history("db-0")]
    assert names == ["TriggerFired", "StartAsked", "AllQuiet"]

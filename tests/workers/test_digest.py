"""Each owner team hears once a week what is most urgent, on Monday, whoever looks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.format.catalogue import Team
from bot.journal.database import open_engine
from bot.journal.outbox import Outbox
from bot.journal.store import Journal
from bot.notifier.messenger import Impossible
from bot.workers.digest import Digest
from bot.workers.notices import REFUSED
from tests.places import migrated
from tests.readiness.firm import catalogue, facts
from tests.wiring.test_living import FakeVoice, Time

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    engine = open_engine(f"sqlite:///{tmp_path}/record.db")
    migrated(engine)
    yield Journal(engine)
    engine.dispose()


def test_a_team_hears_of_its_assets_once_a_week(journal: Journal) -> None:
    messenger, time = FakeVoice(), Time()
    teams = {"data": Team(id="data", name="Data <!here>", members=("ana",), channel="C0DATA")}
    found = replace(facts(), catalogue=catalogue(teams=teams), runs={})
    replicas = [Digest(lambda: found, Outbox(journal), messenger, time) for _ in range(2)]
    time.at = MONDAY - timedelta(hours=2)
    replicas[0].look()
    time.at = MONDAY - timedelta(days=1)
    replicas[0].look()
    assert messenger.posts == [], "neither on Sunday nor at seven"
    time.at = MONDAY
    messenger.answer = Impossible("not_in_channel")
    replicas[0].look()
    messenger.answer = None
    time.pass_(REFUSED)
    for one in replicas * 2:
        one.look()
    ((channel, said, _),) = messenger.posts
    assert channel == "C0DATA"
    assert "Orders" in said
    assert "handrail walk orders-db --drill" in said
    assert "<!here>" not in said
    time.pass_(timedelta(days=7))
    replicas[1].look()
    assert len(messenger.posts) == 2

"""Each part says in words why it is not ready, and asking does not wear Slack out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.journal.database import migrate, open_engine
from bot.journal.store import Journal
from bot.library.registry import Registry, load_shelf
from bot.web.health import NotReady
from bot.wiring.identity import FRESH, PAUSE, Identity
from bot.wiring.staff import probe_clock, probe_database, probe_registry
from bot.workers.clock import SWEEP
from tests.wiring.running import RUNBOOKS


class Slack(WebClient):
    """Answers `auth.test` as long as it is up, and counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__(token="xoxb-000000-test")
        self.asked, self.is_up = 0, True

    def auth_test(self, **_: Any) -> Any:  # noqa: ANN401 (as slack_sdk has it)
        self.asked += 1
        if not self.is_up:
            raise ConnectionRefusedError(111, "Connection refused")
        return {"team_id": "T0LOCAL"}


def test_slack_is_asked_once_a_minute_and_after_a_no_every_five_seconds() -> None:
    now = [0.0]
    slack = Slack()
    identity = Identity(slack, lambda: now[0])
    assert [identity.probe() for _ in range(100)] == ["Known to Slack in team T0LOCAL."] * 100
    assert slack.asked == 1
    slack.is_up = False
    now[0] += FRESH
    for _ in range(100):
        with pytest.raises(NotReady, match="Slack cannot be reached: ConnectionRefusedError"):
            identity.probe()
    assert slack.asked == 2
    assert identity.team == "T0LOCAL"
    slack.is_up = True
    now[0] += PAUSE
    assert identity.probe() == "Known to Slack in team T0LOCAL."


def test_a_clock_that_stands_still_is_not_ready(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/handrail.db")
    with pytest.raises(NotReady, match="tables are empty: run `handrail migrate`"):
        probe_database(engine)
    migrate(engine)
    assert probe_database(engine) == "SQLite answers, its tables are up to date."
    journal = Journal(engine)
    with pytest.raises(NotReady, match="has not swept yet"):
        probe_clock(journal)
    journal.note_sweep(SWEEP, datetime.now(UTC) - timedelta(seconds=60))
    with pytest.raises(NotReady, match=r"The clock swept 6\d s ago"):
        probe_clock(journal)
    journal.note_sweep(SWEEP, datetime.now(UTC))
    assert probe_clock(journal) == "Swept within 8 s."
    engine.dispose()


def test_a_database_that_went_away_is_said_without_its_password(tmp_path: Path) -> None:
    engine = open_engine("postgresql://me:hush@127.0.0.1:9/handrail")
    with pytest.raises(NotReady) as told:
        probe_database(engine)
    assert str(told.value) == "The database does not answer."


def test_an_empty_shelf_is_not_ready(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.reload()
    with pytest.raises(NotReady, match="no sound runbook"):
        probe_registry(registry)
    assert probe_registry(load_shelf(Path(RUNBOOKS))).endswith("assets.")

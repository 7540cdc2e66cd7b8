"""The shipped recovery, from `/recover` to its end with sign-offs by others, through the real process.

Over both ways in and on both databases; Slack would have refused nothing, and the record holds afterwards.
"""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.library.registry import load_shelf
from bot.wiring.local import seed_of
from bot.workspace.serve import Workspace
from tests.wiring.responders import Responders
from tests.wiring.running import RUNBOOKS, running
from tests.workspace.office import AT_ONCE

ANSWERS = {
    "What is wrong": "Rows of yesterday are gone, Ana saw it",
    "damaged table": "order_lines",
    "first bad change": "2026-11-22T10:00:00+01:00",
    "target": "2026-11-22T09:59:00+01:00",
    "Label of the backup": "20261122-040003F",
    "Sessions that are left": "0",
    "trial run": "5",
    "merge reported": "5",
    "merge rows": "5",
    "own count": "100",
    "database counts": "100",
    "live count": "100",
    "asset's name": "Orders database",
}
CHOICES = ("Rows or tables wrong", "It fits", "The data is right", "Merge tables", "All tables are back")


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    seed = seed_of(load_shelf(Path(RUNBOOKS)).catalogue)
    started = Workspace.start(seed, AT_ONCE)
    yield started
    started.stop()


@pytest.fixture
def socket_mode(workspace: Workspace, tmp_path: Path) -> dict[str, str]:
    return {
        "SLACK_API_URL": workspace.api_url,
        "SLACK_BOT_TOKEN": workspace.tokens.bot,
        "SLACK_APP_TOKEN": workspace.tokens.app,
        "DATABASE_URL": f"sqlite:///{tmp_path}/handrail.db",
        "HANDRAIL_RUNBOOKS": RUNBOOKS,
        "HANDRAIL_HTTP": "127.0.0.1:0",
    }


@pytest.fixture
def signed_http(workspace: Workspace, socket_mode: dict[str, str], postgres_database: str) -> dict[str, str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    workspace.deliver_to(f"http://127.0.0.1:{port}/slack/events")
    del socket_mode["SLACK_APP_TOKEN"]
    return socket_mode | {
        "SLACK_SIGNING_SECRET": workspace.tokens.signing_secret,
        "DATABASE_URL": postgres_database,
        "HANDRAIL_HTTP": f"127.0.0.1:{port}",
    }


@pytest.mark.slow
@pytest.mark.parametrize("way", ["socket_mode", "signed_http"])
def test_the_shipped_recovery_is_walked_to_its_end(
    workspace: Workspace, way: str, request: pytest.FixtureRequest
) -> None:
    environment: dict[str, str] = request.getfixturevalue(way)
    if way == "signed_http":
        with running(["migrate"], environment) as migrate:
            assert migrate.wait() == 0, migrate.said()
    team = Responders(workspace, "#incidents", ("ana", "ben", "dora", "chen"), ANSWERS, CHOICES)
    with running(["serve"], environment) as serve:
        serve.wait_ready()
        ana = workspace.person("ana")
        assert ana.type("/recover orders", "#incidents").ok
        modal = ana.modal().fill("What do you see?", "PostgreSQL: rows or tables lost, or changed by mistake")
        modal.fill("What is wrong, and who saw it?", "Rows are gone").fill("Live or drill?", "Live")
        assert modal.submit().ok, modal.errors
        card = team.walk_to_the_end("Recovered")
        assert "Recovered" in card, card
        assert serve.end()[0] == 0
        assert [line for line in serve.lines if line.get("level") == "error"] == []
    assert workspace.state.ledger.refusals == []
    assert workspace.state.ledger.failures == []
    assert {told.split(" – ")[1] for told in team.story if told.startswith("Approve")} == {"ben"}
    with running(["log", "ORDERS-1"], environment) as log:
        assert log.wait() == 0
        assert "ended the run: Recovered" in log.output
    with running(["verify"], environment) as verify:
        assert verify.wait() == 0
        assert "1 chain holds" in verify.output

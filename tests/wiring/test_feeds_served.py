"""A server that serves fetches a feed by itself, and another process answers by what it kept."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.library.registry import load_shelf
from bot.wiring.local import seed_of
from bot.workspace.serve import Workspace
from tests.slack.folder import write_folder
from tests.wiring.running import running
from tests.wiring.test_feeds import SECRET, server  # noqa: F401  (a fixture)
from tests.workspace.office import AT_ONCE

TURNS = 'timezone: Europe/Madrid, starts: "2026-01-05T09:00", turn: 7d,\n     order: [ana, ben, chen]'


@pytest.mark.slow
def test_a_feed_is_fetched_by_serve_and_told_by_another_process(tmp_path: Path, server: str) -> None:  # noqa: F811
    """From a file with the address to `handrail oncall`; the address is in no log line."""
    (tmp_path / "books").mkdir()
    folder = write_folder(tmp_path / "books")
    catalogue = folder / "catalogue.yaml"
    catalogue.write_text(catalogue.read_text(encoding="utf-8").replace(TURNS, 'ics: "env:DBA_ICS"'), encoding="utf-8")
    (tmp_path / "address").write_text(f"{server}/good/{SECRET}\n", encoding="utf-8")
    workspace = Workspace.start(seed_of(load_shelf(folder).catalogue), AT_ONCE)
    environment = {
        "SLACK_API_URL": workspace.api_url, "SLACK_BOT_TOKEN": workspace.tokens.bot,
        "SLACK_APP_TOKEN": workspace.tokens.app, "HANDRAIL_HTTP": "127.0.0.1:0",
        "DATABASE_URL": f"sqlite:///{tmp_path}/handrail.db", "HANDRAIL_RUNBOOKS": str(folder),
        "DBA_ICS_FILE": str(tmp_path / "address"),
    }  # fmt: skip
    try:
        with running(["serve"], environment, tmp_path) as process:
            process.wait_ready()
            told = _told(environment)
            for _ in range(100):
                if "was read" in told:
                    break
                time.sleep(0.1)
                told = _told(environment)
            assert "The feed of dba was read" in told
            assert "“Ana”: nobody of the catalogue for sure" in told
            assert SECRET not in process.said()
    finally:
        workspace.stop()


def _told(environment: dict[str, str]) -> str:
    """What `handrail oncall` says of the day of the feed."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATABASE_URL", "HANDRAIL_RUNBOOKS"):
            patch.setenv(name, environment[name])
        return CliRunner().invoke(main, ["oncall", "orders", "--at", "2026-11-22T12:00Z"]).output

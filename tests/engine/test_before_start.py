"""What whoever is about to start a run is told first."""

from datetime import UTC, datetime
from pathlib import Path

from bot.engine.opening import StartRequest, plan_start, say_before_start
from bot.library.registry import Registry, load_shelf
from tests.walks.folder import write_folder

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ALONE = """[{after: 0m, tell: ["person:ana"]}, {after: 9m, tell: ["person:ana"]}]"""
RUNGS = """[{after: 0m, tell: ["rotation:dba"]}, {after: 10m, tell: ["team:leads"], via: [slack, pager], repeat: 2}]"""


def test_a_ladder_of_nobody_else_is_said_before_the_start(tmp_path: Path) -> None:
    """To whoever stands on it alone; with somebody else on it, or for somebody else, nothing is said."""
    folder = write_folder(tmp_path / "books")
    catalogue = folder / "catalogue.yaml"
    text = catalogue.read_text("utf-8")
    assert RUNGS in text
    catalogue.write_text(text.replace(RUNGS, ALONE), "utf-8")
    alone, usual = load_shelf(folder), load_shelf(write_folder(tmp_path / "usual"))

    def said(registry: Registry, by: str) -> str:
        return say_before_start(plan_start(registry, StartRequest("orders-db", "rows-gone", "live", by), NOW), by, NOW)

    assert said(alone, "ana") == (
        "If you start this, Handrail has nobody else to call: nobody but you is on the ladder of Orders database. "
        "Tell somebody before you begin."
    )
    assert (said(alone, "ben"), said(usual, "ana")) == ("", "")

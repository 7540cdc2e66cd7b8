"""A click and a page that falls due go the way that CONTRIBUTING.md draws."""

import re
from pathlib import Path

import pytest

from benchmarks.passage import Followed, following
from bot.workspace.serve import Workspace
from tests.slack.office import SEED, build_office
from tests.workspace.office import AT_ONCE, over_http

DRAWN = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text("utf-8")


def drawn(what: str) -> list[str]:
    """The modules of a line, up to its first full stop."""
    line = re.search(rf"^- {what}: (.+?)\. ", DRAWN, re.MULTILINE)
    assert line is not None, f"CONTRIBUTING.md draws no way of {what.lower()}"
    return [f"{one}.py" for one in re.findall(r"`([a-z_/]+)`", line[1])]


@pytest.mark.parametrize("what", ["A click", "A due page"])
def test_the_way_is_the_one_that_is_drawn(what: str, tmp_path: Path) -> None:
    workspace = Workspace.start(SEED, AT_ONCE)
    office = build_office(workspace, tmp_path, lambda work: work())
    followed = Followed(office)
    with over_http(workspace, followed):
        office.start()
        office.press("ana", "Rows are wrong")
        gone = followed.passage.files
        if what == "A due page":
            office.later(minutes=31)
            with following() as passage:
                office.handler.tick_due(10)
            gone = passage.files
    office.handler.journal.engine.dispose()
    workspace.stop()
    assert len(drawn(what)) > 5
    assert [one for one in gone if one in drawn(what)] == drawn(what), gone

"""How little an author has to write: measured on what ships, and on a page that was written as a runbook by hand."""

from pathlib import Path

import pytest

from bot.format.runbook import Runbook
from bot.library.check import check_files, check_folder
from bot.rehearsal.report import report_of
from bot.rehearsal.samples import sample_asset
from bot.rehearsal.walk import rehearse

BY_HAND = Path(__file__).parent / "short"
SHIPPED = Path(__file__).parents[2] / "runbooks"
BEFORE = {"postgres-pitr": (796, 52), "s3-mass-delete": (694, 50), "postgres-failover": (524, 37)}
"""The three longest as they shipped before the short form: lines, and steps."""
STEPS_SINCE = {"postgres-pitr": 0, "s3-mass-delete": 2, "postgres-failover": 1}
"""Steps that came to them after it."""
TEAMS = """\
schema: people/v1
people: [{id: ana, name: Ana}, {id: ben, name: Ben}, {id: chen, name: Chen}, {id: dora, name: Dora}]
teams:
  - {id: search, members: [ana, ben]}
  - {id: incident-leads, members: [chen]}
  - {id: products, members: [dora, chen]}
"""


@pytest.fixture(scope="module")
def shipped() -> dict[str, Runbook]:
    return check_folder(SHIPPED).runbooks


def test_the_longest_that_ship_have_half_the_lines_and_all_the_steps(shipped: dict[str, Runbook]) -> None:
    now = {name: len((SHIPPED / f"{name}.yaml").read_text(encoding="utf-8").splitlines()) for name in BEFORE}
    assert all(now[name] <= 0.55 * lines for name, (lines, _) in BEFORE.items()), now
    now = {name: len(shipped[name].steps) - STEPS_SINCE[name] for name in BEFORE}
    assert now == {name: steps for name, (_, steps) in BEFORE.items()}


def test_a_page_is_at_most_three_lines_of_yaml_for_one_of_markdown() -> None:
    page = (BY_HAND / "elasticsearch.md").read_text(encoding="utf-8").splitlines()
    text = (BY_HAND / "elasticsearch.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 3 * len(page)
    files = check_files([("teams.yaml", TEAMS.encode()), ("book.yaml", text.encode())])
    assert [one for one in files.problems if one.severity == "error"] == []
    book = files.documents["book.yaml"][0].model
    assert isinstance(book, Runbook)
    report = report_of(rehearse(book, sample_asset(book)))
    assert report.sound, report

"""The whole runbook in docs/authors.md: as short as it says, ready to go live, and walked in every way."""

import re
from pathlib import Path

from click.testing import CliRunner

from bot.cli import main
from bot.format.runbook import Runbook
from bot.library.check import check_folder
from bot.library.reading.short import USUAL
from bot.rehearsal.report import report_of
from bot.rehearsal.samples import sample_asset
from bot.rehearsal.walk import rehearse

PAGE = (Path(__file__).parents[2] / "docs" / "authors.md").read_text(encoding="utf-8")
WHOLE = next(one for one in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "runbook/v1" in one)
MOST_LINES, STEPS = 60, 12
ASSET = """\
schema: assets/v1
assets:
  - {id: products, type: search, tier: 2, rpo: 1d, rto: 2h, runbooks: [search-index-gone], facts: {host: search-1},
     depends_on: [snapshots], protection: [{id: nightly, method: Nightly snapshot, every: 1d, target: snapshots}]}
---
schema: resources/v1
resources: [{id: snapshots, kind: storage, name: Snapshots}]
"""


def test_the_whole_example_is_short_and_may_go_live_in_a_folder_that_new_people_began(tmp_path: Path) -> None:
    made = CliRunner().invoke(main, ["new", "people", "search", "--folder", str(tmp_path)])
    assert made.exit_code == 0, made.output
    people = tmp_path / "people-search.yaml"
    people.write_text(re.sub(r" *# TODO.*|TODO: ", "", people.read_text(encoding="utf-8")), encoding="utf-8")
    (tmp_path / "assets.yaml").write_text(ASSET, encoding="utf-8")
    (tmp_path / "book.yaml").write_text(WHOLE, encoding="utf-8")
    report = check_folder(tmp_path, live=True)
    assert report.problems == ()
    book = report.runbooks["search-index-gone"]
    own = [step for step in book.steps if step.id not in USUAL]
    lines = len(WHOLE.splitlines())
    assert (len(own) == STEPS, lines <= MOST_LINES) == (True, True)
    assert f"Twelve steps in {lines} lines" in PAGE
    assert max(map(len, WHOLE.splitlines())) <= 120
    walked = report_of(rehearse(book, sample_asset(book)))
    assert (walked.sound, walked.complete, isinstance(book, Runbook)) == (True, True, True)

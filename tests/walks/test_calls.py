"""A run calls another that cannot be opened: the card says why, and the walk goes on by `else`."""

from pathlib import Path

import pytest

from bot.run.events import CallNotOpened
from tests.walks.firm import open_firm
from tests.walks.folder import book, write_folder

STEPS = """
steps:
  - {id: ready, do: Say that we are ready, max_visits: 9, go: {ok: open_bucket, problem: hold}}
  - {id: open_bucket, call: Have the bucket opened again, runbook: open-bucket, with: {asset: bucket, reason: "us"},
     max_visits: 9, go: {recovered: partly, else: phone}}
  - {id: phone, do: Ring the storage team, max_visits: 9, go: {ok: partly, problem: hold}}
  - {id: partly, end: Close the run, outcome: partial}
"""
WHY = "The catalogue has no asset “bucket” any more."


@pytest.mark.slow
def test_a_call_that_cannot_be_opened_is_told_and_leaves_by_else(tmp_path: Path) -> None:
    """Its asset has left the catalogue since the run began: nobody waits for a run that never comes."""
    books = write_folder(tmp_path / "books")
    (books / "rows-gone.yaml").write_text(
        book("rows-gone", "Rows are gone", "A table is empty.", STEPS, again="ready"), "utf-8"
    )
    with open_firm(tmp_path, books) as firm:
        ana = firm.hand("ana")
        ana.start("archive", {"Live or drill?": "Live"})
        catalogue = books / "catalogue.yaml"
        lines = catalogue.read_text("utf-8").split("\n")
        at = next(number for number, line in enumerate(lines) if "{id: bucket," in line)
        catalogue.write_text("\n".join([*lines[:at], *lines[at + 2 :]]), "utf-8")
        firm.house.registry().reload()
        assert "bucket" not in firm.house.registry().catalogue.assets
        if firm.run("ARCHIVE-1").operator != "ana":
            ana.press("Take over")
        ana.press("Done")
        firm.wind(seconds=1)
        thread = firm.thread("ARCHIVE-1")
        (failed,) = [event for _, event, _ in firm.history("ARCHIVE-1") if isinstance(event, CallNotOpened)]
        assert failed.why.startswith(WHY)
        card = str(ana.card(thread).blocks)
        assert "The run of “Have the bucket opened again” could not be opened." in card
        assert WHY in card
        told = ana.sees(thread)
        assert "Could not be opened" in told
        assert told.count(WHY) >= 3, "the card, the step's line, and a post of its own"
        assert "could not be opened" in firm.handrail("log", "ARCHIVE-1")
        assert "Ring the storage team" in card
        ana.press("Done")
        assert firm.run("ARCHIVE-1").over
        firm.check_all_is_well()

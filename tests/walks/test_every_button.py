"""One long walk on which every button is pressed at least once; the labels are a contract."""

from pathlib import Path

import pytest

from tests.walks.firm import Firm, Way, open_firm
from tests.walks.folder import write_folder

CONTRACT = {
    "Start", "Done", "There is a problem", "I'm not sure", "I need help", "Approve…",
    "Reject", "Skip…", "Go back…", "Note…", "Take over", "Hand over…", "Accept", "Pause…", "Resume", "Correct…",
    "Stop the run…", "Break glass…", "Begin", "Back to where we were",
    "I am watching", "Review…", "Rows are wrong", "Ask again",
}  # fmt: skip
TARGET = "2026-11-22T09:59:00+01:00"
START = {"What do you see?": "Rows are gone", "What changed?": "Prices are 0", "Live or drill?": "Live"}


def go_to_target(firm: Firm) -> None:
    """From the start to the target: skipped, not sure, back, gone back over, done with a problem, mismatched."""
    ana, chen = firm.hand("ana"), firm.hand("chen")
    ana.start("orders", START)
    ana.press("I need help", {"What do you need?": "A second pair of eyes"})
    ana.press("Skip…", {"Why is it skipped?": "They are stopped already"})
    ana.press("I'm not sure")
    assert "belongs to the lead (Chen Wei or Dora Lind)" in ana.is_refused("Ask again")
    chen.press("Back to where we were", {"What was decided?": "Once more"})
    ana.press("Go back…", {"Back to which step?": "Stop the writers", "Why?": "One was still running"})
    ana.press("There is a problem", {"Which is it?": "It failed", "What do you see?": "It does not stop"})
    chen.press("Back to where we were", {"What was decided?": "Once more"})
    ana.press("Done").press("Rows are wrong")
    seen = "What I see is not what stands here"
    ana.press("There is a problem", {"Which is it?": seen, "What do you see?": "Another table"})
    chen.press("Back to where we were", {"What was decided?": "Once more"})


def go_to_signoff(firm: Firm) -> None:
    """A wrong value beside its field, with nothing lost; then the target and the size."""
    ana = firm.hand("ana")
    ana.press("Done")
    modal = ana.send({"Recovery target": "yesterday"})
    assert "offset" in modal.error_at("Recovery target, with offset")
    assert ana.send({"Recovery target": TARGET}).errors == {}
    read_size(firm)


def read_size(firm: Firm) -> None:
    firm.hand("ana").press("Done", {"Size of the backup": "500"})


def break_the_glass(firm: Firm) -> None:
    """Asked for twice in vain, rejected before that; then the lead who does not operate goes on alone."""
    ana, ben, chen, dora = (firm.hand(name) for name in ("ana", "ben", "chen", "dora"))
    ana.press("Correct…", {
        "Which value?": "size", "What should it be?": "600", "Why?": "Misread",
    })  # fmt: skip
    assert "someone else has to sign" in ana.is_refused("Approve…")
    dora.press("Reject", {"Why": "Too early by a minute"})
    ana.press("Done", {"Recovery target": TARGET})
    read_size(firm)
    for _ in range(2):
        assert "Break glass…" not in chen.labels(firm.thread("ORDERS-1")) or firm.run("ORDERS-1").expired
        firm.wind(minutes=16)
        chen.press("Ask again", {"What was decided?": "They are there now"})
    assert "Breaking the glass is for the lead" in ben.is_refused("Break glass…")
    chen.press("Break glass…", {"Why": "Nobody of orders can be reached"})


def restore(firm: Firm) -> None:
    """Watched, begun with the asset's name, ended as unknown, looked at, waited for."""
    ana, ben = firm.hand("ana"), firm.hand("ben")
    assert "Begin" not in ana.labels(firm.thread("ORDERS-1")), "nobody watches yet"
    ben.press("I am watching")
    ana.press("Begin")
    assert ana.send({"asset's name": "orders archive"}).errors
    assert ana.send({"asset's name": "Orders database"}).errors == {}
    ana.press("There is a problem", {"Which is it?": "The outcome is unknown", "What do you see?": "The window closed"})
    ana.press("Done", {"Rows that came back": "7"})
    ana.press("Begin").press("Done")


def walk_the_sub_run(firm: Firm) -> None:
    """Another team's run, in its own channel, with its own operator; this one waits."""
    dora, chen = firm.hand("dora", "#storage-platform"), firm.hand("chen", "#storage-platform")
    dora.press("Take over").press("Done", {"Name of the bucket": "b-all-2"})
    chen.press("Approve…", {"bucket name": "b-all-2"})


def steer(firm: Firm) -> None:
    """Paused and resumed, noted, handed over with a briefing, taken over again."""
    ana, ben, dora = firm.hand("ana"), firm.hand("ben"), firm.hand("dora")
    ana.press("Pause…", {"Why?": "Waiting for finance"})
    assert "Only the operator" in ben.is_refused("Resume")
    ana.press("Resume")
    ana.press("Note…", {"What should be on record?": "Finance has called"})
    ana.press("Hand over…", {"To whom?": "Dora Lind", "What should they know?": "Only the acceptance is left"})
    assert "offered to Dora Lind" in ben.is_refused("Accept")
    dora.press("Accept", {})
    ana.press("Take over")


@pytest.mark.slow
@pytest.mark.parametrize("way", ["sockets", "http"])
def test_every_button_on_one_walk(tmp_path: Path, way: Way) -> None:
    with open_firm(tmp_path, write_folder(tmp_path / "books"), way) as firm:
        go_to_target(firm)
        go_to_signoff(firm)
        break_the_glass(firm)
        restore(firm)
        walk_the_sub_run(firm)
        steer(firm)
        ben, chen = firm.hand("ben"), firm.hand("chen")
        ben.press("Approve…", {"asset": "Orders database"})
        assert firm.run("ORDERS-1").over is False
        assert "You broke the glass" in chen.is_refused("Review…")
        ben.press("Review…", {"": "The target was right"})
        thread = firm.thread("ORDERS-1")
        assert "Recovered" in ben.sees(thread)
        assert firm.row("ORDERS-1").hash in ben.sees(thread)
        assert firm.row("BACKUPS-1").outcome == "recovered"
        stop_another(firm)
        assert firm.pressed >= CONTRACT, CONTRACT - firm.pressed
        firm.check_all_is_well()
        told = firm.handrail("log", "ORDERS-1")
        for words in ("Prices are 0", "Only the acceptance is left", "broke the glass", "nobody knows how it ended"):
            assert words in told
        assert "3 chains hold" in firm.handrail("verify")


def stop_another(firm: Firm) -> None:
    """A drill of a draft is stopped."""
    ana = firm.hand("ana")
    ana.start("archive", {"What changed?": "A drill", "Live or drill?": "Drill"})
    thread = firm.thread("ARCHIVE-1")
    assert "touch nothing live" in ana.sees(thread)
    ana.press("Stop the run…", {"Why does it stop?": "Enough for today"}, thread=thread)
    assert firm.row("ARCHIVE-1").outcome == "aborted"

"""The law over Slack's wire: ordinary presses of ordinary buttons leave nobody alone with what destroys."""

from pathlib import Path

import pytest

from bot.run.events import Begun
from tests.walks.firm import Firm, Way, open_firm
from tests.walks.folder import book, write_folder

ROWS_GONE = """
vars:
  rows: {type: int, min: 0, unit: rows, ask: "Rows that are gone"}
  bucket_name: {type: string, ask: "Name of the bucket", default: none}
steps:
  - {id: count, do: Count the rows, who: data_owner, answer: {var: rows}, max_visits: 9, go: {ok: ask, problem: hold}}
  - {id: ask, signoff: Approve the restore, from: [data_owner, lead], binds: {vars: [rows], steps: [restore]},
     readback: rows, timeout: 15m, max_visits: 9, go: {approved: restore, rejected: hold, expired: hold}}
  - id: restore
    run: Restore the rows
    effect: destroy
    undo: {none: "The old rows are overwritten."}
    witness: peer
    timeout: 1h
    max_visits: 9
    exec: {at: "{{ asset.host }}", argv: [restore, "{{ vars.rows }}"]}
    go: {ok: bucket, fail: hold, timeout: hold}
  - {id: bucket, call: Have the bucket opened again, runbook: open-bucket, with: {asset: bucket, reason: "x"},
     capture: {bucket_name: {output: bucket_name}}, max_visits: 9, go: {recovered: accept, else: hold}}
  - {id: accept, signoff: Accept what was done, from: [data_owner, lead], mode: after, binds: {vars: [bucket_name]},
     max_visits: 9, go: {approved: good, rejected: hold, expired: hold}}
  - {id: good, end: Close the run, outcome: recovered}
"""
NAME = {"asset's name": "Orders database"}


def begun(firm: Firm) -> int:
    return sum(isinstance(event, Begun) for _, event, _ in firm.history("ORDERS-1"))


def ask(firm: Firm) -> None:
    """Ana starts; Dora, a data owner and a lead, says how many rows are gone, so she does not sign it."""
    ana, dora = firm.hand("ana"), firm.hand("dora")
    assert ana.start("orders", {"What do you see?": "Rows are gone", "Live or drill?": "Live"}).errors == {}
    dora.press("Done", {"Rows that are gone": "7"})
    assert "You gave “rows”, so someone else has to sign." in dora.is_refused("Approve…")


def fail_once(firm: Firm) -> None:
    """Ben signs, Chen watches, Ana begins, and it fails."""
    ana, ben, chen = firm.hand("ana"), firm.hand("ben"), firm.hand("chen")
    ben.press("Approve…", {"Type the rows": "7"})
    chen.press("I am watching")
    ana.press("Begin", NAME).press(
        "There is a problem", {"Which is it?": "It failed", "What do you see?": "The disk is full"}
    )


def begin_under_a_spent_signature(firm: Firm) -> None:
    """The signer takes over and goes back to begin again: it is asked for anew, and the thread says why."""
    ben, chen = firm.hand("ben"), firm.hand("chen")
    ben.press("Take over")
    if ben.person.has_modal:
        ben.send({})
    chen.press("Back to where we were", {"What was decided?": "Once more"})
    assert "The signatures covered one start of “Restore the rows”" in ben.sees(firm.thread("ORDERS-1"))
    assert "someone else has to sign" in ben.is_refused("Approve…")
    assert begun(firm) == 1


def watch_and_operate(firm: Firm) -> None:
    """Chen signs the second start; Ana watches, then takes over: her watch has ended, and she begins nothing."""
    ana, ben, chen = firm.hand("ana"), firm.hand("ben"), firm.hand("chen")
    chen.press("Approve…", {"Type the rows": "7"})
    ana.press("I am watching").press("Take over")
    if ana.person.has_modal:
        ana.send({})
    assert "Begin" not in ana.labels(firm.thread("ORDERS-1")), "nobody watches yet"
    ben.press("I am watching")
    ana.press("Begin", NAME).press("Done")
    assert begun(firm) == 2


def accept_what_one_did(firm: Firm) -> None:
    """Dora operates the called run, so she does not accept it in the calling one; Ben and Ana operated, Chen may."""
    away, chen_away = firm.hand("dora", "#storage-platform"), firm.hand("chen", "#storage-platform")
    away.press("Take over")
    if away.person.has_modal:
        away.send({})
    away.press("Done", {"Name of the bucket": "b-all-2"})
    chen_away.press("Approve…", {"bucket name": "b-all-2"})
    firm.settle()
    for name in ("dora", "ana", "ben"):
        assert "You started or ran this run" in firm.hand(name).is_refused("Approve…")
    firm.hand("chen").press("Approve…", {"asset": "Orders database"})
    assert firm.row("ORDERS-1").outcome == "recovered"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["sockets", "http"])
def test_nobody_is_two_people_by_ordinary_presses(tmp_path: Path, way: Way, request: pytest.FixtureRequest) -> None:
    """Socket Mode on SQLite, signed HTTP on PostgreSQL."""
    database = request.getfixturevalue("postgres_database") if way == "http" else ""
    with open_firm(tmp_path, _folder(tmp_path), way=way, database=database) as firm:
        ask(firm)
        fail_once(firm)
        begin_under_a_spent_signature(firm)
        watch_and_operate(firm)
        accept_what_one_did(firm)
        firm.check_all_is_well()


@pytest.mark.slow
@pytest.mark.parametrize("way", ["sockets", "http"])
def test_a_broken_glass_ends_when_its_lead_comes_to_operate(tmp_path: Path, way: Way) -> None:
    """Chen, who gave no value, breaks the glass and takes over: it is void, and signatures are asked for again.

    On SQLite: PostgreSQL judges what is due by its own clock, which nobody winds.
    """
    with open_firm(tmp_path, _folder(tmp_path), way=way) as firm:
        ask(firm)
        chen, ben = firm.hand("chen"), firm.hand("ben")
        for _ in range(2):
            firm.wind(minutes=16)
            chen.press("Ask again", {"What was decided?": "They are there now"})
            firm.hand("dora").press("Done", {"Rows that are gone": "7"})
        chen.press("Break glass…", {"Why": "Nobody of orders can be reached"})
        chen.press("Take over")
        if chen.person.has_modal:
            chen.send({})
        assert "Chen Wei operates now, so their broken glass has ended." in ben.sees(firm.thread("ORDERS-1"))
        ben.press("I am watching")
        chen.press("Begin", NAME)
        assert begun(firm) == 0
        assert firm.run("ORDERS-1").here_is("ask")
        firm.check_all_is_well()


def _folder(tmp_path: Path) -> Path:
    folder = write_folder(tmp_path / "books")
    (folder / "rows-gone.yaml").write_text(
        book("rows-gone", "Rows are gone", "A table is empty.", ROWS_GONE, again="count")
    )
    return folder

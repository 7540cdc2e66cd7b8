"""A signature that nobody could give: said before, told, and no way is closed."""

from pathlib import Path

import pytest

from bot.run.events import HandOverOffered
from bot.run.paging.events import Paged
from bot.workspace.client import OpenModal
from tests.walks.firm import Firm, Way, open_firm
from tests.walks.folder import book, write_folder

TARGET = "2026-11-22T09:59:00+01:00"
STEPS = """
vars:
  target_time: {type: timestamp, ask: "Recovery target, with offset", default: "2026-01-01T00:00:00+00:00"}
steps:
  - {id: target, do: Type the target time, answer: {var: target_time}, max_visits: 9, go: {ok: ask, problem: hold}}
  - {id: ask, signoff: Approve the target, from: [data_owner], binds: {vars: [target_time], steps: [restore]},
     readback: target_time, timeout: 15m, max_visits: 9, go: {approved: restore, rejected: target, expired: hold}}
  - {id: restore, run: Restore the rows, effect: change, undo: {none: "They stay."}, timeout: 1h, max_visits: 9,
     exec: {at: "{{ asset.host }}", argv: [restore, "{{ vars.target_time }}"]},
     go: {ok: look, fail: hold, timeout: hold}}
  - {id: look, do: Look at the rows, who: lead, evidence: required, go: {ok: good, problem: hold}}
  - {id: good, end: Close the run, outcome: recovered}
"""
_TEAMS = {
    "orders": "Orders, members: [ben, dora]", "leads": "Leads, members: [chen, dora]",
    "data": "Data platform, members: [ana, ben, chen]", "dba": "order: [ana, ben, chen]",
}  # fmt: skip
START = {"What do you see?": "Rows are gone", "Live or drill?": "Live"}
WORDS = "“Approve the target” needs a signature of the data owner, and nobody may still sign."


def folder(home: Path, **teams: str) -> Path:
    """The usual folder with a short runbook, and other people in these teams."""
    books = write_folder(home / "books")
    (books / "rows-gone.yaml").write_text(book("rows-gone", "Rows are gone", "A table is empty.", STEPS), "utf-8")
    text = (books / "catalogue.yaml").read_text("utf-8")
    for words, others in teams.items():
        before = _TEAMS[words]
        assert before in text
        text = text.replace(before, before.partition("[")[0] + others)
    (books / "catalogue.yaml").write_text(text, "utf-8")
    return books


def form_of(firm: Firm, name: str, label: str) -> OpenModal:
    """The form that a press opens."""
    hand = firm.hand(name)
    hand.press(label)
    return hand.person.modal()


@pytest.mark.slow
@pytest.mark.parametrize("way", ["sockets", "http"])
def test_what_would_take_the_last_signer_away_is_asked_first(tmp_path: Path, way: Way) -> None:
    """Dora started it, so Ben alone may sign: handing over, accepting and taking over all say so, and wait."""
    with open_firm(tmp_path, folder(tmp_path), way) as firm:
        dora, ben, ana = firm.hand("dora"), firm.hand("ben"), firm.hand("ana")
        dora.start("orders", START)
        ana.press("Take over")
        before = firm.kinds("ORDERS-1")
        modal = form_of(firm, "ben", "Take over")
        assert (modal.title, modal.labels) == ("Take over", [])
        assert f"If you take over, too few people are left to sign. {WORDS}" in modal.words
        modal.close()
        assert firm.kinds("ORDERS-1") == before, "nothing is recorded until the second press"

        ana.press("Hand over…")
        modal = ana.send({"To whom?": "Ben Okafor", "What should they know?": "The target is 09:59"})
        assert modal.is_open
        assert f"If Ben Okafor operates, too few people are left to sign. {WORDS}" in modal.words
        assert firm.kinds("ORDERS-1") == before
        assert modal.submit().ok
        offered = [event for _, event, _ in firm.history("ORDERS-1") if isinstance(event, HandOverOffered)]
        assert offered == [HandOverOffered("ben", "The target is 09:59")], "nothing that was typed is lost"

        modal = form_of(firm, "ben", "Accept")
        assert f"If you accept, too few people are left to sign. {WORDS}" in modal.words
        assert modal.submit().ok
        assert firm.run("ORDERS-1").operator == "ben"
        ben.press("Done", {"Recovery target": TARGET})
        assert "too few people are left who may give it" in ben.sees(firm.thread("ORDERS-1"))
        firm.check_all_is_well()


@pytest.mark.slow
def test_the_start_form_says_who_is_missing_and_the_start_calls_the_lead(tmp_path: Path) -> None:
    """Dora alone owns the data: she may start, and Chen is called at once. Ana is told of nothing."""
    with open_firm(tmp_path, folder(tmp_path, orders="[dora]")) as firm:
        dora, ana, chen = firm.hand("dora"), firm.hand("ana"), firm.hand("chen")
        said = f"If you start this, too few people are left to sign. {WORDS} Chen Wei will be called at once."
        for hand, told in ((ana, False), (dora, True)):
            assert hand.person.type("/recover archive", hand.channel).ok
            assert (said in hand.person.modal().words) == told
            if not told:
                hand.person.modal().close()
        dora.send({"Live or drill?": "Live"})
        firm.wind(seconds=1)
        pages = [event for _, event, _ in firm.history("ARCHIVE-1") if isinstance(event, Paged)]
        assert ("no_signer", ("chen",)) in [(one.reason, one.people) for one in pages]
        firm.settle()
        assert "will be asked for in this run" in "\n".join(str(one.blocks) for one in chen.person.dm())
        firm.check_all_is_well()

"""The law at a terminal: under a name that nobody proved, or as the signer, nobody begins what was signed once."""

import pytest

from bot.run.commands import Choose
from tests.terminal.conftest import Home
from tests.terminal.test_walking import begin, sign_target, to_signing

pytestmark = pytest.mark.slow


def test_a_spent_signature_begins_nothing_whoever_takes_over(home: Home) -> None:
    """Dora signed, Ana began, and it failed. Neither a name without a login nor Dora begins it again by themselves."""
    home.log_in("ana", "dora")
    with home.sit("ana", "walk", "orders") as ana:
        begin(ana)
        to_signing(ana)
        sign_target(home)
        ana.wait_for("Restore the rows", "[b] Begin")
        ana.form("b", "Type the asset's name")
        ana.answer("orders database")
        ana.wait_for("Recorded: Begin.", "[p] There is a problem")
        ana.form("p", "Which is it?")
        ana.answer("It failed")
        ana.wait_for("What do you see?")
        ana.answer("The disk is full")
        ana.wait_for("Choose how to go on")
        home.desk.handle(home.run.id, Choose("hold", 1, "back", "Ask once more."), "chen", "slack")
        ana.wait_for("The signatures covered one start of", "[a] Approve")
        ana.press("q")
    with home.sit("nobody", "walk", "--resume", "ORDERS-1") as nobody:
        nobody.wait_for("You are not logged in", "[a] Approve")
        nobody.press("t")
        nobody.wait_for("Recorded: Take over.")
        nobody.step("a", "Not recorded: You are not logged in here")
    with home.sit("dora", "walk", "--resume", "ORDERS-1") as dora:
        dora.wait_for("[a] Approve")
        dora.press("a")
        dora.wait_for("Not recorded:", "could be anybody")
    assert home.here == "ask"
    assert home.kinds().count("Begun") == 1

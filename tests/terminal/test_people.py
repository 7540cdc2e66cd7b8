"""People who leave and come while a run is walked at a terminal, with no server about."""

import pytest

from tests.slack.folder import CATALOGUE
from tests.terminal.conftest import Home
from tests.terminal.test_walking import TARGET, begin, to_signing

pytestmark = pytest.mark.slow
ORDERS = "{id: orders, members: [ben, dora]}"


def test_a_signer_is_put_in_let_in_by_a_lead_and_another_is_out(home: Home) -> None:
    """Chen owns the data since a moment ago: Dora, a lead, lets Chen in with one key; Dora signs no more."""
    home.log_in("ana", "chen", "dora")
    file = next(one for one in home.house.settings.runbooks.rglob("*.yaml") if "people/v1" in one.read_text())
    assert ORDERS in CATALOGUE
    with home.sit("ana", "walk", "orders") as ana:
        begin(ana)
        to_signing(ana)
        file.write_text(file.read_text().replace(ORDERS, ORDERS.replace("dora", "chen")))
        ana.wait_for("Dora Lind is out as data owner; Chen Wei was put in", "[I] Let in Chen Wei")
        assert "a lead of this run since its start" in ana.step("I", "Not recorded:")
        with home.sit("dora", "walk", "--resume", "ORDERS-1") as dora:
            dora.wait_for("[I] Let in Chen Wei", "Dora Lind can press Let in.")
            dora.step("a", "Not recorded: This needs the data owner: Ben Okafor.")
            dora.step("I", "Recorded: Let in Chen Wei.")
        ana.wait_for("Dora Lind: let Chen Wei in as data owner.")
        with home.sit("chen", "walk", "--resume", "ORDERS-1") as chen:
            chen.wait_for("[a] Approve")
            chen.press("a")
            chen.read_on("Type the target time Read it above")
            chen.answer(TARGET)
            chen.wait_for("Recorded: Approve.")
    assert [kind for kind in home.kinds() if kind in ("PeopleChanged", "LetIn")] == ["PeopleChanged", "LetIn"]

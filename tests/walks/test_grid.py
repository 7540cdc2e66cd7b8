"""Enterprise Grid over Slack's wire: one person from every workspace of the organisation; strangers stay strangers."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.workspace.state import Enterprise, User
from tests.walks.firm import open_firm, seed_for
from tests.walks.folder import write_folder
from tests.walks.test_every_button import START

EAST = "T0EAST"


@pytest.mark.parametrize("org_install", [False, True], ids=["in one workspace", "in the organisation"])
def test_a_person_acts_from_another_workspace_of_the_organisation(tmp_path: Path, *, org_install: bool) -> None:
    """Ana works in another workspace: she starts, and walks on; Gus of another company is told what to write."""
    folder = write_folder(tmp_path / "books")
    seed = seed_for(folder)
    users = tuple(replace(one, team=EAST) if one.id == "U0ANA" else one for one in seed.users)
    new = User("U0NEW", "new", "Nina New", team=EAST)
    channels = tuple(replace(one, members=(*one.members, new.id)) for one in seed.channels)
    grid = Enterprise("E0ACME", "Acme", (EAST,), is_org_install=org_install)
    seed = replace(seed, users=(*users, new), channels=channels, enterprise=grid)
    with open_firm(tmp_path, folder, seed=seed) as firm:
        ana = firm.hand("ana")
        ana.start("orders", START)
        assert firm.row("ORDERS-1").requester == "ana"
        ana.press("Done", thread=firm.thread("ORDERS-1"))
        firm.settle()
        assert "Choose the line that matches" in ana.sees(firm.thread("ORDERS-1"))
        thread = firm.thread("ORDERS-1")
        said = firm.hand("gus").is_refused("Rows are wrong", thread)
        assert "slack: U0GUS, team_id: T0OTHER" in said
        assert "slack: U0NEW, team_id: E0ACME" in firm.hand("new").is_refused("Rows are wrong", thread)
        firm.check_all_is_well()

"""Over the wire: what does not hold is looked at again, what was done already is looked at, nothing invites haste."""

from pathlib import Path

import pytest

from tests.walks.firm import Way, open_firm
from tests.walks.folder import write_folder

START = {"What do you see?": "Rows are gone", "What changed?": "Prices are 0", "Live or drill?": "Live"}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["sockets", "http"])
def test_a_walk_that_is_looked_at_twice(tmp_path: Path, way: Way) -> None:
    """A step done by somebody else, a time without its offset, a reading that does not hold, a hold with a word."""
    books = write_folder(tmp_path / "books")
    text = (books / "catalogue.yaml").read_text("utf-8")
    at_home = text.replace("slack: U0ANA}", "slack: U0ANA, timezone: Europe/Berlin}")
    (books / "catalogue.yaml").write_text(at_home, "utf-8")
    with open_firm(tmp_path, books, way) as firm:
        ana, ben, chen = firm.hand("ana"), firm.hand("ben"), firm.hand("chen")
        ana.start("orders", START)
        ana.press("I have done this already…", {"What was done": "Ben stopped them at nine"})
        assert "Ben stopped them at nine" in chen.sees(firm.thread("ORDERS-1"))
        ana.press("Done", {"What did you see when you looked?": "They are stopped"}).press("Rows are wrong")
        ana.press("Done", {"Recovery target": "2026-11-22 09:59"})
        ana.press("Done")
        ana.send({"Size of the backup": "3"})
        assert "3 is not above 10: look again, or record it as failed." in str(ana.person.modal().view.body)
        ana.send({"Size of the backup": "4", "What now?": "Record it as failed"})
        chen.press("Back to where we were", {"What was decided?": "Read it on the standby"})
        assert "Read it on the standby" in ana.sees(firm.thread("ORDERS-1"))
        ana.press("Done", {"Size of the backup": "500"})
        assert firm.run("ORDERS-1").vars["target_time"] == "2026-11-22T09:59+01:00"
        assert "restore 2026" not in ben.sees(firm.thread("ORDERS-1"))
        ben.press("Approve…")
        assert "restore 2026" in str(ben.person.modal().view.body)
        ben.send({"Type the target time": "2026-11-22T09:59+01:00"})
        assert "restore 2026" not in ben.sees(firm.thread("ORDERS-1"))
        kinds = firm.kinds("ORDERS-1")
        assert (kinds.count("ReadingTaken"), kinds.count("DoneAlready")) == (1, 1)
        firm.check_all_is_well()

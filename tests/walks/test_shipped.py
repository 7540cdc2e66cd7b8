"""The shipped recovery by its longer way, the switch to the copy: one signature of each role, a witness, two hosts."""

from pathlib import Path

import pytest

from tests.walks.firm import Firm, Way, open_firm

TARGET = "2026-11-22T09:59:00+01:00"
BEGUN = "Begin"
SEEN = "PostgreSQL: rows or tables lost, or changed by mistake"
START = {"What do you see?": SEEN, "What is wrong": "Rows of yesterday are gone, Ana saw it", "Live or drill?": "Live"}


def assess(firm: Firm) -> None:
    """Ana blocks the writers, and says what is damaged since when."""
    ana = firm.hand("ana")
    assert ana.start("pg-orders", START).errors == {}
    ana.press(BEGUN).press("Done")
    ana.press("Done", {"Sessions that are left": "0"})
    ana.press(BEGUN).press("Done")
    ana.press(BEGUN).press("Done")
    ana.press("Rows or tables wrong")
    ana.press("Done", {"damaged table": "order_lines"})
    ana.press("Done", {"first bad change": "2026-11-22T10:00:00+01:00"})
    ana.press("Done", {"target": TARGET})
    ana.press("Done", {"Label of the backup": "20261122-040003F"})


def restore(firm: Firm) -> None:
    """Ben signs the recovery point, Ana restores beside the live database."""
    ana, ben = firm.hand("ana"), firm.hand("ben")
    ana.press("It fits")
    ben.press("Approve…")
    assert "not what is being signed" in str(ben.send({"target time": "2026-11-22T09:58:00+01:00"}).errors)
    assert ben.send({"target time": "2026-11-22T08:59:00Z"}).errors == {}
    for _ in range(3):
        ana.press(BEGUN).press("Done")
    ana.press("The data is right")


def switch(firm: Firm) -> None:
    """The lead chooses; a data owner and a lead sign, in any order; somebody watches the point of no return."""
    ana, ben, chen, dora = (firm.hand(name) for name in ("ana", "ben", "chen", "dora"))
    assert "belongs to the lead" in ana.is_refused("Switch to the copy")
    chen.press("Switch to the copy")
    dora.press("Approve…", {"target time": TARGET})
    assert "already signed" in dora.is_refused("Approve…")
    ben.press("Approve…", {"target time": TARGET})
    ana.press(BEGUN).press("Done")
    ana.press("Done")
    chen.press("I am watching")
    ana.press(BEGUN, {"asset's name": "Orders database"}).press("Done")


def accept(firm: Firm) -> None:
    """The owner's own count is hidden until it has been compared; then a data owner accepts."""
    ana, ben = firm.hand("ana"), firm.hand("ben")
    ana.press(BEGUN).press("Done")
    ana.press("Done")
    ana.press("Done")
    ana.press("Done")
    ben.press("Done", {"own count": "734512"})
    assert "734512" not in ana.sees(firm.thread("ORDERS-1"))
    ana.press("Done", {"database counts": "734512"})
    ben.press("Approve…", {"live count": "734512"})
    for _ in range(3):
        ana.press(BEGUN).press("Done")


@pytest.mark.slow
@pytest.mark.parametrize("way", ["sockets", "http"])
def test_the_switch_to_the_copy(tmp_path: Path, way: Way, request: pytest.FixtureRequest) -> None:
    """Socket Mode on SQLite, signed HTTP on PostgreSQL."""
    database = request.getfixturevalue("postgres_database") if way == "http" else ""
    with open_firm(tmp_path, way=way, database=database) as firm:
        assess(firm)
        restore(firm)
        switch(firm)
        accept(firm)
        assert firm.row("ORDERS-1").outcome == "recovered"
        firm.check_all_is_well()
        told = firm.handrail("log", "ORDERS-1")
        assert "pgbackrest --stanza=orders --set=20261122-040003F" in told
        assert "ended the run: Recovered" in told
        thread = firm.thread("ORDERS-1")
        assert firm.row("ORDERS-1").hash in firm.hand("dora").sees(thread)
        assert "Recovered" in "\n".join(firm.workspace.person("dora").sees("#incidents"))

"""The catalogue is edited while a run is open: who is out loses all at once, who is in has to be let in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.run.members.events import LetIn, PeopleChanged, PeopleInDoubt, PeopleKept
from tests.walks.firm import Firm, open_firm, wait_for
from tests.walks.folder import write_folder
from tests.walks.test_every_button import START, TARGET

ORDERS = "{id: orders, name: Orders, members: [ben, dora]}"
ANA = "  - {id: ana, name: Ana Ruiz, slack: U0ANA}\n"
READBACK = {"target time": TARGET}


class Edited:
    """A firm whose catalogue is edited by hand."""

    def __init__(self, firm: Firm, folder: Path) -> None:
        self.firm = firm
        self.file = next(one for one in folder.rglob("*.yaml") if "people/v1" in one.read_text())
        self.whole = self.file.read_text()

    def write(self, text: str, said: str) -> str:
        """Save the file, and wait until the thread says so; the thread."""
        self.file.write_text(text)
        thread = self.firm.thread("ORDERS-1")
        ben = self.firm.hand("ben")
        wait_for(lambda: said in ben.sees(thread), f"nothing said {said!r}", also=lambda: ben.sees(thread))
        return ben.sees(thread)

    def counted(self, kind: type) -> int:
        return sum(isinstance(event, kind) for _, event, _ in self.firm.history("ORDERS-1"))


@pytest.fixture
def edited(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Edited]:
    folder = write_folder(tmp_path / "books")
    with open_firm(tmp_path, folder, getattr(request, "param", "sockets")) as firm:
        yield Edited(firm, folder)


def go_to_signoff(firm: Firm) -> None:
    ana = firm.hand("ana")
    ana.start("orders", START)
    ana.press("Done").press("Rows are wrong").press("Done", {"Recovery target": TARGET})
    ana.press("Done", {"Size of the backup": "500"})


@pytest.mark.slow
@pytest.mark.parametrize("edited", ["sockets", "http"], indirect=True)
def test_who_is_taken_out_and_who_is_put_in(edited: Edited) -> None:
    """Dora owns no data any more, Eve does: Dora's signature is refused, Eve's too until Chen lets her in."""
    firm = edited.firm
    go_to_signoff(firm)
    ben, chen, dora, eve = (firm.hand(name) for name in ("ben", "chen", "dora", "eve"))
    assert "does not know you" in eve.is_refused("Note…")
    thread = edited.write(edited.whole.replace(ORDERS, ORDERS.replace("dora", "eve")), "Dora Lind is out as data owner")
    assert "Left as data owner: Ben Okafor." in thread
    assert "Eve Stone was put in as data owner" in thread
    assert "This needs the data owner: Ben Okafor." in dora.is_refused("Approve…")
    assert "This needs the data owner: Ben Okafor." in eve.is_refused("Approve…")
    eve.press("Note…", {"What should be on record?": "I own the data since today"})
    assert "a lead of this run since its start" in firm.hand("ana").is_refused("Let in Eve Stone")
    chen.press("Let in Eve Stone")
    assert "Let in Eve Stone" not in chen.labels(firm.thread("ORDERS-1"))
    eve.press("Approve…", READBACK)
    ben.press("I am watching")
    assert [edited.counted(kind) for kind in (PeopleChanged, LetIn)] == [1, 1]
    firm.check_all_is_well()


@pytest.mark.slow
def test_an_operator_who_leaves_and_what_she_signed_for(edited: Edited) -> None:
    """Ben signed and is out: void, asked again. Ana operates and is out: nobody does, until Chen takes over."""
    firm = edited.firm
    go_to_signoff(firm)
    ana, ben, chen, dora = (firm.hand(name) for name in ("ana", "ben", "chen", "dora"))
    ben.press("Approve…", READBACK)
    edited.write(edited.whole.replace(ORDERS, ORDERS.replace("ben, ", "")), "Ben Okafor is out as data owner")
    assert "Void" in dora.sees(firm.thread("ORDERS-1"))
    gone = edited.whole.replace(ANA, "").replace("members: [ana, ", "members: [").replace("order: [ana, ", "order: [")
    thread = edited.write(gone.replace(ORDERS, ORDERS.replace("ben, ", "")), "nobody operates now")
    assert "Ana Ruiz is out: not in the catalogue any more" in thread
    assert "does not know you" in ana.is_refused("Note…")
    chen.press("Take over")
    assert firm.run("ORDERS-1").operator == "chen"
    firm.check_all_is_well()


@pytest.mark.slow
def test_a_broken_catalogue_changes_nothing_and_an_emptied_one_waits_for_a_lead(edited: Edited) -> None:
    """Broken: as before. Emptied: a lead is asked, acts though the catalogue knows nobody, and keeps everybody."""
    firm = edited.firm
    go_to_signoff(firm)
    ana, ben, chen = (firm.hand(name) for name in ("ana", "ben", "chen"))
    edited.file.write_text(edited.whole.replace(ANA, "  - {id: ana, name: [Ana\n"))
    house = firm.house
    wait_for(lambda: not house.registry().is_whole, "the broken file was not read")
    ana.press("Note…", {"What should be on record?": "Nothing has changed for us"})
    assert edited.counted(PeopleChanged) == edited.counted(PeopleInDoubt) == 0
    thread = edited.write("schema: people/v1\npeople: []\n", "would be out")
    assert "Until Chen Wei or Dora Lind says so, everybody stays as they were." in thread
    assert "a lead of this run since its start" in ben.is_refused("Keep them")
    chen.press("Keep them")
    assert "Keep them" not in chen.labels(firm.thread("ORDERS-1"))
    ana.press("Note…", {"What should be on record?": "Still here"})
    ben.press("Approve…", READBACK)
    assert firm.run("ORDERS-1").here_is("restore")
    edited.write(edited.whole, "In the catalogue again")
    assert [edited.counted(kind) for kind in (PeopleInDoubt, PeopleKept, PeopleChanged)] == [1, 1, 1]
    firm.check_all_is_well(errors=1000)

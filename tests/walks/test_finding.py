"""Ways to a run: names, near misses, none, words after the command, shortcuts, the home tab, a second run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.run.events import Noted, Started
from bot.workspace.client.look import words_in
from tests.walks.firm import Firm, open_firm
from tests.walks.folder import write_folder
from tests.walks.hand import Hand
from tests.walks.test_every_button import START


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    with open_firm(tmp_path, write_folder(tmp_path / "books")) as opened:
        yield opened
        opened.check_all_is_well()


@pytest.fixture
def ana(firm: Firm) -> Hand:
    return firm.hand("ana")


def test_an_asset_is_found_by_each_of_its_names(ana: Hand) -> None:
    for name in ("orders", "orders-db", "PG-Orders", "Orders database", "  orders  "):
        assert ana.person.type(f"/recover {name}", ana.channel).ok
        assert "Tier 1 – critical · owner *Data platform*" in ana.person.modal().words, name
        ana.person.modal().close(whole_stack=True)


def test_near_misses_are_offered_best_first_and_lead_on(firm: Firm, ana: Hand) -> None:
    assert ana.person.type("/recover ordres", ana.channel).ok
    modal = ana.person.modal()
    words = modal.words
    assert "No asset is called “ordres”" in words
    assert words.index("Orders database") < words.index("Orders archive")
    assert modal.press("Recover this").ok
    ana.send({"What do you see?": "Rows are gone"})
    assert ana.send({"What changed?": "Prices are 0"}).errors == {}
    assert firm.row("ORDERS-1").state == "open"


def test_the_second_near_miss_opens_the_second_asset(firm: Firm, ana: Hand) -> None:
    """Each button has an id of its own: a press says which one it was."""
    assert ana.person.type("/recover ordres", ana.channel).ok
    view = ana.person.modal().view
    offered = [block for block in view.body["blocks"] if block.get("accessory", {}).get("value")]
    names = [block["block_id"] for block in view.body["blocks"]]
    assert len(set(names)) == len(names)
    second = offered[1]
    pressed = firm.workspace.delivery.click_view(
        ana.person.id, view.id, second["block_id"], second["accessory"]["action_id"]
    )
    assert pressed.result(30).ok
    assert second["accessory"]["value"] == "orders-archive"
    assert "Orders archive" in ana.person.modal().words


def test_nothing_like_it_is_said_so(ana: Hand) -> None:
    assert ana.person.type("/recover zzyzx", ana.channel).ok
    assert "Nothing comes near it" in ana.person.modal().words


def test_the_command_alone_asks_for_an_asset_or_shows_open_runs(firm: Firm, ana: Hand) -> None:
    ana.start("orders", START)
    firm.settle()
    assert ana.person.type("/recover", ana.channel).ok
    modal = ana.person.modal()
    assert "ORDERS-1" in modal.words
    assert modal.press("Join ORDERS-1").ok
    assert "Stop the writers" in ana.person.modal().words


def test_words_after_the_command_are_answered(firm: Firm, ana: Hand) -> None:
    assert "No run is open" in ana.replies("/recover runs")
    ana.start("orders", START)
    firm.settle()
    assert "/recover orders" in ana.replies("/recover help")
    assert "ORDERS-1" in ana.replies("/recover runs")
    assert "Stop the writers" in ana.replies("/recover status")
    assert "Open ORDERS-1" in ana.replies("/recover orders-1")
    assert "No run is called ORDERS-9" in ana.replies("/recover ORDERS-9")


def test_a_second_run_needs_a_reason(firm: Firm, ana: Hand) -> None:
    ana.start("orders", START)
    ben = firm.hand("ben")
    assert "required" in ben.start("orders", START).error_at("Why a second run?")
    assert ben.send({"Why a second run?": "Another table"}).errors == {}
    started = firm.history("ORDERS-2")[0][1]
    assert isinstance(started, Started)
    assert started.reason == "Another table"


def test_a_draft_runs_as_a_drill_and_every_post_says_so(firm: Firm, ana: Hand) -> None:
    modal = ana.start("orders", {"What do you see?": "Blocks are bad", "What changed?": "Nothing, we practise"})
    assert modal.errors == {}
    firm.hand("ana").press("Done").press("Rows are wrong")
    thread = firm.thread("ORDERS-1")
    assert firm.row("ORDERS-1").mode == "drill"
    assert "touch nothing live" in ana.sees(thread)
    assert "LIVE" not in ana.sees(thread)


def test_the_start_shortcut_and_the_home_tab(firm: Firm, ana: Hand) -> None:
    assert ana.person.choose_shortcut("Start recovery").ok
    assert "Which asset?" in ana.person.modal().words
    ana.person.modal().close(whole_stack=True)
    ana.start("orders", START)
    firm.settle()
    ana.person.open_home()
    home = ana.person.wait_until(ana.person.home)
    assert home is not None
    assert "ORDERS-1" in words_in(home.body["blocks"])


def test_a_message_is_added_to_the_record(firm: Firm, ana: Hand) -> None:
    ana.start("orders", START)
    firm.settle()
    ben = firm.workspace.person("ben")
    ben.type("The deploy of 09:58 <!channel> dropped the table, see https://example.org/1 @dora", "#incidents")
    message = ben.wait_to_see("The deploy of 09:58", "#incidents")
    assert ana.person.choose_shortcut("Add to the record", message).ok
    assert ana.send({}).errors == {}
    note = firm.history("ORDERS-1")[-1][1]
    assert isinstance(note, Noted)
    assert note.source is not None
    assert (note.source.author, note.words[:22]) == ("Ben Okafor", "The deploy of 09:58 <!")
    assert message.ts.replace(".", "") in note.source.link
    assert "The deploy of 09:58" in ana.sees(firm.thread("ORDERS-1"))


def test_a_run_that_was_started_where_the_bot_is_not_lives_with_the_owners_and_says_so(firm: Firm, ana: Hand) -> None:
    """Once invited, the next one lives where it is started."""
    directory = firm.workspace.state.directory
    directory.leave("C0INC", directory.bot.id)
    ana.start("orders", START)
    firm.settle()
    there = firm.hand("ana", "#data-platform")
    assert firm.row("ORDERS-1").channel == "C0DATA"
    assert "type `/invite @Handrail` in that channel" in there.sees(firm.thread("ORDERS-1"))
    there.press("Done").press("Rows are wrong")
    assert ana.person.type("/invite @handrail", "#incidents").ok
    assert ana.start("archive", {"What changed?": "x"}).errors == {}
    firm.settle()
    assert firm.row("ARCHIVE-1").channel == "C0INC"
    refused = [one.error for one in firm.workspace.state.ledger.refusals]
    assert set(refused) == {"not_in_channel"}
    firm.workspace.state.ledger._refusals.clear()  # noqa: SLF001  (these were meant)


def test_a_run_that_was_started_in_a_direct_message_lives_with_the_owners(firm: Firm, ana: Hand) -> None:
    dm = firm.workspace.state.directory.open_dm(["U0ANA", firm.workspace.state.directory.bot.id])
    firm.hand("ana", dm.id).start("orders", START)
    firm.settle()
    assert firm.row("ORDERS-1").channel == "C0DATA"
    firm.hand("ana", "#data-platform").press("Done")

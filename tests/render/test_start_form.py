"""The start form, the choice of an asset, lists of runs and replies: as they read, and at their largest."""

from dataclasses import replace
from datetime import timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.format.catalogue import Asset, Team
from bot.format.pieces import NotFor
from bot.render.dialog.keeping import KeptMessage, draw_keep
from bot.render.dialog.replies import (
    failure_sentence,
    help_reply,
    join_view,
    run_reply,
    runs_reply,
    status_reply,
    unknown_ref_reply,
)  # fmt: skip
from bot.render.dialog.start_form import Stakes, StartOrigin, asset_options, draw_start, pick_form
from bot.render.runs import OpenRun, home_view
from bot.run.commands import HandOver, Stop
from bot.workspace.blocks.limits import problems_in_blocks
from tests.render.books import hostile_book, recovery
from tests.render.forms import HOSTILE, filled, read_message, read_view
from tests.story import NOON, Story

ORDERS = Asset(
    id="orders-db", name="Orders database", aliases=("orders", "pg-orders"), type="postgres", tier=1,
    owner="data-platform", rpo=timedelta(minutes=5), rto=timedelta(hours=4), runbooks=("story", "second"),
)  # fmt: skip
ARCHIVE = Asset(id="archive", name="Orders archive", type="postgres", tier=3, owner="data-platform")
OWNER = Team(id="data-platform", name="Data platform")
BOOK = recovery(
    not_for=(NotFor(when="The disk failed.", use="second"), NotFor(when="It is slow.", use="Call the DBA."))
)
SECOND = recovery(id="second", title="A disk failed", enter_when=("The log says I/O error.", "The host is gone."))
DRAFT = recovery(id="third", title="An index is wrong", status="draft", inputs={})
OPEN = OpenRun(
    "run-1", "ORDERS-7", "Orders database", "Rows were changed by mistake", "live", NOON, "Ana Ruiz",
    "Restore the backup", "C0INC",
)  # fmt: skip
WORST = OpenRun(
    "x" * 200, "ORDERSORDE-123456789", HOSTILE[:75], HOSTILE[:75], "drill", NOON, HOSTILE[:75], HOSTILE[:150], "C0<!x>",
)  # fmt: skip


def story() -> Story:
    return Story(recovery(), inputs={"damage_text": "rows"}).started().choose("rows")


@pytest.mark.parametrize(
    ("name", "stakes"),
    [
        ("several", Stakes(ORDERS, OWNER, (BOOK, SECOND, DRAFT), (), "C0INC")),
        ("chosen", Stakes(ORDERS, OWNER, (BOOK, SECOND, DRAFT), (), "C0INC", "", {"f:runbook": "story"})),
        ("draft", Stakes(ORDERS, OWNER, (BOOK, DRAFT), (), "C0INC", "", {"f:runbook": "third", "f:mode": "live"})),
        ("only", Stakes(ORDERS, OWNER, (SECOND,), (OPEN,), "C0INC", "Look at this first.", {"a:damage_text": "rows"})),
        ("nobody signs", Stakes(ORDERS, OWNER, (SECOND,), (), "C0INC", missing="If you start this, nobody may sign.")),
        ("nothing", Stakes(ARCHIVE, None, ())),
    ],
)
def test_the_start_form_reads(name: str, stakes: Stakes, snapshot: SnapshotAssertion) -> None:
    assert read_view(draw_start(stakes)) == snapshot(name=name)


def test_what_was_typed_stands_in_the_form_when_it_is_drawn_anew() -> None:
    typed = {
        "f:runbook": "story", "a:damage_text": "prices", "a:tables": "orders", "f:mode": "drill",
        "f:damage_began": "this morning", "f:reason": "another table",
    }  # fmt: skip
    read = "\n".join(read_view(draw_start(Stakes(ORDERS, OWNER, (BOOK, SECOND), (OPEN,), typed=typed))))
    for text in ("[story]", "[prices]", "[orders]", "[drill]", "[this morning]", "[another table]"):
        assert text in read
    assert "[prices]" not in "\n".join(read_view(draw_start(Stakes(ORDERS, OWNER, (BOOK, SECOND), (OPEN,)))))


def test_a_runbook_that_another_asset_uses_is_called_by_its_title() -> None:
    read = "\n".join(read_view(draw_start(Stakes(ORDERS, OWNER, (BOOK,), titles={"second": "Fail over"}))))
    assert "The disk failed. → Fail over" in read
    assert "It is slow. → Call the DBA." in read


def test_a_form_remembers_its_place() -> None:
    view = filled(draw_start(Stakes(ORDERS, OWNER, (BOOK,), channel="C0INC")), damage_text="x", mode="live")
    assert StartOrigin.read(view) == StartOrigin("C0INC", "orders-db")
    with pytest.raises(ValueError, match="not a form of ours"):
        StartOrigin.read({"private_metadata": "[1]"})


@pytest.mark.parametrize("chosen", ["", "book-3", "book-12"])
def test_the_start_form_fits_slack_at_its_largest(chosen: str) -> None:
    """Twelve runbooks of the longest texts, forty open runs, everything hostile."""
    books = [hostile_book(number) for number in range(1, 13)]
    asset = ORDERS.model_copy(update={"name": HOSTILE[:75], "owner": "x" * 64})
    typed = {"f:runbook": chosen, "a:input_1": HOSTILE * 20, "a:choice": "nothing", "f:damage_began": HOSTILE}
    stakes = Stakes(asset, Team(id="t", name=HOSTILE[:75]), books, [WORST] * 40, "C0INC", HOSTILE * 5, typed)
    lines = read_view(draw_start(stakes))
    assert any(line.startswith("field f:runbook (static_select, needed)") for line in lines)
    assert any(line.startswith("field a:input_1 ") for line in lines) == bool(chosen)


def test_up_to_ten_runbooks_are_radio_buttons() -> None:
    ten = [hostile_book(number) for number in range(1, 11)]
    assert any("field f:runbook (radio_buttons" in line for line in read_view(draw_start(Stakes(ORDERS, OWNER, ten))))


def test_the_choice_of_an_asset_reads(snapshot: SnapshotAssertion) -> None:
    assert read_view(pick_form("C0INC", (ORDERS, ARCHIVE), (OPEN,), "ordrs")) == snapshot(name="near")
    assert read_view(pick_form("C0INC", (), (), "zzz")) == snapshot(name="none")
    assert read_view(pick_form("", (), ())) == snapshot(name="alone")
    assert read_view(pick_form("", (), (), every=(ORDERS, ARCHIVE))) == snapshot(name="every")
    many = read_view(pick_form("", (), (OPEN,), "zzz", every=[ORDERS] * 300))
    assert sum("[Recover this]" in line for line in many) == 12
    assert any("Another of 300 assets" in line for line in many)
    read_view(pick_form("C0INC", [ORDERS.model_copy(update={"name": HOSTILE[:75]})] * 300, [WORST] * 300, HOSTILE))


def test_any_number_of_assets_can_be_looked_up() -> None:
    """Slack takes a hundred at a time; typing narrows them."""
    menu = {
        "type": "static_select", "action_id": "a",
        "options": asset_options([ORDERS.model_copy(update={"id": f"a{n}", "name": HOSTILE[:75]}) for n in range(300)]),
    }  # fmt: skip
    assert problems_in_blocks([{"type": "actions", "elements": [menu]}], "modal") == []
    assert len(asset_options([ORDERS] * 300)) == 100


def test_the_home_tab_reads(snapshot: SnapshotAssertion) -> None:
    assert read_view(home_view([OPEN, replace(OPEN, mode="drill", operator="", channel=None)])) == snapshot(name="two")
    assert read_view(home_view([])) == snapshot(name="none")
    read_view(home_view([WORST] * 1_000))


def test_replies_read(snapshot: SnapshotAssertion) -> None:
    told = story()
    ended = story().when("ana", Stop("a false alarm"))
    assert read_message(help_reply()) == snapshot(name="help")
    assert read_message(help_reply(ORDERS)) == snapshot(name="help with a namesake")
    assert read_message(runs_reply([OPEN])) == snapshot(name="runs")
    assert read_message(runs_reply([])) == snapshot(name="no runs")
    assert read_message(status_reply([(OPEN, told.run)], 12)) == snapshot(name="status")
    assert read_message(run_reply(OPEN, told.run, "https://acme.example/p1")) == snapshot(name="run")
    assert read_message(run_reply(replace(OPEN, outcome="aborted"), ended.run)) == snapshot(name="ended")
    assert read_message(unknown_ref_reply("ORDERS-9", [ORDERS])) == snapshot(name="unknown ref")
    assert read_view(join_view(OPEN, told.run, "https://acme.example/p1")) == snapshot(name="join")
    assert failure_sentence("K7Q2XP") == snapshot(name="failure")


def test_replies_fit_slack_at_their_largest() -> None:
    told = story().when("ana", HandOver("ben", HOSTILE * 10))
    read_message(runs_reply([WORST] * 1_000, ORDERS))
    read_message(status_reply([(WORST, told.run)] * 10, 1_000, ORDERS))
    read_message(unknown_ref_reply(HOSTILE * 30, [ORDERS] * 300))
    read_message(run_reply(WORST, told.run, "https://acme.example/" + "x" * 500))


def test_a_message_that_is_kept_reads_and_comes_back_word_by_word(snapshot: SnapshotAssertion) -> None:
    kept = KeptMessage("C0INC", "1763800000.000100", "Ben Okafor", "2026-11-22T08:26:40+00:00")
    view = draw_keep(kept, f"line 1\n{HOSTILE}", [OPEN], "")
    assert read_view(view) == snapshot
    long = f"{HOSTILE}\n" * 120
    sent = filled(draw_keep(kept, long, [OPEN, WORST], "ORDERS-7"), run="ORDERS-7")
    assert read_view(draw_keep(kept, long, [OPEN] + [WORST] * 300, "ORDERS-7"))
    assert KeptMessage.read(sent) == kept
    assert KeptMessage.words_in(sent) == long
    assert kept.deep_link("T0") == "slack://channel?team=T0&id=C0INC&message=1763800000.000100"

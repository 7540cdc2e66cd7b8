"""From a name to a run: what is typed after the command, the start form, shortcuts, the home tab."""

from pathlib import Path
from typing import Any

import pytest

from bot.render.instead import instead_blocks
from bot.run.events import Noted
from bot.workspace.client.look import words_in
from tests.slack.folder import book
from tests.slack.office import Office


def test_the_command_opens_the_start_form_at_once(office: Office) -> None:
    """By id, name or alias, in any case: the same form, and the run starts in that channel."""
    ana = office.person("ana")
    for name in ("orders", "ORDERS-DB", "pg orders", "Orders database"):
        assert ana.type(f"/recover {name}", "C0INC").ok
        modal = ana.modal()
        assert modal.title == "Start recovery"
        assert "Orders database" in modal.words
        assert "Data platform" in modal.words
        assert modal.close().ok
    run = office.start()
    assert run.start.ref == "ORDERS-1"
    assert run.start.channel == "C0INC"
    assert run.start.mode == "live"
    assert run.start.inputs == {"damage_text": "Prices are 0"}
    assert run.start.owner_channel == "C0DATA"
    assert run.operator == "ana"
    assert office.told("ana") == []


def test_inputs_appear_with_the_runbook_and_what_was_typed_stays(office: Office) -> None:
    ana = office.person("ana")
    ana.type("/recover orders", "C0INC")
    modal = ana.modal()
    assert "What changed?" not in modal.labels
    modal.fill("When did the damage begin?", "2026-11-22T11:00:00Z").fill("What do you see?", "Rows are gone")
    assert "What changed?" in modal.labels
    assert "Not this one, if" in modal.words
    modal.fill("What changed?", "A table is empty").fill("What do you see?", "Rows were changed by mistake")
    modal.fill("Live or drill?", "Drill")
    assert modal.submit().ok
    assert office.run.start.mode == "drill"
    assert office.run.start.runbook == "rows-wrong"
    assert office.run.start.damage_began == "2026-11-22T11:00:00+00:00"


def test_what_is_missing_or_wrong_is_said_beside_its_field(office: Office) -> None:
    ana = office.person("ana")
    ana.type("/recover orders", "C0INC")
    modal = ana.modal().fill("What do you see?", "Rows are gone").fill("What changed?", "x" * 201)
    modal.fill("When did the damage begin?", "this morning")
    assert not modal.submit().ok
    assert "at most 200 characters" in modal.error_at("What changed?")
    assert not modal.fill("What changed?", "x").submit().ok
    assert "offset from UTC" in modal.error_at("When did the damage begin?")
    assert office.changed == []
    assert modal.fill("When did the damage begin?", "").submit().ok
    assert office.run.start.ref == "ORDERS-1"


def test_a_draft_runs_as_a_drill_only(office: Office) -> None:
    ana = office.person("ana")
    ana.type("/recover orders", "C0INC")
    modal = ana.modal().fill("What do you see?", "Blocks are bad")
    assert "Live or drill?" not in modal.labels
    assert "runs as a *drill* only" in modal.words
    assert modal.fill("What changed?", "x").submit().ok
    assert office.run.start.mode == "drill"


def test_the_only_runbook_is_chosen_already(office: Office) -> None:
    ana = office.person("ana")
    ana.type("/recover orders archive", "C0INC")
    modal = ana.modal()
    assert "What changed?" in modal.labels
    assert "Rows are gone" not in modal.labels
    assert modal.fill("What changed?", "x").submit().ok
    assert office.run.start.runbook == "rows-gone"
    assert office.run.start.ref == "ORDERS-1"


def test_an_asset_without_a_runbook_says_who_can_help(office: Office) -> None:
    ana = office.person("ana")
    ana.type("/recover billing", "C0INC")
    modal = ana.modal()
    assert "No runbook is ready for this asset. Ask its owner, Data platform." in modal.words
    assert modal.view.body.get("submit") is None


def test_a_second_run_on_an_asset_needs_a_reason_and_the_first_can_be_joined(office: Office) -> None:
    office.start()
    ben = office.person("ben")
    ben.type("/recover orders", "C0INC")
    modal = ben.modal()
    assert "ORDERS-1" in modal.words
    modal.fill("What do you see?", "Rows are gone").fill("What changed?", "x")
    assert modal.press("Join ORDERS-1").ok
    joined = ben.modal()
    assert joined.title == "Join ORDERS-1"
    assert "Ana Ruiz operates" in joined.words
    joined.close()
    assert not modal.submit().ok
    assert modal.fill("Why a second run?", "another table").submit().ok
    assert office.run.start.ref == "ORDERS-2"
    assert office.run.start.reason == "another table"


def test_a_run_that_was_opened_meanwhile_asks_for_the_reason_without_losing_a_word(office: Office) -> None:
    """Two people start at once: the second form shows the first run, and everything typed."""
    ben = office.person("ben")
    ben.type("/recover orders", "C0INC")
    modal = ben.modal().fill("What do you see?", "Rows are gone").fill("What changed?", "all prices are 0")
    office.start()
    modal.submit()
    assert modal.is_open
    assert "ORDERS-1 is open on this asset" in modal.words
    assert "Why a second run?" in modal.labels
    body = str(modal.view.body)
    assert "all prices are 0" in body
    assert modal.fill("Why a second run?", "another table").submit().ok
    assert office.run.start.inputs == {"damage_text": "all prices are 0"}


def test_a_form_sent_twice_starts_one_run(office: Office) -> None:
    office.start()
    assert office.send_last_again() == 200
    assert [row.ref for row in office.handler.open_runs()] == ["ORDERS-1"]


def test_somebody_unknown_cannot_start(office: Office) -> None:
    eve = office.person("eve")
    eve.type("/recover orders", "C0INC")
    modal = eve.modal().fill("What do you see?", "Rows are gone").fill("What changed?", "x")
    modal.submit()
    assert "does not know you" in modal.words
    assert office.changed == []


@pytest.mark.parametrize(("typed", "best"), [("ordrs", "Orders database"), ("orders a", "Orders archive")])
def test_near_matches_are_offered_best_first(office: Office, typed: str, best: str) -> None:
    ana = office.person("ana")
    ana.type(f"/recover {typed}", "C0INC")
    modal = ana.modal()
    assert f"No asset is called “{typed}”" in modal.words
    assert modal.words.index(best) == min(
        modal.words.index(name) for name in ("Orders database", "Orders archive") if name in modal.words
    )
    assert modal.press("Recover this").ok
    assert ana.modal().labels
    assert best in ana.modal().words


def test_no_match_is_said_and_every_asset_can_be_looked_up(office: Office) -> None:
    ana = office.person("ana")
    ana.type("/recover <b>zzz</b>", "C0INC")
    modal = ana.modal()
    assert "Nothing comes near it" in modal.words
    modal.fill("go:asset", "Billing database")
    assert "Billing database" in modal.words
    assert "No runbook is ready" in modal.words


def test_an_asset_may_be_called_anything(office: Office) -> None:
    """Words that mean something to the machinery between Slack and us are words like any other."""
    ana = office.person("ana")
    for name in ("payload", "ssl_check=1", "a&command=/other", "{json}", "token"):
        assert ana.type(f"/recover {name}", "C0INC").ok
        assert f"No asset is called “{name.replace('&', '&amp;')}”" in ana.modal().words
        ana.modal().close()


def test_the_command_alone_shows_open_runs_and_asks_for_an_asset(office: Office) -> None:
    office.start()
    ben = office.person("ben")
    ben.type("/recover", "C0INC")
    modal = ben.modal()
    assert "ORDERS-1" in modal.words
    modal.fill("go:asset", "Orders archive")
    assert modal.fill("What changed?", "x").submit().ok
    assert office.run.start.channel == "C0INC"


def test_words_of_ours_answer_and_do_not_hide_an_asset_of_that_name(office: Office) -> None:
    ana = office.person("ana")
    ana.type("/recover runs", "C0INC")
    assert office.told("ana") == ["No run is open. Type /recover and the name of an asset to start."]
    office.start()
    ana.type("/recover RUNS", "C0INC")
    assert office.told("ana")[-1] == "1 open: ORDERS-1"
    assert ana.press("Recover this", "C0INC").ok
    assert "Runs database" in ana.modal().words
    ana.modal().close()
    ana.type("/recover status", "C0INC")
    assert "Choose the line that matches" in office.told("ana")[-1]
    ana.type("/recover help", "C0INC")
    assert "/recover" in office.told("ana")[-1]


def test_a_ref_answers_in_any_case(office: Office) -> None:
    office.start()
    ben = office.person("ben")
    for typed in ("ORDERS-1", "orders-1"):
        ben.type(f"/recover {typed}", "C0INC")
        assert office.told("ben")[-1].startswith("ORDERS-1: Step 1: Choose the line that matches")
    ben.type("/recover orders-7", "C0INC")
    assert office.told("ben")[-1].startswith("No run is called orders-7.")


def test_the_shortcut_asks_for_an_asset_and_the_run_lives_with_its_owner(office: Office) -> None:
    ana = office.person("ana")
    ana.choose_shortcut("Start recovery")
    ana.modal().fill("go:asset", "Orders archive").fill("What changed?", "x").submit()
    assert office.run.start.channel is None
    assert office.run.start.owner_channel == "C0DATA"
    assert "ORDERS-1 has started. Its card is in the channel of the owner's team." in ana.modal().words


def test_the_home_tab_shows_open_runs_and_starts(office: Office) -> None:
    office.start()
    ben = office.person("ben")
    ben.open_home()
    home = ben.wait_until(ben.home)
    assert home is not None
    assert "ORDERS-1" in words_in(home.body["blocks"])
    labels = [block["elements"][0]["action_id"] for block in home.body["blocks"] if block["type"] == "actions"]
    assert labels == ["go:pick"]


def test_a_message_is_added_to_the_record(office: Office) -> None:
    """Its words, its author by name, its time and its link; people in it by name."""
    office.start()
    ben, ana = office.person("ben"), office.person("ana")
    ben.type("vacuum ran at 11:40, ask @chen & see https://example.com/log", "C0INC")
    message = ana.wait_to_see("vacuum ran", "C0INC")
    ana.choose_shortcut("Add to the record", message)
    modal = ana.modal()
    assert "Ben Okafor" in modal.words
    assert modal.submit().ok
    _, noted, stamp = office.handler.history(office.run.id)[-1]
    assert isinstance(noted, Noted)
    assert noted.words == "vacuum ran at 11:40, ask @Chen Wei & see https://example.com/log"
    assert noted.source is not None
    assert noted.source.author == "Ben Okafor"
    assert message.ts.replace(".", "") in noted.source.link
    assert stamp.by == "ana"
    assert office.send_last_again() == 200
    assert office.kinds().count("Noted") == 1


def test_a_long_message_is_kept_whole(office: Office) -> None:
    office.start()
    ana = office.person("ana")
    ana.type("start " + "x" * 7_000 + " end", "C0INC")
    message = ana.wait_to_see("start xxx", "C0INC")
    ana.choose_shortcut("Add to the record", message)
    assert ana.modal().submit().ok
    parts = [event.words for _, event, _ in office.handler.history(office.run.id) if isinstance(event, Noted)]
    assert "".join(parts) == "start " + "x" * 7_000 + " end"


def test_there_is_nothing_to_add_to_without_a_run(office: Office) -> None:
    ana = office.person("ana")
    ana.type("hello", "C0INC")
    ana.choose_shortcut("Add to the record", ana.wait_to_see("hello", "C0INC"))
    assert office.told("ana") == ["No run is open, so there is no record to add this to."]
    assert not ana.has_modal


def test_a_runbook_that_is_gone_by_the_time_of_sending_is_said_kindly(office: Office, tmp_path: Path) -> None:
    ana = office.person("ana")
    ana.type("/recover orders archive", "C0INC")
    modal = ana.modal().fill("What changed?", "all of it")
    (tmp_path / "gone.yaml").write_text(book("rows-gone", "Rows are gone", "A table is empty.", "retired"))
    office.registry.reload()
    modal.submit()
    assert "No runbook is ready for Orders archive any more" in modal.words
    assert "all of it" in modal.words
    assert office.changed == []


def test_the_bot_never_lists_people_or_channels(office: Office) -> None:
    office.start()
    office.press("ana", "Rows are wrong")
    calls = set(office.workspace.state.ledger.calls)
    assert "views.open" in calls
    assert not {"conversations.list", "users.list"} & calls


def test_after_an_end_that_was_not_needed_the_right_runbook_is_a_press_away(office: Office) -> None:
    """Its start form is open with it chosen, and with what was typed; sent as it is, it starts that one."""
    office.start()
    assert office.press("ana", "Something else").modal().submit().ok, "asked once whether to close it"
    blocks: list[Any] = list(instead_blocks(office.run))
    offered = [one["accessory"] for one in blocks if "accessory" in one]
    ben = office.person("ben")
    office.show(*offered)
    assert ben.press("Start this one…", "C0INC").ok
    modal = ben.modal()
    assert "Prices are 0" in str(modal.view.body)
    assert modal.submit().ok, modal.errors
    start = office.run.start
    assert (start.title, start.inputs["damage_text"]) == ("Rows are gone", "Prices are 0")

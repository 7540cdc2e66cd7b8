"""A walk by people at the keyboard: pressed, typed, signed, refused."""

import pytest

from bot.run.events import Chosen, Noted, SigningRefused, StepFinished
from tests.slack.office import Office


def test_a_walk_from_the_command_to_the_end(office: Office) -> None:
    """Start, choose, type, approve, begin with the asset's name, done, approve again: recovered."""
    office.to_ask()
    approving = office.press("dora", "Approve…").modal()
    assert approving.fill("Type the target time", "2026-11-22T11:00:00+00:00").submit().ok
    assert office.here == "restore"
    assert office.press("ana", "Begin").modal().fill("Type the asset's name", "orders database").submit().ok
    office.press("ana", "Done")
    assert office.here == "accept"
    assert office.press("ben", "Approve…").modal().fill("Type the asset's name", "orders-db").submit().ok
    assert office.here == "recovered"
    assert office.told("ana") == []


def test_a_button_of_a_step_that_is_over_says_who_moved_on(office: Office) -> None:
    office.start()
    old = office.show()
    ana, ben = office.person("ana"), office.person("ben")
    found, spot = ben.find("Blocks are bad", "C0INC")
    assert found.ts == old.ts
    assert ana.press("Rows are wrong", "C0INC").ok
    assert ben.press_on(found, spot).ok
    assert len(office.told("ben")) == 1
    assert "Ana Ruiz" in office.told("ben")[0]
    assert "Type the target time" in office.told("ben")[0]
    assert office.kinds().count("Chosen") == 1
    assert office.told("ana") == []


def test_a_click_that_slack_sends_twice_counts_once(office: Office) -> None:
    """The same payload again: one event, and nobody is scolded."""
    office.start()
    office.press("ana", "Rows are wrong")
    before = office.kinds()
    assert office.send_last_again() == 200
    assert office.kinds() == before
    assert office.told("ana") == []
    office.press("ana", "Take over")
    assert office.told("ana") == ["You operate this run already."]


def test_somebody_without_the_role_is_told_who_has_it_before_any_form(office: Office) -> None:
    office.to_target()
    eve = office.press("eve", "Done")
    assert not eve.has_modal
    assert "does not know you" in office.told("eve")[0]
    ben = office.press("ben", "Done")
    assert not ben.has_modal
    assert "Ana Ruiz operates this run, and this button is theirs. You can take the run over" in office.told("ben")[0]
    assert office.press("ana", "Done").modal().title == "Done"


def test_a_stranger_may_read_and_not_act(office: Office) -> None:
    """A person of another company with a known looking id is nobody here."""
    office.to_target()
    gus = office.press("gus", "Note…")
    assert not gus.has_modal
    assert "you can read along but not act" in office.told("gus")[0]
    assert gus.type("/recover runs", "C0INC").ok
    assert any("ORDERS-1" in text for text in office.told("gus"))


def test_what_is_typed_wrongly_stays_and_is_said_beside_its_field(office: Office) -> None:
    office.to_target()
    modal = office.press("ana", "Done").modal()
    label = "Recovery target, with offset"
    assert not modal.fill(label, "yesterday").submit().ok
    assert "2026-11-22 03:40, and +01:00 or UTC behind it" in modal.error_at(label)
    typed = modal.typed_in(label)
    assert typed is not None
    assert typed["value"] == "yesterday"
    assert office.here == "target"
    assert modal.fill(label, "2026-11-22 12:00:00 +01:00").submit().ok
    assert office.here == "ask"


def test_a_form_of_a_step_that_is_over_hands_back_what_was_typed(office: Office) -> None:
    office.to_target()
    late = office.press("chen", "There is a problem").modal()
    assert office.press("ana", "Done").modal().fill("Recovery target, with offset", "2026-11-22T11:00:00Z").submit().ok
    late.fill("Which is it?", "What I see is not what stands here")
    late.fill("What do you see?", "the log is empty").submit()
    assert late.title == "Not recorded"
    assert "Ana Ruiz finished this step" in late.words
    assert "the log is empty" in late.words
    assert office.here == "ask"


def test_whoever_may_not_sign_is_refused_and_that_is_recorded(office: Office) -> None:
    office.to_ask()
    ana = office.press("ana", "Approve…")
    assert not ana.has_modal
    assert office.told("ana") == ["You started or ran this run, so someone else has to sign."]
    refused = [event for _, event, stamp in office.handler.history(office.run.id) if stamp.by == "ana"][-1]
    assert isinstance(refused, SigningRefused)
    assert office.press("dora", "Approve…").modal().title == "Approve"


def test_a_wrong_read_back_is_refused_and_the_form_stays(office: Office) -> None:
    office.to_ask()
    modal = office.press("dora", "Approve…").modal()
    assert modal.typed_in("Type the target time") is None
    assert not modal.fill("Type the target time", "2026-11-22T10:00:00Z").submit().ok
    assert "not what is being signed" in modal.error_at("Type the target time")
    assert "2026-11-22T11:00:00" not in modal.error_at("Type the target time")
    assert office.here == "ask"
    assert modal.fill("Type the target time", "2026-11-22T11:00:00Z").submit().ok
    assert office.here == "restore"


def test_what_was_signed_cannot_change_under_the_pen(office: Office) -> None:
    """The form was opened, then the target was corrected: that signature is void before it is given."""
    office.to_ask()
    modal = office.press("dora", "Approve…").modal()
    correcting = office.press("ana", "Correct…").modal()
    correcting.fill("Which value?", "target time").fill("What should it be?", "2026-11-22T10:00:00Z")
    assert correcting.fill("Why?", "a typo").submit().ok
    modal.fill("Type the target time", "2026-11-22T11:00:00Z").submit()
    assert modal.title == "Not recorded"
    assert "has changed since you looked" in modal.words
    assert office.here == "ask"


@pytest.mark.parametrize(
    ("label", "fields", "kind"),
    [
        ("There is a problem", {"Which is it?": "It failed", "What do you see?": "no log"}, "StepFinished"),
        ("I need help", {"What do you need?": "a DBA"}, "HelpAsked"),
        ("There is a problem", {"Which is it?": "What I see is not what stands here"}, "MismatchSeen"),
        ("Go back…", {"Back to which step?": "Choose the line that matches", "Why?": "wrong line"}, "WentBack"),
        ("Note…", {"What should be on record?": "paged the vendor"}, "Noted"),
        ("Hand over…", {"To whom?": "Ben Okafor"}, "HandOverOffered"),
        ("Pause…", {"Why?": "a call"}, "Paused"),
        ("Stop the run…", {"Why does it stop?": "a false alarm"}, "Ended"),
    ],
)
def test_a_form_becomes_an_event(office: Office, label: str, fields: dict[str, str], kind: str) -> None:
    office.to_target()
    modal = office.press("ana", label).modal()
    for name, text in fields.items():
        modal.fill(name, text)
    assert modal.submit().ok, modal.errors
    assert kind in office.kinds()


def test_a_run_is_handed_over_with_a_briefing(office: Office) -> None:
    office.to_target()
    office.press("ana", "Hand over…").modal().fill("To whom?", "Ben Okafor").fill(
        "What should they know?", "The volume is slow."
    ).submit()
    chen = office.press("chen", "Accept")
    assert not chen.has_modal
    assert "offered to Ben Okafor" in office.told("chen")[0]
    briefing = office.press("ben", "Accept").modal()
    assert "The volume is slow." in briefing.words
    assert "Rows are wrong" in briefing.words
    assert briefing.submit().ok
    assert office.run.operator == "ben"


def test_taking_over_and_resuming_are_one_click(office: Office) -> None:
    office.to_target()
    office.press("ben", "Take over")
    assert office.run.operator == "ben"
    assert office.press("ben", "Pause…").modal().fill("Why?", "a call").submit().ok
    office.press("ben", "Resume")
    assert office.run.paused is None


def test_a_note_sent_twice_is_one_note_and_two_notes_are_two(office: Office) -> None:
    office.to_target()
    for words in ("first", "second"):
        assert office.press("ana", "Note…").modal().fill("What should be on record?", words).submit().ok
        assert office.send_last_again() == 200
    noted = [event.words for _, event, _ in office.handler.history(office.run.id) if isinstance(event, Noted)]
    assert noted == ["first", "second"]


def test_people_act_as_themselves(office: Office) -> None:
    """Who it was comes from Slack's payload: nothing in the button could say somebody else."""
    office.to_ask()
    by = {type(event): stamp.by for _, event, stamp in office.handler.history(office.run.id)}
    assert by[Chosen] == "ana"
    assert by[StepFinished] == "ana"
    assert all(stamp.via == "slack" for _, _, stamp in office.handler.history(office.run.id))

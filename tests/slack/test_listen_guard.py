"""When something breaks: nobody is left without an answer, and nobody is told that something was recorded."""

import re

import pytest
from structlog.testing import capture_logs

from bot.engine import CommandHandler
from bot.slack.hearing.context import threads_of
from bot.slack.windows import Windows
from bot.workspace.faults import Fault, Trouble
from tests.slack.office import Office
from tests.workspace.office import button


class Broken(RuntimeError):
    """What the database might say."""


def break_desk(office: Office, monkeypatch: pytest.MonkeyPatch, *methods: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Broken("disk full, password=hunter2")

    for name in methods:
        monkeypatch.setattr(CommandHandler, name, fail)


def references(text: str) -> list[str]:
    return re.findall(r"REF\d+", text)


def test_a_click_that_could_not_be_recorded_says_so_with_a_reference(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same reference stands in the person's words and in the log; nothing of the fault itself reaches them."""
    office.start()
    message = office.show()
    break_desk(office, monkeypatch, "handle")
    ana = office.person("ana")
    with capture_logs() as logs:
        assert ana.press_on(*ana.find("Rows are wrong", "C0INC")).ok
    assert message.channel == "C0INC"
    told = office.told("ana")[-1]
    assert "may not be on record" in told
    assert "hunter2" not in told
    logged = [entry for entry in logs if entry["event"] == "a request failed"]
    assert [entry["reference"] for entry in logged] == references(told)
    assert logged[0]["kind"] == "block_actions hr:choose:rows"
    assert "StepEntered" in office.kinds()
    assert "Chosen" not in office.kinds()


def test_a_form_that_could_not_be_recorded_hands_back_what_was_typed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.to_target()
    modal = office.press("ana", "Note…").modal().fill("What should be on record?", "the vendor was paged")
    break_desk(office, monkeypatch, "handle")
    modal.submit()
    assert modal.title == "Not recorded"
    assert "may not be on record" in modal.words
    assert "the vendor was paged" in modal.words
    assert references(modal.words) == ["REF1"]


def test_a_start_that_could_not_be_recorded_says_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = office.person("ana")
    ana.type("/recover orders archive", "C0INC")
    modal = ana.modal().fill("What changed?", "a whole table")
    break_desk(office, monkeypatch, "start")
    modal.submit()
    assert "may not be on record" in modal.words
    assert "a whole table" in modal.words


def test_a_command_that_breaks_answers_all_the_same(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    break_desk(office, monkeypatch, "open_runs")
    ana = office.person("ana")
    for typed in ("/recover runs", "/recover orders", "/recover"):
        assert ana.type(typed, "C0INC").ok
    assert [references(text) for text in office.told("ana")] == [["REF1"], ["REF2"], ["REF3"]]
    ana.choose_shortcut("Start recovery")
    assert references(ana.modal().words) == ["REF4"]


def test_a_look_up_that_breaks_shows_nothing_rather_than_hanging(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = office.person("ana")
    ana.type("/recover", "C0INC")
    modal = ana.modal()
    monkeypatch.setattr(type(office.registry), "find_assets", lambda *_: 1 / 0)
    with pytest.raises(AssertionError, match="only: \\[\\]"):
        modal.fill("go:asset", "Orders archive")


@pytest.mark.parametrize("typed", ["/recover orders", "/recover"])
def test_when_slack_opens_no_form_a_button_opens_it_afresh(office: Office, typed: str) -> None:
    """Refused for good: nothing is typed again, and the button does what the command did."""
    ana = office.person("ana")
    office.workspace.dial.add(Fault(Trouble.REFUSED, "views.open", None, word="expired_trigger_id"))
    ana.type(typed, "C0INC")
    assert "did not open the form in time" in office.told("ana")[-1]
    assert not ana.has_modal
    office.workspace.dial.clear()
    assert ana.press("Open the form", "C0INC").ok
    assert ana.modal().title == "Start recovery"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Trouble.ERROR_AFTER, "views.open"),
        Fault(Trouble.DROP_AFTER, "views.open"),
        Fault(Trouble.SLOW, "views.open", seconds=2),
    ],
    ids=["an error after it took effect", "no answer", "an answer that comes late"],
)
def test_a_form_that_opened_unheard_is_not_said_to_be_closed(office: Office, fault: Fault) -> None:
    """Asked once more, Slack says that the trigger was used: the form is open, and nobody is told otherwise."""
    ana = office.person("ana")
    office.workspace.dial.add(fault)
    assert ana.type("/recover orders", "C0INC").ok
    assert ana.modal().title == "Start recovery"
    assert office.told("ana") == []
    assert len(office.workspace.state.screens.modals(ana.id)) == 1


@pytest.mark.parametrize("trouble", [Trouble.ERROR_BEFORE, Trouble.DROP_BEFORE])
def test_an_answer_that_was_lost_on_the_way_there_is_asked_for_again(office: Office, trouble: Trouble) -> None:
    ana = office.person("ana")
    office.workspace.dial.add(Fault(trouble, "views.open"))
    assert ana.type("/recover orders", "C0INC").ok
    assert ana.modal().title == "Start recovery"
    assert office.told("ana") == []


def test_where_nobody_knows_whether_a_form_opened_that_is_what_is_said(office: Office) -> None:
    """The words fit both cases; the button opens the same form of the same step, from a menu line too."""
    office.to_target()
    ana, faults = office.person("ana"), office.workspace.dial
    faults.add(Fault(Trouble.ERROR_BEFORE, "views.open", None))
    for label in ("Done", "Note…"):
        office.press("ana", label)
        assert "did not say whether the form has opened" in office.told("ana")[-1]
        faults.clear()
        assert ana.press("Open the form", "C0INC").ok
        ana.modal().close(whole_stack=True)
        faults.add(Fault(Trouble.ERROR_BEFORE, "views.open", None))
    faults.clear()
    assert office.here == "target"


def test_from_the_home_tab_and_a_shortcut_the_button_comes_directly(office: Office) -> None:
    """Nothing was pressed in a channel: the way on stands in a direct message."""
    ana = office.person("ana")
    office.workspace.dial.add(Fault(Trouble.REFUSED, "views.open", None, word="trigger_expired"))
    ana.choose_shortcut("Start recovery")
    assert ana.wait_until(lambda: any("did not open the form" in one.text for one in ana.dm()), 20)
    office.workspace.dial.clear()
    assert ana.press("Open the form").ok
    assert ana.modal().title == "Start recovery"


def test_when_even_the_words_do_not_get_through_slack_shows_its_own_sign(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A click that broke and could not be answered is not acknowledged; one that was refused is."""
    office.start()
    message = office.show()
    ana, ben = office.person("ana"), office.person("ben")
    mine, theirs = ana.find("Rows are wrong", "C0INC"), ben.find("Rows are wrong", "C0INC")
    assert mine[0].ts == message.ts
    office.workspace.dial.outage(30)
    with monkeypatch.context() as cut:
        cut.setattr(Windows, "answer", lambda *_: False)
        cut.setattr(CommandHandler, "handle", lambda *_, **__: 1 / 0)
        assert not ana.press_on(*mine).ok
        cut.undo()
        cut.setattr(Windows, "answer", lambda *_: False)
        assert ana.press_on(*mine).ok
        assert ben.press_on(*theirs).ok
    assert office.here == "target"
    assert office.told("ben") == []


def test_where_the_bot_may_not_whisper_it_answers_by_the_address_of_the_click(office: Office) -> None:
    office.to_target()
    office.workspace.dial.add(Fault(Trouble.DROP_BEFORE, "chat.postEphemeral", None))
    office.press("ana", "Take over")
    assert office.told("ana") == ["You operate this run already."]


def test_a_button_of_another_version_is_answered(office: Office) -> None:
    office.start()
    office.show(button("Destroy", "hr:destroy", "{}"), button("Elsewhere", "hr:done", '{"r":"gone","s":"a","v":1}'))
    ana = office.person("ana")
    assert ana.press("Destroy", "C0INC").ok
    assert "This button is of another time." in office.told("ana")[-1]
    assert ana.press("Elsewhere", "C0INC").ok
    assert "That run is not here any more." in office.told("ana")[-1]


def test_a_refusal_stands_where_the_press_was() -> None:
    """In the channel for the card, in the thread for a reply, in both for a reply that the channel shows too."""
    card = {"message": {"ts": "1.0", "thread_ts": "1.0"}, "container": {"message_ts": "1.0"}}
    reply = {"message": {"ts": "2.0", "thread_ts": "1.0"}, "container": {"message_ts": "2.0"}}
    shown_twice = {"message": {"ts": "2.0", "thread_ts": "1.0", "subtype": "thread_broadcast"}, "container": {}}
    only_mine = {"container": {"message_ts": "3.0", "thread_ts": "1.0", "is_ephemeral": True}}
    assert [threads_of(body) for body in (card, reply, shown_twice, only_mine)] == [
        (None,), ("1.0",), ("1.0", None), ("1.0",),
    ]  # fmt: skip

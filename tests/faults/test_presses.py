"""A press that comes twice, late, from an old or a deleted message, or from two people at once: one event each."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bot.workspace.delivery.parcel import Reply
from tests.faults.wire import Tap
from tests.walks.firm import Firm, wait_for
from tests.walks.test_every_button import START, TARGET, read_size


@pytest.fixture
def tap(either: Firm) -> Iterator[Tap]:
    made = Tap(either.workspace)
    yield made
    made.remove()


def begin(firm: Firm) -> None:
    assert firm.hand("ana").start("orders", START).errors == {}


def to_signoff(firm: Firm) -> None:
    ana = firm.hand("ana")
    begin(firm)
    ana.press("Done").press("Rows are wrong").press("Done", {"Recovery target": TARGET})
    read_size(firm)


def test_the_same_click_again_is_one_event_at_once_and_late(either: Firm, tap: Tap) -> None:
    begin(either)
    ana = either.hand("ana")
    ana.press("Done")
    click = tap.last
    assert tap.again(click).error in ("", "http_error 401")  # the very same second and signature: a replay
    ana.press("Rows are wrong").press("Done", {"Recovery target": TARGET})
    before = either.kinds("ORDERS-1")
    late = replace(click, payload={**click.payload, "is_late": True})
    assert tap.again(late) == Reply()
    assert either.kinds("ORDERS-1") == before
    assert ana.hints() == []
    either.check_all_is_well()


def test_many_copies_of_a_click_at_the_same_moment_are_one_event(either: Firm, tap: Tap) -> None:
    begin(either)
    ana = either.hand("ana")
    message, spot = ana.find("Done")
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(ana.press_on, message, spot)
        ana.person.wait_until(lambda: tap.sent, 20)
        assert first.result(10).ok
        click = tap.last
        copies = [replace(click, payload={**click.payload, "copy": number}) for number in range(8)]
        assert set(pool.map(tap.again, copies)) == {Reply()}
    assert either.kinds("ORDERS-1").count("StepFinished") == 1
    assert ana.hints() == []


def test_the_same_forms_again_are_one_start_one_answer_one_signature(either: Firm, tap: Tap) -> None:
    begin(either)
    started = tap.last
    ana, ben = either.hand("ana"), either.hand("ben")
    ana.press("Done").press("Rows are wrong").press("Done", {"Recovery target": TARGET})
    answered = tap.last
    read_size(either)
    ben.press("Approve…", {"target time": TARGET})
    for parcel in (started, answered, tap.last):
        again = replace(parcel, payload={**parcel.payload, "again": True})
        assert tap.again(again).error == ""
    assert [row.ref for row in either.house.journal().newest_runs(9)] == ["ORDERS-1"]
    kinds = either.kinds("ORDERS-1")
    assert (kinds.count("Started"), kinds.count("StepFinished"), kinds.count("Signed")) == (1, 3, 1)
    either.check_all_is_well()


def test_an_event_that_slack_sends_again_is_answered_again(either: Firm, tap: Tap) -> None:
    """A retry may be the only delivery after an outage, so it is never dropped unseen; the home tab comes each time."""
    begin(either)
    ana = either.hand("ana")
    ana.person.open_home()
    assert ana.person.wait_until(ana.person.home) is not None
    calls = either.workspace.state.ledger.calls
    known = calls["views.publish"]
    event = replace(tap.last, retry=1, retry_reason="http_timeout", payload={**tap.last.payload, "again": 1})
    assert tap.again(event).error == ""
    wait_for(lambda: calls["views.publish"] > known, "the home tab did not come again")
    either.check_all_is_well()


def test_an_old_button_says_who_moved_on_and_when(either: Firm) -> None:
    begin(either)
    ana, chen = either.hand("ana"), either.hand("chen")
    old = ana.find("Done")
    ana.press("Done")
    said = ana.is_refused_on(*old)
    assert "Ana Ruiz finished this step at " in said
    assert "now at “Choose the line that matches”" in said
    ana.press("I'm not sure")
    back = chen.find("Back to where we were")
    chen.press("Back to where we were", {"What was decided?": "Once more"})
    assert "Chen Wei finished this step" in chen.is_refused_on(*back)
    ana.press("Go back…", {"Back to which step?": "Stop the writers", "Why?": "Again"})
    assert "Ana Ruiz finished this step" in ana.is_refused_on(*old), "the same step, an older visit"
    either.check_all_is_well()


def test_a_button_of_an_ended_run_says_how_it_ended(either: Firm) -> None:
    begin(either)
    ana = either.hand("ana")
    old = ana.find("Done")
    ana.press("Stop the run…", {"Why does it stop?": "False alarm"})
    assert "ORDERS-1 ended at" in ana.is_refused_on(*old)
    assert either.kinds("ORDERS-1")[-1] == "Ended"
    either.check_all_is_well()


def test_a_deleted_message_comes_again_and_its_old_button_still_means_its_step(either: Firm) -> None:
    """Somebody deletes the step's post, then the card: at the next change each stands there anew, and works."""
    begin(either)
    ana, talk = either.hand("ana"), either.workspace.state.talk
    message, spot = ana.find("Done")
    talk.delete(message.channel, message.ts)
    assert ana.press_on(message, spot).ok
    step, _ = ana.find("Rows are wrong")
    talk.delete(step.channel, step.ts)
    ana.press("Pause…", {"Why?": "Somebody deletes posts"}).press("Resume")
    assert ana.find("Rows are wrong")[0].ts > step.ts
    card = ana.card(either.thread("ORDERS-1"))
    talk.delete(card.channel, card.ts)
    ana.press("Rows are wrong")
    thread = either.thread("ORDERS-1")
    assert thread > card.ts
    assert "Type the target time" in ana.card(thread).text
    ana.press("Done", {"Recovery target": TARGET}, thread=thread)
    assert "Read the size of the backup" in ana.sees(thread)


def test_two_people_at_once_are_one_event_and_one_sentence(either: Firm) -> None:
    """Thirty rounds on the step of the leads, whom both may press for; each round both press at the same moment."""
    begin(either)
    either.hand("ana").press("Done").press("I'm not sure")
    chen, dora = either.hand("chen"), either.hand("dora")

    def told() -> int:
        return len(chen.hints()) + len(dora.hints())

    for number in range(1, 31):
        message, spot = chen.find("I'm not sure")
        with ThreadPoolExecutor(2) as pool:
            presses = [pool.submit(hand.press_on, message, spot) for hand in (chen, dora)]
            assert all(press.result(10).ok for press in presses)
        assert either.kinds("ORDERS-1").count("Chosen") == 1 + number
        wait_for(lambda: told() >= number, "nobody said why not")  # noqa: B023  (waited for within the round)
        assert told() == number
    assert {said.split(" finished")[0] for said in (*chen.hints(), *dora.hints())} <= {"Chen Wei", "Dora Lind"}
    either.check_all_is_well()


def test_two_signers_at_once_are_one_approval(either: Firm) -> None:
    to_signoff(either)
    ben, dora = either.hand("ben"), either.hand("dora")
    for hand in (ben, dora):
        hand.press("Approve…")
        hand.fill(hand.person.modal(), {"target time": TARGET})
    with ThreadPoolExecutor(2) as pool:
        modals = [ben.person.modal(), dora.person.modal()]
        assert all(outcome.ok for outcome in pool.map(lambda modal: modal.submit(), modals))
    kinds = either.kinds("ORDERS-1")
    assert (kinds.count("Signed"), kinds.count("SignoffApproved")) == (1, 1)
    left = [hand.person.modal().words for hand in (ben, dora) if hand.person.has_modal]
    assert len(left) == 1
    assert "finished this step" in left[0]


def test_two_starts_at_once_are_one_run_and_one_question(either: Firm) -> None:
    """Whoever comes second is asked why a second run is needed, with everything typed still there."""
    ana, ben = either.hand("ana"), either.hand("ben")
    for hand in (ana, ben):
        assert hand.person.type("/recover orders", "#incidents").ok
        hand.fill(hand.person.modal(), START)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda modal: modal.submit(), [ana.person.modal(), ben.person.modal()]))
    assert [row.ref for row in either.house.journal().newest_runs(9)] == ["ORDERS-1"]
    left = [hand for hand in (ana, ben) if hand.person.has_modal]
    assert len(left) == 1
    assert "ORDERS-1" in left[0].person.modal().words
    assert "Prices are 0" in str(left[0].person.modal().view.body)
    assert left[0].send({"Why a second run?": "Another table"}).errors == {}
    assert either.row("ORDERS-2").requester != either.row("ORDERS-1").requester

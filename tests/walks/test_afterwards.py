"""After a run, over Socket Mode: two questions, a lesson, follow-ups, a reminder to the owner alone, a tracker."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.run.after.events import FollowUpAdded, FollowUpReminded
from bot.workspace.client.look import words_of
from tests.walks.firm import Firm, open_firm
from tests.walks.folder import write_folder
from tests.walks.test_every_button import START


def stop(firm: Firm) -> str:
    """A run that was begun and stopped; its thread."""
    ana = firm.hand("ana")
    ana.start("orders", START)
    thread = firm.thread("ORDERS-1")
    ana.press("Stop the run…", {"Why does it stop?": "A false alarm"})
    firm.settle()
    return thread


def answer_questions(firm: Firm, thread: str) -> None:
    """Only for the operator; the last answer counts; both answered, it shrinks to thanks."""
    ana, ben = firm.hand("ana"), firm.hand("ben")
    assert "two questions about ORDERS-1" in ana.sees(thread)
    assert "for whoever operated the run" in ben.is_refused("5 – always clear", thread)
    ana.press("1 – I was lost", thread=thread).press("4", thread=thread)
    assert "your answer already" in ana.is_refused("4", thread)
    ana.press("Nowhere", thread=thread)
    assert "Clear: 4 of 5 · Hesitated nowhere" in ana.sees(thread)
    assert "Nowhere" not in ana.labels(thread)
    assert firm.run("ORDERS-1").after.ratings["clarity"].answer == "4"


def tell_lessons(firm: Firm, thread: str) -> None:
    ana = firm.hand("ana")
    ana.press("Lessons…", {"What can others learn": "The alert named the wrong host"})
    ana.press("Lessons…", {"What is it?": "A near miss", "What can others learn": "The volume was nearly full"})
    assert "told a near miss" in ana.sees(thread)
    assert "2 lessons" in ana.sees(thread)
    assert "read along" in firm.hand("gus").is_refused("Lessons…", thread)


def add_follow_ups(firm: Firm, thread: str) -> None:
    """A day that is over is said beside its field, with nothing lost; an owner whom only the catalogue knows."""
    ana, today = firm.hand("ana"), firm.clock().date()
    answers = {"What is to be done?": "Mend the alert", "Who looks after it?": "Ben Okafor"}
    ana.press("Follow-up…")
    modal = ana.send(answers | {"By when?": f"{today - timedelta(days=1)}"})
    assert "That day is over" in modal.error_at("By when?")
    assert ana.send({"By when?": f"{today + timedelta(days=3)}"}).errors == {}
    far = {"What is to be done?": "Pay for it", "Who looks after it?": "Eve Stone"}
    ana.press("Follow-up…", far | {"By when?": f"{today + timedelta(days=40)}"})
    added = [event for _, event, _ in firm.history("ORDERS-1") if isinstance(event, FollowUpAdded)]
    assert [(one.owner, one.what) for one in added] == [("ben", "Mend the alert"), ("eve", "Pay for it")]
    assert "Mend the alert – Ben Okafor" in ana.sees(thread)


def remind(firm: Firm, thread: str) -> None:
    """On the day, to Ben alone and in the thread; a week later again; and no more once he says that it is done."""
    ben = firm.hand("ben")
    firm.wind(days=4)
    assert "follow-up 1 of ORDERS-1" in ben.sees(thread)
    told = " ".join(words_of(message) for message in ben.person.dm())
    assert "Mend the alert" in told
    firm.wind(days=7)
    ben.press("It is done…", {"What came of it?": "It names the host now"}, thread=thread)
    firm.wind(days=14)
    reminded = [event.number for _, event, _ in firm.history("ORDERS-1") if isinstance(event, FollowUpReminded)]
    assert reminded == [1, 1]
    assert "It names the host now" in ben.sees(thread)
    assert "said so already" in ben.is_refused("It is done…", thread)


def keep_the_post_mortem(firm: Firm, thread: str) -> None:
    """Its owner may be of the catalogue alone; who owns it does not say that it is done; reports and pages name all."""
    ana, ben = firm.hand("ana"), firm.hand("ben")
    ana.press("Post-mortem…", {"Where does it stand?": "In review", "Who looks after it?": "Ben Okafor"})
    assert "the post-mortem is in review, Ben Okafor looks after it" in ana.sees(thread)
    ben.press("Post-mortem…")
    modal = ben.send({"Where does it stand?": "Done"})
    assert "somebody else reviews it" in modal.error_at("Where does it stand?")
    ana.press("Post-mortem…", {"Where does it stand?": "Done", "Where is it kept": "Two causes are missing"})
    told = firm.handrail("export", "ORDERS-1", "--format", "postmortem")
    for words in ("| State | done since", "| Owner | Ben Okafor |", "| Reviewed by | Ana Ruiz |", "Two causes are"):
        assert words in told


@pytest.mark.slow
def test_what_comes_after_a_run(tmp_path: Path) -> None:
    with open_firm(tmp_path, write_folder(tmp_path / "books")) as firm:
        thread = stop(firm)
        answer_questions(firm, thread)
        tell_lessons(firm, thread)
        add_follow_ups(firm, thread)
        remind(firm, thread)
        keep_the_post_mortem(firm, thread)
        told = firm.handrail("lessons")
        for words in ("Near miss (Ana Ruiz", "The alert named the wrong host", "To do 2: Pay for it – Eve Stone"):
            assert words in told
        assert "Mend the alert" not in told
        assert '"words": "The volume was nearly full"' in firm.handrail("lessons", "--format", "json")
        firm.check_all_is_well()

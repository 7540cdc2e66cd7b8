"""After a walk at a terminal: the two questions, a lesson and a follow-up, by keys."""

import pytest

from tests.terminal.conftest import Home
from tests.terminal.test_walking import begin

pytestmark = pytest.mark.slow


def test_what_comes_after_a_walk_is_asked_at_the_terminal_too(home: Home) -> None:
    home.log_in("ana")
    with home.sit("ana", "walk", "orders", rows=40) as ana:
        begin(ana)
        ana.form("X", "Why does it stop?")
        ana.answer("A false alarm")
        ana.wait_for("Stopped · closed by", "[L] Lessons", "[f] Follow-up", "[Q] Two questions")
        ana.form("Q", "How clear were the steps?")
        ana.answer("4")
        ana.wait_for("Recorded: Two questions.", "[Q] Two questions")
        ana.form("Q", "Where did you hesitate?")
        ana.answer("Nowhere")
        ana.wait_until(lambda shown: "Recorded: Two questions." in shown and "[Q]" not in shown)
        ana.form("L", "What is it?")
        ana.answer("2")
        ana.asked("What can others learn from it?")
        ana.answer("The volume was nearly full")
        ana.wait_for("Recorded: Lessons.", "1 lesson")
        ana.form("f", "What is to be done?")
        ana.answer("Widen the volume")
        ana.asked("Who looks after it?")
        ana.answer("1")
        ana.asked("By when?")
        ana.answer("soon")
        ana.wait_until(lambda shown: "Not taken: Write the day" in shown and shown.endswith("> soon"))
        ana.press("\x15")
        ana.answer("2030-01-02")
        ana.wait_for("Recorded: Follow-up.", "1: Widen the volume – Ana Ruiz, by 2 Jan 2030", "[F] A follow-up is done")
        ana.press("q")
        assert ana.ended() == 0
    after = home.run.after
    assert {question: given.answer for question, given in after.ratings.items()} == {
        "clarity": "4", "hesitation": "nowhere",
    }  # fmt: skip
    assert [(one.words, one.near_miss) for one in after.lessons] == [("The volume was nearly full", True)]
    assert [(one.what, one.owner, one.due) for one in after.follow_ups] == [("Widen the volume", "ana", "2030-01-02")]

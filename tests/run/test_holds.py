"""A hold that does not go round: what was decided is said, the third time calls more, an end can be asked for."""

from bot.run.commands import AnswerEnd, AskEnd, Choose
from bot.run.events import Chosen, EndAnswered, EndAsked, Ended, StepEntered
from bot.run.law.offers import ends_to_ask, offers
from tests.run.test_walk import HOLD
from tests.story import RUNG, Story

CIRCLE = (
    """
steps:
  - {id: first, do: Look at the log, go: {ok: second}}
  - {id: second, do: Mend it, go: {ok: done}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    + HOLD
)


def held() -> Story:
    """The second step has a problem."""
    return Story(CIRCLE, rungs=(RUNG,)).started().done().problem().at_step("hold")


def test_whoever_sends_a_run_back_says_what_was_decided() -> None:
    """Without a word it is refused beside the field; with it, the words go to the step that comes."""
    story = held().when("chen", Choose("hold", 1, "back")).refused("Write what was decided")
    assert story.refusal is not None
    assert story.refusal.field == "note"
    story.when("chen", Choose("hold", 1, "back", "Use the second log.")).then(
        Chosen("hold", 1, "back", "Back to where we were", ("Stop the run", "Close as partial"), "Use the second log."),
        StepEntered("second", 2, "hold", "back"),
    )
    assert story.run.done[-1].decided == "Use the second log."
    held().when("chen", Choose("hold", 1, "stop")).then(Chosen, StepEntered, Ended)  # an end needs no word


def test_the_third_time_by_the_same_way_calls_the_next_rung() -> None:
    """Two rounds call nobody for it; the third does, and the card names the other ends from then on."""
    story = held()
    called = []
    for _ in range(4):
        story.tick(seconds=1)
        called.append([people for reason, _, people in story.pages() if reason == "circle"])
        assert (story.run.times_round == 3) is bool(called[-1])
        story.choose("back", "chen").problem()
    assert [bool(one) for one in called] == [False, False, True, False]
    assert "dora" in called[2][0][0]


def test_the_operator_asks_for_an_end_and_the_lead_answers_with_one_press() -> None:
    """The lead closes it so, or has it go on; nobody else may, and only from the hold."""
    assert ends_to_ask(held().run) == ("stopped", "partly")
    story = held().at_visit(AskEnd, end="done", words="All is well.").refused("its own steps have to show")
    story.at_visit(AskEnd, end="partly", words="Half is back.").then(EndAsked("hold", 1, "partly", "Half is back."))
    assert {"grant_end", "keep_on"} <= set(offers(story.run))
    story.at_visit(AnswerEnd, "ana", grant=True).refused("This is for the lead")
    story.at_visit(AnswerEnd, "dora", grant=False).then(EndAnswered("hold", 1, "partly", granted=False))
    story.at_visit(AnswerEnd, "dora", grant=True).refused("Nobody asks for an end any more")
    story.at_visit(AskEnd, end="partly", words="Half is back.").at_visit(AnswerEnd, "dora", grant=True).then(
        EndAnswered("hold", 1, "partly", granted=True), StepEntered("partly", 1, "hold", "closed"), Ended
    )
    Story(CIRCLE).started().at_visit(AskEnd, end="partly", words="No.").refused("where the run holds")


def test_a_lead_answers_the_wish_that_they_read() -> None:
    """Ana asked for one end and then for another: a press on the first card closes nothing, and says so."""
    story = held().at_visit(AskEnd, end="partly", words="Half is back.").at_visit(AskEnd, end="stopped", words="No.")
    story.at_visit(AnswerEnd, "dora", grant=True, end="partly").refused("Ana Ruiz asks for another end by now: “")
    story.at_visit(AnswerEnd, "dora", grant=True, end="stopped").then(EndAnswered, StepEntered, Ended)


def test_a_lead_who_asks_has_answered() -> None:
    """Chen is a lead: the run closes by the one form."""
    held().at_visit(AskEnd, "chen", end="partly", words="Half.").then(EndAsked, EndAnswered, StepEntered, Ended)

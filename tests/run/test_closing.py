"""One press that closes a run asks once; what was typed for it, and a last Done, closes it."""

import pytest

from bot.run.commands import AsksBack, Choose, Finish, Refused
from bot.run.events import Chosen, Ended, StepEntered, StepFinished
from bot.run.law.decide import decide
from bot.run.situation import Stamp
from tests.run.test_walk import HOLD
from tests.story import Story

BOOK = (
    """
steps:
  - {id: which, decide: Choose what is damaged, options: [
     {id: rows, label: Rows, when: Rows are wrong., go: mend},
     {id: none, label: Nothing, when: All is right., go: tell},
     {id: gone, label: Gone, when: Nothing is there., go: lost},
     {id: both, label: Both, when: Two are wrong., go: skim}], go: {unsure: not_this}}
  - {id: tell, notify: Tell the others, to: [incident], say: Nothing was wrong., go: {ok: not_this}}
  - {id: mend, do: Mend the rows, go: {ok: done}}
  - {id: skim, do: Mend what can be mended, go: {ok: gap}}
  - {id: done, end: Close the run, outcome: recovered}
  - {id: gap, end: Close with a gap, outcome: partial, say: The lead looks at the gap.}
  - {id: lost, end: "Close {{ asset.id }}", outcome: escalated, say: "The lead has {{ run.ref }} from here."}
  - {id: not_this, end: Close without a repair, outcome: not_applicable}
"""
    + HOLD
)


def stamp_of(story: Story) -> Stamp:
    """Ana, now."""
    return Stamp(story.at, "ana", "slack")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("unsure", "as not needed here: “Close without a repair”."),
        ("gone", "as handed to the lead: “Close orders-db”. The lead has ORDERS-7 from here."),
    ],
)
def test_what_is_asked_has_the_words_of_the_end(option: str, said: str) -> None:
    """Its title and what it says, filled; nothing where it says nothing."""
    story = Story(BOOK).started()
    with pytest.raises(AsksBack) as asked:
        decide(story.state, Choose("which", 1, option), stamp_of(story))
    assert asked.value.sentence == f"This closes the recovery ORDERS-7 {said} Nobody goes on with it after that."


@pytest.mark.parametrize("option", ["none", "unsure"])
def test_a_choice_that_closes_the_run_asks_first(option: str) -> None:
    """Nothing is recorded until whoever chose has read what it closes; what leads on is taken at once."""
    story = Story(BOOK).started()
    with pytest.raises(AsksBack, match="This closes the recovery ORDERS-7 as not needed here: “Close without") as asked:
        decide(story.state, Choose("which", 1, option), stamp_of(story))
    assert asked.value.press == "Close the recovery"
    assert isinstance(asked.value.again, Choose)
    happened = [type(one) for one in decide(story.state, asked.value.again, stamp_of(story))]
    assert happened[0] is Chosen
    assert happened[-1] is Ended
    story.choose("rows").then(Chosen, StepEntered("mend", 1, "which", "rows"))


def test_done_that_leaves_something_open_asks_and_a_last_done_does_not() -> None:
    """A bare Done that closes with a gap asks, and says what the end says; one with a word is no single press."""
    story = Story(BOOK).started().choose("both")
    with pytest.raises(AsksBack, match=r"as partly recovered: “Close with a gap”. The lead looks at the gap. Nobody"):
        decide(story.state, Finish("skim", 1, "ok"), stamp_of(story))
    noted = decide(story.state, Finish("skim", 1, "ok", note="Two are gone."), stamp_of(story))
    assert [type(one) for one in noted] == [StepFinished, StepEntered, Ended]
    recovered = Story(BOOK).started().choose("rows")
    recovered.done().then(StepFinished, StepEntered("done", 1, "mend", "ok"), Ended)


def test_who_was_told_of_another_end_is_told_of_this() -> None:
    """What was said is what counts: the digest of other words opens nothing."""
    story = Story(BOOK).started()
    with pytest.raises(Refused):
        decide(story.state, Choose("which", 1, "none", knowing="0" * 64), stamp_of(story))

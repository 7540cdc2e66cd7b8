"""I have done this already: a look where it harms nobody, the hold and a review where it needed a second person."""

import pytest

from bot.engine.audit import find_unlawful
from bot.format.ways import changes_left
from bot.run.commands import Choose, ReviewGlass, SayDone
from bot.run.events import Chosen, DoneAlready, Ended, GlassReviewed, SentBack, SignoffAsked, StepEntered, StepFinished
from bot.run.law.offers import offers
from bot.run.places import AwaitingReview, Over
from tests.run.naive_law import judge_records
from tests.run.test_walk import HOLD
from tests.story import Story

ORDER = (
    """
steps:
  - {id: tell, do: Tell the team, go: {ok: stop}}
  - {id: stop, run: Stop the writers, effect: change, undo: {step: start}, exec: {argv: [stop]}, go: {ok: ask}}
  - {id: ask, signoff: Allow the wipe, from: [data_owner], binds: {steps: [wipe]}, go: {approved: wipe}}
  - {id: wipe, run: Wipe the copy, effect: destroy, undo: {none: Gone.}, exec: {argv: [wipe]}, go: {ok: which}}
  - {id: which, decide: Choose what you see, go: {unsure: hold}, options: [
      {id: fine, label: Fine, when: A., go: start}, {id: bad, label: Bad, when: B., go: hold}]}
  - {id: start, run: Start the writers, effect: change, undo: {none: It runs.}, exec: {argv: [start]}, go: {ok: done}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    + HOLD
)


def at_wipe() -> Story:
    """The wipe is signed for and waits for its Begin."""
    story = Story(ORDER).started().done().begin().done()
    return story.sign("dora", "orders-db").at_step("wipe")


def said(story: Story, by: str = "ana") -> Story:
    """Say that the step where the run stands was done already."""
    return story.at_visit(SayDone, by, words="Ben did it at eleven.")


def test_a_plain_step_is_looked_at_before_it_is_done() -> None:
    """It stays, needs no Begin any more, and Done asks what was seen."""
    story = said(Story(ORDER).started()).then(DoneAlready("tell", 1, "Ben did it at eleven."))
    story.done().refused("Look how it stands").done(note="It is told.").then(StepFinished, StepEntered)
    said(story.at_step("stop")).then(DoneAlready)
    assert "done" in offers(story.run)
    assert "done_already" not in offers(story.run)
    story.begin().refused("began this")
    story.done(note="It is stopped.").then(StepFinished, StepEntered, SignoffAsked)
    assert story.run.unreviewed == ()


def test_what_needed_a_signature_holds_calls_the_lead_and_is_reviewed() -> None:
    """The outcome is unknown, the signature is used up, and the run closes as recovered only after a review."""
    story = said(at_wipe()).then(
        DoneAlready("wipe", 1, "Ben did it at eleven.", signed_for=True), StepEntered("hold", 1, "wipe", "done already")
    )
    story.tick(seconds=1)
    assert [(reason, "chen" in people) for reason, _, people in story.pages() if reason == "already"] == [
        ("already", True)
    ]
    story.when("chen", Choose("hold", 1, "back", "Look together.")).refused("Nobody knows yet how")
    back = Choose("hold", 1, "back", "Do it again together.", "The copy stands.")
    story.when("chen", back).then(Chosen, SentBack, StepEntered, SignoffAsked).at_step("ask")


def test_nobody_closes_as_recovered_before_the_review() -> None:
    """Who said it, and who operates, may not review it; somebody else does, and the run closes."""
    story = Story(ORDER.replace("{id: partly, label: Close as partial, when: Some., go: partly}",
                               "{id: partly, label: It is all back, when: Some., go: which}"))  # fmt: skip
    story.started().done().begin().done().sign("dora", "orders-db")
    said(story).choose("partly", "chen").at_step("which").choose("fine").begin().done()
    assert isinstance(story.run.here, AwaitingReview)
    story.when("ana", ReviewGlass("Fine.")).refused("somebody else has to review")
    story.when("ben", ReviewGlass("It was right.")).then(GlassReviewed, Ended("recovered", "done"))
    assert isinstance(story.run.here, Over)
    happened = [(seq, event, stamp) for seq, (event, stamp) in enumerate(story.history, 1)]
    assert list(find_unlawful("run-1", story.book, happened)) == []
    assert list(judge_records(story.book, story.history)) == []


def test_it_is_offered_on_no_signoff_no_end_and_never_to_a_name_that_nobody_proved() -> None:
    """A sign-off has its own answers; a terminal without a login says what happened in words."""
    story = Story(ORDER).started().done().begin().done()
    assert "done_already" not in offers(story.run)
    said(story).refused("does not wait for that")
    machine = Story(ORDER).started("unverified: zed").done("unverified: zed")
    said(machine, "unverified: zed").then(DoneAlready)
    left = at_wipe()
    said(left, "eve").refused("Only the operator")


@pytest.mark.parametrize("forged", [True, False])
def test_both_judges_find_a_record_that_says_wrongly_whether_it_was_signed_for(*, forged: bool) -> None:
    """The flag is found again from the runbook."""
    story = said(at_wipe()) if forged else said(Story(ORDER).started())
    history = [
        (DoneAlready(one.step, one.visit, one.words, not one.signed_for), stamp)
        if isinstance(one, DoneAlready) else (one, stamp) for one, stamp in story.history
    ]  # fmt: skip
    happened = [(seq, event, stamp) for seq, (event, stamp) in enumerate(history, 1)]
    assert any("signed for" in str(one) for one in find_unlawful("run-1", story.book, happened))
    assert list(judge_records(story.book, history))


def test_what_was_done_before_its_turn_counts_as_not_taken_back() -> None:
    """Stopped out of order is stopped: the closing card lists it like any other change."""
    walked = [("stop", "done already")]
    assert changes_left(Story(ORDER).book, walked) == (("stop", "start"),)

"""What the law says to people, and the small print of who may: each sentence names whom it means."""

import pytest

from bot.run.commands import (
    AddNote,
    AskEnd,
    BreakGlass,
    Choose,
    Finish,
    GoBack,
    GrowChain,
    Mismatch,
    Pause,
    ReviewGlass,
    SayDone,
    Skip,
    Stop,
    TakeOver,
    Watch,
)
from bot.run.events import (
    Begun,
    EndAnswered,
    EndAsked,
    Ended,
    GlassReviewed,
    MismatchSeen,
    Noted,
    Paused,
    SignatureVoided,
    Skipped,
    StepEntered,
    StepFinished,
    WentBack,
)
from bot.run.law.answers import MOST_WORDS, NOT_KEPT
from bot.run.law.may_start import may_start, missing_signoff
from bot.run.places import Chain
from bot.run.situation import Somebody, Source
from bot.run.state import but
from tests.run.test_done_already import at_wipe
from tests.run.test_holds import CIRCLE, held
from tests.run.test_starts import MACHINE, NAME, back, book, broken, failed_once
from tests.story import ROLES, Story, people_now


def voided(story: Story) -> str:
    [why] = [event.why for event in story.last if isinstance(event, SignatureVoided)]
    return why


def test_law_1_asked_for_no_second_signature() -> None:
    """The same start of the same run: fine by the law under which it was written, forbidden by the one of today."""
    story = failed_once()
    run, at = story.run, story.at
    step = run.book.by_id["change"]
    objection = missing_signoff(run, step, at)
    assert objection is not None
    assert objection.why.startswith("“Change the rows” destroys, so each start is signed for anew")
    assert missing_signoff(but(run, law=1), step, at) is None
    assert may_start(but(run, law=1), step, "dora", at) is None


EACH = book().replace("from: [data_owner],", "from: [data_owner, lead], each: true, need: 2,")


def test_what_is_lost_is_said_by_its_name() -> None:
    """Of two signers the second is taken out: the sentence names the second."""
    roles = {**ROLES, "data_owner": ("ben",), "lead": ("dora", "eve")}
    story = Story(EACH, roles=roles).started().done(rows="7").at_step("ask")
    story.sign("ben", "7").sign("dora", "7").at_step("change")
    story.when("clock", people_now(data_owner=("ben",), lead=("eve",)))
    assert voided(story) == "Dora Lind has left, so that signature no longer counts."


def test_both_stay_and_one_stands_for_two_roles_no_longer_enough() -> None:
    """Ben signed as data owner, Dora as lead; both are leads now: everybody counts, and one role has nobody."""
    roles = {**ROLES, "data_owner": ("ben", "eve"), "lead": ("ben", "dora", "eve")}
    story = Story(EACH, roles=roles).started().done(rows="7").at_step("ask")
    story.sign("ben", "7").sign("dora", "7").at_step("change")
    story.when("clock", people_now(data_owner=("eve",), lead=("ben", "dora", "eve")))
    assert voided(story) == "The signatures are not enough."


def test_a_broken_glass_ends_with_its_breakers_first_press_whatever_forbid_says() -> None:
    """The sign-off lets operators sign; a lead who broke its glass and comes to operate begins nothing all the same."""
    story = broken(effect="change", forbid="forbid: [requester],").when("chen", TakeOver())
    assert voided(story) == "Chen Wei operates now, so their broken glass has ended."


def test_a_broken_glass_ends_when_its_breaker_has_operated_above_it() -> None:
    """Chen operated the run that called this one: he is in its chain from then on."""
    story = broken().when("clock", GrowChain(Chain(operators=("chen",))))
    assert voided(story) == "Chen Wei has operated, so their broken glass has ended."


def test_a_broken_glass_ends_with_the_lead_who_left() -> None:
    story = broken().when("clock", people_now(lead=("dora",)))
    assert voided(story) == "Chen Wei is no lead any more, so their broken glass has ended."


OWNED = book(effect="change").replace("{id: change,", "{id: change, who: data_owner,")


def test_whoever_signed_or_broke_the_glass_for_a_step_of_another_role_does_not_begin_it() -> None:
    """The step is the data owners' own: one of them signed, one broke the glass; a third begins it."""
    roles = {**ROLES, "data_owner": ("ben", "dora", "eve"), "lead": ("chen", "dora")}
    signed = Story(OWNED, roles=roles).started().done(rows="7").sign("ben", "7").at_step("change")
    signed.begin("ben").refused(
        "You signed “Agree to the change”, so somebody else has to start “Change the rows”. "
        "Dora Lind or Eve Ndiaye can."
    )
    signed.begin("dora").then(Begun)
    glass = Story(OWNED, roles=roles).started().done(rows="7").later(minutes=15).tick().at_step("hold")
    back(glass, "ana").at_step("ask").later(minutes=6).at_visit(BreakGlass, "dora", reason="Nobody comes").at_step(
        "change"
    )
    glass.begin("dora").refused("You broke the glass for “Agree to the change”, so somebody else has to start")
    glass.begin("eve").then(Begun)


def test_behind_a_broken_glass_an_unproved_name_is_told_what_it_could_be() -> None:
    story = broken().when(MACHINE, TakeOver()).begin(MACHINE, NAME)
    story.refused("“Agree to the change” had its glass broken, and you have not logged in here: you could be whoever")
    assert story.refusal is not None
    assert "Ana Ruiz, Ben Okafor or Dora Lind can press Take over." in story.refusal.sentence


def test_nobody_but_the_operator_or_a_lead_steers() -> None:
    """Ben may operate and does not: nothing that moves the run is his to press."""
    story = Story(CIRCLE, rungs=()).started().done().at_step("second")
    for command in (
        GoBack("second", 1, "first", "Again"), Skip("second", 1, "Not needed"), Mismatch("second", 1, "No"),
        SayDone("second", 1, "Done"), AskEnd("second", 1, "stopped", "Enough"),
    ):  # fmt: skip
        story.when("ben", command).refused("Only the operator (Ana Ruiz) or the lead (Chen Wei or Dora Lind) may do")
    story.when("ana", GoBack("second", 1, "first", "Again")).then(WentBack, StepEntered)


def test_whose_step_it_is_may_say_that_it_is_not_as_described() -> None:
    """A step of the data owners: Dora does not operate, and says so of her own step without being lead or operator."""
    book = CIRCLE.replace("do: Mend it,", "do: Mend it, who: data_owner, skip: true,")
    story = Story(book, roles={**ROLES, "lead": ("chen",)}).started().done().at_step("second")
    story.when("eve", Mismatch("second", 1, "No")).refused("Only the operator")
    story.when("dora", Mismatch("second", 1, "No")).then(MismatchSeen, StepEntered).at_step("hold")


def test_an_ended_run_says_how_and_by_whom() -> None:
    story = Story(CIRCLE).started().when("ana", Stop("A false alarm"))
    story.when("ana", Pause("x")).refused("ORDERS-7 ended at 22 Nov 2026 12:00 UTC (aborted, by Ana Ruiz).")


def test_a_step_without_a_witness_is_watched_by_nobody() -> None:
    story = Story(book(effect="change")).started().done(rows="7").sign("dora", "7").at_step("change")
    story.at_visit(Watch, "ben").refused("Nobody has to watch this step.")


def test_a_signed_look_is_done_after_its_begin_and_not_before() -> None:
    """A check that somebody signs for is begun by hand; before that not even a problem is an answer."""
    text = book().replace(
        "run: Change the rows, effect: destroy, undo: {none: Gone.},",
        "check: Look at them, expect: {all: [{var: rows, gt: 0}]},",
    )
    story = Story(text.replace("timeout: hold}", "}")).started().done(rows="7").sign("dora", "7").at_step("change")
    story.done().refused("Press Begin before you start")
    story.problem().refused("Press Begin before you start")
    story.begin().then(Begun).done().then(StepFinished, StepEntered, Ended)


def test_a_line_that_leads_back_wants_a_word_too() -> None:
    """Not only “Back to where we were”: whatever leads from the hold to a step where the run has been."""
    text = CIRCLE.replace("when: Worse., go: stopped}", "when: Worse., go: first}")
    story = Story(text).started().done().problem().at_step("hold")
    story.when("chen", Choose("hold", 1, "stop")).refused("Write what was decided")
    story.when("chen", Choose("hold", 1, "stop", "From the start.")).at_step("first")


LOOSE = book(effect="change").replace("binds: {vars: [rows], steps: [change]}", "binds: {vars: [rows]}")
"""The sign-off covers the number alone; the change after it is bound by nothing."""


def test_what_was_begun_is_not_skipped() -> None:
    text = (
        book(effect="change")
        .replace("{id: change,", "{id: change, skip: true,")
        .replace("binds: {vars: [rows], steps: [change]}", "binds: {vars: [rows]}")
    )
    story = Story(text).started().done(rows="7").sign("dora", "7").at_step("change")
    story.begin().at_visit(Skip, reason="No need").refused("This was begun already")
    fresh = Story(text).started().done(rows="7").sign("dora", "7").at_visit(Skip, reason="No need")
    fresh.then(Skipped, StepEntered, Ended)


def test_what_was_found_before_going_back_is_kept() -> None:
    story = Story(CIRCLE).started().done().at_visit(GoBack, to="first", reason="Again", look="Nothing has changed.")
    story.then(WentBack("second", 1, "first", "Again", "Nothing has changed."), StepEntered)


def test_nobody_says_under_a_name_that_nobody_proved_that_a_signed_step_was_done() -> None:
    """Its review has to be by somebody else, and nobody knows who that is; a plain step takes it."""
    story = at_wipe().when(MACHINE, TakeOver())
    story.at_visit(SayDone, MACHINE, words="Ben did it.").refused("You are not logged in here")
    Story(CIRCLE).started(MACHINE).at_visit(SayDone, MACHINE, words="Ben did it.").at_step("first")


def test_a_lead_who_asks_for_an_end_gives_it_and_it_is_recorded_so() -> None:
    held().at_visit(AskEnd, "chen", end="partly", words="Half.").then(
        EndAsked("hold", 1, "partly", "Half."), EndAnswered("hold", 1, "partly", granted=True),
        StepEntered("partly", 1, "hold", "closed"), Ended,
    )  # fmt: skip


def test_there_has_to_be_something_to_review() -> None:
    story = Story(CIRCLE).started().when("ben", ReviewGlass("Fine")).refused("There is nothing to review.")
    reviewed = broken().begin().done().when("ben", ReviewGlass("Fine", Somebody("ben", "Ben Okafor", "U0BEN")))
    assert [event.known for event in reviewed.last if isinstance(event, GlassReviewed)] == [None], "he is of the run"
    assert story.run.unreviewed == ()


def test_a_note_keeps_the_message_that_it_was_made_of() -> None:
    source = Source("Eve Ndiaye", "2026-11-22T11:58:00Z", "https://example.org/m1")
    Story(CIRCLE).started().when("ana", AddNote("Disk full", None, source)).then(Noted("Disk full", None, source))


def test_words_may_be_as_long_as_they_may_be() -> None:
    Story(CIRCLE).started().when("ana", Pause("x" * MOST_WORDS)).then(Paused)
    Story(CIRCLE).started().when("ana", Pause("x" * (MOST_WORDS + 1))).refused(f"this has {MOST_WORDS + 1}")


@pytest.mark.parametrize(("outcome", "exit_"), [("problem", "fail"), ("unknown", "timeout"), ("in part", "in part")])
def test_what_was_noted_with_a_problem_is_kept(outcome: str, exit_: str) -> None:
    begun = Story(LOOSE).started().done(rows="7").sign("dora", "7").begin()
    begun.when("ana", Finish("change", 1, outcome, {}, "It stopped half way"))
    begun.then(StepFinished("change", 1, exit_, note="It stopped half way"), StepEntered)


TYPED = """
vars: {token: {type: secret}}
steps:
  - {id: look, do: Look at the lock, evidence: required, go: {ok: ask}}
  - {id: ask, do: Fetch the token, answer: {var: token}, go: {ok: done}}
  - {id: done, end: Close the run, outcome: recovered}
  - {id: hold, decide: Hold, options: [{id: a, label: End, when: A., go: done}, {id: b, label: B, when: B., go: done}]}
"""


def test_evidence_is_asked_for_and_a_secret_is_not_kept() -> None:
    story = Story(TYPED).started().done().refused("This step needs evidence")
    story.done(note="The lock is open").then(StepFinished, StepEntered).done(token="hunter2")
    assert story.value("token") == NOT_KEPT
    assert "hunter2" not in repr(story.history)


def test_the_time_of_the_damage_is_corrected_to_a_time() -> None:
    """It is an instant, whether or not the runbook declares it."""
    story = Story(CIRCLE, damage_began="2026-11-22T10:00:00Z").started()
    story.correct("damage_began", "yesterday").refused("with its offset")
    story.correct("damage_began", "2026-11-22T11:00:00Z")
    assert story.value("damage_began") == "2026-11-22T11:00:00+00:00"

"""How the judge reads what is rare: a newer law taken up, a glass at its first moment, a lead who accepts."""

from dataclasses import replace
from datetime import timedelta

from bot.run import events
from bot.run.commands import Accept, BreakGlass, HandOver, TakeOver
from bot.run.law.judging import objection_to
from bot.run.law.may_start import LAW
from bot.run.situation import Stamp
from bot.run.state import but
from tests.run.test_begins import FORMER, PLAIN, TYPED
from tests.run.test_forged import stand
from tests.run.test_judged import honest
from tests.run.test_refusals import NAME, begun, glass
from tests.run.test_several import READ
from tests.run.test_starts import AUTOMATIC, automatic, in_vain
from tests.run.test_walk import HOLD
from tests.story import Story


def test_an_older_run_takes_the_newest_law_up_once() -> None:
    """From an older one to one that there is, while it is open."""
    story = begun()
    run, heading = stand(story, len(story.history))
    older, stamp = but(run, law=1), Stamp(story.at, "ana", "slack")
    for law in range(2, LAW + 1):
        assert objection_to(older, events.LawTaken(law), stamp, heading) is None
    refused = "the run went by that law, or a newer one."
    assert objection_to(older, events.LawTaken(LAW + 1), stamp, heading) == refused
    assert objection_to(older, events.LawTaken(1), stamp, heading) == refused


def test_a_glass_is_broken_from_the_moment_on_at_which_it_was_in_vain() -> None:
    """At that very second and not one before; by the first law also by somebody whom it barred."""
    story = in_vain().later(minutes=-1).at_visit(BreakGlass, "chen", reason="Nobody comes")
    assert isinstance(story.last[0], events.GlassBroken)
    number = next(n for n, (event, _) in enumerate(story.history) if isinstance(event, events.GlassBroken))
    run, heading = stand(story, number)
    event, stamp = story.history[number]
    assert objection_to(run, event, stamp, heading) is None
    early = Stamp(stamp.at - timedelta(seconds=1), stamp.by, stamp.via)
    assert objection_to(run, event, early, heading) == "the signatures had not been asked for in vain."
    barred = glass()
    run, heading = stand(barred, len(barred.history))
    here = run.here
    broken = events.GlassBroken("ask", 2, getattr(here, "digest", ""), "x", None)
    laws = (run, but(run, law=2), but(run, law=1))
    said = [objection_to(one, broken, Stamp(barred.at, "eve", "slack"), heading) for one in laws]
    theirs = "the glass was not theirs to break"
    assert [str(one).partition(":")[0] for one in said] == [
        theirs, theirs, "this is not what the glass was to be broken for.",
    ]  # fmt: skip


def test_a_lead_who_is_no_operator_accepts_what_is_handed_over() -> None:
    """Dora leads; who has lost every right since is no one to accept."""
    story = begun().when("ana", HandOver("dora")).when("dora", Accept())
    assert story.run.operator == "dora"
    assert honest(story) == []


def test_a_persons_step_that_was_begun_elsewhere_ends_as_a_problem() -> None:
    bound = PLAIN.replace("run: Wipe it, effect: change, undo: {none: Gone.}, exec: {argv: [wipe]}, go: {ok: done,",
                          "do: Wipe it, go: {ok: done, problem: look2,").replace(", timeout: look2}", "}")  # fmt: skip
    story = Story(bound, inputs=TYPED, former=replace(FORMER, visits={}, operated=())).started().at_step("look2")
    assert story.book.begins_by_hand(story.book.by_id["wipe"])
    assert honest(story) == []


def test_an_approval_that_falls_where_the_run_waits_with_it_is_asked_for_there() -> None:
    """Dora signed, and the run waits for the clock: a name that nobody proved operates, and Ben signs after it."""
    story = automatic().sign("dora", NAME).at_step("ask").when("unverified: root", TakeOver())
    story.then(events.TookOver, events.SignatureVoided).when("ana", TakeOver()).sign("ben", NAME)
    story.then(events.Signed, events.SignoffApproved)
    assert honest(story) == []


def test_another_approval_that_falls_leaves_the_run_on_its_way() -> None:
    """What was approved here still leads on, although what was signed before has changed."""
    first = (
        "{id: first, signoff: Agree first, from: [lead], binds: {vars: [rows], steps: [later]}, go: {approved: ask}}"
    )
    count = "{id: count, do: Count, answer: {var: rows}, go: {ok: first}}"
    text = AUTOMATIC.replace("steps:\n", f"vars: {{rows: {{type: int}}}}\nsteps:\n  - {count}\n  - {first}\n")
    text = text.replace("recovered: done,", "recovered: later,")
    text = text.replace("  - {id: done", "  - {id: later, do: Look, go: {ok: done}}\n  - {id: done")
    story = Story(text, calls={"wipe": "w" * 64}).started().done(rows="7").sign("chen", NAME).at_step("ask")
    story.sign("dora", NAME).at_step("ask").correct("rows", "8").then(events.Corrected, events.SignatureVoided)
    assert story.run.approved_here
    story.tick().at_step("other")
    assert honest(story) == []


def test_an_answer_has_to_be_typed() -> None:
    story = Story(READ.format(tests="all: [{var: rows, gt: 5}]") + HOLD).started().done(rows="8", word="good")
    story.done().refused("This cannot be empty.")
    assert story.refusal is not None
    assert story.refusal.field == "when"

"""How the judge reads what is rare: a newer law taken up, a glass at its first moment, a lead who accepts."""

from datetime import timedelta

from bot.run import events
from bot.run.commands import Accept, BreakGlass, HandOver
from bot.run.law.judging import objection_to
from bot.run.situation import Stamp
from bot.run.state import but
from tests.run.test_forged import stand
from tests.run.test_judged import honest
from tests.run.test_refusals import begun, glass
from tests.run.test_several import READ
from tests.run.test_starts import in_vain
from tests.run.test_walk import HOLD
from tests.story import Story


def test_an_older_run_takes_the_newest_law_up_once() -> None:
    """From an older one to one that there is, while it is open."""
    story = begun()
    run, heading = stand(story, len(story.history))
    older, stamp = but(run, law=1), Stamp(story.at, "ana", "slack")
    assert objection_to(older, events.LawTaken(2), stamp, heading) is None
    refused = "the run went by that law, or a newer one."
    assert objection_to(older, events.LawTaken(3), stamp, heading) == refused
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
    said = [objection_to(one, broken, Stamp(barred.at, "eve", "slack"), heading) for one in (run, but(run, law=1))]
    assert [str(one).partition(":")[0] for one in said] == [
        "the glass was not theirs to break", "this is not what the glass was to be broken for.",
    ]  # fmt: skip


def test_a_lead_who_is_no_operator_accepts_what_is_handed_over() -> None:
    """Dora leads; who has lost every right since is no one to accept."""
    story = begun().when("ana", HandOver("dora")).when("dora", Accept())
    assert story.run.operator == "dora"
    assert honest(story) == []


def test_an_answer_has_to_be_typed() -> None:
    story = Story(READ.format(tests="all: [{var: rows, gt: 5}]") + HOLD).started().done(rows="8", word="good")
    story.done().refused("This cannot be empty.")
    assert story.refusal is not None
    assert story.refusal.field == "when"

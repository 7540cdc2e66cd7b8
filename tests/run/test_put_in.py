"""Records that were put in by hand where nothing of the kind could happen: the judge names each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.run import events
from bot.run.after.events import FollowUpReminded, Rated
from bot.run.commands import TakeOver, Watch
from bot.run.events import Event
from bot.run.law.judging import object_to_start, objection_to
from bot.run.law.may_start import LAW
from bot.run.places import Chain
from bot.run.situation import Parent, Stamp, Via
from bot.run.state import Unstarted
from tests.run.test_begins import FORMER, PLAIN, TYPED
from tests.run.test_done_already import at_wipe
from tests.run.test_forged import MACHINE, opened, over, stand
from tests.run.test_refusals import NAME, asked, begun, bound, glass, under_way
from tests.run.test_sentences import LOOSE
from tests.run.test_starts import AUTOMATIC, broken
from tests.run.test_walk import WALK
from tests.story import Story


def twice() -> Story:
    """Two have to sign, and Ben has."""
    text = AUTOMATIC.replace("from: [data_owner],", "from: [data_owner, lead], need: 2,")
    return Story(text, calls={"wipe": "w" * 64}).started().sign("ben", NAME).at_step("ask")


def which() -> Story:
    """At a decision that leads nowhere back."""
    return Story(WALK).started().done().done(damage_time="2026-11-22T11:00:00Z").at_step("which")


def at_look() -> Story:
    """A change of which nobody knows how it ended, and a look after it."""
    looks = "  - {id: after, do: Look, go: {ok: done}}\n  - {id: hold,"
    text = LOOSE.replace("timeout: hold}", "timeout: after}").replace("  - {id: hold,", looks)
    return Story(text).started().done(rows="7").sign("dora", "7").begin().unknown().at_step("after")


def at(story: Story) -> dict[str, Any]:
    """The step and visit where a story stands."""
    here = story.place()
    return {"step": here.step, "visit": here.visit}


def asked_for(story: Story) -> dict[str, Any]:
    """The same, with the digest that is asked to be signed."""
    here: Any = story.run.here
    return {**at(story), "digest": getattr(here, "digest", "d")}


def call_of(story: Story) -> dict[str, Any]:
    """The same, with the run that is called."""
    here: Any = story.run.here
    return {**at(story), "child": getattr(here, "child", "c")}


def approved(one: Story) -> Event:
    return events.SignoffApproved(**asked_for(one), signers=("ben",), valid_until=None)


def glass_broken(one: Story) -> Event:
    return events.GlassBroken(**asked_for(one), reason="x", valid_until=None)


def chosen(option: str) -> Callable[[Story], Event]:
    return lambda one: events.Chosen(**at(one), option=option, label="A", offered=())


def read(**answers: int) -> Callable[[Story], Event]:
    return lambda one: events.ReadingTaken(**at(one), answers=answers, failed=("x",))


Row = tuple[str, Callable[[], Story], Callable[[Story], Event], str, str]
ROWS: tuple[Row, ...] = (
    ("a pause after the end", over, lambda _: events.Paused("x"), "ana", "the run had ended before."),
    ("an answer before the end", begun, lambda _: Rated("clarity", "yes"), "ana", "the run had not ended yet."),
    ("an answer of another", over, lambda _: Rated("clarity", "yes"), "eve", "eve did not operate this run."),
    ("a reminder by a person", over, lambda one: FollowUpReminded(1, one.at), "ana", "nobody does this but Handrail's"),
    ("a second start", begun, lambda one: one.history[0][0], "ana", "a run starts once."),
    ("the law that holds", begun, lambda _: events.LawTaken(2), "ana", "the run went by that law, or a newer one."),
    ("a law to come", begun, lambda _: events.LawTaken(3), "ana", "the run went by that law, or a newer one."),
    ("spent visits", begun, lambda _: events.VisitsSpent("look", 9), "ana", "the step had not been visited as often"),
    ("a begin that is not needed", begun, lambda one: events.Begun(**at(one), command=""), "ana", "there was nothing"),
    ("a second begin", under_way, lambda one: events.Begun(**at(one), command="change"), "ana", "there was nothing to"),
    ("a begin unwatched", bound, lambda one: events.Begun(**at(one), command="change"), "ana", "Somebody has to watch"),
    ("a begin of a sign-off", asked, lambda one: events.Begun(**at(one), command=""), "ana", "there was nothing to"),
    ("a sending back in force", bound, lambda one: events.SentBack(**at(one), to="ask", why="x"), "ana",
     "that sign-off was in force."),
    ("a sending back to the hold", bound, lambda one: events.SentBack(**at(one), to="hold", why="x"), "ana",
     "that sign-off was in force."),
    ("a sending back from elsewhere", begun, lambda _: events.SentBack("change", 1, "ask", "x"), "ana",
     "the run was not on its way there."),
    ("a watch nobody asked for", at_wipe, lambda one: events.Watched(**at(one)), "ben", "nobody had to watch"),
    ("a second watch", lambda: bound().at_visit(Watch, "ben"), lambda one: events.Watched(**at(one)), "dora",
     "nobody had to watch, or somebody did already."),
    ("a watch of what was begun", under_way, lambda one: events.Watched(**at(one)), "dora", "nobody had to watch"),
    ("an end unbegun", bound, lambda one: events.StepFinished(**at(one), exit="ok"), "ana", "it ended without having"),
    ("an end of a sign-off", asked, lambda one: events.StepFinished(**at(one), exit="ok"), "ana", "the step does not"),
    ("a choice at a step", begun, chosen("a"), "ana", "there was nothing to choose."),
    ("a way back from a decision", which, chosen("back"), "ana", "there was no step to go back to."),
    ("a reading of a sign-off", asked, read(rows=7), "ana", "there was nothing to read."),
    ("a reading unbegun", bound, read(), "ana", "it was read without having been begun."),
    ("a reading of another value", begun, read(word=7), "ana", "the step asks for no such value."),
    ("done already, what was begun", under_way, lambda one: events.DoneAlready(**at(one), words="x", signed_for=True),
     "ana", "it was begun here, or is nobody's to do."),
    ("done already, by a name that nobody proved", lambda: at_wipe().when(MACHINE, TakeOver()),
     lambda one: events.DoneAlready(**at(one), words="x", signed_for=True), MACHINE,
     "whoever says it has not proved who they are."),
    ("a skip", begun, lambda one: events.Skipped(**at(one), reason="x"), "ana", "the step may not be skipped."),
    ("a way back out of what was begun", under_way, lambda one: events.WentBack(**at(one), to="look", reason="x"),
     "ana", "what had been begun had not ended."),
    ("a way back unlooked", at_look, lambda one: events.WentBack(**at(one), to="change", reason="x"), "ana",
     "nobody had looked how the step before had ended."),
    ("a call at a step", begun, lambda one: events.Called(**call_of(one), runbook="r", digest="d", asset="a", given={}),
     "ana", "the run was not there."),
    ("an outcome of no call", begun, lambda one: events.CallReturned(**call_of(one), outcome="recovered", captured={}),
     "clock", "the run was in no such call."),
    ("a second opening", opened, lambda one: events.CallOpened(**call_of(one), ref="X", told=Chain()), "clock",
     "the call had been opened."),
    ("a delay of what was opened", opened, lambda one: events.CallDelayed(**call_of(one), why="x"), "clock",
     "the call had been opened."),
    ("a second signature", twice, lambda one: events.Signed(**asked_for(one), readback=NAME), "ben",
     "ben had signed it already."),
    ("a signature beside a name that nobody proved", lambda: asked().when(MACHINE, TakeOver()),
     lambda one: events.Signed(**asked_for(one), readback="7"),
     "dora", "whoever operated had not proved who they are."),
    ("an approval without enough", twice, approved, "ben", "the signatures are not enough."),
    ("an approval of a step", begun, approved, "ben", "this was not asked to be signed."),
    ("a rejection of a step", begun, lambda one: events.SignoffRejected(**at(one), reason="x"), "dora",
     "this was not asked to be signed."),
    ("a signature of a step", begun, lambda one: events.Signed(**asked_for(one), readback="7"), "dora",
     "this was not asked to be signed."),
    ("an expiry of a step", begun, lambda one: events.SignoffExpired(**at(one), was_due=one.at), "clock",
     "this was not asked to be signed."),
    ("a glass the first time", asked, glass_broken, "chen", "the signatures had not been asked for in vain."),
    ("a glass by whoever is barred", glass, glass_broken, "eve", "the glass was not theirs to break: eve is of"),
    ("a glass at a step", begun, glass_broken, "chen", "the glass is broken at an open request for signatures alone."),
    ("a review of nothing", begun, lambda _: events.GlassReviewed("x"), "ben", "there was nothing to review."),
    ("an end while the review is owed", lambda: broken().begin(typed=NAME).done(),
     lambda _: events.Ended("recovered", "done"), "ana", "a broken glass had not been reviewed."),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_record_that_was_put_in_is_named(row: Row) -> None:
    _, tell, put_in, by, says = row
    story = tell()
    run, heading = stand(story, len(story.history))
    via: Via = "clock" if by == "clock" else "terminal" if " " in by else "slack"
    found = objection_to(run, put_in(story), Stamp(story.at, by, via), heading)
    assert found is not None
    assert found.startswith(says), found


def test_on_its_way_a_run_takes_no_answer() -> None:
    """Between two steps nobody can have pressed anything; what nobody presses may come."""
    story = begun()
    run, _ = stand(story, len(story.history))
    answer = events.StepFinished("look", 1, "ok", {"rows": 7})
    stamp = Stamp(story.at, "ana", "slack")
    assert objection_to(run, answer, stamp, None) is None
    assert objection_to(run, answer, stamp, ("ask", "look")) == "the run had left that step, and was on its way."


FRESH = Unstarted("run-1", Story(PLAIN).book)


def test_the_first_record_says_who_operates_and_names_nobody_of_other_runs() -> None:
    first, stamp = Story(PLAIN, inputs=TYPED).started().history[0]
    assert isinstance(first, events.Started)
    assert object_to_start(FRESH, first, stamp) is None
    assert "somebody else as its operator" in str(object_to_start(FRESH, replace(first, operator="ben"), stamp))
    assert "somebody else as its operator" in str(object_to_start(FRESH, replace(first, operator=None), stamp))
    assert (
        object_to_start(FRESH, replace(first, operator=MACHINE, givers={}), Stamp(stamp.at, MACHINE, "terminal"))
        is None
    )
    assert object_to_start(FRESH, replace(first, operator=None, givers={}), Stamp(stamp.at, "dora", "slack")) is None
    others = "it names people or values of other runs, and belongs to none."
    assert object_to_start(FRESH, replace(first, chain=Chain(("eve",), ())), stamp) == others
    assert object_to_start(FRESH, replace(first, givers={"later": ("eve",)}), stamp) == others
    assert object_to_start(FRESH, replace(first, accounts=(("eve", "U0ANA"),)), stamp) == others
    given = replace(first, given={**first.given, "later": 7})
    assert object_to_start(FRESH, given, stamp) == others
    assert object_to_start(FRESH, replace(given, law=2), stamp) is None, "defaults are filled in as they are now"
    assert object_to_start(FRESH, replace(first, law=0), stamp) == "there never was such a law."
    twice = replace(first, people=(*first.people, first.people[0]))
    assert object_to_start(FRESH, twice, stamp) == "it names somebody twice."
    called = replace(first, chain=Chain(("eve",), ()), parent=Parent("run-0", "ORDERS-6", "child", 1))
    assert object_to_start(FRESH, called, stamp) is None


def test_a_run_that_goes_on_names_the_people_of_the_one_before() -> None:
    """Its requester, and everybody who operated it; the first law did not know of a chain."""
    first, stamp = Story(PLAIN, inputs=TYPED, former=FORMER).started().history[0]
    assert isinstance(first, events.Started)
    whole = replace(first, chain=Chain((FORMER.requester,), FORMER.operated))
    assert object_to_start(FRESH, whole, stamp) is None
    for chain in (Chain((), FORMER.operated), Chain((FORMER.requester,), ())):
        less = replace(first, chain=chain)
        for law in (LAW, 2):
            said = object_to_start(FRESH, replace(less, law=law), stamp)
            assert said == "it leaves out people of the run that it goes on from."
        assert object_to_start(FRESH, replace(less, law=1), stamp) is None

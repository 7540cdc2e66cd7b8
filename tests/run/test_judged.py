"""How the judge reads ends and starts: what is tried again, what hands read, what was begun elsewhere, older laws."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest

from bot.run import events
from bot.run.after.events import AfterEvent
from bot.run.commands import AnswerEnd, AskEnd, Mismatch, TakeOver
from bot.run.events import Event, StepEntered, StepFinished
from bot.run.evolve import evolve
from bot.run.law.judging import UNJUDGED, in_new_light, judged, objection_to
from bot.run.law.may_start import LAW
from bot.run.law.signing import content_of, validity_end
from bot.run.situation import Stamp
from bot.run.state import Run, but
from tests.run.test_begins import FORMER, PLAIN, TYPED
from tests.run.test_forged import gone_back, returned, stand
from tests.run.test_hands import finish, pressed, reading, start
from tests.run.test_holds import CIRCLE, held
from tests.run.test_put_in import twice
from tests.run.test_refusals import NAME, asked, begun, bound, left_unknown, under_way
from tests.run.test_sentences import LOOSE
from tests.run.test_starts import AUTOMATIC, automatic, failed_once
from tests.run.test_walk import HOLD, counting
from tests.story import Story

TRIED = LOOSE.replace("exec: {argv: [change]},", "exec: {argv: [change]}, again: 1,")


def found(story: Story, event: Event, by: str = "ana") -> str | None:
    """What stands against a record that comes next."""
    run, heading = stand(story, len(story.history))
    return objection_to(run, event, Stamp(story.at, by, "slack"), heading)


def ends(story: Story, exit_: str, **answers: Any) -> str | None:  # noqa: ANN401  (values of the step)
    at = story.place()
    return found(story, StepFinished(at.step, at.visit, exit_, answers))


def test_what_may_be_tried_again_is_tried_again_first() -> None:
    """A failure leads back once; only the second one leads on, and neither where nothing may be tried again."""
    first = Story(TRIED).started().done(rows="7").sign("dora", "7").begin()
    assert ends(first, "fail") == "it was to be tried again first."
    assert ends(first, "try again") is None
    assert ends(first, "ok") is None
    second = first.problem().at_step("change").begin()
    assert ends(second, "fail") is None
    assert ends(second, "try again") == "the step does not end that way."
    once = Story(LOOSE).started().done(rows="7").sign("dora", "7").begin()
    assert ends(once, "fail") is None
    assert ends(once, "try again") == "the step does not end that way."


def test_a_persons_problem_may_be_tried_again_too() -> None:
    text = PLAIN.replace("{id: look, do: Look around,", "{id: look, do: Look around, again: 1, max_visits: 3,")
    story = Story(text, inputs=TYPED).started()
    assert ends(story, "problem") == "it was to be tried again first."
    assert ends(story, "try again") is None


def test_what_hands_run_is_ended_by_nobody_else() -> None:
    """Neither while it runs nor between the press and its start."""
    assert ends(pressed(), "ok") == "what Handrail runs had not ended."
    assert ends(start(pressed()), "ok") == "what Handrail runs had not ended."


def test_what_hands_have_read_is_taken_as_it_is_or_by_its_other_exit() -> None:
    """A signed check that did not hold is no success without a look by hand; its failure is the runbook's exit."""
    text = f"""
steps:
  - {{id: ask, signoff: Approve it, from: [data_owner], binds: {{steps: [space]}}, max_visits: 9,
     go: {{approved: space}}}}
  - {{id: space, check: Read the free space, exec: {{argv: [df]}}, max_visits: 9,
     expect: {{all: [{{var: exit, eq: 0}}]}}, go: {{ok: done, fail: hold}}}}
  - {{id: done, end: Close the run, outcome: recovered}}
{HOLD}"""
    story = Story(text).started().sign("dora", NAME).at_step("space")
    assert ends(story, "ok") == ends(story, "fail") == "it ended without having been begun."
    story.begin()
    assert ends(story, "ok") is None
    plain = finish(start(reading()), captured={"free": "10"}).at_step("space")
    assert ends(plain, "fail") is None
    assert ends(plain, "ok", free=12) is None


def test_what_was_begun_elsewhere_ends_once_and_only_so() -> None:
    """Two records after the start say that nobody knows how it ended; the same words later are not believed."""
    story = Story(PLAIN, inputs=TYPED, former=replace(FORMER, step="wipe", visits={})).started()
    assert [type(event) for event, _ in story.history[1:3]] == [StepEntered, StepFinished]
    for number, (event, stamp) in enumerate(story.history[1:], 1):
        run, heading = stand(story, number)
        assert objection_to(run, event, stamp, heading) is None, event
    run, heading = stand(story, 2)
    event, stamp = story.history[2]
    assert isinstance(event, StepFinished)
    not_begun = "it ended without having been begun."
    assert objection_to(run, replace(event, exit="ok"), stamp, heading) == not_begun
    assert objection_to(run, replace(event, exit="fail"), stamp, heading) == not_begun
    assert objection_to(but(run, seq=3), event, stamp, heading) == not_begun
    for former in (None, replace(FORMER, step="wipe", begun=False)):
        other = but(run, start=replace(run.start, former=former))
        assert objection_to(other, event, stamp, heading) == not_begun


def test_what_stands_again_is_entered_without_its_signature_only_at_the_start() -> None:
    """It is entered to say how it ended, not to be done; what starts by being entered needs its signature."""
    wiping = "effect: change, undo: {none: Gone.}, exec: {argv: [wipe]}, go: {ok: done, timeout: look2}"
    text = PLAIN.replace("{id: wipe, run: Wipe it,", "{id: wipe, call: Wipe it, runbook: w,")
    text = text.replace(wiping, "go: {recovered: done, else: hold}")
    story = Story(PLAIN, inputs=TYPED, former=replace(FORMER, step="wipe", visits={})).started()
    run, heading = stand(story, 1)
    event, stamp = story.history[1]
    assert objection_to(run, event, stamp, heading) is None
    called = Story(text, inputs=TYPED, calls={"w": "w" * 64}, former=replace(FORMER, step="wipe", visits={})).started()
    run, heading = stand(called, 1)
    entered = StepEntered("wipe", 1, None, None)
    assert objection_to(run, entered, stamp, heading) == "“Agree to it” has not been signed."


def test_a_run_is_sent_back_from_where_it_stood_or_was_going() -> None:
    """To the sign-off that is missing, from its own step, at Begin or on the way there."""
    story = failed_once().choose("back", look="It is as it was.")
    kinds = [type(event) for event, _ in story.history]
    number = max(n for n, kind in enumerate(kinds) if kind is events.SentBack)
    run, heading = stand(story, number)
    event, stamp = story.history[number]
    assert isinstance(event, events.SentBack)
    assert objection_to(run, event, stamp, heading) is None
    assert objection_to(run, replace(event, step="look"), stamp, heading) == "the run was not on its way there."
    for law in (run, but(run, law=2)):
        assert objection_to(law, replace(event, to="stop"), stamp, heading) == "that sign-off was in force."
    older = but(run, law=1)
    assert objection_to(older, event, stamp, heading) is None
    assert objection_to(older, replace(event, to="stop"), stamp, heading) == "that sign-off does not bind the step."
    late = bound()
    begins = events.SentBack("change", 1, "ask", "x")
    until = late.run.approvals["ask"].valid_until
    assert until is not None
    at_step, heading = stand(late, len(late.history))
    assert objection_to(at_step, begins, Stamp(until.replace(year=2027), "ana", "slack"), heading) is None


@pytest.mark.parametrize(
    ("look", "note", "blind"), [("", "", True), ("Seen", "", False), ("", "Seen", False), (" ", "", True)]
)
def test_going_back_over_what_nobody_knows_wants_a_look(look: str, note: str, blind: bool) -> None:
    """Older records have what was found in the note."""
    story = left_unknown()
    at = story.place()
    event = events.Chosen(at.step, at.visit, "back", "Back", (), note, look)
    assert found(story, event) == ("nobody had looked how the step before had ended." if blind else None)


def test_an_older_run_in_new_light_keeps_the_words_that_were_signed_then() -> None:
    """Its approvals are held to the words of today: that they were others is no breach."""
    run = but(bound().run, law=1)
    old = but(run, approvals={"ask": replace(run.approvals["ask"], digest="f" * 64)})
    new = in_new_light(old)
    step: Any = run.book.by_id["ask"]
    assert (new.law, new.approvals["ask"].digest) == (LAW, content_of(run, step).digest)
    assert new.approvals["ask"].signers == run.approvals["ask"].signers


SETS = LOOSE.replace("{rows: {type: int}}", "{rows: {type: int}, made: {type: string}, read: {type: string}}").replace(
    "exec: {argv: [change]},",
    """exec: {argv: [change]}, capture: {read: {from: stdout, type: string}},
     set: {made: "{{ vars.read }}-{{ vars.rows }}"},""",
)


def test_what_a_step_sets_is_found_again() -> None:
    """Made of what was captured there and of what was known; nothing is set by a step that failed."""
    story = Story(SETS).started().done(rows="7").sign("dora", "7").begin()
    assert ends(story, "ok", read="a", made="a-7") is None
    assert ends(story, "ok", read="a", made="b-7") == "this is not what the step sets."
    assert ends(story, "ok", read="a") == "this is not what the step sets."
    assert ends(story, "ok", made="a-7") == "what the step sets is not known."
    assert ends(story, "fail", read="a") is None
    assert ends(story, "fail", read="a", made="a-7") == "the step asks for no such value."
    run, heading = stand(story, len(story.history))
    at = story.place()
    wrong = StepFinished(at.step, at.visit, "ok", {"read": "a", "made": "b-7"})
    by = Stamp(story.at, "ana", "slack")
    assert objection_to(but(run, law=2), wrong, by, heading) == "this is not what the step sets."
    assert objection_to(but(run, law=1), wrong, by, heading) is None


def test_what_is_captured_and_set_under_one_name_is_taken_as_it_was_made() -> None:
    """The captured word is part of what was set, and is gone: there is nothing to find it again from."""
    text = SETS.replace('set: {made: "{{ vars.read }}-{{ vars.rows }}"}', 'set: {read: "{{ vars.read }}!"}')
    story = Story(text).started().done(rows="7").sign("dora", "7").begin().done(read="a")
    assert story.value("read") == "a!"
    assert honest(story) == []


def test_a_begin_names_the_command_that_stood_there() -> None:
    story = under_way()
    number = max(n for n, (event, _) in enumerate(story.history) if isinstance(event, events.Begun))
    run, heading = stand(story, number)
    event, stamp = story.history[number]
    assert isinstance(event, events.Begun)
    assert (
        objection_to(run, replace(event, command=""), stamp, heading)
        == "this is not the command that stood on the card."
    )
    assert objection_to(but(run, law=1), replace(event, command=""), stamp, heading) is None


def honest(story: Story) -> list[str]:
    """What stands against the records of a story, each judged where it stands."""
    said = []
    for number, (event, stamp) in enumerate(story.history[1:], 1):
        run, heading = stand(story, number)
        why = objection_to(run, event, stamp, heading)
        said += [f"{type(event).__name__}: {why}"] if why is not None else []
    return said


def test_the_hold_takes_a_run_in_as_often_as_it_must_and_no_other_step_does() -> None:
    """A step is not entered once more than it may be; the exception is."""
    text = CIRCLE.replace("max_visits: 20,", "max_visits: 1,").replace(
        "do: Look at the log,", "do: Look at it, max_visits: 1,"
    )
    story = Story(text).started().problem().choose("back", "chen").at_step("hold")
    assert [type(event) for event, _ in story.history].count(events.VisitsSpent) == 1
    assert honest(story) == []
    run, heading = stand(story, len(story.history) - 2)
    event, stamp = story.history[-2]
    assert isinstance(event, events.VisitsSpent)
    entered = StepEntered("first", 2, "hold", "back")
    assert objection_to(run, entered, stamp, heading) == "the step had been visited as often as it may be."


def test_a_signer_enters_no_step_that_goes_by_itself() -> None:
    """The clock does; by the signer's own hand it would be a start."""
    story = automatic().sign("dora", NAME)
    entered = StepEntered("other", 1, "ask", "approved")
    assert str(found(story, entered, "dora")).startswith("You signed “Agree to the call”")
    assert found(story, entered, "clock") is None
    assert found(story, events.SignoffRejected("ask", 1, "No"), "ben") == "it had been approved already."


def test_what_was_begun_elsewhere_by_a_person_is_a_problem() -> None:
    assert honest(Story(PLAIN, inputs=TYPED, former=replace(FORMER, step="look", visits={})).started()) == []


AWAITED = (
    """
steps:
  - {id: there, wait: Until it is there, timeout: 5m, max_visits: 9, poll: {every: 10s, exec: {argv: [ready]},
     until: {all: [{var: stdout, eq: "there"}]}}, go: {ok: done, fail: hold, timeout: hold}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    + HOLD
)


def test_what_hands_read_and_is_not_as_it_should_be_is_no_success() -> None:
    """A person takes its other exit; to say that it is well, they begin it and look themselves."""
    story = finish(start(Story(AWAITED).started()), ended="not started", exit=None).at_step("there")
    assert ends(story, "ok") == "what Handrail had read was not as it should be."
    assert ends(story, "fail") is None
    assert honest(story) == []
    assert honest(finish(start(Story(AWAITED).started()), stdout="there")) == []


def test_readings_are_of_what_the_step_asks_for() -> None:
    def read(story: Story, **answers: int) -> str | None:
        at = story.place()
        return found(story, events.ReadingTaken(at.step, at.visit, answers, ("x",)))

    assert read(begun(), rows=7) is None
    assert read(counting(), rows=0) is None
    assert read(counting(), live=0) == "the step asks for no such value."
    assert read(Story(CIRCLE).started(), rows=7) == "the step asks for no such value."


def test_what_a_call_brings_home_is_what_its_step_wants() -> None:
    text = AUTOMATIC.replace("with: {depth: 3},", "with: {depth: 3}, capture: {rows: {}},")
    story = Story("vars: {rows: {type: int}}" + text, calls={"wipe": "w" * 64}).started().sign("dora", NAME).tick()
    here: Any = story.run.here
    back = events.CallReturned(here.step, here.visit, here.child, "recovered", {"rows": 7})
    run, heading = stand(story, len(story.history))
    assert objection_to(run, back, Stamp(story.at, "clock", "clock"), heading) is None


def test_a_value_made_of_itself_is_found_again() -> None:
    text = LOOSE.replace("{rows: {type: int}}", "{rows: {type: int}, made: {type: string, default: m}}")
    text = text.replace("exec: {argv: [change]},", 'exec: {argv: [change]}, set: {made: "{{ vars.made }}-x"},')
    story = Story(text).started().done(rows="7").sign("dora", "7").begin()
    assert ends(story, "ok", made="m-x") is None
    assert ends(story, "ok", made="m-x-x") == "this is not what the step sets."


def test_a_step_without_a_command_is_begun_without_one() -> None:
    text = LOOSE.replace("binds: {vars: [rows]}", "binds: {vars: [rows], steps: [plain]}").replace(
        "go: {approved: change}", "go: {approved: plain}"
    )
    text = text.replace("  - {id: hold,", "  - {id: plain, do: Look at it, go: {ok: change}}\n  - {id: hold,")
    story = Story(text).started().done(rows="7").sign("dora", "7").at_step("plain").begin()
    assert [event.command for event in story.last if isinstance(event, events.Begun)] == [""]
    assert honest(story) == []


def test_a_signature_that_counts_no_more_is_not_counted() -> None:
    """Ben signed and came to operate; a record that keeps silent about the one and counts the other is named."""
    story = twice().when("ben", TakeOver())
    silent = [one for one in story.history if not isinstance(one[0], events.SignatureVoided | events.SignoffAsked)]
    asked_ = next(one for one in story.history if isinstance(one[0], events.SignoffAsked))
    story.history = [*silent[:2], asked_, *silent[2:]]
    run, heading = stand(story, len(story.history))
    here: Any = run.here
    signed = events.Signed("ask", 1, here.digest, NAME)
    stamp = Stamp(story.at, "chen", "slack")
    run = evolve(run, signed, stamp)
    approved = events.SignoffApproved("ask", 1, here.digest, ("ben", "chen"), validity(run, stamp))
    assert objection_to(run, approved, stamp, heading) == "the signatures are not enough."


def validity(run: Run, stamp: Stamp) -> Any:  # noqa: ANN401  (a time, or none)
    step: Any = run.book.by_id["ask"]
    return validity_end(run, step, stamp.at)


def test_beside_what_hands_still_run_nothing_is_begun() -> None:
    """The run was led away while the command ran; back at the step it is signed for anew and still not begun."""
    story = start(pressed()).at_visit(Mismatch).at_step("hold")
    story.choose("back", look="It runs.").at_step("ask")
    here: Any = story.run.here
    story.sign("dora", NAME).at_step("wipe")
    assert here is not None
    story.begin(typed=NAME).refused("Wait until it has ended, or has been lost.")


def wish(*, grant: bool) -> Story:
    return held().at_visit(AskEnd, end="partly", words="x").at_visit(AnswerEnd, "dora", grant=grant)


STORIES: dict[str, Callable[[], Story]] = {
    "went back": gone_back,
    "an end was granted": lambda: wish(grant=True),
    "an end was not granted": lambda: wish(grant=False).choose("stop", "chen"),
    "a call came back": returned,
    "a signature fell while it was asked for": lambda: asked().later(minutes=5).correct("rows", "8").sign("dora", "8"),
    "half of two fell": lambda: twice().when("ben", TakeOver()).sign("dora", NAME),
    "a signature fell on the way": lambda: failed_once().choose("back", look="As it was.").sign("dora", "7"),
    "a look did not hold": lambda: counting().failed(rows="0").at_step("which"),
    "does not match": lambda: bound().at_visit(Mismatch).choose("back").at_step("change"),
}  # fmt: skip


@pytest.mark.parametrize("what", STORIES)
def test_an_honest_record_is_good_at_each_of_its_records(what: str) -> None:
    """Wherever the run is on its way to, the next record is held to that."""
    assert honest(STORIES[what]()) == []


def kinds(union: object) -> set[object]:
    """The kinds of a union, and of those within it."""
    return {kind for one in get_args(union) for kind in kinds(one)} or {union}


def test_no_kind_of_event_is_forgotten_by_the_judge() -> None:
    """Each is held to who asked for it, or to what stood before; comes after the end; or is left out with a reason."""
    assert kinds(Event) == judged() | set(UNJUDGED) | kinds(AfterEvent)
    assert not judged() & set(UNJUDGED)

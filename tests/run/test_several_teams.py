"""Several teams at once: `call` with `meanwhile` opens their runs and goes on, `join` waits for them."""

from dataclasses import replace

import pytest

from bot.run import commands, events
from bot.run.calls.events import EndAwaited, HandedAnew, Joined, StopWanted
from bot.run.calls.judging import is_of_a_run_meanwhile
from bot.run.calls.rules import calls_out, calls_to_propagate, handed_anew, way_of_join
from bot.run.commands import AskToStop, Correct, GrowChain, NoteChildNotOpened, NoteChildOpened, TakeChildOutcome
from bot.run.events import (
    Called,
    CallNotOpened,
    CallOpened,
    CallReturned,
    ChainGrown,
    Ended,
    SentBack,
    SignatureVoided,
    SignoffAsked,
    StepEntered,
)
from bot.run.evolve import evolve
from bot.run.law.decide import decide
from bot.run.law.direction import Heading, first_heading, heading_after
from bot.run.law.judging import object_to_start, objection_to
from bot.run.law.may_start import LAW
from bot.run.law.offers import offers
from bot.run.paging.dues import propagation_due
from bot.run.places import AwaitingRuns, AwaitingSignature, Chain, Over
from bot.run.situation import Parent
from bot.run.state import Run, Unstarted, but
from tests.run.test_forged import stand
from tests.story import Story

TEAMS = """
vars: {rows: {type: int}, found: {type: int}}
steps:
  - {id: count, do: Count the rows, answer: {var: rows}, go: {ok: database}}
  - id: database
    call: Bring the database back
    runbook: database
    meanwhile: true
    with: {asset: orders-db, rows: "{{ vars.rows }}"}
    capture: {found: {output: rows}}
    go: {ok: search}
  - {id: search, call: Bring the search back, runbook: search, meanwhile: true, with: {asset: search}, go: {ok: tell}}
  - {id: tell, do: Tell the customers, go: {ok: both}}
  - {id: both, join: Both are back, timeout: 2h, go: {ok: ask, fail: hold, timeout: hold}, max_visits: 5}
  - {id: ask, signoff: Approve, from: [data_owner], binds: {vars: [rows], steps: [wipe]}, go: {approved: wipe}}
  - {id: wipe, run: Wipe, effect: destroy, undo: {none: Gone.}, exec: {argv: [wipe], at: pg-1}, go: {ok: done}}
  - {id: done, end: Close, outcome: recovered}
  - id: hold
    decide: Hold
    back: true
    options:
      - {id: again, label: Search again, when: It failed., go: search}
      - {id: stop, label: Stop, when: It is worse., go: stopped}
      - {id: close, label: Close, when: It is well., go: done}
    go: {unsure: hold}
    max_visits: 9
  - {id: stopped, end: Stop here, outcome: partial}
"""
DATABASE, SEARCH = "run-1.database.1", "run-1.search.1"
AT = {DATABASE: ("database", 1), SEARCH: ("search", 1)}


def two_teams() -> Story:
    """Both runs are open, and the run is at its own work."""
    story = Story(TEAMS, calls={"database": "b" * 64, "search": "c" * 64}).started().done(rows="5")
    story.then(events.StepFinished, StepEntered, Called, StepEntered, Called, StepEntered).at_step("tell")
    opened(story, DATABASE, "DB-1").then(CallOpened)
    return opened(story, SEARCH, "SEARCH-1")


def opened(story: Story, child: str, ref: str) -> Story:
    return story.when("clock", NoteChildOpened(*AT[child], child, ref, story.run.whole_chain))


def back(story: Story, child: str, outcome: str = "recovered", by: str = "eve", **values: int) -> Story:
    chain = Chain(("ana",), (by,))
    givers = dict.fromkeys(values, (by,))
    return story.when("clock", TakeChildOutcome(*AT[child], child, outcome, values, chain, givers))


def lawful(story: Story) -> list[str]:
    """What the audit of `verify` has against each record, from the first on."""
    (first, stamp), *rest = story.history
    assert isinstance(first, events.Started)
    fresh = Unstarted("run-1", story.book)
    run, found = evolve(fresh, first, stamp), [object_to_start(fresh, first, stamp)]
    heading: Heading = first_heading(first, story.book.steps[0].id)
    for event, at in rest:
        found.append(objection_to(run, event, at, heading))
        heading, run = heading_after(run, event, heading), evolve(run, event, at)
    assert run == story.run
    return [one for one in found if one is not None]


def test_both_are_opened_and_the_run_goes_on_to_its_own_work() -> None:
    story = two_teams()
    assert [call.ref for call in calls_out(story.run)] == ["DB-1", "SEARCH-1"]
    assert propagation_due(story.run) is None
    story.done().then(events.StepFinished, StepEntered).at_step("both")
    assert isinstance(story.run.here, AwaitingRuns)
    back(story, DATABASE, rows=7).then(CallReturned).at_step("both")
    assert story.run.vars["found"] == 7
    assert story.run.given["found"].givers == ("eve",)
    back(story, SEARCH).then(CallReturned, Joined, StepEntered, SignoffAsked).at_step("ask")
    assert story.last[1] == Joined("both", 1, "ok", {"database": "recovered", "search": "recovered"})
    assert story.run.calls == {}
    assert not lawful(story)


def test_one_that_comes_back_before_the_join_is_not_waited_for() -> None:
    story = two_teams()
    back(story, DATABASE).then(CallReturned).at_step("tell")
    back(story, DATABASE).then()
    back(story, SEARCH).then(CallReturned)
    story.done().then(events.StepFinished, StepEntered, Joined, StepEntered, SignoffAsked)
    assert not lawful(story)


def test_one_that_fails_is_a_way_of_its_own_at_once_and_the_other_goes_on() -> None:
    """The team that has failed is called again; the other one is still out, and is waited for at the same join."""
    story = two_teams().done()
    back(story, SEARCH, "aborted").then(CallReturned, Joined, StepEntered).at_step("hold")
    assert story.last[1] == Joined("both", 1, "fail", {"search": "aborted"})
    assert [call.ref for call in calls_out(story.run)] == ["DB-1"]
    story.choose("again", note="The disk was full.").then(events.Chosen, StepEntered, Called, StepEntered)
    called = story.last[2]
    assert isinstance(called, Called)
    assert called.child == "run-1.search.2"
    assert story.last[3] == StepEntered("tell", 2, "search", "ok")
    story.done().at_step("both")
    back(story, DATABASE).then(CallReturned).at_step("both")
    story.when("clock", NoteChildOpened("search", 2, called.child, "SEARCH-2"))
    story.when("clock", TakeChildOutcome("search", 2, called.child, "recovered")).at_step("ask")
    assert not lawful(story)


def test_one_that_cannot_be_opened_fails_the_join() -> None:
    story = Story(TEAMS, calls={"database": "b" * 64, "search": "c" * 64}).started().done(rows="5").done()
    opened(story, DATABASE, "DB-1")
    why = NoteChildNotOpened(*AT[SEARCH], SEARCH, "The catalogue has no asset “search” any more.")
    story.when("clock", why).then(CallNotOpened, Joined, StepEntered).at_step("hold")
    assert not lawful(story)


def test_one_that_is_silent_is_a_way_of_its_own() -> None:
    story = two_teams().done()
    back(story, DATABASE)
    story.tick(hours=1, minutes=59).at_step("both")
    story.tick(minutes=1).at_step("hold")
    assert Joined("both", 1, "timeout", {"database": "recovered"}) in story.last
    assert [call.ref for call in calls_out(story.run)] == ["SEARCH-1"]
    story.choose("back", note="They are nearly there.").at_step("both")
    back(story, SEARCH).at_step("ask")
    assert not lawful(story)


def test_no_recovered_end_comes_before_the_join() -> None:
    """A way that no check could know of is sent back, and says for whom it is too early."""
    story = two_teams().done()
    back(story, SEARCH, "partial").at_step("hold")
    story.choose("close", note="It looks well.").then(events.Chosen, SentBack, StepEntered).at_step("hold")
    sent = story.last[1]
    assert isinstance(sent, SentBack)
    assert "no join has taken how DB-1 ended" in sent.why
    assert not lawful(story)


@pytest.mark.parametrize("by_stop", [True, False], ids=["stop", "an end"])
def test_stopping_asks_each_run_and_waits_for_what_runs(by_stop: bool) -> None:
    story = two_teams().done()
    if by_stop:
        story.when("ana", commands.Stop("It is worse.")).then(EndAwaited)
    else:
        back(story, SEARCH, "aborted").at_step("hold")
        story.choose("stop", note="It is worse.").then(events.Chosen, StepEntered, EndAwaited)
    assert all(one in calls_to_propagate(story.run) for one in calls_out(story.run))
    story.when("ana", commands.Stop("Again.")).refused("about to end")
    assert not {"stop", "mismatch", "go_back", "help"} & set(offers(story.run))
    at = story.place()
    story.when("ana", commands.Mismatch(at.step, at.visit, "No.")).refused("it waits for DB-1")
    story.when("ana", commands.AddNote("They were called.")).then(events.Noted)
    if by_stop:
        back(story, SEARCH, "aborted").then(CallReturned)
    back(story, DATABASE, "aborted").then(CallReturned, Ended)
    here = story.run.here
    assert isinstance(here, Over)
    assert (here.outcome, here.by) == (("aborted", "ana") if by_stop else ("partial", "ana"))
    assert not lawful(story)


def test_nothing_to_wait_for_ends_at_once() -> None:
    story = two_teams().done()
    back(story, DATABASE)
    back(story, SEARCH).at_step("ask")
    story.when("ana", commands.Stop("It is over.")).then(Ended)
    assert not lawful(story)


def child(story_of: str = "", **start: object) -> Story:
    book = (
        story_of
        or """
vars: {rows: {type: int}}
steps:
  - {id: ask, signoff: Approve, from: [data_owner], binds: {vars: [rows], steps: [wipe]}, go: {approved: wipe}}
  - {id: wipe, run: Wipe, effect: destroy, undo: {none: Gone.}, exec: {argv: [wipe], at: pg-1}, go: {ok: done}}
  - {id: done, end: Close, outcome: recovered}
  - {id: hold, do: Hold, go: {ok: done}}
"""
    )
    parent = Parent("run-0", "SITE-1", "database", 1)
    given = {"given": {"rows": 5}, "givers": {"rows": ("eve",)}, "parent": parent, "chain": Chain(("eve",), ("eve",))}
    return Story(book, **given | start).started()


def test_a_corrected_value_is_handed_anew_and_voids_what_was_signed_with_it() -> None:
    above = two_teams()
    call = next(calls_out(above.run))
    assert handed_anew(above.run, call) == {}
    above.when("ana", Correct(above.run.given["rows"].seq, "rows", "6", "Counted again."))
    assert handed_anew(above.run, call) == {"rows": "6"}
    assert propagation_due(above.run) is not None
    told = commands.NoteCallTold(*AT[DATABASE], DATABASE, above.run.whole_chain, given={"rows": "6"})
    above.when("clock", told).then(events.CallTold)
    assert propagation_due(above.run) is None
    assert not lawful(above)
    below = child()
    below.sign("ben", "orders-db").then(events.Signed, events.SignoffApproved, StepEntered)
    below.when("clock", commands.TakeHanded({"rows": "6", "stranger": 1}, {"rows": ("dora",)}))
    assert isinstance(below.last[0], HandedAnew)
    assert any(isinstance(one, SignatureVoided) for one in below.last)
    assert below.run.vars["rows"] == 6
    assert "stranger" not in below.run.vars
    assert below.run.given["rows"].givers == ("dora",)
    below.when("clock", commands.TakeHanded({"rows": 6}, {"rows": ("dora",)})).then()


def test_people_of_a_run_beside_it_may_sign_in_none_of_the_others() -> None:
    """Whoever has come to operate the search is barred in the database, from the moment in which it hears of it."""
    below = child()
    here = below.run.here
    assert isinstance(here, AwaitingSignature)
    assert "ben" in here.eligible
    below.when("clock", GrowChain(Chain(("eve",), ("eve", "ben")))).then(ChainGrown, SignoffAsked)
    here = below.run.here
    assert isinstance(here, AwaitingSignature)
    assert "ben" not in here.eligible
    assert "ben" in here.barred


def test_a_run_that_is_asked_to_stop_says_so_and_calls_once() -> None:
    below = child()
    below.when("clock", AskToStop("ana", "Ana Ruiz", "It is worse.")).then(StopWanted)
    assert below.run.stop_wanted is not None
    below.when("clock", AskToStop("ana", "Ana Ruiz", "It is worse.")).then()
    below.when("ana", commands.Stop("They asked.")).then(Ended)
    below.when("clock", AskToStop("ana", "Ana Ruiz", "It is worse.")).then()
    own = Story(TEAMS).started()
    own.when("clock", AskToStop("ana", "Ana Ruiz", "Nobody called it.")).then()


def forged(story: Story, event: events.Event, by: str = "clock") -> str | None:
    """What the audit says of a record that the rules would never have let happen."""
    stamp = story.history[-1][1].__class__(story.at, by, "clock" if by == "clock" else "slack")
    return objection_to(story.run, event, stamp, None)


def test_the_audit_holds_every_record_of_several_teams_to_the_law() -> None:
    """Each forgery differs from a sound record in one thing."""
    story = two_teams()
    at = AT[DATABASE]
    assert forged(story, CallReturned(*at, DATABASE, "recovered", {"found": 1})) is None
    assert forged(story, CallReturned(*at, DATABASE, "recovered", {"rows": 1})) is not None
    assert forged(story, CallReturned(*at, "run-1.other.1", "recovered", {})) is not None
    assert forged(story, CallReturned(*at, DATABASE, "recovered", {}), "ana") is not None
    assert forged(story, CallOpened(*at, DATABASE, "DB-2")) is not None
    assert forged(story, Joined("both", 1, "ok", {})) is not None
    assert forged(story, Ended("aborted", None, "No."), "ana") == "runs that it had opened were still out."
    assert forged(story, EndAwaited("aborted", None, "No."), "ana") is None
    assert forged(story, EndAwaited("aborted", None, "No."), "eve") is not None, "she may not stop it"
    assert forged(story, EndAwaited("recovered", None, "No."), "ana") is not None
    story.done()
    assert forged(story, Joined("both", 1, "ok", {"database": "recovered", "search": "recovered"})) is not None
    assert forged(story, Joined("both", 1, "timeout", {})) is not None, "two hours have not passed"
    assert forged(story, HandedAnew({"rows": 1})) is not None, "nobody called it"
    assert forged(story, StopWanted("ana", "Ana Ruiz", "No.")) is not None
    story.when("ana", commands.Stop("It is worse."))
    assert forged(story, Ended("aborted", None, "It is worse.")) is not None, "both are still out"
    alone = Story(TEAMS.replace("meanwhile: true", "meanwhile: false")).started().done(rows="5").at_step("database")
    assert forged(alone, Ended("aborted", None, "No."), "ana") is None, "it waits for nobody but the one it stands in"
    below = child()
    assert forged(below, HandedAnew({"rows": 1})) is None
    assert forged(below, HandedAnew({"other": 1})) is not None
    assert forged(below, HandedAnew({"rows": 1}), "ana") is not None


def test_what_a_call_is_told_is_recorded_once_and_whole() -> None:
    """The wish to stop once; values with whoever gave them, and no others than the step hands over."""
    story = two_teams()
    at, chain = (*AT[DATABASE], DATABASE), story.run.whole_chain
    assert forged(story, events.CallTold(*at, chain, stop=False, given={"rows": "5"})) is None
    assert forged(story, events.CallTold(*at, chain, stop=False, given={"rows": "6"})) == (
        "this is not what the step hands over."
    )
    told = commands.NoteCallTold(*at, chain, given={"rows": "5"}, givers={"rows": ("dora",)})
    story.when("clock", told).then(
        events.CallTold(*at, chain, stop=False, given={"rows": "5"}, givers={"rows": ("dora",)})
    )
    story.when("clock", commands.NoteCallTold(*at, chain, stop=True)).then(events.CallTold)
    story.when("clock", commands.NoteCallTold(*at, chain, stop=True)).then()


def test_what_does_not_fit_is_taken_as_it_is_and_nothing_beside_it() -> None:
    """What nobody had handed over is none of this run's, whoever gave it."""
    below = child()
    below.when("clock", commands.TakeHanded({"rows": "six", "stranger": 1}, {"rows": ("dora",), "stranger": ("ben",)}))
    assert below.last[0] == HandedAnew({"rows": "six"}, {"rows": ("dora",)})


def test_a_run_that_is_about_to_end_says_for_whom_it_waits() -> None:
    """For each of those that are out; and it comes to no other end."""
    story = two_teams().when("ana", commands.Stop("It is worse."))
    story.when("ana", commands.GoBack("tell", 1, "count", "Again."))
    assert story.refusal is not None
    assert "DB-1" in story.refusal.sentence
    assert " and " in story.refusal.sentence
    assert (
        forged(story, Ended("recovered", "done", "All is well.")) == "this is not the end that the run was to come to."
    )


def test_news_of_the_run_in_which_one_stands_moves_it() -> None:
    """Of any other it moves nothing."""
    alone = Story(TEAMS.replace("meanwhile: true", "meanwhile: false")).started().done(rows="5").at_step("database")
    assert not is_of_a_run_meanwhile(alone.run, CallReturned(*AT[DATABASE], DATABASE, "recovered", {}))
    assert is_of_a_run_meanwhile(alone.run, CallReturned(*AT[DATABASE], "run-1.other.1", "recovered", {}))


def test_a_call_is_what_its_step_calls_by_the_second_law_too() -> None:
    """The first did not look."""
    story = two_teams()
    number = next(n for n, (event, _) in enumerate(story.history) if isinstance(event, Called))
    run, heading = stand(story, number)
    called, stamp = story.history[number]
    assert isinstance(called, Called)
    other = replace(called, given={"rows": "9"})
    said = [objection_to(but(run, law=law), other, stamp, heading) for law in (LAW, 2, 1)]
    assert said == ["this is not what the step calls.", "this is not what the step calls.", None]


def test_an_end_that_comes_too_early_is_named_where_the_run_is_on_its_way_to_it() -> None:
    story = two_teams().done()
    back(story, SEARCH, "partial").at_step("hold")
    stamp = story.history[-1][1]
    entered, way = StepEntered("done", 1, "hold", "close"), ("done", "hold")
    assert objection_to(story.run, entered, stamp, way) == "runs that it had opened were not joined."


def test_what_moves_the_run_does_not_happen_while_it_is_on_its_way_and_news_of_others_do() -> None:
    story = two_teams()
    stamp, way = story.history[-1][1], ("both", "tell")
    left = "the run had left that step, and was on its way."
    assert objection_to(story.run, events.Notified("tell", 1, (), "x"), stamp, way) == left
    assert objection_to(story.run, CallReturned(*AT[DATABASE], DATABASE, "recovered", {"found": 1}), stamp, way) is None


def test_two_runs_are_never_open_on_one_asset() -> None:
    """The second is not opened by the command handler; a record that says it was does not verify."""
    same = TEAMS.replace("with: {asset: search}", "with: {asset: orders-db}")
    story = Story(same, calls={"database": "b" * 64, "search": "c" * 64}).started().done(rows="5")
    opened(story, DATABASE, "DB-1")
    assert forged(story, CallOpened(*AT[SEARCH], SEARCH, "SEARCH-1")) is not None


def test_a_way_back_over_a_call_opens_nothing_anew_while_it_is_out() -> None:
    story = two_teams()
    at = story.place()
    story.when("ana", commands.GoBack(at.step, at.visit, "count", "Counted wrong."))
    story.done(rows="6").at_step("tell")
    assert [call.child for call in calls_out(story.run)] == [DATABASE, SEARCH]
    assert not lawful(story)


def test_a_join_waits_for_the_calls_that_it_names() -> None:
    named = TEAMS.replace("join: Both are back, ", "join: Both are back, of: [database], ")
    story = Story(named, calls={"database": "b" * 64, "search": "c" * 64}).started().done(rows="5").done()
    opened(story, DATABASE, "DB-1")
    back(story, DATABASE).at_step("ask")
    assert way_of_join(story.run, AwaitingRuns("both", 1, story.at), story.at) == ("ok", {})
    assert isinstance(decide(story.run, commands.Tick(), story.history[-1][1]), tuple)
    assert isinstance(story.run, Run)

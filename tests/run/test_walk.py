"""Stories of a walk: steps, answers, decisions, going back, handing over."""

from bot.run.commands import (
    Accept,
    AddNote,
    AskHelp,
    Correct,
    Finish,
    GoBack,
    HandOver,
    Mismatch,
    Pause,
    Resume,
    Skip,
    Stop,
    TakeOver,
    Tick,
    Watch,
)  # fmt: skip
from bot.run.events import (
    Begun,
    Branched,
    Chosen,
    Corrected,
    Ended,
    HandOverAccepted,
    HandOverOffered,
    HelpAsked,
    MismatchSeen,
    Noted,
    Notified,
    Paused,
    ReadingTaken,
    Resumed,
    Skipped,
    Started,
    StepEntered,
    StepFinished,
    TookOver,
    VisitsSpent,
    Watched,
    WentBack,
)  # fmt: skip
from bot.run.law.offers import unknown_since
from tests.story import Story

HOLD = """
  - {id: hold, decide: Hold and call the lead, who: lead, page: true, back: true, max_visits: 20,
     options: [{id: stop, label: Stop the run, when: Worse., go: stopped},
               {id: partly, label: Close as partial, when: Some., go: partly}],
     go: {unsure: hold}}
  - {id: stopped, end: Stop here, outcome: escalated}
  - {id: partly, end: Close as partial, outcome: partial}
"""
WALK = (
    """
vars:
  damage_time: {type: timestamp}
  rows: {type: int, min: 0}
  counted: {type: int}
  live: {type: int}
steps:
  - {id: look, do: Look at the table, skip: true, go: {ok: when}}
  - {id: when, do: Find the time of the damage, answer: {var: damage_time},
     expect: {all: [{var: damage_time, lt: "{{ run.started_at }}"}]}, go: {ok: which}}
  - {id: which, decide: Choose what you see, options: [
      {id: rows, label: Rows are wrong, when: A., go: count}, {id: disk, label: Disk is broken, when: B., go: hold}],
     go: {unsure: hold}}
  - {id: count, check: Count the rows,
     exec: {at: "{{ asset.host }}", argv: [psql, -c, "select {{ vars.damage_time }}"]},
     capture: {rows: {from: stdout, type: int}}, expect: {all: [{var: rows, gt: 0}]}, max_visits: 3,
     go: {ok: route, fail: which}}
  - {id: route, branch: Many or few, cases: [{when: {all: [{var: rows, ge: 100}]}, go: tell}], else: wipe}
  - {id: tell, notify: Say that it is large, to: [incident], say: "{{ vars.rows }} rows", go: {ok: wipe}}
  - {id: wipe, run: Drop the broken index, effect: change, undo: {none: It is rebuilt.},
     exec: {argv: [dropit, "{{ asset.db }}"]},
     witness: peer, go: {ok: owner, fail: hold, timeout: look2}}
  - {id: look2, do: Look whether it was dropped, go: {ok: owner}}
  - {id: owner, do: Count them yourself, who: data_owner, answer: {var: counted, blind: true}, go: {ok: compare}}
  - {id: compare, check: Compare the counts, exec: {argv: [count]}, capture: {live: {from: stdout, type: int}},
     expect: {all: [{var: counted, eq: "{{ vars.live }}"}]}, go: {ok: done}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    + HOLD
)


def counting() -> Story:
    """The walk, up to the count."""
    return Story(WALK).started().done().done(damage_time="2026-11-22T11:00:00Z").choose("rows").at_step("count")


def test_a_start_pins_everything_and_enters_the_first_step() -> None:
    """The person who starts operates when they may; the first step waits for them."""
    story = Story(WALK).started().then(Started, StepEntered("look", 1, None, None))
    assert (story.run.operator, story.run.requester) == ("ana", "ana")
    Story(WALK).started("dora").then(Started, StepEntered)
    assert Story(WALK).started("dora").run.operator is None


def test_a_stranger_may_not_start_and_a_draft_runs_as_a_drill_only() -> None:
    """Two people press Start: the one whom the catalogue knows succeeds; a draft never runs live."""
    Story(WALK).started("slack:T9/U9").refused("does not know you")
    draft = WALK + "\nstatus: draft\n"
    Story(draft).started().refused("drill only")
    Story(draft, mode="drill").started().then(Started, StepEntered)
    Story(WALK + "\nstatus: retired\n").started().refused("retired")


def test_a_second_run_on_the_same_asset_needs_a_reason() -> None:
    """With a run open, a second one is refused until somebody writes why."""
    Story(WALK, open_runs=("ORDERS-6",)).started().refused("ORDERS-6 is open")
    Story(WALK, open_runs=("ORDERS-6",), reason="Another table").started().then(Started, StepEntered)


def test_answers_are_typed_and_a_wrong_one_costs_nothing() -> None:
    """A value of the wrong type, or one that cannot be right, is refused beside its field; the right one goes on."""
    story = Story(WALK).started().done().at_step("when")
    story.done(damage_time="yesterday").refused("with its offset")
    assert story.refusal is not None
    assert story.refusal.field == "damage_time"
    story.done(damage_time="2026-11-22T13:00:00Z").refused(
        "22 Nov 2026 13:00 UTC is not before the start of this run: look again", ReadingTaken
    )
    story.done(damage_time="2026-11-22 11:00:00+00:00").then(StepFinished, StepEntered).at_step("which")
    assert story.value("damage_time") == "2026-11-22T11:00:00+00:00"


def test_only_the_operator_works_on_operator_steps() -> None:
    """Ben may operate but does not; Eve has no role at all; a stranger may only read."""
    story = Story(WALK).started()
    story.done("ben").refused("Ana Ruiz operates this run, and this button is theirs. You can take the run over")
    story.done("eve").refused("Ana Ruiz operates this run")
    story.done("slack:T0/U9").refused("does not know you")
    story.when("ben", TakeOver()).then(TookOver("ana")).done("ben").then(StepFinished, StepEntered)


def test_an_old_button_says_who_moved_on() -> None:
    """Two people press Done: the first moves the run, the other is told who did."""
    story = Story(WALK).started()
    old = story.place()
    story.done()
    story.when("ana", Finish(old.step, old.visit, "ok")).refused("Ana Ruiz finished this step at 22 Nov 2026 12:00 UTC")


def test_a_command_by_hand_is_begun_before_it_is_done() -> None:
    """What changes is begun first. A look that nobody signs for is done by one press, and takes no Begin."""
    story = counting().begin().refused("needs no Begin")
    story.done(rows="many").refused("whole number")
    story.failed(rows="0").then(StepFinished, StepEntered("which", 2, "count", "fail"))
    failed = story.last[0]
    assert isinstance(failed, StepFinished)
    assert failed.failed == ("rows is above 0",)


def test_branches_and_notices_go_by_themselves() -> None:
    """Above the threshold the run tells and goes on; below it goes on at once."""
    counting().done(rows="150").then(
        StepFinished, StepEntered, Branched("route", 1, "case 1", "rows is at least 100"),
        StepEntered, Notified("tell", 1, ("incident",), "150 rows"), StepEntered,
    ).at_step("wipe")  # fmt: skip
    counting().done(rows="5").then(StepFinished, StepEntered, Branched, StepEntered).at_step("wipe")


def test_a_witness_watches_before_the_command_begins() -> None:
    """The operator cannot watch; a peer can; then the command may begin."""
    story = counting().done(rows="5").at_step("wipe")
    story.begin().refused("I am watching")
    story.at_visit(Watch, "ana").refused("You operate")
    story.at_visit(Watch, "dora").refused("Watching is for")
    story.at_visit(Watch, "ben").then(Watched("wipe", 1)).begin().then(Begun)


def test_an_unknown_outcome_is_an_exit_of_its_own_and_is_looked_at_before_going_back() -> None:
    """“I don't know” leads to `timeout`; going back over it needs a recorded look."""
    story = counting().done(rows="5").at_visit(Watch, "ben").begin().unknown().at_step("look2")
    story.at_visit(GoBack, to="which", reason="wrong line").refused("Look first")
    story.at_visit(GoBack, to="which", reason="wrong line", look="The index is still there.").then(
        WentBack, StepEntered
    )


def test_a_blind_answer_is_hidden_until_it_was_compared() -> None:
    """The owner's count is hidden, cannot be corrected by others, and opens at the comparison."""
    story = counting().done(rows="5").at_visit(Watch, "ben").begin().done().at_step("owner")
    story.done("ana", counted="5").refused("belongs to the data owner")
    story.done("dora", counted="5").at_step("compare")
    assert story.run.hidden == {"counted"}
    story.correct("counted", "6", "ana").refused("only the person who gave it")
    story.done(live="5").then(StepFinished, StepEntered, Ended("recovered", "done"))
    assert not story.run.hidden


def test_a_blind_answer_that_does_not_fit_is_a_problem_not_a_hint() -> None:
    """With an expectation of its own, a wrong blind answer ends as a problem."""
    blind = """
vars: {n: {type: int}}
steps:
  - {id: open, do: Open five, who: data_owner, answer: {var: n, blind: true},
     expect: {all: [{var: n, eq: 5}]}, go: {ok: done}}
  - {id: done, end: Close, outcome: recovered}
"""
    Story(blind + HOLD).started().done("dora", n="3").then(StepFinished, StepEntered).at_step("hold")
    Story(blind + HOLD).started().done("dora", n="5").then(StepFinished, StepEntered, Ended)


def test_what_does_not_match_holds_the_run_and_goes_back_to_where_it_was() -> None:
    """“This does not match” leads to `exception`; the lead sends the run back."""
    story = counting().at_visit(Mismatch, words="No such table").then(MismatchSeen, StepEntered).at_step("hold")
    story.choose("back", "ana").refused("belongs to the lead")
    story.choose("back", "chen").then(Chosen, StepEntered("count", 2, "hold", "back"))


def test_help_is_recorded_and_changes_nothing() -> None:
    """Anybody of the run may ask for help; the step stays."""
    story = counting().at_visit(AskHelp, "eve", words="What is a stanza?").then(HelpAsked).at_step("count")
    assert story.run.here == counting().run.here


def test_skipping_needs_leave_and_a_reason() -> None:
    """A step with `skip: true` may be skipped with a reason, others not."""
    story = Story(WALK).started().at_visit(Skip, reason=" ").refused("why")
    story.at_visit(Skip, reason="Seen it").then(Skipped("look", 1, "Seen it"), StepEntered).at_step("when")
    story.at_visit(Skip, reason="No time").refused("does not let this step be skipped")


def test_critical_steps_are_never_skipped() -> None:
    """`critical` wins over `skip`."""
    critical = """
steps:
  - {id: look, do: Look, skip: true, critical: true, go: {ok: done}}
  - {id: done, end: Close, outcome: partial}
"""
    Story(critical + HOLD).started().at_visit(Skip, reason="No time").refused("critical")


def test_visits_are_counted_and_the_last_leads_to_the_exception() -> None:
    """The visit after `max_visits` goes to `exception`, and says so."""
    story = counting()
    for _ in range(3):
        story.failed(rows="0").at_step("which").choose("rows")
    story.then(Chosen, VisitsSpent("count", 3), StepEntered).at_step("hold")


def test_a_run_is_handed_over_only_to_somebody_who_accepts() -> None:
    """Until Ben accepts, Ana operates; nobody else can accept."""
    story = counting().when("ana", HandOver("eve")).refused("somebody who may operate")
    story.when("ana", HandOver("ben", "I am tired")).then(HandOverOffered("ben", "I am tired"))
    assert story.run.operator == "ana"
    story.when("chen", Accept()).refused("offered to Ben Okafor")
    story.when("ben", Accept()).then(HandOverAccepted("ana"))
    assert story.run.operator == "ben"


def test_a_paused_run_takes_no_step_until_it_is_resumed() -> None:
    """Nothing is pressed while the run is paused; then it goes on where it was."""
    story = counting().when("ana", Pause("Waiting for the network")).then(Paused)
    story.done(rows="5").refused("paused this run: Waiting for the network")
    story.when("ana", Resume()).then(Resumed()).done(rows="5").at_step("wipe")
    story.when("ana", Resume()).refused("not paused")


def test_a_correction_is_a_new_event_that_names_the_old() -> None:
    """The wrong answer stays in the record; the new one is typed and checked like the old."""
    story = counting().correct("damage_time", "2026-11-22T10:00:00Z")
    story.then(Corrected(5, "damage_time", "2026-11-22T11:00:00+00:00", "2026-11-22T10:00:00+00:00", "typed wrongly"))
    story.correct("damage_time", "2026-11-22T14:00:00Z").refused("does not fit")
    story.correct("damage_time", "2026-11-22T10:00:00Z").refused("stands there already")
    story.when("ana", Correct(5, "damage_time", "2026-11-22T09:00:00Z", "x")).refused("given again")


def test_notes_keep_a_claimed_time_beside_the_servers() -> None:
    """A note may say when it happened; a time without its offset is refused."""
    story = counting().when("eve", AddNote("The disk light blinked", "2026-11-22T11:40:00+01:00"))
    story.then(Noted("The disk light blinked", "2026-11-22T11:40:00+01:00"))
    story.when("eve", AddNote("x", "11:40")).refused("with its offset")


def test_a_stopped_run_takes_notes_only() -> None:
    """Only the operator or the lead stops a run; after that only notes are taken."""
    story = counting().when("eve", Stop("x")).refused("Only the operator")
    story.when("ana", Stop("Wrong asset")).then(Ended("aborted", None, "Wrong asset"))
    story.when("ana", TakeOver()).refused("ended at 22 Nov 2026 12:00 UTC")
    story.when("ana", AddNote("It was the staging database")).then(Noted)


def test_the_clock_moves_nothing_forward() -> None:
    """Hours of silence at a person's step change nothing here."""
    story = counting().later(hours=5).when("clock", Tick()).then()
    story.at_step("count").when("ana", Tick()).refused("own clock")


ASKED_BY_ANOTHER = """
inputs:
  rows: {type: int, min: 1, required: true, ask: Rows that are lost}
  why: {type: text, required: true, ask: The reason}
steps: [{id: count, do: Count the rows, go: {ok: done}}, {id: done, end: Close it, outcome: recovered}]
exception: count
"""


def test_what_a_calling_run_hands_over_answers_the_inputs() -> None:
    """It is typed as the field wants it; what does not fit, or is still missing, is said."""
    story = Story(ASKED_BY_ANOTHER, given={"rows": "7", "why": "ORDERS-1", "other": "x"}).started()
    assert (story.value("rows"), story.value("why"), story.value("other")) == (7, "ORDERS-1", None)
    Story(ASKED_BY_ANOTHER, given={"rows": "many", "why": "x"}).started().refused("handed over as “many”")
    Story(ASKED_BY_ANOTHER, given={"why": "x"}).started().refused("needed before the run can start")


def test_what_worked_in_part_is_an_answer_of_its_own() -> None:
    """It goes where an unknown outcome goes, is on record as such, and a way back over it needs a recorded look."""
    story = counting().done(rows="5").at_visit(Watch, "ben").begin()
    story.at_visit(Finish, outcome="in part", note="half of them").then(
        StepFinished("wipe", 1, "in part", note="half of them"), StepEntered("look2", 1, "wipe", "in part"),
    )  # fmt: skip
    assert unknown_since(story.run, "wipe") == ("wipe",)
    looked = Story(WALK).started()
    looked.at_visit(Finish, outcome="in part").then(StepFinished, StepEntered).at_step(looked.book.exception)

"""Stories of signing: who may, what it covers, and what voids it."""

from datetime import timedelta

from bot.run.commands import (
    Accept,
    BreakGlass,
    GoBack,
    HandOver,
    NoteChildOpened,
    NoteParentTold,
    Reject,
    ReviewGlass,
    Sign,
    TakeChildOutcome,
    TakeOver,
    Tick,
)  # fmt: skip
from bot.run.events import (
    Begun,
    Called,
    CallOpened,
    CallReturned,
    Chosen,
    Corrected,
    Ended,
    GlassBroken,
    GlassReviewed,
    HandOverAccepted,
    ParentTold,
    SentBack,
    SignatureVoided,
    Signed,
    SigningRefused,
    SignoffApproved,
    SignoffAsked,
    SignoffExpired,
    SignoffRejected,
    StepEntered,
    StepFinished,
    TookOver,
    WentBack,
)
from bot.run.law.signing import read_content
from bot.run.paging.dues import propagation_due
from bot.run.places import AwaitingReview, AwaitingSignature
from bot.run.situation import Parent
from tests.run.test_walk import HOLD
from tests.story import NOON, Story

WIPE = (
    """
vars: {target: {type: timestamp}, rows: {type: int}}
steps:
  - {id: aim, do: Type the target, answer: {var: target}, go: {ok: count}}
  - {id: count, do: Count the rows, answer: {var: rows}, go: {ok: allow}}
  - {id: allow, signoff: Approve the restore, from: [data_owner], say: Later writes are lost., readback: target,
     binds: {vars: [target], steps: [wipe]}, go: {approved: wait, rejected: aim, expired: hold}}
  - {id: wait, do: Warn the users, go: {ok: wipe}}
  - {id: wipe, run: Restore over the live data, effect: destroy, undo: {none: The old data is gone.},
     exec: {argv: [restore, "--target={{ vars.target | iso_space }}"], at: "{{ asset.host }}"},
     go: {ok: accept, fail: hold, timeout: hold}}
  - {id: accept, signoff: Accept the data, from: [data_owner], mode: after, go: {approved: done}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    + HOLD
)
TIME = "2026-11-22T11:00:00+00:00"


def asked() -> Story:
    """The walk, up to the sign-off: Ana started and operates; Ben and Dora own the data."""
    return Story(WIPE).started().done(target=TIME).done(rows="7").at_step("allow")


def test_a_second_person_signs_what_they_read_back() -> None:
    """Dora types the target as it stands, and the run goes on; another value is refused, the right one is not told."""
    story = asked().then(StepFinished, StepEntered, SignoffAsked)
    story.sign("dora", "2026-11-22T12:00:00Z").refused("not what is being signed")
    story.sign("dora", "soon").refused("with its offset")
    story.sign("dora", "2026-11-22 12:00:00 +01:00").then(Signed, SignoffApproved, StepEntered).at_step("wait")
    approved = story.last[1]
    assert isinstance(approved, SignoffApproved)
    assert (approved.signers, approved.valid_until) == (("dora",), NOON + timedelta(minutes=30))


def test_what_is_signed_says_it_in_the_order_of_need() -> None:
    """The content holds the asset, what will happen where, what is lost, and the undo."""
    here = asked().run.here
    assert isinstance(here, AwaitingSignature)
    content = read_content(here.content)
    assert (content.asset_name, content.say, content.vars) == (
        "Orders database",
        "Later writes are lost.",
        (("target", TIME),),
    )
    assert (content.steps[0].host, content.steps[0].undo) == ("pg-orders-1", "No undo: The old data is gone.")
    assert content.steps[0].command == "restore '--target=2026-11-22 11:00:00+00:00'"
    assert content.digest == here.digest


def test_attempts_of_those_who_may_not_sign_are_refused_and_recorded() -> None:
    """The requester, somebody without the role and an operator are refused; the record keeps the attempt."""
    story = asked()
    story.sign("ana", TIME).refused("You started or ran this run", SigningRefused)
    story.sign("chen", TIME).refused("This needs the data owner: Ben Okafor or Dora Lind.", SigningRefused)
    story.at_visit(Reject, "ana", reason="No").refused("You started or ran this run", SigningRefused)
    before = story.run.here
    story.sign("slack:T0/U9", TIME).refused("does not know you", SigningRefused)
    assert story.run.here == before


def test_the_time_of_a_sign_off_runs_out_and_nobody_is_approved_by_silence() -> None:
    """After fifteen minutes the request expires: late signatures are refused, the run takes the exit written for it."""
    story = asked().later(minutes=14, seconds=59).when("clock", Tick()).then()
    story.later(seconds=1).sign("dora", TIME).refused("expired at 22 Nov 2026 12:15 UTC")
    story.later(minutes=12).when("clock", Tick()).then(
        SignoffExpired("allow", 1, NOON + timedelta(minutes=15)), StepEntered
    )
    story.at_step("hold").when("clock", Tick()).then()


def test_a_rejection_needs_a_reason_and_leads_back() -> None:
    """Rejected is not expired and not void: it names who and why."""
    story = asked().at_visit(Reject, "ben", reason="").refused("why")
    story.at_visit(Reject, "ben", reason="Wrong hour").then(
        SignoffRejected("allow", 1, "Wrong hour"), StepEntered
    ).at_step("aim")


def test_a_signature_counts_only_for_what_was_shown() -> None:
    """While people are being asked the target is corrected: the old digest can no longer be signed."""
    story = asked()
    old = story.run.here
    assert isinstance(old, AwaitingSignature)
    story.correct("target", "2026-11-22T10:30:00Z").then(Corrected, SignoffAsked)
    story.when("dora", Sign("allow", 1, old.digest, TIME)).refused("has changed since you looked")
    story.sign("dora", "2026-11-22T10:30:00Z").then(Signed, SignoffApproved, StepEntered)


def test_a_change_after_the_signature_voids_it_and_the_bound_step_sends_the_run_back() -> None:
    """The target is corrected after the approval: void, said, and asked for again before the step."""
    story = (
        asked()
        .sign("dora", TIME)
        .at_step("wait")
        .correct("target", "2026-11-22T10:30:00Z")
        .then(Corrected, SignatureVoided)
    )
    voided = story.last[1]
    assert isinstance(voided, SignatureVoided)
    assert voided.why == "What was signed has changed: target."
    story.done().then(StepFinished, SentBack, StepEntered, SignoffAsked).at_step("allow")


def test_a_change_of_what_was_not_signed_voids_nothing() -> None:
    """The row count is not part of the signature."""
    asked().sign("dora", TIME).correct("rows", "8").then(Corrected).done().at_step("wipe")


def test_a_signature_is_valid_for_a_while_only() -> None:
    """The bound step is reached, or begun, too late: it goes back to the sign-off."""
    late = asked().sign("dora", TIME).later(minutes=31).done()
    late.then(StepFinished, SentBack, StepEntered, SignoffAsked).at_step("allow")
    begun_late = asked().sign("dora", TIME).done().at_step("wipe").later(minutes=31).begin(typed="Orders database")
    begun_late.then(SentBack, StepEntered, SignoffAsked).at_step("allow")


def test_a_destructive_step_begins_only_when_the_name_is_typed() -> None:
    """Another name is refused; the right one begins, and the record holds the exact command."""
    story = asked().sign("dora", TIME).done().begin(typed="staging").refused("Type the name of the asset")
    story.begin(typed="orders database").then(Begun("wipe", 1, "restore '--target=2026-11-22 11:00:00+00:00'"))


def test_nobody_goes_back_over_a_destructive_step() -> None:
    """Once the restore has begun, the steps before it are closed."""
    story = asked().sign("dora", TIME).done().begin(typed="orders-db").done().at_step("accept")
    story.at_visit(GoBack, to="aim", reason="x").refused("cannot go back there")


def test_a_finished_recovery_is_accepted_by_somebody_who_did_not_operate() -> None:
    """The last word is the data owner's, and it has no validity window."""
    story = asked().sign("dora", TIME).done().begin(typed="orders-db").done()
    story.sign("dora", "orders-db").then(Signed, SignoffApproved, StepEntered, Ended("recovered", "done"))
    approved = story.last[1]
    assert isinstance(approved, SignoffApproved)
    assert approved.valid_until is None


def test_whoever_takes_over_loses_the_signatures_they_gave() -> None:
    """Ben signs, then takes over: his signature is void; while asked, he can no longer sign."""
    story = asked().sign("ben", TIME).when("ben", TakeOver()).then(TookOver, SignatureVoided)
    story.done("ben").then(StepFinished, SentBack, StepEntered, SignoffAsked).sign("ben", TIME)
    story.refused("You started or ran", SigningRefused).sign("dora", TIME).then(Signed, SignoffApproved, StepEntered)
    asked().when("ben", TakeOver()).then(TookOver, SignoffAsked)
    asked().when("ana", HandOver("ben")).when("ben", Accept()).then(HandOverAccepted, SignoffAsked)


TWO = (
    """
vars: {target: {type: timestamp}}
steps:
  - {id: aim, do: Type the target, answer: {var: target}, go: {ok: allow}}
  - {id: allow, signoff: Approve the switch, from: [data_owner, lead], need: 2, each: true, readback: target,
     binds: {vars: [target], steps: [switch]}, go: {approved: switch}}
  - {id: switch, do: Switch over, go: {ok: done}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    + HOLD
)


def test_two_distinct_people_one_of_each_role() -> None:
    """Dora holds both roles and counts once; nobody signs twice; Ben or Chen completes it."""
    story = Story(TWO).started().done(target=TIME).sign("dora", TIME).then(Signed)
    story.sign("dora", TIME).refused("You have already signed.")
    story.sign("chen", TIME).then(Signed, SignoffApproved, StepEntered).at_step("switch")


def test_two_people_of_one_role_do_not_stand_for_both() -> None:
    """With `each`, two leads do not replace the data owner."""
    story = (
        Story(TWO, roles={"operator": ("ana",), "lead": ("chen", "eve"), "data_owner": ("ben",)})
        .started()
        .done(target=TIME)
    )
    story.sign("chen", TIME).sign("eve", TIME).then(Signed).sign("ben", TIME).then(Signed, SignoffApproved, StepEntered)


def test_a_bound_do_is_begun_under_its_signature() -> None:
    """A person's step that a signature binds starts with Begin, while the signature is valid."""
    story = Story(TWO).started().done(target=TIME).sign("dora", TIME).sign("chen", TIME).done().refused("Press Begin")
    story.begin().then(Begun).done().then(StepFinished, StepEntered, Ended)


def test_signatures_of_others_stay_when_one_signer_takes_over() -> None:
    """Dora has signed; Chen takes over: asked again on the same words, Dora's signature stands, the deadline too."""
    story = Story(TWO).started().done(target=TIME).sign("dora", TIME).later(minutes=5).when("chen", TakeOver())
    story.then(TookOver, SignoffAsked)
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    assert (here.signed, here.expires_at) == (("dora",), NOON + timedelta(minutes=15))


def in_vain() -> Story:
    """Asked for twice: the first request expired, the second has been open for a minute."""
    story = asked().later(minutes=15).when("clock", Tick()).at_step("hold")
    return story.later(minutes=1).choose("back", "chen").at_step("allow").later(minutes=1)


def test_the_glass_breaks_only_after_asking_twice_in_vain() -> None:
    """Not the first time, not at once, not by the operator or a peer; then by a lead who does not operate."""
    asked().at_visit(BreakGlass, "chen", reason="x").refused("asked for twice in vain")
    story = in_vain().at_visit(BreakGlass, "chen", reason="Data is lost").refused("until 22 Nov 2026 12:21")
    story.later(minutes=5).at_visit(BreakGlass, "ana", reason="x").refused("Breaking the glass is for the lead")
    story.at_visit(BreakGlass, "chen", reason="").refused("why")
    story.at_visit(BreakGlass, "chen", reason="Nobody answers, data is being lost").then(
        GlassBroken, StepEntered
    ).at_step("wait")


def test_a_broken_glass_is_reviewed_before_the_run_closes_as_recovered() -> None:
    """The run waits at its end; the lead who broke it and operators cannot review; a peer's review closes it."""
    story = in_vain().later(minutes=5).at_visit(BreakGlass, "chen", reason="Nobody answers").done()
    story.begin(typed="orders-db").done().sign("ben", "orders-db")
    assert isinstance(story.run.here, AwaitingReview)
    story.when("chen", ReviewGlass("fine")).refused("You broke the glass")
    story.when("ana", ReviewGlass("fine")).refused("You have operated")
    story.when("ben", ReviewGlass("Right call")).then(GlassReviewed("Right call"), Ended("recovered", "done"))


def test_back_to_where_we_were_over_an_unknown_outcome_needs_a_look() -> None:
    """Nobody knows how the restore ended: it is not entered again before somebody wrote down what they found."""
    story = asked().sign("dora", TIME).at_step("wait").done().begin(typed="orders-db").unknown().at_step("hold")
    story.choose("back", "chen").refused("Look first")
    story.choose("back", "chen", look="  ").refused("Look first").at_step("hold")
    story.choose("back", "chen", look="The old data is still there.").then(Chosen, *story.last[1:]).at_step("allow")


CALL = (
    """
vars: {target: {type: timestamp}, found: {type: int}}
steps:
  - {id: aim, do: Type the target, answer: {var: target}, go: {ok: storage}}
  - {id: storage, call: Bring the bucket back, runbook: bucket, with: {when_lost: "{{ vars.target }}", asset: backups},
     capture: {found: {output: objects}}, go: {recovered: done, else: hold}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    + HOLD
)


def test_another_teams_run_is_called_and_its_outcome_taken() -> None:
    """The parent waits, learns the child's ref, takes its outcome and values once, and never twice."""
    story = Story(CALL, calls={"bucket": "b" * 64}).started().done(target=TIME)
    story.then(
        StepFinished,
        StepEntered,
        Called("storage", 1, "run-1.storage.1", "bucket", "b" * 64, "backups", {"when_lost": TIME}),
    )
    opened = NoteChildOpened("storage", 1, "run-1.storage.1", "BACKUPS-1")
    story.when("clock", opened).then(CallOpened).when("clock", opened).then()
    outcome = TakeChildOutcome("storage", 1, "run-1.storage.1", "recovered", {"objects": 12, "secret": 1})
    story.when("clock", outcome).then(
        CallReturned("storage", 1, "run-1.storage.1", "recovered", {"found": 12}),
        StepEntered,
        Ended("recovered", "done"),
    )
    story.when("clock", outcome).then()


def test_a_called_run_tells_its_caller_once() -> None:
    """An ended sub-run is due until its caller has been told."""
    story = Story(TWO, parent=Parent("run-0", "ORDERS-6", "storage", 1)).started()
    story.when("clock", NoteParentTold()).then()
    story.problem().choose("stop", "chen")
    assert propagation_due(story.run) is not None
    story.when("clock", NoteParentTold()).then(ParentTold("run-0"))
    assert propagation_due(story.run) is None


def test_going_back_before_the_signature_asks_for_it_again() -> None:
    """Back to the target after the approval: the sign-off is asked for again on the new content."""
    story = asked().sign("dora", TIME).at_visit(GoBack, to="aim", reason="Earlier is safer").then(WentBack, StepEntered)
    story.done(target="2026-11-22T10:00:00Z").at_step("count").done(rows="9").at_step("allow")
    story.sign("dora", "2026-11-22T10:00:00Z").then(Signed, SignoffApproved, StepEntered)

"""Who may start a bound step is judged at each start: a signature, a watch, a broken glass between two presses."""

from datetime import timedelta

import pytest

from bot.engine.audit import find_unlawful
from bot.run.commands import Accept, Begin, BreakGlass, HandOver, Mismatch, ReviewGlass, Sign, TakeOver, Tick, Watch
from bot.run.events import (
    Begun,
    Called,
    Ended,
    GlassBroken,
    HandOverAccepted,
    MismatchSeen,
    SentBack,
    SignatureVoided,
    Signed,
    SigningRefused,
    SignoffApproved,
    SignoffAsked,
    StepEntered,
    StepFinished,
    TookOver,
    Watched,
)  # fmt: skip
from bot.run.paging.dues import next_due
from bot.run.places import AtStep, AwaitingSignature
from bot.run.situation import unverified_id
from tests.story import ROLES, Story

BOOK = """
vars: {{rows: {{type: int}}}}
steps:
  - {{id: look, do: Count the rows, answer: {{var: rows}}, go: {{ok: ask}}}}
  - {{id: ask, signoff: Agree to the change, from: [data_owner], {forbid} binds: {{vars: [rows], steps: [change]}},
     readback: rows, max_visits: 9, go: {{approved: change}}}}
  - {{id: change, run: Change the rows, effect: {effect}, undo: {{none: Gone.}}, {witness} exec: {{argv: [change]}},
     max_visits: 9, go: {{ok: done, fail: hold, timeout: hold}}}}
  - {{id: hold, decide: Hold here, back: true, max_visits: 9, options: [{{id: a, label: End, when: Bad., go: stop}},
     {{id: b, label: Again, when: Good., go: look}}], go: {{unsure: hold}}}}
  - {{id: stop, end: Stop here, outcome: aborted}}
  - {{id: done, end: Close it, outcome: recovered}}
"""
MACHINE = unverified_id("dora")
NAME = "orders-db"


def book(effect: str = "destroy", forbid: str = "", witness: str = "") -> str:
    return BOOK.format(effect=effect, forbid=forbid, witness=witness)


def asked(**kind: str) -> Story:
    """Ana started and operates; Ben and Dora may sign."""
    return Story(book(**kind)).started().done(rows="7").at_step("ask")


def failed_once(**kind: str) -> Story:
    """Dora signed, Ana began, and it failed."""
    story = asked(**kind).sign("dora", "7").then(Signed, SignoffApproved, StepEntered).begin(typed=NAME).then(Begun)
    return story.problem().at_step("hold")


def back(story: Story, by: str) -> Story:
    return story.choose("back", by, look="It is as it was.")


def starts(story: Story) -> int:
    return sum(isinstance(event, Begun) for event, _ in story.history)


def sent_back(story: Story) -> str:
    """Why the run went back to its sign-off with the last press."""
    (why,) = [event.why for event in story.last if isinstance(event, SentBack)]
    return why


def test_a_signature_covers_one_start_of_what_destroys() -> None:
    """Dora signs, Ana begins, it fails; Dora takes over and goes back: she is asked for a signature of somebody else.

    With Ben's signature she may begin once more, and for a third time it is asked for again.
    """
    story = back(failed_once().when("dora", TakeOver()).then(TookOver), "dora").at_step("ask")
    assert sent_back(story).startswith("“Change the rows” destroys, so each start is signed for anew")
    story.when("dora", Begin("change", 1, NAME)).refused("The run is now at")
    story.sign("dora", "7").refused("You started or ran", SigningRefused)
    story.sign("ben", "7").then(Signed, SignoffApproved, StepEntered).begin("dora", NAME).then(Begun)
    back(story.problem("dora"), "dora").at_step("ask")
    assert starts(story) == 2


def test_the_same_operator_is_asked_again_too() -> None:
    """It is the start that was signed, not the person: Ana's own second start needs another signature."""
    story = back(failed_once(), "ana").then(*[type(event) for event in failed_story_events()]).at_step("ask")
    story.sign("dora", "7").begin(typed=NAME).then(Begun)
    assert starts(story) == 2


def failed_story_events() -> tuple[object, ...]:
    return back(failed_once(), "ana").last


def test_what_was_left_without_a_begin_was_not_started() -> None:
    """*This does not match* before any Begin uses nothing up; a take-over by the signer ends their signature."""
    story = asked().sign("dora", "7").at_visit(Mismatch).then(MismatchSeen, StepEntered)
    back(story, "ana").at_step("change").begin(typed=NAME).then(Begun)
    story = asked().sign("dora", "7").at_visit(Mismatch).when("dora", TakeOver()).then(TookOver, SignatureVoided)
    back(story, "dora").at_step("ask").sign("dora", "7").refused("You started or ran", SigningRefused)
    assert starts(story) == 0


def test_a_name_that_nobody_proved_starts_nothing_under_signatures() -> None:
    """Dora signs, goes to a terminal without logging in, takes over and goes back: nothing begins."""
    story = back(failed_once().when(MACHINE, TakeOver()).then(TookOver), MACHINE).at_step("ask")
    assert starts(story) == 1
    story.sign("ben", "7").refused("could be anybody")


def test_a_change_is_covered_again_while_no_signer_has_operated() -> None:
    """A change may be begun again under the same signature, by anybody but its signer, until a signer operates."""
    story = back(failed_once(effect="change"), "ana").at_step("change").begin(typed=NAME).then(Begun).problem()
    story.when("ben", TakeOver()).then(TookOver)
    back(story, "ben").at_step("change").begin("ben", NAME).then(Begun).problem("ben")
    assert starts(story) == 3
    story.insist("dora", TakeOver()).when("ana", TakeOver())
    assert "Dora Lind, who signed it, has operated" in sent_back(back(story, "ana").at_step("ask"))


@pytest.mark.parametrize("forbid", ["forbid: [],", "forbid: [requester],"])
def test_a_change_is_asked_anew_once_a_signer_operated_whatever_forbid_says(forbid: str) -> None:
    """`forbid` lets operators sign, and then no signature of theirs covers a second start."""
    story = failed_once(effect="change", forbid=forbid).when("dora", TakeOver()).when("ana", TakeOver())
    assert "has operated" in sent_back(back(story, "ana").at_step("ask"))


def test_a_signer_starts_nothing_that_they_signed_whatever_forbid_says() -> None:
    """`forbid: []` lets Dora sign and operate; she is refused at Begin, and who can is named. Ana begins."""
    story = asked(effect="change", forbid="forbid: [],").sign("dora", "7").when("dora", TakeOver()).then(TookOver)
    story.begin("dora", NAME).refused("You signed “Agree to the change”, so somebody else has to start")
    story.refused("Ana Ruiz, Ben Okafor or Chen Wei can press Take over.")
    story.when("ana", TakeOver()).begin("ana", NAME).then(Begun)


@pytest.mark.parametrize("way", ["take over", "accept"])
def test_whoever_watches_does_not_operate_what_they_watch(way: str) -> None:
    """Ben watches, then takes over or accepts: his watch ends, somebody else watches, and then he may begin."""
    story = asked(witness="witness: peer,").sign("dora", "7").at_visit(Watch, "ben").then(Watched)
    if way == "take over":
        story.when("ben", TakeOver()).then(TookOver)
    else:
        story.when("ana", HandOver("ben")).when("ben", Accept()).then(HandOverAccepted)
    story.begin("ben", NAME).refused("Somebody has to watch first: Ana Ruiz or Chen Wei can press I am watching.")
    story.at_visit(Watch, "ben").refused("You operate this run")
    story.at_visit(Watch, "chen").then(Watched).begin("ben", NAME).then(Begun)


def test_a_watcher_may_have_signed() -> None:
    """Ben signs and watches; he is two duties, and neither of them starts it."""
    story = asked(witness="witness: peer,").sign("ben", "7").at_visit(Watch, "ben").then(Watched)
    story.begin(typed=NAME).then(Begun)


def test_a_watch_is_of_one_visit() -> None:
    """Left and entered again, the step is watched anew."""
    story = asked(effect="change", witness="witness: peer,").sign("dora", "7").at_visit(Watch, "ben").at_visit(Mismatch)
    back(story, "ana").begin(typed=NAME).refused("Somebody has to watch first")


WHO = """
steps:
  - {id: wipe, run: Wipe, effect: destroy, who: peer, witness: peer, undo: {none: Gone.}, exec: {argv: [wipe]},
     go: {ok: done, fail: hold, timeout: hold}}
  - {id: hold, decide: Hold here, options: [{id: a, label: End, when: Bad., go: done},
     {id: b, label: Again, when: Good., go: wipe}], go: {unsure: hold}, max_visits: 9}
  - {id: done, end: Close it, outcome: recovered}
"""


def test_a_watcher_does_not_begin_a_step_of_their_own_role() -> None:
    """The step is the peers', and a peer watches: another peer begins."""
    story = Story(WHO).started().at_visit(Watch, "ben").begin("ben", NAME)
    story.refused("You watch this step, so somebody else has to begin it. Ana Ruiz or Chen Wei can.")
    story.begin("chen", NAME).then(Begun)


def in_vain(by: str = "ana", **kind: str) -> Story:
    """Asked for twice, and nobody came."""
    story = Story(book(**kind)).started(by).done(rows="7").later(minutes=15).when("clock", Tick()).at_step("hold")
    return back(story, "ana").at_step("ask").later(minutes=6)


def broken(**kind: str) -> Story:
    """Chen, a lead, breaks the glass."""
    return in_vain(**kind).at_visit(BreakGlass, "chen", reason="Nobody comes").then(GlassBroken, StepEntered)


@pytest.mark.parametrize("way", ["take over", "accept"])
def test_who_broke_the_glass_does_not_begin_behind_it(way: str) -> None:
    """Chen breaks the glass and comes to operate: it has ended, and he begins nothing."""
    story = broken()
    story.when("ana", HandOver("chen"))
    story.when("chen", TakeOver() if way == "take over" else Accept())
    voided = next(event for event in story.last if isinstance(event, SignatureVoided))
    assert voided.why == "Chen Wei operates now, so their broken glass has ended."
    story.begin("chen", NAME).at_step("ask")
    assert starts(story) == 0


def test_behind_a_broken_glass_nobody_starts_under_a_name_that_could_be_the_leads_own() -> None:
    """Chen breaks the glass, goes to a terminal without a login, takes over there, and begins nothing; Ben may."""
    story = broken().when("unverified: chen", TakeOver())
    story.begin("unverified: chen", NAME).refused("you could be whoever broke its glass")
    assert starts(story) == 0
    story.when("ben", TakeOver()).begin("ben", NAME).then(Begun)


def test_a_broken_glass_covers_one_start_of_a_change_too() -> None:
    """For signatures a change is covered again; for a glass it is asked anew."""
    story = broken(effect="change").begin(typed=NAME).then(Begun).problem()
    assert sent_back(back(story, "ana").at_step("ask")).startswith("The glass was broken for one start")


def test_a_glass_is_broken_by_a_lead_who_neither_started_nor_ever_operated() -> None:
    """Dora operated for a minute; Chen started; Eve did neither."""
    roles = {**ROLES, "lead": ("chen", "dora", "eve")}
    story = Story(book(), roles=roles).started("chen").when("dora", TakeOver()).when("ana", TakeOver())
    story.done(rows="7").later(minutes=15).when("clock", Tick())
    back(story, "ana").at_step("ask").later(minutes=6)
    story.at_visit(BreakGlass, "dora", reason="Now").refused("You have operated this run, so another lead")
    story.at_visit(BreakGlass, "chen", reason="Now").refused("another lead")
    story.at_visit(BreakGlass, "eve", reason="Now").then(GlassBroken, StepEntered)


def test_a_requester_who_never_operated_breaks_no_glass() -> None:
    """Dora, a lead, starts the run, and Ana operates from the first step on."""
    story = Story(book(), roles={**ROLES, "operator": ("ana", "ben")}).started("dora").when("ana", TakeOver())
    story.done(rows="7").later(minutes=15).when("clock", Tick())
    back(story, "ana").at_step("ask").later(minutes=6)
    story.at_visit(BreakGlass, "dora", reason="Now").refused("started this run")
    story.at_visit(BreakGlass, "chen", reason="Now").then(GlassBroken, StepEntered)


def test_a_glass_is_reviewed_by_nobody_who_operated_or_broke_it() -> None:
    """Ana began, Chen broke it; Ben reviews."""
    story = broken().begin(typed=NAME).then(Begun).done()
    story.when("ana", ReviewGlass("Fine")).refused("You have operated")
    story.when("chen", ReviewGlass("Fine")).refused("You broke the glass")
    story.when("ben", ReviewGlass("Fine"))
    assert isinstance(story.last[-1], Ended)


AUTOMATIC = """
steps:
  - {id: ask, signoff: Agree to the call, from: [data_owner], binds: {steps: [other]}, max_visits: 9,
     go: {approved: other}}
  - {id: other, call: Wipe the other one, runbook: wipe, with: {depth: 3}, go: {recovered: done, else: hold},
     max_visits: 9}
  - {id: hold, decide: Hold here, who: data_owner, back: true, options: [{id: a, label: End, when: Bad., go: done},
     {id: b, label: Again, when: Good., go: other}], go: {unsure: hold}, max_visits: 9}
  - {id: done, end: Close it, outcome: recovered}
"""


def automatic() -> Story:
    return Story(AUTOMATIC, calls={"wipe": "w" * 64}).started().at_step("ask")


def test_a_signer_s_press_starts_no_step_that_goes_by_itself() -> None:
    """The call follows its signature directly: it is opened by the clock, at once, and not by the signer."""
    story = automatic().sign("dora", NAME).then(Signed, SignoffApproved).at_step("ask")
    due = next_due(story.run)
    assert due is not None
    assert (due.at, due.what) == (story.at, "onward")
    story.sign("ben", NAME).refused("approved already", *(SigningRefused for _ in story.last))
    story.when("clock", Tick()).then(StepEntered, Called).at_step("other")
    assert story.history[-1][1].by == "clock"


def test_a_signature_that_ends_before_the_clock_came_is_asked_for_again() -> None:
    """Dora signs and takes over within the second."""
    story = automatic().sign("dora", NAME).when("dora", TakeOver()).then(TookOver, SignatureVoided, SignoffAsked)
    story.when("clock", Tick()).then().at_step("ask")
    assert isinstance(story.run.here, AwaitingSignature)
    story.sign("ben", NAME).then(Signed, SignoffApproved).when("clock", Tick()).then(StepEntered, Called)


def test_a_signer_chooses_no_way_into_what_they_signed() -> None:
    """A press that would open the signed call is refused to its signer, who hears who can; another one may."""
    story = automatic().sign("dora", NAME).when("clock", Tick()).at_visit(Mismatch, "ana").at_step("hold")
    story.choose("b", "dora").refused("You signed “Agree to the call”, so somebody else has to start").at_step("hold")
    story.choose("b", "ben").then(*[type(event) for event in story.last]).at_step("other")


def test_signatures_of_which_one_was_lost_before_the_last_came_do_not_add_up() -> None:
    """Of two that are needed Dora gives one; a name of the machine operates for a moment: hers is void."""
    text = book(forbid="need: 2,").replace("from: [data_owner]", "from: [data_owner, lead]")
    story = Story(text).started().done(rows="7").sign("dora", "7").then(Signed)
    story.when(MACHINE, TakeOver()).then(TookOver, SignatureVoided).when("ana", TakeOver())
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    assert here.signed == ()
    story.when("ben", Sign("ask", here.visit, here.digest, "7")).then(Signed)


def test_time_goes_by_at_the_step_too() -> None:
    """A signature that ran out while somebody stood at the step is asked for anew at Begin."""
    story = asked().sign("dora", "7")
    assert isinstance(story.run.here, AtStep)
    assert "no longer valid" in sent_back(story.later(minutes=31).begin(typed=NAME))
    assert story.run.approvals["ask"].valid_until == story.at - timedelta(minutes=1)


def test_what_starts_steps_has_a_window_whatever_its_mode() -> None:
    """An acceptance that binds a step which destroys runs out as any other."""
    text = book().replace("readback: rows,", "readback: rows, mode: after,", 1)
    assert text != book()
    story = Story(text).started().done(rows="7").at_step("ask").sign("dora", "7")
    assert "no longer valid" in sent_back(story.later(minutes=31).begin(typed=NAME))
    assert starts(story) == 0


ENDING = """
vars: {rows: {type: int, default: 7}}
steps:
  - {id: ask, signoff: Agree to both, from: [data_owner], binds: {vars: [rows], steps: [change, other]}, readback: rows,
     go: {approved: change}}
  - {id: change, run: Change the rows, effect: change, undo: {none: Gone.}, exec: {argv: [change]}, set: {rows: 9},
     go: {ok: done, fail: done, timeout: done}}
  - {id: other, do: Do the other, go: {ok: change}}
  - {id: done, end: Close it, outcome: recovered}
"""


def test_nothing_is_voided_in_a_run_that_is_over() -> None:
    """The last step sets a value that was signed: the run ends, and its record stands before the audit."""
    story = Story(ENDING, given={"rows": 7}).started().sign("dora", "7").begin(typed=NAME).done()
    story.then(StepFinished, StepEntered, Ended)
    happened = [(seq, event, stamp) for seq, (event, stamp) in enumerate(story.history, 1)]
    assert list(find_unlawful("run-1", story.book, happened)) == []

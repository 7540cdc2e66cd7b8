"""Silence moves a run to more people, never forward: stories of pages, told by hand."""

from dataclasses import replace
from datetime import timedelta

from bot.run.commands import (
    AddNote,
    AnswerPage,
    AskHelp,
    BreakGlass,
    DeclinePage,
    HandOver,
    NoteAttempt,
    Pause,
    Resume,
    TakeOver,
    Tick,
)
from bot.run.events import SignoffExpired
from bot.run.paging.dues import next_page
from bot.run.paging.events import NobodyReached, PageAnswered, Paged, PageDeclined, PageTried
from bot.run.paging.ladder import call_at, next_calls
from bot.run.paging.rules import MOST_AT_ONCE
from bot.run.situation import FrozenRung, Parent
from tests.story import NOON, ORDERS, PEOPLE, Story

STEPS = """
steps:
- {id: look, do: Look at the graph, go: {ok: ask}}
- id: ask
  decide: Choose the line
  page: true
  who: lead
  options: [{id: rows, label: Rows, when: "Rows.", go: sure}, {id: more, label: More, when: "More.", go: slow}]
  go: {unsure: hold}
- {id: sure, signoff: Agree to go on, from: [data_owner], need: 1, binds: {steps: [restore]}, go: {approved: restore}}
- {id: restore, do: Restore it, typical: 90m, go: {ok: over}}
- {id: slow, do: Copy it, typical: 90m, go: {ok: over}}
- {id: over, end: Close, outcome: recovered}
- id: hold
  decide: Hold
  who: lead
  options: [{id: a, label: Stop, when: "A.", go: over}, {id: b, label: Back, when: "B.", go: look}]
  go: {unsure: hold}
"""
RUNGS = (
    FrozenRung(0, ("rotation:dba",), ("ben",), ("slack",)),
    FrozenRung(600, ("rotation:backup",), ("chen", "dora"), ("slack", "pager")),
    FrozenRung(1200, ("person:eve",), ("eve",), ("slack", "pager"), 2),
)
CALM = replace(ORDERS, rto=None)


def begun(**start: object) -> Story:
    """A live run by Ana, who is not on the ladder: Ben, then Chen and Dora, then Eve twice."""
    return Story(STEPS, **{"rungs": RUNGS, "asset": CALM, **start}).started()


def test_a_start_pages_the_first_rung_once() -> None:
    """Whoever is on call hears of the run at once; a second look at the clock calls nobody."""
    story = begun().tick()
    assert story.last == (Paged(1, "start", ("ben",), ("slack",), NOON, rung=0, stair=0),)
    assert story.tick().last == ()


def test_silence_climbs_the_ladder_and_begins_it_again() -> None:
    """Ten minutes a rung, the last one twice, and after half an hour the round begins anew."""
    story = begun().tick()
    assert story.tick(minutes=9, seconds=59).pages() == []
    assert story.tick(seconds=1).pages() == [("start", 1, ("chen", "dora")), ("nudge", None, ("ana",))]
    due = next_page(story.run)
    assert due is not None
    assert (due.at, due.people) == (NOON + timedelta(minutes=20), ("eve",))
    later = [story.tick(minutes=10).pages() for _ in range(2)]
    assert [[one for one in said if one[0] == "start"] for said in later] == [[("start", 2, ("eve",))]] * 2
    assert ("start", 0, ("ben",)) in story.tick(minutes=30).pages()
    assert story.run.pages.climb is not None
    assert story.run.pages.climb.round == 2


def test_an_answer_ends_the_climb() -> None:
    """I'm on it: nobody else is called, whoever presses it twice is told so, and strangers are refused."""
    story = begun().tick().when("ben", AnswerPage(1)).then(PageAnswered(1))
    assert story.run.pages.pages[0].answered_by == "ben"
    assert [one for one in story.tick(minutes=15).pages() if one[0] == "start"] == []
    story.when("ben", AnswerPage(1)).refused("on it already")
    story.when("slack:T0/U9", AnswerPage(1)).refused("does not know you")
    story.when("ben", AnswerPage(9)).refused("no such page")


def test_whoever_was_called_and_acts_has_answered() -> None:
    """Ben takes the run over instead of pressing the button: the ladder rests."""
    story = begun().tick().later(minutes=2).when("ben", TakeOver())
    assert story.run.pages.pages[0].answered_by == "ben"
    assert [one for one in story.tick(minutes=9).pages() if one[0] == "start"] == []


def test_whoever_is_nudged_or_asked_to_sign_and_acts_has_answered_that() -> None:
    """Ana goes on after her nudge, Ben signs after he was asked again: both have answered, and the ladder has not."""
    story = begun().tick(minutes=10).done().choose("rows", "chen").tick(minutes=5).sign("ben", "orders-db")
    answered = {(page.reason, page.answered_by) for page in story.run.pages.pages}
    assert {("nudge", "ana"), ("signoff", "ben")} <= answered
    story = begun().tick(minutes=10).done()
    assert {(one.reason, one.answered_by) for one in story.run.pages.pages} >= {("nudge", "ana"), ("start", None)}


def test_the_operator_is_not_the_ladder() -> None:
    """Ana, who was not called, works on: Ben is still awaited."""
    story = begun().tick().when("ana", AddNote("looking"))
    assert ("start", 1, ("chen", "dora")) in story.tick(minutes=10).pages()


def test_i_cannot_climbs_at_once() -> None:
    """Nobody waits ten minutes for somebody who has said no."""
    story = begun().tick().when("ben", DeclinePage(1, "on a train")).then(PageDeclined(1, "on a train"))
    assert story.tick().pages() == [("start", 1, ("chen", "dora"))]
    story.when("ben", DeclinePage(1)).refused("next person")


def test_whoever_said_no_is_not_called_by_the_next_rung() -> None:
    """The next rung holds them too, and they are asked again only when the ladder begins anew."""
    rungs = (RUNGS[0], replace(RUNGS[1], people=("ben", "chen")), replace(RUNGS[2], people=("ben",)))
    story = begun(rungs=rungs).tick().when("ben", DeclinePage(1))
    assert story.tick().pages() == [("start", 1, ("chen",))]
    assert [one for one in story.tick(minutes=29).pages() if one[0] == "start"] == []
    assert ("start", 0, ("ben",)) in story.tick(minutes=1).pages()


def test_one_no_of_two_leaves_the_other_their_time() -> None:
    """On the last rung one says no: the other is called again as the ladder has it, neither at once nor never."""
    story = begun(rungs=(replace(RUNGS[1], after=0, repeat=2),)).tick().when("dora", DeclinePage(1))
    assert [one for one in story.tick(minutes=9).pages() if one[0] == "start"] == []
    assert ("start", 0, ("chen",)) in story.tick(minutes=1).pages()


def test_an_answer_that_is_taken_back_goes_on_climbing() -> None:
    """Whoever was on it and cannot come after all lets the next rung be called."""
    story = begun().tick().when("ben", AnswerPage(1)).later(minutes=3).when("ben", DeclinePage(1))
    assert story.tick().pages() == [("start", 1, ("chen", "dora"))]


def test_an_hour_of_silence_asks_whether_they_are_still_on_it_and_climbs_on() -> None:
    """An answer is worth an hour; unanswered, the ladder goes on where it rested."""
    story = begun(asset=CALM).when("ana", Pause("waiting for the vendor")).tick().when("ben", AnswerPage(1))
    assert story.tick(minutes=59).pages() == []
    assert story.tick(minutes=1).pages() == [("still", None, ("ben", "ana"))]
    assert story.tick(minutes=9).pages() == []
    assert story.tick(minutes=1).pages() == [("still", 1, ("chen", "dora"))]


def test_any_word_puts_the_question_off() -> None:
    """Somebody who writes a note is still there."""
    story = begun().when("ana", Pause("waiting")).tick().when("ben", AnswerPage(1)).later(minutes=50)
    story.when("ana", AddNote("still waiting"))
    assert story.tick(minutes=59).pages() == []
    assert story.tick(minutes=1).pages() == [("still", None, ("ben", "ana"))]


def test_a_step_nudges_its_person_and_then_calls_the_ladder() -> None:
    """Ten minutes: Ana is nudged. Twenty: the ladder. What takes 90 minutes is given 90, and ten more."""
    story = begun().tick().when("ben", AnswerPage(1))
    assert story.tick(minutes=10).pages() == [("nudge", None, ("ana",))]
    assert story.tick(minutes=10).pages() == [("step", 0, ("ben",))]
    assert story.tick().pages() == []
    story.when("ben", AnswerPage(3)).done().choose("more", "chen").at_step("slow")
    assert story.tick(minutes=59).pages() == []
    assert story.tick(minutes=1).pages() == [("still", None, ("ben", "ana"))]
    story.when("ana", AnswerPage(4))
    assert story.tick(minutes=30).pages() == [("nudge", None, ("ana",))]
    story.at_step("slow")


def test_the_ladder_rests_once_the_step_is_done() -> None:
    """It was begun for a step that nobody did; the step is done, and nobody else is called for it."""
    story = begun().tick().when("ben", AnswerPage(1)).tick(minutes=20)
    assert story.run.pages.climb is not None
    assert story.run.pages.climb.reason == "step"
    story.done()
    assert [one for one in story.tick(minutes=9).pages() if one[0] == "step"] == []


def test_a_pause_is_no_silence_of_the_step() -> None:
    """A paused run nudges nobody; once it goes on, the step may be nudged."""
    story = begun().tick().when("ben", AnswerPage(1)).when("ana", Pause("lunch"))
    assert story.tick(minutes=30).pages() == []
    assert ("nudge", None, ("ana",)) in story.when("ana", Resume()).tick().pages()


def test_a_decision_that_pages_calls_its_people_and_then_the_ladder() -> None:
    """`page: true`: whoever decides at once, the asset's ladder ten minutes later."""
    story = begun().tick().when("ben", AnswerPage(1)).done()
    assert story.tick().pages() == [("decide", None, ("chen", "dora"))]
    assert ("decide", 0, ("ben",)) in story.tick(minutes=10).pages()
    story.choose("rows", "dora")
    assert [one for one in story.tick(minutes=4).pages() if one[0] == "decide"] == []


def test_a_sign_off_asks_again_then_wider_and_then_expires() -> None:
    """5 minutes: again. 10: everybody who may help. 15: it expires, and nobody was taken for a yes."""
    story = begun().tick().when("ben", AnswerPage(1)).done().choose("rows", "chen").at_step("sure")
    assert story.tick(minutes=5).pages() == [("signoff", None, ("ben", "dora"))]
    assert story.tick(minutes=5).pages() == [("signoff_wider", None, ("ben", "dora", "chen", "eve"))]
    story.tick(minutes=5).then(SignoffExpired, *story.last[1:])
    assert "sure" not in story.run.approvals


def test_help_calls_the_lead_and_the_ladder_but_not_who_asked() -> None:
    """I need help is heard at once, and pressed again within a minute it is no second page."""
    story = begun().tick().when("ben", AnswerPage(1)).at_visit(AskHelp, "ben", words="what now?")
    assert story.tick().pages() == [("help", 0, ("chen", "dora"))]
    assert story.later(seconds=20).at_visit(AskHelp, "ben").tick().pages() == []
    assert story.later(seconds=41).at_visit(AskHelp, "ben").tick().pages() == [("help", 0, ("chen", "dora"))]


def test_a_hand_over_that_is_not_accepted_is_asked_again_and_then_told_to_others() -> None:
    """The person first, the ladder after."""
    story = begun().tick().when("ben", AnswerPage(1)).when("ana", HandOver("chen"))
    assert ("handover", None, ("chen",)) in story.tick(minutes=10).pages()
    assert ("handover", 0, ("ben",)) in story.tick(minutes=10).pages()


def test_a_broken_glass_is_told_to_the_lead_and_the_ladder() -> None:
    """Going on without signatures is nobody's secret."""
    story = begun().tick().when("ben", AnswerPage(1)).done().choose("rows", "chen").tick(minutes=15)
    story.choose("b", "chen").done().choose("rows", "chen").tick(minutes=6)
    story.at_visit(BreakGlass, "dora", reason="nobody answers")
    assert story.refusal is None
    assert [(reason, people) for reason, _, people in story.tick().pages()] == [("glass", ("ben", "chen"))]


def test_nobody_operates() -> None:
    """A run that was begun by somebody who may not operate calls the ladder until somebody takes it over."""
    story = Story(STEPS, rungs=RUNGS, asset=CALM).started("dora").tick().when("ben", AnswerPage(1))
    assert story.run.operator is None
    assert ("operator", 0, ("ben",)) in story.tick(minutes=10).pages()
    story.when("ana", TakeOver())
    assert [one for one in story.tick(minutes=30).pages() if one[0] == "operator"] == []


def test_the_rto_burns() -> None:
    """Half of it, three quarters, nine tenths, all of it: each is said once, wider towards the end."""
    story = begun(asset=replace(ORDERS, rto=3600)).tick().when("ben", AnswerPage(1)).when("ana", Pause("x"))
    said = [
        (one.figure, one.people)
        for minutes in (30, 15, 9, 6)
        for one in story.tick(minutes=minutes).last
        if isinstance(one, Paged) and one.reason == "burn"
    ]
    guides = ("ana", "chen", "dora")
    assert said == [(50, guides), (75, guides), (90, (*guides, "ben")), (100, (*guides, "ben"))]
    assert [one for one in story.tick(hours=3).pages() if one[0] == "burn"] == []


def test_a_called_run_leaves_the_rto_and_its_length_to_the_run_that_called_it() -> None:
    """Else both would call the same people about the same asset: the caller's clock is the one that counts."""
    asset = replace(ORDERS, rto=3600)
    of_the_run = {"burn", "forecast", "fatigue"}
    for parent, told in ((None, of_the_run), (Parent("run-0", "ORDERS-6", "ask", 1), set())):
        story = begun(asset=asset, parent=parent)
        said = {one[0] for hours in (1, 1, 12) for one in story.tick(hours=hours).pages()}
        assert said & of_the_run == told


def test_the_forecast_is_said_early_and_once_with_its_number() -> None:
    """Ninety minutes are left to do and an RTO of one hour: said when the run starts, half an hour too late."""
    story = begun(asset=replace(ORDERS, rto=3600)).tick()
    [said] = [one for one in story.last if isinstance(one, Paged) and one.reason == "forecast"]
    assert (said.figure, said.people) == (1800, ("ana", "chen", "dora"))
    assert [one for one in story.tick(minutes=5).pages() if one[0] == "forecast"] == []


def test_the_forecast_comes_true_while_a_step_waits() -> None:
    """Two hours of RTO, ninety minutes of work ahead: after half an hour at the first step it can no longer be met.

    Nine minutes later, a tenth of the work, that is more than noise.
    """
    story = begun(asset=replace(ORDERS, rto=7200)).tick().when("ben", AnswerPage(1))
    assert [one for one in story.tick(minutes=38).pages() if one[0] == "forecast"] == []
    assert [one for one in story.tick(minutes=2).pages() if one[0] == "forecast"] != []


def test_a_long_run_asks_for_a_hand_over() -> None:
    """Twelve hours are enough for anybody."""
    story = begun().when("ana", Pause("x")).tick(hours=12)
    assert ("fatigue", None, ("ana", "chen", "dora")) in story.pages()


def test_after_an_outage_every_missed_rung_is_recorded_with_when_it_was_due() -> None:
    """Handrail was down for half an hour: what was missed is on the record, and says since when nobody looked."""
    story = begun().later(minutes=32).when("clock", Tick(NOON))
    missed = [one for one in story.last if isinstance(one, Paged) and one.reason == "start"]
    assert [(one.rung, one.was_due - NOON) for one in missed] == [
        (0, timedelta(0)), (1, timedelta(minutes=10)), (2, timedelta(minutes=20)), (2, timedelta(minutes=30)),
    ]  # fmt: skip
    assert {one.down_since for one in missed} == {NOON}
    assert len(begun().tick(hours=30).last) < 40


def test_a_drill_calls_its_own_people_and_leaves_the_sleeping_alone() -> None:
    """Eve is in no role of the drill. Chen sleeps: a live run would call both."""
    asleep = tuple(replace(one, quiet=("11:00", "13:00")) if one.id == "chen" else one for one in PEOPLE)
    story = begun(mode="drill", people=asleep).tick().tick(minutes=10)
    [page] = [one for one in story.last if isinstance(one, Paged) and one.reason == "start"]
    assert (page.people, page.spared) == (("dora",), ("chen",))
    assert [one for one in story.tick(minutes=25).pages() if "eve" in one[2]] == []
    live = begun(people=asleep).tick().tick(minutes=10)
    assert ("start", 1, ("chen", "dora")) in live.pages()


def test_an_asset_without_a_ladder_calls_the_people_of_the_roles() -> None:
    """Who operates first; ten minutes later all of them and the lead. Who started is in the run already."""
    assert begun(rungs=()).tick().pages() == [("start", 1, ("ben", "chen", "dora"))]
    story = Story(STEPS, asset=CALM).started("dora").tick()
    assert story.tick(minutes=10).pages()[0] == ("start", 1, ("ana", "ben", "chen"))


REACHED_BY = tuple(
    replace(one, pagers=("env:EVE_SMS", "env:EVE_CALL"), slack=None) if one.id == "eve" else one for one in PEOPLE
)
EVE = (FrozenRung(0, ("person:eve",), ("eve",), ("slack", "pager")), RUNGS[1])


def attempt(channel: str, number: int, *, reached: bool, last: bool = False) -> NoteAttempt:
    """An attempt to reach Eve for the first page."""
    return NoteAttempt(1, "eve", channel, number, reached, "202" if reached else "timed out", last)


def test_a_channel_is_tried_three_times_and_then_the_next() -> None:
    """At once, after 10 s, after 30 s; then the person's next channel; an answer ends it."""
    story = begun(rungs=EVE, people=REACHED_BY).tick()
    [call] = next_calls(story.run)
    assert (call.person, call.channel, call.attempt, call.not_before) == ("eve", "env:EVE_SMS", 1, NOON)
    story.when("clock", attempt("env:EVE_SMS", 1, reached=False)).then(PageTried)
    assert call_at(story.run) == NOON + timedelta(seconds=10)
    story.when("clock", attempt("env:EVE_SMS", 1, reached=False)).then()
    story.later(seconds=10).when("clock", attempt("env:EVE_SMS", 2, reached=False))
    story.later(seconds=30).when("clock", attempt("env:EVE_SMS", 3, reached=False)).then(PageTried)
    assert [(one.channel, one.attempt, one.not_before) for one in next_calls(story.run)] == [
        ("env:EVE_CALL", 1, story.at)
    ]
    story.when("clock", attempt("env:EVE_CALL", 1, reached=True))
    assert next_calls(story.run) == ()
    assert not story.run.pages.pages[0].nobody


BOTH_WAYS = tuple(replace(one, pagers=("env:EVE_SMS",)) if one.id == "eve" else one for one in PEOPLE)
BY_SLACK = (FrozenRung(0, ("person:eve",), ("eve",), ("slack",)), RUNGS[1])


def test_whom_slack_refuses_is_called_beyond_slack_though_the_rung_speaks_of_slack_alone() -> None:
    """A message that was taken rings nobody; a refusal does, and the climb waits for what comes of it."""
    taken = begun(rungs=BY_SLACK, people=BOTH_WAYS).tick().when("clock", attempt("slack", 1, reached=True))
    assert next_calls(taken.run) == ()
    story = begun(rungs=BY_SLACK, people=BOTH_WAYS).tick()
    assert next_calls(story.run) == (), "Slack comes first"
    story.when("clock", attempt("slack", 1, reached=False, last=True)).then(PageTried)
    assert [(one.person, one.channel) for one in next_calls(story.run)] == [("eve", "env:EVE_SMS")]
    assert not story.run.pages.pages[0].nobody
    story.when("clock", attempt("slack", 2, reached=True)).then(PageTried)
    assert next_calls(story.run) == (), "Slack takes it after all"


def test_nobody_is_rung_up_for_what_is_done() -> None:
    """The step was done while the telephone was still to be tried again."""
    story = begun(rungs=EVE, people=REACHED_BY).tick().when("ben", AddNote("x")).when("eve", AnswerPage(1))
    story.tick(minutes=20)
    assert [one.person for one in next_calls(story.run)] == ["eve"]
    story.done()
    assert [one for one in next_calls(story.run) if one.page == story.run.pages.pages[-1].number] == []


def test_nobody_could_be_reached_is_recorded_and_climbs() -> None:
    """Every channel of everybody has failed for good: it is an event, and the next rung is called at once."""
    story = begun(rungs=EVE, people=REACHED_BY).tick()
    story.when("clock", attempt("env:EVE_SMS", 1, reached=False, last=True)).then(PageTried)
    story.when("clock", attempt("env:EVE_CALL", 1, reached=False, last=True)).then(PageTried, NobodyReached(1))
    assert story.tick().pages() == [("start", 1, ("chen", "dora"))]


def test_nobody_is_called_again_and_again_because_nobody_can_be_reached() -> None:
    """A ladder of one person without any channel: as often as it says, not as fast as the clock can look."""
    lost = tuple(replace(one, slack=None) if one.id == "ben" else one for one in PEOPLE)
    story = begun(people=lost, rungs=(replace(RUNGS[0], repeat=3),)).tick()
    assert story.pages() == [("start", 0, ("ben",))]
    called = [[one for one in story.tick(minutes=10).pages() if one[0] == "start"] for _ in range(6)]
    assert [len(one) for one in called] == [1, 1, 0, 0, 1, 1]


def test_somebody_without_any_channel_is_nobody() -> None:
    """The rung is not waited for."""
    lost = tuple(replace(one, slack=None) if one.id == "ben" else one for one in PEOPLE)
    story = begun(people=lost).tick()
    assert [type(one) for one in story.last] == [Paged, NobodyReached, Paged]


def test_an_ended_run_calls_nobody() -> None:
    """Whatever was due."""
    story = begun().tick().when("ana", HandOver("chen")).done().choose("more", "chen").done()
    assert story.run.over
    assert story.tick(hours=20).last == ()


def test_a_look_that_has_much_to_catch_up_with_leaves_the_rest_to_the_next() -> None:
    """Sixty missed calls: fifty with the first look, the others with the second, and none is left out."""
    rungs = tuple(FrozenRung(12_000 * one, ("person:ben",), ("ben",), ("slack",), 20) for one in range(3))
    story = begun(rungs=rungs).when("ana", Pause("x")).tick(hours=10)
    first, second = story.pages(), story.tick().pages()
    assert len(first) == MOST_AT_ONCE
    assert 0 < len(second) < MOST_AT_ONCE
    assert [reason for reason, _, _ in (*first, *second)].count("start") == 60
    assert story.tick().pages() == []

"""What answers a page: whom it called, by the answer that it asks for; and who is not called for their own start."""

from dataclasses import replace
from datetime import timedelta

from bot.render.report.turns import count_calls, count_turns
from bot.run.commands import (
    Accept,
    AddNote,
    AnswerPage,
    AskHelp,
    BreakGlass,
    HandOver,
    Pause,
    Resume,
    ReviewGlass,
    TakeOver,
    Tick,
)  # fmt: skip
from bot.run.paging.events import PageAnswered, Paged, ToldToCall
from tests.run.test_paging import CALM, RUNGS, STEPS, begun
from tests.run.test_timeline import told
from tests.story import NOON, Story

ANA = (replace(RUNGS[0], people=("ana",)), RUNGS[1], RUNGS[2])
"""A ladder whose first rung holds Ana alone, who starts the run."""


def answers(story: Story, *reasons: str) -> list[tuple[str, str | None]]:
    """Of each page for these reasons, who has answered it."""
    return [(page.reason, page.answered_by) for page in story.run.pages.pages if page.reason in reasons]


def test_whoever_starts_is_not_called_and_the_next_rung_hears_over_slack_at_once() -> None:
    """Its pager rings when it is its turn; a ladder of others is called as ever."""
    story = begun(rungs=ANA).tick()
    assert story.last == (Paged(1, "start", ("chen", "dora"), ("slack",), NOON, rung=1, stair=0),)
    assert [one for one in story.tick(minutes=9, seconds=59).last if isinstance(one, Paged)] == []
    [called] = [one for one in story.tick(seconds=1).last if isinstance(one, Paged) and one.reason == "start"]
    assert (called.people, called.via, called.rung) == (("chen", "dora"), ("slack", "pager"), 1)
    assert begun().tick().pages() == [("start", 0, ("ben",))]


def test_a_starter_is_left_out_of_every_rung() -> None:
    """Of the first, of one that is told early, and of those that follow."""
    rungs = tuple(replace(one, people=("ana", *one.people)) for one in RUNGS)
    story = begun(rungs=rungs).tick()
    assert story.pages() == [("start", 0, ("ben",))]
    assert ("start", 1, ("chen", "dora")) in story.tick(minutes=10).pages()


def test_help_rings_the_pagers_of_a_rung_that_was_told_early() -> None:
    story = begun(rungs=(ANA[0], replace(RUNGS[2], after=600))).tick().at_visit(AskHelp, "ana", words="I am alone")
    [called] = [one for one in story.tick().last if isinstance(one, Paged)]
    assert called.via == ("slack", "pager")
    assert set(called.people) == {"eve", "chen", "dora"}


def test_a_ladder_of_the_starter_alone_calls_nobody_for_the_start() -> None:
    """The form says so before; silence at a step calls it all the same."""
    story = begun(rungs=ANA[:1]).tick()
    assert story.pages() == []
    assert ("step", 0, ("ana",)) in story.tick(minutes=20).pages()


def test_a_sign_of_life_answers_no_start() -> None:
    """Ben, who was called, writes a note and pauses: he is heard, and the ladder goes on. Taking over is an answer."""
    story = begun().tick().later(minutes=1).when("ben", AddNote("looking"))
    assert story.run.pages.heard_at == story.at
    assert answers(story, "start") == [("start", None)]
    assert answers(story.when("ben", TakeOver()), "start") == [("start", "ben")]


def test_a_choice_of_somebody_who_was_called_is_an_answer() -> None:
    """Chen, called by the second rung, decides: nobody else is woken."""
    story = begun().tick().tick(minutes=10).done()
    assert ("start", None) in answers(story, "start")
    assert answers(story.choose("more", "chen"), "start") == [("start", "chen")] * 2
    assert [one for one in story.tick(minutes=15).pages() if one[0] == "start"] == []


def test_the_starters_own_press_answers_nothing() -> None:
    story = begun(rungs=ANA).tick().later(minutes=1).done()
    assert answers(story, "start") == [("start", None)]
    story.when("ana", AnswerPage(1)).refused("somebody else")
    assert ("start", 1, ("chen", "dora")) in story.tick(minutes=9).pages()
    story.when("dora", AnswerPage(1)).then(PageAnswered(1))


def test_a_broken_glass_is_not_answered_by_who_broke_it() -> None:
    """Neither by a Resume nor by I'm on it; a review by somebody else answers it."""
    story = begun().tick().when("ben", AnswerPage(1)).done().choose("rows", "chen").tick(minutes=15)
    story.choose("b", "chen").done().choose("rows", "chen").tick(minutes=6)
    story.at_visit(BreakGlass, "dora", reason="nobody answers").tick()
    story.when("dora", Pause("breath")).when("dora", Resume())
    number = next(page.number for page in story.run.pages.pages if page.reason == "glass")
    assert answers(story, "glass") == [("glass", None)]
    story.when("dora", AnswerPage(number)).refused("somebody else")
    story.when("ben", ReviewGlass("It was right")).tick()
    assert answers(story, "glass") == [("glass", "ben")]


def test_help_is_not_answered_by_who_asked_nor_by_a_note() -> None:
    story = begun().tick().when("ben", AnswerPage(1)).at_visit(AskHelp, "ana", words="what now?").tick()
    number = story.run.pages.pages[-1].number
    story.when("ana", AnswerPage(number)).refused("somebody else")
    story.when("chen", AddNote("reading")).done("chen")
    assert answers(story, "help") == [("help", None)]
    story.when("chen", AnswerPage(number)).then(PageAnswered(number))
    assert answers(story, "help") == [("help", "chen")]


def test_a_signature_answers_that_very_request() -> None:
    """One that comes when the request has run out, for the next one, leaves the first unanswered; so does a note."""
    story = begun().tick().when("ben", AnswerPage(1)).done().choose("rows", "chen").tick(minutes=5)
    story.when("ben", AddNote("one moment")).tick(minutes=10).at_step("hold")
    story.choose("b", "chen").done().choose("rows", "chen").at_step("sure").sign("ben", "orders-db")
    assert story.refusal is None
    assert answers(story, "signoff") == [("signoff", None)]
    story = begun().tick().when("ben", AnswerPage(1)).done().choose("rows", "chen").tick(minutes=5)
    assert answers(story.sign("ben", "orders-db"), "signoff") == [("signoff", "ben")]


def test_a_hand_over_is_answered_by_accepting_it() -> None:
    story = begun().tick().when("ben", AnswerPage(1)).when("ana", HandOver("chen")).tick(minutes=10)
    story.when("chen", AddNote("on the phone"))
    assert answers(story, "handover") == [("handover", None)]
    assert answers(story.when("chen", Accept()), "handover") == [("handover", "chen")]


def test_the_rto_is_answered_by_nothing_but_i_am_on_it() -> None:
    story = begun(asset=replace(CALM, rto=3600)).tick().when("ben", AnswerPage(1)).tick(minutes=30).done()
    assert ("burn", "ana") not in answers(story, "burn")
    number = next(page.number for page in story.run.pages.pages if page.reason == "burn")
    assert ("burn", "ana") in answers(story.when("ana", AnswerPage(number)), "burn")


def test_somebody_else_who_goes_on_leaves_a_nudge_unanswered_for_ever() -> None:
    """Chen does what Ana was reminded of; what Ana does later is no answer to it."""
    story = begun().tick().when("ben", AnswerPage(1)).tick(minutes=10).when("chen", TakeOver()).done("chen")
    assert answers(story.when("ana", TakeOver()), "nudge") == [("nudge", None)]


def test_whether_they_are_still_on_it_is_answered_by_any_act() -> None:
    story = begun(asset=CALM).when("ana", Pause("waiting")).tick().when("ben", AnswerPage(1)).tick(minutes=60)
    assert answers(story.when("ana", AddNote("yes")), "still") == [("still", "ana")]


def test_nobody_is_called_by_a_run_without_a_ladder_but_who_is_not_in_it() -> None:
    assert Story(STEPS, asset=CALM).started("ana").tick().pages() == [("start", 1, ("ben", "chen", "dora"))]


def test_what_came_of_each_page_is_told_apart() -> None:
    """Acknowledged, acted on, expired, settled by others, nobody: only the first two are answers of whom it called."""
    story = begun().tick().when("ben", AnswerPage(1)).tick(minutes=10).done().tick()
    story.choose("rows", "chen").tick(minutes=15).choose("b", "chen").tick(minutes=10)
    story.when("chen", TakeOver()).done("chen").at_visit(AskHelp, "chen").tick()
    timeline = told(story)
    came = [(one.reason, one.came_of) for one in timeline.pages]
    assert came == [
        ("start", "acknowledged"), ("nudge", "acted_on"), ("decide", "acted_on"), ("signoff", "expired"),
        ("signoff_wider", "expired"), ("nudge", "superseded"), ("help", "nobody"),
        ("decide", "nobody"),
    ]  # fmt: skip
    said = "8 pages: 1 acknowledged, 2 acted on, 1 settled without an answer, 2 expired, 2 without an answer."
    assert count_calls(timeline.pages) == said


def test_everything_went_as_planned_only_when_it_did() -> None:
    """A run that left the runbook nowhere, while somebody was called in vain, is not praised for it."""
    answered = begun().tick().when("ben", AnswerPage(1)).done().choose("more", "chen").done()
    assert count_turns(told(answered)) == "Everything went as planned"
    silent = begun().tick().done().choose("more", "chen").done()
    assert count_turns(told(silent)) == "One page had no answer"


def test_a_choice_does_not_answer_a_call_for_help_that_climbs_with_it() -> None:
    """Chen decides, as the step asks; that Ana asked for help is answered by I'm on it alone, and not by her own."""
    story = begun().tick().when("ben", AnswerPage(1)).at_visit(AskHelp, "ana", words="?").tick(seconds=1).done().tick()
    assert answers(story.choose("more", "chen"), "help", "decide") == [("help", None), ("decide", "chen")]
    story.tick(minutes=30).when("ana", AnswerPage(story.run.pages.pages[-1].number))
    assert ("help", None) in answers(story, "help")


def test_the_starter_who_is_on_their_own_reminder_leaves_the_start_to_others() -> None:
    """I'm on it of a reminder is no answer to the call that began with the run."""
    story = begun().tick().tick(minutes=10)
    nudge = next(page.number for page in story.run.pages.pages if page.reason == "nudge")
    story.when("ana", AnswerPage(nudge)).then(PageAnswered(nudge))
    assert answers(story, "start", "nudge") == [("start", None), ("start", None), ("nudge", "ana")]
    assert ("start", 2, ("eve",)) in story.tick(minutes=10).pages()


SIGNED = STEPS.replace("need: 1,", "need: 1, valid_for: 20m,")


def test_a_signed_step_that_is_not_begun_is_nudged_by_the_minutes_left() -> None:
    """Ninety minutes are typical of the work, and the signature lasts twenty: half of them, then three quarters."""
    story = Story(SIGNED, rungs=RUNGS, asset=CALM).started().tick().when("ben", AnswerPage(1)).done().tick()
    story.choose("rows", "chen").sign("ben", "orders-db").at_step("restore")
    assert story.tick(minutes=9, seconds=59).pages() == []
    assert story.tick(seconds=1).pages() == [("nudge", None, ("ana",))]
    assert story.tick(minutes=5).pages() == [("step", 0, ("ben",))]
    begun_in_time = Story(SIGNED, rungs=RUNGS, asset=CALM).started().tick().when("ben", AnswerPage(1)).done().tick()
    begun_in_time.choose("rows", "chen").sign("ben", "orders-db").later(minutes=5).begin()
    assert begun_in_time.refusal is None
    assert begun_in_time.tick(minutes=50).pages() == []


def test_the_forecast_is_not_paged_for_a_few_minutes_more_or_less() -> None:
    """Ninety typical minutes and an RTO of 85: within noise. Of 70: said at once."""
    for minutes, said in ((85, []), (70, [("forecast", None, ("ana", "chen", "dora"))])):
        story = begun(asset=replace(CALM, rto=minutes * 60)).tick()
        assert [one for one in story.pages() if one[0] == "forecast"] == said


def test_where_nothing_sends_the_reader_is_told_whom_to_call_and_a_server_calls_later() -> None:
    """Once each, without the reader; a server that looks later calls for what still holds, and says how late."""
    story = begun().when("clock", Tick(reader="ana"))
    assert list(story.last) == [ToldToCall("start", "ana", ("ben",), NOON, rung=0)]
    assert not story.run.pages.pages
    assert not story.when("clock", Tick(reader="ana")).last
    story.later(minutes=25).when("clock", Tick(reader="ana"))
    assert [one.reason for one in story.last if isinstance(one, ToldToCall)] == ["step"]
    story.done().tick(minutes=1)
    start = next(one for one in story.last if isinstance(one, Paged) and one.reason == "start")
    assert (start.people, story.at - start.was_due) == (("ben",), timedelta(minutes=26))
    assert {one[0] for one in story.pages()} & {"step", "nudge"} == set()
    assert [one.reason for one in story.run.pages.by_hand] == ["step"]


def test_requests_for_signatures_expire_where_nothing_sends_too() -> None:
    story = begun().when("clock", Tick(reader="ana")).done().choose("rows", "chen").at_step("sure")
    story.later(minutes=16).when("clock", Tick(reader="ana")).at_step("hold")

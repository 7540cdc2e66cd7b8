"""Facts that follow from the records: each by its formula, and laws that hold for any run."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.format.runbook import Runbook
from bot.run.commands import (
    AddNote,
    AnswerPage,
    Correct,
    Mismatch,
    NoteAttempt,
    Pause,
    Resume,
    SetMilestone,
    Skip,
    Stop,
    TakeOver,
    Tick,
    Watch,
)
from bot.run.events import Event
from bot.run.places import Over
from bot.run.situation import FrozenRung, Stamp
from bot.run.state import Run
from bot.timeline.entries import Timeline
from bot.timeline.telling import tell_timeline
from tests.render.stories import after_glass, at_call, at_restore, at_signoff, at_wipe, returned
from tests.render.walk import BOOK, TARGET
from tests.run.test_laws import Ask, asks, live, runbooks
from tests.story import NOON, Story

RUNGS = (FrozenRung(0, ("operator",), ("ben",), ("slack",)), FrozenRung(600, ("lead",), ("dora",), ("slack",)))


def told(story: Story, until: datetime | None = None) -> Timeline:
    return timeline_of(story.run, story.history, until)


def timeline_of(run: Run, history: Iterable[tuple[Event, Stamp]], until: datetime | None = None) -> Timeline:
    return tell_timeline(run, [(seq, event, stamp) for seq, (event, stamp) in enumerate(history, 1)], until=until)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def test_acknowledged_is_the_first_act_of_somebody_who_was_called() -> None:
    """Ana acts first and was not called; Ben was called, and his note is his answer."""
    story = Story(BOOK, inputs={"damage": "Rows are gone"}, rungs=RUNGS).started().when("clock", Tick())
    story.later(minutes=2).when("ana", AddNote("I look at it.")).later(minutes=1).when("ben", AddNote("Me too."))
    assert told(story).facts.to_acknowledge == minutes(3)
    pressed = Story(BOOK, inputs={"damage": "Rows are gone"}, rungs=RUNGS).started().when("clock", Tick())
    pressed.later(minutes=1).when("chen", AnswerPage(1))
    assert told(pressed).facts.to_acknowledge == minutes(1)


def test_nobody_was_called_so_nobody_acknowledged() -> None:
    assert told(at_restore()).facts.to_acknowledge is None


def test_a_note_is_no_action() -> None:
    story = Story(BOOK, inputs={"damage": "Rows are gone"}).started().later(minutes=2).when("ana", AddNote("Hello."))
    assert told(story).facts.to_first_action is None
    assert told(story.later(minutes=2).done()).facts.to_first_action == minutes(4)


def test_time_before_a_command_is_begun_is_waiting_and_after_it_is_work() -> None:
    facts = told(at_restore().later(minutes=6).begin().later(minutes=80).done()).facts
    assert (facts.waiting, facts.working) == (minutes(6), minutes(7) + minutes(80))
    assert told(at_restore().later(minutes=6).when("ana", AddNote("Looking."))).facts.waiting == minutes(0)


def test_a_signature_is_waited_for_and_a_pause_is_neither_work_nor_waiting() -> None:
    story = at_signoff().later(minutes=5).when("ana", Pause("Lunch")).later(minutes=30).when("ana", Resume())
    facts = told(story.later(minutes=2), until=story.at).facts
    assert (facts.paused, facts.waiting) == (minutes(30), minutes(1) + minutes(5 + 2))


def test_nobody_operates_is_waiting_until_somebody_takes_over() -> None:
    story = Story(BOOK, inputs={"damage": "Rows are gone"}).started(by="eve")
    assert story.run.operator is None
    story.later(minutes=9).when("ben", TakeOver())
    timeline = told(story)
    assert [(one.doing, one.why) for one in timeline.stretches] == [("waiting", "operator")]
    assert [(one.name, one.since) for one in timeline.shifts] == [("Ben Okafor", NOON + minutes(9))]


def test_time_in_a_step_is_held_against_what_is_typical() -> None:
    """A step that was skipped is no faster than usual: it was not walked."""
    walked = next(one for one in told(at_restore()).steps if one.id == "look")
    assert (walked.spent, walked.typical, walked.over) == (minutes(4), minutes(10), minutes(-6))
    story = Story(BOOK, inputs={"damage": "Rows are gone"}).started().later(minutes=1)
    skipped = told(story.at_visit(Skip, reason="Known already.")).steps[0]
    assert (skipped.spent, skipped.typical, skipped.over) == (minutes(1), None, None)


def test_the_rpo_is_what_lies_between_the_recovery_point_and_the_damage() -> None:
    began = datetime.fromisoformat(TARGET) + minutes(3)
    facts = told(at_restore(damage_began=began.isoformat())).facts
    assert (facts.damage_named, facts.recovery_point_named) == ("damage_began", "target_time")
    assert (facts.rpo.actual, facts.rpo.met) == (minutes(3), None), "nobody knows yet whether it was brought back"
    late = datetime.fromisoformat(TARGET) - minutes(1)
    assert told(at_restore(damage_began=late.isoformat())).facts.rpo.actual is None, "the point lies in the damage"
    assert told(at_restore()).facts.rpo.actual is None


def test_the_rto_is_met_only_by_a_run_that_recovered_in_time() -> None:
    story = at_restore()
    assert told(story, until=story.at + timedelta(hours=3)).facts.rto.met is None
    assert told(story, until=story.at + timedelta(hours=5)).facts.rto.met is False


def test_a_correction_stands_beside_what_it_corrects() -> None:
    story = at_restore()
    of = story.run.given["target_time"].seq
    entries = told(story.when("ana", Correct(of, "target_time", "2026-11-22T11:30:00Z", "The log says so."))).entries
    correction = next(one for one in entries if one.kind == "corrected")
    assert (correction.corrects, correction.why) == (of, "The log says so.")
    assert entries[of - 1].corrected_by == (correction.seq,)
    assert entries[of - 1].values == {"target_time": TARGET}, "the old value stays"


def test_a_blind_answer_is_hidden_until_it_is_compared() -> None:
    story = at_wipe()
    hidden = [one for one in told(story).entries if "counted" in one.values]
    assert hidden == []
    asked = returned(after_glass())
    assert [one.values["counted"] for one in told(asked).entries if "counted" in one.values] == ["812"]
    blind = [(event, stamp) for event, stamp in asked.history if getattr(event, "compared", ()) != ("counted",)]
    for entry in timeline_of(
        asked.run, blind[: next(i for i, one in enumerate(blind) if getattr(one[0], "blind", ())) + 1]
    ).entries:
        assert "812" not in entry.values.get("counted", "")


def test_a_signoff_keeps_what_was_signed_word_by_word() -> None:
    stories = told(at_wipe()).signoffs
    assert [one.ended for one in stories] == ["approved"]
    asked = next(event for event, _ in at_wipe().history if type(event).__name__ == "SignoffAsked")
    assert (stories[0].content, stories[0].digest) == (getattr(asked, "content", ""), getattr(asked, "digest", ""))
    assert [(one.name, one.role, one.readback) for one in stories[0].signatures] == [
        ("Ben Okafor", "data_owner", TARGET), ("Dora Lind", "data_owner", TARGET),
    ]  # fmt: skip


def test_what_left_the_straight_way_is_named() -> None:
    timeline = told(after_glass())
    assert {"expired", "glass", "late_page"} <= {one.kind for one in timeline.deviations}
    assert next((one.step, one.chosen, one.offered[0]) for one in timeline.decisions) == (
        "which",
        "rows",
        "Rows are wrong",
    )
    assert [(one.exit, one.times, one.written) for one in timeline.edges if one.step == "hold"] == [("back", 1, False)]


def test_a_run_without_a_record_has_no_timeline() -> None:
    story = at_restore()
    with pytest.raises(ValueError, match="start"):
        tell_timeline(story.run, [])


@given(runbooks(), some.lists(asks, min_size=10, max_size=50))
def test_the_laws_of_a_timeline(book: Runbook, sequence: list[Ask]) -> None:
    """Every record has one entry, in order; every moment is one of four; visits, shifts and stretches leave no gap."""
    lived = live(book, sequence)
    if lived is None:
        return
    assert isinstance(lived.state, Run)
    timeline = timeline_of(lived.state, lived.history)
    facts = timeline.facts
    assert [one.seq for one in timeline.entries] == list(range(1, len(lived.history) + 1))
    assert facts.working + facts.waiting + facts.elsewhere + facts.paused == facts.lasted
    for one, following in zip(timeline.stretches, timeline.stretches[1:], strict=False):
        assert one.until == following.since
    ended = [one for one in timeline.visits if one.until is not None]
    assert [(one.step, one.visit, one.exit) for one in ended] == [
        (one.step, one.visit, one.exit) for one in lived.state.done
    ]
    assert sum(one.records for one in timeline.people) == sum(stamp.by != "clock" for _, stamp in lived.history)
    assert {one.seq for one in timeline.deviations} <= {one.seq for one in timeline.entries}
    assert facts.until.tzinfo == UTC


def test_a_page_tells_attempts_beyond_slack_from_those_in_slack() -> None:
    rungs = (FrozenRung(0, ("operator",), ("ben",), ("slack", "pager")),)
    story = Story(BOOK, inputs={"damage": "Rows are gone"}, rungs=rungs).started().when("clock", Tick())
    story.when("clock", NoteAttempt(1, "ben", "slack", 1, reached=True, answer="accepted"))
    assert not told(story).pages[0].pager_failed
    story.when("clock", NoteAttempt(1, "ben", "env:BEN_SMS", 1, reached=False, answer="timed out"))
    page = told(story).pages[0]
    assert (page.tries, page.reached, page.pager_tries, page.pager_reached) == (2, 1, 1, 0)
    assert page.pager_failed
    story.when("clock", NoteAttempt(1, "ben", "env:BEN_SMS", 2, reached=True, answer="accepted"))
    assert not told(story).pages[0].pager_failed


def test_holding_waiting_and_standing_before_begin_is_not_work_of_people() -> None:
    """The published `working` keeps its formula; `at_work` is what is left of it once nobody was at work."""
    story = at_restore().later(minutes=6).begin().later(minutes=80).when("ana", Mismatch("restore", 1, "No."))
    facts = told(story.later(minutes=25), until=story.at).facts
    assert (facts.held, facts.at_work) == (minutes(25), minutes(7) + minutes(80))
    assert facts.working == facts.at_work + facts.held
    standing = at_wipe().later(minutes=11)
    facts = told(standing, until=standing.at).facts
    assert facts.before_begin == minutes(11)
    assert facts.lasted == (
        facts.at_work + facts.held + facts.in_wait + facts.before_begin + facts.waiting + facts.elsewhere + facts.paused
    )


def test_what_was_lost_follows_from_the_way_back_and_not_from_the_point() -> None:
    """The point lies four minutes before the damage; the switch loses everything written since."""
    before = told(at_wipe(damage_began="2026-11-22T11:44:00+00:00")).facts
    assert (before.loss.way_back, before.loss.before_damage) == (None, minutes(4))
    story = at_wipe(damage_began="2026-11-22T11:44:00+00:00").at_visit(Watch, by="ben").begin(typed="orders-db")
    after = told(story.later(minutes=3).done()).facts
    assert (after.loss.way_back, after.loss.before_damage) == ("switched", minutes(4))
    assert after.loss.came_back_at == story.at


def test_a_milestone_is_what_the_author_marked_until_somebody_puts_it_right() -> None:
    story = returned(at_call())
    reached = {one.name: one.at for one in told(story).milestones}
    assert reached["noticed"] == NOON
    assert reached["understood"] is None, "no step is marked with it"
    assert reached["confirmed"] is not None
    assert reached["closed"] == (story.run.here.at if isinstance(story.run.here, Over) else None)
    if not story.run.over:
        story.when("ana", Stop("Enough"))
    story.when("ben", SetMilestone("restored", "2027-11-22T12:30:00+00:00", "x")).refused("not over yet")
    story.when("ben", SetMilestone("restored", "2026-11-22T12:10:00+00:00", "")).refused("how you know")
    story.when("ben", SetMilestone("restored", "2026-11-22T12:10:00+00:00", "The shop's graph"))
    found = next(one for one in told(story).milestones if one.name == "restored")
    assert (found.at, found.set_by_hand) == (NOON + minutes(10), True)


DOWN = """
vars:
  down_since: {type: timestamp}
steps:
  - {id: block, do: Close the shop, milestone: down, go: {ok: look}}
  - {id: look, do: Look since when, answer: {var: down_since}, go: {ok: again}}
  - {id: again, do: Close the other door, milestone: down, go: {ok: open}}
  - {id: open, do: Open the shop, milestone: restored, go: {ok: over}}
  - {id: over, end: Close the run, outcome: recovered}
"""


def test_a_service_is_down_from_when_it_was_down_and_not_from_the_damage() -> None:
    """From the first step that takes it down; from what was found out; from what somebody put right afterwards."""
    story = Story(DOWN, damage_began="2026-11-22T11:00:00+00:00").started()
    assert reached_at(story, "down") is None, "rows that are wrong take nothing down"
    story.later(minutes=5).done().later(minutes=5)
    assert reached_at(story, "down") == NOON + minutes(5)
    story.done(down_since="2026-11-22T11:58:00+00:00").later(minutes=5).done().later(minutes=5).done()
    assert reached_at(story, "down") == NOON - minutes(2)
    assert reached_at(story, "restored") == NOON + minutes(20)
    story.when("ben", SetMilestone("down", "2026-11-22T11:50:00+00:00", "The shop's graph"))
    assert reached_at(story, "down") == NOON - minutes(10)


def reached_at(story: Story, name: str) -> datetime | None:
    """When a milestone was reached."""
    return next(one.at for one in told(story).milestones if one.name == name)


def test_people_are_named_by_what_they_acted_as_and_not_by_what_they_hold() -> None:
    """Ben is a data owner, and here he only watches; Ana is a peer, and here she operates."""
    story = at_wipe().at_visit(Watch, by="ben")
    acted = {one.id: one.acted_as for one in told(story).people}
    assert "witness" in acted["ben"]
    assert acted["ana"] == ("operator",)

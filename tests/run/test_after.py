"""Once a run is over: lessons, follow-ups until they are done, and the two questions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.run.after.events import (
    FollowUpAdded,
    FollowUpDone,
    FollowUpHandedOn,
    FollowUpReminded,
    LessonTold,
    PostmortemSet,
    Rated,
)
from bot.run.after.rules import MOST_FOLLOW_UPS, MOST_LESSONS, hesitated_steps, question_left, remind_at, to_hand_on
from bot.run.after.state import FollowUp
from bot.run.commands import (
    AddFollowUp,
    FinishFollowUp,
    GoBack,
    NoteHandedOn,
    Rate,
    SetPostmortem,
    Stop,
    TellLesson,
    Tick,
)
from bot.run.law.offers import offers
from bot.run.paging.dues import next_due
from bot.run.situation import Parent, Somebody
from bot.timeline.entries import PostmortemStory
from bot.timeline.telling import tell_timeline
from tests.story import NOON, PEOPLE, Story

STEPS = """
steps:
  - {id: look, do: Look at the table, typical: 5m, go: {ok: count}}
  - {id: count, do: Count the rows, go: {ok: mend}}
  - {id: mend, do: Mend it, typical: 1h, go: {ok: over}}
  - {id: hold, decide: Hold, who: lead, back: true, go: {unsure: hold},
     options: [{id: a, label: Stop, when: A., go: over}, {id: b, label: Go on, when: B., go: look}]}
  - {id: over, end: Close, outcome: recovered}
"""
DUE = "2026-12-01"
NINE = datetime(2026, 12, 1, 9, tzinfo=UTC)
GUS = Somebody("gus", "Gus Holm", "U0GUS", "Asia/Tokyo")


def ended(**start: object) -> Story:
    """Five minutes to look, twenty to count, thirty to mend."""
    story = Story(STEPS, **start).started().later(minutes=5).done().later(minutes=20).done()
    return story.later(minutes=30).done()


def with_follow_up(**changes: Any) -> Story:  # noqa: ANN401  (any field of the command)
    asked = replace(AddFollowUp("Widen the volume", "ben", DUE), **changes)
    return ended().when("ana", asked)


def test_a_lesson_is_told_by_anybody_the_run_knows_once_it_is_over() -> None:
    Story(STEPS).started().when("ana", TellLesson("Look first")).refused("ORDERS-7 goes on")
    told = (
        ended().when("eve", TellLesson(" Look first ", near_miss=True)).then(LessonTold("Look first", near_miss=True))
    )
    assert [(one.words, one.by, one.near_miss) for one in told.run.after.lessons] == [("Look first", "eve", True)]
    told.when("slack:T0/U9", TellLesson("Me too")).refused("read along")
    told.when("eve", TellLesson("  ")).refused("Write what others can learn")
    assert told.refusal is not None
    assert told.refusal.field == "words"


def test_a_run_takes_a_bounded_number_of_lessons_and_follow_ups() -> None:
    story = ended()
    for number in range(MOST_LESSONS):
        story.when("ana", TellLesson(f"Lesson {number}"))
    story.when("ana", TellLesson("One more")).refused("Add a note instead")
    for number in range(MOST_FOLLOW_UPS):
        story.when("ana", AddFollowUp(f"Do {number}", "ana", DUE))
    story.when("ana", AddFollowUp("One more", "ana", DUE)).refused("your tracker")
    assert len(story.run.after.follow_ups) == MOST_FOLLOW_UPS


@pytest.mark.parametrize(
    ("changes", "words", "field"),
    [
        ({"what": " "}, "what is to be done", "what"),
        ({"what": "x" * 3001}, "at most 3000", "what"),
        ({"owner": "nobody"}, "Choose who looks after it", "owner"),
        ({"owner": "gus", "known": replace(GUS, id="eve")}, "Choose who looks after it", "owner"),
        ({"due": "1.12.2026"}, "YYYY-MM-DD, such as 2026-11-29", "due"),
        ({"due": "2026-11-21"}, "That day is over. Where Ben Okafor is, today is 2026-11-22", "due"),
        ({"due": "2032-01-01"}, "more than five years", "due"),
    ],
)
def test_a_follow_up_that_cannot_be_is_refused_beside_its_field(
    changes: dict[str, Any], words: str, field: str
) -> None:
    story = with_follow_up(**changes).refused(words)
    assert story.refusal is not None
    assert story.refusal.field == field
    assert story.run.after.follow_ups == ()
    story.when("ana", AddFollowUp("Widen the volume", "ben", DUE)).then(
        FollowUpAdded(1, "Widen the volume", "ben", DUE)
    )


def test_an_owner_of_the_catalogue_is_kept_and_may_say_that_it_is_done() -> None:
    """The run does not know Gus: the record keeps who he is, and he may finish, and nothing else."""
    story = with_follow_up(owner="gus", known=GUS).then(FollowUpAdded(1, "Widen the volume", "gus", DUE, GUS))
    assert story.run.name_of("gus") == "Gus Holm"
    due = next_due(story.run)
    assert due is not None
    assert due.at == datetime(2026, 12, 1, 0, tzinfo=UTC), "nine in Tokyo"
    story.when("gus", TellLesson("x")).refused("read along")
    story.when("gus", FinishFollowUp(1, "It has 2 TB now")).then(FollowUpDone(1, "It has 2 TB now"))


def test_a_follow_up_is_reminded_until_it_is_done_and_never_after() -> None:
    story = with_follow_up()
    assert offers(story.run) == ("lesson", "follow_up", "follow_up_done", "rate", "postmortem", "milestone", "note")
    story.at = NINE - timedelta(seconds=1)
    story.when("clock", Tick()).then()
    story.later(seconds=1).when("clock", Tick()).then(FollowUpReminded(1, NINE))
    story.when("clock", Tick()).then()
    story.later(days=7).when("clock", Tick()).then(FollowUpReminded(1, NINE + timedelta(days=7)))
    story.later(days=3).when("ben", FinishFollowUp(1)).then(FollowUpDone(1))
    assert next_due(story.run) is None
    assert "follow_up_done" not in offers(story.run)
    story.later(days=30).when("clock", Tick()).then()
    story.when("ben", FinishFollowUp(1)).refused("Ben Okafor said so already, on 11 Dec 2026")
    story.when("ben", FinishFollowUp(2)).refused("Choose the follow-up")


def test_an_outage_of_weeks_is_one_reminder() -> None:
    story = with_follow_up()
    story.at = NINE + timedelta(days=24, hours=5)
    story.when("clock", Tick()).then(FollowUpReminded(1, NINE)).when("clock", Tick()).then()
    due = next_due(story.run)
    assert due is not None
    assert due.at == NINE + timedelta(days=28)


def test_two_follow_ups_of_one_morning_are_reminded_each() -> None:
    story = with_follow_up().when("ana", AddFollowUp("Tell the board", "dora", DUE))
    story.at = NINE
    story.when("clock", Tick()).then(FollowUpReminded(1, NINE), FollowUpReminded(2, NINE))


def test_the_same_follow_up_is_not_added_twice_while_it_is_to_be_done() -> None:
    story = with_follow_up().when("ben", AddFollowUp("Widen the volume", "ben", DUE))
    story.refused("This is follow-up 1 already, added by Ana Ruiz")
    story.when("ben", FinishFollowUp(1)).when("ben", AddFollowUp("Widen the volume", "ben", DUE)).then(FollowUpAdded)


def owner(timezone: str = "UTC", quiet: tuple[str, str] | None = None) -> Somebody:
    return replace(PEOPLE[1], timezone=timezone, quiet=quiet)


@pytest.mark.parametrize(
    ("who", "added", "at"),
    [
        (owner(), NOON, NINE),
        (owner("America/New_York"), NOON, NINE + timedelta(hours=5)),
        (owner("Mars/Olympus"), NOON, NINE),
        (owner(quiet=("22:00", "09:00")), NOON, NINE),
        (owner(quiet=("22:00", "10:30")), NOON, NINE + timedelta(hours=1, minutes=30)),
        (owner(quiet=("08:00", "07:00")), NOON, NINE + timedelta(hours=22)),
        (owner(quiet=("some", "time")), NOON, NINE),
        (owner(), NINE - timedelta(minutes=1), NINE),
        (owner(), NINE, NINE + timedelta(days=1)),
        (owner(), NINE + timedelta(hours=9), NINE + timedelta(days=1)),
    ],
)
def test_when_an_owner_is_reminded_first(who: Somebody, added: datetime, at: datetime) -> None:
    """At nine where they are, not in their quiet hours, and not at once when it was added later on that day."""
    assert remind_at(FollowUp(1, "x", who.id, DUE, "ana", added), who) == at


def test_a_day_that_is_none_keeps_no_run_from_being_read() -> None:
    """An imported record may say anything."""
    for strange in ("soon", "9999-12-31", ""):
        assert remind_at(FollowUp(1, "x", "ben", strange, "ana", NOON), owner()) > NOON


@given(
    zone=some.sampled_from(["UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"]),
    quiet=some.one_of(some.none(), some.tuples(some.integers(0, 23), some.integers(0, 23))),
    due=some.dates(date(2026, 11, 23), date(2027, 11, 22)),
    late=some.lists(some.integers(0, 20 * 24), max_size=6),
)
def test_reminders_are_at_least_days_apart_and_never_in_quiet_hours(
    zone: str, quiet: tuple[int, int] | None, due: date, late: list[int]
) -> None:
    """However late the clock looks: each reminder is after the one before, on a seventh day, outside quiet hours."""
    hours = None if quiet is None else (f"{quiet[0]:02}:00", f"{quiet[1]:02}:00")
    who = owner(zone, hours)
    todo = FollowUp(1, "x", "ben", due.isoformat(), "ana", NOON)
    first = remind_at(todo, who)
    assert first.astimezone(ZoneInfo(zone)).date() - due in (timedelta(0), timedelta(days=1))
    before = first
    for hours_late in late:
        todo = replace(todo, reminded_at=before + timedelta(hours=hours_late))
        following = remind_at(todo, who)
        assert todo.reminded_at is not None
        assert timedelta(0) < following - todo.reminded_at <= timedelta(days=7, hours=1)
        wall = following.astimezone(ZoneInfo(zone))
        assert (wall.date() - first.astimezone(ZoneInfo(zone)).date()).days % 7 == 0
        if quiet is not None and quiet[0] != quiet[1]:
            inside = quiet[0] <= wall.hour < quiet[1] if quiet[0] < quiet[1] else not quiet[1] <= wall.hour < quiet[0]
            assert not inside
        before = following


@given(some.lists(some.tuples(some.sampled_from(["tick", "done", "add", "rate"]), some.integers(0, 200)), max_size=25))
def test_reminders_stop_when_a_follow_up_is_done(acts: list[tuple[str, int]]) -> None:
    """Whatever happens in whatever order: a reminder is of something to be done, and not of what was done before."""
    story = with_follow_up()
    for what, hours in acts:
        story.later(hours=hours)
        before = story.run
        todo = {one.number for one in before.after.to_do}
        match what:
            case "tick":
                story.when("clock", Tick())
            case "done":
                story.when("ben", FinishFollowUp(max(todo, default=1)))
            case "add":
                story.when("ana", AddFollowUp(f"At {story.at}", "ana", story.at.date().isoformat()))
            case _:
                story.when("ana", Rate("clarity", str(hours % 7)))
        reminded = {event.number for event in story.last if isinstance(event, FollowUpReminded)}
        assert reminded <= todo
        if story.refusal is not None:
            assert story.run == before
        due = next_due(story.run)
        assert (due is None) == (not story.run.after.to_do)
        assert due is None or what != "tick" or due.at > story.at


def test_what_the_tracker_answers_is_noted_once() -> None:
    story = with_follow_up()
    assert [one.number for one in to_hand_on(story.run)] == [1]
    story.when("clock", NoteHandedOn(1, taken=False, answer="503")).then(FollowUpHandedOn(1, taken=False, answer="503"))
    story.when("clock", NoteHandedOn(1, taken=False, answer="again")).then()
    story.when("clock", NoteHandedOn(1, taken=True, answer="201: T-7")).then(FollowUpHandedOn)
    story.when("clock", NoteHandedOn(1, taken=True, answer="201: T-8")).then()
    story.when("clock", NoteHandedOn(9, taken=True, answer="x")).then()
    assert to_hand_on(story.run) == ()
    story.when("ana", NoteHandedOn(1, taken=True, answer="x")).refused("own clock")


def test_what_is_done_already_is_handed_to_nobody() -> None:
    assert to_hand_on(with_follow_up().when("ben", FinishFollowUp(1)).run) == ()


def test_the_two_questions_are_for_whoever_operated_and_the_last_answer_counts() -> None:
    story = ended()
    assert question_left(story.run) == "clarity"
    story.when("ben", Rate("clarity", "4")).refused("for whoever operated")
    story.when("ana", Rate("clarity", "6")).refused("Choose one of the answers")
    story.when("ana", Rate("clarity", "4")).then(Rated("clarity", "4"))
    story.when("ana", Rate("clarity", "4")).refused("your answer already")
    story.when("ana", Rate("clarity", "2")).then(Rated("clarity", "2"))
    assert question_left(story.run) == "hesitation"
    story.when("ana", Rate("hesitation", "hold")).refused("Choose one of the answers")
    story.when("ana", Rate("hesitation", "count")).then(Rated("hesitation", "count"))
    assert question_left(story.run) is None
    assert story.run.after.ratings["clarity"].answer == "2"
    assert "rate" not in offers(story.run)


def test_a_called_run_asks_no_questions_and_neither_does_one_that_nobody_operated() -> None:
    """The run that called it asks them, in the end."""
    assert question_left(ended(parent=Parent("run-0", "NET-3", "ours", 1)).run) is None
    nobody = Story(STEPS).started(by="dora").when("dora", Stop("Not needed"))
    assert nobody.run.over
    assert question_left(nobody.run) is None


def test_hesitation_names_the_steps_that_took_longest_against_their_typical_time() -> None:
    """Mending took thirty minutes of sixty, counting twenty of none: counting comes first to mind."""
    assert hesitated_steps(ended().run) == ("look", "count", "mend")
    six = "\n".join(f"  - {{id: s{one}, do: Step, go: {{ok: s{one + 1}}}}}" for one in range(6))
    book = STEPS.replace("steps:\n", f"steps:\n{six.replace('ok: s6', 'ok: look')}\n")
    story = Story(book).started()
    for minutes in (9, 1, 8, 1, 7, 6, 1, 1, 1):
        story.later(minutes=minutes).done()
    assert story.run.over
    assert hesitated_steps(story.run) == ("s0", "s2", "s4", "s5")


def test_hesitation_names_what_was_gone_back_from_and_visited_again_too() -> None:
    """Four that took long, and beside them the quick one that was left and come to again."""
    six = "\n".join(f"  - {{id: s{one}, do: Step, go: {{ok: s{one + 1}}}}}" for one in range(6))
    book = STEPS.replace("steps:\n", f"steps:\n{six.replace('ok: s6', 'ok: look')}\n")
    story = Story(book).started().later(minutes=9).done()
    story.at_visit(GoBack, to="s0", reason="The wrong host").done()
    for minutes in (1, 8, 7, 6, 5, 1, 1, 1):
        story.later(minutes=minutes).done()
    assert story.run.over
    assert hesitated_steps(story.run) == ("s0", "s1", "s2", "s3", "s4")


def postmortem_of(story: Story) -> PostmortemStory | None:
    """As a timeline tells it."""
    return tell_timeline(story.run, [(seq, *one) for seq, one in enumerate(story.history, 1)]).postmortem


def test_the_post_mortem_has_an_owner_and_is_reviewed_by_somebody_else() -> None:
    """Each change is on record; who says that it is done has reviewed it, and is not whose it is."""
    Story(STEPS).started().when("ana", SetPostmortem("draft", "ben")).refused("ORDERS-7 goes on")
    story = ended().when("ana", SetPostmortem("draft", "ben")).then(PostmortemSet("draft", "ben"))
    story.when("ana", SetPostmortem("draft", "ben")).refused("how it stands since 22 Nov 2026")
    story.when("ben", SetPostmortem("in_review", "ben", " wiki/ORDERS-7 ")).then(
        PostmortemSet("in_review", "ben", "wiki/ORDERS-7")
    )
    story.when("ben", SetPostmortem("done", "ben")).refused("somebody else reviews it")
    story.when("ben", SetPostmortem("finished", "ben")).refused("Choose where it stands")
    story.when("slack:T0/U9", SetPostmortem("done", "ben")).refused("read along")
    told = postmortem_of(story)
    assert told is not None
    assert (told.state, told.owner, told.reviewed_by) == ("in_review", "Ben Okafor", None)
    story.when("chen", SetPostmortem("done", "ben", "Two causes are missing.")).then(PostmortemSet)
    told = postmortem_of(story)
    assert told is not None
    assert (told.state, told.owner, told.reviewed_by) == ("done", "Ben Okafor", "Chen Wei")
    assert told.words == "Two causes are missing."
    story.when("ben", SetPostmortem("in_review", "ben", "They are in now.")).then(PostmortemSet)
    told = postmortem_of(story)
    assert told is not None
    assert told.reviewed_by is None, "what changed has to be read again"


def test_an_owner_of_the_catalogue_keeps_the_post_mortem() -> None:
    story = ended().when("ana", SetPostmortem("draft", "gus")).refused("of this run, or of the catalogue")
    story.when("ana", SetPostmortem("draft", "gus", known=GUS)).then(PostmortemSet("draft", "gus", known=GUS))
    story.when("gus", SetPostmortem("in_review", "gus", known=GUS)).then(PostmortemSet)
    story.when("gus", SetPostmortem("done", "gus", known=GUS)).refused("somebody else reviews it")
    told = postmortem_of(story)
    assert told is not None
    assert told.owner == "Gus Holm"

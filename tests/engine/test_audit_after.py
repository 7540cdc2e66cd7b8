"""What comes after a run is lawful after its end alone, and by whom it may be."""

from bot.engine.audit import find_unlawful
from bot.run.after.events import FollowUpReminded, LessonTold, Rated
from bot.run.commands import AddFollowUp, Rate, Stop, TellLesson, Tick
from bot.run.events import Event
from bot.run.situation import Stamp
from tests.story import NOON, Story

STEPS = """
steps:
  - {id: look, do: Look at the table, go: {ok: over}}
  - {id: hold, decide: Hold, who: lead, back: true, go: {unsure: hold},
     options: [{id: a, label: Stop, when: A., go: over}, {id: b, label: Go on, when: B., go: look}]}
  - {id: over, end: Close, outcome: recovered}
"""


def objections(story: Story, *forged: tuple[Event, str]) -> list[str]:
    happened = [*story.history, *((event, Stamp(story.at, by, "slack")) for event, by in forged)]
    numbered = [(seq, event, stamp) for seq, (event, stamp) in enumerate(happened, 1)]
    return [one.why for one in find_unlawful("run-1", story.book, numbered)]


def test_what_people_do_after_the_end_is_lawful_and_what_a_forger_would_write_is_not() -> None:
    story = Story(STEPS).started()
    assert objections(story, (LessonTold("x"), "ana")) == ["the run had not ended yet."]
    story.when("ana", Stop("Enough")).when("ben", TellLesson("x")).when("ana", Rate("clarity", "4"))
    story.when("ana", AddFollowUp("Mend it", "ben", "2026-12-01")).later(days=30).when("clock", Tick())
    assert isinstance(story.history[-1][0], FollowUpReminded)
    assert objections(story) == []
    assert objections(story, (Rated("clarity", "1"), "eve"), (FollowUpReminded(1, NOON), "eve")) == [
        "eve did not operate this run.",
        "nobody does this but Handrail's clock.",
    ]

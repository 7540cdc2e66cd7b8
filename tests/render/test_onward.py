"""Where a step leads, and how much is left of the whole, as the card says it."""

from bot.render.card import card
from bot.render.onward import say_left, say_next
from bot.run.law.draft import Draft
from bot.run.situation import Stamp
from bot.run.state import but
from tests.render.channel import read
from tests.render.stories import after_glass, at_call, at_look, at_restore, at_signoff, returned
from tests.render.walk import TARGET
from tests.story import Story, book_of

FORK = book_of("""
vars:
  rows: {type: int}
  known: {type: int}
steps:
  - {id: first, do: Count the rows, answer: {var: known}, typical: 5m, go: {ok: look}}
  - {id: look, do: Look again, answer: {var: rows}, typical: 10m, max_visits: 2, go: {ok: say}}
  - {id: say, notify: Tell the others, to: [incident], go: {ok: fork}}
  - {id: fork, branch: Which way, cases: [{when: {all: [{var: known, gt: 10}]}, go: many},
     {when: {all: [{var: rows, gt: 10}]}, go: some}], else: more}
  - {id: more, branch: Again, cases: [{when: {all: [{var: known, eq: 7}]}, go: none}], else: look}
  - {id: many, do: Copy all of them, typical: 20m, go: {ok: good}}
  - {id: some, do: Copy some of them, typical: 20m, go: {ok: none}}
  - {id: none, do: Say that nothing is left, go: {ok: good}}
  - {id: hold, decide: Hold, who: lead, back: true, options: [{id: a, label: Stop, when: x, go: gone},
     {id: b, label: Stop too, when: x, go: gone}], go: {unsure: hold}}
  - {id: good, end: Close, outcome: recovered}
  - {id: gone, end: Stop, outcome: aborted}
""")


def _at_the_fork(known: str) -> Story:
    story = Story(FORK).started().done(known=known)
    assert story.refusal is None
    return story.at_step("look")


def test_next_is_what_a_person_meets_by_what_is_known() -> None:
    """What Handrail takes by itself is passed; a branch on what is known is taken, one on what is typed now is open."""
    assert say_next(Story(FORK).started().run) == "“Look again”"
    assert say_next(_at_the_fork("11").run) == "“Copy all of them”"
    assert say_next(_at_the_fork("7").run) == "“Copy some of them” or “Say that nothing is left”"
    assert say_next(_at_the_fork("11").done(rows="1").run) == "the run ends: Recovered"


def test_a_blind_answer_gives_no_way_away() -> None:
    """A branch on an answer that was not compared stays open on the card, though the run knows which way it will go."""
    text = FORK.model_dump(by_alias=True, mode="json", exclude_none=True)
    text["steps"][0]["answer"]["blind"] = True
    blind = Story(type(FORK).model_validate(text)).started().done(known="11")
    assert "known" in blind.run.hidden
    assert say_next(blind.run) == "“Copy all of them”, “Copy some of them” or “Say that nothing is left”"


def test_next_is_the_step_that_comes() -> None:
    """Wherever one answer leads on, the walk goes where the card said."""
    story = at_look().done().done(target_time=TARGET).choose("rows")
    for _ in range(2):
        said = say_next(story.run)
        story.begin().done(**({"rows": "3"} if story.run.here_is("count") else {}))
        assert said == f"“{story.run.book.by_id[story.here or ''].title}”"


def test_visits_that_are_spent_lead_to_the_hold() -> None:
    story = Story(FORK).started()
    spent = but(story.run, visits={**story.run.visits, "look": 2})
    assert say_next(spent) == "“Hold”"
    onward = Draft(spent, Stamp(story.at, "ana", "slack")).leave("ok").run
    assert onward.here_is("hold")


def test_a_decision_and_the_end_have_no_next() -> None:
    """An option says itself where it leads."""
    assert say_next(at_look().done().done(target_time=TARGET).run) == ""
    assert not any("Next:" in line for line in read(card(returned(at_call()).run)))


def test_with_a_broken_glass_the_review_comes_before_the_end() -> None:
    assert say_next(after_glass().run) == "the review of the broken glass, then the run ends"
    assert say_next(at_call().run) == "the run ends: Recovered"


def test_what_is_left_counts_steps_of_people_on_the_longest_way() -> None:
    """35 min by the longest way: first, look, some, none; the notice, the branches and the end are nobody's steps."""
    assert say_left(Story(FORK).started().run) == "about 4 steps left, 35 min"
    assert say_left(_at_the_fork("11").run) == "about 3 steps left, 30 min"
    assert say_left(_at_the_fork("11").done(rows="1").run) == "the last step, 20 min"


def test_off_the_good_ways_nothing_is_said_to_be_left() -> None:
    """Nobody knows at the hold how far it still is; a line without times says the steps alone."""
    assert say_left(at_restore().begin().problem().run) == ""
    assert say_left(at_signoff().run) == "about 5 steps left"

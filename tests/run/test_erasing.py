"""Words that were typed can be erased, by whoever runs Handrail, with a reason; nothing else can."""

from dataclasses import replace

import pytest

from bot.run.commands import AddNote, Erase, Pause, Refused, Stop
from bot.run.events import Redacted
from bot.run.evolve import evolve
from bot.run.law.decide import decide
from bot.run.situation import Stamp, Via
from tests.story import Story

STEPS = """
steps:
  - {id: look, do: Look at the table, go: {ok: over}}
  - {id: hold, decide: Hold, who: lead, back: true, go: {unsure: hold},
     options: [{id: a, label: Stop, when: A., go: over}, {id: b, label: Go on, when: B., go: look}]}
  - {id: over, end: Close, outcome: recovered}
"""
NOTED = 3
ERASE = Erase(NOTED, ("words",), "A password was typed.")


def noted() -> Story:
    """Started, and a note as record 3."""
    return Story(STEPS).started().when("ana", AddNote("the password is hunter2"))


def erased(story: Story, command: Erase = ERASE, by: str = "dora", via: Via = "terminal") -> tuple[object, ...]:
    return decide(story.run, command, Stamp(story.at, by, via))


@pytest.mark.parametrize("by", ["dora", "unverified: root", "somebody-new"])
def test_whoever_runs_handrail_may_at_a_terminal(by: str) -> None:
    """Known to the run or not, logged in or not: whoever can run the command holds the database."""
    assert erased(noted(), by=by) == (Redacted(NOTED, ("words",), "A password was typed."),)


@pytest.mark.parametrize(("by", "via"), [("dora", "slack"), ("dora", "web"), ("ana", "import"), ("clock", "clock")])
def test_nobody_may_anywhere_else(by: str, via: Via) -> None:
    with pytest.raises(Refused, match="erased at a terminal"):
        erased(noted(), by=by, via=via)


def test_a_reason_is_given_and_stays() -> None:
    """It is kept without the blanks around it."""
    for reason in ("", " \t "):
        with pytest.raises(Refused, match="Say why") as refused:
            erased(noted(), replace(ERASE, reason=reason))
        assert refused.value.field == "reason"
    assert erased(noted(), replace(ERASE, reason="  A name.\n")) == (Redacted(NOTED, ("words",), "A name."),)


@pytest.mark.parametrize(("of", "fields"), [(NOTED, ()), (0, ("words",)), (4, ("words",))])
def test_only_what_is_there_can_go(of: int, fields: tuple[str, ...]) -> None:
    """Erased before, never typed, or no record of this run."""
    said = f"Record {of} of ORDERS-7 holds no typed words, and no output of a command, or they were erased already"
    with pytest.raises(Refused, match=said):
        erased(noted(), Erase(of, fields, "A name."))


def test_it_is_done_in_any_run_and_moves_nothing_in_it() -> None:
    """Open, paused or over: people stand where they stood."""
    for story in (noted(), noted().when("ana", Pause("Lunch.")), noted().when("ana", Stop("A false alarm."))):
        [event] = erased(story)
        assert isinstance(event, Redacted)
        after = evolve(story.run, event, Stamp(story.at, "dora", "terminal"))
        assert (after.here, after.paused, after.operator, after.over) == (
            story.run.here, story.run.paused, story.run.operator, story.run.over,
        )  # fmt: skip
        assert after.seq == story.run.seq + 1


def test_a_run_that_has_not_started_holds_no_words() -> None:
    story = Story(STEPS)
    with pytest.raises(Refused, match="has not started"):
        decide(story.state, ERASE, Stamp(story.at, "dora", "terminal"))

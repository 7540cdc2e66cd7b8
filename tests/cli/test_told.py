"""Every event is told at the terminal, in words, and nothing in it steers the terminal."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from bot.format.printable import printable
from bot.render.sentences import Names, say_entry, say_event
from bot.run.events import Event, Paused, Skipped, StepEntered
from bot.run.law.scope import title_of
from bot.timeline.entries import Entry
from tests.journal.test_codec import any_of, every_event
from tests.story import Story

WALK = """
steps:
  - {id: look, do: Look at it, go: {ok: done}}
  - {id: hold, decide: Decide what now, options: [{id: a, label: Again, when: Fine., go: look},
     {id: b, label: Stop, when: Bad., go: done}], go: {unsure: hold}}
  - {id: done, end: Stop here, outcome: aborted}
"""
RUN = Story(WALK).started().run


@pytest.mark.parametrize("event", every_event(), ids=lambda event: event.__name__)
def test_an_event_is_a_line_of_words(event: type[Event]) -> None:
    @settings(max_examples=20)
    @given(any_of(event))
    def is_told(one: Event) -> None:
        said = say_event(RUN, one)
        assert said.strip()
        assert event.__name__ not in said
        assert printable(said) == printable(printable(said))

    is_told()


@pytest.mark.parametrize("odd", ["\x1b[2J", "\x07", "\r", "\u202e", "\u200f", "\x9b1A"])
def test_what_steers_a_terminal_is_made_visible(odd: str) -> None:
    assert printable(f"Dora{odd} counts\nrows") == "Dora\ufffd" + odd[1:] + " counts\nrows"


def test_a_title_is_filled_as_on_the_card() -> None:
    run = Story(WALK.replace("do: Look at it", "do: 'Look at {{ asset.name }}'")).started().run
    assert say_event(run, StepEntered("look", 1)) == f"came to “Look at {run.start.asset.name}”."


@pytest.mark.parametrize("event", [StepEntered("look", 2), Paused("For lunch."), Skipped("look", 1, "Not here.")])
def test_log_and_report_say_one_sentence(event: Event) -> None:
    """A report has columns for the words that stand beside the sentence; the log puts them behind it."""
    entry = Entry(2, datetime(2026, 11, 22, tzinfo=UTC), "", event, "ana", "Ana", None, "slack", step="look")
    said = say_entry(entry, Names({}, {"look": title_of(RUN, "look")}))
    assert say_event(RUN, event).startswith(said)

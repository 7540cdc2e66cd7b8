"""Somebody who wants nobody to come, or the wrong one to answer: strangers, clocks that jump, rooms that read along."""

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from bot.library.registry import load_shelf
from bot.render.card import card
from bot.render.sentences import say_event
from bot.run.commands import AnswerPage, AskHelp, DeclinePage
from bot.run.evolve import evolve
from bot.run.paging.dues import next_due
from bot.run.paging.events import (
    NobodyReached,
    PageAnswered,
    Paged,
    PageDeclined,
    PageReason,
    PageTried,
    PagingEvent,
)
from bot.run.paging.ladder import call_at
from bot.run.situation import Stamp
from bot.wiring.calling.building import is_shared
from tests.attacks.test_two_people import BOOK
from tests.run.test_paging import CALM, RUNGS, begun
from tests.story import NOON, Story

HELP = ("ben", "chen", "dora")
TEAM = """
schema: people/v1
people:
- {id: ana, name: Ana Ruiz, slack: U0ANA, pager: ["env:ANA_SMS"]}
- {id: ben, name: Ben Okafor, slack: U0BEN, pager: ["env:DESK"]}
- {id: eve, name: Eve Ndiaye, slack: U0EVE, pager: ["env:DESK"]}
teams:
- {id: dba, name: Databases, members: [ana, ben, eve], channel: C0DBA, pager: ["env:ROOM"]}
"""


NUMBER, ANYBODY = some.integers(-9, 9), some.sampled_from(["ana", "ben", "clock", "<b>"])
MOMENT = some.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=some.just(UTC))  # noqa: DTZ001  (bounds)
FORGED = some.one_of(
    some.builds(
        Paged, NUMBER, some.sampled_from(get_args(PageReason)), some.tuples(ANYBODY, ANYBODY),
        some.just(("slack", "pager")), MOMENT, some.none() | NUMBER, NUMBER, some.none() | NUMBER,
        some.sampled_from(["look", "gone"]), NUMBER, some.none() | some.integers(),
    ),
    some.builds(PageAnswered, NUMBER), some.builds(PageDeclined, NUMBER), some.builds(NobodyReached, NUMBER),
    some.builds(PageTried, NUMBER, ANYBODY, ANYBODY, NUMBER, some.booleans(), some.text(), some.booleans()),
)  # fmt: skip


def called_for_help(story: Story) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Who was called by the last look because of a call for help, and who was spared."""
    return [(one.people, one.spared) for one in story.last if isinstance(one, Paged) and one.reason == "help"]


@given(some.lists(some.tuples(FORGED, ANYBODY), max_size=6))
@example([(Paged(-3, "start", ("ben",), ("slack",), NOON, rung=7, stair=700), "clock"), (PageDeclined(2), "ben")])
@example([(Paged(2, "start", ("ben",), ("slack",), NOON, rung=-5, stair=-7), "clock")])
def test_no_record_of_pages_from_elsewhere_breaks_a_run_or_its_card(
    forged: list[tuple[PagingEvent, str]],
) -> None:
    """Numbers, rungs and times that no Handrail writes: a chain can be sound around them, and a file be taken in."""
    run = begun().tick().run
    for event, by in forged:
        run = evolve(run, event, Stamp(NOON, by, "slack"))
        assert say_event(run, event)
    next_due(run)
    call_at(run)
    assert card(run).blocks
    assert [page.number for page in run.pages.pages] == list(range(1, len(run.pages.pages) + 1))


def test_a_stranger_who_tries_to_sign_is_no_sign_of_life() -> None:
    """Their attempt is recorded, and people are asked as soon whether they are still on it; one of them is heard."""
    story = Story(BOOK, rungs=RUNGS, asset=CALM).started().tick().when("ben", AnswerPage(1)).done("ana", rows="7")
    heard = story.run.pages.heard_at
    assert story.later(minutes=30).sign("slack:T1/U666", "7").last
    assert story.run.pages.heard_at == heard
    assert story.sign("eve", "7").last
    assert story.run.pages.heard_at == story.at


def test_a_clock_that_jumps_back_spares_nobody_a_call_for_help() -> None:
    """Who was called in what is now the future is called again; who was called a moment ago is not."""
    story = begun().tick().at_visit(AskHelp).tick(seconds=1)
    assert called_for_help(story) == [(HELP, ())]
    story.later(minutes=-20).at_visit(AskHelp).tick(seconds=1)
    assert called_for_help(story) == [(HELP, ())]
    story.later(seconds=-10).at_visit(AskHelp).tick(seconds=1)
    assert called_for_help(story) == []


def test_an_old_button_answers_the_climb_that_waits_now() -> None:
    """Whoever was on it, and is called again, is not told that they are on it while others are being woken."""
    story = begun().tick().when("ben", AnswerPage(1)).tick(minutes=61)
    assert story.run.pages.climb is not None
    assert story.run.pages.climb.answered_by is None
    story.when("ben", AnswerPage(1))
    assert story.refusal is None
    assert story.run.pages.climb is not None
    assert story.run.pages.climb.answered_by == "ben"
    assert story.when("ben", AnswerPage(1)).refusal is not None


def test_who_was_not_called_hurries_nobody() -> None:
    """They say that they can't, and are left out from then on; whoever was called and can't lets it go on at once."""
    story = begun().tick().when("dora", DeclinePage(1)).tick(seconds=1)
    assert story.pages() == []
    assert story.when("ben", DeclinePage(1)).tick(seconds=1).pages() == [("start", 1, ("chen",))]


@pytest.mark.parametrize(("channel", "shared"), [("env:ANA_SMS", False), ("env:DESK", True), ("env:ROOM", True)])
def test_a_room_gets_no_link_though_the_run_knows_only_one_of_those_in_it(
    tmp_path: Path, channel: str, shared: bool
) -> None:
    """What the catalogue says of a channel counts: whoever reads along there would answer for the one who is called."""
    (tmp_path / "people.yaml").write_text(TEAM, encoding="utf-8")
    assert is_shared(load_shelf(tmp_path), channel) is shared

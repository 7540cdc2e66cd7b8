"""Which buttons make sense where: every place of a run with all that is offered there, in its order."""

from collections.abc import Callable

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.run.commands import AskEnd, DoMyself, HandOver, OfferHands, Pause, ReviewGlass, Stop, Watch
from bot.run.law.offers import (
    earlier_steps,
    ends_to_ask,
    is_signed_for,
    offers,
    problems_here,
    sends_back,
    unknown_since,
)
from tests.run.test_done_already import at_wipe, said
from tests.run.test_hands import finish, pressed, reading, signed, start
from tests.run.test_holds import CIRCLE, held
from tests.run.test_members import FAY, but, open_run
from tests.run.test_refusals import BOOK, NAME, asked, begun, bound, glass, left_unknown, under_way
from tests.run.test_sentences import LOOSE
from tests.run.test_starts import broken
from tests.run.test_walk import WALK, counting
from tests.story import PEOPLE, Story, people_now

SKIPS = CIRCLE.replace("do: Mend it,", "do: Mend it, skip: true,")
PLACES: dict[str, Callable[[], Story]] = {
    "a step of a person": begun,
    "a step that may be skipped": lambda: Story(SKIPS).started().done(),
    "a critical step": lambda: Story(SKIPS.replace("skip: true", "critical: true")).started().done(),
    "a value was given": lambda: begun().done(typed=NAME, rows="7"),
    "asked to sign": asked,
    "asked a second time": glass,
    "waits for a watcher": bound,
    "watched": lambda: bound().at_visit(Watch, "ben"),
    "begun": under_way,
    "begun, and paused": lambda: under_way().when("ana", Pause("Wait")),
    "a change to begin": lambda: Story(LOOSE).started().done(rows="7").sign("dora", "7"),
    "at the hold": left_unknown,
    "at the hold, an end asked for": lambda: held().at_visit(AskEnd, end="partly", words="Half"),
    "at a check": counting,
    "offered to somebody": lambda: begun().when("ana", HandOver("ben")),
    "nobody operates": lambda: begun().when("clock", people_now(*but("ana"))),
    "said to be done already": lambda: said(Story(CIRCLE).started()),
    "somebody waits to be let in": lambda: open_run().when("clock", people_now(*PEOPLE, FAY, peer=("ana", "fay"))),
    "most are out": lambda: open_run().when("clock", people_now(*but("ana", "ben", "chen"))),
    "waits for a review": lambda: broken().begin(typed=NAME).done(),
    "hands can run it": lambda: signed().when("clock", OfferHands("wipe", 1, 1, "w1")),
    "hands were asked to run it": pressed,
    "hands run it": lambda: start(pressed()),
    "hands have looked": lambda: finish(start(reading()), captured={"free": "10"}),
    "taken from hands": lambda: finish(start(reading()), captured={"free": "10"}).at_visit(DoMyself),
    "over": lambda: begun().when("ana", Stop("A false alarm")),
    "over, with a review open": lambda: broken().when("ana", Stop("Enough")),
    "over, reviewed": lambda: broken().begin(typed=NAME).done().when("ben", ReviewGlass("Fine")),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_what_is_offered(place: str, snapshot: SnapshotAssertion) -> None:
    """Buttons in their order; what may be wrong there; where the run may go back to; which ends may be asked for."""
    run = PLACES[place]().run
    back = [f"{one} (unknown: {', '.join(unknown_since(run, one)) or 'nothing'})" for one in earlier_steps(run)]
    rows = {"offers": offers(run), "wrong": problems_here(run), "back to": back, "ends": ends_to_ask(run)}
    assert "\n".join(f"{row}: {', '.join(all_of_it) or 'none'}" for row, all_of_it in rows.items()) == snapshot


def test_what_nobody_starts_alone() -> None:
    """A sign-off binds it, it destroys, or somebody has to watch it: one of them is enough, and a change needs none."""

    def alone(text: str, step: str) -> bool:
        book = Story(text).book
        return is_signed_for(book, book.by_id[step])

    assert alone(BOOK, "change")
    assert not alone(BOOK, "look")
    assert not alone(LOOSE, "change")
    assert alone(LOOSE.replace("effect: change", "effect: destroy"), "change")
    assert alone(WALK, "wipe"), "it is watched"


def test_which_lines_of_the_hold_lead_back() -> None:
    """A step where the run has been; no end, no new step, not the hold itself, and nothing elsewhere."""
    text = CIRCLE.replace("go: partly}", "go: first}").replace("max_visits: 20,", "max_visits: 20,", 1)
    story = Story(text).started().problem().at_step("hold")
    assert [sends_back(story.run, one) for one in ("stop", "partly", "unsure")] == [False, True, False]
    new = Story(text.replace("go: first}", "go: second}")).started().problem().at_step("hold")
    assert [sends_back(new.run, one) for one in ("stop", "partly")] == [False, False]
    assert not sends_back(Story(text).started().run, "partly")
    assert not sends_back(story.when("ana", Stop("Enough")).run, "partly")


def test_how_far_back_an_unknown_outcome_reaches() -> None:
    """It is crossed by whoever goes back before it or to it, not by whoever goes back to a step after it."""
    looks = "  - {id: after, do: Look, go: {ok: last}}\n  - {id: last, do: Look again, go: {ok: done}}\n  - {id: hold,"
    text = LOOSE.replace("timeout: hold}", "timeout: after}").replace("  - {id: hold,", looks)
    story = Story(text).started().done(rows="7").sign("dora", "7").begin().unknown().done().at_step("last")
    assert unknown_since(story.run, "after") == ()
    assert unknown_since(story.run, "change") == ("change",)
    assert unknown_since(story.run, "look") == ("change",)
    partly = said(at_wipe())
    assert unknown_since(partly.run, "tell") == ("wipe",)

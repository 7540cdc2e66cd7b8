"""What a lead sees at a glance: how each run stands in colour and word, and when it last worked."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page
from starlette.requests import Request
from structlog.testing import capture_logs

from bot.run.commands import AddNote, Pause, Stop, Tick
from bot.web.access.loopback import loopback_access
from bot.web.pages.reader import PageReader, noting
from bot.web.pages.views.clocks import Clocks
from bot.web.pages.views.last import say_last
from bot.web.pages.views.standing import statuses_of, sum_up
from tests.render.stories import after_glass, at_call, at_look, at_restore, at_signoff
from tests.story import NOON, Story
from tests.web.room import TOKEN, Room, after_the_first_visit


def words_of(story: Story, **later: float) -> list[str]:
    at = story.at + timedelta(**later)
    return [one.word for one in statuses_of(story.run, Clocks.of(story.run, at))]


STANDING: dict[str, tuple[Callable[[], Story], list[str]]] = {
    "work": (at_restore, ["going on"]),
    "signature": (at_signoff, ["waiting for a signature"]),
    "call": (at_call, ["another run works"]),
    "paused": (lambda: at_restore().when("ana", Pause("Lunch")), ["paused"]),
    "nobody operates": (lambda: Story(at_look().book, inputs={"damage": "x"}).started("dora"), ["without operator"]),
    "held": (lambda: at_signoff().later(minutes=20).when("clock", Tick()), ["unanswered", "held"]),
    "ended": (lambda: at_restore().when("ana", Stop("Wrong")), []),
}


@pytest.mark.parametrize("name", STANDING)
def test_how_a_run_stands_is_a_word(name: str) -> None:
    make, words = STANDING[name]
    assert words_of(make()) == words


def test_the_rto_is_said_before_it_is_over_and_after() -> None:
    story = at_restore()
    assert words_of(story, hours=2) == ["going on"]
    assert words_of(story, hours=3) == ["near RTO"]
    assert words_of(story, hours=5) == ["over RTO"]


def test_one_line_says_what_is_going_on() -> None:
    def standing(story: Story) -> tuple[object, ...]:
        return statuses_of(story.run, Clocks.of(story.run, story.at))

    assert sum_up([], 0, 0) == "No recovery is open."
    assert sum_up([], 2, 0) == "No recovery is open. 2 drills are under way."
    assert sum_up([standing(at_restore())], 0, 0) == "One recovery is open, and nothing is amiss."  # type: ignore[list-item]
    two = [standing(at_signoff()), standing(at_restore().when("ana", Pause("Lunch")))]
    assert sum_up(two, 1, 0) == (  # type: ignore[arg-type]
        "2 recoveries are open: 1 waiting for a signature, 1 paused. A drill is under way."
    )


def test_the_last_recovery_and_the_last_drill_stand_against_the_rto(room: Room) -> None:
    """An end without data back is no recovery; a drill that was stopped is a drill all the same."""
    asset = "orders-db"
    room.keep(at_restore().when("ana", Stop("Wrong")), "ORDERS-1")
    assert say_last(room.sources().search.last_ended("asset"), "asset") == {}
    room.keep(at_look(mode="drill").later(hours=5).when("ana", Stop("Enough")), "ORDERS-2")
    room.keep(at_look(mode="drill").later(minutes=5).when("ana", Stop("Enough")), "ORDERS-3")
    last = say_last(room.sources().search.last_ended("asset"), "asset")
    assert set(last) == {(asset, "drill")}
    assert last[asset, "drill"].ref == "ORDERS-2", "it ended later than the third"
    assert last[asset, "drill"].late
    assert "5 h" in last[asset, "drill"].said
    assert "over its RTO" in last[asset, "drill"].said
    page = room.read("/assets")
    assert "over its RTO" in page
    assert "ORDERS-2" in page


def test_who_reads_what_is_in_the_log_once_and_what_was_searched_for_is_not() -> None:
    judge = noting(after_the_first_visit(loopback_access("127.0.0.1", TOKEN)))
    scope = {
        "type": "http", "method": "GET", "path": "/runs", "query_string": b"q=secret", "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"127.0.0.1:8080")], "http_version": "1.1",
    }  # fmt: skip
    with capture_logs() as said:
        request = Request(scope)
        assert isinstance(judge(request), PageReader)
        assert isinstance(judge(request), PageReader)
    assert said == [{"event": "read", "log_level": "info", "reader": "this machine", "path": "/runs"}]
    with capture_logs() as said:
        assert not isinstance(judge(Request(scope | {"client": ("10.0.0.9", 1)})), PageReader)
    assert said == []


@pytest.mark.slow
def test_a_long_log_is_no_maze_for_the_keyboard(room: Room, page: Page) -> None:
    """With three hundred records the whole page has at most forty stops of the Tab key, and the log comes last."""
    story = after_glass()
    for number in range(300):
        story.later(seconds=1).when("ana", AddNote(f"Note {number}"))
    room.keep(story)
    room.at = NOON + timedelta(hours=3)
    with room.open() as address:
        page.set_viewport_size({"width": 1400, "height": 900})
        page.goto(f"{address}/runs/ORDERS-7")
        stops = page.evaluate(
            "[...document.querySelectorAll('a[href],button,input,select,summary,[tabindex=\"0\"]')]"
            ".filter(one => one.tabIndex >= 0 && one.checkVisibility()).length"
        )
        assert stops <= 40
        boxes = {name: page.locator(f"#{name}").bounding_box() for name in ("now", "told", "time", "entries")}
        assert all(boxes.values())
        top = {name: box["y"] for name, box in boxes.items() if box is not None}
        left = {name: box["x"] for name, box in boxes.items() if box is not None}
        assert left["told"] > left["now"], "two columns on a wide screen"
        assert top["told"] < top["entries"]
        assert top["time"] < top["entries"]
        page.set_viewport_size({"width": 390, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

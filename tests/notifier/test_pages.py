"""The notifier when people are called: they hear first, whatever Slack limits; what it took is on record, once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest
from sqlalchemy import update

from bot.format.catalogue import CLOCK
from bot.journal import tables
from bot.journal.database import open_engine
from bot.notifier.calling import has_untold_page
from bot.notifier.messenger import Failed, Impossible, Label, Limited, Sent
from bot.notifier.schedule import Schedule
from bot.render.message import Message
from bot.render.runs import JOIN
from bot.render.thread import CARD
from bot.run.commands import AnswerPage, AskHelp, NoteAttempt, Tick
from bot.run.paging.events import NobodyReached, PageTried
from bot.run.situation import FrozenRung
from bot.run.state import Run
from tests.fake_slack import POST, FakeSlack, Killed
from tests.notifier.test_notifier import House, wait_until
from tests.places import migrated

RUNGS = (
    FrozenRung(0, ("rotation:dba",), ("ben",), ("slack", "pager")),
    FrozenRung(600, ("team:leads",), ("ben", "chen", "dora"), ("slack", "pager")),
)
HOME, BENS = "C0INC", "DU0BEN"


@dataclass
class Switchboard(FakeSlack):
    """A Slack that limits posts to some channels, or refuses direct messages to some people."""

    limited: dict[str, float] = field(default_factory=dict)
    """Channel -> seconds to leave it alone."""
    gone: dict[str, str] = field(default_factory=dict)
    """Slack id -> Slack's word."""
    asked: list[tuple[str, float]] = field(default_factory=list)
    """Channel of every post that was asked for, and when."""

    def post(self, channel: str, message: Message, label: Label, thread_ts: str | None = None) -> Sent | Failed:
        if channel in self.gone:
            return self._note(POST, label, Impossible(self.gone[channel]))
        channel = self.direct(channel) if channel.startswith("U") else channel
        self.asked.append((channel, monotonic()))
        if channel in self.limited:
            return Limited(self.limited[channel])
        return super().post(channel, message, label, thread_ts)

    def open_dm(self, user: str) -> str | Failed:
        return Impossible(self.gone[user]) if user in self.gone else super().open_dm(user)


@pytest.fixture
def slack() -> Switchboard:
    return Switchboard()


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path, slack: Switchboard) -> Iterator[House]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'notifier.db'}"
    else:
        url = str(request.getfixturevalue("postgres_database"))
    engine = open_engine(url)
    migrated(engine)
    engine.dispose()
    made = House(url, slack)
    yield made
    made.engine.dispose()


def begin(house: House, **changes: object) -> Run:
    """Ana starts; Ben is on call, and then the leads."""
    return house.start(rungs=RUNGS, **changes)


def call(house: House, run: Run) -> Run:
    """The clock looks: whoever is on call first hears that a run began."""
    return house.handler.handle(run.id, Tick(), CLOCK, "clock").run


def tried(house: House, run: Run) -> list[PageTried]:
    return [event for _, event, _ in house.handler.history(run.id) if isinstance(event, PageTried)]


@contextmanager
def come_back(house: House) -> Iterator[House]:
    """The same house at work after a kill, once the lease of the process that is gone has run out."""
    house.journal.change(update(tables.run), {"lease_token": None, "lease_until": None})
    reborn = house.again()
    with reborn.working(1):
        yield reborn
    reborn.engine.dispose()


def test_a_page_is_a_message_and_a_post_and_the_record_says_that_slack_took_it(house: House) -> None:
    """The direct message beside all else; a second look sends nothing and records nothing."""
    run = call(house, begin(house))
    house.tell(run.id)
    keys = house.slack.keys()
    assert {"page:1:ben", "page:1"} <= set(keys)
    assert house.slack.standing("page:1:ben")[0].channel == BENS
    assert tried(house, run) == [PageTried(1, "ben", "slack", 1, reached=True, answer="accepted")]
    made, head = len(house.slack.calls), house.handler.load(run.id).seq
    assert house.notifier.tell_run(run.id) is None
    assert (len(house.slack.calls), house.handler.load(run.id).seq) == (made, head)
    assert house.untrue(run.id) == []


def test_each_page_has_one_link_back_to_the_card(house: House) -> None:
    """*Open the run* leads to the card by itself; where the card's address is not known yet, by a form."""
    run = call(house, begin(house))
    house.tell(run.id)
    card = house.slack.standing(CARD, run.id)[0]
    there = house.slack.link_to(card.channel, card.ts)
    before = set(house.slack.keys())
    house.handler.handle(run.id, AskHelp("look", 1, "It fails"), "ana", "slack")
    call(house, run)
    house.tell(run.id)
    now = house.slack.keys()
    fresh = [key for key in now if key.startswith("page:") and key not in before]
    assert {key.count(":") for key in fresh} == {1, 2}, "in the thread and directly"
    for key in fresh:
        message = house.slack.standing(key, run.id)[0].message
        elements = [one for block in message.blocks if block["type"] == "actions" for one in block["elements"]]  # type: ignore[attr-defined]
        ways = [(one["url"], one["text"]["text"]) for one in elements if "url" in one]
        assert ways == [(there, "Open the run")]
        assert JOIN not in str(elements)
    assert house.untrue(run.id) == []


def test_a_rung_of_many_is_told_by_one_call_each(house: House, slack: Switchboard) -> None:
    """In the order of the rung. A conversation is opened by the post itself, not by a call that Slack limits more."""
    run = call(house, house.start(rungs=(FrozenRung(0, ("team:leads",), ("dora", "ben", "chen"), ("slack",)),)))
    house.tell(run.id)
    assert [channel for channel, _ in slack.asked if channel.startswith("D")] == ["DU0DORA", BENS, "DU0CHEN"]
    assert slack.opened == []
    assert {event.person for event in tried(house, run)} == {"dora", "ben", "chen"}


def test_a_limit_on_the_channel_of_a_run_delays_no_direct_message(house: House, slack: Switchboard) -> None:
    """The channel is to be left alone for 30 s: who is called hears at once, and the channel is left alone."""
    slack.limited[HOME] = 30.0
    run = call(house, begin(house))
    wait = house.notifier.tell_run(run.id)
    assert wait == pytest.approx(30, abs=1)
    assert slack.keys() == ["page:1:ben"]
    assert len(tried(house, run)) == 1
    asked = len(slack.asked)
    house.notifier.tell_run(run.id)
    assert len(slack.asked) == asked, "the channel is left alone"


def test_a_limit_on_one_channel_delays_no_other_runs_page(house: House, slack: Switchboard) -> None:
    """Of two runs in two channels one is limited for 30 s: the other one's page is out long before."""
    limited, free = begin(house), begin(house, channel="C0DATA", reason="another table")
    house.tell(limited.id)
    house.tell(free.id)
    slack.limited[HOME] = 30.0
    with house.working(2):
        call(house, limited)
        call(house, free)
        wait_until(lambda: bool(slack.standing("page:1", free.id) and slack.standing("page:1:ben", limited.id)), 20)
    assert slack.standing("page:1", limited.id) == []


def test_what_slack_says_of_a_channel_holds_for_every_run_there(house: House, slack: Switchboard) -> None:
    """Ten runs in a channel that is to be left alone: it is asked once, and the page of an eleventh is out at once."""
    crowd = [begin(house, reason=f"table {number}") for number in range(10)]
    free = begin(house, channel="C0DATA", reason="another table")
    for run in (*crowd, free):
        house.tell(run.id)
    slack.limited[HOME] = 30.0
    slack.asked.clear()
    for run in crowd:
        house.note(run.id, "still wrong")
    for run in crowd:
        assert (house.notifier.tell_run(run.id) or 0) > 25
    assert [channel for channel, _ in slack.asked] == [HOME]
    with house.working(1):
        call(house, free)
        wait_until(lambda: bool(slack.standing("page:1", free.id)), 20)
    assert [channel for channel, _ in slack.asked].count(HOME) == 1


def test_a_call_is_tried_though_the_app_was_refused_before_it(house: House, slack: Switchboard) -> None:
    """The card was refused for a reason of the app: the call is tried all the same, once, and recorded."""
    slack.gone = {HOME: "missing_scope", "U0BEN": "missing_scope"}
    run = begin(house)
    house.notifier.tell_run(run.id)
    assert slack.calls[0] == (POST, CARD)
    call(house, run)
    for _ in range(3):
        house.notifier.tell_run(run.id)
    assert tried(house, run) == [PageTried(1, "ben", "slack", 1, reached=False, answer="missing_scope", last=True)]
    assert slack.calls.count((POST, "page:1:ben")) == 1


def test_a_limited_direct_message_keeps_neither_the_thread_nor_the_card(house: House, slack: Switchboard) -> None:
    slack.limited[BENS] = 30.0
    run = call(house, begin(house))
    assert house.notifier.tell_run(run.id) == pytest.approx(30, abs=1)
    assert {CARD, "page:1"} <= set(slack.keys())
    assert tried(house, run) == []


def test_whom_slack_refuses_is_on_record_and_the_climb_goes_on(house: House, slack: Switchboard) -> None:
    """An account that is gone: said on the page and in a post, never tried again, and it blocks nobody."""
    slack.gone["U0BEN"] = "user_disabled"
    run = call(house, begin(house))
    house.tell(run.id)
    assert tried(house, run) == [PageTried(1, "ben", "slack", 1, reached=False, answer="user_disabled", last=True)]
    assert any(isinstance(event, NobodyReached) for _, event, _ in house.handler.history(run.id))
    assert "Slack to Ben Okafor failed: user_disabled" in str(slack.standing("page:1")[0].message.blocks)
    assert not [key for key in slack.posted if key.startswith("lost:")]
    call(house, run)
    house.tell(run.id)
    assert "page:2:chen" in slack.posted, "the next ones are called at once"
    assert len([one for one in tried(house, run) if one.person == "ben" and one.page == 1]) == 1


@pytest.mark.parametrize("call_number", range(7))
@pytest.mark.parametrize("when", ["killed before", "killed after"])
def test_a_kill_anywhere_loses_no_page_and_no_note_of_it(house: House, call_number: int, when: str) -> None:
    """Whatever the moment: afterwards each message stands once, and the record says once that Slack took it."""
    run = call(house, begin(house))
    kills = iter([""] * call_number + [when])
    house.slack.trouble = lambda _method: next(kills, "")
    with suppress(Killed):
        house.notifier.tell_run(run.id)
    house.slack.trouble = lambda _method: ""
    with come_back(house) as after:
        wait_until(lambda: not after.journal.untold(10) and len(tried(after, run)) == 1)
    assert [after.slack.keys().count(key) for key in ("page:1", "page:1:ben", CARD)] == [1, 1, 1]


def test_a_kill_between_message_and_note_is_made_good(house: House) -> None:
    """Slack took the page, and the process ended before the record said so: the next one says it, without a post."""
    run = call(house, begin(house))

    def killed(_run_id: str, attempt: NoteAttempt) -> None:
        raise Killed(attempt)

    house.record_call = killed  # type: ignore[method-assign, assignment]
    house.notifier = house.new_notifier()
    with pytest.raises(Killed):
        house.notifier.tell_run(run.id)
    assert tried(house, run) == []
    posts = len([method for method, key in house.slack.calls if method == POST and key == "page:1:ben"])
    with come_back(house) as after:
        wait_until(lambda: len(tried(after, run)) == 1)
    assert len([one for one in after.slack.calls if one == (POST, "page:1:ben")]) == posts == 1


def test_an_answer_changes_every_message_of_the_page(house: House) -> None:
    run = call(house, begin(house))
    house.tell(run.id)
    house.handler.handle(run.id, AnswerPage(1), "ben", "slack")
    house.tell(run.id)
    for key in ("page:1", "page:1:ben"):
        assert "Ben Okafor is on it" in house.slack.standing(key)[0].message.text
    assert house.untrue(run.id) == []


def test_a_run_without_a_channel_still_calls_people(house: House) -> None:
    """One that was begun at a terminal has no card, and its people have direct messages all the same."""
    run = call(house, begin(house, channel=None, owner_channel=None))
    house.tell(run.id)
    assert house.slack.keys() == ["page:1:ben"]
    assert len(tried(house, run)) == 1


def test_a_run_is_urgent_until_slack_took_its_page(house: House) -> None:
    run = begin(house)
    assert not has_untold_page(run)
    run = call(house, run)
    assert has_untold_page(run)
    house.tell(run.id)
    assert not has_untold_page(house.handler.load(run.id))
    quiet = replace(run, pages=replace(run.pages, pages=(replace(run.pages.pages[0], via=("pager",)),)))
    assert not has_untold_page(quiet), "Slack has nothing to do with it"


def test_an_urgent_run_jumps_the_queue_and_a_rush_does_not_hold_it() -> None:
    """In a rush one run is looked at at a time, with a rest after it; who is called does not wait for that."""
    now = [100.0]
    schedule = Schedule(lambda: now[0], lambda: True)
    schedule.add("first")
    schedule.add("second")
    assert schedule.take(0) == "first"
    now[0] += 0.5
    assert schedule.take(0) is None, "another worker is at it"
    schedule.add("paged", urgent=True)
    assert schedule.take(0) == "paged"
    schedule.done("first")
    assert schedule.take(0) is None, "a rest after the look"
    schedule.add("second", urgent=True)
    assert schedule.take(0) == "second"


def test_a_worker_that_waits_out_a_rush_wakes_for_a_page() -> None:
    schedule = Schedule(monotonic, lambda: True)
    schedule.add("first")
    assert schedule.take(0) == "first"
    found: list[tuple[str | None, float]] = []
    waiting = Thread(target=_take, args=(schedule, lambda one: found.append((one, monotonic()))))
    waiting.start()
    sleep(0.1)
    added = monotonic()
    schedule.add("paged", urgent=True)
    waiting.join(30)
    assert [name for name, _ in found] == ["paged"]
    assert found[0][1] - added < 0.5


def _take(schedule: Schedule, tell: Callable[[str | None], object]) -> None:
    tell(schedule.take(3))

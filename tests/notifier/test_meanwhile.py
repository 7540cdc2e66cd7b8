"""The notifier after Slack was away: pages first and once each, one post of what happened, then what is open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.engine import CommandHandler
from bot.format.catalogue import CLOCK
from bot.journal.database import open_engine
from bot.notifier.calling import has_untold_page
from bot.render.meanwhile import MANY, records_listed
from bot.render.message import Message
from bot.render.thread import CARD, pages_of
from bot.run.commands import Tick
from bot.run.paging.events import PageTried
from bot.run.state import Run
from tests.fake_slack import POST, FakeSlack, Killed
from tests.notifier.test_notifier import BOOK, House, utc_now
from tests.notifier.test_pages import come_back
from tests.places import migrated


@dataclass
class Winding(House):
    """A house whose clock can be wound on."""

    ahead: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.handler = CommandHandler(
            self.journal, lambda _digest: BOOK, self.now, self.new_id, lambda run, _due: self.notifier.wake(run)
        )

    def now(self) -> datetime:
        return utc_now() + self.ahead


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Winding]:
    url = f"sqlite:///{tmp_path / 'notifier.db'}"
    engine = open_engine(url)
    migrated(engine)
    engine.dispose()
    made = Winding(url, FakeSlack())
    yield made
    made.engine.dispose()


def walk_on(house: House, run: Run, notes: int = 20) -> None:
    """The walk goes on at a terminal: two steps, and many notes."""
    house.done(run.id)
    for number in range(notes):
        house.note(run.id, f"note {number}")
    house.done(run.id, seen="7")


def lists(house: House) -> list[str]:
    return [key for key in house.slack.posted if records_listed(key)]


def words_of(message: Message) -> str:
    return str(message.blocks)


def test_thirty_events_are_one_list_and_the_step_that_is_open(house: Winding) -> None:
    """The thread takes two posts instead of 24: everything that happened in order, then what to do now."""
    run = house.start()
    house.tell(run.id)
    told = len(house.slack.keys())
    walk_on(house, run)
    house.tell(run.id)
    new = house.slack.keys()[told:]
    assert [key.partition(":")[0] for key in new] == ["meanwhile", "step"]
    assert new[-1] == "step:fix:1"
    [listed] = house.slack.standing(new[0])
    said = words_of(listed.message)
    places = [said.index(f"note {number}") for number in range(20)]
    assert places == sorted(places)
    assert house.untrue(run.id) == []
    made = len(house.slack.calls)
    assert house.notifier.tell_run(run.id) is None
    assert len(house.slack.calls) == made


def test_a_list_names_every_record_and_the_head_of_the_chain(house: Winding) -> None:
    """Told from before the walk to after it: whoever compares the chain finds its head in the list."""
    run = house.start()
    house.tell(run.id)
    before = house.handler.load(run.id).seq
    walk_on(house, run)
    head = house.journal.head(run.id)
    house.tell(run.id)
    assert head is not None
    [key] = lists(house)
    assert records_listed(key) == range(before + 1, head[0] + 1)
    assert head[1] in words_of(house.slack.standing(key)[0].message)


def test_so_few_as_people_can_read_are_posts_of_their_own(house: Winding) -> None:
    run = house.start()
    house.tell(run.id)
    told = len(house.slack.keys())
    for number in range(MANY):
        house.note(run.id, f"note {number}")
    house.tell(run.id)
    assert [key.partition(":")[0] for key in house.slack.keys()[told:]] == ["event"] * MANY


def test_pages_that_nobody_heard_are_one_message_each_and_come_first(house: Winding) -> None:
    """Ana was called again and again while Slack was away: one message for all of it, and the record knows of each."""
    run = house.start()
    house.tell(run.id)
    told = len(house.slack.keys())
    for _ in range(6):
        house.ahead += timedelta(minutes=12)
        house.handler.handle(run.id, Tick(), CLOCK, "clock")
    for number in range(MANY + 1):
        house.note(run.id, f"note {number}")
    pages = house.handler.load(run.id).pages.pages
    calls = {(page.number, one) for page in pages for one in page.people}
    matters = {(one, page.reason, page.step) for page in pages for one in page.people}
    house.tell(run.id)
    new, now = house.slack.keys()[told:], house.handler.load(run.id)
    direct = [key for key in new if key.startswith("page:") and key.count(":") == 2]
    assert len(direct) <= len(matters) < len(calls)
    heard = [(one, page) for key in direct for number, one in pages_of(now, key) if (page := now.pages.page(number))]
    assert {(one, page.reason, page.step) for one, page in heard} == matters
    in_thread = [key.partition(":")[0] for key in new if key not in direct]
    assert in_thread == ["page"] * in_thread.count("page") + ["meanwhile"]
    tried = [event for _, event, _ in house.handler.history(run.id) if isinstance(event, PageTried)]
    assert sorted((one.page, one.person) for one in tried) == sorted(calls)
    assert {one.answer for one in tried} >= {"accepted", f"accepted, with page {direct[-1].split(':')[1]}"}
    assert not has_untold_page(house.handler.load(run.id))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", range(4))
def test_a_kill_on_the_way_leaves_one_list_though_more_happens_meanwhile(house: Winding, call: int, when: str) -> None:
    """Whatever was sent when it ended, each record is told once: in the list, or, if it came after, by itself."""
    run = house.start()
    house.tell(run.id)
    walk_on(house, run)
    calls = iter(range(100))
    house.slack.trouble = lambda _method: f"killed {when}" if next(calls) == call else ""
    with pytest.raises(Killed):
        house.notifier.tell_run(run.id)
    house.slack.trouble = lambda _method: ""
    house.note(run.id, "one more")
    with come_back(house) as reborn:
        row = reborn.journal.run_row(run.id)
        while row is not None and row.told < row.head:
            row = reborn.journal.run_row(run.id)
        assert reborn.untrue(run.id) == []
    keys = house.slack.keys()
    assert len(keys) == len(set(keys))
    listed = [seq for key in lists(house) for seq in records_listed(key)]
    assert len(listed) == len(set(listed))
    head = house.handler.load(run.id).seq
    assert head in listed or f"event:{head}" in keys


def test_erased_words_leave_the_list_too(house: Winding) -> None:
    run = house.start()
    house.tell(run.id)
    walk_on(house, run)
    house.tell(run.id)
    [key] = lists(house)
    secret = next(seq for seq, event, _ in house.handler.history(run.id) if getattr(event, "words", "") == "note 7")
    assert "note 7" in words_of(house.slack.standing(key)[0].message)
    house.handler.redact(run.id, secret, "a password", "ana", "terminal")
    house.tell(run.id)
    said = words_of(house.slack.standing(key)[0].message)
    assert "note 7" not in said
    assert "note 8" in said


def test_a_list_pings_nobody_and_fits_slack(house: Winding) -> None:
    """What people typed stays harmless, and a hundred events are the newest of them with the rest counted."""
    run = house.start()
    house.tell(run.id)
    for number in range(100):
        house.note(run.id, f"<!channel> <@U0BEN> *bold* {'&' * 400} {number}")
    house.tell(run.id)
    [key] = lists(house)
    message = house.slack.standing(key)[0].message
    said = words_of(message)
    assert "<!channel>" not in said
    assert "<@U0BEN>" not in said
    assert "earlier ones stand in the record" in said
    assert len(message.blocks) <= 50
    texts = [text for block in message.blocks if isinstance(text := block.get("text"), dict)]
    assert texts
    assert all(len(str(text["text"])) <= 3000 for text in texts)
    assert POST in [method for method, of in house.slack.calls if of == key]
    assert CARD in house.slack.posted

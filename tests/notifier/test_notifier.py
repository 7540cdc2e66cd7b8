"""The notifier against a Slack that fails: in order, at least once, true in the end, and each key posted once."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest
from sqlalchemy import Executable, delete, update

from bot.engine import CommandHandler, StartPlan
from bot.format.catalogue import CLOCK
from bot.journal import tables
from bot.journal.database import open_engine
from bot.journal.outbox import Outbox
from bot.journal.store import Journal
from bot.notifier.backlog import BacklogReader
from bot.notifier.calling import PageHooks, has_untold_page
from bot.notifier.notifier import WORKERS, Notifier
from bot.render.card import card
from bot.render.thread import CARD
from bot.run.commands import AddNote, AsksBack, Begin, Choose, Command, Finish, Here, NoteAttempt, Refused, Skip
from bot.run.events import Ended
from bot.run.places import Over
from bot.run.state import Run
from bot.stopping import Stopping
from tests.fake_slack import LOOK, POST, UPDATE, FakeSlack, Killed
from tests.places import migrated
from tests.story import book_of, start_command

WALK = """
vars: {seen: {type: int}}
steps:
  - {id: look, do: Look at the table, phase: assess, skip: true, go: {ok: count}}
  - {id: count, do: Count the rows, phase: assess, answer: {var: seen}, go: {ok: fix}}
  - {id: fix, run: Put the rows back, phase: mend, effect: change, undo: {none: It is rebuilt.},
     exec: {argv: [fix, "{{ vars.seen }}"]}, max_visits: 1000, go: {ok: again, fail: hold, timeout: hold}}
  - {id: again, decide: Once more, phase: mend, options: [
      {id: more, label: Once more, when: Rows are missing., go: fix},
      {id: tell, label: Enough, when: All is there., go: tell}], go: {unsure: hold}}
  - {id: tell, notify: Tell the others, phase: close, to: [incident, "team:other", "channel:C0ELSE"], say: It is back.,
     go: {ok: done}}
  - {id: done, end: Close the run, phase: close, outcome: recovered}
  - {id: hold, decide: Hold, who: lead, options: [{id: stop, label: Stop, when: Worse., go: stopped},
     {id: go, label: Go on, when: Fine., go: again}], go: {unsure: hold}, max_visits: 20}
  - {id: stopped, end: Stop, outcome: escalated}
"""
BOOK = book_of(WALK)
KEYS = {CARD, "event:1", "step:look:1", "step:count:1", "phase:6", "step:fix:1"}


@dataclass
class House:
    """A desk and a notifier on one database; `again` is the same house after the process was killed."""

    url: str
    slack: FakeSlack
    ids: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000_000)))
    teams: dict[str, str] = field(default_factory=lambda: {"other": "C0OTHER"})

    def __post_init__(self) -> None:
        self.engine = open_engine(self.url)
        self.journal = Journal(self.engine)
        self.handler = CommandHandler(
            self.journal, lambda _digest: BOOK, utc_now, self.new_id, lambda run, _due: self.notifier.wake(run)
        )
        self.outbox = Outbox(self.journal)
        self.notifier = self.new_notifier()

    def new_notifier(self, token: str = "one") -> Notifier:
        return Notifier(
            journal=self.journal, messenger=self.slack, book_of=lambda _digest: BOOK, token=token,
            channel_of_team=self.teams.get, calls=PageHooks(self.record_call, self.is_urgent),
        )  # fmt: skip

    def record_call(self, run_id: str, attempt: NoteAttempt) -> None:
        """What became of calling somebody goes into the record."""
        self.handler.handle(run_id, attempt, CLOCK, "clock")

    def is_urgent(self, run_id: str) -> bool:
        run = self.handler.seen(run_id)
        return run is not None and has_untold_page(run)

    def new_id(self) -> str:
        return f"id{next(self.ids):030d}"

    def start(self, **changes: object) -> Run:
        begun = start_command(**changes)
        plan = StartPlan(replace(begun, ref=""), BOOK, {begun.digest: WALK}, "ORDERS")
        return self.handler.start(plan, "ana", "slack").run

    def act(self, run_id: str, command: Callable[[Here], Command], by: str = "ana") -> Run:
        """Somebody presses at the step where the run stands."""
        here = self.handler.load(run_id).here
        assert not isinstance(here, Over)
        wanted = command(Here(here.step, here.visit))
        try:
            return self.handler.handle(run_id, wanted, by, "slack").run
        except AsksBack as asked:
            return self.handler.handle(run_id, asked.again, by, "slack").run

    def done(self, run_id: str, **answers: str) -> Run:
        return self.act(run_id, lambda at: Finish(at.step, at.visit, "ok", answers))

    def begin(self, run_id: str) -> Run:
        return self.act(run_id, lambda at: Begin(at.step, at.visit))

    def choose(self, run_id: str, option: str, by: str = "ana") -> Run:
        return self.act(run_id, lambda at: Choose(at.step, at.visit, option), by)

    def note(self, run_id: str, words: str) -> Run:
        return self.handler.handle(run_id, AddNote(words), "ben", "slack").run

    def tell(self, run_id: str, tries: int = 60) -> None:
        """Tell as often as it takes."""
        for _ in range(tries):
            wait = self.notifier.tell_run(run_id)
            if wait is None:
                return
            sleep(min(wait, 0.3))
        raise AssertionError("it was never told to the end")

    def untrue(self, run_id: str) -> list[str]:
        """Keys of messages that do not show what the record says now."""
        row = self.journal.run_row(run_id)
        assert row is not None
        tale = BacklogReader(self.journal, lambda _digest: BOOK).read(replace(row, told=0))
        assert tale is not None
        shown = {
            one.label.key: one.message.digest for one in list(self.slack.messages.values()) if one.label.run == run_id
        }
        return [key for key, message in tale.wanted.items() if key in shown and shown[key] != message.digest]

    @contextmanager
    def working(self, threads: int = 4) -> Iterator[None]:
        """The notifier at work on threads of its own."""
        stopping = Stopping()
        workers = [Thread(target=self.notifier.run, args=(stopping,)) for _ in range(threads)]
        for worker in workers:
            worker.start()
        try:
            yield
        finally:
            stopping.set()
            for worker in workers:
                worker.join(30)
            assert not any(worker.is_alive() for worker in workers)

    def again(self) -> "House":
        return House(self.url, self.slack, self.ids)


def utc_now() -> datetime:
    return datetime.now(UTC)


def wait_until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    until = monotonic() + seconds
    while not holds():
        assert monotonic() < until, "it did not come about"
        sleep(0.005)


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'notifier.db'}"
    else:
        url = str(request.getfixturevalue("postgres_database"))
    engine = open_engine(url)
    migrated(engine)
    engine.dispose()
    made = House(url, FakeSlack())
    yield made
    made.engine.dispose()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[House]:
    """A house on SQLite, for what does not depend on the database."""
    url = f"sqlite:///{tmp_path / 'notifier.db'}"
    engine = open_engine(url)
    migrated(engine)
    engine.dispose()
    made = House(url, FakeSlack())
    yield made
    made.engine.dispose()


def test_a_start_stands_as_a_card_with_the_log_beneath_it(house: House) -> None:
    """The card first, at once the first step in its thread, then what to know; a second look sends nothing."""
    run = house.start()
    house.tell(run.id)
    assert house.slack.keys() == [CARD, "step:look:1", "event:1"]
    top, *rest = house.slack.messages.values()
    assert (top.channel, top.thread_ts) == ("C0INC", None)
    assert {(one.channel, one.thread_ts) for one in rest} == {("C0INC", top.ts)}
    made = len(house.slack.calls)
    assert house.notifier.tell_run(run.id) is None
    assert len(house.slack.calls) == made
    row = house.journal.run_row(run.id)
    assert row is not None
    assert (row.told, row.thread_ts) == (row.head, top.ts)


def test_the_next_step_is_posted_before_the_old_one_shrinks(house: House) -> None:
    """A click posts first, as a post is what notifies; then the card and the old step are made true."""
    run = house.start()
    house.tell(run.id)
    house.slack.calls.clear()
    run = house.done(run.id)
    house.tell(run.id)
    assert house.slack.calls == [(POST, "step:count:1"), (UPDATE, CARD), (UPDATE, "step:look:1")]
    assert "Done" in house.slack.standing("step:look:1")[0].message.text
    assert house.slack.standing(CARD)[0].message.digest == card(run).digest


def test_what_happened_while_slack_was_away_is_told_in_order_and_once(house: House) -> None:
    """Ten events at once: posts in the order of the record, each living message changed at most once."""
    run = house.start()
    house.tell(run.id)
    for number in range(4):
        house.note(run.id, f"note {number}")
    house.done(run.id)
    house.done(run.id, seen="7")
    house.tell(run.id)
    new = house.slack.keys()[3:]
    assert [key.partition(":")[0] for key in new] == ["event"] * 4 + ["step", "phase", "step"]
    assert new == sorted(set(new), key=new.index)
    assert max(one.edits for one in house.slack.messages.values()) == 1
    assert house.untrue(run.id) == []


@pytest.mark.parametrize("kind", ["after", "before"])
def test_a_doubtful_post_is_looked_for_before_it_is_posted_again(house: House, kind: str) -> None:
    """The answer to a post was lost: one that stands there is found by its key, one that does not is posted."""
    run = house.start()
    house.tell(run.id)
    house.done(run.id)
    lost = iter([kind])
    house.slack.trouble = lambda method: next(lost, "") if method == POST else ""
    assert house.notifier.tell_run(run.id) is not None
    house.tell(run.id)
    assert len(house.slack.standing("step:count:1")) == 1
    posts = [key for method, key in house.slack.calls if method == POST]
    assert posts.count("step:count:1") == (1 if kind == "after" else 2)
    assert (LOOK, "") in house.slack.calls
    assert house.untrue(run.id) == []


@pytest.mark.parametrize("kind", ["after", "before"])
def test_a_doubtful_card_is_looked_for_in_the_channel(house: House, kind: str) -> None:
    lost = iter([kind])
    house.slack.trouble = lambda method: next(lost, "") if method == POST else ""
    run = house.start()
    house.tell(run.id)
    assert house.slack.keys() == [CARD, "step:look:1", "event:1"]


def test_where_nothing_may_be_read_a_doubtful_post_goes_out_again(small: House) -> None:
    """Without the right to read, a message twice is better than none."""
    run = small.start()
    small.tell(run.id)
    small.done(run.id)
    lost = iter(["after"])
    small.slack.trouble = lambda method: next(lost, "") if method == POST else "missing_scope" if method == LOOK else ""
    small.tell(run.id)
    assert len(small.slack.standing("step:count:1")) == 2


def test_a_limit_stops_its_method_for_that_run_only(small: House) -> None:
    """Changes of one run are limited: its new step goes out, and another run's changes too."""
    first, second = small.start(), small.start(reason="another table")
    small.tell(first.id)
    small.tell(second.id)
    small.done(first.id)
    limits = iter(["limited"])
    small.slack.trouble = lambda method: next(limits, "") if method == UPDATE else ""
    small.slack.calls.clear()
    wait = small.notifier.tell_run(first.id)
    assert small.slack.calls == [(POST, "step:count:1"), (UPDATE, CARD)]
    assert wait == pytest.approx(0.2, abs=0.05)
    small.done(second.id)
    assert small.notifier.tell_run(second.id) is None
    made = len(small.slack.calls)
    assert small.notifier.tell_run(first.id) is not None, "the limit still holds"
    assert len(small.slack.calls) == made
    small.tell(first.id)
    assert small.untrue(first.id) == []


def test_only_the_newest_state_of_a_limited_card_is_sent(small: House) -> None:
    """Five changes during a limit cost one update of the card."""
    run = small.start()
    small.tell(run.id)
    small.done(run.id)
    small.done(run.id, seen="7")
    limits = iter(["limited"])
    small.slack.trouble = lambda method: next(limits, "") if method == UPDATE else ""
    small.notifier.tell_run(run.id)
    for _ in range(5):
        small.begin(run.id)
        small.done(run.id)
        small.choose(run.id, "more")
    small.tell(run.id)
    assert small.slack.standing(CARD)[0].edits == 1
    assert small.untrue(run.id) == []


def test_a_deleted_card_is_posted_again_and_a_deleted_old_step_is_forgotten(small: House) -> None:
    run = small.start()
    small.tell(run.id)
    small.slack.delete(CARD)
    small.slack.delete("step:look:1")
    small.done(run.id)
    small.tell(run.id)
    assert small.slack.keys().count(CARD) == 1
    assert small.slack.standing("step:look:1") == []
    small.done(run.id, seen="7")
    small.tell(run.id)
    newest = small.slack.standing("step:fix:1")[0]
    assert newest.thread_ts == small.slack.standing(CARD)[0].ts
    assert small.untrue(run.id) == []


def test_a_deleted_post_of_the_present_step_is_posted_again(small: House) -> None:
    """People act on it: `Begin` changes it, it is gone, and it comes back with its buttons."""
    run = small.start()
    small.done(run.id)
    small.done(run.id, seen="7")
    small.tell(run.id)
    small.slack.delete("step:fix:1")
    small.begin(run.id)
    small.tell(run.id)
    assert len(small.slack.standing("step:fix:1")) == 1
    assert small.untrue(run.id) == []


def test_a_run_lives_with_the_owner_team_where_the_bot_was_not_invited(small: House) -> None:
    """The card goes to the owner's channel and says why."""
    small.slack.channels = {"C0DATA"}
    run = small.start()
    small.tell(run.id)
    assert {one.channel for one in small.slack.messages.values()} == {"C0DATA"}
    assert "Invite me" in small.slack.standing("invite")[0].message.text
    assert small.slack.keys().count("invite") == 1
    small.done(run.id)
    small.tell(run.id)
    assert small.slack.keys().count("invite") == 1


def test_a_run_without_a_channel_is_told_to_nobody(small: House) -> None:
    """A walk in a terminal has nowhere to be told, and does not come back for ever."""
    run = small.start(channel=None, owner_channel=None)
    assert small.notifier.tell_run(run.id) is None
    assert (small.slack.calls, small.journal.untold(10)) == ([], [])


def test_a_message_that_cannot_reach_another_channel_blocks_nothing(small: House) -> None:
    """The run ends; the channels that could not be told are named in the thread."""
    small.slack.channels |= {"C0OTHER"}
    run = small.start()
    small.done(run.id)
    small.done(run.id, seen="7")
    small.begin(run.id)
    small.done(run.id)
    small.choose(run.id, "tell")
    small.tell(run.id)
    notified = [key for key in small.slack.posted if key.startswith("notify:")]
    assert [key.split(":", 2)[2] for key in notified] == ["incident", "team:other"]
    assert small.slack.standing(notified[1])[0].channel == "C0OTHER"
    lost = [key for key in small.slack.posted if key.startswith("lost:")]
    assert len(lost) == 1
    assert "not in that channel" in str(small.slack.standing(lost[0])[0].message.blocks)
    assert any("Recovered" in one.message.text for one in small.slack.messages.values())
    chain = [one for one in small.journal.records(run.id) if one.kind == "ended"][-1].hash
    assert any(chain in str(one.message.blocks) for one in small.slack.messages.values() if one.label.key != CARD)
    assert isinstance(small.handler.history(run.id)[-1][1], Ended)


def test_what_is_told_to_a_team_in_the_channel_of_the_run_is_read_there_once(small: House) -> None:
    """The reply in the thread is shown in the channel; a second post would say the same a line below."""
    run = small.start()
    small.teams["other"] = run.start.channel or ""
    small.done(run.id)
    small.done(run.id, seen="7")
    small.begin(run.id)
    small.done(run.id)
    small.choose(run.id, "tell")
    small.tell(run.id)
    notified = [key for key in small.slack.posted if key.startswith("notify:")]
    assert [key.split(":", 2)[2] for key in notified] == ["incident"]
    assert small.journal.untold(10) == []
    small.teams["other"] = "C0OTHER"
    small.tell(run.id)
    assert len([key for key in small.slack.posted if key.startswith("notify:")]) == 1, "what was told stays told"


def test_a_power_cut_that_undoes_the_last_notes_posts_nothing_twice(small: House) -> None:
    """On SQLite notes do not wait for the disk: what is gone of them is looked for in Slack after the start."""
    run = small.start()
    assert small.notifier.tell_run(run.id) is None
    small.done(run.id)
    assert small.notifier.tell_run(run.id) is None
    posted, told = small.slack.keys(), update(tables.run).values(told=2)
    assert len(posted) == len(set(posted)) == 4
    small.journal.change(told, {})
    small.journal.change(delete(tables.message).where(tables.message.c.key == posted[-1]), {})
    reborn = small.again()
    with reborn.working(1):
        wait_until(lambda: (row := reborn.journal.run_row(run.id)) is not None and row.told == row.head)
    reborn.engine.dispose()
    assert small.slack.keys() == posted


def test_two_processes_do_not_tell_one_run_at_once(house: House) -> None:
    """While one holds the lease the other waits; when the first died, the lease runs out and the other goes on."""
    run = house.start()
    other = house.new_notifier(token="two")
    assert house.journal.lease(run.id, "one", timedelta(seconds=30))
    assert other.tell_run(run.id) == pytest.approx(0.2)
    assert house.slack.calls == []
    house.journal.change(update(tables.run), {"lease_until": utc_now() - timedelta(seconds=1)})
    assert other.tell_run(run.id) is None
    assert house.slack.keys() == [CARD, "step:look:1", "event:1"]


def test_a_lease_that_was_lost_on_the_way_ends_the_telling(small: House) -> None:
    """Somebody else took the run meanwhile: `told` is theirs to move."""
    run = small.start()
    taken = small.slack.trouble

    def steal(method: str) -> str:
        small.journal.change(stolen_lease(run.id), {})
        return taken(method)

    small.slack.trouble = steal
    assert small.notifier.tell_run(run.id) is not None
    row = small.journal.run_row(run.id)
    assert row is not None
    assert row.told == 0


def stolen_lease(run_id: str) -> Executable:
    """Another process takes the lease."""
    return update(tables.run).where(tables.run.c.run_id == run_id).values(lease_token="thief")


@pytest.mark.parametrize("when", ["killed before", "killed after"])
@pytest.mark.parametrize("call", range(1, 6))
def test_a_kill_between_any_two_calls_loses_nothing_and_posts_nothing_twice(house: House, call: int, when: str) -> None:
    """Killed at the n-th call to Slack; after a restart everything stands there once and is true."""
    run = house.start()
    house.done(run.id)
    house.done(run.id, seen="7")
    calls = iter(range(1, 1_000))
    house.slack.trouble = lambda _method: when if next(calls) == call else ""
    with pytest.raises(Killed):
        house.notifier.tell_run(run.id)
    house.slack.trouble = lambda _method: ""
    reborn = house.again()
    if house.engine.dialect.name == "postgresql":
        house.journal.release(run.id, "one")  # there the lease of a dead process runs out by itself
    with reborn.working(1):
        wait_until(lambda: (row := reborn.journal.run_row(run.id)) is not None and row.told == row.head)
    reborn.engine.dispose()
    assert house.slack.keys().count(CARD) == 1
    assert sorted(house.slack.keys()) == sorted(KEYS), house.slack.keys()
    assert house.untrue(run.id) == []


def test_a_run_that_cannot_be_told_does_not_keep_the_others(small: House) -> None:
    """One run's runbook is lost: it is logged and set aside, the next run is told all the same."""
    broken = small.start()
    small.slack.trouble = lambda _method: ""
    tellable: list[str] = []

    def book_of_digest(_digest: str) -> object:
        if not tellable:
            raise KeyError("no such text")
        return BOOK

    small.notifier = Notifier(
        journal=small.journal, messenger=small.slack, book_of=book_of_digest, token="one",  # type: ignore[arg-type]
        channel_of_team=lambda _team: None,
    )  # fmt: skip
    with small.working(1):
        small.notifier.wake(broken.id)
        sleep(0.2)
        tellable.append("yes")
        other = small.start(reason="more")
        wait_until(lambda: "step:look:1" in small.slack.keys(other.id))
        wait_until(lambda: "step:look:1" in small.slack.keys(broken.id))


def test_erased_words_leave_slack_too(small: House) -> None:
    """A note and a reason are redacted: their posts say so, and the step where people are stays as it is."""
    run = small.start()
    small.note(run.id, "the password is hunter2")
    small.act(run.id, lambda at: Skip(at.step, at.visit, "hunter2 again"))
    small.done(run.id, seen="7")
    small.tell(run.id)
    before = small.slack.standing("step:fix:1")[0].message.digest
    for kind in ("noted", "skipped"):
        seq = next(one.seq for one in small.journal.records(run.id) if one.kind == kind)
        assert "hunter2" in str(small.slack.standing(f"event:{seq}")[0].message)
        small.handler.redact(run.id, seq, "A password", "chen", "terminal")
    small.tell(run.id)
    assert all("hunter2" not in str(one.message) for one in small.slack.messages.values())
    assert small.slack.standing("step:fix:1")[0].message.digest == before
    assert small.untrue(run.id) == []


def test_a_refusal_tells_nothing_and_an_unwoken_run_is_found_by_the_sweep(small: House) -> None:
    run = small.start()
    small.tell(run.id)
    with pytest.raises(Refused):
        small.act(run.id, lambda at: Finish(at.step, at.visit, "ok"), by="eve")
    small.slack.calls.clear()
    small.tell(run.id)
    assert small.slack.calls == []
    small.done(run.id)
    small.notifier = small.new_notifier()  # nobody wakes this one
    with small.working(1):
        wait_until(lambda: "step:count:1" in small.slack.posted)


def test_a_click_is_told_at_once(small: House) -> None:
    """A woken notifier posts the next step without waiting for its sweep."""
    run = small.start()
    with small.working():
        wait_until(lambda: "step:look:1" in small.slack.posted)
        sleep(0.05)
        took = []
        for _ in range(10):
            before, many = monotonic(), len(small.slack.messages)  # it may be told before `note` returns
            small.note(run.id, "hello")
            wait_until(lambda many=many: len(small.slack.messages) > many)  # type: ignore[misc]
            took.append(monotonic() - before)
            sleep(0.02)
    assert sorted(took)[2] < 0.5, took  # not the median, as a busy machine delays some


def is_told(house: House, run_id: str) -> bool:
    """Whether Slack took everything that the record says."""
    row = house.journal.run_row(run_id)
    return row is not None and row.told == row.head


@pytest.mark.slow
def test_forty_living_messages_become_true_after_the_last_change(small: House) -> None:
    """28 % of the calls fail in every way, and Slack is away for 3 s; `benchmarks/storm.py` measures how soon."""
    dice = random.Random(7)
    dark_until = 0.0
    ways = ["limited", "before", "after", "before", "after", "hang"]

    def storm(_method: str) -> str:
        if monotonic() < dark_until:
            return "before"
        return dice.choice(ways) if dice.random() < 0.28 else ""

    runs = [small.start(reason="more").id for _ in range(20)]
    for run in runs:
        small.done(run)
        small.done(run, seen="7")
    with small.working(WORKERS):
        wait_until(lambda: all("step:fix:1" in small.slack.keys(run) for run in runs), 60)
        small.slack.trouble, small.slack.hang_seconds = storm, 1.0
        dark_until = monotonic() + 3.0
        for run in runs:
            small.begin(run)
            small.done(run)
        wait_until(lambda: all(is_told(small, run) for run in runs), 90)
    assert [small.untrue(run) for run in runs] == [[]] * len(runs)
    for run in runs:
        keys = small.slack.keys(run)
        assert len(keys) == len(set(keys)), "a post stands there twice"
        assert "step:again:1" in keys

"""The clock: what is due happens, soon and once; what was missed happens late, and says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import pytest

from bot.engine import CommandHandler, StartPlan
from bot.format.runbook import Runbook
from bot.journal.database import open_engine
from bot.journal.rows import Waiting
from bot.journal.store import Journal
from bot.run.commands import Tick
from bot.run.events import CallOpened, ParentTold, SignoffExpired
from bot.run.places import AwaitingSignature
from bot.run.state import Run
from bot.stopping import Stopping
from bot.workers.clock import DOWN_SINCE, DOWN_UNTIL, OUTAGE, SWEEP, Clock
from tests.places import migrated
from tests.story import book_of, start_command

HOLD = """
  - {id: hold, decide: Hold, options: [{id: a, label: A, when: A., go: end}, {id: b, label: B, when: B., go: end}]}
"""
END = "  - {id: end, end: Close, outcome: recovered}\n"
ASKING = f"""
steps:
  - {{id: ask, signoff: Approve it, from: [data_owner], timeout: 1s,
     go: {{approved: end, rejected: hold, expired: hold}}}}
{HOLD}{END}"""
CALLING = f"""
id: caller
steps:
  - {{id: call, call: Let them do it, runbook: story, go: {{recovered: end, else: hold}}}}
{HOLD}{END}"""
CALLED = f"steps:\n{END}{HOLD}"
BOOKS = {"d" * 64: book_of(ASKING), "c" * 64: book_of(CALLING), "e" * 64: book_of(CALLED), "f" * 64: book_of(ASKING)}
TEXTS = {"d" * 64: ASKING, "c" * 64: CALLING, "e" * 64: CALLED, "f" * 64: ASKING}


class House:
    """A desk and a clock on one database."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self.journal = Journal(self.engine)
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        ids = iter(range(1, 1_000_000))
        self.handler = CommandHandler(
            self.journal, BOOKS.__getitem__, self.read_time, lambda: f"id{next(ids):030d}", self.changed
        )
        self.clock = Clock(self.journal, self.handler, self.read_time)
        self.waking = True

    def read_time(self) -> datetime:
        return self.now()

    def changed(self, run_id: str, due_at: datetime | None) -> None:
        if self.waking:
            self.clock.wake(run_id, due_at)

    def start(self, digest: str = "d", reason: str = "again", **changes: object) -> Run:
        command = start_command(digest=digest * 64, ref="", reason=reason, **changes)
        book: Runbook = BOOKS[digest * 64]
        return self.handler.start(StartPlan(command, book, TEXTS, "ORDERS"), "ana", "slack").run

    def events(self, run_id: str, kind: type) -> list[tuple[object, datetime]]:
        return [(event, stamp.at) for _, event, stamp in self.handler.history(run_id) if isinstance(event, kind)]

    @contextmanager
    def ticking(self) -> Iterator[None]:
        stopping = Stopping()
        thread = Thread(target=self.clock.run, args=(stopping,))
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join(30)
            assert not thread.is_alive()


def wait_until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    until = monotonic() + seconds
    while not holds():
        assert monotonic() < until, "it did not come about"
        sleep(0.005)


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'clock.db'}"
    else:
        url = str(request.getfixturevalue("postgres_database"))
    engine = open_engine(url)
    migrated(engine)
    engine.dispose()
    made = House(url)
    yield made
    made.engine.dispose()


def test_a_sign_off_expires_when_it_is_due_and_once(house: House) -> None:
    """The commit wakes the clock for the due time; a sweep that comes later finds nothing more to do."""
    with house.ticking():
        sleep(0.3)  # between two sweeps, so that it is the due time that wakes it
        run = house.start()
        assert isinstance(run.here, AwaitingSignature)
        wait_until(lambda: house.events(run.id, SignoffExpired))
        sleep(1.2)
    ((event, at),) = house.events(run.id, SignoffExpired)
    assert isinstance(event, SignoffExpired)
    assert event.was_due == run.here.expires_at
    assert timedelta(0) <= at - event.was_due < timedelta(seconds=10)


def test_what_nobody_woke_the_clock_for_is_found_by_the_sweep(house: House) -> None:
    house.waking = False
    with house.ticking():
        run = house.start()
        wait_until(lambda: house.events(run.id, SignoffExpired))


def test_what_was_missed_happens_late_and_keeps_when_it_was_due(house: House) -> None:
    """Nobody ran for two seconds: the event is stamped with the time at which it happened, beside the due time."""
    house.now = lambda: datetime.now(UTC) - timedelta(hours=1)
    run = house.start()
    house.now = lambda: datetime.now(UTC)
    with house.ticking():
        wait_until(lambda: house.events(run.id, SignoffExpired))
    ((event, at),) = house.events(run.id, SignoffExpired)
    assert isinstance(event, SignoffExpired)
    assert at - event.was_due > timedelta(minutes=50)


def test_a_called_run_is_opened_and_its_outcome_taken_home(house: House) -> None:
    """The caller waits; the sub-run opens, ends, tells its caller; both are over."""
    with house.ticking():
        run = house.start("c", calls={"story": "e" * 64})
        wait_until(lambda: house.handler.load(run.id).over)
    ((opened, _),) = house.events(run.id, CallOpened)
    assert isinstance(opened, CallOpened)
    wait_until(lambda: house.events(opened.child, ParentTold))


def test_a_run_that_cannot_be_ticked_keeps_nobody_waiting(house: House) -> None:
    """The text of one runbook cannot be read: it is put off, and the other run's sign-off expires in time."""
    house.waking = False
    broken, fine = house.start("f"), house.start("d")
    readable = {digest: book for digest, book in BOOKS.items() if digest != "f" * 64}
    stand_in = CommandHandler(house.journal, readable.__getitem__, house.read_time, lambda: "x", house.changed)
    house.clock = Clock(house.journal, stand_in, house.read_time)
    with house.ticking():
        wait_until(lambda: house.events(fine.id, SignoffExpired))
        assert house.events(broken.id, SignoffExpired) == []
        due = house.journal.run_row(broken.id)
        assert due is not None
        assert due.due_at is not None
        assert due.due_at > house.now() + timedelta(seconds=20)


def test_the_clock_says_when_it_swept(house: House) -> None:
    """Readiness asks for the last sweep; it is told by the clock that judges, so that no wrong clock deceives it."""
    right = house.now
    house.now = (lambda: right() + timedelta(minutes=5)) if house.journal.judges else right
    with house.ticking():
        wait_until(lambda: house.journal.last_sweep(SWEEP))
    swept = house.journal.last_sweep(SWEEP)
    assert swept is not None
    assert abs(right() - swept) < timedelta(seconds=5)


def noted_ticks(house: House) -> list[Tick]:
    """Every Tick that the rules are asked about from now on."""
    ticks: list[Tick] = []

    class Noting(CommandHandler):
        def _take(self, transaction: Any, run_id: str, command: Any, *rest: Any) -> Any:  # noqa: ANN401  (as Desk has it)
            ticks.append(command)
            return super()._take(transaction, run_id, command, *rest)

    noting = Noting(house.journal, BOOKS.__getitem__, house.read_time, lambda: "y" * 32, house.changed)
    house.clock = Clock(house.journal, noting, house.read_time)
    return ticks


@pytest.mark.parametrize("gap", [20, 120])
def test_what_was_due_while_nobody_looked_is_late_for_that_reason(house: House, gap: int) -> None:
    """The last look was two minutes ago: the tick says since when. Twenty seconds are no outage."""
    at = datetime.now(UTC)
    house.now = lambda: at - timedelta(seconds=10)
    house.start()
    house.now = lambda: datetime.now(UTC)
    last = house.journal.moment(house.now()) - timedelta(seconds=gap)
    house.journal.note_sweep(SWEEP, last)
    ticks = noted_ticks(house)
    with house.ticking():
        wait_until(lambda: ticks)
    assert ticks[0] == Tick(last if gap > OUTAGE.total_seconds() else None)


def test_a_replica_that_starts_second_says_the_same_of_the_outage(house: House) -> None:
    """The first has found the outage and sweeps again; what is left of it is late for the same reason."""
    now = house.journal.moment(house.now())
    house.journal.note_sweep(DOWN_SINCE, now - timedelta(minutes=12))
    house.journal.note_sweep(DOWN_UNTIL, now - timedelta(seconds=1))
    house.journal.note_sweep(SWEEP, now)
    house.now = lambda: now - timedelta(minutes=5)
    house.start()
    house.now = lambda: datetime.now(UTC)
    ticks = noted_ticks(house)
    with house.ticking():
        wait_until(lambda: ticks)
    assert ticks[0] == Tick(now - timedelta(minutes=12))


def test_two_replicas_tick_each_run_once(house: House) -> None:
    """Forty sign-offs expire at once, and two clocks look at them: forty expiries, and no run is deferred."""
    house.waking = False
    runs = [house.start(reason=f"again {number}") for number in range(40)]
    if not house.journal.judges:
        pytest.skip("one process serves on SQLite")
    other = House(str(house.engine.url.render_as_string(hide_password=False)))
    with house.ticking(), other.ticking():
        wait_until(lambda: all(house.events(run.id, SignoffExpired) for run in runs), 15)
        sleep(0.3)
    assert [len(house.events(run.id, SignoffExpired)) for run in runs] == [1] * 40
    other.engine.dispose()


def test_a_clock_that_stands_still_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No sweep has begun for a minute: the thread ends with an error, and with it the process."""
    engine = open_engine(f"sqlite:///{tmp_path / 'clock.db'}")
    migrated(engine)
    house = House(f"sqlite:///{tmp_path / 'clock.db'}")
    steady = count(0.0, 100.0)
    monkeypatch.setattr("bot.workers.clock._LOOKS_UP", 0.01)
    still = Clock(house.journal, house.handler, house.now, lambda: next(steady))
    with pytest.raises(RuntimeError, match="stands still"):
        still.run(Event())
    engine.dispose()
    house.engine.dispose()


def test_the_database_going_away_does_not_stop_the_clock(tmp_path: Path) -> None:
    """Its sweeps fail and are logged; once the database is back, what is due happens."""
    engine = open_engine(f"sqlite:///{tmp_path / 'clock.db'}")
    migrated(engine)
    house = House(f"sqlite:///{tmp_path / 'clock.db'}")
    run = house.start()
    away = {"yes": True}
    write = house.journal.write

    class Away(Journal):
        def write(self, *work: Any, **how: Any) -> Any:  # noqa: ANN401  (as Journal has it)
            if away["yes"]:
                raise ConnectionError("no database")
            return write(*work, **how)

    stand_in = CommandHandler(Away(house.engine), BOOKS.__getitem__, house.read_time, lambda: "x" * 32, house.changed)
    house.clock = Clock(house.journal, stand_in, house.read_time)
    with house.ticking():
        sleep(1.5)
        assert house.events(run.id, SignoffExpired) == []
        away["yes"] = False
        wait_until(lambda: house.events(run.id, SignoffExpired))
    engine.dispose()
    house.engine.dispose()


def test_who_becomes_due_during_a_look_is_not_left_for_the_next_second(tmp_path: Path) -> None:
    """The wake comes while a look is under way that has read its rows: the clock looks once more, right after."""
    engine = open_engine(f"sqlite:///{tmp_path / 'clock.db'}")
    migrated(engine)
    house = House(f"sqlite:///{tmp_path / 'clock.db'}")
    looks: list[float] = []

    class Busy(Journal):
        def waiting(self, now: datetime) -> Waiting:
            found = super().waiting(now)
            looks.append(monotonic())
            if len(looks) == 1:
                house.clock.wake("a run", house.read_time())
                sleep(0.1)
            return found

    house.clock = Clock(Busy(house.engine), house.handler, house.read_time)
    with house.ticking():
        wait_until(lambda: len(looks) > 1)
    assert looks[1] - looks[0] < 0.6
    engine.dispose()
    house.engine.dispose()


def test_a_sweep_that_sets_its_next_time_at_the_end_does_not_hold_the_end(tmp_path: Path) -> None:
    """The end comes while a sweep has asked for the next due time and not set it yet: it is finished."""
    engine = open_engine(f"sqlite:///{tmp_path / 'clock.db'}")
    migrated(engine)
    stopping, swept = Event(), Event()

    class Slow(Journal):
        def waiting(self, now: datetime) -> Waiting:
            stopping.set()
            sleep(0.2)  # meanwhile the clock's thread sees that it should end
            return replace(super().waiting(now), due_at=now + timedelta(hours=1))

        def note_sweep(self, name: str, at: datetime, *, as_a_click: bool = False) -> None:
            swept.set()
            super().note_sweep(name, at, as_a_click=as_a_click)

    journal = Slow(engine)
    handler = CommandHandler(journal, BOOKS.__getitem__, lambda: datetime.now(UTC), lambda: "x" * 32, lambda *_: None)
    thread = Thread(target=Clock(journal, handler, lambda: datetime.now(UTC)).run, args=(stopping,), daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert swept.is_set(), "what was under way was finished"
    engine.dispose()


def test_a_sweep_tells_whoever_has_work_and_nobody_else_asks(house: House) -> None:
    """One question a look says what waits for whom: an untold run, and nothing else."""
    heard: list[Waiting] = []
    house.clock.hear(heard.append)
    house.start()
    with house.ticking():
        wait_until(lambda: heard)
    assert (heard[0].is_untold, heard[0].calls, heard[0].lost_hands) == (True, False, False)

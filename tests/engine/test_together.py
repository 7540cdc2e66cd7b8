"""Clicks at the same moment: in one commit on SQLite, each in its own on PostgreSQL, and always with its own answer."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Event
from time import monotonic, sleep

import pytest
from sqlalchemy import text

from bot.engine import Outcome
from bot.journal.database import for_writing
from bot.journal.group_commit import PATIENCE
from bot.journal.store import Busy, Journal, NotRecorded
from bot.journal.transaction import WriteTransaction
from bot.run.commands import AddNote, Finish, Refused
from bot.run.situation import Via
from bot.run.state import Run
from bot.slack.sockets import AT_ONCE
from tests.engine.office import Office

ANA: tuple[str, Via] = ("ana", "slack")


@contextmanager
def one_commit_under_way(journal: Journal, run: Run) -> Iterator[Callable[[Callable[[], Outcome]], "Future[Outcome]"]]:
    """While somebody's click on `run` is being written, what is asked waits; then it is written together."""
    inside, free = Event(), Event()

    def hold(_: WriteTransaction) -> None:
        inside.set()
        assert free.wait(5)

    with ThreadPoolExecutor(30) as threads:
        first = threads.submit(partial(journal.write, run=run.id), hold)
        assert inside.wait(5)

        def ask(one: Callable[[], Outcome]) -> "Future[Outcome]":
            asked = threads.submit(one)
            sleep(0.01)
            return asked

        yield ask
        sleep(0.05)
        free.set()
        first.result(30)


def start_many(office: Office, many: int) -> list[Run]:
    """Runs on assets of their own."""
    return [office.start(reason=f"run {number}") for number in range(many)]


def noted(office: Office, run: Run) -> list[str]:
    """What was noted in a run."""
    return [
        str(getattr(one, "words", "")) for _, one, _ in office.journal.history(run.id) if type(one).__name__ == "Noted"
    ]


def test_clicks_on_many_runs_are_all_written(office: Office) -> None:
    """On PostgreSQL each in a transaction of its own."""
    first, *runs = start_many(office, 12)
    before = transactions(office.journal)
    with one_commit_under_way(office.journal, first) as ask:
        asked = [ask(partial(office.handler.handle, run.id, AddNote(run.start.ref), *ANA, run.id)) for run in runs]
    assert [one.result(30).run.seq for one in asked] == [run.seq + 1 for run in runs]
    assert [noted(office, run) for run in runs] == [[run.start.ref] for run in runs]
    assert all(office.journal.verify(run.id).sound for run in runs)
    assert transactions(office.journal) - before >= (len(runs) if office.journal.judges else 0)


def transactions(journal: Journal) -> int:
    """How many transactions that wrote this PostgreSQL has seen; 0 on SQLite, where the line has tests of its own."""
    return int(journal.read(text("SELECT txid_current()::text"))[0][0]) if journal.judges else 0


def test_two_clicks_on_one_run_follow_each_other(office: Office) -> None:
    """The second is decided on what the first has made of the run."""
    first, run = start_many(office, 2)
    press = Finish("look", 1, "ok")
    with one_commit_under_way(office.journal, first) as ask:
        asked = [ask(partial(office.handler.handle, run.id, press, *ANA, f"key{number}")) for number in range(3)]
    came = [one.exception(5) for one in asked]
    assert [type(one) for one in came] == [type(None), Refused, Refused]
    assert office.journal.verify(run.id).sound


def test_one_who_is_refused_and_one_who_repeats_keep_nobody(office: Office) -> None:
    first, one, two, three = start_many(office, 4)
    office.handler.handle(three.id, AddNote("once"), *ANA, "same")
    with one_commit_under_way(office.journal, first) as ask:
        good = ask(partial(office.handler.handle, one.id, AddNote("kept"), *ANA, "k1"))
        bad = ask(partial(office.handler.handle, two.id, AddNote(" "), *ANA, "k2"))
        again = ask(partial(office.handler.handle, three.id, AddNote("once"), *ANA, "same"))
    assert good.result(30).events
    assert isinstance(bad.exception(5), Refused)
    assert again.result(30).repeated
    assert (noted(office, one), noted(office, two), noted(office, three)) == (["kept"], [], ["once"])


def test_a_request_that_was_taken_by_another_run_spoils_nobody_elses_commit(office: Office) -> None:
    """Its key clashes in the database itself; the others are written all the same."""
    first, one, two = start_many(office, 3)
    office.journal.change(
        text('INSERT INTO inbox (key, run_id, "first", "last", at) VALUES (:key, :run, 1, 1, :at)'),
        {"key": "taken", "run": first.id, "at": "2026-11-22T12:00:00.000000Z"},
    )
    with one_commit_under_way(office.journal, first) as ask:
        fine = ask(partial(office.handler.handle, one.id, AddNote("kept"), *ANA, "k1"))
        other = ask(partial(office.handler.handle, two.id, AddNote("mine"), *ANA, "taken"))
    assert fine.result(30).events
    assert noted(office, one) == ["kept"]
    assert other.exception(5) is None
    assert office.journal.verify(one.id).sound


def test_a_run_that_another_process_holds_keeps_only_itself(office: Office) -> None:
    """The others are answered at once; the held one when it is let go."""
    if not office.journal.judges:
        pytest.skip("one process writes to a SQLite file at a time")
    run, other = start_many(office, 2)
    with office.journal.engine.connect() as elsewhere:
        elsewhere.execute(text("SELECT 1 FROM run WHERE run_id = :run FOR UPDATE"), {"run": run.id})
        with ThreadPoolExecutor(2) as threads:
            held = threads.submit(office.handler.handle, run.id, AddNote("late"), "ana", "slack", "k1")
            sleep(0.05)
            free = threads.submit(office.handler.handle, other.id, AddNote("now"), "ana", "slack", "k2")
            assert free.result(30).events
            assert not held.done()
            elsewhere.rollback()
            assert held.result(30).events
    assert noted(office, run) == ["late"]


@contextmanager
def held_elsewhere(journal: Journal, run: Run) -> Iterator[None]:
    """Another program holds the run's row; on SQLite it can only hold the whole file."""
    with for_writing(journal.engine).connect() as elsewhere:
        elsewhere.execute(text("UPDATE run SET told = told WHERE run_id = :run"), {"run": run.id})
        yield
        elsewhere.rollback()


def test_a_run_that_somebody_holds_costs_the_others_nothing(office: Office) -> None:
    """Sixty clicks on it wait without a connection, most of them not for long, and are told that nothing happened."""
    held, other = start_many(office, 2)
    handle = office.handler.handle
    with held_elsewhere(office.journal, held), ThreadPoolExecutor(AT_ONCE) as threads:
        begun = monotonic()
        vain = [threads.submit(handle, held.id, AddNote(str(number)), *ANA, f"k{number}") for number in range(60)]

        def is_quick(ask: Callable[[], object]) -> bool:
            ask()
            return monotonic() - begun < 1.0

        assert threads.submit(is_quick, office.handler.open_runs).result(30)
        if office.journal.judges:
            assert threads.submit(is_quick, partial(handle, other.id, AddNote("free"), *ANA, "other")).result(30)
        assert {type(one.exception(30)) for one in vain} == {Busy}
        assert monotonic() - begun < 3 * PATIENCE
    assert noted(office, held) == []
    assert handle(held.id, AddNote("now"), *ANA, "k1").events
    assert noted(office, held) == ["now"]


def test_many_clicks_on_one_run_that_nobody_holds_all_get_through(office: Office) -> None:
    """However many wait: as long as one gets through after the other nobody has to leave."""
    run = office.start()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        asked = [threads.submit(office.handler.handle, run.id, AddNote(str(number)), *ANA) for number in range(100)]
        assert [one.exception(60) for one in asked] == [None] * 100
    assert sorted(map(int, noted(office, run))) == list(range(100))


def test_reading_goes_on_while_every_writer_waits(office: Office) -> None:
    """Runs that are held can use up the connections that write, never those that read."""
    if not office.journal.judges:
        pytest.skip("one connection writes to a SQLite file")
    runs = start_many(office, 31)
    with office.journal.engine.connect() as elsewhere, ThreadPoolExecutor(40) as threads:
        elsewhere.execute(text("SELECT 1 FROM run FOR UPDATE"))
        waiting = [threads.submit(office.handler.handle, run.id, AddNote("x"), *ANA) for run in runs]
        sleep(0.3)
        begun = monotonic()
        assert len(office.handler.open_runs()) == 31
        assert monotonic() - begun < 1.0
        assert {type(one.exception(30)) for one in waiting} <= {Busy, NotRecorded}

"""Writers in a line, on SQLite: together in one transaction, each with what came of its own work."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import pytest
from sqlalchemy import event, text

from bot.journal.database import migrate, open_engine
from bot.journal.group_commit import MOST, PATIENCE
from bot.journal.store import Busy, Journal
from bot.journal.transaction import WriteTransaction

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    engine = open_engine(f"sqlite:///{tmp_path}/handrail.db")
    migrate(engine)
    yield Journal(engine)
    engine.dispose()


@contextmanager
def somebody_writing(journal: Journal) -> Iterator[Callable[[Callable[[WriteTransaction], str]], "Future[str]"]]:
    """While somebody holds the line, what is handed in waits; at the end of the block the line moves."""
    inside, free = Event(), Event()

    def hold(_: WriteTransaction) -> str:
        inside.set()
        assert free.wait(5)
        return "first"

    with ThreadPoolExecutor(2 * MOST) as threads:
        first = threads.submit(journal.write, hold)
        assert inside.wait(5)
        handed: list[Future[str]] = []

        def hand_in(work: Callable[[WriteTransaction], str]) -> "Future[str]":
            handed.append(threads.submit(journal.write, work))
            sleep(0.002)
            return handed[-1]

        yield hand_in
        sleep(0.05)
        free.set()
        assert first.result(30) == "first"


def note(name: str) -> Callable[[WriteTransaction], str]:
    def work(transaction: WriteTransaction) -> str:
        transaction.take_number(name)
        return name

    return work


def note_and_break(transaction: WriteTransaction) -> str:
    transaction.take_number("BROKEN")
    raise LookupError("after it wrote")


def refuse(_: WriteTransaction) -> str:
    raise PermissionError("before it wrote")


def numbers(journal: Journal) -> dict[str, int]:
    return {str(row.word): int(row.last) for row in journal.read(text("SELECT word, last FROM counter"))}


def test_what_comes_while_somebody_writes_is_committed_together(journal: Journal) -> None:
    commits: list[int] = []
    with somebody_writing(journal) as hand_in:
        event.listen(journal.engine.pool, "reset", lambda *_: commits.append(1))
        done = [hand_in(note(f"N{number}")) for number in range(10)]
    assert [one.result(30) for one in done] == [f"N{number}" for number in range(10)]
    assert numbers(journal) == {f"N{number}": 1 for number in range(10)}
    assert len(commits) <= 4, "the one who held the line, the ten together, and the one who read"


def test_who_is_refused_leaves_the_others_their_commit(journal: Journal) -> None:
    with somebody_writing(journal) as hand_in:
        before, refused, after = hand_in(note("A")), hand_in(refuse), hand_in(note("B"))
    assert (before.result(30), after.result(30)) == ("A", "B")
    with pytest.raises(PermissionError, match="before it wrote"):
        refused.result(30)
    assert numbers(journal) == {"A": 1, "B": 1}


def test_who_breaks_after_writing_is_undone_alone(journal: Journal) -> None:
    """Everybody of that transaction is written again, once each."""
    with somebody_writing(journal) as hand_in:
        done = [hand_in(note("A")), hand_in(note_and_break), hand_in(note("A")), hand_in(refuse), hand_in(note("B"))]
    assert [done[place].result(30) for place in (0, 2, 4)] == ["A", "A", "B"]
    with pytest.raises(LookupError):
        done[1].result(30)
    with pytest.raises(PermissionError):
        done[3].result(30)
    assert numbers(journal) == {"A": 2, "B": 1}


def test_more_than_fit_go_into_several_transactions(journal: Journal) -> None:
    many = MOST + 10
    with somebody_writing(journal) as hand_in:
        done = [hand_in(note("A")) for _ in range(many)]
    assert [one.result(30) for one in done] == ["A"] * many
    assert numbers(journal) == {"A": many}


def test_a_record_waits_for_the_disk_and_a_note_does_not(journal: Journal) -> None:
    """SQLite calls them FULL (2) and NORMAL (1); a connection that served one serves the other next."""
    seen: list[int] = []

    def look(transaction: WriteTransaction) -> int:
        seen.append(int(transaction.read(text("PRAGMA synchronous"))[0][0]))
        return seen[-1]

    line = journal._group_commit  # noqa: SLF001  (which level a commit has is seen only from inside)
    assert line is not None
    for lightly in (False, True, True, False):
        line.write(look, lightly=lightly)
    journal.note_sweep("clock", NOON)
    journal.write(look)
    assert seen == [2, 1, 1, 2, 2]
    assert journal.last_sweep("clock") == NOON


def test_who_is_on_record_is_told_so_when_a_later_one_of_the_batch_fails(journal: Journal) -> None:
    """All are written again one by one; then another program takes the file, and the last one cannot be written."""
    file, foreign = str(journal.engine.url.database), list[sqlite3.Connection]()
    tries: list[int] = []

    def break_again(transaction: WriteTransaction) -> str:
        tries.append(1)
        return note_and_break(transaction)

    def take_the_file(*_: object) -> None:
        if len(tries) == 2 and not foreign:
            foreign.append(sqlite3.connect(file, isolation_level=None, check_same_thread=False))
            foreign[0].execute("BEGIN IMMEDIATE")

    event.listen(journal.engine.pool, "checkout", lambda dbapi, *_: dbapi.execute("PRAGMA busy_timeout = 50"))
    event.listen(journal.engine.pool, "checkin", take_the_file)
    with somebody_writing(journal) as hand_in:
        kept, broken, late = hand_in(note("A")), hand_in(break_again), hand_in(note("B"))
    assert kept.result(30) == "A"
    assert isinstance(broken.exception(30), LookupError)
    assert isinstance(late.exception(30), Busy)
    foreign[0].close()
    assert numbers(journal) == {"A": 1}


def test_a_file_that_is_held_is_told_to_everybody_who_waits(journal: Journal) -> None:
    with closing(sqlite3.connect(str(journal.engine.url.database), isolation_level=None)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(20) as threads:
            begun = monotonic()
            waiting = [threads.submit(journal.write, note(f"N{number}")) for number in range(20)]
            assert {type(one.exception(30)) for one in waiting} == {Busy}
            assert monotonic() - begun < 3 * PATIENCE
    assert journal.write(note("after")) == "after"
    assert numbers(journal) == {"after": 1}

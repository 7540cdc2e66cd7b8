"""Several replicas on one PostgreSQL: killed, cut off, with wrong clocks; what is due happens once and is told once."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.engine import CommandHandler
from bot.engine.opening import StartRequest, plan_start
from bot.journal.database import open_engine
from bot.render.meanwhile import records_listed
from bot.run.commands import AddNote
from bot.run.events import Noted
from bot.run.paging.events import Paged
from bot.wiring.house import House, new_id, utc_now
from bot.workspace.serve import Workspace
from tests.conftest import open_postgres
from tests.engine.test_losses import cut_connections
from tests.faults.branch import Branch, open_branch
from tests.places import migrated
from tests.walks.firm import seed_for, wait_for
from tests.walks.folder import write_folder
from tests.walks.truth import shown_messages
from tests.wiring.running import Running, running
from tests.workspace.office import AT_ONCE

LONG = 90.0


@pytest.fixture
def database(postgres_database: str) -> str:
    engine = open_engine(postgres_database)
    migrated(engine)
    engine.dispose()
    return postgres_database


@pytest.fixture
def branch(tmp_path: Path, database: str) -> Iterator[Branch]:
    """A workspace and a database; replicas are started by the tests, each a process of its own."""
    folder = write_folder(tmp_path / "books")
    workspace = Workspace.start(seed_for(folder), AT_ONCE)
    try:
        with open_branch(workspace, tmp_path, folder, database) as opened:
            yield opened
    finally:
        workspace.stop()


def start_at(house: House, at: datetime, reason: str) -> str:
    """A run that begins, and so calls its first people, at that time."""
    handler = CommandHandler(house.journal(), house.book_of, lambda: at, new_id, lambda *_: None)
    wish = StartRequest(
        "orders-db", "rows-gone", "live", "ana", {"damage_text": "Prices are 0"}, channel="C0INC", reason=reason
    )
    return handler.start(plan_start(house.registry(), wish, at), "ana", "slack").run.id


def start_pages(house: House, run_id: str) -> list[timedelta]:
    """How late each first page of a run was."""
    history = house.journal().history(run_id)
    return [
        stamp.at - event.was_due
        for _, event, stamp in history
        if isinstance(event, Paged) and event.reason == "start" and event.round == 1 and event.rung in (0, None)
    ]


@contextmanager
def replicas(branch: Branch, many: int, ahead: str = "") -> Iterator[list[Running]]:
    """So many `handrail serve`, ready. `ahead`: by how many seconds their clocks are wrong, as Python writes it."""
    script = (
        "import bot.wiring.house as house, datetime as d\n"
        "right = house.utc_now\n"
        f"house.utc_now = lambda: right() + d.timedelta(seconds={ahead})"
        if ahead
        else ""
    )
    with ExitStack() as stack:
        started = [
            stack.enter_context(running(["serve"], dict(branch.environment), script=script, cold=bool(script)))
            for _ in range(many)
        ]
        for one in started:
            one.wait_ready()
        yield started


def check_all_is_told_once(branch: Branch) -> None:
    """Nothing lost, nothing twice: no two messages of a run carry one key."""
    wait_for(lambda: not branch.untold(), "Slack was not told everything", LONG)
    branch.check_slack_shows_the_record()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_one_of_three_replicas_is_killed_again_and_again_under_load(branch: Branch) -> None:
    """Five kills in 20 seconds, while a page is due every fifth of a second: each once, none lost, all told."""
    house, dice = branch.house, random.Random(4)
    with ExitStack() as stack:
        living = stack.enter_context(replicas(branch, 3))
        first = utc_now() + timedelta(seconds=4)
        runs = [start_at(house, first + timedelta(seconds=number / 5), f"number {number}") for number in range(100)]
        time.sleep(max(0.0, (first - utc_now()).total_seconds()))
        for _ in range(5):
            time.sleep(3.2)
            victim = living.pop(dice.randrange(3))
            victim.process.kill()
            victim.wait()
            living.append(stack.enter_context(running(["serve"], dict(branch.environment))))
        wait_for(lambda: all(start_pages(house, run) for run in runs), "a page was lost", LONG)
        check_all_is_told_once(branch)
    late = [start_pages(house, run) for run in runs]
    assert Counter(map(len, late)) == {1: 100}
    assert max(one[0] for one in late) < timedelta(seconds=14)


@pytest.mark.long
@pytest.mark.parametrize("ahead", ["300", "-300"])
def test_a_replica_whose_clock_is_wrong_pages_and_records_in_time(branch: Branch, ahead: str) -> None:
    """Five minutes off in either direction, and the only one that serves: the database's clock judges."""
    with replicas(branch, 1, ahead):
        first = branch.house.journal().database_time() + timedelta(seconds=2)
        runs = [start_at(branch.house, first + timedelta(seconds=number), f"number {number}") for number in range(4)]
        wait_for(lambda: all(start_pages(branch.house, run) for run in runs), "a page was lost", LONG)
        begun = branch.house.journal().database_time()
        branch.hand("ana").press("Note…", {"What should be on record?": "the vendor is on the line"})
        ended = branch.house.journal().database_time()
        check_all_is_told_once(branch)
    notes = [
        stamp.at for run in runs for _, event, stamp in branch.house.journal().history(run) if isinstance(event, Noted)
    ]
    assert len(notes) == 1
    assert begun <= notes[0] <= ended
    late = [start_pages(branch.house, run) for run in runs]
    assert all(len(one) == 1 and timedelta(0) <= one[0] < timedelta(seconds=2.5) for one in late), late


@pytest.mark.long
def test_postgresql_is_restarted_under_three_replicas(tmp_path: Path) -> None:
    """For some seconds there is no database: the same processes go on, and what was due meanwhile happens once."""
    folder = write_folder(tmp_path / "books")
    with open_postgres() as server, ExitStack() as stack:
        engine = open_engine(server.get_uri())
        migrated(engine)
        engine.dispose()
        workspace = Workspace.start(seed_for(folder), AT_ONCE)
        stack.callback(workspace.stop)
        branch = stack.enter_context(open_branch(workspace, tmp_path, folder, server.get_uri()))
        served = stack.enter_context(replicas(branch, 3))
        first = utc_now() + timedelta(seconds=3)
        runs = [start_at(branch.house, first + timedelta(seconds=number), f"number {number}") for number in range(6)]
        time.sleep(max(0.0, (first - utc_now()).total_seconds()))
        server.stop()
        time.sleep(4.0)
        server.start()
        wait_for(lambda: all(start_pages(branch.house, run) for run in runs), "a page was lost", LONG)
        assert [one.process.poll() for one in served] == [None] * 3
        check_all_is_told_once(branch)
        assert [len(start_pages(branch.house, run)) for run in runs] == [1] * 6
        branch.house.engine.dispose()


@pytest.mark.long
def test_connections_that_die_at_any_moment_lose_and_repeat_nothing(branch: Branch) -> None:
    """All connections are cut each half second while sixty pages are due: a commit in doubt is asked for."""
    stopping = threading.Event()

    def cut() -> None:
        while not stopping.wait(0.5):
            cut_connections(branch.environment["DATABASE_URL"])

    with replicas(branch, 2) as served:
        first, house = utc_now() + timedelta(seconds=3), branch.house
        runs = [start_at(house, first + timedelta(seconds=number / 10), f"number {number}") for number in range(60)]
        time.sleep(max(0.0, (first - utc_now()).total_seconds()))
        knife = threading.Thread(target=cut)
        knife.start()
        time.sleep(8.0)
        stopping.set()
        knife.join()
        wait_for(lambda: all(start_pages(house, run) for run in runs), "a page was lost", LONG)
        assert [one.process.poll() for one in served] == [None] * 2
        assert [len(start_pages(branch.house, run)) for run in runs] == [1] * 60
        check_all_is_told_once(branch)


@pytest.mark.long
def test_slack_is_down_for_a_while_and_hears_everything_once_and_in_order(branch: Branch) -> None:
    """Ten seconds stand for ten minutes: pages go on the record in time, and Slack is brought up to date after.

    A run that went on at a terminal meanwhile hears of it in one post, not in thirty.
    """
    with replicas(branch, 2):
        first = utc_now() + timedelta(seconds=2)
        runs = [start_at(branch.house, first + timedelta(seconds=number), f"number {number}") for number in range(5)]
        wait_for(lambda: shown_messages(branch.workspace, runs[0]), "the first run was not told", LONG)
        branch.workspace.outage(2 * LONG)
        time.sleep(10.0)
        for number in range(30):
            branch.house.handler().handle(runs[0], AddNote(f"note {number}"), "ana", "terminal")
        wait_for(lambda: all(start_pages(branch.house, run) for run in runs), "a page waited for Slack", LONG)
        assert branch.untold()
        branch.workspace.outage(0.0)
        check_all_is_told_once(branch)
    assert [len(start_pages(branch.house, run)) for run in runs] == [1] * 5
    after = [key for key, _ in shown_messages(branch.workspace, runs[0]) if records_listed(key)]
    assert len(after) == 1
    assert len(records_listed(after[0])) >= 30
    assert not [key for run in runs[1:] for key, _ in shown_messages(branch.workspace, run) if records_listed(key)]

"""The database is locked, full or gone, and runbooks change in mid-run: a click fails loudly, and it mends itself."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.run.events import StepFinished
from bot.web.health import NotReady
from bot.wiring.staff import probe_database
from bot.workspace.serve import Workspace
from tests.conftest import open_postgres
from tests.faults.branch import open_branch
from tests.walks.firm import Firm, open_firm, seed_for, serving, wait_for, wait_for_truth
from tests.walks.folder import BOOKS, write_folder
from tests.walks.hand import Hand
from tests.walks.test_every_button import START, TARGET, read_size
from tests.workspace.office import AT_ONCE

_AT_ALL = 40.0


def begin(firm: Firm) -> Hand:
    ana = firm.hand("ana")
    assert ana.start("orders", START).errors == {}
    return ana


def press_in_vain(firm: Firm, hand: Hand, label: str) -> str:
    """Press, and be told that it failed; nothing of it is told or kept. What was said."""
    before, shown = firm.kinds("ORDERS-1"), hand.sees(firm.thread("ORDERS-1"))
    message, spot = hand.find(label)
    known = len(hand.hints())
    hand.press_on(message, spot)
    wait_for(lambda: len(hand.hints()) > known, "nobody said that it failed", _AT_ALL)
    said = hand.hints()[-1]
    assert firm.kinds("ORDERS-1") == before
    assert "\n".join(hand.person.sees(hand.channel, firm.thread("ORDERS-1"))).startswith(shown)
    return said


def reference_in(said: str) -> str:
    assert "it may not be on record" in said
    return said.rpartition("reference: ")[2].split()[0]


@contextmanager
def locked(database: str) -> Iterator[None]:
    """Another program holds SQLite's write lock."""
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.long
def test_a_locked_file_fails_loudly_and_then_it_goes_on(firm: Firm) -> None:
    ana = begin(firm)
    firm.settle()
    with locked(firm.environment["DATABASE_URL"]):
        assert "Nothing was recorded: somebody else holds" in press_in_vain(firm, ana, "Done")
    assert any(line["event"].startswith("nothing was recorded") for line in firm.log)
    ana.press("Done")
    assert firm.kinds("ORDERS-1").count("StepFinished") == 1
    firm.settle()
    wait_for_truth(firm.house, firm.workspace)


@pytest.mark.long
def test_a_full_disk_fails_loudly_and_then_it_goes_on(tmp_path: Path) -> None:
    """The process may not write a byte more into any file, as on a full disk; then it may again."""
    folder = write_folder(tmp_path / "books")
    with (
        running_workspace(folder) as workspace,
        open_branch(workspace, tmp_path, folder) as branch,
        branch.serve() as serve,
    ):
        ana = begin(branch)
        branch.settle()
        with full_disk(serve.process.pid):
            reference = reference_in(press_in_vain(branch, ana, "Done"))
        ana.press("Done")
        assert branch.kinds("ORDERS-1").count("StepFinished") == 1
        branch.check_slack_shows_the_record()
        assert reference in serve.said()
        assert serve.end()[0] == 0


@contextmanager
def running_workspace(folder: Path) -> Iterator[Workspace]:
    workspace = Workspace.start(seed_for(folder), AT_ONCE)
    yield workspace
    workspace.stop()


@contextmanager
def full_disk(pid: int) -> Iterator[None]:
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, before[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.long
def test_a_postgresql_that_is_gone_for_a_while(tmp_path: Path) -> None:
    """Its clicks fail with a reference; it comes back, and the same process goes on."""
    with (
        open_postgres() as server,
        open_firm(tmp_path, write_folder(tmp_path / "books"), database=server.get_uri()) as firm,
    ):
        ana = begin(firm)
        message, spot = ana.find("Done")
        known = len(ana.hints())
        server.stop()
        ana.press_on(message, spot)
        wait_for(lambda: len(ana.hints()) > known, "nobody said that it failed", _AT_ALL)
        assert "it may not be on record" in ana.hints()[-1]
        assert _readiness(firm) == "The database does not answer."
        server.start()
        wait_for(lambda: "PostgreSQL answers" in _readiness(firm), "it is there again", _AT_ALL)
        assert firm.kinds("ORDERS-1").count("StepFinished") == 0
        assert ana.press_on(message, spot).ok
        wait_for(lambda: firm.row("ORDERS-1").step == "which", "it goes on")
        ana.press("Rows are wrong")
        assert firm.kinds("ORDERS-1").count("StepFinished") == 1


def _readiness(firm: Firm) -> str:
    try:
        return probe_database(firm.house.engine)
    except NotReady as failure:
        return str(failure)


def test_a_run_goes_on_as_it_was_pinned_when_its_runbook_is_changed_and_deleted(firm: Firm) -> None:
    """The next run has the new text; the open one, its sign-off and its sub-run the old; the record names both."""
    ana = begin(firm)
    folder = Path(firm.environment["HANDRAIL_RUNBOOKS"])
    changed = BOOKS["rows-gone"].replace("Choose the line that matches", "Choose what it is").replace("8h", "9h")
    (folder / "rows-gone.yaml").write_text(changed.replace("Stop the writers", "Stop all writers"), encoding="utf-8")
    firm.house.registry().reload()
    ana.press("Done")
    assert "Choose the line that matches" in ana.sees(firm.thread("ORDERS-1"))
    (folder / "rows-gone.yaml").unlink()
    (folder / "open-bucket.yaml").unlink()
    firm.house.registry().reload()
    firm.stop_serving()
    with serving(firm.house, firm.workspace, "sockets"):
        ana.press("Rows are wrong").press("Done", {"Recovery target": TARGET})
        read_size(firm)
        firm.hand("ben").press("Approve…", {"target time": TARGET})
        assert firm.row("ORDERS-1").step == "restore"
        write_folder(folder)
        (folder / "rows-gone.yaml").write_text(changed, encoding="utf-8")
        firm.house.registry().reload()
        modal = ana.start("orders", {**START, "Why a second run?": "Another table"})
        assert modal.errors == {}
        assert firm.row("ORDERS-2").digest != firm.row("ORDERS-1").digest
        firm.hand("ana").press("Done", thread=firm.thread("ORDERS-2"))
        assert "Choose what it is" in ana.sees(firm.thread("ORDERS-2"))
        finished = [event for _, event, _ in firm.history("ORDERS-1") if isinstance(event, StepFinished)]
        assert len(finished) == 3
        firm.check_all_is_well()

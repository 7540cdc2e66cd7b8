"""Hands on, over Slack's wire: a check goes by itself, a restore starts by a press, in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.format.runbook import Runbook
from bot.library.check import check_files
from bot.library.parse import digest_of
from bot.run.hands.events import ActionFinished, ActionLost, ActionStarted, CancelAsked
from bot.wiring.hands import child_environment
from bot.workers.hands import LEASE
from tests.walks.firm import PATIENCE, Firm, Way, open_firm, wait_for
from tests.walks.folder import BOOKS, CATALOGUE, write_folder
from tests.walks.test_every_button import START, TARGET

BACKUP = "#!/bin/sh\necho 500\n"
RESTORE = "#!/bin/sh\n[ $# = 1 ] && echo 7\n"
FILE = """
schema: hands/v1
name: bastion
places: [{{at: pg-orders-1, effect: destroy}}]
programs: [{{path: {folder}/restore, args: ['[-0-9T:+Z]+']}}]
read: [{{path: {folder}/backup, args: [info]}}]
approved: {approved}
"""
NAME = {"asset's name": "Orders database"}
_COMMAND = "import sys; from bot.cli import main; sys.argv[0] = 'handrail'; main()"


def write_hands(folder: Path, restore: str = RESTORE) -> Path:
    """Two programs, and the file that allows them."""
    for name, script in (("backup", BACKUP), ("restore", restore)):
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    file = folder / "hands.yaml"
    report = check_files(
        [(name, text.encode()) for name, text in (BOOKS | {"catalogue": CATALOGUE}).items()], whole=True
    )
    approved = [
        {"runbook": one.model.id, "digest": digest_of(one.pinned), "by": "Chen Wei"}
        for documents in report.documents.values() for one in documents if isinstance(one.model, Runbook)
    ]  # fmt: skip
    file.write_text(FILE.format(folder=folder, approved=json.dumps(approved)))
    return file


@contextmanager
def hands_at_work(firm: Firm, folder: Path, restore: str = RESTORE) -> Iterator[subprocess.Popen[bytes]]:
    """`handrail hands`, as a process of its own that knows nothing of Slack."""
    file = write_hands(folder, restore)
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = kept | {"DATABASE_URL": firm.environment["DATABASE_URL"], "HANDRAIL_HANDS": str(file)}
    child = subprocess.Popen([sys.executable, "-c", _COMMAND, "hands"], env=environment)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(PATIENCE)


def press_run(firm: Firm) -> None:
    """Up to the press that starts the restore; the size before it was read by hands."""
    ana, ben, dora = firm.hand("ana"), firm.hand("ben"), firm.hand("dora")
    ana.start("orders", START)
    ana.press("Done").press("Rows are wrong").press("Done", {"Recovery target": TARGET})
    wait_for(lambda: firm.run("ORDERS-1").here.step == "ask", "the size was not read")
    assert firm.run("ORDERS-1").vars["size"] == 500
    dora.press("Approve…", {"target time": TARGET})
    ben.press("I am watching")
    wait_for(lambda: "Run it" in ana.labels(firm.thread("ORDERS-1")), "hands did not offer to run it")
    ana.press("Run it", NAME)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["sockets", "http"])
def test_a_check_goes_by_itself_and_a_restore_by_a_press(
    tmp_path: Path, way: Way, request: pytest.FixtureRequest
) -> None:
    """Socket Mode on SQLite, signed HTTP on PostgreSQL."""
    database = request.getfixturevalue("postgres_database") if way == "http" else ""
    programs = tmp_path / "programs"
    programs.mkdir()
    with (
        open_firm(tmp_path, write_folder(tmp_path / "books"), way, database) as firm,
        hands_at_work(firm, programs) as child,
    ):
        press_run(firm)
        wait_for(lambda: firm.run("ORDERS-1").here.step == "quiet", "the rows were not restored")
        assert firm.run("ORDERS-1").vars["rows"] == 7
        started = [event for _, event, _ in firm.history("ORDERS-1") if isinstance(event, ActionStarted)]
        assert [one.argv for one in started if one.argv] == [("backup", "info"), ("restore", TARGET)]
        assert all(event.ok for _, event, _ in firm.history("ORDERS-1") if isinstance(event, ActionFinished))
        assert "Handrail" in firm.hand("ana").sees(firm.thread("ORDERS-1"))
        child.terminate()
        assert child.wait(PATIENCE) == 0, "it ends in order"
        firm.check_all_is_well()


@pytest.mark.slow
def test_what_is_cancelled_is_ended_with_all_it_started_and_somebody_looks(tmp_path: Path) -> None:
    """By a press and its form, with the reason; the run goes where the runbook says for what nobody knows."""
    programs = tmp_path / "programs"
    programs.mkdir()
    note = programs / "pid"
    restore = f"#!/bin/sh\nsleep 600 &\necho $! > {note}.new && mv {note}.new {note}\nwait\n"
    with open_firm(tmp_path, write_folder(tmp_path / "books")) as firm, hands_at_work(firm, programs, restore):
        press_run(firm)
        wait_for(note.exists, "the restore did not start")
        ana, thread = firm.hand("ana"), firm.thread("ORDERS-1")
        wait_for(lambda: "Cancel…" in ana.labels(thread), "nobody can cancel it")
        ana.press("Cancel…", {"Why?": "The wrong <!channel>."})
        wait_for(lambda: firm.run("ORDERS-1").here.step == "look", "it was not ended")
        (ended,) = [one for _, one, _ in firm.history("ORDERS-1") if isinstance(one, ActionFinished) and not one.ok]
        assert (ended.ended, ended.exit) == ("cancelled", None)
        assert [one.words for _, one, _ in firm.history("ORDERS-1") if isinstance(one, CancelAsked)] == [
            "The wrong <!channel>."
        ]
        assert not Path(f"/proc/{note.read_text().strip()}").exists(), "what it left behind was ended too"
        wait_for(lambda: "was cancelled, after" in ana.sees(thread), "nobody was told how it ended")
        assert "nobody knows what it did" in ana.sees(thread)
        firm.check_all_is_well()


@pytest.mark.long
def test_hands_that_are_killed_leave_an_unknown_outcome(tmp_path: Path) -> None:
    """kill -9 while the restore runs: within the lease and two seconds `serve` says so, and nothing is repeated."""
    programs = tmp_path / "programs"
    programs.mkdir()
    note = programs / "pid"
    restore = f"#!/bin/sh\necho $$ > {note}.new && mv {note}.new {note}\nexec sleep 600\n"
    with (
        open_firm(tmp_path, write_folder(tmp_path / "books")) as firm,
        hands_at_work(firm, programs, restore) as child,
    ):
        press_run(firm)
        wait_for(note.exists, "the restore did not start")
        child.kill()
        child.wait(PATIENCE)
        killed = time.monotonic()
        try:
            wait_for(lambda: firm.run("ORDERS-1").here.step == "look", "nobody noticed")
            took = time.monotonic() - killed
        finally:
            os.kill(int(note.read_text()), signal.SIGKILL)
        assert took < LEASE.total_seconds() + 2
        (lost,) = [event for _, event, _ in firm.history("ORDERS-1") if isinstance(event, ActionLost)]
        assert f"on {socket.gethostname()} do not answer; it may still be running there" in lost.why
        assert lost.why in firm.hand("ana").sees(firm.thread("ORDERS-1"))
        firm.check_all_is_well()


@pytest.mark.slow
def test_on_sqlite_serve_has_hands_of_its_own(tmp_path: Path) -> None:
    """A child without a word of Slack in its environment, which ends with `serve`."""
    programs = tmp_path / "programs"
    programs.mkdir()
    more = {"HANDRAIL_HANDS": str(write_hands(programs))}
    with open_firm(tmp_path, write_folder(tmp_path / "books"), more=more) as firm:
        told = child_environment(firm.house.settings, firm.environment)
        assert not [name for name in told if "SLACK" in name]
        assert set(told.values()) & {firm.environment["SLACK_BOT_TOKEN"]} == set()
        ana = firm.hand("ana")
        ana.start("orders", START)
        ana.press("Done").press("Rows are wrong").press("Done", {"Recovery target": TARGET})
        wait_for(lambda: firm.run("ORDERS-1").here.step == "ask", "the size was not read")
        (started,) = [event for _, event, _ in firm.history("ORDERS-1") if isinstance(event, ActionStarted)]
        assert started.worker == "bastion"
        firm.check_all_is_well()

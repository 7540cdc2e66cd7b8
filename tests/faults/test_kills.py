"""kill -9 between any two steps in the life of a click: nothing is lost, and nothing that stands is posted again."""

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.journal.database import migrate
from bot.run.events import SignoffExpired
from bot.run.paging.events import Paged, PageTried
from bot.workspace.serve import Workspace
from tests.faults.branch import Branch, open_branch
from tests.walks.firm import Firm, open_firm, seed_for, serving, wait_for
from tests.walks.folder import BOOKS, CATALOGUE, book
from tests.walks.test_every_button import START, TARGET, read_size
from tests.workspace.office import AT_ONCE

CALLER = """
inputs:
  damage_text: {type: text, max: 200, ask: "What changed?", required: true}
vars:
  bucket_name: {type: string, ask: "Name of the bucket"}
steps:
  - {id: stop_writers, do: Stop the writers, max_visits: 5, go: {ok: open_bucket, problem: hold}}
  - {id: open_bucket, call: Have the bucket opened again, runbook: open-bucket, with: {asset: bucket, reason: rows},
     capture: {bucket_name: {output: bucket_name}}, max_visits: 9, go: {recovered: look, else: hold}}
  - {id: look, do: Look at the bucket, max_visits: 5, go: {ok: closed, problem: hold}}
  - {id: closed, end: Close the run, outcome: partial}
"""
DESK, PEN, LINE = (
    "bot.engine.handler:CommandHandler",
    "bot.journal.transaction:WriteTransaction",
    "bot.slack.connection:SocketConnection",
)
LETTERS, VOICE, JOURNAL = "bot.journal.outbox:Outbox", "bot.slack.messenger:SlackMessenger", "bot.journal.store:Journal"
CLICK = {
    "before the transaction": (f"{DESK}.handle", "before", "Finish"),
    "in the transaction": (f"{PEN}.append", "after", "StepFinished"),
    "after the commit": (f"{DESK}._tell", "before", "StepFinished"),
    "before the ack": (f"{LINE}.send", "before", "envelope_id"),
    "after the ack": (f"{LINE}.send", "after", "envelope_id"),
    "before telling": ("bot.notifier.notifier:Notifier.tell_run", "before", ""),
    "after a post was intended": (f"{LETTERS}.intend", "after", ""),
    "after a post, before it was noted": (f"{VOICE}.post", "after", ""),
    "after it was noted": (f"{LETTERS}.sent", "after", ""),
    "after an update": (f"{VOICE}.update", "after", ""),
    "before told moved": (f"{JOURNAL}.tell_up_to", "before", ""),
    "after told moved": (f"{JOURNAL}.tell_up_to", "after", ""),
}
NOT_KEPT = ("before the transaction", "in the transaction")
CALL = {
    "before the called run": (f"{DESK}.start", "before", "call:"),
    "after the called run": (f"{DESK}.start", "after", "call:"),
    "before the caller notes it": (f"{DESK}.handle", "before", "NoteChildOpened"),
    "after the caller took the outcome": (f"{DESK}.handle", "after", "TakeChildOutcome"),
    "before the called run notes it": (f"{DESK}.handle", "before", "NoteParentTold"),
}
AT_THE_END = ("after the caller took the outcome", "before the called run notes it")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    books = tmp_path_factory.mktemp("books")
    (books / "catalogue.yaml").write_text(CATALOGUE.replace("[rows-gone, trial]", "[rows-gone]"), encoding="utf-8")
    (books / "bucket.yaml").write_text(BOOKS["open-bucket"], encoding="utf-8")
    caller = book("rows-gone", "Rows are gone", "A table is empty.", CALLER, again="stop_writers")
    (books / "rows.yaml").write_text(caller, encoding="utf-8")
    return books


@pytest.fixture
def workspace(folder: Path) -> Iterator[Workspace]:
    started = Workspace.start(seed_for(folder), AT_ONCE)
    yield started
    started.stop()


@pytest.fixture
def branch(workspace: Workspace, folder: Path, tmp_path: Path) -> Iterator[Branch]:
    with open_branch(workspace, tmp_path, folder) as opened:
        yield opened


def start(branch: Firm) -> None:
    """Begin a run, and wait until whoever is called by it has their page: the kill is for what comes after."""
    modal = branch.hand("ana").start("orders", {"What changed?": "Prices are 0"})
    assert modal.errors == {}
    wait_for(lambda: is_called(branch), "nobody was called, or it was not recorded")
    branch.settle()


def is_called(branch: Firm) -> bool:
    """Whether everybody who was called has a message, and the record says so."""
    happened = [event for _, event, _ in branch.history("ORDERS-1")]
    called = sum(len(event.people) for event in happened if isinstance(event, Paged))
    return 0 < called <= sum(isinstance(event, PageTried) for event in happened)


@pytest.mark.long
@pytest.mark.parametrize("where", CLICK)
def test_a_click_survives_a_kill(branch: Branch, where: str) -> None:
    """What was acknowledged is on record; what was not may be pressed again; every message stands there once."""
    place, when, hint = CLICK[where]
    since = "" if hint else "StepFinished"  # what is told otherwise, such as a page, is told at any moment
    with branch.serve(place, when, hint, since) as serve:
        start(branch)
        ana = branch.hand("ana")
        message, spot = ana.find("Done")
        branch.trigger.touch()
        acknowledged = ana.press_on(message, spot).ok
        assert serve.wait() == -signal.SIGKILL
    kept = branch.kinds("ORDERS-1").count("StepFinished")
    assert kept == (where not in NOT_KEPT)
    assert kept >= acknowledged
    with branch.serve() as serve:
        if not acknowledged:
            said = ana.press_on(message, spot)
            assert said.ok
            wait_for(lambda: not kept or "finished this step" in "".join(ana.hints()), "nobody said that it was done")
        wait_for(lambda: branch.row("ORDERS-1").step == "open_bucket", "the run goes on")
        assert branch.kinds("ORDERS-1").count("StepFinished") == 1
        wait_for(lambda: branch.house.journal().find_run("BACKUPS-1"), "the called run is opened")
        branch.check_slack_shows_the_record()
        assert serve.end()[0] == 0


@pytest.mark.long
@pytest.mark.parametrize("where", CALL)
def test_a_call_survives_a_kill(branch: Branch, where: str) -> None:
    """One called run, however often the process dies around it; its outcome comes back once."""
    with branch.serve(*CALL[where]) as serve:
        start(branch)
        ana = branch.hand("ana")
        if where in AT_THE_END:
            walk_the_called_run(branch)
        else:
            branch.trigger.touch()
            ana.press("Done")
        assert serve.wait() == -signal.SIGKILL
    with branch.serve():
        if branch.house.journal().find_run("BACKUPS-1") is None or branch.row("BACKUPS-1").state == "open":
            wait_for(lambda: branch.house.journal().find_run("BACKUPS-1"), "the called run is opened")
            end_the_called_run(branch)
        wait_for(lambda: branch.row("ORDERS-1").step == "look", "the caller goes on")
        wait_for(lambda: branch.kinds("BACKUPS-1")[-1] == "ParentTold", "the called run knows that it was heard")
        kinds = branch.kinds("ORDERS-1")
        assert (kinds.count("CallOpened"), kinds.count("CallReturned")) == (1, 1)
        assert len(branch.house.journal().newest_runs(9)) == 2
        branch.check_slack_shows_the_record()


def walk_the_called_run(branch: Branch) -> None:
    branch.hand("ana").press("Done")
    wait_for(lambda: branch.house.journal().find_run("BACKUPS-1"), "the called run is opened")
    end_the_called_run(branch, branch.trigger)


def end_the_called_run(branch: Branch, trigger: Path | None = None) -> None:
    """Dora does it and Chen signs, in their own channel; the trigger is set before the last click."""
    dora, chen = branch.hand("dora", "#storage-platform"), branch.hand("chen", "#storage-platform")
    dora.press("Take over").press("Done", {"Name of the bucket": "b-2"})
    chen.press("Approve…")
    chen.fill(chen.person.modal(), {"bucket name": "b-2"})
    if trigger is not None:
        trigger.touch()
    chen.person.modal().submit()


@pytest.mark.long
def test_another_replica_takes_over_what_a_killed_one_was_telling(
    workspace: Workspace, folder: Path, tmp_path: Path, postgres_database: str
) -> None:
    """On PostgreSQL the dead one's lease has to run out first."""
    with open_branch(workspace, tmp_path, folder, postgres_database) as branch:
        migrate(branch.house.engine)
        with branch.serve(*CLICK["after a post, before it was noted"]) as first, branch.serve() as second:
            start(branch)
            branch.settle()
            branch.trigger.touch()
            for number in range(20):
                branch.hand("ana").press("Note…", {"What should be on record?": f"Note {number}"})
                wait_for(lambda: first.process.poll() is not None or not branch.untold(), "nobody tells it")
                if first.process.poll() is not None:
                    break
            assert first.wait() == -signal.SIGKILL
            wait_for(lambda: not branch.untold(), "the second tells it", 20)
            branch.check_slack_shows_the_record()
            assert second.end()[0] == 0


def test_a_sign_off_that_ran_out_while_nobody_served_is_said_to_be_late(tmp_path: Path) -> None:
    folder = tmp_path / "books"
    folder.mkdir()
    for name, text in {"catalogue": CATALOGUE, **BOOKS}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    with open_firm(tmp_path, folder) as firm:
        ana = firm.hand("ana")
        assert ana.start("orders", START).errors == {}
        ana.press("Done").press("Rows are wrong").press("Done", {"Recovery target": TARGET})
        read_size(firm)
        firm.settle()
        firm.stop_serving()
        firm.clock.ahead += timedelta(minutes=25)
        with serving(firm.house, firm.workspace, "sockets"):
            wait_for(lambda: firm.row("ORDERS-1").step == "hold", "it expires")
            _, event, stamp = next(one for one in firm.history("ORDERS-1") if isinstance(one[1], SignoffExpired))
            assert isinstance(event, SignoffExpired)
            assert 500 < (stamp.at - event.was_due).total_seconds() < 700
            assert "late" in ana.sees(firm.thread("ORDERS-1"))
            firm.check_all_is_well()

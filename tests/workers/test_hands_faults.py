"""Hands that are killed between any two of taken, started, running, ended, written down and recorded; a database that
goes away; a file that changes while a command runs. Nothing runs twice, and success is what was seen to exit so.
"""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from bot.format.hands import HandsFile
from bot.hands.executing import execute
from bot.hands.spool import HELD_A_SECRET, Spool
from bot.journal.hands import HandsLeases
from bot.journal.store import NotRecorded
from bot.library.parse import Unreadable
from bot.run.commands import Begin, Mismatch
from bot.run.events import StepFinished
from bot.run.hands.events import ActionFinished, ActionLost, ActionStarted
from bot.workers import hands as at_work
from bot.workers.hands import Worker, watch_hands
from tests.story import book_of
from tests.workers.test_hands import House, house

__all__ = ["house"]


class Killed(BaseException):
    """What kill -9 is to a process: nothing of it runs any more."""


class Leases(HandsLeases):
    """Of a process that may be killed: then it gives nothing back."""

    def release(self, run_id: str, token: str) -> None:
        """As far as it still lives."""


def dies(*_: object, **__: object) -> None:
    raise Killed


def stop_before_start(worker: Worker, patch: pytest.MonkeyPatch) -> None:
    _stop_saying(worker, patch, "StartAction")


def stop_before_running(_: Worker, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(at_work, "execute", dies)


def stop_while_running(_: Worker, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(at_work, "execute", lambda *given, **named: dies(execute(*given, **named)))


def stop_before_writing(_: Worker, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Spool, "keep", dies)


def stop_before_recording(worker: Worker, patch: pytest.MonkeyPatch) -> None:
    _stop_saying(worker, patch, "FinishAction")


def stop_after_recording(_: Worker, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Spool, "drop", dies)


def _stop_saying(worker: Worker, patch: pytest.MonkeyPatch, kind: str) -> None:
    real: Callable[..., Any] = worker._say  # noqa: SLF001  (the very place where it is killed)
    patch.setattr(worker, "_say", lambda run, one: dies() if type(one).__name__ == kind else real(run, one))


def begun(house: House) -> str:
    """A run whose change somebody has just pressed."""
    run_id = house.start()
    worker = house.hands()
    worker.look()
    worker.look()
    house.handler.handle(run_id, Begin("change", 1, hands=True), "ana", "slack")
    return run_id


def restarted(house: House, folder: Path, name: str = "again") -> Worker:
    return house.hands(name, spool=Spool(folder / "spool"))


@pytest.mark.parametrize(
    ("stop", "ran", "exit_"),
    [
        (stop_before_start, True, "ok"),  # nothing was recorded: the press still counts, and it is started once
        (stop_before_running, False, "timeout"),
        (stop_while_running, True, "timeout"),
        (stop_before_writing, True, "timeout"),
        (stop_before_recording, True, "ok"),  # written on the disk: seen to end so
        (stop_after_recording, True, "ok"),
    ],
)
def test_killed_between_any_two(
    house: House,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stop: Callable[[Worker, pytest.MonkeyPatch], None],
    ran: bool,
    exit_: str,
) -> None:
    run_id = begun(house)
    killed = house.hands("killed", spool=Spool(tmp_path / "spool"), leases=Leases(house.journal))
    with monkeypatch.context() as patch:
        stop(killed, patch)
        with pytest.raises(Killed):
            killed.look()
    house.leases.renew(run_id, "killed", timedelta(0))  # its lease runs out
    after = restarted(house, tmp_path)
    assert after.recover()
    for _ in range(3):
        after.look()
    started = [one for one in house.events(run_id, ActionStarted) if one.step == "change"]
    finished = [one for one in house.events(run_id, StepFinished) if one.step == "change"]
    assert (len(started), [one.exit for one in finished]) == (1, [exit_])
    assert house.mark.exists() is ran
    assert [one.late for one in house.events(run_id, ActionLost)] == ([False] if exit_ == "timeout" else [])
    assert not list((tmp_path / "spool").glob("*"))


def test_serve_is_killed_where_it_says_that_hands_are_gone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another replica says it, once."""
    run_id = begun(house)
    killed = house.hands("killed", leases=Leases(house.journal))
    with monkeypatch.context() as patch:
        stop_before_running(killed, patch)
        with pytest.raises(Killed):
            killed.look()
    house.leases.renew(run_id, "killed", timedelta(0))
    with monkeypatch.context() as patch:
        patch.setattr(at_work, "lose_actions", dies)
        with pytest.raises(Killed):
            watch_hands(house.handler, Leases(house.journal), "serve-1", Event(), Event(), 0.001)
    assert house.leases.waiting(at_work.LEASE) == []
    house.leases.renew(run_id, "serve-1", timedelta(0))
    house.hands("others").look()
    assert len(house.events(run_id, ActionLost)) == 1
    assert house.events(run_id, StepFinished)[-1].exit == "timeout"


def away(worker: Worker, patch: pytest.MonkeyPatch) -> None:
    """The database takes nothing more."""

    def gone(*_: object) -> None:
        raise NotRecorded("The database is away.")

    patch.setattr(worker, "_say", gone)


def test_an_outcome_outlives_a_database_that_is_away_and_the_worker_that_waits_for_it(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what others had called unknown meanwhile stays so: the outcome comes in late and moves nothing."""
    run_id = begun(house)
    worker = house.hands("killed", spool=Spool(tmp_path / "spool"), leases=Leases(house.journal))
    told, asked = worker._told, iter([True, True])  # noqa: SLF001  (where it waits)

    def executes(*given: Any, **named: Any) -> Any:  # noqa: ANN401  (as `execute`)
        away(worker, patch)
        return execute(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(at_work, "execute", executes)
        patch.setattr(at_work, "_PAUSE", 0.001)
        patch.setattr(worker, "_told", lambda outcome: told(outcome) if next(asked, False) else dies())
        with pytest.raises(Killed):
            worker.look()
    (kept,) = (tmp_path / "spool").glob("*.json")
    assert kept.stat().st_mode & 0o077 == 0
    house.leases.renew(run_id, "killed", timedelta(0))
    house.hands("others").look()
    assert house.events(run_id, StepFinished)[-1].exit == "timeout"
    assert restarted(house, tmp_path).recover()
    late = [one for one in house.events(run_id, ActionFinished) if one.step == "change"]
    assert [(one.ok, one.late) for one in late] == [(True, True)]
    assert house.events(run_id, StepFinished)[-1].exit == "timeout"
    assert not list((tmp_path / "spool").iterdir())


def test_what_is_written_down_holds_no_secret(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check compares what was printed; once that cannot be kept whole, the check has not gone well."""
    secret = tmp_path / "pin"
    secret.write_text("5000\n", encoding="utf-8")
    house.text = house.text.replace('"500"', '"5000"').replace("capture: {size: {from: stdout, type: int}}", "")
    house.text = house.text.replace("{var: size, gt: 10}", "{var: stdout, eq: '5000'}")
    house.book = book_of(house.text)
    run_id = house.start()
    profile = {"read_only": True, "files": {"PIN": str(secret)}}
    reads = [{"path": "/usr/bin/printf", "args": ["%s", "[0-9]+"], "profile": "db"}]
    killed = house.hands(
        "killed", spool=Spool(tmp_path / "spool"), leases=Leases(house.journal), profiles={"db": profile}, read=reads
    )
    with monkeypatch.context() as patch:
        stop_before_recording(killed, patch)
        with pytest.raises(Killed):
            killed.look()
    (kept,) = (tmp_path / "spool").glob("*.json")
    assert "5000" not in kept.read_text()
    assert restarted(house, tmp_path).recover()
    (finished,) = house.events(run_id, ActionFinished)
    assert (finished.ok, finished.trouble) == (False, HELD_A_SECRET)


def test_what_lies_on_the_disk_and_is_no_outcome_of_ours_is_left(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / "a.json").write_text("{")
    (folder / "b.json").write_text(json.dumps({"kind": "StartAction", "command": {}}))
    assert restarted(house, tmp_path).recover()
    assert len(list(folder.iterdir())) == 2


def test_a_command_that_runs_is_followed_to_its_end_whatever_changes_meanwhile(house: House) -> None:
    """Its file allows it no more, its runbook is another one, and the hands are told to end: it is recorded all the
    same, and nothing more is taken.
    """
    note = house.mark.with_name("go")
    house.text = house.text.replace('[touch, "MARK"]', "").replace(
        f'[touch, "{house.mark}"]', f'[sh, -c, "until test -e {note}; do sleep 0.02; done; touch {house.mark}"]'
    )
    house.book = book_of(house.text)
    programs = [{"path": "/bin/sh", "args": ["-c", ".*"]}]
    run_id, stopping = house.start(), Event()
    worker = house.hands(programs=programs)
    worker.look()
    worker.look()
    house.handler.handle(run_id, Begin("change", 1, hands=True), "ana", "slack")
    works = Thread(target=lambda: worker.run(stopping), daemon=True)
    works.start()
    wait_for(lambda: [one for one in house.events(run_id, ActionStarted) if one.step == "change"])
    house.allowed["bastion"] = house.file(places=[{"at": "elsewhere"}])
    house.edited = book_of(house.text.replace("Change it", "Change it otherwise"))
    stopping.set()
    note.touch()
    works.join(30)
    assert not works.is_alive()
    assert house.mark.exists()
    assert [one.exit for one in house.events(run_id, StepFinished) if one.step == "change"] == ["ok"]


def test_two_steps_that_look_alike_are_two_commands(house: House) -> None:
    """A visit that was left while its command ran: the outcome is recorded to its own visit, and moves nothing."""
    note = house.mark.with_name("go")
    house.text = house.text.replace(
        f'[touch, "{house.mark}"]', f'[sh, -c, "until test -e {note}; do sleep 0.02; done; touch {house.mark}"]'
    )
    house.book = book_of(house.text)
    run_id, worker = house.start(), house.hands(programs=[{"path": "/bin/sh", "args": ["-c", ".*"]}])
    worker.look()
    worker.look()
    house.handler.handle(run_id, Begin("change", 1, hands=True), "ana", "slack")
    works = Thread(target=worker.look, daemon=True)
    works.start()
    wait_for(lambda: [one for one in house.events(run_id, ActionStarted) if one.step == "change"])
    house.handler.handle(run_id, Mismatch("change", 1), "ana", "slack")
    assert house.run(run_id).here.step == "hold"
    note.touch()
    works.join(30)
    assert [(one.ok, one.late) for one in house.events(run_id, ActionFinished)][-1] == (True, True)
    assert house.run(run_id).here.step == "hold"


def test_a_file_that_is_faulty_for_a_while_executes_nothing_and_is_said_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id, worker, good = house.start(), house.hands(), house.allowed["bastion"]
    said: list[str] = []
    looks = iter(range(1_000_000))

    def read() -> HandsFile:
        if next(looks) < 5:
            raise Unreadable(())
        return good

    monkeypatch.setattr(at_work, "LOOK", 0.001)
    monkeypatch.setattr(worker, "_bench", replace(worker._bench, hands=read))  # noqa: SLF001  (its file)
    monkeypatch.setattr(at_work.log, "error", lambda words, **_: said.append(words), raising=False)
    stopping = Event()
    works = Thread(target=lambda: worker.run(stopping), daemon=True)
    works.start()
    wait_for(lambda: house.events(run_id, ActionFinished))
    stopping.set()
    works.join(30)
    assert len(said) == 1


def test_who_was_stopped_for_longer_than_the_lease_executes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that slept between the start and the process: others may have called it lost by now."""
    run_id, worker = begun(house), house.hands()
    ticks = iter([0.0, 6.0])
    monkeypatch.setattr(at_work, "monotonic", lambda: next(ticks, 7.0))
    worker.look()
    (finished,) = [one for one in house.events(run_id, ActionFinished) if one.step == "change"]
    assert (finished.ended, finished.ok) == ("not started", False)
    assert not house.mark.exists()


def test_a_check_that_may_be_tried_again_is_and_each_attempt_is_on_record(house: House) -> None:
    note = house.mark.with_name("ready")
    house.text = house.text.replace('[printf, "%s", "500"]', f"[cat, {note}]").replace(
        "expect: {all: [{var: size, gt: 10}]}",
        "expect: {all: [{var: size, gt: 10}]}\n    retry: {attempts: 3, delay: 1s}",
    )
    house.book = book_of(house.text)
    run_id, worker = house.start(), house.hands(read=[{"path": "/usr/bin/cat", "args": ["/.*"]}])
    worker.look()
    worker.look()
    assert [one.ok for one in house.events(run_id, ActionFinished)] == [False], "it is not time yet"
    note.write_text("500")

    def done() -> bool:
        worker.look()
        return len(house.events(run_id, ActionFinished)) > 1

    wait_for(done)
    assert [(one.attempt, one.ok) for one in house.events(run_id, ActionFinished)] == [(1, False), (2, True)]
    assert house.run(run_id).here.step == "change"


def wait_for(there: Callable[[], object]) -> None:
    until = datetime.now(UTC) + timedelta(seconds=30)
    while not there():
        assert datetime.now(UTC) < until


def test_what_followed_a_command_is_killed_and_nobody_calls_it_a_success(house: House, tmp_path: Path) -> None:
    note = tmp_path / "shim"
    house.text = house.text.replace(
        f'[touch, "{house.mark}"]', f"[sh, -c, 'ps -o ppid= -p $$ > {note}.new; mv {note}.new {note}; sleep 600']"
    )
    house.book = book_of(house.text)
    run_id, worker = house.start(), house.hands(programs=[{"path": "/bin/sh", "args": ["-c", ".*"]}])
    worker.look()
    worker.look()
    house.handler.handle(run_id, Begin("change", 1, hands=True), "ana", "slack")
    works = Thread(target=worker.look, daemon=True)
    works.start()
    wait_for(note.exists)
    os.kill(int(note.read_text()), signal.SIGKILL)
    works.join(30)
    (lost,) = house.events(run_id, ActionLost)
    assert "Nobody knows what it did" in lost.why
    assert house.events(run_id, StepFinished)[-1].exit == "timeout"

"""Hands at work on both databases: what they take, what they leave alone, and what becomes of what they leave."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import text

from bot.engine import CommandHandler, StartPlan
from bot.engine.verifying import verify_run
from bot.format.hands import HandsFile
from bot.hands.output import HIDDEN
from bot.hands.spool import Spool
from bot.journal.chain import text_digest
from bot.journal.database import open_engine
from bot.journal.hands import HandsLeases
from bot.journal.store import Journal, NotRecorded
from bot.journal.versions import Version, Versions
from bot.run.commands import Begin, CancelAction, Choose, Mismatch, Refused, StartAction
from bot.run.events import OUTPUT, Redacted, StepEntered, StepFinished
from bot.run.hands.events import ActionFinished, ActionLost, ActionStarted, HandsDeclined, HandsReady
from bot.run.state import Run
from bot.workers import hands as at_work
from bot.workers.hands import LEASE, ExecutionContext, Worker
from tests.hands.test_requesting import server
from tests.journal.test_standing import wait_until
from tests.places import migrated
from tests.story import book_of, start_command

TEXT = """
vars: {size: {type: int}}
steps:
  - id: size
    check: Read the size
    exec: {argv: [printf, "%s", "500"]}
    capture: {size: {from: stdout, type: int}}
    expect: {all: [{var: size, gt: 10}]}
    go: {ok: change, fail: hold}
  - id: change
    run: Change it
    effect: change
    timeout: 30s
    undo: {none: "It is only a test."}
    exec: {argv: [touch, "MARK"]}
    go: {ok: end, fail: hold, timeout: hold}
  - {id: hold, decide: Hold, options: [{id: a, label: A, when: A., go: end}, {id: b, label: B, when: B., go: end}]}
  - {id: end, end: Close, outcome: aborted}
"""


class AtOnce:
    """Does what is handed to it at once, in this thread."""

    def submit(self, work: Any, *arguments: Any) -> Future[Any]:  # noqa: ANN401  (as an executor takes it)
        done: Future[Any] = Future()
        done.set_result(work(*arguments))
        return done


class House:
    """A desk, and as many hands as a test wants, on one database."""

    def __init__(self, url: str, folder: Path) -> None:
        self.engine = open_engine(url)
        self.journal = Journal(self.engine)
        self.mark = folder / "mark"
        self.text = TEXT.replace("MARK", str(self.mark))
        ids = iter(range(1, 1_000_000))
        self.book, self.digest = book_of(self.text), "d" * 64
        self.edited: Any = None
        """What the runbook has become since; runs are pinned to what it was."""
        self.allowed: dict[str, HandsFile] = {}
        """The file of each hands, as it is now."""
        now = lambda: datetime.now(UTC)  # noqa: E731  (the door's clock)
        self.handler = CommandHandler(
            self.journal, lambda _: self.book, now, lambda: f"id{next(ids):030d}", lambda *_: None
        )
        self.leases = HandsLeases(self.journal)

    def start(self) -> str:
        command = start_command(digest=self.digest, ref="")
        return self.handler.start(
            StartPlan(command, self.book, {self.digest: self.text}, "ORDERS"), "ana", "slack"
        ).run.id

    def file(self, name: str = "bastion", effect: str = "change", **more: Any) -> HandsFile:  # noqa: ANN401  (keys)
        return HandsFile.model_validate({
            "schema": "hands/v1", "name": name, "places": [{"at": "bot", "effect": effect}],
            "programs": [{"path": "/usr/bin/touch", "args": ["/.*"]}],
            "read": [{"path": "/usr/bin/printf", "args": ["%s", "[0-9]+"]}],
            "approved": [{"runbook": "book", "digest": self.digest, "by": "Dora Lind"}], **more,
        })  # fmt: skip

    def hands(
        self, name: str = "bastion", effect: str = "change", spool: Spool | None = None,
        leases: HandsLeases | None = None, **more: Any,  # noqa: ANN401  (keys of the file)
    ) -> Worker:  # fmt: skip
        self.allowed[name] = self.file(name, effect, **more)
        pool: Any = AtOnce()
        now, authors = lambda: datetime.now(UTC), Versions(self.journal).authors_of
        bench = ExecutionContext(lambda: self.allowed[name], "host-1", str, now, authors, spool or Spool(None))
        return Worker(self.handler, leases or self.leases, bench, pool, token=name)

    def run(self, run_id: str) -> Run:
        return self.handler.load(run_id)

    def events(self, run_id: str, kind: type) -> list[Any]:
        return [event for _, event, _ in self.handler.history(run_id) if isinstance(event, kind)]


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    url = f"sqlite:///{tmp_path / 'hands.db'}"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgres_database"))
    engine = open_engine(url)
    migrated(engine)
    engine.dispose()
    made = House(url, tmp_path)
    yield made
    made.engine.dispose()


def test_a_check_goes_by_itself_and_a_change_by_a_press(house: House) -> None:
    run_id, worker = house.start(), house.hands()
    worker.look()
    assert house.run(run_id).vars["size"] == 500
    assert [one.exit for one in house.events(run_id, ActionFinished)] == [0]
    (output,) = house.leases.outputs(run_id)
    assert (output.text, output.size) == ("500", 3)
    assert output.digest == house.events(run_id, ActionFinished)[0].digest
    worker.look()
    assert house.events(run_id, HandsReady), "it says that it can"
    worker.look()
    assert not house.mark.exists(), "nothing that changes starts by itself"
    house.handler.handle(run_id, Begin("change", 1, hands=True), "ana", "slack")
    worker.look()
    assert house.mark.exists()
    assert house.run(run_id).over
    assert house.leases.waiting(LEASE) == []


def test_what_the_file_does_not_allow_is_walked_by_hand_with_the_reason(house: House) -> None:
    run_id, worker = house.start(), house.hands(effect="read", read=[])
    worker.look()
    (declined,) = house.events(run_id, HandsDeclined)
    assert declined.why == "hands.yaml does not list printf under `read:`."
    worker.look()
    assert len(house.events(run_id, HandsDeclined)) == 1


def test_a_version_that_only_its_author_approved_is_walked_by_hand(house: House) -> None:
    """Git knows who wrote it, by what `serve` noted when it began to serve."""
    run_id, book = house.start(), house.book.id
    version = Version(book, datetime.now(UTC), "d" * 64, "book.yaml", "c0ffee", "Dora Lind")
    Versions(house.journal).keep([version], {"d" * 64: house.text})
    house.hands().look()
    (declined,) = house.events(run_id, HandsDeclined)
    assert declined.why == "Dora Lind wrote this version of the runbook, so somebody else has to approve it."


def test_a_profiles_secret_is_neither_kept_nor_captured(house: House, tmp_path: Path) -> None:
    """Whatever it looks like: it goes out of the output, and a value that holds it is not read."""
    secret = tmp_path / "pin"
    secret.write_text("5000\n", encoding="utf-8")
    house.text = house.text.replace('"500"', '"5000"')
    house.book = book_of(house.text)
    run_id = house.start()
    profile = {"read_only": True, "files": {"PIN": str(secret)}}
    reads = [{"path": "/usr/bin/printf", "args": ["%s", "[0-9]+"], "profile": "db"}]
    house.hands(profiles={"db": profile}, read=reads).look()
    (finished,) = house.events(run_id, ActionFinished)
    assert (finished.ok, finished.captured) == (False, {})
    assert finished.trouble == "“size” looks like a secret, so it is not kept."
    assert [one.text for one in house.leases.outputs(run_id)] == [HIDDEN]


@pytest.mark.parametrize(
    ("capture", "printed"),
    [
        ('{from: stdout, pattern: "free: ([0-9]+)", type: int}', "user=hunter2-hunter2 is not allowed"),
        ("{from: stdout, jmespath: free, type: int}", "no JSON: hunter2-hunter2"),
        ("{from: stdout, jmespath: 'to_number(free, free)', type: int}", '{"free": "hunter2-hunter2"}'),
        ("{from: stdout, jmespath: 'length(`5`)', type: int}", '{"free": "hunter2-hunter2"}'),
        ("{from: stdout, type: int}", "hunter2-hunter2"),
    ],
)
def test_what_could_not_be_read_is_said_without_a_profiles_secret(
    house: House, tmp_path: Path, capture: str, printed: str
) -> None:
    """Neither in the record nor in what people read: not even a part that was cut off."""
    secret = tmp_path / "password"
    secret.write_text("hunter2-hunter2\n", encoding="utf-8")
    text = house.text.replace("{from: stdout, type: int}", capture)
    house.text = text.replace('"500"', json.dumps("." * 102 + printed if "is not" in printed else printed))
    house.book = book_of(house.text)
    run_id = house.start()
    profile = {"read_only": True, "files": {"PASSWORD": str(secret)}}
    reads = [{"path": "/usr/bin/printf", "args": ["%s", "(?s:.)*"], "profile": "db"}]
    house.hands(profiles={"db": profile}, read=reads).look()
    (finished,) = house.events(run_id, ActionFinished)
    assert not finished.ok
    assert finished.trouble
    assert "hunter" not in repr(finished)


@pytest.mark.parametrize("sign", ["\\ud800", "\\u0000"])
def test_a_value_that_is_no_text_is_not_as_it_should_be(house: House, sign: str) -> None:
    """A database would refuse it, and nobody would ever hear how the command ended."""
    text = house.text.replace("vars: {size: {type: int}}", "vars: {size: {type: string}}")
    text = text.replace("{from: stdout, type: int}", "{from: stdout, jmespath: a}").replace("gt: 10", "exists: true")
    house.text = text.replace('"500"', json.dumps('{"a": "x' + sign.replace("\\\\", "\\") + '"}'))
    house.book = book_of(house.text)
    run_id = house.start()
    house.hands(read=[{"path": "/usr/bin/printf", "args": ["%s", "(?s:.)*"]}]).look()
    assert [one.trouble for one in house.events(run_id, ActionFinished)] == ["“size” holds signs that are no text."]


def test_the_file_counts_as_it_is_when_a_command_starts(house: House) -> None:
    """Not as it was when its hands looked: they may have been busy with others since."""
    run_id, worker = house.start(), house.hands()
    (waits,) = house.leases.waiting(LEASE)
    house.allowed["bastion"] = house.file(read=[])
    worker._serve(waits)  # noqa: SLF001  (as the pool does it, once there is a place)
    assert [one.why for one in house.events(run_id, HandsDeclined)] == [
        "hands.yaml does not list printf under `read:`."
    ]


def test_each_look_of_a_wait_is_held_to_the_file_as_it_is_then(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.text = WAITING.replace("MARK", str(house.mark)).replace("timeout: 1s", "timeout: 1h")
    house.book = book_of(house.text)
    run_id, worker = house.start(), house.hands(read=[{"path": "/usr/bin/cat", "args": ["/.*"]}])
    worker.look()
    house.mark.write_text("not yet\n")
    looks, run = [], at_work._run  # noqa: SLF001  (what executes)

    def look(*how: Any, **more: Any) -> Any:  # noqa: ANN401  (as `_run`)
        looks.append(how)
        house.allowed["bastion"] = house.file(read=[])
        return run(*how, **more)

    monkeypatch.setattr(at_work, "_run", look)
    worker.look()
    assert len(looks) == 1
    (ended,) = [one for one in house.events(run_id, ActionFinished) if one.step == "watch"]
    assert (ended.ended, ended.trouble) == ("not started", "hands.yaml does not list cat under `read:`.")
    assert house.run(run_id).here.step == "watch", "a person says how to go on"


def test_what_a_command_printed_is_erased_with_a_reason_and_a_record_says_so(house: House) -> None:
    """`verify` sees what was changed, and what was erased without a record."""
    house.digest = text_digest(house.text)
    run_id, books = house.start(), lambda _: house.book
    house.hands().look()
    seq = next(at for at, event, _ in house.handler.history(run_id) if isinstance(event, ActionFinished))

    def faults() -> tuple[str, ...]:
        found = verify_run(house.journal, books, run_id, datetime.now(UTC)).faults
        return tuple(one for one in found if "printed" in one)

    assert faults() == ()
    with house.engine.begin() as connection:
        connection.execute(text("UPDATE output SET text = '501'"))
    assert faults() == (f"What the command of record {seq} printed was changed: the digest does not fit.",)
    with house.engine.begin() as connection:
        connection.execute(text("UPDATE output SET text = NULL"))
    assert faults() == (f"What the command of record {seq} printed was erased, and no record says so.",)
    with house.engine.begin() as connection:
        connection.execute(text("UPDATE output SET text = '500'"))
    with pytest.raises(Refused, match="Say why"):
        house.handler.redact(run_id, seq, " ", "unverified:ana", "terminal")
    assert house.leases.outputs(run_id)[0].text == "500", "what is refused erases nothing"
    house.handler.redact(run_id, seq, "A name stood in it.", "unverified:ana", "terminal")
    (erased,) = house.events(run_id, Redacted)
    assert (erased.of, erased.fields) == (seq, (OUTPUT,))
    assert (house.leases.outputs(run_id)[0].text, faults()) == (None, ())
    with pytest.raises(Refused, match="no output of a command"):
        house.handler.redact(run_id, seq, "Again.", "unverified:ana", "terminal")


CHOOSING = """
steps:
  - id: which
    decide: Which line is it?
    evidence: {exec: {argv: [cat, "MARK"]}}
    options: [{id: a, label: A, when: A., go: next}, {id: b, label: B, when: B., go: next}]
  - {id: next, do: Go on, go: {ok: end, problem: end}}
  - {id: end, end: Close, outcome: aborted}
"""


def test_the_evidence_of_a_choice_is_read_redacted_and_erased_with_its_output(house: House, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2-hunter2\n", encoding="utf-8")
    house.text = CHOOSING.replace("MARK", str(house.mark))
    house.book = book_of(house.text)
    house.mark.write_text("one\nwith hunter2-hunter2\n")
    run_id, profile = house.start(), {"read_only": True, "files": {"PASSWORD": str(secret)}}
    reads = [{"path": "/usr/bin/cat", "args": ["/.*"], "profile": "db"}]
    house.hands(profiles={"db": profile}, read=reads).look()
    (finished,) = house.events(run_id, ActionFinished)
    assert (finished.ok, finished.shown) == (True, f"one\nwith {HIDDEN}")
    assert house.leases.waiting(LEASE) == []
    seq = next(at for at, event, _ in house.handler.history(run_id) if isinstance(event, ActionFinished))
    house.handler.redact(run_id, seq, "A name stood in it.", "unverified:ana", "terminal")
    (erased,) = house.events(run_id, Redacted)
    assert erased.fields == ("shown", OUTPUT)
    assert "one" not in house.events(run_id, ActionFinished)[0].shown
    assert house.leases.outputs(run_id)[0].text is None


def test_whoever_chooses_before_it_was_read_ends_the_reading(house: House) -> None:
    house.text = CHOOSING.replace('[cat, "MARK"]', '[sleep, "50"]')
    house.book = book_of(house.text)
    run_id, worker = house.start(), house.hands(read=[{"path": "/usr/bin/sleep", "args": ["50"]}])
    working = Thread(target=worker.look, daemon=True)
    working.start()
    wait_until(lambda: bool(house.run(run_id).hands.running))
    house.handler.handle(run_id, Choose("which", 1, "a"), "ana", "slack")
    assert house.run(run_id).here.step == "next"
    working.join(30)
    assert not working.is_alive()
    assert [one.late for one in house.events(run_id, ActionLost)] == [True]
    assert house.leases.waiting(LEASE) == []


def test_what_others_serve_is_left_to_them(house: House) -> None:
    run_id, other = house.start(), house.hands(places=[{"at": "elsewhere"}])
    other.look()
    other.look()
    assert len(house.handler.history(run_id)) == 2, "it started, and stands at its step"
    house.hands().look()
    assert house.events(run_id, ActionFinished)


def test_of_two_hands_one_takes_it(house: House) -> None:
    run_id, both = house.start(), Barrier(2)

    def work(worker: Worker) -> None:
        both.wait(30)
        worker.look()

    threads = [Thread(target=work, args=(house.hands(name),)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(house.events(run_id, ActionStarted)) == 1
    assert [one.ok for one in house.events(run_id, ActionFinished)] == [True]


def kill_after_start(house: House) -> str:
    """Hands took the change, recorded its start, and were killed before anything else."""
    run_id, worker = house.start(), house.hands()
    worker.look()
    worker.look()
    house.handler.handle(run_id, Begin("change", 1, hands=True), "ana", "slack")
    assert house.leases.take(run_id, "killed", timedelta(seconds=0.2))
    house.handler.handle(run_id, StartAction("change", 1, 1, "killed", "host-9"), "clock", "hands")
    return run_id


def test_what_killed_hands_leave_behind_is_unknown_and_not_repeated(house: House) -> None:
    run_id = kill_after_start(house)
    until = datetime.now(UTC) + timedelta(seconds=30)
    while not house.events(run_id, ActionLost):
        assert datetime.now(UTC) < until
        house.hands("others").look()
    (lost,) = house.events(run_id, ActionLost)
    assert "host-9 do not answer; it may still be running there" in lost.why
    assert house.events(run_id, StepFinished)[-1].exit == "timeout"
    house.hands("others").look()
    assert not house.mark.exists()
    assert len([one for one in house.events(run_id, ActionStarted) if one.step == "change"]) == 1


def test_a_live_lease_is_left_alone(house: House) -> None:
    run_id = kill_after_start(house)
    assert house.leases.renew(run_id, "killed", LEASE)
    house.hands("others").look()
    assert not house.events(run_id, ActionLost)
    assert not house.leases.take(run_id, "others", LEASE)


def test_an_outcome_waits_for_the_database(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_work, "_PAUSE", 0.01)
    run_id, worker, handle = house.start(), house.hands(), house.handler.handle
    away = iter([True, True, True])

    def gone(run_id: str, command: Any, *more: Any) -> Any:  # noqa: ANN401  (as `Desk.handle`)
        if type(command).__name__ == "FinishAction" and next(away, False):
            raise NotRecorded("The database is away.")
        return handle(run_id, command, *more)

    monkeypatch.setattr(house.handler, "handle", gone)
    worker.look()
    assert [one.ok for one in house.events(run_id, ActionFinished)] == [True]
    assert next(away, None) is None


WAITING = """
steps:
  - {id: rest, wait: Let it rest, for: 1s, go: {ok: watch, fail: hold, timeout: hold}}
  - id: watch
    wait: Wait until it is ready
    poll:
      every: 1s
      exec: {argv: [cat, "MARK"]}
      until: {all: [{var: stdout, matches: ready}]}
      fail_if: {any: [{var: stdout, matches: broken}]}
      fail_after_errors: 1
    timeout: 1s
    go: {ok: end, fail: hold, timeout: hold}
  - {id: hold, decide: Hold, options: [{id: a, label: A, when: A., go: end}, {id: b, label: B, when: B., go: end}]}
  - {id: end, end: Close, outcome: aborted}
"""


@pytest.mark.parametrize(
    ("found", "exit_"), [("ready\n", "ok"), ("broken\n", "fail"), ("not yet\n", "timeout"), (None, "fail")]
)
def test_a_wait_lets_time_pass_then_looks_until_it_is_so(house: House, found: str | None, exit_: str) -> None:
    house.text = WAITING.replace("MARK", str(house.mark))
    house.book = book_of(house.text)
    run_id = house.start()
    worker = house.hands(read=[{"path": "/usr/bin/cat", "args": ["/.*"]}])
    worker.look()
    assert house.run(run_id).here.step == "watch"
    if found is not None:
        house.mark.write_text(found)
    worker.look()
    ended = [event for event in house.events(run_id, StepFinished) if event.step == "watch"]
    assert [event.exit for event in ended] == [exit_]


def test_a_wait_that_the_run_has_left_is_given_up(house: House) -> None:
    """Otherwise its hands would keep everybody from beginning anything until its time is over."""
    house.text = WAITING.replace("for: 1s", "for: 2h")
    house.book = book_of(house.text)
    run_id, worker = house.start(), house.hands()
    waits = Thread(target=worker.look, daemon=True)
    waits.start()
    until = datetime.now(UTC) + timedelta(seconds=30)
    while not house.events(run_id, ActionStarted):
        assert datetime.now(UTC) < until
    house.handler.handle(run_id, Mismatch("rest", 1), "ana", "slack")
    waits.join(30)
    assert not waits.is_alive()
    assert [one.late for one in house.events(run_id, ActionLost)] == [True]
    assert house.run(run_id).here.step == "hold"


WEB = """
vars: {job: {type: int}}
steps:
  - id: launch
    run: Start the job
    effect: change
    timeout: 30s
    undo: {none: "It is only a test."}
    http: {method: POST, url: "http://127.0.0.1:PORT/launch", body: '{"of": "{{ asset.db }}"}', ok_status: [201]}
    capture: {job: {from: body, jmespath: id, type: int}}
    go: {ok: wait, fail: hold, timeout: hold}
  - id: wait
    wait: The job is done
    timeout: 30s
    poll:
      every: 1s
      http: {url: "http://127.0.0.1:PORT/jobs/{{ vars.job }}", headers: {Accept: application/json}}
      capture: {status: {from: body, jmespath: status}}
      until: {all: [{var: body, matches: "successful"}]}
      fail_if: {any: [{var: body, matches: "failed"}]}
      fail_after_errors: 2
    go: {ok: end, timeout: hold, fail: hold}
  - {id: hold, decide: Hold, options: [{id: a, label: A, when: A., go: end}, {id: b, label: B, when: B., go: end}]}
  - {id: end, end: Close, outcome: aborted}
"""


@pytest.mark.parametrize(
    ("answers", "ends_at"),
    [
        ((b"201 Created", b'{"id": 7}', b"200 OK", b'{"status": "successful"}'), "end"),
        ((b"201 Created", b'{"id": 7}', b"200 OK", b'{"status": "failed"}'), "hold"),
        ((b"201 Created", b'{"id": "x"}'), "hold"),
        ((b"503 Busy", b'{"id": 7}'), "hold"),
        ((b"302 Found", b'{"id": 7}'), "hold"),
        ((b"", b""), "hold"),
    ],
)
def test_a_job_elsewhere_is_started_by_a_request_and_waited_for(
    house: House, answers: tuple[bytes, ...], ends_at: str
) -> None:
    """It is started once, whatever it answers; what is not known to have gone well is not taken for well."""
    left = list(answers)

    def say(one: socket.socket) -> None:
        status, body = left.pop(0), left.pop(0)
        if status:
            one.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))

    with server(say) as (port, heard):
        house.text = WEB.replace("PORT", str(port)).replace(
            "      capture: {status: {from: body, jmespath: status}}\n", ""
        )
        house.book = book_of(house.text)
        origin = f"http://127.0.0.1:{port}"
        run_id, worker = house.start(), house.hands(
            http=[{"origin": origin, "path": "/launch", "methods": ["POST"], "private": True}],
            http_read=[{"origin": origin, "path": "/jobs/[0-9]+", "private": True}],
        )  # fmt: skip
        worker.look()
        assert not heard  # nothing is sent before a press
        house.handler.handle(run_id, Begin("launch", 1, hands=True), "ana", "slack")
        worker.look()
        worker.look()
    assert house.events(run_id, StepEntered)[-1].step == ends_at
    assert [one.split(b" ")[0] for one in heard].count(b"POST") == 1
    assert heard[0].endswith(b'{"of": "orders"}')


def test_a_command_that_is_cancelled_is_ended_and_nobody_knows_what_it_did(house: House) -> None:
    house.text = house.text.replace(f'[touch, "{house.mark}"]', '[sleep, "60"]')
    house.book = book_of(house.text)
    run_id = house.start()
    worker = house.hands(programs=[{"path": "/usr/bin/sleep"}])
    worker.look()
    worker.look()
    house.handler.handle(run_id, Begin("change", 1, hands=True), "ana", "slack")
    working = Thread(target=worker.look, daemon=True)
    working.start()
    wait_until(lambda: bool(house.run(run_id).hands.running))
    house.handler.handle(run_id, CancelAction("change", 1), "ana", "slack")
    working.join(30)
    ended = house.events(run_id, ActionFinished)[-1]
    assert (ended.ended, ended.ok, ended.exit) == ("cancelled", False, None)
    assert house.events(run_id, StepFinished)[-1].exit == "timeout"
    assert house.events(run_id, StepEntered)[-1].step == "hold"

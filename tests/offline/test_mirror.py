"""Copies of open runs: fresh, private, gone when the run is; and read even where some are broken."""

import json
import shutil
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import pytest

from bot.engine.travel import export_run, import_run
from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.journal.tokens import Logins
from bot.offline.mirror import Mirror, keep_mirror, read_copy
from bot.run.commands import Stop
from bot.run.situation import Stamp
from bot.stopping import Stopping
from tests.engine.conftest import database_url, engine, journal, office, sqlite_url
from tests.engine.office import Office
from tests.story import NOON

__all__ = ["database_url", "engine", "journal", "office", "sqlite_url"]


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(tmp_path / "state" / "mirror")


def test_a_copy_is_all_that_it_takes_to_read_the_run_elsewhere(
    office: Office, mirror: Mirror, migrated_file: Path, tmp_path: Path
) -> None:
    run = office.start()
    office.finish(run.id)
    assert mirror.sweep(office.journal, NOON) == 1
    copy = mirror.copies()[0]
    assert (copy.ref, copy.asset, copy.asset_name, copy.head) == ("ORDERS-1", "orders-db", "Orders database", 4)
    other = open_engine(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'other.db')}")
    lines = copy.file.read_text(encoding="utf-8").split("\n")
    done = import_run(Journal(other), office.book_of, lines, Stamp(NOON, "unverified: root", "import"), "copy")
    assert (done.listed_as, done.added) == ("ORDERS-1", 4)
    other.dispose()


def test_nobody_else_may_read_it(office: Office, mirror: Mirror) -> None:
    office.start()
    mirror.sweep(office.journal, NOON)
    mirror.keep_logins(Logins(office.journal, lambda: NOON, lambda: "a" * 32))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in mirror.folder.iterdir()}
    assert modes == {"ORDERS-1.jsonl": 0o600, "logins.json": 0o600}
    assert stat.S_IMODE(mirror.folder.stat().st_mode) == 0o700


def test_a_sweep_writes_what_changed_and_drops_what_ended(office: Office, mirror: Mirror) -> None:
    """Others of the folder stay: the copies of another database stand elsewhere."""
    first, second = office.start(), office.start(reason="Another")
    assert mirror.sweep(office.journal, NOON) == 2
    assert mirror.sweep(office.journal, NOON) == 0
    office.finish(first.id)
    office.handler.handle(second.id, Stop("Enough"), "ana", "slack")
    assert mirror.sweep(office.journal, NOON) == 2
    assert [(copy.ref, copy.head) for copy in mirror.copies()] == [("ORDERS-1", 4)]


def test_what_is_broken_is_left_out(office: Office, mirror: Mirror) -> None:
    office.start()
    mirror.sweep(office.journal, NOON)
    for name, text in (("A-1", ""), ("B-1", "{}\n{}"), ("C-1", "[1]\nnull"), ("D-1", "\x00\n")):
        (mirror.folder / f"{name}.jsonl").write_text(text)
    assert [copy.ref for copy in mirror.copies()] == ["ORDERS-1"]
    (mirror.folder / "logins.json").write_text(json.dumps([{"digest": 1}]))
    assert mirror.logins() == []
    assert read_copy(mirror.folder / "nothing.jsonl") is None


def test_tokens_are_copied_by_their_digests(office: Office, mirror: Mirror) -> None:
    logins = office.handler.logins
    token = logins.redeem(logins.hand_out("ana"), "box")[1]
    mirror.keep_logins(logins)
    assert mirror.logins() == logins.held()
    assert token not in (mirror.folder / "logins.json").read_text()


def test_words_that_were_erased_leave_the_copy(office: Office, mirror: Mirror) -> None:
    run = office.start(reason="my password is hunter2")
    mirror.sweep(office.journal, NOON)
    assert "hunter2" in mirror.file_of("ORDERS-1").read_text()
    office.handler.redact(run.id, 1, "a password", "ana", "terminal")
    mirror.sweep(office.journal, NOON)
    assert "hunter2" not in mirror.file_of("ORDERS-1").read_text()


def test_while_serving_each_change_is_copied_soon(office: Office, mirror: Mirror) -> None:
    """By name at once, and by the sweep what another process changed; a folder in the way is no end."""
    mirror.folder.parent.mkdir(parents=True)
    mirror.folder.write_text("in the way")
    changed: SimpleQueue[str] = SimpleQueue()
    stopping = Stopping()
    keeper = threading.Thread(
        target=keep_mirror, args=(mirror, office.journal, office.handler.logins, changed, lambda: NOON, stopping, 2.0)
    )
    keeper.start()
    try:
        run = office.start()
        mirror.folder.unlink()
        assert wait_for(mirror, 2)
        office.finish(run.id)
        changed.put(run.id)
        assert wait_for(mirror, 4)
    finally:
        stopping.set()
        keeper.join()


def wait_for(mirror: Mirror, head: int) -> bool:
    waiting = threading.Event()
    for _ in range(200):
        if mirror.folder.is_dir() and [copy.head for copy in mirror.copies()] == [head]:
            return True
        waiting.wait(0.05)
    return False


def test_a_run_walked_away_stays_until_it_is_home(office: Office, tmp_path: Path) -> None:
    """Ended or not; one that was only copied there is not walked there."""
    away = Mirror(tmp_path / "away", keeps_ended=True)
    run = office.start()
    office.handler.handle(run.id, Stop("Done"), "ana", "slack")
    row = office.journal.run_row(run.id)
    assert row is not None
    away.keep(office.journal, row, NOON)
    assert [copy.ref for copy in away.copies()] == ["ORDERS-1"]
    assert list(export_run(office.journal, row, NOON)) == away.file_of("ORDERS-1").read_text().splitlines()


def test_a_run_under_load_is_copied_now_and_then(
    office: Office, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once after a quiet while, then no more than every five seconds, however often it changes."""
    copied: list[int] = []
    monkeypatch.setattr(Mirror, "keep", lambda _self, _journal, row, _at: copied.append(row.head))
    changed: SimpleQueue[str] = SimpleQueue()
    run, stopping = office.start(), FakeEvent(waits=40)

    def press() -> None:
        office.finish(run.id)
        changed.put(run.id)

    stopping.each = press
    keep_mirror(mirror, office.journal, office.handler.logins, changed, lambda: NOON, stopping, 1_000.0)
    assert len(copied) == 1 + 20 / 5
    assert copied[-1] >= office.handler.load(run.id).seq - 2 * 10


def test_in_a_rush_peoples_answers_come_first_for_some_seconds(
    office: Office, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many changes at a time put copies off; when it does not end, they are made all the same."""
    copied: list[str] = []
    monkeypatch.setattr(Mirror, "keep", lambda _self, _journal, row, _at: copied.append(row.run_id))
    changed: SimpleQueue[str] = SimpleQueue()
    stopping = FakeEvent(waits=14)
    run = office.start().id
    after: list[int] = []

    def press() -> None:
        for _ in range(50):
            changed.put(run)
        after.append(len(copied))

    stopping.each = press
    keep_mirror(mirror, office.journal, office.handler.logins, changed, lambda: NOON, stopping, 1_000.0)
    assert after[:10] == [1] * 10, "the sweep at the start, and nothing for five seconds"
    assert len(copied) == 2


class FakeEvent(threading.Event):
    """Time that passes at once: so many waits, and something happens at each."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self.left = waits
        self.each: Callable[[], object] = lambda: None

    def wait(self, timeout: float | None = None) -> bool:
        self.left -= 1
        if self.left <= 0:
            self.set()
        else:
            self.each()
        return self.is_set()

"""Files that change while they serve: taken in, kept with their origin, and told of when they are faulty."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.journal.database import open_engine
from bot.journal.outbox import Outbox
from bot.journal.store import Journal
from bot.journal.versions import Versions
from bot.library.registry import Registry, load_shelf
from bot.notifier.messenger import Doubtful, Failed, Gone, Impossible, Label, Limited, Sent
from bot.render.message import Message
from bot.stopping import Stopping
from bot.wiring.staff import probe_registry
from bot.workers.file_news import SETTLED, News
from bot.workers.files import reload_registry
from bot.workers.notices import LOST, REFUSED
from bot.workers.origins import origin_of
from bot.workers.versions import VersionRecorder
from tests.places import migrated
from tests.slack.folder import write_folder

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")


class Time:
    """A clock that is wound by hand."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, by: timedelta) -> None:
        self.at += by


@dataclass
class FakeVoice:
    """A channel that remembers what was said; `answer` is what Slack says to the next post."""

    posts: list[tuple[str, str, str | None]] = field(default_factory=list)
    updates: list[tuple[str, str]] = field(default_factory=list)
    standing: dict[str, Sent] = field(default_factory=dict)
    answer: Failed | None = None
    arrives: bool = False
    gone: bool = False

    def post(self, channel: str, message: Message, label: Label, thread_ts: str | None = None) -> Sent | Failed:
        sent = Sent(channel, f"{len(self.posts) + 1}.0", message.digest)
        if self.answer is None or self.arrives:
            self.posts.append((channel, _all_text(message), thread_ts))
            self.standing[label.key] = sent
        return sent if self.answer is None else self.answer

    def update(self, channel: str, ts: str, message: Message, label: Label) -> Sent | Gone | Failed:
        if self.gone:
            return Gone()
        self.updates.append((ts, _all_text(message)))
        return Sent(channel, ts, message.digest)

    def find(self, channel: str, run: str, since: datetime, thread_ts: str | None = None) -> Mapping[str, Sent]:
        return self.standing

    def link_to(self, channel: str, ts: str) -> str:
        return ""

    def open_dm(self, user: str) -> str | Failed:
        raise AssertionError("nobody is written to alone")


def _all_text(message: Message) -> str:
    return f"{message.text}\n{message.blocks}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "books").mkdir()
    return write_folder(tmp_path / "books")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    engine = open_engine(f"sqlite:///{tmp_path}/record.db")
    migrated(engine)
    yield Journal(engine)
    engine.dispose()


@pytest.fixture
def clock() -> Time:
    return Time()


@dataclass
class Desk:
    """A registry and its news, with a hand that edits files."""

    registry: Registry
    news: News
    messenger: FakeVoice
    clock: Time

    def edit(self, name: str, old: str, new: str) -> None:
        file = self.registry.path / name
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        self.look()

    def look(self, later: timedelta = timedelta()) -> None:
        self.clock.pass_(later)
        self.registry.reload()
        self.news.look()


@pytest.fixture
def handler(folder: Path, journal: Journal, clock: Time) -> Desk:
    registry, messenger = load_shelf(folder), FakeVoice()
    return Desk(registry, News(registry, Outbox(journal), messenger, clock), messenger, clock)


BREAK, MEND = ("go: {ok: ask", "go: {ok: nowhere"), ("go: {ok: nowhere", "go: {ok: ask")


def test_the_owner_team_hears_once_what_is_wrong_and_once_that_it_is_right(handler: Desk) -> None:
    """A file that is bad for a moment only, as while somebody types, is not worth a message."""
    handler.edit("gone.yaml", *BREAK)
    handler.look(SETTLED / 2)
    handler.edit("gone.yaml", *MEND)
    assert handler.messenger.posts == []
    handler.edit("gone.yaml", *BREAK)
    for _ in range(5):
        handler.look(SETTLED)
    ((channel, said, thread),) = handler.messenger.posts
    assert (channel, thread) == ("C0DATA", None)
    assert "gone.yaml cannot be loaded. The last good version keeps serving." in said
    assert "there is no such step" in said
    assert handler.messenger.updates == []
    handler.edit("gone.yaml", *MEND)
    handler.look(SETTLED)
    assert handler.messenger.posts[1][2] == "1.0"
    assert "The runbook files of this team are right again" in handler.messenger.posts[1][1]
    assert "right again" in handler.messenger.updates[-1][1]
    handler.look(SETTLED)
    assert len(handler.messenger.posts) == 2


def test_many_bad_files_are_one_message_that_grows(handler: Desk) -> None:
    handler.edit("gone.yaml", *BREAK)
    handler.look(SETTLED)
    handler.edit("wrong.yaml", *BREAK)
    handler.look(SETTLED)
    assert len(handler.messenger.posts) == 1
    assert "2 files cannot be loaded" in handler.messenger.updates[-1][1]
    handler.edit("gone.yaml", *MEND)
    assert len(handler.messenger.posts) == 1
    assert "wrong.yaml cannot be loaded" in handler.messenger.updates[-1][1]


def test_what_an_author_wrote_pings_nobody(handler: Desk) -> None:
    handler.edit("gone.yaml", "go: {ok: ask", 'go: {"<!channel> <@U0ANA> *x*": ask')
    handler.look(SETTLED)
    ((_, said, _),) = handler.messenger.posts
    assert "<!channel>" not in said
    assert "<@U0ANA>" not in said


def test_a_restart_does_not_tell_it_again_and_still_tells_the_end(handler: Desk, journal: Journal) -> None:
    handler.edit("gone.yaml", *BREAK)
    handler.look(SETTLED)
    handler.news = News(handler.registry, Outbox(journal), handler.messenger, handler.clock)
    for _ in range(3):
        handler.look(SETTLED)
    assert len(handler.messenger.posts) == 1
    handler.edit("gone.yaml", *MEND)
    assert [thread for _, _, thread in handler.messenger.posts] == [None, "1.0"]


def test_two_servers_tell_it_once(handler: Desk, journal: Journal) -> None:
    other = News(handler.registry, Outbox(journal), handler.messenger, handler.clock)
    handler.edit("gone.yaml", *BREAK)
    other.look()
    handler.clock.pass_(SETTLED)
    handler.news.look()
    other.look()
    assert len(handler.messenger.posts) == 1


@pytest.mark.parametrize(("arrives", "posts"), [(True, 1), (False, 1)])
def test_a_post_in_doubt_is_looked_for_before_it_is_posted_again(handler: Desk, arrives: bool, posts: int) -> None:
    handler.messenger.answer, handler.messenger.arrives = Doubtful("timeout"), arrives
    handler.clock.at = datetime.now(UTC)  # the letters carry the database's own time
    handler.edit("gone.yaml", *BREAK)
    handler.look(SETTLED)
    handler.messenger.answer = None
    handler.look(SETTLED)
    handler.look(LOST)
    handler.look(LOST)
    assert len(handler.messenger.posts) == posts


def test_a_limit_is_waited_out_and_a_closed_channel_is_left_alone(handler: Desk) -> None:
    handler.messenger.answer = Limited(1)
    handler.edit("gone.yaml", *BREAK)
    handler.look(SETTLED)
    handler.messenger.answer = Impossible("not_in_channel")
    handler.look(SETTLED)
    handler.messenger.answer = None
    handler.look(SETTLED)
    assert handler.messenger.posts == []
    handler.look(REFUSED)
    assert len(handler.messenger.posts) == 1, "it is tried again after a while"


def test_a_message_that_somebody_deleted_is_posted_again(handler: Desk) -> None:
    handler.edit("gone.yaml", *BREAK)
    handler.look(SETTLED)
    handler.messenger.gone = True
    handler.edit("wrong.yaml", *BREAK)
    handler.look(SETTLED)
    handler.look(SETTLED)
    assert len(handler.messenger.posts) == 2


@needs_git
def test_a_version_is_kept_with_its_commit_and_author(folder: Path, journal: Journal, clock: Time) -> None:
    """What has changes that were not committed says so; a file that Git does not know has no origin."""
    git = ["git", "-c", "user.name=Ana Ruiz", "-c", "user.email=ana@example.com", "-C", str(folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "gone.yaml", "wrong.yaml", "catalogue.yaml"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "x"], check=True)
    (folder / "wrong.yaml").write_text((folder / "wrong.yaml").read_text() + "# A change.\n")
    keeper, versions = VersionRecorder(load_shelf(folder), journal, clock), Versions(journal)
    keeper.keep()
    keeper.keep()
    (clean,), (dirty,), (own,) = (versions.of(id_) for id_ in ("rows-gone", "rows-wrong", "trial"))
    assert clean.author == dirty.author == "Ana Ruiz"
    assert clean.commit is not None
    assert (len(clean.commit), dirty.commit) == (40, f"{clean.commit}-dirty")
    assert (own.commit, own.author, own.file) == (None, None, "trial.yaml")


@needs_git
def test_git_is_asked_about_a_name_and_nothing_else(folder: Path) -> None:
    subprocess.run(["git", "-C", str(folder), "init", "-q"], check=True)
    for name in ("--output=x", ":(top)", "-", "no such file", "a\nb"):
        assert origin_of(folder, name).commit is None
    assert not (folder / "x").exists()


def test_without_git_there_is_no_origin(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert origin_of(folder, "gone.yaml").commit is None


def test_after_a_restart_a_bad_file_serves_as_it_last_was(folder: Path, journal: Journal, clock: Time) -> None:
    first = load_shelf(folder)
    VersionRecorder(first, journal, clock).keep()
    text = (folder / "gone.yaml").read_text()
    (folder / "gone.yaml").write_text(text.replace(*BREAK))
    registry = load_shelf(folder)
    assert registry.runbook("rows-gone") is None
    keeper = VersionRecorder(registry, journal, clock)
    keeper.give_back()
    kept = registry.kept("rows-gone")
    served = first.kept("rows-gone")
    assert kept is not None
    assert served is not None
    assert (kept.text, kept.digest, kept.file) == (served.text, served.digest, "gone.yaml")
    registry.reload()
    assert registry.kept("rows-gone") == kept
    (folder / "gone.yaml").write_text(text.replace("Bring the rows back", "Bring every row back"))
    registry.reload()
    after = registry.runbook("rows-gone")
    assert after is not None
    assert after.objective == "Bring every row back."


def test_after_a_restart_a_bad_file_of_the_catalogue_serves_as_it_last_was(
    folder: Path, journal: Journal, clock: Time
) -> None:
    """People, teams, assets, resources: one typo, and a process that never read the good version knows them all."""
    first = load_shelf(folder)
    VersionRecorder(first, journal, clock).keep()
    for path in sorted(folder.glob("*.yaml")):
        path.write_text("a: [typo\n" + path.read_text())
    registry = load_shelf(folder)
    assert not registry.catalogue.people
    VersionRecorder(registry, journal, clock).give_back()
    assert registry.catalogue == first.catalogue
    assert set(registry.runbooks) == set(first.runbooks)
    assert set(registry.old_files) == {path.name for path in folder.glob("*.yaml")}
    assert not registry.is_whole, "nobody is taken out by it"
    assert all(one in probe_registry(registry) for one in ("an old version serves of", *registry.old_files))
    registry.reload()
    assert registry.catalogue == first.catalogue, "it is kept at the next look"
    third = load_shelf(folder)
    keeper = VersionRecorder(third, journal, clock)
    keeper.give_back()
    keeper.keep()
    assert third.catalogue == first.catalogue, "and over a second restart"
    for path in sorted(folder.glob("*.yaml")):
        path.write_text(path.read_text().partition("\n")[2])
    third.reload()
    assert (third.old_files, third.is_whole) == ((), True)


def test_a_file_that_was_taken_away_does_not_come_back(folder: Path, journal: Journal, clock: Time) -> None:
    VersionRecorder(load_shelf(folder), journal, clock).keep()
    (folder / "gone.yaml").unlink()
    registry = load_shelf(folder)
    VersionRecorder(registry, journal, clock).give_back()
    assert registry.runbook("rows-gone") is None


def wait_for(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 15
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


@pytest.mark.parametrize("announced", [True, False])
def test_changed_files_are_taken_in(folder: Path, announced: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With and without the system's announcements, which some file systems do not make."""
    if not announced:
        monkeypatch.setattr("bot.workers.files.watch", _never_announces)
    registry, stopping, looks = load_shelf(folder), Stopping(), []
    worker = threading.Thread(target=reload_registry, args=(registry, stopping, lambda: looks.append(1), 0.3))
    worker.start()
    try:
        assert wait_for(lambda: bool(looks))
        (folder / "gone.yaml").write_text((folder / "gone.yaml").read_text().replace("Rows are gone", "Rows went"))
        assert wait_for(lambda: registry.runbooks["rows-gone"].title == "Rows went")
        (folder / "gone.yaml").write_text("schema: [")
        assert wait_for(lambda: any(one.severity == "error" for one in registry.problems))
        assert registry.runbooks["rows-gone"].title == "Rows went"
        moved = folder.rename(folder.with_name("moved"))
        assert wait_for(lambda: [one.rule for one in registry.problems] == ["S20"])
        shutil.copytree(moved, folder)
        (folder / "gone.yaml").unlink()
        assert wait_for(lambda: "rows-gone" not in registry.runbooks)
        assert len(registry.runbooks) == 2
    finally:
        stopping.set()
        worker.join(30)
    assert not worker.is_alive()


def _never_announces(*_: object, **__: object) -> Iterator[set[object]]:
    raise OSError("no space left on device")
    yield set()

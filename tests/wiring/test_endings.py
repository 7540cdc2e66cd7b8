"""A run that has ended is told by itself: once, in its thread, as files or else as posts, and again after a kill."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from bot.journal.outbox import Outbox
from bot.notifier.messenger import Doubtful, Failed, Impossible, Label, Limited, Sent
from bot.render.message import Message
from bot.render.report.formats import Templates
from bot.run.commands import Stop
from bot.slack.messenger import SlackMessenger
from bot.slack.reports import Reporter
from bot.wiring.overrides import read_templates
from bot.workers.reports import KEY, LOST, RECENT, Endings
from bot.workspace.serve import Workspace
from tests.slack.office import SEED, Office, build_office
from tests.slack.waiting import wait_for
from tests.workspace.office import AT_ONCE, over_http


class Mouth(SlackMessenger):
    """A speaker that keeps what it was given; `troubles` are what becomes of the next uploads."""

    def __init__(self) -> None:
        self.uploads: list[tuple[str, str | None, dict[str, bytes], str]] = []
        self.posts: list[tuple[str, str | None, str]] = []
        self.troubles: list[Failed] = []
        self.post_trouble: Failed | None = None
        self.dies = False

    def upload_all(
        self, channel: str, files: Mapping[str, bytes], thread_ts: str | None = None, comment: str | None = None
    ) -> str | Failed:
        if self.dies:
            raise KeyboardInterrupt
        if self.troubles:
            return self.troubles.pop(0)
        self.uploads.append((channel, thread_ts, dict(files), comment or ""))
        return "F1"

    def post(self, channel: str, message: Message, label: Label, thread_ts: str | None = None) -> Sent | Failed:
        if self.post_trouble is not None:
            return self.post_trouble
        self.posts.append((channel, thread_ts, message.text))
        return Sent(channel, f"{len(self.posts)}.0", message.digest)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A run that has ended and was told, its card in the channel."""
    workspace = Workspace.start(SEED, AT_ONCE)
    built = build_office(workspace, tmp_path, lambda work: work())
    with over_http(workspace, built.app):
        end_run(built)
        yield built
    built.handler.journal.engine.dispose()
    workspace.stop()


def end_run(office: Office) -> None:
    outbox, journal = Outbox(office.handler.journal), office.handler.journal
    office.at = journal.database_time()  # the letters carry the database's own time
    run = office.start()
    outbox.sent(run.id, "card", "C0INC", "1.0", "digest")
    office.handler.handle(run.id, Stop("It was a false alarm"), "ana", "slack")
    tell(office)
    assert journal.run_row(run.id) is not None


def tell(office: Office) -> None:
    """As the notifier does, when all is told."""
    journal, run = office.handler.journal, office.run
    assert journal.lease(run.id, "notifier", timedelta(seconds=5))
    assert journal.tell_up_to(run.id, "notifier", run.seq) == run.seq


def endings(office: Office, mouth: SlackMessenger, templates: Templates | None = None) -> Endings:
    reporter = Reporter(office.handler, mouth, templates or Templates(), lambda: office.at, None)
    return Endings(office.handler.journal, Outbox(office.handler.journal), lambda: reporter, lambda: office.at)


def test_the_report_of_an_ended_run_goes_to_its_thread_once(office: Office) -> None:
    mouth = Mouth()
    for _ in range(3):
        endings(office, mouth).look()
    [(channel, thread, files, comment)] = mouth.uploads
    assert (channel, thread) == ("C0INC", "1.0")
    assert list(files) == ["ORDERS-1.html", "ORDERS-1.md"]
    assert b"It was a false alarm" in files["ORDERS-1.html"]
    assert "LIVE ORDERS-1" in comment
    assert "handrail verify ORDERS-1 --head" in comment


def test_an_open_run_one_that_is_not_told_yet_and_one_of_long_ago_are_left_alone(office: Office) -> None:
    """Beside the ended one, which is shared."""
    office.at += RECENT + timedelta(minutes=1)
    mouth = Mouth()
    endings(office, mouth).look()
    assert mouth.uploads == []
    office.at -= RECENT
    endings(office, mouth).look()
    assert len(mouth.uploads) == 1
    office.start("ben")
    endings(office, mouth).look()
    assert len(mouth.uploads) == 1


def test_a_kill_in_the_middle_shares_it_again(office: Office) -> None:
    """At least once: whoever began it was lost, and after a while somebody else shares it."""
    mouth = Mouth()
    mouth.dies = True
    with pytest.raises(KeyboardInterrupt):
        endings(office, mouth).look()
    mouth.dies = False
    endings(office, mouth).look()
    assert mouth.uploads == []
    office.at += LOST * 2 + (Outbox(office.handler.journal).of(office.run.id, [KEY])[KEY].intended_at - office.at)
    endings(office, mouth).look()
    assert len(mouth.uploads) == 1


@pytest.mark.parametrize(
    ("trouble", "waits"), [(Limited(30), timedelta(seconds=31)), (Doubtful("HTTP 500"), timedelta(seconds=11))]
)
def test_what_slack_does_not_take_now_is_shared_later(office: Office, trouble: Failed, waits: timedelta) -> None:
    mouth = Mouth()
    mouth.troubles = [trouble]
    told = endings(office, mouth)
    told.look()
    told.look()
    assert (mouth.uploads, mouth.posts) == ([], [])
    office.at += waits
    told.look()
    assert len(mouth.uploads) == 1


@pytest.mark.parametrize(
    "troubles", [[Impossible("missing_scope")], [Doubtful("HTTP 500")] * 3], ids=["impossible", "doubtful thrice"]
)
def test_where_no_file_goes_the_report_is_posted_once(office: Office, troubles: list[Failed]) -> None:
    mouth = Mouth()
    mouth.troubles = troubles
    told = endings(office, mouth)
    for _ in range(6):
        told.look()
        office.at += timedelta(seconds=31)
    assert mouth.uploads == []
    assert mouth.posts[0][:2] == ("C0INC", "1.0")
    assert "part 1 of" in mouth.posts[0][2]
    assert len({text for *_, text in mouth.posts}) == len(mouth.posts)


def test_what_slack_refuses_is_not_shared_and_tried_again_after_a_while(office: Office) -> None:
    """The channel is archived: nothing counts as shared; once it is back, the report stands there."""
    mouth = Mouth()
    mouth.troubles, mouth.post_trouble = [Impossible("is_archived")], Impossible("is_archived")
    told = endings(office, mouth)
    told.look()
    mouth.post_trouble = None
    told.look()
    assert (mouth.uploads, mouth.posts) == ([], []), "it is left alone for a while"
    office.at += timedelta(minutes=11)
    told.look()
    assert len(mouth.uploads) == 1


def test_it_stands_in_the_thread_of_a_real_slack(office: Office) -> None:
    state = office.workspace.state
    card = office.show()
    Outbox(office.handler.journal).sent(office.run.id, "card", "C0INC", card.ts, "digest")
    endings(office, office.context.speaker).look()

    def shared() -> list[str]:
        found = [one for one in state.talk.messages("C0INC") if one.thread_ts == card.ts and one.files]
        return [file.name for one in found for each in one.files if (file := state.files.file(each))]

    assert wait_for(shared) == ["ORDERS-1.html", "ORDERS-1.md"]


def test_a_team_s_templates_are_read_from_its_folder_and_a_broken_one_is_said(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "report.md").write_text("# ACME {{ report.ref }}\n", encoding="utf-8")
    (folder / "report.html").write_text("{{ nothing }}", encoding="utf-8")
    mouth = Mouth()
    endings(office, mouth, read_templates(folder)).look()
    [(_, _, files, comment)] = mouth.uploads
    assert files["ORDERS-1.md"] == b"# ACME ORDERS-1"
    assert b"report.html could not be used" in files["ORDERS-1.html"]
    assert "report.html could not be used" in comment
    assert "a report is not as it was meant" in capsys.readouterr().out


@pytest.mark.parametrize("make", [lambda _: None, lambda folder: folder.write_text("x")], ids=["none", "a file"])
def test_a_folder_that_is_none_leaves_ours(office: Office, tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "templates")
    mouth = Mouth()
    endings(office, mouth, read_templates(tmp_path / "templates")).look()
    assert mouth.uploads[0][2]["ORDERS-1.md"].startswith(b"# ORDERS-1: ")

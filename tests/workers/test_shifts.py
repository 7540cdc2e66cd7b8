"""What somebody is told at the start of a shift: once, over restarts, with what changed since their last one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.engine.gathering import Around, Gatherer
from bot.journal.database import migrate, open_engine
from bot.journal.store import Journal
from bot.journal.streams import PEOPLE, Streams
from bot.library.parse import parse_runbook
from bot.library.registry import load_shelf
from bot.oncall.roster import Roster
from bot.workers.shifts import ShiftKeeper
from bot.workers.versions import VersionRecorder
from tests.slack.folder import write_folder
from tests.wiring.test_living import FakeVoice

SHIFT = datetime(2026, 11, 23, 8, tzinfo=UTC)
"""Monday, nine in Madrid: the turn of `dba` goes over."""


class Office:
    def __init__(self, journal: Journal, folder: Path) -> None:
        self.journal, self.messenger, self.now = journal, FakeVoice(), SHIFT - timedelta(minutes=1)
        self.folder = write_folder(folder)
        self.registry = load_shelf(self.folder)
        self.people = Streams(journal, PEOPLE)
        self.versions = VersionRecorder(self.registry, journal, lambda: self.now)
        self.versions.keep()
        self.one = self.replica()

    def replica(self) -> ShiftKeeper:
        gatherer = Gatherer(
            self.journal, self.registry, lambda digest: parse_runbook(str(self.journal.text_of(digest))),
            Around(lambda *_: frozenset(), lambda: None), lambda: self.now,
        )  # fmt: skip
        roster = Roster(lambda: self.registry.catalogue.people)
        return ShiftKeeper(
            self.registry, self.journal, gatherer, roster, self.messenger, lambda user: f"D{user}", lambda: self.now
        )

    def looks(self, at: datetime) -> list[tuple[str, str]]:
        self.now = at
        before = len(self.messenger.posts)
        self.one.look()
        return [(channel, said) for channel, said, _ in self.messenger.posts[before:]]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    engine = open_engine(f"sqlite:///{tmp_path}/record.db")
    migrate(engine)
    yield Office(Journal(engine), tmp_path)
    engine.dispose()


def test_whose_shift_begins_is_told_once_what_is_theirs_and_what_is_new(office: Office) -> None:
    assert office.looks(SHIFT - timedelta(minutes=1)) == [], (
        "the turn before began days ago: nobody is told in the middle"
    )
    ((channel, said),) = office.looks(SHIFT + timedelta(seconds=30))
    who = channel.removeprefix("DU0").lower()
    assert "Your shift in dba has begun" in said
    assert "Orders database" in said
    assert "New since" not in said, "no shift before this one is known"
    office.one = office.replica()
    assert office.looks(SHIFT + timedelta(minutes=2)) == []
    assert [type(one.event).__name__ for one in office.people.history(who)] == ["ShiftBegan"]
    others = [channel for week in (1, 2) for channel, _ in office.looks(SHIFT + timedelta(weeks=week, minutes=1))]
    assert len({channel, *others}) == 3, "the others have their turns"
    office.now = SHIFT + timedelta(weeks=2, days=1)
    for file in office.folder.glob("*.yaml"):
        file.write_text(file.read_text().replace("do: Type the target time", "do: Type the time to go back to"))
    office.registry.reload()
    office.versions.keep()
    ((again, said),) = office.looks(SHIFT + timedelta(weeks=3, minutes=1))
    assert again == channel
    assert "New since your last shift" in said
    assert "Rows were changed by mistake" in said

"""Who is asked by direct message, when, and how often: once, by day where they are, over restarts and replicas."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.journal.database import migrate, open_engine
from bot.journal.store import Journal
from bot.journal.streams import PEOPLE, REVIEWS, Streams
from bot.library.parse import parse_runbook
from bot.library.registry import load_shelf
from bot.readiness.upkeep.events import ContactConfirmed, Reviewed, ReviewSigned, VersionRead
from bot.readiness.upkeep.rules import contacts_of
from bot.workers.upkeep import UpkeepKeeper
from bot.workers.versions import VersionRecorder
from tests.slack.folder import write_folder
from tests.wiring.test_living import FakeVoice

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


class Office:
    def __init__(self, journal: Journal, folder: Path) -> None:
        self.journal, self.messenger, self.now = journal, FakeVoice(), MONDAY
        self.folder = write_folder(folder)
        self.registry = load_shelf(self.folder)
        self.gone: set[str] = set()
        self.people, self.reviews = Streams(journal, PEOPLE), Streams(journal, REVIEWS)
        self.versions = VersionRecorder(self.registry, journal, lambda: self.now)
        self.versions.keep()
        self.one = self.replica()

    def replica(self) -> UpkeepKeeper:
        return UpkeepKeeper(
            self.registry, self.journal, self.messenger, lambda user: f"D{user}", lambda user: user in self.gone,
            lambda digest: parse_runbook(str(self.journal.text_of(digest))), lambda: self.now,
        )  # fmt: skip

    def looks(self, **later: float) -> list[tuple[str, str]]:
        """Where what was posted at this look."""
        self.now += timedelta(**later)
        before = len(self.messenger.posts)
        self.one.look()
        return [(channel, said) for channel, said, _ in self.messenger.posts[before:]]

    def edit(self, was: str, now: str) -> None:
        for file in self.folder.glob("*.yaml"):
            text = file.read_text()
            if was in text:
                file.write_text(text.replace(was, now))
        self.registry.reload()
        self.versions.keep()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    engine = open_engine(f"sqlite:///{tmp_path}/record.db")
    migrate(engine)
    yield Office(Journal(engine), tmp_path)
    engine.dispose()


def test_whoever_may_be_called_is_asked_once_how_they_are_reached_by_day(office: Office) -> None:
    office.now = MONDAY.replace(hour=3)
    assert office.looks() == []
    posts = office.looks(hours=7)
    assert sorted(channel for channel, _ in posts) == ["DU0ANA", "DU0BEN", "DU0CHEN", "DU0DORA"]
    assert all("Are you still reached so" in said and "catalogue.yaml:" in said for _, said in posts)
    office.one = office.replica()
    assert office.looks(days=1) == []
    ana = office.registry.catalogue.people["ana"]
    office.people.change("ana", lambda _: (ContactConfirmed(contacts_of(ana)),), office.now, "ana", "slack")
    ((channel, said),) = office.looks(minutes=1)
    assert (channel, "You said that you are reached so" in said) == ("DU0ANA", True)
    assert office.looks(minutes=1) == []
    assert [channel for channel, _ in office.looks(days=90)] == ["DU0ANA", "DU0BEN", "DU0CHEN", "DU0DORA"]


def test_a_deactivated_account_is_recorded_once_and_asked_nothing(office: Office) -> None:
    office.gone = {"U0BEN"}
    assert "DU0BEN" not in [channel for channel, _ in office.looks()]
    office.one = office.replica()
    office.looks(days=1)
    assert [type(one.event).__name__ for one in office.people.history("ben")] == ["AccountGone"]
    office.gone = set()
    assert "DU0BEN" in [channel for channel, _ in office.looks(days=1)]


def test_what_is_new_in_a_runbook_is_shown_to_who_operates_it_until_they_have_read_it(office: Office) -> None:
    office.looks()
    office.now += timedelta(minutes=5)
    office.edit("do: Type the target time", "do: Type the time to go back to")
    posts = office.looks(minutes=1)
    assert {channel for channel, _ in posts} == {"DU0ANA", "DU0BEN", "DU0CHEN"}
    assert all("a new version is in use" in said and "Type the time to go back to" in said for _, said in posts)
    assert office.looks(minutes=1) == []
    kept = office.registry.kept("rows-wrong")
    assert kept is not None
    office.people.change("ana", lambda _: (VersionRead("rows-wrong", kept.digest),), office.now, "ana", "slack")
    assert {channel for channel, _ in office.looks(minutes=1)} == {"DU0ANA"}
    assert office.looks(minutes=1) == []


def test_a_review_asks_the_team_for_a_peer_until_one_has_signed(office: Office) -> None:
    office.looks()
    kept = office.registry.kept("rows-wrong")
    assert kept is not None
    made = Reviewed("ana", kept.digest, ("contacts",), "Dora left")
    office.reviews.change("rows-wrong", lambda _: (made,), office.now, "ana", "slack")
    ((channel, said),) = office.looks(minutes=1)
    assert channel == "C0DATA"
    assert "Dora left" in said
    assert "The people, teams and phone numbers are right" in said
    office.reviews.change("rows-wrong", lambda _: (ReviewSigned("ben"),), office.now, "ben", "slack")
    ((_, said),) = office.looks(minutes=1)
    assert "Ana Ruiz reviewed Rows were changed by mistake, Ben Okafor signed it" in said
    assert office.looks(minutes=1) == []


def test_a_review_of_a_version_that_serves_no_more_is_signed_by_nobody(office: Office) -> None:
    office.looks()
    kept = office.registry.kept("rows-wrong")
    assert kept is not None
    office.reviews.change("rows-wrong", lambda _: (Reviewed("ana", kept.digest, ()),), office.now, "ana", "slack")
    assert [channel for channel, _ in office.looks(minutes=1)] == ["C0DATA"]
    office.edit("do: Type the target time", "do: Type the time to go back to")
    office.now = office.now.replace(hour=20)
    ((channel, said),) = office.looks(minutes=1)
    assert (channel, "was changed since Ana Ruiz reviewed it" in said) == ("C0DATA", True)
    assert office.looks(minutes=1) == []

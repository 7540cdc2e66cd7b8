"""What a pager survives: channels that hang, services that are busy, and being killed at the worst moment."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bot.journal import tables
from bot.journal.store import Journal
from bot.oncall.pager.sender import PageSender
from tests.oncall.pager.receiver import HANGS, receiving
from tests.wiring.calling.room import Room, Service, at_work, wait_until


class ByCourier(Service):
    """Addresses of a test, and a courier that really sends."""

    def __init__(self, sender: PageSender, **urls: str) -> None:
        super().__init__({f"env:{name}": [] for name in urls})
        self.urls, self.send = urls, sender.send  # type: ignore[method-assign]

    def address_of(self, channel: str) -> str:
        return self.urls[channel.removeprefix("env:")]


def test_killed_between_sending_and_recording_it_is_sent_again(journal: Journal, database_url: str) -> None:
    """At least once: the person gets it twice, under one key, and the record has one attempt."""
    with receiving() as receiver:
        sender = PageSender({})
        room = Room(journal, ByCourier(sender, ANA_SMS=receiver.url()))
        run = room.page("ana")
        dying = [sys.executable, "-m", "tests.wiring.calling.dies", database_url, receiver.url()]
        with subprocess.Popen(dying, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert "sent\n" in iter(process.stdout.readline, "")
            process.kill()
        assert (len(receiver.came), room.tried(run)) == (1, [])
        room.pager().look()
        assert len(receiver.came) == 1, "the killed one's lease has not run out"
        journal.change(update(tables.calling), {"until": room.office.at - timedelta(minutes=5)})
        room.pager().look()
        assert room.tried(run) == [("ana", "env:ANA_SMS", 1, "accepted by JSON")]
        assert len({parcel.key for parcel in receiver.came}) == 1
        assert len(receiver.came) == 2
        sender.close()


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_channel_that_hangs_delays_nobody_else(journal: Journal) -> None:
    """Ana's hangs in thirty runs at once; Ben is reached in each of them as if it did not."""
    sender = PageSender({}, limit=8.0)
    with receiving(HANGS) as hanging, receiving() as fine, ThreadPoolExecutor(100) as pool:
        room = Room(journal, ByCourier(sender, ANA_SMS=hanging.url(), BEN_SMS=fine.url(), ANA_MAIL=fine.url()))
        room.office.handler.now = lambda: datetime.now(UTC)
        runs = [room.page("ana", "ben") for _ in range(30)]
        with at_work(room.pager("one", pool)):
            wait_until(lambda: len(fine.came) == 30, 30)
            assert not [one for run in runs for one in room.tried(run) if one[0] == "ana"], "they waited for what hangs"
            wait_until(lambda: all(len(room.tried(run)) == 2 for run in runs), 30)
        assert {room.tried(run)[-1] for run in runs} == {("ana", "env:ANA_SMS", 1, "no answer in time")}
    sender.close()


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_busy_service_is_asked_again_after_ten_seconds(journal: Journal) -> None:
    """500, then 200: two attempts in the record, ten seconds apart by the real clock."""
    sender = PageSender({})
    with receiving(500, 200) as receiver, ThreadPoolExecutor(4) as pool:
        room = Room(journal, ByCourier(sender, ANA_SMS=receiver.url()))
        room.office.handler.now = lambda: datetime.now(UTC)
        run = room.page("ana")
        with at_work(room.pager("one", pool)):
            wait_until(lambda: len(room.tried(run)) == 2, 20)
        first, second = receiver.came
    assert 9.5 < second.at - first.at < 12.5
    assert [words for *_, words in room.tried(run)] == [
        "JSON: refused with 500 Internal Server Error", "accepted by JSON",
    ]  # fmt: skip
    sender.close()

"""The ledger's head is posted once a day, never edited, and read back by `verify --heads`."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.journal.ledger import read_tip
from bot.journal.outbox import Outbox
from bot.notifier.messenger import Doubtful, Impossible, Limited
from bot.settings import BadSettings, read_settings
from bot.wiring.house import House
from bot.workers.head_posting import LOOK_EVERY, Posting
from bot.workers.notices import LOST
from tests.cli.test_record import RUNBOOKS, start
from tests.wiring.test_living import FakeVoice, Time

CHANNEL = "C0OPS"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{tmp_path}/record.db", "HANDRAIL_RUNBOOKS": str(RUNBOOKS)}


@pytest.fixture
def house(environment: dict[str, str]) -> Iterator[House]:
    house = House(environment)
    yield house
    house.close()


def posting(house: House, voice: FakeVoice, time: Time) -> Posting:
    """One replica's."""
    journal = house.journal()
    return Posting(CHANNEL, journal, Outbox(journal), voice, time)


def test_each_day_has_one_head_whoever_looks(house: House) -> None:
    """Two replicas, many looks: one post a day; a ledger without entries has no head."""
    voice, time = FakeVoice(), Time()
    replicas = [posting(house, voice, time) for _ in range(2)]
    replicas[0].look()
    assert voice.posts == []
    start(house)
    first = read_tip(house.journal().read)
    for one in replicas * 2:
        one.look()
    start(house, "Another table.")
    for one in replicas:
        time.pass_(LOOK_EVERY)
        one.look()
    (channel, said, thread), *more = voice.posts
    assert (channel, thread, more) == (CHANNEL, None, [])
    assert f"ledger 1 {first.hash}" in said
    time.pass_(timedelta(days=1))
    for one in replicas:
        one.look()
    assert len(voice.posts) == 2
    assert str(read_tip(house.journal().read)) in voice.posts[1][1]
    assert voice.updates == [], "a head that was posted is never edited"


def test_what_slack_does_not_take_is_posted_later_and_what_is_doubtful_is_looked_for(house: House) -> None:
    voice, time = FakeVoice(), Time()
    start(house)
    one = posting(house, voice, time)
    for refusal in (Limited(3.0), Impossible("not_in_channel")):
        voice.answer = refusal
        posting(house, voice, time).look()
        assert voice.posts == []
    voice.answer, voice.arrives = Doubtful("cut off"), True
    one.look()
    start(house, "Another table.")
    voice.answer = None
    time.pass_(LOST + timedelta(seconds=1))
    for _ in range(3):
        one.look()
        time.pass_(LOST)
    assert len(voice.posts) == 1
    assert voice.updates == []


def test_what_was_posted_is_what_verify_reads(house: House, environment: dict[str, str], tmp_path: Path) -> None:
    voice, kept = FakeVoice(), tmp_path / "heads.txt"
    start(house)
    posting(house, voice, Time()).look()
    kept.write_text(f"Some words of Slack\n{voice.posts[0][1]}\n", encoding="utf-8")
    told = CliRunner().invoke(main, ["verify", "--heads", str(kept)], env=environment)
    assert told.exit_code == 0, told.output
    assert "✓ heads  all 1 that were kept are where they were" in told.output


@pytest.mark.parametrize("bad", ["#ops", "ops", "U0ANA", "C0 OPS"])
def test_a_channel_is_named_by_its_id(bad: str) -> None:
    assert read_settings({"HANDRAIL_OPS_CHANNEL": "C0OPS"}).ops_channel == "C0OPS"
    with pytest.raises(BadSettings) as said:
        read_settings({"HANDRAIL_OPS_CHANNEL": bad})
    assert "HANDRAIL_OPS_CHANNEL" in str(said.value.problems)


def test_a_house_with_a_channel_has_this_duty_and_one_without_has_not(environment: dict[str, str]) -> None:
    from bot.wiring.staff import build_staff  # noqa: PLC0415  (it imports all of Slack)

    for more, has in (({}, False), ({"HANDRAIL_OPS_CHANNEL": CHANNEL}, True)):
        house = House(environment | {"SLACK_BOT_TOKEN": "xoxb-1-test", "SLACK_APP_TOKEN": "xapp-1-test"} | more)
        assert ("ledger" in build_staff(house).loops) is has
        house.close()
    assert threading.active_count() >= 1

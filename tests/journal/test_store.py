"""The journal beside its records: leases, what is untold and due, messages, the inbox, sweeps."""

import threading
from datetime import UTC, datetime, timedelta
from time import sleep

import pytest

from bot.journal.outbox import Outbox
from bot.journal.store import Journal
from bot.run.commands import AddNote
from bot.run.paging.dues import next_due
from tests.engine.office import Office

HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture
def office(journal: Journal) -> Office:
    return Office(journal)


def test_one_at_a_time_tells_a_run(office: Office) -> None:
    """A lease is taken by one, renewed by the same one, and gone once it is let go."""
    run, journal = office.start(), office.journal
    assert journal.untold(10) == [run.id]
    assert journal.lease(run.id, "mine", HALF_A_MINUTE)
    assert not journal.lease(run.id, "yours", HALF_A_MINUTE)
    assert journal.lease(run.id, "mine", HALF_A_MINUTE)
    assert journal.untold(10) == []
    assert journal.tell_up_to(run.id, "yours", 1) is None
    assert journal.tell_up_to(run.id, "mine", 1) == run.seq == 2
    journal.release(run.id, "yours")
    assert not journal.lease(run.id, "yours", HALF_A_MINUTE)
    assert journal.tell_up_to(run.id, "mine", run.seq) == run.seq, "all is told, so it is let go"
    assert journal.untold(10) == []
    office.finish(run.id)
    assert journal.untold(10) == [run.id]
    assert journal.lease(run.id, "yours", HALF_A_MINUTE)


def test_a_lease_runs_out_and_the_late_teller_moves_nothing(office: Office) -> None:
    run, journal = office.start(), office.journal
    assert journal.lease(run.id, "slow", timedelta(milliseconds=30))
    sleep(0.05)
    assert journal.untold(10) == [run.id]
    assert journal.lease(run.id, "next", HALF_A_MINUTE)
    assert not journal.tell_up_to(run.id, "slow", 2)
    row = journal.run_row(run.id)
    assert row is not None
    assert row.told == 0


def test_telling_goes_forward_only(office: Office) -> None:
    run, journal = office.start(), office.journal
    journal.lease(run.id, "mine", HALF_A_MINUTE)
    office.finish(run.id)
    assert journal.tell_up_to(run.id, "mine", 2) == 4
    assert journal.tell_up_to(run.id, "mine", 1) is None
    row = journal.run_row(run.id)
    assert row is not None
    assert row.told == 2


def test_a_run_that_is_put_off_comes_back(office: Office) -> None:
    run, journal = office.start(), office.journal
    for until, found in ((timedelta(hours=1), []), (-timedelta(seconds=1), [run.id])):
        assert journal.lease(run.id, "mine", HALF_A_MINUTE)
        journal.postpone(run.id, "mine", until)
        assert journal.untold(10) == found


def test_twenty_who_want_one_lease(office: Office) -> None:
    run = office.start()
    won: list[str] = []
    gate = threading.Barrier(20)

    def want(token: str) -> None:
        gate.wait()
        if office.journal.lease(run.id, token, HALF_A_MINUTE):
            won.append(token)

    threads = [threading.Thread(target=want, args=(f"token{n}",)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_the_database_tells_the_time(journal: Journal) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=2)
    assert before <= journal.database_time() <= datetime.now(UTC) + timedelta(milliseconds=2)


def test_open_runs_come_in_one_query_with_where_their_card_stands(office: Office) -> None:
    """Tier 1 first, then the oldest; the card's place once it was posted."""
    first = office.start()
    office.later(minutes=1)
    second = office.start(reason="Another.")
    Outbox(office.journal).sent(second.id, "card", "C0DATA", "1700.1", "digest")
    rows = office.journal.open_runs()
    assert [(row.ref, row.channel, row.thread_ts) for row in rows] == [
        ("ORDERS-1", "C0INC", None),
        ("ORDERS-2", "C0DATA", "1700.1"),
    ]
    assert [row.run_id for row in office.journal.open_runs("orders-db")] == [first.id, second.id]
    assert office.journal.open_runs("billing") == []
    assert [row.ref for row in office.journal.newest_runs(1)] == ["ORDERS-2"]
    assert (rows[0].operator_name, rows[0].step_title, rows[0].rto, rows[0].mode) == (
        "Ana Ruiz",
        "Look at it",
        14_400,
        "live",
    )


KEYS = ("card", "step:look:1")


def test_a_message_is_remembered_before_it_is_posted(office: Office) -> None:
    """What was about to be posted has no `ts`: it may stand in Slack already."""
    run, outbox = office.start(), Outbox(office.journal)
    outbox.intend(run.id, "card", "step:look:1")
    outbox.sent(run.id, "card", "C0INC", "1700.1", "first")
    outbox.intend(run.id, "card")
    known = outbox.of(run.id, KEYS)
    assert {key: (one.channel, one.ts, one.shown) for key, one in known.items()} == {
        "card": ("C0INC", "1700.1", "first"),
        "step:look:1": (None, None, None),
    }
    outbox.shown(run.id, {"card": "second", "step:look:1": "third"})
    assert outbox.of(run.id, KEYS)["card"].shown == "second"
    outbox.sent(run.id, "card", "C0DATA", "1800.2", "fourth")
    assert outbox.of(run.id, KEYS)["card"].ts == "1800.2"
    assert list(outbox.of(run.id, ["step:look:1", "step:look:2"])) == ["step:look:1"]
    outbox.forget(run.id, "card", "step:look:1")
    assert outbox.of(run.id, KEYS) == {}
    outbox.intend(run.id)


def test_the_inbox_forgets_what_is_old(office: Office) -> None:
    run = office.start()
    note = AddNote("Once.")
    office.handler.handle(run.id, note, "ana", "slack", "event-1")
    office.later(days=2)
    office.handler.handle(run.id, note, "ana", "slack", "event-2")
    assert office.journal.prune_inbox(office.at - timedelta(days=1)) == 1
    assert office.handler.handle(run.id, note, "ana", "slack", "event-2").repeated
    assert not office.handler.handle(run.id, note, "ana", "slack", "event-1").repeated


def test_a_sweep_is_remembered(journal: Journal) -> None:
    assert journal.last_sweep("clock") is None
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for at in (noon, noon + HALF_A_MINUTE):
        journal.note_sweep("clock", at)
        assert journal.last_sweep("clock") == at


def test_a_due_run_is_put_off_until_its_next_event(office: Office) -> None:
    run = office.start("signing")
    asked = office.finish(run.id).run
    due = next_due(asked)
    assert due is not None
    office.journal.defer(run.id, due.at + timedelta(hours=1))
    assert office.journal.next_due() == due.at + timedelta(hours=1)
    office.handler.handle(run.id, AddNote("x"), "ana", "slack")
    assert office.journal.next_due() == due.at

"""The pager: each channel in its turn, each attempt recorded, one process at a time, and at least once."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update

from bot.journal import tables
from bot.journal.database import open_engine
from bot.journal.leases import Attempt, AttemptLeases
from bot.journal.store import Journal
from bot.run.commands import AnswerPage
from bot.wiring.calling.building import write_letter
from bot.workers.pager import Pager, Sending
from tests.wiring.calling.room import BUSY, FINE, NEVER, WITH_PAGERS, AtOnce, Room, Service, at_work, many, wait_until


@pytest.fixture
def sqlite(sqlite_url: str) -> Journal:
    """Where due times are judged by the clock that the test winds."""
    return Journal(open_engine(sqlite_url))


def test_who_is_reached_is_called_once(journal: Journal) -> None:
    room = Room(journal, Service({"env:ANA_SMS": [FINE]}))
    run = room.page("ana")
    assert room.waiting() == [run.id]
    room.look()
    room.look(seconds=40)
    assert room.tried(run) == [("ana", "env:ANA_SMS", 1, "accepted by JSON")]
    assert (len(room.service.came), room.waiting(), room.nobody(run)) == (1, [], False)
    [(_, message)] = room.service.came
    assert message.title.startswith("LIVE ORDERS-1")
    assert "Answer in Slack" in message.body


def test_three_attempts_then_the_next_channel_then_nobody(sqlite: Journal) -> None:
    """10 s and 30 s apart; each channel has one key; then it is said that nobody could be reached."""
    room = Room(sqlite, Service({"env:ANA_SMS": [BUSY], "env:ANA_MAIL": [BUSY]}))
    run = room.page("ana", via=("pager",))
    begun = room.office.at
    made: list[tuple[str, float]] = []
    for _ in range(120):
        assert not room.nobody(run) or len(made) == 6
        before = len(room.service.came)
        room.pager().look()
        if len(room.service.came) > before:
            made.append((room.service.came[-1][0], (room.office.at - begun) / timedelta(seconds=1)))
        room.office.later(seconds=1)
    first, second = "env:ANA_SMS", "env:ANA_MAIL"
    assert made[:3] == [(first, 0.0), (first, 10.0), (first, 40.0)]
    assert [channel for channel, _ in made[3:6]] == [second] * 3
    assert len(made) == 6
    assert [attempt for _, _, attempt, _ in room.tried(run)] == [1, 2, 3, 1, 2, 3]
    assert room.nobody(run)
    assert len({message.key for _, message in room.service.came[:3]}) == 1
    assert len({message.key for _, message in room.service.came}) == 2


def test_what_nobody_configured_is_recorded_and_the_next_is_tried_at_once(sqlite: Journal) -> None:
    room = Room(sqlite, Service({"env:ANA_MAIL": [FINE]}))
    run = room.page("ana")
    room.look()
    room.look()
    assert room.tried(run) == [
        ("ana", "env:ANA_SMS", 1, "not configured"), ("ana", "env:ANA_MAIL", 1, "accepted by JSON"),
    ]  # fmt: skip


def test_what_will_never_work_is_not_tried_again(sqlite: Journal) -> None:
    room = Room(sqlite, Service({"env:ANA_SMS": [NEVER], "env:ANA_MAIL": [NEVER]}))
    run = room.page("ana")
    for _ in range(5):
        room.look(seconds=30)
    assert [channel for _, channel, _, _ in room.tried(run)] == ["env:ANA_SMS", "env:ANA_MAIL"]
    assert room.waiting() == []


def test_an_answer_ends_the_attempts(sqlite: Journal) -> None:
    """Without the answer there would have been another one."""
    room = Room(sqlite, Service({"env:ANA_SMS": [BUSY]}))
    run = room.page("ana")
    room.look()
    assert (len(room.service.came), len(room.waiting())) == (1, 0)
    room.office.later(seconds=10)
    assert room.waiting() == [run.id]
    room.office.handler.handle(run.id, AnswerPage(1), "ana", "web")
    room.look(seconds=40)
    assert (len(room.service.came), room.waiting()) == (1, [])


def test_twenty_take_one_lease(database_url: str) -> None:
    """One has it; whoever was killed with it loses it when it runs out; whoever has done lets it go."""
    attempt = Attempt("run", 1, "ana")
    engines = [open_engine(database_url) for _ in range(4)]
    calls = [AttemptLeases(Journal(engine)) for engine in engines]
    with many() as pool:
        takes = [pool.submit(calls[n % 4].take, attempt, f"t{n}", timedelta(seconds=30)) for n in range(20)]
        winners = [n for n, one in enumerate(takes) if one.result()]
    assert len(winners) == 1
    calls[0].drop(attempt, "somebody else")
    assert not calls[0].take(attempt, "late", timedelta(seconds=30))
    calls[0].drop(attempt, f"t{winners[0]}")
    assert calls[0].take(attempt, "late", timedelta(seconds=0))
    assert calls[1].take(attempt, "later", timedelta(seconds=30))
    for engine in engines:
        engine.dispose()


def test_two_processes_make_an_attempt_once(journal: Journal, database_url: str) -> None:
    service = Service({"env:ANA_SMS": [FINE], "env:BEN_SMS": [FINE]})
    other = Journal(open_engine(database_url))
    room, next_door = Room(journal, service), Room(other, service)
    runs = [room.page("ana", "ben") for _ in range(5)]
    with many() as pool, many() as pools, at_work(room.pager("one", pool)), at_work(next_door.pager("two", pools)):
        wait_until(lambda: sum(len(room.tried(run)) for run in runs) == 10)
    assert len(service.came) == 10
    assert all(sorted(person for person, *_ in room.tried(run)) == ["ana", "ben"] for run in runs)
    other.engine.dispose()


def test_an_attempt_of_a_killed_process_is_made_again_when_its_lease_runs_out(journal: Journal) -> None:
    room = Room(journal, Service({"env:ANA_SMS": [FINE]}))
    run = room.page("ana")
    room.calls.take(Attempt(run.id, 1, "ana"), "killed", timedelta(seconds=60))
    room.look()
    assert room.service.came == []
    past = room.office.at - timedelta(minutes=5)
    assert journal.change(update(tables.calling), {"until": past}) == 1
    room.look()
    assert len(room.tried(run)) == 1
    assert room.calls.forget(room.office.at + timedelta(hours=1)) == 0


def test_a_run_that_cannot_be_read_keeps_no_other(journal: Journal) -> None:
    room = Room(journal, Service({"env:ANA_SMS": [FINE]}))
    broken, fine = room.page("ana", book="signing"), room.page("ana")
    fresh = Room(journal, room.service, at=room.office.at)
    del fresh.office.books[room.office.digests["signing"]]
    fresh.pager().look()
    assert len(room.tried(fine)) == 1
    assert room.tried(broken) == []


def test_a_row_says_when_the_next_attempt_is_due(sqlite: Journal) -> None:
    """And the index made anew from the records says the same."""
    room = Room(sqlite, Service({"env:ANA_SMS": [BUSY]}))
    run = room.page("ana")
    room.look()
    [row] = sqlite.read(tables.run.select().where(tables.run.c.run_id == run.id))
    assert row.call_at == room.office.at + timedelta(seconds=10)
    room.office.later(seconds=9)
    assert room.waiting() == []
    room.office.later(seconds=1)
    assert room.waiting() == [run.id]


def test_a_channel_that_people_share_is_called_once_and_without_a_link(sqlite: Journal) -> None:
    """Whoever of the team reads it would answer for somebody else by a link; their own channels bring one."""
    service = Service({"env:TEAM": [FINE], "env:ANA_SMS": [FINE]})
    room = Room(sqlite, service)
    shared = [replace(one, pagers=("env:TEAM",)) if one.id in ("ben", "chen") else one for one in WITH_PAGERS]
    run = room.page("ana", "ben", "chen", people=tuple(shared))
    hands = Sending(
        service.address_of,
        partial(write_letter, room.office.handler, lambda _r, _c: "https://a.example/x"),
        service.send,
    )
    pager = Pager(room.office.handler, room.calls, hands, AtOnce(), token="one")
    pager.look()
    pager.look()
    assert sorted(room.tried(run)) == [
        ("ana", "env:ANA_SMS", 1, "accepted by JSON"),
        ("ben", "env:TEAM", 1, "accepted by JSON"),
        ("chen", "env:TEAM", 1, "accepted once for everybody who shares it"),
    ]
    assert {url: "https://a.example/x" in message.body for url, message in service.came} == {
        "env:TEAM": False, "env:ANA_SMS": True,
    }  # fmt: skip
    assert len(service.came) == 2

"""Records beside runs: appended in a chain, refused to be changed, told when due, and the same after a rebuild."""

import json
import secrets
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, Executable, Row, text
from sqlalchemy.exc import DBAPIError

from bot.journal.database import for_writing
from bot.journal.hook_tokens import ALERT, HEARTBEAT, OVERLAP, HookTokens, TooMany
from bot.journal.store import Journal
from bot.journal.streams import PROTECTIONS, Streams, stream_names
from bot.readiness.protection.events import Beat, PlanTaken, ProtectionEvent
from bot.readiness.protection.rules import hear, look, take_plan
from bot.readiness.protection.state import Standing

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAN = PlanTaken(timedelta(hours=1), timedelta(minutes=10), ("s3",))
OF = "orders-db/full"


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def streams(journal: Journal) -> Streams[Standing, ProtectionEvent]:
    made = Streams(journal, PROTECTIONS)
    made.change(OF, lambda here: take_plan(here, PLAN, NOON), NOON, "catalogue", "clock")
    return made


def beat(streams: Streams[Standing, ProtectionEvent], minutes: float, size: int = 100) -> None:
    sent = Beat(at(minutes), "s3", size=size)
    streams.change(OF, lambda here: hear(here, sent, at(minutes)), at(minutes), "token:1", "hook")


def test_what_is_heard_stands_in_a_chain_and_is_due_when_it_would_be_late(
    streams: Streams[Standing, ProtectionEvent], journal: Journal
) -> None:
    beat(streams, 5)
    newest = streams.state(OF).newest
    assert newest is not None
    assert newest.of == at(5)
    assert [type(one.event).__name__ for one in streams.history(OF)] == ["PlanTaken", "Beat"]
    assert streams.due(at(74), 10) == []
    assert streams.due(at(75), 10) == [OF]
    assert stream_names(journal) == [f"protection:{OF}"]
    assert streams.verify(f"protection:{OF}").sound
    streams.change(OF, lambda here: look(here, at(75)), at(75), "clock", "clock")
    assert streams.due(at(999), 10) == [], "late is recorded once"


@pytest.mark.parametrize("statement", ["UPDATE stream_record SET by = 'ben'", "DELETE FROM stream_record"])
def test_the_database_refuses_to_change_it(
    streams: Streams[Standing, ProtectionEvent], engine: Engine, statement: str
) -> None:
    with (
        pytest.raises(DBAPIError, match="never changed and never deleted"),
        for_writing(engine).begin() as connection,
    ):
        connection.execute(text(statement))
    assert len(streams.history(OF)) == 1


def test_a_changed_or_shortened_record_and_a_false_row_are_found(
    streams: Streams[Standing, ProtectionEvent], engine: Engine
) -> None:
    """As whoever owns the database can do it: the guards away first."""
    beat(streams, 5)
    name = f"protection:{OF}"
    with for_writing(engine).begin() as connection:
        for guard in ("stream_record_no_update", "stream_record_no_delete", "stream_record_never_changed"):
            on = " ON stream_record" if engine.dialect.name == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER IF EXISTS {guard}{on}"))
        connection.execute(text("UPDATE stream SET state = '{}'"))
    assert "rebuild" in str(streams.verify(name).fault)
    assert streams.rebuild(name)
    assert streams.verify(name).sound
    assert not streams.rebuild(name), "nothing is left to mend"
    with for_writing(engine).begin() as connection:
        connection.execute(text("UPDATE stream_record SET by = 'ben' WHERE seq = 1"))
    assert "was changed" in str(streams.verify(name).fault)
    with for_writing(engine).begin() as connection:
        connection.execute(text("UPDATE stream_record SET by = 'catalogue' WHERE seq = 1"))
        connection.execute(text("DELETE FROM stream_record WHERE seq = 2"))
    assert "cut short" in str(streams.verify(name).fault)


def test_many_at_once_lose_nothing(journal: Journal) -> None:
    streams = Streams(journal, PROTECTIONS)

    def begin(number: int) -> None:
        streams.change(OF, lambda here: (*take_plan(here, PLAN, NOON),), NOON, "catalogue", "clock")
        sent = Beat(at(number), "s3", size=number)
        streams.change(OF, lambda here: hear(here, sent, at(number)), at(number), "token:1", "hook")

    threads = [Thread(target=begin, args=(number,)) for number in range(1, 9)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    kinds = [type(one.event).__name__ for one in streams.history(OF)]
    assert (kinds.count("PlanTaken"), kinds.count("Beat")) == (1, 8)
    assert streams.verify(f"protection:{OF}").sound


def test_two_tokens_of_an_asset_count_while_one_takes_over_and_none_opens_another_scope(journal: Journal) -> None:
    now = [NOON]
    made = iter(f"{number:064x}" for number in range(9))
    tokens = HookTokens(journal, lambda: now[0], lambda: next(made))
    first, until = tokens.make(HEARTBEAT, "orders-db", "ana")
    assert until is None
    assert tokens.recognise(first, ALERT) is None
    second, until = tokens.make(HEARTBEAT, "orders-db", "ana")
    assert until == NOON + OVERLAP
    with pytest.raises(TooMany, match="handrail token revoke"):
        tokens.make(HEARTBEAT, "orders-db", "ana")
    tokens.make(HEARTBEAT, "billing-db", "ana")
    assert [one is not None for one in (tokens.recognise(first, HEARTBEAT), tokens.recognise(second, HEARTBEAT))] == [
        True, True,
    ]  # fmt: skip
    now[0] += OVERLAP
    assert tokens.recognise(first, HEARTBEAT) is None
    known = tokens.recognise(second, HEARTBEAT)
    assert known is not None
    assert known.asset == "orders-db"
    assert tokens.revoke(known)
    assert tokens.recognise(second, HEARTBEAT) is None
    assert all(second not in str(one) and first not in str(one) for one in tokens.all())


def test_what_was_written_by_a_version_that_knew_less_of_how_it_stands_verifies(
    streams: Streams[Standing, ProtectionEvent], engine: Engine
) -> None:
    beat(streams, 5)
    with for_writing(engine).begin() as connection:
        (state,) = connection.execute(text("SELECT state FROM stream")).one()
        older = json.loads(state)
        del older["left"]
        connection.execute(text("UPDATE stream SET state = :state"), {"state": json.dumps(older)})
    assert streams.verify(f"protection:{OF}").sound


def test_what_is_written_while_it_is_verified_is_no_fault(
    streams: Streams[Standing, ProtectionEvent], journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record grows after the row was read, and again while the records are read: by one a time."""
    beat(streams, 5)
    beat(streams, 6)
    monkeypatch.setattr("bot.journal.streams._AT_A_TIME", 1)
    read, minutes = journal.read, iter(range(7, 12))

    def reading(statement: Executable, /, **values: object) -> Sequence[Row[Any]]:
        found = read(statement, **values)
        if (minute := next(minutes, None)) is not None:
            beat(streams, minute)
        return found

    monkeypatch.setattr(journal, "read", reading)
    verdict = streams.verify(f"protection:{OF}")
    assert verdict.fault is None
    assert verdict.records == 8


@pytest.mark.slow
def test_weeks_of_beats_are_verified_in_one_pass_and_in_little_memory(
    streams: Streams[Standing, ProtectionEvent],
) -> None:
    """As many beats as in three weeks, at the hands of one transaction, are never in memory together."""
    sent = [Beat(at(5 * number), "s3", size=100) for number in range(6_000)]
    streams.change(OF, lambda _: sent, at(5 * 6_000), "token:1", "hook")
    tracemalloc.start()
    assert streams.verify(f"protection:{OF}").records == 6_001
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 3_000_000, "6,000 records together are some 6 MB"


def test_of_many_who_make_a_token_at_the_same_moment_two_do(journal: Journal) -> None:
    tokens = HookTokens(journal, lambda: NOON, lambda: secrets.token_hex(32))
    refused: list[str] = []

    def make() -> None:
        try:
            tokens.make(HEARTBEAT, "orders-db", "ana")
        except TooMany as many:
            refused.append(str(many))

    threads = [Thread(target=make) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(refused) == 4
    assert sorted(one.expires_at is None for one in tokens.all()) == [False, True], "the older one ends"

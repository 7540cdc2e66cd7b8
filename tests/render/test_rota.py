"""Who is on call, as it is read in Slack and at a terminal; nothing in a feed or a catalogue can ping or break it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from syrupy.assertion import SnapshotAssertion

from bot.render.rota import (
    Board,
    Feed,
    Hole,
    Ladder,
    Rung,
    RungWatch,
    Who,
    board_json,
    board_lines,
    feed_dead,
    feed_right,
    oncall_reply,
    unknown_asset_reply,
)
from tests.render.channel import assert_sendable, read

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONDAY, NEXT = datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 30, 8, tzinfo=UTC)
ANA, BEN, ZOE = Who("Ana Ruiz", "U0ANA"), Who("Ben Okafor", "U0BEN"), Who("Zoe")
EVIL = "*<!channel>* `x` <@U0EVE> :tada:\u202e\n& more"
LADDER = Ladder(
    "database",
    ("Orders database", "Invoices database"),
    (
        Rung(timedelta(0), ("slack",), 1, (RungWatch("rotation", "dba", (ANA,), MONDAY, (BEN,), MONDAY),)),
        Rung(
            timedelta(minutes=10), ("slack", "pager"), 1,
            (
                RungWatch("rotation", "backup", after=(ZOE,), after_at=NEXT, is_gap=True),
                RungWatch("team", "Data platform", (ANA, BEN), group="S0DATA"),
            ),
        ),
        Rung(timedelta(minutes=20), ("pager",), 3, (RungWatch("person", "zoe", (ZOE,)),)),
    ),
)  # fmt: skip
BOARD = Board(
    AT, "Orders database", (LADDER,), (),
    (Hole("backup", AT, NEXT), Hole("backup", NEXT + timedelta(days=2), NEXT + timedelta(days=3))),
    (Feed("backup", AT - timedelta(hours=2), "it answered 503", ("Zoe from the agency", "Night shift")),),
)  # fmt: skip
COVERED = Board(
    AT, None, (LADDER,), (RungWatch("rotation", "leads", (ZOE,), None, (BEN,), NEXT),), (),
    (Feed("fed", AT - timedelta(minutes=3), "", ()), Feed("new", None, "", ()), Feed("out", None, "it is empty", ())),
)  # fmt: skip
HOSTILE = Board(
    AT, EVIL,
    (Ladder(EVIL, (EVIL,), (Rung(timedelta(0), ("slack",), 1, (
        RungWatch("rotation", EVIL, (Who(EVIL, EVIL),), MONDAY), RungWatch("team", EVIL, (Who(EVIL),), group=EVIL),
    )),)),),
    (RungWatch("rotation", EVIL, is_gap=True),), (Hole(EVIL, AT, NEXT),), (Feed(EVIL, AT, EVIL, (EVIL,)),),
)  # fmt: skip
KNOWN = frozenset({"U0ANA", "U0BEN", "subteam^S0DATA"})


def test_the_board_in_slack(snapshot: SnapshotAssertion) -> None:
    for board in (BOARD, COVERED):
        shown = oncall_reply(board)
        assert_sendable(shown, KNOWN)
        assert read(shown) == snapshot


def test_nothing_foreign_pings_or_breaks_the_board() -> None:
    """Names, ids, failures and events that were written to do harm."""
    for message in (
        oncall_reply(HOSTILE), unknown_asset_reply(EVIL, ()), feed_dead(EVIL, EVIL, None, EVIL), feed_right(EVIL, AT)
    ):  # fmt: skip
        assert_sendable(message, frozenset())


def test_a_board_of_any_size_fits_into_a_message() -> None:
    """What does not fit is counted."""
    ladder = replace(LADDER, assets=("A" * 75,) * 40)
    holes = tuple(Hole("r" * 64, AT + timedelta(days=day), NEXT) for day in range(200))
    feeds = tuple(Feed("f" * 64, AT, "x" * 400, ("y" * 400,) * 30) for _ in range(60))
    shown = oncall_reply(replace(BOARD, ladders=(ladder,) * 60, holes=holes, feeds=feeds))
    assert_sendable(shown, KNOWN)
    words = "\n".join(read(shown))
    assert "and 40 more ladders" in words
    assert "and 190 more times" in words
    assert "and 34 more" in words


def test_the_board_at_a_terminal(snapshot: SnapshotAssertion) -> None:
    """In the zone that was asked for."""
    for board in (BOARD, COVERED):
        assert list(board_lines(board, ZoneInfo("Europe/Madrid"))) == snapshot
    assert any("07:00 EST" in line for line in board_lines(BOARD, ZoneInfo("America/New_York")))


def test_the_board_for_programs() -> None:
    plain = json.loads(json.dumps(board_json(BOARD)))
    assert (plain["covered"], board_json(COVERED)["covered"]) == (False, True)
    assert plain["at"] == "2026-11-22T12:00:00+00:00"
    assert plain["ladders"][0]["rungs"][1]["after"] == 600
    assert plain["ladders"][0]["rungs"][0]["watches"][0] == {
        "kind": "rotation", "name": "dba", "now": [{"name": "Ana Ruiz", "slack": "U0ANA"}],
        "until": "2026-11-23T08:00:00+00:00", "after": [{"name": "Ben Okafor", "slack": "U0BEN"}],
        "after_at": "2026-11-23T08:00:00+00:00", "group": None, "is_gap": False,
    }  # fmt: skip
    assert plain["holes"][0] == {
        "rotation": "backup", "since": "2026-11-22T12:00:00+00:00", "until": "2026-11-30T08:00:00+00:00"
    }  # fmt: skip


def test_what_an_owner_team_is_told_of_its_feed(snapshot: SnapshotAssertion) -> None:
    for message in (
        feed_dead("backup", "DBA_ICS", AT, "it answered 503"),
        feed_dead("backup", "DBA_ICS", None, "the variable DBA_ICS is not set where Handrail runs"),
        feed_right("backup", AT),
    ):
        assert_sendable(message)
        assert read(message) == snapshot

"""What a refusal says, whole, and beside which field it stands: one row a refusal."""

from collections.abc import Callable

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.run.commands import (
    Accept,
    Begin,
    BreakGlass,
    Choose,
    Correct,
    Finish,
    GoBack,
    HandOver,
    Mismatch,
    Pause,
    Resume,
    Sign,
    Skip,
    Stop,
    TakeOver,
    Watch,
)
from bot.run.situation import unverified_id
from tests.story import ROLES, Story

BOOK = """
vars: {rows: {type: int}, when: {type: timestamp}, word: {type: string}}
steps:
  - {id: look, do: Count the rows, answer: {var: rows}, confirm: type, go: {ok: ask, problem: hold}, max_visits: 9}
  - {id: ask, signoff: Agree to the change, from: [data_owner, lead], forbid: [requester, operator, giver, peer],
     binds: {vars: [rows], steps: [change]}, readback: rows, max_visits: 9,
     go: {approved: change, rejected: hold, expired: hold}}
  - {id: change, run: Change the rows, effect: destroy, undo: {none: Gone.}, witness: data_owner,
     exec: {argv: [change]}, max_visits: 9, go: {ok: done, fail: hold, timeout: hold}}
  - {id: hold, decide: Hold here, back: true, max_visits: 9, options: [{id: a, label: End, when: Bad., go: stop},
     {id: b, label: Again, when: Good., go: look}], go: {unsure: hold}}
  - {id: stop, end: Stop here, outcome: aborted}
  - {id: done, end: Close it, outcome: recovered}
"""
NAME = "orders-db"
MACHINE = unverified_id("root")
ROLES_HERE = {**ROLES, "peer": ("ana", "eve"), "lead": ("chen", "dora", "eve")}


def begun() -> Story:
    return Story(BOOK, roles=ROLES_HERE).started()


def asked() -> Story:
    return begun().done(typed=NAME, rows="7").at_step("ask")


def bound() -> Story:
    return asked().sign("dora", "7").at_step("change")


def under_way() -> Story:
    return bound().at_visit(Watch, "ben").begin(typed=NAME)


def left_unknown() -> Story:
    return under_way().unknown(note="The line was lost").at_step("hold")


def glass() -> Story:
    story = asked().tick(hours=1).at_step("hold").choose("b").done(typed=NAME, rows="7").at_step("ask")
    story.later(minutes=20)
    return story


ROWS: dict[str, Callable[[], Story]] = {
    "over": lambda: begun().when("ana", Stop("A false alarm")).when("ana", Finish("look", 1, "ok")),
    "paused": lambda: begun().when("ana", Pause("Shift change")).at_visit(Finish, outcome="ok"),
    "not at that step": lambda: begun().when("ana", Begin("change", 1, NAME)),
    "left with words": lambda: begun().problem(note="It does not answer").when("ana", Finish("look", 1, "ok")),
    "left without words": lambda: asked().when("ana", Finish("look", 1, "ok", {"rows": "7"}, "", NAME)),
    "begun already": lambda: under_way().begin(typed=NAME),
    "watched after the begin": lambda: under_way().at_visit(Watch, "dora"),
    "watched already": lambda: bound().at_visit(Watch, "ben").at_visit(Watch, "dora"),
    "not a witness": lambda: bound().at_visit(Watch, "chen"),
    "name not typed": lambda: begun().done(typed="orders", rows="7"),
    "look not written": lambda: left_unknown().choose("back"),
    "to sign by a role": lambda: asked().sign("ana", "7"),
    "not of the signers": lambda: asked().sign("ben", "8"),
    "read back wrongly": lambda: asked().sign("dora", "8"),
    "read back as no number": lambda: asked().sign("dora", "many"),
    "under a name that nobody proved": lambda: asked().when(MACHINE, TakeOver()).sign("dora", "7"),
    "back while begun": lambda: under_way().when("ana", GoBack("change", 1, "look", "Wrong rows")),
    "not theirs, and may take over": lambda: begun().done("ben", typed=NAME, rows="7"),
    "not theirs": lambda: begun().done("dora", typed=NAME, rows="7").done("eve", typed=NAME),
    "nobody operates": lambda: Story(BOOK, roles=ROLES_HERE).started("dora").done("dora", typed=NAME, rows="7"),
    "not theirs to steer": lambda: begun().when("ben", Pause("Lunch")),
    "not theirs to take over": lambda: begun().when("eve", HandOver("ben", "")).when("fay", TakeOver()),
    "handed to nobody of theirs": lambda: begun().when("ana", HandOver("eve2", "")),
    "nothing was handed over": lambda: begun().when("ben", Accept()),
    "handed to somebody else": lambda: begun().when("ana", HandOver("ben", "")).when("chen", Accept()),
    "no such line": lambda: begun().problem().choose("c"),
    "corrected in between": lambda: asked().correct("rows", "8").when("ana", Correct(2, "rows", "9", "again")),
    "not theirs to correct": lambda: asked().correct("rows", "8", "ben"),
    "no glass for a peer": lambda: glass().at_visit(BreakGlass, "eve", reason="Nobody answers"),
    "no lead": lambda: glass().at_visit(BreakGlass, "ben", reason="Nobody answers"),
    "asked for the first time": lambda: asked().at_visit(BreakGlass, "dora", reason="Nobody answers"),
    "critical or not to be skipped": lambda: begun().at_visit(Skip, reason="No need"),
    "not paused": lambda: begun().when("ana", Resume()),
    "cannot go back there": lambda: asked().when("ana", GoBack("ask", 1, "change", "Why not")),
    "nobody watches": lambda: bound().begin(typed=NAME),
    "who watches begins": lambda: bound().at_visit(Watch, "ben").when("ben", TakeOver()).begin("ben", NAME),
    "a stranger": lambda: begun().done("zoe", rows="7"),
    "a stranger signs": lambda: asked().sign("zoe", "7"),
    "the answer is not one of them": lambda: begun().problem().when("ana", Choose("hold", 1, "d")),
    "somebody else says it does not match": lambda: begun().at_visit(Mismatch, "ben"),
    "sign at a step that asks nobody": lambda: begun().when("dora", Sign("look", 1, "", "7")),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_refusal_says_who_can_and_what_to_do(name: str, snapshot: SnapshotAssertion) -> None:
    story = ROWS[name]()
    assert story.refusal is not None, story.last
    kept = [type(event).__name__ for event in story.refusal.events]
    assert (story.refusal.sentence, story.refusal.field, kept) == snapshot


def test_a_signer_of_a_time_may_type_it_with_another_offset_and_no_other_time() -> None:
    for kind, value, same, other in (
        ("when", "2026-11-22T11:00:00Z", "2026-11-22 12:00:00 +01:00", "2026-11-22T12:00:00Z"),
        ("word", "orders", " orders ", "order"),
        ("rows", "7", "07", "70"),
    ):
        text = BOOK.replace("var: rows", f"var: {kind}").replace("vars: [rows]", f"vars: [{kind}]")
        story = Story(text.replace("readback: rows", f"readback: {kind}"), roles=ROLES_HERE).started()
        story.done(typed=NAME, **{kind: value}).at_step("ask")
        story.sign("dora", other).refused("not what is being signed")
        assert story.refusal is not None
        assert story.refusal.field == "readback"
        story.sign("dora", same).at_step("change")

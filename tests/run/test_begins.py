"""How a run begins: everything that a start hands over is pinned, and what is wrong with it stands beside its field."""

from dataclasses import replace

import pytest

from bot.run.events import Started, StepEntered, StepFinished
from bot.run.law.answers import NOT_KEPT
from bot.run.law.may_start import LAW
from bot.run.law.signing import as_started, ungivable
from bot.run.law.starting import preview_start
from bot.run.places import Chain, Former
from bot.run.situation import Parent, Stamp
from bot.run.state import Unstarted
from tests.run.test_walk import HOLD
from tests.story import FILES, NOON, PEOPLE, ROLES, RUNG, Story, book_of, start_command

PLAIN = (
    """
inputs:
  table: {type: string, required: true}
  token: {type: secret}
  size: {type: int, default: 3}
  many: {type: int}
vars:
  copy: {type: string, default: "{{ vars.table }}-{{ run.ref }}-{{ vars.later }}"}
  later: {type: string}
  secret: {type: secret}
steps:
  - {id: look, do: Look around, go: {ok: ask}}
  - {id: ask, signoff: Agree to it, from: [data_owner], need: 2, binds: {vars: [copy], steps: [wipe]}, max_visits: 9,
     go: {approved: wipe}}
  - {id: wipe, run: Wipe it, effect: change, undo: {none: Gone.}, exec: {argv: [wipe]}, go: {ok: done, timeout: look2}}
  - {id: look2, check: Look whether it is wiped, exec: {argv: [look]}, capture: {later: {from: stdout, type: string}},
     expect: {all: [{var: later, eq: "yes"}]}, go: {ok: done}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    + HOLD
)
TYPED = {"table": " orders ", "many": "4"}
FORMER = Former("run-0", "ORDERS-6", 9, "f" * 64, "wipe", "eve", begun=True, operated=("ben",), visits={"wipe": 2})


def started(**changes: object) -> Started:
    story = Story(PLAIN, **{"inputs": TYPED, **changes}).started()
    assert story.refusal is None, story.refusal
    first = story.last[0]
    assert isinstance(first, Started)
    return first


def test_everything_that_a_start_hands_over_is_pinned() -> None:
    parent = Parent("run-0", "ORDERS-6", "child", 1)
    everything = start_command(
        inputs=TYPED, given={"later": "soon", "no_such": 1}, rungs=(RUNG,), calls={"other": "c" * 64},
        reason=" Two tables ",
        damage_began="2026-11-22T10:00:00Z", parent=parent, continues="ORDERS-5", owners=("eve",),
        chain=Chain(("eve",), ("ben",)), waiting={"lead": ("ana",)}, on_call={"lead": ("chen",)}, catalogue=FILES,
        let_in={"chen": ("dora",)},
        givers={"later": ("ben",), "damage_began": ("eve",), "no_such": ("dora",), "size": ()},
    )  # fmt: skip
    first = Story(PLAIN).when("ana", everything).last[0]
    assert first == Started(
        "ORDERS-7", "story", "Rows were changed by mistake", "d" * 64, {"other": "c" * 64}, "live",
        everything.asset, PEOPLE, ROLES, (RUNG,), "C0DATA", "ana", {"table": "orders", "many": 4},
        {"later": "soon", "copy": "orders-ORDERS-7-soon", "size": 3},
        channel="C0INC", damage_began="2026-11-22T10:00:00+00:00", reason="Two tables", parent=parent,
        continues="ORDERS-5", owners=("eve",), law=LAW, chain=Chain(("eve",), ("ben",)),
        givers={"later": ("ben",), "damage_began": ("eve",), "copy": ("ana", "ben")},
        waiting={"lead": ("ana",)}, on_call={"lead": ("chen",)}, catalogue=FILES, let_in={"chen": ("dora",)},
    )  # fmt: skip


def test_what_is_not_known_at_the_start_stays_to_be_seen_in_a_default() -> None:
    """A default may speak of what comes later; what nobody gave has no giver."""
    first = started()
    assert first.given == {"size": 3, "copy": "orders-ORDERS-7-‹vars.later?›"}
    assert first.givers == {"copy": ("ana",)}
    assert started(inputs=TYPED | {"size": "8"}).inputs["size"] == 8


def test_a_secret_is_kept_neither_where_it_is_typed_nor_where_it_is_handed_over() -> None:
    first = started(inputs=TYPED | {"token": "hunter2"}, given={"secret": "hunter3"})
    assert (first.inputs["token"], first.given["secret"]) == (NOT_KEPT, NOT_KEPT)
    assert "hunter" not in repr(first)


@pytest.mark.parametrize(
    ("field", "words", "changes"),
    [
        ("table", "This is needed before the run can start.", {"inputs": {}}),
        ("many", "Type a whole number, such as 42.", {"inputs": TYPED | {"many": "few"}}),
        ("damage_began", "with its offset", {"damage_began": "yesterday"}),
        ("size", "“size” was handed over as “much”. Type a whole number", {"given": {"size": "much"}}),
        ("reason", "ORDERS-5, ORDERS-6 is open on this asset.", {"open_runs": ("ORDERS-5", "ORDERS-6")}),
    ],
)
def test_what_is_wrong_stands_beside_its_field(field: str, words: str, changes: dict[str, object]) -> None:
    story = Story(PLAIN, **{"inputs": TYPED, **changes}).started().refused(words)
    assert story.refusal is not None
    assert story.refusal.field == field


@pytest.mark.parametrize(("status", "field"), [("retired", "runbook"), ("draft", "mode")])
def test_a_runbook_that_does_not_serve_is_refused_beside_its_field(status: str, field: str) -> None:
    """One that was retired since is gone on with all the same: the work has begun."""
    story = Story(f"{PLAIN}\nstatus: {status}", inputs=TYPED).started().refused(status)
    assert story.refusal is not None
    assert story.refusal.field == field
    retired = Story(PLAIN + "\nstatus: retired", inputs=TYPED, former=FORMER).started()
    assert retired.refusal is None


def test_a_called_run_and_one_that_goes_on_need_no_reason_beside_others() -> None:
    """They are part of what is open there."""
    open_runs = ("ORDERS-6",)
    assert started(open_runs=open_runs, former=FORMER).former == FORMER
    assert started(open_runs=open_runs, parent=Parent("run-0", "ORDERS-6", "child", 1)).parent is not None


@pytest.mark.parametrize(
    ("step", "exit_", "next_"), [("wipe", "timeout", "look2"), ("look", "problem", "hold")]
)  # fmt: skip
def test_what_was_begun_elsewhere_is_entered_to_say_that_nobody_knows(step: str, exit_: str, next_: str) -> None:
    """Its outcome is unknown, and the run goes where that leads; visits are counted on."""
    story = Story(PLAIN, inputs=TYPED, former=replace(FORMER, step=step, visits={step: 2})).started()
    note = "It was begun in ORDERS-6, and nobody here knows how it ended."
    assert story.last[1:3] == (StepEntered(step, 3), StepFinished(step, 3, exit_, note=note))
    story.at_step(next_)
    first = Story(PLAIN, inputs=TYPED, former=replace(FORMER, step=step, visits={})).started()
    assert first.last[1] == StepEntered(step, 1)


def test_what_had_not_been_begun_and_what_is_no_command_is_walked_again() -> None:
    for former in (replace(FORMER, step="look", begun=False, visits={}), replace(FORMER, step="look2", visits={})):
        story = Story(PLAIN, inputs=TYPED, former=former).started()
        assert story.last[1:] == (StepEntered(former.step, 1, None, None),)


def test_a_look_ahead_checks_nothing() -> None:
    """Whoever fills the form sees who is missing before anything was typed right."""
    command = start_command(damage_began="yesterday", reason="")
    run = preview_start(Unstarted("run-1", book_of(PLAIN)), command, Stamp(NOON, "ana", "slack"))
    assert (run.start.damage_began, run.vars) == (None, {})
    assert [one.id for one in ungivable(run)] == []


def test_whom_a_start_bars_is_asked_where_the_run_goes_on() -> None:
    """Two data owners have to sign, and one of them started: nobody can give it, unless the run stands behind it."""
    roles = {**ROLES, "operator": ("ben", "ana")}
    at_first = Story(PLAIN, inputs=TYPED, roles=roles).started("ben")
    assert [one.id for one in ungivable(as_started(at_first.run))] == ["ask"]
    behind = Story(PLAIN, inputs=TYPED, roles=roles, former=replace(FORMER, step="look2", visits={})).started("ben")
    assert [one.id for one in ungivable(as_started(behind.run))] == []

"""Runbooks for the tests of charts: one with every kind of step, and any that the format allows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as some
from hypothesis.strategies import DrawFn, SearchStrategy

from bot.format.catalogue import Asset
from bot.format.runbook import KINDS, Runbook

ORDERS = Asset(
    id="orders-db", name="Orders database", type="postgres", tier=1, owner="data-platform", rto=timedelta(hours=4),
    runbooks=("story",),
)  # fmt: skip
BILLING = ORDERS.model_copy(update={"id": "billing", "name": "Billing database", "rto": timedelta(hours=1)})
OTHER = ORDERS.model_copy(update={"id": "other", "runbooks": ("another",)})

EVERYTHING = """
title: Rows were changed by mistake
vars: {target: {type: timestamp}, free: {type: int}, size: {type: int}}
enter_when: [Rows are wrong.]
not_for: [{when: A disk failed., use: failover}]
failure_modes: [{mode: No backup, answer: hold}]
preflight: [{id: alive, title: Ask the primary, exec: {argv: [pg_isready]}, expect: {all: [{var: exit, eq: 0}]}}]
stop_when: [{id: disk, title: Read the free space, exec: {argv: [df]}, expect: {all: [{var: exit, eq: 0}]}}]
references: ["https://www.postgresql.org/docs/current/continuous-archiving.html"]
steps:
  - {id: look, do: Look at the table, phase: assess, why: The damage decides the way.,
     say: "Count rows in {{ asset.db }}.", command: "psql -d {{ asset.db }}", typical: 10m, skip: true,
     go: {ok: which, problem: hold}}
  - {id: which, decide: Choose the line that matches, phase: assess, who: lead, options: [
      {id: rows, label: Rows are wrong, when: A SELECT shows it., go: space},
      {id: more, label: Look again, when: It is not clear., go: look},
      {id: none, label: Nothing is wrong, when: All is there., go: nothing}], go: {unsure: hold}}
  - {id: space, branch: Is there room, phase: assess, else: grow, cases: [
      {when: {all: [{var: free, ge: "{{ vars.size }}", factor: 1.2}, {var: size, gt: 0}]}, go: agree}]}
  - {id: grow, call: Let the storage team grow the volume, phase: assess, runbook: storage,
     go: {recovered: agree, else: hold}}
  - {id: agree, signoff: Approve the restore, phase: restore, from: [data_owner, lead], need: 2, each: true,
     critical: true, binds: {vars: [target], steps: [restore]}, readback: target, valid_for: 30m, typical: 15m,
     go: {approved: restore, rejected: which, expired: hold}}
  - {id: restore, run: Put the rows back, phase: restore, critical: true, effect: destroy, witness: peer, typical: 90m,
     undo: {none: The old rows are gone.}, exec: {at: "{{ asset.host }}", argv: [restore, "--to={{ vars.target }}"]},
     go: {ok: settle, fail: hold, timeout: count}}
  - {id: settle, wait: Wait for the replicas, phase: verify, for: 5m, typical: 5m, go: {ok: count, fail: hold}}
  - {id: count, check: Count the rows, phase: verify, exec: {argv: [count]}, expect: {all: [{var: exit, eq: 0}]},
     go: {ok: tell, fail: hold}}
  - {id: tell, notify: Say that it is back, phase: close, to: [incident], say: It is back., go: {ok: done}}
  - {id: done, end: Close the run, phase: close, outcome: recovered}
  - {id: nothing, end: Close without a change, phase: close, outcome: not_applicable}
  - {id: hold, decide: Hold and call the lead, phase: hold, who: lead, page: true, back: true, max_visits: 20,
     options: [
      {id: stop, label: Stop the run, when: Going on makes it worse., go: stopped},
      {id: again, label: Count again, when: It may be right., go: count}], go: {unsure: hold}}
  - {id: stopped, end: Stop here, phase: hold, outcome: escalated}
  - {id: lost, do: Nobody comes here, go: {ok: stopped}}
"""

_TEXTS = some.text(
    some.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=60
) | some.sampled_from(
    [
        '"]-->|x|',
        "end",
        "<script>alert(1)</script>",
        "{{ vars.a }}",
        "]]>",
        "a" * 140,
        "%%{init}%%",
        "#quot;",
        "&amp;",
        "`x`",
    ]
)
Own = Callable[[DrawFn, SearchStrategy[str]], dict[str, Any]]
"""What a kind of step has beside what all have."""
_LENGTHS = some.none() | some.integers(0, 600).map(lambda minutes: f"{minutes}m")


@some.composite
def books(draw: DrawFn, least: int = 1, most: int = 14) -> Runbook:
    """Any runbook, sound or not: loops, ways to itself, steps that nothing leads to, texts of all kinds."""
    ids = [f"s{number}" for number in range(draw(some.integers(least, most)))]
    steps = [_step(draw, id_, ids) for id_ in ids]
    written = {"title": draw(_TEXTS)[:75], "exception": draw(some.sampled_from(ids)), "steps": steps}
    usual = {
        "schema": "runbook/v1", "id": "story", "enter_when": ["Rows are wrong."], "objective": "Bring them back.",
        "owner": "data-platform", "roles": {"operator": "team:a"},
    }  # fmt: skip
    return Runbook.model_validate(usual | written)


def _step(draw: DrawFn, id_: str, ids: list[str]) -> dict[str, Any]:
    kind = draw(some.sampled_from(KINDS))
    to = some.sampled_from([*ids, "nowhere"])
    step: dict[str, Any] = {"id": id_, kind: draw(_TEXTS), "typical": draw(_LENGTHS)}
    step |= {
        "who": draw(some.sampled_from(["operator", "lead"])),
        "phase": draw(some.sampled_from(["one", "two", None])),
    }
    return step | _OWN[kind](draw, to)


def _go(*exits: str) -> Own:
    def written(draw: DrawFn, to: SearchStrategy[str]) -> dict[str, Any]:
        return {"go": {exit_: draw(to) for exit_ in exits if draw(some.booleans())}}

    return written


def _with(own: dict[str, Any], *exits: str) -> Own:
    return lambda draw, to: own | _go(*exits)(draw, to)


def _options(draw: DrawFn, to: SearchStrategy[str]) -> dict[str, Any]:
    count = draw(some.integers(2, 4))
    options = [{"id": f"o{n}", "label": draw(_TEXTS)[:75], "when": "It is so.", "go": draw(to)} for n in range(count)]
    return {"options": options} | _go("unsure")(draw, to)


def _cases(draw: DrawFn, to: SearchStrategy[str]) -> dict[str, Any]:
    count = draw(some.integers(1, 3))
    cases = [{"when": {"any": [{"var": "free", "gt": n}]}, "go": draw(to)} for n in range(count)]
    return {"cases": cases, "else": draw(some.none() | to)}


_TRUE = {"all": [{"var": "exit", "eq": 0}]}
_OWN: dict[str, Own] = {
    "do": _go("ok", "problem"),
    "decide": _options,
    "signoff": _with({"from": ["data_owner"]}, "approved", "rejected", "expired"),
    "check": _with({"exec": {"argv": ["true"]}, "expect": _TRUE}, "ok", "fail"),
    "run": _with({"exec": {"argv": ["true"]}, "effect": "change"}, "ok", "fail", "timeout"),
    "branch": _cases,
    "wait": _with({"for": "5m"}, "ok", "fail", "timeout"),
    "call": _with({"runbook": "other"}, "recovered", "partial", "else"),
    "join": _with({"timeout": "1h"}, "ok", "fail", "timeout"),
    "notify": _with({"to": ["incident"]}, "ok"),
    "end": lambda draw, _to: {"outcome": draw(some.sampled_from(["recovered", "partial", "aborted"]))},
}


def exits_of(book: Runbook) -> set[tuple[str, str, str]]:
    """Every (step, exit, target), unwritten failure exits included."""
    return {(step.id, exit_, target) for step in book.by_id.values() for exit_, target in book.exits(step)}

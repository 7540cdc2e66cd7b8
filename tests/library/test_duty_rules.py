"""What an active runbook owes its readers, and that every rule has its test."""

import importlib
import pkgutil
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.library
from bot.format.runbook import Signoff
from bot.library.check.rules.signers import _Signers, _worst
from bot.library.rules import RULES
from tests.library.faulty import CATALOGUE, HEAD, PLANTED, TAIL, faulty, problems_of

CATALOGUE_OF_TWO = CATALOGUE.replace("members: [ana, ben, chen]", "members: [ana, ben]")
"""The team that owns the asset is two people, and no ladder reaches further."""


@faulty(swap=("status: active", "status: draft"))
def test_an_active_runbook_has_what_is_required() -> None:
    """
    schema: runbook/v1  # O1 O2 O3
    id: book
    title: "Rows are missing"
    status: active
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    drill: {every: 90d, mode: isolated}
    roles: {operator: "team:data"}
    exception: hold
    steps:
      - {id: look, do: Look, go: {ok: partly}}
      - {id: hold, do: Call the lead, go: {ok: stopped, problem: partly}}
      - {id: stopped, end: Stop, outcome: aborted}
      - {id: partly, end: Close, outcome: partial}
    """


@faulty(swap=("owner: data", "owner: data\ndrill: {every: 90d, mode: tabletop}"))
def test_a_runbook_of_a_critical_asset_is_drilled() -> None:
    """
    schema: runbook/v1  # O4
    id: book
    title: "Rows are missing"
    status: active
    enter_when: [A report shows fewer rows.]
    not_for: [{when: The server is down., use: Call the lead.}]
    objective: Bring the rows back.
    owner: data
    review: {every: 90d, last_on: "2026-11-01", by: chen}
    failure_modes:
      - {mode: The backup is too old, answer: hold}
      - {mode: The disk is full, answer: hold}
      - {mode: Nobody can sign, answer: hold}
    roles: {operator: "team:data"}
    exception: hold
    steps:
      - {id: look, do: Look, go: {ok: partly}}
      - {id: hold, do: Call the lead, go: {ok: stopped, problem: partly}}
      - {id: stopped, end: Stop, outcome: aborted}
      - {id: partly, end: Close, outcome: partial}
    """


@faulty(swap=("from: [peer]", "from: [peer, lead]"))
def test_enough_people_are_left_to_sign() -> None:
    """
    schema: runbook/v1
    id: book
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    roles: {operator: "team:data", peer: ["person:ana", "person:ben"], lead: "team:owners"}
    exception: hold
    steps:
      - id: sign
        signoff: Approve the target
        from: [peer]  # O5 O8
        need: 2
        go: {approved: partly, rejected: hold, expired: hold}
      - {id: hold, do: Call the lead, go: {ok: stopped, problem: partly}}
      - {id: stopped, end: Stop, outcome: aborted}
      - {id: partly, end: Close, outcome: partial}
    """


@pytest.mark.parametrize(
    ("signers", "more", "left"),
    [
        ("from: [peer]", "", None),
        ("from: [alone]", "", "nobody may sign “sign”, and one signs."),
        ("from: [alone]", "forbid: []", None),
        ("from: [alone, peer]", "each: true", "only ben may sign “sign”, and one signs, one for each role."),
        ("from: [peer, lead]", "each: true", None),
        ("from: [lead]", "forbid: [operator, peer]", None),
        ("from: [lead]", "forbid: [requester, lead]", "nobody may sign “sign”, and one signs."),
        ("from: [feed]", "", None),
    ],
)  # fmt: skip
def test_who_remains_is_worked_out_for_everybody_who_may_operate(signers: str, more: str, left: str | None) -> None:
    roles = 'alone: "person:ana", peer: ["person:ana", "person:ben"], feed: "rotation:feed"'
    head = HEAD.replace('data_owner: "team:owners"', roles).replace('lead: "team:data"', 'lead: "team:owners"')
    step = f"- {{id: sign, signoff: Approve it, {signers}, {more}{', ' if more else ''}go: {{approved: partly}}}}"
    feed = '---\nschema: people/v1\nrotations: [{id: feed, ics: "env:FEED"}]\n'
    found = problems_of(f"{head}\nsteps:\n  {step}\n{TAIL}", catalogue=CATALOGUE + feed)
    told = [one.message for one in found if one.rule == "O5"]
    assert told == ([] if left is None else [f"When ana operates, {left}"])


@faulty(swap=("valid_for: 30m", "valid_for: 45m"))
def test_a_signature_lasts_until_what_it_binds_begins() -> None:
    """
    head
    steps:
      - id: sign  # O9
        signoff: Approve the restore
        from: [data_owner]
        binds: {steps: [wipe]}
        valid_for: 30m
        go: {approved: warn, rejected: hold, expired: hold}
      - {id: warn, do: Warn the users, typical: 5m, go: {ok: quiet}}
      - {id: quiet, wait: Let the last writes come in, for: 40m, go: {ok: wipe, fail: hold, timeout: hold}}
      - id: wipe
        run: Switch to the copy
        timeout: 5m
        effect: change
        undo: {argv: [switch, back]}
        exec: {argv: [switch]}
        typical: 3h
        go: {ok: partly, fail: hold, timeout: hold}
    tail
    """


@faulty(swap=('peer: "team:owners"', 'peer: ["person:ana", "person:ben", "person:chen", "person:dora"]'))
def test_overlapping_roles_leave_somebody_to_sign() -> None:
    """
    schema: runbook/v1
    id: book
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    roles: {operator: "person:ana", app: ["person:chen", "person:ben"], peer: "team:owners", lead: "person:ben"}
    exception: hold
    steps:
      - id: close
        run: Close the shop
        timeout: 5m
        who: app
        effect: change
        undo: {none: It opens again.}
        exec: {argv: [close]}
        go: {ok: sign, fail: hold, timeout: hold}
      - id: sign
        signoff: Approve the target
        from: [peer]  # O8
        go: {approved: partly, rejected: hold, expired: hold}
      - {id: hold, do: Call the lead, go: {ok: stopped, problem: partly}}
      - {id: stopped, end: Stop, outcome: aborted}
      - {id: partly, end: Close, outcome: partial}
    """


@given(
    st.lists(st.sets(st.sampled_from("abcdef"), min_size=1), min_size=1, max_size=3),
    st.lists(st.sets(st.sampled_from("abcdef")), max_size=3),
    st.integers(1, 3),
    st.booleans(),
)
def test_who_may_be_missing_at_once_is_found_as_by_trying_all(
    roles: list[set[str]], parts: list[set[str]], need: int, each: bool
) -> None:
    """Against trying everybody in every part: the shortage is found exactly when there is one, and it is one."""
    written = {"id": "sign", "signoff": "Sign", "from": ["peer"], "need": need, "each": each, "go": {"approved": "x"}}
    signers = _Signers(Signoff.model_validate(written), (), [sorted(one) for one in roles])
    people = {one for role in roles for one in role}
    named = {f"part {number}": part & people for number, part in enumerate(parts)}
    tried = product(*([None, *sorted(one)] for one in named.values()))
    gone = _worst(signers, named)
    assert (gone is not None) == any(signers.too_few({one for one in choice if one}) for choice in tried)
    if gone is not None:
        assert signers.too_few(gone.values())
        assert all(person in named[part] for part, person in gone.items())


@faulty(swap=('operator: "person:ana"', 'operator: ["person:ana", "person:chen"]'), catalogue=CATALOGUE_OF_TWO)
def test_somebody_is_left_to_review_a_broken_glass() -> None:
    """
    schema: runbook/v1
    id: book
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    roles: {operator: "person:ana", lead: "person:ben"}
    exception: hold
    steps:
      - id: sign
        signoff: Approve the target
        forbid: []
        from: [lead]  # O7
        go: {approved: partly, rejected: hold, expired: hold}
      - {id: hold, do: Call the lead, go: {ok: stopped, problem: partly}}
      - {id: stopped, end: Stop, outcome: aborted}
      - {id: partly, end: Close, outcome: partial}
    """


@faulty(swap=("typical: 5h", "typical: 3h"))
def test_typical_times_fit_the_objective() -> None:
    """
    schema: runbook/v1
    id: book  # O6
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    roles: {operator: "team:data"}
    exception: hold
    steps:
      - {id: look, do: Look, typical: 5h, go: {ok: partly, problem: hold}}
      - {id: hold, do: Call the lead, typical: 9h, go: {ok: stopped, problem: partly}}
      - {id: stopped, end: Stop, outcome: aborted}
      - {id: partly, end: Close, outcome: partial}
    """


def test_every_rule_says_why_and_has_a_planted_fault() -> None:
    for found in pkgutil.iter_modules(tests.library.__path__):
        importlib.import_module(f"tests.library.{found.name}")
    elsewhere = {"S2", "S3", "S20", "S21", "G9", "G12", "X1", "X2"}  # planted by tests with files of their own
    assert PLANTED | elsewhere >= RULES.keys(), RULES.keys() - PLANTED
    assert [rule.id for rule in RULES.values() if not rule.words.endswith(".")] == []

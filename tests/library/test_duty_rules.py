"""What an active runbook owes its readers, and that every rule has its test."""

import importlib
import pkgutil

import pytest

import tests.library
from bot.library.rules import RULES
from tests.library.faulty import CATALOGUE, HEAD, PLANTED, TAIL, faulty, problems_of


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
        from: [peer]  # O5
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
    elsewhere = {"S2", "S3", "S20", "G9"}  # planted by tests with files of their own
    assert PLANTED | elsewhere >= RULES.keys(), RULES.keys() - PLANTED
    assert [rule.id for rule in RULES.values() if not rule.words.endswith(".")] == []

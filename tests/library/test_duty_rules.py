"""What an active runbook owes its readers, and that every rule has its test."""

import importlib
import pkgutil

import tests.library
from bot.library.rules import RULES
from tests.library.faulty import PLANTED, faulty


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


def test_every_rule_says_why_and_has_a_planted_fault() -> None:
    for found in pkgutil.iter_modules(tests.library.__path__):
        importlib.import_module(f"tests.library.{found.name}")
    elsewhere = {"S2", "S3", "S20", "G9"}  # planted by tests with files of their own
    assert PLANTED | elsewhere >= RULES.keys(), RULES.keys() - PLANTED
    assert [rule.id for rule in RULES.values() if not rule.words.endswith(".")] == []

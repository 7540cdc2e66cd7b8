"""Several teams at once: joined before the end, a join has something to wait for, one team an asset."""

import pytest

from bot.library.check import check_files
from bot.library.rules import RULES
from tests.library.faulty import CATALOGUE, HEAD, PLANTED, TAIL

PLANTED.update(("G14", "G15", "G16", "G17"))
OTHER = HEAD.replace("id: book", "id: other").replace("Rows are missing", "The search is gone")
OTHER += (
    "\nsteps:\n  - {id: a, do: Look, go: accept}\n  - {id: accept, signoff: Accept, from: [data_owner], mode: after,"
)
OTHER += " go: {approved: done}}\n  - {id: done, end: Close, outcome: recovered}\n" + TAIL
ASSETS = CATALOGUE.replace("runbooks: [book]", "runbooks: [book, other]")
GOOD = """
steps:
  - {id: one, call: Bring it back, runbook: other, meanwhile: true, with: {asset: orders-db}, go: two}
  - {id: two, call: Bring that back, runbook: other, meanwhile: true, with: {asset: "{{ asset.host }}"}, go: tell}
  - {id: tell, do: Tell them, go: both}
  - {id: both, join: Wait for both, timeout: 1h, go: {ok: accept, fail: partly, timeout: hold}, max_visits: 3}
  - {id: accept, signoff: Accept, from: [data_owner], mode: after, go: {approved: done}}
  - {id: done, end: Close, outcome: recovered}
"""


def found(steps: str) -> list[tuple[str, str]]:
    files = {"catalogue.yaml": ASSETS, "other.yaml": OTHER, "book.yaml": HEAD + steps + TAIL}
    report = check_files((name, text.encode()) for name, text in files.items())
    return [
        (one.rule, f"{one.message} {one.hint}") for one in report.problems if one.rule[0] != "H" and one.rule != "O10"
    ]


def test_two_teams_that_are_joined_are_sound() -> None:
    assert found(GOOD) == []


@pytest.mark.parametrize(
    ("was", "now", "rule", "words"),
    [
        ("go: both}", "go: accept}", "G14", "“done” can be reached before the run that “one” opens has recovered."),
        ("ok: accept, fail: partly", "ok: accept, fail: accept", "G14", "opens has recovered."),
        ("Tell them, go: both", "Tell them, go: {ok: both, problem: partly}", "G14",
         "“partly” can be reached before the run that “one” opens was waited for."),
        ("both, timeout: 1h", "both, of: [one], timeout: 1h", "G14", "“two” opens a run, and no `join` waits for it."),
        ("both, timeout: 1h", "both, of: [one, two, tell], timeout: 1h", "G15", "“tell”, which is no call with"),
        ('asset: "{{ asset.host }}"', "asset: orders-db", "G16", "both work on “orders-db”."),
        ("go: {ok: accept, fail", "go: {ok: accept, other: hold, fail", "S", "other"),
        (" timeout: 1h,", "", "G17", "timeout"),
        ("with: {asset: orders-db}, go: two", "go: {recovered: two}", "G17", "recovered"),
        ("meanwhile: true, with: {asset: orders-db}, go: two", "go: {ok: two}", "G17", "ok"),
    ],
)  # fmt: skip
def test_each_fault_is_found(was: str, now: str, rule: str, words: str) -> None:
    assert was in GOOD
    told = found(GOOD.replace(was, now, 1))
    assert any(one.startswith(rule) and words in message for one, message in told), told


def test_a_join_without_a_call_is_a_forgotten_one() -> None:
    alone = GOOD.replace("meanwhile: true, ", "").replace("go: two}", "go: {recovered: two}}")
    alone = alone.replace("go: tell}", "go: {recovered: tell}}")
    assert any(rule == "G15" and "nothing to wait for" in words for rule, words in found(alone))


def test_a_join_that_its_call_does_not_lead_to_waits_in_vain() -> None:
    before = GOOD.replace("steps:\n", "steps:\n  - {id: early, join: Wait, of: [one], go: {ok: one, fail: hold}}\n")
    assert any(rule == "G15" and "No way leads from “one” to “early”" in words for rule, words in found(before))


def test_what_comes_home_is_there_once_all_have_recovered() -> None:
    """On `ok` of the join, and not before, nor when one has failed."""
    head = "runbook: other, meanwhile: true, with: {asset: orders-db}, go: two"
    taken = GOOD.replace(head, head.replace("go: two", "capture: {rows: {output: rows}}, go: two"))
    taken = taken.replace("signoff: Accept, from", 'signoff: "Accept {{ vars.copied }}", from').replace(
        "rows: {output", "copied: {output"
    )
    files = {"catalogue.yaml": ASSETS, "other.yaml": OTHER}

    def unset(steps: str) -> bool:
        book = HEAD.replace("vars: {", "vars: {copied: {type: int}, ") + steps + TAIL
        report = check_files((name, text.encode()) for name, text in (files | {"book.yaml": book}).items())
        return any(one.rule.startswith("D") for one in report.problems)

    assert not unset(taken)
    assert unset(taken.replace("do: Tell them", 'do: "Tell {{ vars.copied }}"'))


def test_the_rules_say_why() -> None:
    assert all(RULES[rule].words for rule in ("G14", "G15", "G16", "G17"))

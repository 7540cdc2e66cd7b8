"""Everything can be reached, everything ends, nothing goes round for ever."""

import pytest

from bot.library.check import check_files
from tests.library.faulty import CATALOGUE, HEAD, PLANTED, TAIL, faulty, problems_of


@faulty(
    "- {id: third, do: Look again, go: {ok: stopped}}",
    "- {id: b, label: B, when: B., go: hold}",
    swap=("go: {ok: choose}", "go: {ok: choose, problem: third}"),
)
def test_ids_are_unique() -> None:
    """
    head
    steps:
      - {id: look, do: Look, go: {ok: choose}}
      - {id: look, do: Look again, go: {ok: stopped}}  # G1
      - id: choose
        decide: Choose
        options:
          - {id: a, label: A, when: A., go: stopped}
          - {id: a, label: B, when: B., go: hold}  # G1
        go: {unsure: partly}
    tail
    """


@faulty("go: {ok: stopped, problem: hold}")
def test_targets_exist() -> None:
    """
    head
    steps:
      - id: look
        do: Look
        go: {ok: stoped, problem: hold}  # G2
    tail
    """


@faulty("exception: stopper")
def test_the_exception_exists() -> None:
    """
    schema: runbook/v1
    id: book
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    drill: {every: 90d, mode: isolated}
    roles: {operator: "team:data"}
    exception: stoper  # G2
    steps:
      - {id: look, do: Look, go: {ok: stopped, problem: stopper}}
      - {id: stopper, do: Call the lead, go: {ok: stopped, problem: partly}}
      - {id: stopped, end: Stop, outcome: aborted}
      - {id: partly, end: Close, outcome: partial}
    """


@faulty(swap=("go: {ok: stopped}", "go: {ok: lost}"))
def test_every_step_can_be_reached() -> None:
    """
    head
    steps:
      - {id: look, do: Look, go: {ok: stopped}}
      - id: lost  # G3
        do: Look again
        go: {ok: partly}
    tail
    """


@faulty(swap=("problem: again", "problem: hold"))
def test_every_step_comes_to_an_end() -> None:
    """
    head
    steps:
      - id: look  # G4
        do: Look
        max_visits: 3
        go: {ok: again, problem: third}
      - id: again  # G4
        do: Look again
        max_visits: 3
        go: {ok: look, problem: third}
      - id: third  # G4
        do: Look once more
        go: {ok: look, problem: again}
    tail
    """


@faulty(swap=("do: Look again", "do: Look again\n    max_visits: 3"))
def test_rounds_are_counted() -> None:
    """
    head
    steps:
      - id: look  # G5
        do: Look
        go: {ok: again}
      - id: again
        do: Look again
        go: {ok: choose}
      - id: choose
        decide: Choose
        options:
          - {id: a, label: Again, when: It is there., go: look}
          - {id: b, label: Gone, when: It is gone., go: stopped}
        go: {unsure: hold}
    tail
    """


@faulty(swap=("page: true", "max_visits: 9"))
def test_a_round_through_the_exception_counts() -> None:
    """
    schema: runbook/v1
    id: book
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    drill: {every: 90d, mode: isolated}
    roles: {operator: "team:data"}
    exception: hold
    steps:
      - id: look  # G5
        do: Look
        go: {ok: stopped}
      - id: hold
        decide: Hold here
        page: true
        options:
          - {id: a, label: Look again, when: It is back., go: look}
          - {id: b, label: Stop, when: It is gone., go: stopped}
        go: {unsure: stopped}
      - {id: stopped, end: Stop, outcome: aborted}
    """


@faulty(swap=("go: stopped}]", "go: stopped}]\n    else: hold"))
def test_a_branch_has_an_else() -> None:
    """
    head
    steps:
      - id: look
        branch: See whether rows are lost  # G6
        cases: [{when: {all: [{var: asset.host, ne: ""}]}, go: stopped}]
    tail
    """


@faulty(swap=("problem: stopped", "problem: hold"))
def test_exits_that_all_lead_to_one_step_are_told() -> None:
    """
    head
    steps:
      - id: look  # G7
        do: Look
        go: {ok: stopped, problem: stopped}
    tail
    """


@faulty("wait: Wait a minute", swap=("for: 1m", "for: 1m\n    go: stopped"))
def test_the_last_step_says_where_it_leads() -> None:
    """
    head
    steps:
      - {id: look, do: Look, go: wait}
      - id: hold
        decide: Hold here and call the lead
        options:
          - {id: stop, label: Stop, when: Going on would make it worse., go: stopped}
          - {id: close, label: Close, when: What can be done is done., go: partly}
        max_visits: 20
      - {id: partly, end: Close as partial, outcome: partial}
      - {id: stopped, end: Stop the run, outcome: escalated}
      - id: wait
        wait: Wait a minute  # G8
        for: 1m
    """


def test_an_option_is_not_called_like_a_button_of_our_own() -> None:
    step = """
steps:
  - id: look
    decide: Choose
    options:
      - {id: back, label: All is back, when: The report shows it., go: stopped}
      - {id: gone, label: Some is gone, when: The report lacks it., go: partly}
"""
    assert [(one.rule, one.line) for one in problems_of(HEAD + step + TAIL)] == [("G1", 22)]
    assert problems_of(HEAD + step.replace("{id: back", "{id: all") + TAIL) == []


PLANTED.add("G13")
_SIGNED = """\
  - id: sign
    signoff: Approve
    from: [data_owner]
    binds: {steps: [next]}
    go: read
  - id: read
    check: Read the backup catalogue
    expect: {all: [{var: exit, eq: 0}]}
"""
_HARM = {
    "destroys": "  - {id: next, run: Wipe, effect: destroy, timeout: 5m, undo: {none: Gone.}, go: partly}",
    "is bound by a sign-off": "  - {id: next, do: Open the valve, go: partly}",
    "is an end": "  - {id: next, end: Close the run, outcome: partial}",
}


@pytest.mark.parametrize("what", _HARM)
def test_nothing_falls_into_harm_or_an_end(what: str) -> None:
    start = _SIGNED if what != "is an end" else "  - {id: read, do: Read}\n"
    fell = problems_of(f"{HEAD}\nsteps:\n{start}{_HARM[what]}\n{TAIL}")
    assert [(one.severity, one.hint) for one in fell if one.rule == "G13"] == [("error", "go: next")]
    assert any(what in one.message for one in fell), fell
    written = start.replace("eq: 0}]}", "eq: 0}]}\n    go: next").replace("do: Read}", "do: Read, go: next}")
    assert problems_of(f"{HEAD}\nsteps:\n{written}{_HARM[what]}\n{TAIL}") == []
    draft = HEAD.replace("status: active", "status: draft")
    assert any(
        one.rule == "G13" and one.severity == "error"
        for one in problems_of(f"{draft}\nsteps:\n{start}{_HARM[what]}\n{TAIL}")
    ), "in a draft it is no less"


def _calls(id_: str, other: str) -> str:
    head = HEAD.replace("id: book", f"id: {id_}")
    step = f"  - {{id: ask, call: Ask, runbook: {other}, go: {{recovered: partly, else: stopped}}}}"
    return f"{head}\nsteps:\n{step}\n{TAIL}"


def _told(*pairs: tuple[str, str]) -> list[tuple[str, str, str]]:
    books = [(f"{name}.yaml", _calls(name, other).encode()) for name, other in pairs]
    found = check_files([("catalogue.yaml", CATALOGUE.replace("[book]", "[]").encode()), *books]).problems
    return [(one.file, one.rule, one.severity) for one in found]


def test_calls_do_not_circle_and_are_two_deep_at_most() -> None:
    PLANTED.update(("G9", "G12"))
    end = ("end", "leaf")
    leaf = (
        "leaf.yaml",
        _calls("leaf", "x")
        .replace("call: Ask, runbook: x, go: {recovered: partly, else: stopped}", "do: Ask, go: {ok: stopped}")
        .encode(),
    )
    sound = check_files(
        [("catalogue.yaml", CATALOGUE.replace("[book]", "[]").encode()), leaf]
        + [(f"{name}.yaml", _calls(name, other).encode()) for name, other in (("top", "end"), end)]
    )
    assert sound.problems == ()
    assert _told(("one", "two"), ("two", "one")) == [("one.yaml", "G9", "error"), ("two.yaml", "G9", "error")]
    assert _told(("one", "one")) == [("one.yaml", "G9", "error")]
    names = ("one", "two", "three", "four", "five")
    round_ = [one for one in _told(*zip(names, (*names[1:], "one"), strict=True)) if one[1] == "G9"]
    assert round_ == sorted((f"{name}.yaml", "G9", "error") for name in names), "however long it is"
    deep = check_files(
        [("catalogue.yaml", CATALOGUE.replace("[book]", "[]").encode()), leaf]
        + [(f"{name}.yaml", _calls(name, other).encode()) for name, other in (("over", "top"), ("top", "end"), end)]
    )
    assert [(one.file, one.rule, one.severity) for one in deep.problems] == [("over.yaml", "G12", "warning")]


@faulty(swap=("else: tell", "else: look"))
def test_the_bot_does_not_go_round_alone() -> None:
    """
    head
    steps:
      - id: see  # G10
        branch: See whether rows are lost
        max_visits: 5
        cases:
          - {when: {all: [{var: asset.host, eq: pg-1}]}, go: stopped}
          - {when: {all: [{var: asset.host, ne: ""}]}, go: look}
        else: tell
      - {id: tell, notify: Tell, to: [incident], go: {ok: see}}
      - {id: look, do: Look, go: {ok: stopped, problem: tell}}
    tail
    """


@faulty(
    swap=(
        "notify: Call the lead, to: [incident], go: {ok: stopped}",
        "do: Call the lead, go: {ok: stopped, problem: partly}",
    )
)
def test_a_run_can_hold_at_the_exception() -> None:
    """
    schema: runbook/v1
    id: book
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    drill: {every: 90d, mode: isolated}
    roles: {operator: "team:data"}
    exception: hold  # G11
    steps:
      - {id: look, do: Look, go: {ok: partly}}
      - {id: hold, notify: Call the lead, to: [incident], go: {ok: stopped}}
      - {id: stopped, end: Stop, outcome: aborted}
      - {id: partly, end: Close, outcome: partial}
    """

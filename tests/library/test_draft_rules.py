"""What is left to write is named, place by place, and never reaches a live run."""

from bot.library.check import check_files
from tests.library.faulty import CATALOGUE, HEAD, TAIL, faulty, problems_of


@faulty("# The numbers are from the drill in May.", "- {id: look, do: Look at the table, go: {ok: stopped}}")
def test_a_draft_says_what_is_still_to_do() -> None:
    """
    schema: runbook/v1
    id: book
    title: Rows are missing
    status: draft
    enter_when: [A report shows fewer rows than yesterday.]
    objective: Bring the rows back.
    owner: data
    roles: {operator: "team:data", lead: "team:data"}
    exception: hold
    # TODO: where do the numbers come from?  # L1
    steps:
      - {id: look, do: "TODO: look at what?", go: {ok: stopped}}  # L1
    tail
    """


@faulty("- {id: look, do: Look at the table, go: {ok: stopped}}")
def test_what_runs_live_has_nothing_left_to_do() -> None:
    """
    head
    steps:
      - {id: look, do: "TODO: look at what?", go: {ok: stopped}}  # L2
    tail
    """


@faulty("- {id: tape, kind: storage, name: Tape}", file="more.yaml")
def test_the_catalogue_says_what_is_still_to_do() -> None:
    """
    schema: resources/v1
    resources:
      - {id: tape, kind: storage, name: "TODO: what is it called?"}  # L1
    """


def test_the_words_of_a_todo_are_told() -> None:
    """The sentence holds what is asked for, so that the list alone can be worked through."""
    found = problems_of(f'{HEAD}\nsteps:\n  - {{id: look, do: "TODO: look at what?", go: {{ok: stopped}}}}\n{TAIL}')
    assert [(one.message, one.severity) for one in found] == [("Still to do: “look at what?”.", "error")]


def test_a_retired_runbook_is_left_in_peace() -> None:
    """Nobody walks it, so nobody finishes it; the same text as a draft is told."""
    text = f'{HEAD}\nsteps:\n  - {{id: look, do: "TODO: look", go: {{ok: stopped}}}}\n{TAIL}'
    for status, rules in (("retired", []), ("draft", ["L1"])):
        files = {"catalogue.yaml": CATALOGUE, "book.yaml": text.replace("status: active", f"status: {status}")}
        report = check_files((name, held.encode()) for name, held in files.items())
        assert [one.rule for one in report.problems] == rules

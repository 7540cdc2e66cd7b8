"""Steps are worded for a tired person, and no way asks too much of them."""

from tests.library.faulty import CATALOGUE, HEAD, TAIL, faulty, problems_of


def wording(*, title: str = "Look at the rows", more: str = "") -> list[str]:
    """The rules that a step with these words breaks."""
    text = f"{HEAD}\nsteps:\n  - id: look\n    do: {title}\n{more}    go: {{ok: stopped}}\n{TAIL}"
    return [one.rule for one in problems_of(text)]


@faulty("do: Read the error log")
def test_a_title_begins_with_a_verb() -> None:
    """
    head
    steps:
      - id: look
        do: The error log  # H1
        go: {ok: stopped, problem: hold}
    tail
    """


def test_a_team_adds_its_verbs() -> None:
    """The same title is fine once the folder knows the verb."""
    assert wording(title="Master the standby") == wording(title="Node start of the standby") == ["H1"]
    assert wording(title="Defrost the standby") == wording(title="Serve the page") == [], "no list holds every verb"
    house = "---\nschema: handrail/v1\ncheck: {verbs: [master, node start]}\n"
    text = f"{HEAD}\nsteps:\n  - {{id: look, do: %s, go: {{ok: stopped}}}}\n{TAIL}"
    for title in ("Master the standby", "Node start the standby"):
        assert problems_of(text % title, catalogue=CATALOGUE + house) == []


@faulty("do: Read the last lines of the error log on the primary host")
def test_a_title_is_short() -> None:
    """
    head
    steps:
      - id: look
        do: Read the last lines of the error log on the old primary database host  # H2
        go: {ok: stopped, problem: hold}
    tail
    """


@faulty("do: Stop the server")
def test_a_title_asks_for_one_action() -> None:
    """
    head
    steps:
      - id: look
        do: Stop the server and then start the copy  # H3
        go: {ok: stopped, problem: hold}
    tail
    """


@faulty("why: A copy that is older than the damage has every row. A newer one has only what came after it.")
def test_a_sentence_is_short() -> None:
    """
    head
    steps:
      - id: look
        do: Look at the rows
        why: A copy older than the damage has every row, while a newer one has only what was written to it after.  # H4
        go: {ok: stopped, problem: hold}
    tail
    """


def test_placeholders_commands_and_line_breaks_count_as_one_word_each() -> None:
    twenty = " ".join(["word"] * 19) + " {{ vars.target | iso_space }}"
    assert wording(more=f'    say: "{twenty}."\n') == []
    assert wording(more=f'    say: "{twenty} more."\n') == ["H4"]
    assert wording(more=f"    say: |\n      {twenty}\n      {twenty}\n") == []


@faulty("say: The count is above zero.")
def test_words_are_certain() -> None:
    """
    head
    steps:
      - id: look
        do: Look at the rows
        say: Make  sure that the count is right.  # H5
        go: {ok: stopped, problem: hold}
    tail
    """


def test_names_are_not_words() -> None:
    """What stands in backticks, or is a command of this program, is meant literally."""
    for said, rules in (("Run `verify` here.", []), ("Run handrail verify here.", []), ("Run verify here.", ["H5"])):
        assert wording(more=f"    say: {said}\n") == rules


def test_a_team_changes_the_vague_words() -> None:
    """What one team calls vague is a term to another, and the other way round."""
    house = "---\nschema: handrail/v1\ncheck: {vague: {add: [the usual], allow: [healthy]}}\n"
    text = f"{HEAD}\nsteps:\n  - {{id: look, do: Look, say: %s, go: {{ok: stopped}}}}\n{TAIL}"
    for said, without, with_ in (("It shows healthy.", ["H5"], []), ("Do the usual.", [], ["H5"])):
        assert [one.rule for one in problems_of(text % said)] == without
        assert [one.rule for one in problems_of(text % said, catalogue=CATALOGUE + house)] == with_


@faulty("caution: Rows written since the backup are lost.")
def test_a_caution_gives_no_order() -> None:
    """
    head
    steps:
      - id: look
        do: Look at the rows
        caution: Rows are lost. Stop the writers first.  # H6
        go: {ok: stopped, problem: hold}
    tail
    """


def test_a_caution_is_two_sentences_at_most() -> None:
    assert wording(more="    caution: Rows are lost. Users see it.\n") == []
    assert wording(more="    caution: Rows are lost. Users see it. It is slow.\n") == ["H6"]


@faulty("label: Rows are missing")
def test_a_label_fits_on_a_button() -> None:
    """
    head
    steps:
      - id: which
        decide: Choose the line that matches
        options:
          - id: rows
            label: Rows are missing from a table  # H7
            when: A count is lower than yesterday.
            go: stopped
          - {id: other, label: Something else, when: The count is as it was., go: partly}
        go: {unsure: hold}
    tail
    """


def _chain(count: int) -> str:
    steps = []
    for at in range(count):
        then = f"s{at + 1}" if at + 1 < count else "partly"
        steps.append(f"  - {{id: s{at}, do: Look at part {at}, phase: all, go: {{ok: {then}, problem: hold}}}}")
    return "\n".join(steps)


@faulty(swap=("ok: s9, problem: hold", "ok: partly, problem: hold"))
def test_a_phase_is_short() -> None:
    """
    head
    steps:
      - id: s0
        do: Look at part 0
        phase: all  # H8
        go: {ok: s1, problem: hold}
      - {id: s1, do: Look at part 1, phase: all, go: {ok: s2, problem: hold}}
      - {id: s2, do: Look at part 2, phase: all, go: {ok: s3, problem: hold}}
      - {id: s3, do: Look at part 3, phase: all, go: {ok: s4, problem: hold}}
      - {id: s4, do: Look at part 4, phase: all, go: {ok: s5, problem: hold}}
      - {id: s5, do: Look at part 5, phase: all, go: {ok: s6, problem: hold}}
      - {id: s6, do: Look at part 6, phase: all, go: {ok: s7, problem: hold}}
      - id: s7
        decide: Choose the line that matches
        phase: all
        options:
          - {id: rows, label: Rows, when: Rows are missing., go: s8}
          - {id: all, label: All, when: Everything is missing., go: s9}
        go: {unsure: hold}
      - {id: s8, do: Look at part 8, phase: all, go: {ok: s9, problem: hold}}
      - {id: s9, do: Look at part 9, phase: all, go: {ok: partly, problem: hold}}
    tail
    """


def test_what_the_bot_does_and_what_lies_beside_the_way_is_no_burden() -> None:
    """Ten steps in two answers of five each are five on one way; a check is none."""
    check = "check: Read it, exec: {argv: [x]}, expect: {all: [{var: exit, eq: 0}]}, "
    text = (
        f"{HEAD}\nsteps:\n"
        + _chain(12).replace("do: Look at part", check + "say: Part").replace("problem:", "fail:")
        + f"\n{TAIL}"
    )
    assert problems_of(text) == []
    assert [one.rule for one in problems_of(f"{HEAD}\nsteps:\n{_chain(12)}\n{TAIL}")] == ["H8"]


@faulty(swap=("do: Look at part 25", "notify: Tell part 25, to: [incident]"))
def test_a_way_is_short() -> None:
    """
    schema: runbook/v1
    id: book  # H9
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    drill: {every: 90d, mode: isolated}
    roles: {operator: "team:data"}
    exception: hold
    steps:
    chain
      - id: hold
        decide: Hold here
        max_visits: 9
        options:
          - {id: stop, label: Stop, when: It is worse., go: partly}
          - {id: other, label: Close, when: It is right., go: partly}
        go: {unsure: hold}
      - {id: partly, end: Close as partial, outcome: partial}
    """


@faulty(swap=("phase: all, critical: true, go: {ok: partly", "phase: late, critical: true, go: {ok: partly"))
def test_a_critical_step_comes_early() -> None:
    """
    head
    steps:
      - {id: s0, do: Look at part 0, phase: all, critical: true, go: {ok: s1, problem: hold}}
      - {id: s1, do: Look at part 1, phase: all, go: {ok: s2, problem: hold}}
      - {id: s2, do: Look at part 2, phase: all, go: {ok: s3, problem: hold}}
      - {id: s3, do: Look at part 3, phase: all, go: {ok: s4, problem: hold}}
      - {id: s4, do: Look at part 4, phase: all, critical: true, go: {ok: s5, problem: hold}}
      - {id: s5, do: Look at part 5, phase: all, critical: true, go: {ok: partly, problem: hold}}  # H10
    tail
    """

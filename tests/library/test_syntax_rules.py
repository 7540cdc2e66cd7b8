"""What YAML would do in silence is told, each trap beside what to write instead."""

import pytest

from bot.library.check import check_files
from bot.library.parse import Document, parse_file
from tests.library.faulty import CATALOGUE, PLANTED, faulty, problems_of


@faulty("teams: []", file="more.yaml")
def test_a_file_is_yaml() -> None:
    """
    schema: people/v1
    teams: ]  # S1
    """


@faulty("schema: people/v1", file="more.yaml")
def test_a_document_says_what_it_is() -> None:
    """
    people: []  # S4
    """


@faulty("schema: people/v1", file="more.yaml")
def test_a_misspelt_kind_is_told_with_the_nearest() -> None:
    """
    schema: peopel/v1  # S5
    people: []
    """


@faulty("", file="more.yaml")
def test_a_key_stands_once() -> None:
    """
    schema: people/v1
    teams: []
    teams: [{id: more}]  # S6
    """


@faulty("- {id: one, members: [ana]}", "- {id: two, members: [ana]}", file="more.yaml")
def test_nothing_stands_for_another_part() -> None:
    """
    schema: people/v1
    teams:
      - {id: one, members: &all [ana]}  # S7
      - {id: two, members: *all}  # S7
    """


@faulty("note: more", file="more.yaml")
def test_merge_keys_are_refused() -> None:
    """
    schema: assets/v1
    assets:
      - id: two
        name: Two
        type: pg
        tier: 3
        owner: data
        facts:
          <<: {host: pg-2}  # S7
    """


@faulty("")
def test_a_key_is_text() -> None:
    """
    head
    steps:
      - id: look
        do: Look
        go: {ok: choose}
      - id: choose
        decide: Choose
        options: [{id: a, label: A, when: A., go: stopped}, {id: b, label: B, when: B., go: hold}]
        go:
          on: look  # S8
          unsure: hold
    tail
    """


@faulty('pg_major: "16"', file="more.yaml")
def test_tags_are_refused() -> None:
    """
    schema: assets/v1
    assets:
      - id: two
        name: Two
        type: pg
        tier: 3
        owner: data
        facts:
          pg_major: !!str 16  # S9
    """


@faulty("critical: true", 'do: "No"')
def test_a_boolean_is_true_or_false() -> None:
    """
    head
    steps:
      - id: look
        critical: yes  # S10
        do: No  # S10
        go: {ok: stopped}
    tail
    """


@faulty("timeout: 90m", "max_visits: 10", 'say: "1:30"')
def test_a_number_is_plain_digits() -> None:
    """
    head
    steps:
      - id: look
        do: Look
        timeout: 1:30  # S11
        max_visits: 010  # S11
        say: 1:30  # S11
        go: {ok: stopped}
    tail
    """


@faulty('joined: "2026-10-01"', file="more.yaml")
def test_days_are_quoted() -> None:
    """
    schema: people/v1
    people:
      - id: fay
        name: Fay
        joined: 2026-10-01  # S12
    """


@faulty("say: Look.", file="book.yaml")
def test_a_key_has_a_value() -> None:
    """
    head
    steps:
      - id: look
        do: Look
        say:  # S13
        go: {ok: stopped}
    tail
    """


@faulty("caution: The disk fills.")
def test_an_unknown_key_is_told_with_the_nearest() -> None:
    """
    head
    steps:
      - id: look
        do: Look
        cautoin: The disk fills.  # S14
        go: {ok: stopped}
    tail
    """


@faulty("- {id: x, label: X, when: X., go: stopped}")
def test_what_is_needed_is_there() -> None:
    """
    head
    steps:
      - id: look
        decide: Look
        options:
          - {id: x, label: X, go: stopped}  # S15
          - {id: y, label: Y, when: Y., go: hold}
        go: {unsure: hold}
    tail
    """


@faulty("id: look", "max_visits: 3", "timeout: 5m", "answer: {var: rows}")
def test_a_value_fits_its_key() -> None:
    """
    head
    steps:
      - do: Look
        id: the step in which the responder looks  # S16
        max_visits: 0  # S16
        timeout: 5  # S16
        answer: [rows]  # S16
        go: {ok: stopped}
    tail
    """


@faulty("check: Look", "")
def test_a_step_has_one_kind() -> None:
    """
    head
    steps:
      - id: look
        chek: Look  # S17
        expect: {all: [{var: exit, eq: 0}]}
        go: {ok: act}
      - id: act
        do: Restore
        notify: Tell  # S17
        go: {ok: stopped}
    tail
    """


@faulty('- "{{ asset.host }}"', file="more.yaml")
def test_braces_are_quoted() -> None:
    """
    schema: resources/v1
    resources:
      - id: two
        kind: server
        name: Two
        check:
          exec:
            argv:
            - {{ asset.host }}  # S18
    """


@faulty('say: "{{ asset.host }} holds {{ vars.rows }} rows."')
def test_a_placeholder_is_a_name_with_known_filters() -> None:
    """
    head
    steps:
      - id: look
        do: Look
        say: "{{ asset.host | upper }} holds {{ vars.rows + 1 }} rows."  # S19
        go: {ok: stopped}
    tail
    """


@pytest.mark.parametrize(
    ("data", "line", "word"),
    [
        (b"schema: people/v1\npeople: \xe9\n", 2, "0xe9"),
        ("schema: people/v1\n".encode("utf-16"), 1, "UTF-16"),
        (b"schema: people/v1\nteams: \x01\n", 2, "control character 0x0001"),
        (b"\x00\x01\x02\x03", 1, "control character 0x0000"),
    ],
)
def test_a_file_is_text_in_utf_8(data: bytes, line: int, word: str) -> None:
    PLANTED.add("S2")
    documents, problems = parse_file("x.yaml", data)
    assert [(one.rule, one.line) for one in problems if word in one.message] == [("S2", line)]
    assert not any(document.model for document in documents)


def test_a_byte_order_mark_is_no_fault() -> None:
    documents, problems = parse_file("x.yaml", b"\xef\xbb\xbfschema: people/v1\nteams: []\n")
    assert problems == ()
    assert [document.schema for document in documents] == ["people/v1"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("schema: people/v1\n#" + "x" * 1_100_000, "bytes"),
        ("[" * 60, "deep"),
        ("- " * 60 + "x", "deep"),
        ("a: [" + "x," * 110_000 + "]", "values"),
        ("".join(f"a: {number}\n" for number in range(1200)), "problems"),
        ("schema: runbook/v1\nsteps:\n" + "  - {id: a, do: b}\n" * 501, "steps"),
    ],
)
def test_a_file_has_a_size_that_people_read(text: str, word: str) -> None:
    PLANTED.add("S3")
    _, problems = parse_file("x.yaml", text.encode())
    assert [one.rule for one in problems if word in one.message] == ["S3"]


def test_every_problem_of_a_file_is_told_at_once() -> None:
    """Faults of syntax, of values, of graph and of names stand in one file, and none hides another."""
    text = """\
schema: runbook/v1
id: book
title: "Rows are missing"
enter_when: []
objective: Bring the rows back.
owner: noteam
roles: {operator: "team:data", lead: "team:dataa"}
exception: hold
colour: red
steps:
  - id: look
    do: Look
    timeout: 1:30
    say: "{{ vars.nothing }}"
    go: {ok: nowhere}
  - {id: hold, do: Call the lead, critical: yes, go: {ok: stopped, problem: stopped}}
  - {id: stopped, end: Stop, outcome: gone}
"""
    found = {(one.line, one.rule) for one in problems_of(text)}
    assert found == {
        (1, "O10"),
        (4, "S16"), (6, "N5"), (7, "N5"), (9, "S14"), (13, "S11"), (14, "N1"), (15, "G2"), (16, "S10"), (17, "S16"),
    }  # fmt: skip


def test_each_document_keeps_its_exact_text_and_its_lines() -> None:
    """The texts of a file, put together, are the file; a problem in the second document names the line of the file."""
    text = "# who\n" + CATALOGUE + "---\nschema: people/v1\nteams: [{id: late, members: [zoe]}]\n"
    documents, problems = parse_file("x.yaml", text.encode())
    assert problems == ()
    assert "".join(document.text for document in documents) == text
    assert documents[0].text.startswith("# who")
    assert _line_of(documents[-1]) == text.count("\n")


def _line_of(document: Document) -> int:
    return document.place(("teams", 0, "members", 0)).line


def test_a_comma_that_cut_a_text_between_braces_in_two_is_told_as_that() -> None:
    """`say: Look, then wait` in braces is two keys to YAML; a key of one word that has no value is another matter."""
    text = "schema: runbook/v1\ntitle: A title\nsteps:\n  - {do: Go, say: Look, then wait}\n  - {do: Go, say: }\n"
    told = {one.line: one for one in check_files([("a.yaml", text.encode())]).problems if one.rule == "S13"}
    assert told[4].message.startswith("Between braces a comma ends a value, so “then wait” is read as a key")
    assert told[4].hint == "the whole value in quotes, with its comma"
    assert told[5].message == "There is nothing after “say”."

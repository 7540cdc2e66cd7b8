"""What is typed for a machine can be read by it, and cannot be turned against it."""

import pytest

from tests.library.faulty import HEAD, TAIL, faulty, problems_of


@faulty("command: psql -v target={{ vars.target }} -c 'SELECT 1'")
def test_a_placeholder_is_not_quoted_twice() -> None:
    """
    head
    steps:
      - id: look
        do: Look
        command: psql -c "SELECT '{{ vars.target }}'"  # T1
        go: {ok: stopped}
    tail
    """


@pytest.mark.parametrize(
    ("command", "sound"),
    [
        ("echo {{ vars.rows }}", True),
        ("echo '{{ vars.rows }}'", False),
        ('echo "{{ vars.rows }}"', False),
        ("echo `date {{ vars.rows }}`", False),
        ("echo 'a' {{ vars.rows }} \"b\"", True),
        ("echo it\\'s {{ vars.rows }}", True),
        ("# don't\necho {{ vars.rows }}", True),
        ("echo a#b' {{ vars.rows }}'", False),
        ('echo "\\"" {{ vars.rows }}', True),
        ("echo '\\' {{ vars.rows }}", True),
        ("cat <<'SQL'\nSELECT :\"x\";\nSQL\npsql -v x={{ vars.rows }}", True),
        ("cat <<E-F\nit's\nE-F\necho {{ vars.rows }}", True),
        ("cat <<$x\nit's\n$x\necho {{ vars.rows }}", False),
        ("dump |# it's\ncat {{ vars.rows }}", True),
        ("job &# {{ vars.rows }}'", True),
        ("echo $'it\\'s' {{ vars.rows }}", False),
        ("echo ${{ vars.rows }}", False),
        ("echo {{ vars.rows }}>file", False),
        ("(( {{ vars.rows }} > 1 ))", False),
    ],
)
def test_quotes_are_read_as_a_shell_reads_them(command: str, sound: bool) -> None:
    lines = "\n".join(f"      {line}" for line in command.splitlines())
    text = f"{HEAD}\nsteps:\n  - id: look\n    do: Look\n    command: |\n{lines}\n    go: {{ok: stopped}}\n{TAIL}"
    assert [one.rule for one in problems_of(text)] == ([] if sound else ["T1"])


@faulty('rows: {from: stdout, pattern: "([0-9]+)"}', 'rows: {from: stdout, jmespath: "[0].rows"}')
def test_a_capture_can_be_read() -> None:
    """
    head
    steps:
      - id: look
        check: Look
        capture:
          rows: {from: stdout, pattern: "([0-9]+"}  # T2
        expect: {all: [{var: rows, gt: 0}]}
        go: {ok: again, fail: hold}
      - id: again
        check: Look again
        capture:
          rows: {from: stdout, jmespath: "[0.rows"}  # T2
        expect: {all: [{var: rows, gt: 0}]}
        go: {ok: stopped, fail: hold}
    tail
    """


@faulty("rows: {type: int, default: 12}", 'since: {type: timestamp, default: "2026-11-22T03:40:00+01:00"}')
def test_a_default_fits_its_type() -> None:
    """
    schema: runbook/v1
    id: book
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    drill: {every: 90d, mode: isolated}
    roles: {operator: "team:data"}
    vars:
      rows: {type: int, default: twelve}  # T3
      since: {type: timestamp, default: "2026-11-22T03:40:00"}  # T3
      host: {type: string, default: "{{ asset.host }}"}
    exception: hold
    steps:
      - {id: look, do: Look, go: {ok: partly}}
      - {id: hold, do: Call the lead, go: {ok: stopped, problem: partly}}
      - {id: stopped, end: Stop, outcome: aborted}
      - {id: partly, end: Close, outcome: partial}
    """


@faulty('- {var: stdout, matches: "^ok$", as: the word ok}')
def test_what_matches_looks_for_is_said_in_words() -> None:
    """
    head
    steps:
      - id: look
        check: Look
        exec: {argv: [look]}
        expect:
          all:
            - {var: exit, eq: 0}
            - {var: stdout, matches: "^ok$"}  # T4
        go: {ok: stopped}
    tail
    """


@faulty(
    'until: {all: [{var: stdout, matches: "^on$", as: the word on}]}',
    'fail_if: {all: [{var: stdout, matches: "^lost", as: what begins with lost}]}',
)
def test_what_a_poll_looks_for_is_said_in_words() -> None:
    """
    head
    steps:
      - id: look
        wait: Until it is on
        timeout: 5m
        poll:
          exec: {argv: [look]}
          every: 1m
          until: {all: [{var: stdout, matches: "^on$"}]}  # T4
          fail_if: {all: [{var: stdout, matches: "^lost"}]}  # T4
        go: {ok: stopped}
    tail
    """

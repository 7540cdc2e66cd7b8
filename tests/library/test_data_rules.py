"""Values are there before they are used, they are what was signed, and they give no secret away."""

import pytest

from bot.library.check import check_files
from tests.library.faulty import CATALOGUE, HEAD, TAIL, faulty, problems_of


@faulty(swap=("Look at the log, go: {ok: use", "Look at the log, go: {ok: ask"))
def test_a_value_is_set_on_every_way_to_its_use() -> None:
    """
    head
    inputs: {table: {type: string}}
    steps:
      - id: which
        decide: Choose the line that matches
        options:
          - {id: known, label: I know the table, when: The report names it., go: ask}
          - {id: unknown, label: I do not know, when: Nothing names it., go: look}
        go: {unsure: hold}
      - {id: ask, do: Name the table, answer: {var: table}, go: {ok: use, problem: hold}}
      - {id: look, do: Look at the log, go: {ok: use, problem: hold}}
      - id: use
        do: Count the rows
        command: count {{ vars.table }}  # D1
        go: {ok: stopped, problem: hold}
    tail
    """


@faulty("say: Nobody knows the table.")
def test_a_failure_sets_nothing() -> None:
    """
    head
    inputs: {table: {type: string}}
    steps:
      - {id: ask, do: Name the table, answer: {var: table}, go: {ok: show, problem: stopped}}
      - {id: show, do: "Count the rows of {{ vars.table }}", go: {ok: partly, problem: hold}}
      - id: hold
        decide: Hold here and call the lead
        who: lead
        options:
          - {id: stop, label: Stop the run, when: Going on would make it worse., go: partly}
          - {id: again, label: Name it again, when: It is known by now., go: ask}
        go: {unsure: hold}
        max_visits: 20
      - id: stopped
        end: Stop the run
        outcome: escalated
        say: Nobody knows {{ vars.table }}.  # D1
      - {id: partly, end: Close as partial, outcome: partial}
    """


@faulty("say: The table may not be known yet.")
def test_the_exception_can_come_before_anything_is_known() -> None:
    """
    head
    inputs: {table: {type: string}}
    steps:
      - {id: ask, do: Name the table, answer: {var: table}, go: {ok: show, problem: hold}}
      - {id: show, do: "Count the rows of {{ vars.table }}", go: {ok: partly, problem: hold}}
      - id: hold
        decide: Hold here and call the lead
        who: lead
        say: The table is {{ vars.table }}.  # D1
        options:
          - {id: stop, label: Stop the run, when: Going on would make it worse., go: partly}
          - {id: again, label: Name it again, when: It is known by now., go: ask}
        go: {unsure: hold}
        max_visits: 20
      - {id: partly, end: Close as partial, outcome: partial}
    """


@pytest.mark.parametrize(
    ("declared", "sound"),
    [
        ("inputs: {table: {type: string, required: true}}", True),
        ("inputs: {table: {type: string, default: orders}}", True),
        ("inputs: {table: {type: string}}", False),
        ("inputs: {table: {type: string, required: false}}", False),
    ],
)
def test_required_inputs_and_defaults_are_there_from_the_start(declared: str, sound: bool) -> None:
    text = (
        f"{HEAD}\n{declared}\nsteps:\n  - {{id: look, do: 'Look at {{{{ vars.table }}}}', go: {{ok: stopped}}}}\n{TAIL}"
    )
    assert [one.rule for one in problems_of(text)] == ([] if sound else ["D1"])


@pytest.mark.parametrize(
    ("step", "rules"),
    [
        ("{id: a, do: Name it, answer: {var: table}, go: {ok: use}}", []),
        ("{id: a, do: Name it, skip: true, answer: {var: table}, go: {ok: use}}", ["D1"]),
        ("{id: a, do: Name it, skip: true, critical: true, answer: {var: table}, go: {ok: use}}", []),
        ("{id: a, check: R, http: {url: x}, capture: {table: {}}, expect: {all: [{var: table, eq: a}]}, go: {ok: use}}",
         []),
        ("{id: a, check: Read it, exec: {argv: [x]}, expect: {all: [{var: table, matches: a, as: A}]}, go: {ok: use}}",
         ["D1", "D1"]),
        ("{id: a, run: Read it, exec: {argv: [x]}, timeout: 5m, effect: read, set: {table: b}, go: {ok: use}}", []),
        ("{id: a, read: Read, exec: {argv: ['{{ vars.table }}']}, takes: /5m, set: {table: b}, go: use}",
         ["D1"]),
        ("{id: a, run: Read it, exec: {argv: [x]}, effect: read, set: {table: b}, go: {ok: use, timeout: use}}",
         ["D1"]),
        ("{id: a, branch: See, cases: [{when: {all: [{var: table, exists: true}]}, go: use}], else: stopped}", []),
        ("{id: a, branch: See, cases: [{when: {any: [{var: table, exists: true}]}, go: use}], else: stopped}", ["D1"]),
        ("{id: a, branch: See, cases: [{when: {all: [{var: table, eq: b}]}, go: use}], else: stopped}", ["D1", "D1"]),
        ("{id: a, call: Ask, runbook: other, capture: {table: {output: found}}, go: {recovered: use, else: stopped}}",
         []),
        ("{id: a, call: Ask, runbook: other, capture: {table: {output: found}}, go: {partial: use, else: stopped}}",
         ["D1"]),
    ],
)  # fmt: skip
def test_what_counts_as_set(step: str, rules: list[str]) -> None:
    other = HEAD.replace("id: book", "id: other").replace("{target:", "{found: {type: string, default: x}, target:")
    other += f"\nsteps:\n  - {{id: look, do: Look, go: {{ok: stopped}}}}\n{TAIL}"
    use = "  - {id: use, do: 'Look at {{ vars.table }}', go: {ok: stopped}}"
    text = f"{HEAD}\ninputs: {{table: {{type: string}}}}\nsteps:\n  - {step}\n{use}\n{TAIL}"
    found = problems_of(text, catalogue=CATALOGUE.replace("[book]", "[]") + "---\n" + other)
    assert [one.rule for one in found if one.rule.startswith("D")] == rules


def test_the_way_that_sets_nothing_is_named() -> None:
    look = "  - {id: look, do: 'Look at {{ vars.table }}', go: {ok: stopped}}"
    ask = "  - {id: ask, do: Ask, answer: {var: table}, go: {ok: look, problem: look}}"
    told = problems_of(f"{HEAD}\ninputs: {{table: {{type: string}}}}\nsteps:\n{ask}\n{look}\n{TAIL}")
    (found,) = (one for one in told if one.rule == "D1")
    assert "nothing sets it on the way ask → look." in found.message


def test_what_is_watched_from_the_start_reads_what_is_known_at_the_start() -> None:
    probe = "stop_when: [{id: full, title: Read the disk, exec: {argv: [df, '{{ vars.table }}']}, "
    probe += "expect: {all: [{var: exit, eq: 0}]}}]"
    steps = "steps:\n  - {id: ask, do: Ask, answer: {var: table}, go: {ok: stopped}}"
    for declared, rules in (("{type: string}", ["D1"]), ("{type: string, default: x}", [])):
        found = problems_of(f"{HEAD}\ninputs: {{table: {declared}}}\n{probe}\n{steps}\n{TAIL}")
        assert [one.rule for one in found] == rules


@faulty("say: It runs on {{ asset.host }}.")
def test_a_fact_is_one_of_every_asset() -> None:
    """
    head
    steps:
      - id: look
        do: Look at the host
        say: It runs on {{ asset.hots }}.  # D2
        go: {ok: stopped, problem: hold}
    tail
    """


def test_a_fact_is_asked_of_every_asset_that_a_call_comes_from() -> None:
    """The called runbook runs on the caller's asset; the asset without the fact is named with its place."""
    leaf = HEAD.replace("id: book", "id: leaf")
    leaf += f"\nsteps:\n  - {{id: look, do: 'Look at {{{{ asset.volume }}}}', go: {{ok: stopped}}}}\n{TAIL}"
    book = (
        f"{HEAD}\nsteps:\n  - {{id: ask, call: Ask, runbook: leaf, go: {{recovered: partly, else: stopped}}}}\n{TAIL}"
    )
    for facts, rules in (("host: pg-1", ["D2"]), ("host: pg-1, volume: v1", [])):
        catalogue = CATALOGUE.replace("host: pg-1", facts) + "---\n" + book
        found = problems_of(leaf, file="leaf.yaml", catalogue=catalogue)
        assert [one.rule for one in found] == rules
        assert all("“orders-db” (catalogue.yaml:12)" in one.message for one in found)


@faulty(swap=("binds: {steps: [restore]}", "binds: {vars: [target], steps: [restore]}"))
def test_what_a_bound_step_uses_is_signed() -> None:
    """
    head
    steps:
      - {id: read, do: Read the backup, go: {ok: sign, problem: hold}}
      - id: sign
        signoff: Approve the target
        from: [data_owner]
        binds: {steps: [restore]}  # D3
        go: {approved: restore, rejected: hold, expired: hold}
      - id: restore
        run: Restore over the rows
        timeout: 5m
        effect: destroy
        undo: {none: The backup stays.}
        exec: {argv: [restore, "{{ vars.target }}"]}
        capture: {rows: {from: stdout, type: int}}
        expect: {all: [{var: rows, gt: 0}]}
        go: {ok: stopped, fail: hold, timeout: hold}
    tail
    """


@faulty(swap=("say: The key is {{ vars.key }}.", "say: The key is in the vault."))
def test_a_secret_stands_in_no_text() -> None:
    """
    head
    inputs: {key: {type: secret, required: true}}
    steps:
      - id: look
        do: Look at the host
        say: The key is {{ vars.key }}.  # D4
        go: {ok: stopped, problem: hold}
    tail
    """


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("psql postgresql://app:hunter22@db/x", True),
        ("psql postgresql://app:{{ vars.rows }}@db/x", False),
        ("curl https://example.com/a:b@c", False),
        ("deploy --password=correcthorse", True),
        ("deploy --password=$PASSWORD", False),
        ("deploy --password-file=/etc/app/password", False),
        ("export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", True),
        ("post xoxb-123456789012-abcdef", True),
        ("Type the token that the vault shows", False),
    ],
)
def test_a_secret_is_not_written_into_a_file(line: str, secret: bool) -> None:
    text = f"{HEAD}\nsteps:\n  - id: look\n    do: Look\n    command: >-\n      {line}\n    go: {{ok: stopped}}\n{TAIL}"
    found = [one for one in problems_of(text) if one.rule != "N1"]
    assert [(one.rule, one.line) for one in found] == ([("D5", 22)] if secret else [])


@faulty("command: deploy --token-file /etc/deploy/token")
def test_a_token_is_found_where_it_stands() -> None:
    """
    head
    steps:
      - id: look
        do: Look at the host
        command: deploy --token=abcdef123456  # D5
        go: {ok: stopped, problem: hold}
    tail
    """


def test_a_folder_with_two_assets_names_the_one_that_lacks_the_fact() -> None:
    two = "  - {id: two, name: Two, type: pg, tier: 3, owner: data, runbooks: [book], rpo: 1d, rto: 1d,"
    two += " depends_on: [bucket], protection: [{id: full, method: Full, every: 1d}]}\n"
    book = f"{HEAD}\nsteps:\n  - {{id: look, do: 'Look at {{{{ asset.host }}}}', go: {{ok: stopped}}}}\n{TAIL}"
    files = [("catalogue.yaml", (CATALOGUE + two).encode()), ("book.yaml", book.encode())]
    (found,) = check_files(files).problems
    assert (found.rule, found.message) == (
        "D2", "“two” (catalogue.yaml:14) uses this runbook and has no fact “host”.",
    )  # fmt: skip


def test_what_a_bound_step_reads_before_it_finds_it_out_is_signed_too() -> None:
    """A command that is filled with the old value runs with it, whatever the step captures afterwards."""
    steps = """
steps:
  - {id: sign, signoff: Approve, from: [data_owner], go: {approved: take}, binds: {%ssteps: [take]}}
  - id: take
    run: Take so many rows
    timeout: 5m
    effect: read
    exec: {argv: [take, "{{ vars.rows }}"]}
    capture: {rows: {from: stdout, type: int}}
    go: {ok: stopped, fail: hold, timeout: hold}
"""
    assert [one.rule for one in problems_of(HEAD + steps % "" + TAIL)] == ["D3"]
    assert problems_of(HEAD + steps % "vars: [rows], " + TAIL) == []


@pytest.mark.parametrize(
    "step", ["- do rotate_password: Rotate", "- change new_token: Issue", "- {do api_key: Revoke, say: x}"]
)
def test_a_step_may_be_called_by_the_secret_that_it_is_about(step: str) -> None:
    """Its one word of a title is no value; a token in it is one all the same."""
    text = f"schema: runbook/v1\ntitle: A key has leaked\nsteps:\n  {step}\n"
    told = [one.rule for one in check_files([("a.yaml", text.encode())]).problems]
    assert "D5" not in told
    leaked = text.replace("title: A key", "title: A token ghp_1234567890abcdefghij1234567890abcdef").replace(
        "leaked", "gone"
    )
    assert "D5" in [one.rule for one in check_files([("a.yaml", leaked.encode())]).problems]

"""Every name in a runbook leads to something."""

from tests.library.faulty import HEAD, TAIL, faulty, problems_of


@faulty('say: "{{ vars.rows }} of {{ asset.host }}, {{ run.ref }}."', "say: Look.")
def test_what_a_placeholder_names_exists() -> None:
    """
    head
    steps:
      - id: look
        do: Look
        say: "{{ vars.rowz }} of {{ assets.host }}, {{ run.colour }}."  # N1
        go: {ok: again}
      - id: again
        do: Look again
        say: "{{ owner.phone }}"  # N1
        go: {ok: stopped}
    tail
    """


@faulty(
    "answer: {var: rows}",
    "readback: target",
    "- target",
    "rows: {from: stdout, type: int}",
    "expect: {all: [{var: rows, gt: 0}]}",
    "when: {all: [{var: rows, gt: 0}]}",
)
def test_variables_are_declared() -> None:
    """
    head
    steps:
      - id: look
        do: Look
        answer: {var: rowz}  # N2
        go: {ok: sign}
      - id: sign
        signoff: Approve
        from: [data_owner]
        readback: until  # N2
        binds:
          vars:
            - since  # N2
        go: {approved: count, rejected: hold, expired: hold}
      - id: count
        check: Count
        capture:
          lines: {from: stdout, type: enum}  # N2
        expect: {all: [{var: liness, gt: 0}]}  # N2
        go: {ok: see, fail: hold}
      - id: see
        branch: See what the step before said
        cases:
          - go: stopped
            when: {all: [{var: stdout, eq: "0"}]}  # N2
        else: hold
    tail
    """


def test_what_a_probe_captures_stays_its_own() -> None:
    """It may be tested by the probe that captures it, and nowhere else."""
    probe = "preflight: [{id: p, title: Count, capture: {free: {type: int}}, expect: {all: [{var: free, gt: 0}]}}]\n"
    step = "steps:\n  - {id: look, check: Look, expect: {all: [{var: %s, gt: 0}]}, go: {ok: stopped, fail: hold}}\n"
    assert problems_of(HEAD + "\n" + probe + step % "rows" + TAIL) == []
    assert [one.rule for one in problems_of(HEAD + "\n" + probe + step % "free" + TAIL)] == ["N2"]


@faulty("lines: {type: int}")
def test_a_name_is_declared_once() -> None:
    """
    schema: runbook/v1
    id: book
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    drill: {every: 90d, mode: isolated}
    roles: {operator: "team:data"}
    inputs: {rows: {type: int}}
    vars:
      rows: {type: int}  # N3
    exception: hold
    steps:
      - {id: look, do: Look, go: {ok: partly}}
      - {id: hold, do: Call the lead, go: {ok: stopped, problem: partly}}
      - {id: stopped, end: Stop, outcome: aborted}
      - {id: partly, end: Close, outcome: partial}
    """


@faulty("who: lead", "- data_owner", "- giver", '- "role:lead"', "witness: lead")
def test_roles_are_declared() -> None:
    """
    head
    steps:
      - id: look
        do: Look
        who: leed  # N4
        go: {ok: sign}
      - id: sign
        signoff: Approve
        from:
          - owner  # N4
        forbid:
          - requester
          - operator
          - leader  # N4
        go: {approved: tell, rejected: hold, expired: hold}
      - id: tell
        notify: Tell
        to:
          - incident
          - "role:leads"  # N4
        go: {ok: act}
      - id: act
        run: Read the logs
        timeout: 5m
        effect: read
        witness: peer  # N4
        go: {ok: stopped, fail: hold, timeout: hold}
    tail
    """


@faulty('starter: "person:ana"', 'source: "person:ana"')
def test_no_role_has_a_name_by_which_forbid_means_people_by_what_they_did() -> None:
    """
    schema: runbook/v1
    id: book
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    drill: {every: 90d, mode: isolated}
    roles:
      operator: "team:data"
      lead: "team:data"
      requester: "person:ana"  # N4
      giver: "person:ana"  # N4
    exception: hold
    steps:
      - {id: look, do: Look, go: {ok: partly}}
    tail
    """


def test_there_is_an_operator() -> None:
    """A draft gets everybody; what runs live names who acts."""
    steps = f"\nsteps:\n  - {{id: look, do: Look, go: {{ok: stopped}}}}\n{TAIL}"
    nobody = HEAD.replace('operator: "team:data", ', "") + steps
    assert [(one.rule, one.severity) for one in problems_of(nobody)] == [("N4", "error")]
    draft = nobody.replace("status: active", "status: draft")
    assert [(one.rule, one.severity) for one in problems_of(draft)] == [("O10", "warning")] * (
        "O10" in str(problems_of(draft))
    )


@faulty(
    "owner: data",
    'review: {every: 90d, last_on: "2026-11-01", by: chen}',
    'operator: "team:data"',
    'lead: ["person:chen", "person:ben"]',
    'data_owner: "team:owners"',
)
def test_people_and_teams_exist() -> None:
    """
    schema: runbook/v1
    id: book
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: date  # N5
    review: {every: 90d, last_on: "2026-11-01", by: zoe}  # N5
    drill: {every: 90d, mode: isolated}
    roles:
      operator: "rotation:nightly"  # N5
      lead: ["person:chen", "person:bob"]  # N5
      data_owner: owners  # N5
    exception: hold
    steps:
      - {id: look, do: Look, go: {ok: partly}}
      - {id: hold, do: Call the lead, go: {ok: stopped, problem: partly}}
      - {id: stopped, end: Stop, outcome: aborted}
      - {id: partly, end: Close, outcome: partial}
    """


@faulty(
    swap=(
        "call: Ask them, runbook: other-book, go: {recovered: partly, else: stopped}",
        "do: Ask them, go: {ok: stopped}",
    )
)
def test_a_called_runbook_exists() -> None:
    """
    head
    steps:
      - {id: ask, call: Ask them, runbook: other-book, go: {recovered: partly, else: stopped}}  # N6
    tail
    """


@faulty("not_for: [{when: The server is down., use: Call the lead.}]")
def test_another_procedure_is_there_or_words() -> None:
    """
    schema: runbook/v1
    id: book
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    not_for: [{when: The server is down., use: failover}]  # N7
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


@faulty("- {mode: The disk is full, answer: bucket}")
def test_a_failure_mode_has_an_answer() -> None:
    """
    schema: runbook/v1
    id: book
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    drill: {every: 90d, mode: isolated}
    roles: {operator: "team:data"}
    failure_modes:
      - {mode: The backup is too old, answer: hold}
      - {mode: The disk is full, answer: Call somebody}  # N8
    exception: hold
    steps:
      - {id: look, do: Look, go: {ok: partly}}
      - {id: hold, do: Call the lead, go: {ok: stopped, problem: partly}}
      - {id: stopped, end: Stop, outcome: aborted}
      - {id: partly, end: Close, outcome: partial}
    """


@faulty("- act", "undo: {step: look}")
def test_a_step_that_is_named_exists() -> None:
    """
    head
    steps:
      - id: look
        signoff: Approve
        from: [data_owner]
        binds:
          steps:
            - akt  # N9
        go: {approved: act, rejected: hold, expired: hold}
      - id: act
        run: Stop the timer
        timeout: 5m
        effect: change
        undo: {step: start}  # N9
        go: {ok: stopped, fail: hold, timeout: hold}
    tail
    """


@faulty('- "team:data"', "- incident", '- "channel:C0INC"')
def test_a_post_goes_to_somebody() -> None:
    """
    head
    steps:
      - id: tell
        notify: Tell
        to:
          - "team:date"  # N10
          - everybody  # N10
          - "channel:#incidents"  # N10
        go: {ok: stopped}
    tail
    """

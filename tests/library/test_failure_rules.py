"""Signatures cannot be walked around, changes have a way back, and failures do no more harm."""

from tests.library.faulty import faulty

_READ = """\
  - id: read
    check: Read the backup
    exec: {argv: [info]}
    expect: {all: [{var: exit, eq: 0}]}
    go: {ok: %s, fail: hold}
"""


@faulty(swap=("from: [data_owner]", "from: [data_owner]\n    binds: {steps: [restore]}"))
def test_destruction_is_signed() -> None:
    """
    head
    steps:
      - id: read
        check: Read the backup
        exec: {argv: [info]}
        expect: {all: [{var: exit, eq: 0}]}
        go: {ok: sign, fail: hold}
      - id: sign
        signoff: Approve
        from: [data_owner]
        go: {approved: restore, rejected: hold, expired: hold}
      - id: restore
        run: Restore over the rows
        timeout: 5m
        effect: destroy  # F1
        undo: {none: The backup stays.}
        go: {ok: stopped, fail: hold, timeout: hold}
    tail
    """


@faulty(swap=("ok: restore, problem: hold", "ok: sign, problem: hold"))
def test_a_bound_step_lies_behind_its_signoff() -> None:
    """
    head
    steps:
      - id: look
        do: Read the backup
        go: {ok: sign, problem: hold}
      - id: sign
        signoff: Approve
        from: [data_owner]
        binds:
          steps:
            - restore  # F2
        go: {approved: restore, rejected: again, expired: hold}
      - id: again
        do: Look again
        max_visits: 3
        go: {ok: restore, problem: hold}
      - id: restore
        run: Restore over the rows
        timeout: 5m
        effect: destroy
        undo: {none: The backup stays.}
        go: {ok: stopped, fail: hold, timeout: hold}
    tail
    """


@faulty(swap=("rejected: restore", "rejected: hold"))
def test_a_rejection_is_no_approval() -> None:
    """
    head
    steps:
      - id: sign
        signoff: Approve
        from: [data_owner]
        binds:
          steps:
            - restore  # F2
        go: {approved: restore, rejected: restore, expired: hold}
      - id: restore
        run: Restore beside
        timeout: 5m
        effect: change
        undo: {none: The copy is dropped.}
        go: {ok: stopped, fail: hold, timeout: hold}
    tail
    """


@faulty(
    swap=(
        "- {id: other, label: Go on, when: It is right again., go: restore}",
        "- {id: other, label: Go on, when: It is right again., go: sign}",
    )
)
def test_the_exception_is_no_way_around_a_signoff() -> None:
    """
    schema: runbook/v1
    id: book
    title: "Rows are missing"
    enter_when: [A report shows fewer rows.]
    objective: Bring the rows back.
    owner: data
    drill: {every: 90d, mode: isolated}
    roles: {operator: "team:data", data_owner: "team:owners"}
    exception: hold
    steps:
      - id: sign
        signoff: Approve
        from: [data_owner]
        binds:
          steps:
            - restore  # F2
        go: {approved: restore, rejected: stopped}
      - id: restore
        run: Restore beside
        timeout: 5m
        effect: change
        undo: {none: The copy is dropped.}
        go: {ok: stopped, fail: stopped, timeout: hold}
      - id: hold
        decide: Hold here
        max_visits: 9
        options:
          - {id: stop, label: Stop, when: It is worse., go: stopped}
          - {id: other, label: Go on, when: It is right again., go: restore}
        go: {unsure: hold}
      - {id: stopped, end: Stop, outcome: aborted}
    """


@faulty(swap=("idempotent: true", "idempotent: true\n    undo: {step: start}"))
def test_a_change_says_how_it_is_taken_back() -> None:
    """
    head
    steps:
      - id: stop
        run: Stop the timer
        timeout: 5m
        effect: change  # F3
        idempotent: true
        go: {ok: start, fail: hold, timeout: hold}
      - {id: start, do: Start the timer, go: {ok: stopped}}
    tail
    """


@faulty("idempotent: true")
def test_only_what_may_run_twice_is_tried_again() -> None:
    """
    head
    steps:
      - id: stop
        run: Stop the timer
        timeout: 5m
        effect: change
        undo: {none: It starts again by itself.}
        retry: {attempts: 3, delay: 5s}  # F4
        go: {ok: stopped, fail: hold, timeout: hold}
    tail
    """


@faulty("progress: {every: 5m}")
def test_what_destroys_is_never_tried_again_by_itself() -> None:
    """
    head
    steps:
      - {id: read, check: Read the backup, exec: {argv: [read]}, expect: {all: [{var: exit, eq: 0}]}, go: {ok: ask}}
      - id: ask
        signoff: Approve the wipe
        from: [data_owner]
        binds: {steps: [wipe]}
        go: {approved: wipe}
      - id: wipe
        run: Wipe the copy
        timeout: 5m
        effect: destroy
        idempotent: true
        undo: {none: It is gone.}
        exec: {argv: [wipe]}
        retry: {attempts: 3, delay: 5s}  # F4
        go: {ok: stopped, fail: hold, timeout: hold}
    tail
    """


@faulty("go: {ok: stopped, fail: hold}")
def test_a_failure_does_not_lead_to_its_own_step() -> None:
    """
    head
    steps:
      - id: look
        check: Count the rows
        max_visits: 3
        expect: {all: [{var: exit, eq: 0}]}
        go: {ok: stopped, fail: look}  # F5
    tail
    """


@faulty("timeout: look")
def test_after_a_timeout_somebody_looks_first() -> None:
    """
    head
    steps:
      - id: stop
        run: Stop the timer
        timeout: 5m
        effect: change
        undo: {none: It starts again by itself.}
        go:
          ok: look
          fail: hold
          timeout: see  # F6
      - {id: look, do: Look, go: {ok: see}}
      - id: see
        branch: See which host it is
        cases: [{when: {all: [{var: asset.host, eq: pg-1}]}, go: drop}]
        else: stopped
      - id: drop
        run: Drop the copy
        timeout: 5m
        effect: change
        undo: {none: It is restored again.}
        go: {ok: stopped, fail: hold, timeout: hold}
    tail
    """


@faulty("outcome: partial")
def test_recovered_comes_after_a_verification() -> None:
    """
    head
    steps:
      - {id: look, do: Look, go: {ok: done}}
      - id: done
        end: Close the run
        outcome: recovered  # F7
    tail
    """


@faulty(swap=("forbid: [requester]", "forbid: [requester, operator]"))
def test_who_operated_does_not_verify() -> None:
    """
    head
    steps:
      - id: accept
        signoff: Accept the rows
        from: [data_owner]
        forbid: [requester]
        mode: after
        go: {approved: done, rejected: hold, expired: hold}
      - id: done
        end: Close the run
        outcome: recovered  # F7
    tail
    """


@faulty(swap=("go: {ok: done, fail: hold, timeout: hold}", "go: {ok: count, fail: hold, timeout: hold}"))
def test_a_signature_before_the_destruction_verifies_nothing() -> None:
    """
    head
    steps:
      - id: read
        check: Read the backup
        expect: {all: [{var: exit, eq: 0}]}
        go: {ok: count, fail: hold}
      - id: count
        do: Count the rows yourself
        who: data_owner
        max_visits: 3
        answer: {var: rows, blind: true}
        go: {ok: more, problem: hold}
      - id: more
        decide: Say whether rows are lost
        options:
          - {id: none, label: None, when: The counts agree., go: done}
          - {id: some, label: Some, when: The counts differ., go: sign}
        go: {unsure: hold}
      - id: sign
        signoff: Approve
        from: [data_owner]
        binds: {steps: [restore]}
        go: {approved: restore, rejected: hold, expired: hold}
      - id: restore
        run: Restore over the rows
        timeout: 5m
        effect: destroy
        undo: {none: The backup stays.}
        go: {ok: done, fail: hold, timeout: hold}
      - id: done
        end: Close the run
        outcome: recovered  # F7
    tail
    """


@faulty(swap=("effect: read", "effect: read\n    timeout: 5m"))
def test_a_command_has_a_limit() -> None:
    """
    head
    steps:
      - id: look
        run: Read the log  # F10
        effect: read
        go: {ok: stopped}
    tail
    """


@faulty("", "")
def test_only_what_does_no_harm_is_tried_again() -> None:
    """
    head
    steps:
      - id: stop
        run: Stop the timer
        timeout: 5m
        effect: change
        undo: {none: It starts again by itself.}
        idempotent: true
        again: 2
        go: {ok: drop}
      - id: drop
        run: Drop the copy
        timeout: 5m
        effect: change
        undo: {none: It is gone.}
        again: 2  # F11
        go: {ok: count, fail: hold}
      - id: count
        do: Count the rows
        answer: {var: rows, blind: true}
        again: 3  # F11
        go: {ok: stopped}
    tail
    """


@faulty(swap=("check: Count the sessions", "check: Read the backup catalogue"))
def test_the_backup_is_read_before_destruction() -> None:
    """
    head
    steps:
      - id: read
        check: Count the sessions
        expect: {all: [{var: exit, eq: 0}]}
        go: {ok: sign, fail: hold}
      - id: sign
        signoff: Approve
        from: [data_owner]
        binds: {steps: [restore]}
        go: {approved: restore, rejected: hold, expired: hold}
      - id: restore
        run: Put the rows back
        timeout: 5m
        effect: destroy  # F9
        undo: {none: The old rows are kept.}
        go: {ok: stopped, fail: hold, timeout: hold}
    tail
    """

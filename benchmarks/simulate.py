"""`simulate` of a runbook of 60 steps with sign-offs, checks, choices and rounds."""

import gc
import time

from benchmarks.measured import Measured, line, load
from bot.format.runbook import Runbook
from bot.library.parse import parse_runbook
from bot.rehearsal.cards import read_cards
from bot.rehearsal.report import report_of
from bot.rehearsal.samples import sample_asset
from bot.rehearsal.walk import rehearse

STEPS = 60
BAR = 1.0
_ROUNDS = 3
_HEAD = """\
schema: runbook/v1
id: book
title: Rows are missing
enter_when: [A report shows fewer rows than yesterday.]
objective: Bring the rows back and keep the good writes.
owner: data
roles: {operator: "team:data", lead: "team:data", data_owner: "team:owners", peer: "team:data"}
vars: {target: {type: timestamp}, rows: {type: int, unit: rows}, how: {type: enum, values: [copy, merge]}}
exception: hold
steps:
"""
_PART = """\
  - id: read_{n}
    check: Read the backup catalogue of part {n}
    phase: part_{n}
    exec: {{at: "{{{{ asset.host }}}}", argv: [pgbackrest, "--stanza={{{{ asset.db }}}}", info]}}
    capture: {{rows: {{from: stdout, type: int}}}}
    expect: {{all: [{{var: rows, gt: 0}}]}}
    go: {{ok: target_{n}, fail: hold}}
  - id: target_{n}
    do: Type the target for part {n}
    phase: part_{n}
    answer: {{var: target}}
    expect: {{all: [{{var: target, lt: "{{{{ run.started_at }}}}"}}]}}
    typical: 5m
    max_visits: 4
    go: {{ok: size_{n}, problem: hold}}
  - {{id: size_{n}, branch: See how many, else: sign_{n},
     cases: [{{when: {{all: [{{var: rows, gt: 100}}]}}, go: tell_{n}}}]}}
  - {{id: tell_{n}, notify: Say that it takes long, to: [incident], go: {{ok: sign_{n}}}}}
  - id: sign_{n}
    signoff: Approve the restore of part {n}
    phase: part_{n}
    from: [data_owner]
    need: 2
    binds: {{vars: [target, rows], steps: [restore_{n}]}}
    readback: target
    go: {{approved: restore_{n}, rejected: target_{n}, expired: hold}}
  - id: restore_{n}
    run: Restore part {n} over the damaged rows
    phase: part_{n}
    effect: destroy
    undo: {{none: The backup stays.}}
    witness: peer
    exec: {{at: "{{{{ asset.host }}}}", argv: [restore, "--target={{{{ vars.target | iso_space }}}}"]}}
    typical: 20m
    timeout: 60m
    go: {{ok: look_{n}, fail: hold, timeout: hold}}
  - id: look_{n}
    decide: Choose the line that matches part {n}
    phase: part_{n}
    options:
      - {{id: right, label: Data is right, when: The rows are there., go: {next}}}
      - {{id: wrong, label: Rows are missing, when: They are not., go: target_{n}}}
    go: {{unsure: hold}}
"""
_TAIL = """\
  - {id: accept, signoff: Accept, from: [data_owner], mode: after, go: {approved: done, rejected: hold, expired: hold}}
  - {id: done, end: Close the run, outcome: recovered}
  - id: hold
    decide: Hold here and call the lead
    who: lead
    back: true
    options:
      - {id: stop, label: Stop the run, when: Going on would make it worse., go: stopped}
      - {id: other, label: Close as partial, when: What can be recovered is recovered., go: stopped}
    go: {unsure: hold}
    max_visits: 20
  - {id: stopped, end: Stop the run, outcome: escalated}
"""


def runbook() -> Runbook:
    """Parts of seven steps each, STEPS in all."""
    per_part, tail = 7, 4
    parts = (STEPS - tail) // per_part
    body = [_PART.format(n=n, next=f"read_{n + 1}" if n < parts else "accept") for n in range(1, parts + 1)]
    book = parse_runbook(_HEAD + "".join(body) + _TAIL)
    if len(book.steps) != STEPS:
        raise RuntimeError(f"the generated runbook has {len(book.steps)} steps, not {STEPS}")
    return book


def measure() -> list[Measured]:
    """The best of a few rounds."""
    book = runbook()
    report = report_of(rehearse(book, sample_asset(book)))
    if not report.sound:
        raise RuntimeError(f"the generated runbook is not sound: {report.dead[:3]}")
    taken = min(_time(book) for _ in range(_ROUNDS))
    name = f"simulate of {STEPS} steps, {report.exits} exits and {report.paths + report.rounds} paths"
    return [Measured(name, taken, "s", BAR, note=load())]


def _time(book: Runbook) -> float:
    """Seconds for everything that `handrail simulate` does once the file is read."""
    gc.collect()
    began = time.perf_counter()
    walked = rehearse(book, sample_asset(book))
    report_of(walked)
    read_cards(walked)
    return time.perf_counter() - began


if __name__ == "__main__":
    for one in measure():
        print(line(one))

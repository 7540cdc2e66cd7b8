"""`check` of 1,000 runbooks of 25 steps: all anew against a bare parse of the same files, and after one change."""

import gc
import itertools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from benchmarks.measured import Measured, load
from bot.library.check import check_folder
from bot.library.memory import Memory

RUNBOOKS, STEPS = 1_000, 25
BAR = 4.0
BAR_AGAIN = 150.0
"""Milliseconds."""
_ROUNDS, _CHANGES = 3, 7

_CATALOGUE = """\
schema: people/v1
people:
  - {id: ana, name: Ana, slack: U0ANA}
  - {id: ben, name: Ben, slack: U0BEN}
  - {id: chen, name: Chen, slack: U0CHEN}
  - {id: dora, name: Dora, slack: U0DORA}
teams: [{id: data, members: [ana, ben, chen]}, {id: owners, members: [ben, chen, dora]}]
---
schema: resources/v1
resources: [{id: bucket, kind: storage, name: Bucket}]
---
schema: assets/v1
assets:
"""
_ASSET = """\
  - {{id: db-{number}, name: Database {number}, type: pg, tier: 1, owner: data, runbooks: [book-{number}], rpo: 1d,
     rto: 8h, facts: {{host: pg-1, db: o}}, depends_on: [bucket],
     protection: [{{id: full, method: Full backup, every: 1d}}]}}
"""
_HEAD = """\
schema: runbook/v1
id: book-{number}
title: "Rows are missing in system {number}"
status: active
enter_when: [A report shows fewer rows than yesterday., Users report missing records.]
not_for: [{{when: The server is down., use: Call the lead of the platform team.}}]
objective: Bring the rows back and keep the good writes.
owner: data
review: {{every: 90d, last_on: "2026-11-01", by: chen}}
drill: {{every: 90d, mode: isolated}}
roles: {{operator: "team:data", lead: "team:data", data_owner: "team:owners"}}
failure_modes:
  - {{mode: The backup is too old, answer: hold}}
  - {{mode: The disk is full, answer: hold}}
  - {{mode: Nobody can sign, answer: hold}}
vars: {{target: {{type: timestamp, ask: "Target, with its offset"}}, rows: {{type: int, unit: rows}}}}
exception: hold
steps:
"""
_BLOCK = """\
  - id: read_{n}
    check: Read the backup catalogue of part {n}
    phase: part_{n}
    exec: {{at: "{{{{ asset.host }}}}", argv: [pgbackrest, "--stanza={{{{ asset.db }}}}", info, "--output=json"]}}
    capture: {{rows: {{from: stdout, pattern: "([0-9]+)", type: int}}}}
    expect: {{all: [{{var: rows, gt: 0}}]}}
    timeout: 60s
    go: {{ok: target_{n}, fail: hold}}
  - id: target_{n}
    do: Type the target for part {n}
    phase: part_{n}
    why: An early target can be moved later.
    say: A few seconds before the damage is right.
    answer: {{var: target}}
    expect: {{all: [{{var: target, lt: "{{{{ run.started_at }}}}"}}]}}
    max_visits: 4
    go: {{ok: sign_{n}, problem: hold}}
  - id: sign_{n}
    signoff: Approve the restore of part {n}
    phase: part_{n}
    critical: true
    from: [data_owner]
    binds: {{vars: [target], steps: [restore_{n}]}}
    readback: target
    go: {{approved: restore_{n}, rejected: target_{n}, expired: hold}}
  - id: restore_{n}
    run: Restore part {n} over the damaged rows
    phase: part_{n}
    caution: Rows written since the target are lost.
    effect: destroy
    undo: {{none: The backup stays.}}
    exec: {{at: "{{{{ asset.host }}}}", argv: [restore, "--target={{{{ vars.target | iso_space }}}}", "--part={n}"]}}
    timeout: 60m
    go: {{ok: look_{n}, fail: hold, timeout: hold}}
  - id: look_{n}
    decide: Choose the line that matches part {n}
    phase: part_{n}
    options:
      - {{id: right, label: Data is right, when: The last good rows are present., go: {next}}}
      - {{id: wrong, label: Rows are missing, when: Good rows are absent., go: target_{n}}}
    go: {{unsure: hold}}
"""
_TAIL = """\
  - id: accept
    signoff: Accept the recovered rows
    from: [data_owner]
    mode: after
    go: {approved: tell, rejected: hold, expired: hold}
  - {id: tell, notify: Post the result, to: [incident], say: "{{ vars.rows }} rows are back.", go: {ok: done}}
  - {id: done, end: Close the run, outcome: recovered}
  - id: hold
    decide: Hold here and call the lead
    who: lead
    page: true
    back: true
    options:
      - {id: stop, label: Stop the run, when: Going on would make it worse., go: stopped}
      - {id: other, label: Close as partial, when: What can be recovered is recovered., go: stopped}
    go: {unsure: hold}
    max_visits: 20
  - {id: stopped, end: Stop the run and leave all as it is, outcome: escalated}
"""


def runbook(number: int) -> str:
    """A sound runbook of STEPS steps, of every usual kind."""
    blocks = [_BLOCK.format(n=n, next=f"read_{n + 1}" if n < _PARTS else "accept") for n in range(1, _PARTS + 1)]
    return _HEAD.format(number=number) + "".join(blocks) + _TAIL


_PARTS = (STEPS - _TAIL.count("- id:") - _TAIL.count("- {id: tell") - _TAIL.count("- {id: done") - 1) // 5


def write_folder(folder: Path, count: int = RUNBOOKS) -> None:
    """A catalogue and `count` runbooks."""
    assets = "".join(_ASSET.format(number=number) for number in range(count))
    (folder / "catalogue.yaml").write_text(_CATALOGUE + assets, encoding="utf-8")
    for number in range(count):
        (folder / f"book-{number}.yaml").write_text(runbook(number), encoding="utf-8")


def measure() -> list[Measured]:
    """All rules against a bare parse of the same files; and a look after one of them was changed."""
    with tempfile.TemporaryDirectory(prefix="handrail-check-") as name:
        folder = Path(name)
        write_folder(folder)
        texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))]
        report = check_folder(folder)
        if report.problems or report.files != RUNBOOKS + 1:
            raise RuntimeError(f"the generated runbooks are not sound: {report.problems[:3]}")
        floor, ours = _best(lambda: _parse(texts), lambda: check_folder(folder))
        again, kept = _after_a_change(folder, Path(name) / ".cache")
    note = f"{ours:.2f} s against {floor:.2f} s; {load()}"
    said = f"check after one changed file of {RUNBOOKS}"
    return [
        Measured(
            f"check of {RUNBOOKS} runbooks of {STEPS} steps, against a bare parse", ours / floor, "×", BAR, note=note
        ),
        Measured(f"{said}, the memory read and written, in this process", again, "ms", BAR_AGAIN),
        Measured(f"{said}, while serving", kept, "ms", BAR_AGAIN),
    ]


def _after_a_change(folder: Path, cache: Path) -> tuple[float, float]:
    """Milliseconds of a look after one runbook was changed: with the memory of the command, and of a server."""
    memory = Memory(cache, folder)
    memory.keep(check_folder(folder).leaves)
    leaves = dict(check_folder(folder).leaves)
    book, versions = folder / "book-7.yaml", itertools.count()

    def change() -> None:
        book.write_text(runbook(7).replace("Bring the rows back", f"Bring row {next(versions)} back"), encoding="utf-8")

    def command() -> None:
        memory.keep(check_folder(folder, memory.recall()).leaves)

    def server() -> None:
        leaves.update(check_folder(folder, leaves).leaves)

    times = []
    for look in (command, server):
        taken = []
        for _ in range(_CHANGES):
            change()
            began = time.perf_counter()
            look()
            taken.append((time.perf_counter() - began) * 1000)
        times.append(min(taken))
    return times[0], times[1]


def _parse(texts: list[str]) -> None:
    for text in texts:
        for _ in yaml.load_all(text, Loader=yaml.CSafeLoader):
            pass


def _best(*jobs: Callable[[], object]) -> list[float]:
    """The best time of each job in seconds; they take turns, so that a busy machine is busy for all."""
    times: list[list[float]] = [[] for _ in jobs]
    for _ in range(_ROUNDS):
        for job, taken in zip(jobs, times, strict=True):
            gc.collect()
            began = time.perf_counter()
            job()
            taken.append(time.perf_counter() - began)
    return [min(taken) for taken in times]

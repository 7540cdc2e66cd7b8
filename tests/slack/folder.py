"""A small folder of runbooks for the tests of what people type and click."""

from pathlib import Path

CATALOGUE = """
schema: assets/v1
assets:
  - {id: orders-db, name: Orders database, aliases: [orders, pg-orders], type: postgres, tier: 1, owner: data-platform,
     rpo: 5m, rto: 4h, runbooks: [rows-wrong, rows-gone, trial], ladder: database, facts: {host: pg-orders-1},
     depends_on: [vault]}
  - {id: orders-archive, name: Orders archive, type: postgres, tier: 3, owner: data-platform, runbooks: [rows-gone],
     rpo: 1d, rto: 1d, facts: {host: pg-archive-1}, depends_on: [vault]}
  - {id: billing-db, name: Billing database, aliases: [billing], type: postgres, tier: 2, owner: data-platform,
     runbooks: [], facts: {host: pg-billing-1}}
  - {id: runs, name: Runs database, type: postgres, tier: 3, owner: data-platform, runbooks: [rows-gone],
     rpo: 1d, rto: 1d, facts: {host: pg-runs-1}, depends_on: [vault]}
---
schema: resources/v1
resources: [{id: vault, kind: storage, name: Backup vault, owner: data-platform}]
---
schema: people/v1
people:
  - {id: ana, name: Ana Ruiz, slack: U0ANA}
  - {id: ben, name: Ben Okafor, slack: U0BEN}
  - {id: chen, name: Chen Wei, slack: U0CHEN}
  - {id: dora, name: Dora Lind, slack: U0DORA}
teams:
  - {id: data-platform, name: Data platform, members: [ana, ben, chen], channel: C0DATA}
  - {id: leads, members: [chen, dora]}
  - {id: orders, members: [ben, dora]}
rotations:
  - {id: dba, team: data-platform, timezone: Europe/Madrid, starts: "2026-01-05T09:00", turn: 7d,
     order: [ana, ben, chen]}
ladders:
  - id: database
    rungs: [{after: 0m, tell: ["rotation:dba"]}, {after: 10m, tell: ["team:leads"], via: [slack, pager], repeat: 2}]
"""

_BOOK = """
schema: runbook/v1
id: ROWS
status: STATUS
title: "TITLE"
enter_when: ["SIGN", "A report shows it."]
not_for: [{when: "The database does not start.", use: "a failover"}, {when: "A table is gone.", use: rows-gone}]
objective: Bring the rows back.
owner: data-platform
review: {every: 180d, last_on: "2026-11-01", by: chen}
drill: {every: 90d, mode: tabletop}
failure_modes: [{mode: Too late, answer: hold}, {mode: No backup, answer: hold}, {mode: Nobody signs, answer: hold}]
roles: {operator: "rotation:dba", lead: "team:leads", peer: "team:data-platform", data_owner: "team:orders"}
inputs:
  damage_text: {type: text, max: 200, ask: "What changed?", required: true}
vars:
  target_time: {type: timestamp, ask: "Recovery target, with offset"}
exception: hold
steps:
  - id: which
    decide: Choose the line that matches
    options:
      - {id: rows, label: Rows are wrong, when: A SELECT shows it., go: target}
      - {id: blocks, label: Blocks are bad, when: The log says so., go: hold}
      - {id: other, label: Something else, when: The rows are right., go: not_this}
    go: {unsure: hold}
  - {id: target, do: Type the target time, answer: {var: target_time}, skip: false, max_visits: 5,
     go: {ok: ask, problem: hold}}
  - {id: ask, signoff: Approve the target, from: [data_owner], binds: {vars: [target_time], steps: [restore]},
     readback: target_time, go: {approved: restore, rejected: hold, expired: hold}}
  - {id: restore, run: Restore the rows, effect: destroy, undo: {none: "The old rows are overwritten."}, timeout: 1h,
     exec: {at: "{{ asset.host }}", argv: [restore, "{{ vars.target_time }}"]},
     go: {ok: accept, fail: hold, timeout: hold}}
  - {id: accept, signoff: Approve the data, from: [data_owner], mode: after, binds: {vars: [target_time]},
     go: {approved: good, rejected: hold, expired: hold}}
  - {id: good, end: Close the run, outcome: recovered}
  - id: hold
    decide: Choose how to go on
    who: lead
    back: true
    max_visits: 9
    options:
      - {id: end, label: End it, when: Nothing helps., go: gone}
      - {id: again, label: Try another target, when: It may help., go: target}
    go: {unsure: gone}
  - {id: not_this, end: This was something else, outcome: not_applicable}
  - {id: gone, end: Stop the run, outcome: aborted}
"""


def book(id_: str, title: str, sign: str, status: str = "active") -> str:
    """A runbook with a decision, a typed answer, a sign-off and a command by hand."""
    text = _BOOK.replace("ROWS", id_).replace("TITLE", title).replace("SIGN", sign)
    return text.replace("STATUS", status)


_TURNS = "order: [ana, ben, chen]"


def write_folder(folder: Path, on_call: str = "") -> Path:
    """The catalogue and three runbooks, one of them a draft.

    Whoever is `on_call` is it on any day, for tests that go by the machine's own clock: turns go on with the calendar.
    """
    always = f'overrides: [{{from: "2000-01-01T00:00Z", to: "2100-01-01T00:00Z", who: {on_call}}}]'
    catalogue = CATALOGUE.replace(_TURNS, f"{_TURNS}, {always}") if on_call else CATALOGUE
    (folder / "catalogue.yaml").write_text(catalogue, encoding="utf-8")
    (folder / "wrong.yaml").write_text(book("rows-wrong", "Rows were changed by mistake", "Rows are wrong."))
    (folder / "gone.yaml").write_text(book("rows-gone", "Rows are gone", "A table is empty."))
    (folder / "trial.yaml").write_text(book("trial", "Blocks are bad", "The log shows bad blocks.", "draft"))
    return folder

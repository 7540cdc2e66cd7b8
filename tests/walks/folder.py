"""A folder of runbooks in which every kind of step, button and way out can be met, with one run calling another."""

from pathlib import Path

CATALOGUE = """
schema: assets/v1
assets:
  - {id: orders-db, name: Orders database, aliases: [orders, pg-orders], type: postgres, tier: 1, owner: data-platform,
     rpo: 5m, rto: 4h, runbooks: [rows-gone, trial], ladder: database, facts: {host: pg-orders-1, bucket: b-orders},
     depends_on: [vault]}
  - {id: orders-archive, name: Orders archive, aliases: [archive], type: postgres, tier: 3, owner: data-platform,
     rpo: 1d, rto: 1d, runbooks: [rows-gone], facts: {host: pg-archive-1, bucket: b-archive}, depends_on: [vault]}
  - {id: bucket, name: Backup bucket, aliases: [backups], type: s3, tier: 2, owner: storage-platform,
     rpo: 1d, rto: 1d, runbooks: [open-bucket], facts: {host: s3-gate, bucket: b-all}, depends_on: [vault]}
---
schema: resources/v1
resources: [{id: vault, kind: storage, name: Backup vault, owner: storage-platform}]
---
schema: people/v1
people:
  - {id: ana, name: Ana Ruiz, slack: U0ANA}
  - {id: ben, name: Ben Okafor, slack: U0BEN}
  - {id: chen, name: Chen Wei, slack: U0CHEN}
  - {id: dora, name: Dora Lind, slack: U0DORA}
  - {id: eve, name: Eve Stone, slack: U0EVE}
teams:
  - {id: data-platform, name: Data platform, members: [ana, ben, chen], channel: C0DATA}
  - {id: storage-platform, name: Storage platform, members: [chen, dora], channel: C0STORE}
  - {id: leads, name: Leads, members: [chen, dora], channel: C0INC}
  - {id: orders, name: Orders, members: [ben, dora]}
  - {id: finance, name: Finance, members: [eve]}
rotations:
  - {id: dba, team: data-platform, timezone: Europe/Madrid, starts: "2026-01-05T09:00", turn: 7d,
     order: [ana, ben, chen]}
ladders:
  - id: database
    rungs: [{after: 0m, tell: ["rotation:dba"]}, {after: 10m, tell: ["team:leads"], via: [slack, pager], repeat: 2}]
"""
_HEAD = """
schema: runbook/v1
id: {id}
status: {status}
title: "{title}"
enter_when: ["{sign}"]
not_for: [{{when: The database does not start., use: a failover}}]
objective: Bring the rows back.
owner: data-platform
review: {{every: 180d, last_on: "2026-11-01", by: chen}}
drill: {{every: 90d, mode: tabletop}}
failure_modes: [{{mode: Late, answer: hold}}, {{mode: No backup, answer: hold}}, {{mode: Nobody signs, answer: hold}}]
roles: {{operator: "{operator}", lead: "team:leads", peer: "team:data-platform", data_owner: "team:orders"}}
exception: hold
"""
_HOLD = """
  - id: hold
    decide: Choose how to go on
    who: lead
    page: true
    back: true
    max_visits: 20
    options:
      - {id: again, label: Ask again, when: The signers are there now., go: AGAIN}
      - {id: end, label: End it, when: Nothing helps., go: gone}
    go: {unsure: hold}
  - {id: gone, end: Stop the run and leave all as it is, outcome: aborted}
"""
ROWS_GONE = """
inputs:
  damage_text: {type: text, max: 200, ask: "What changed?", required: true}
vars:
  target_time: {type: timestamp, ask: "Recovery target, with offset", default: "2026-01-01T00:00:00+00:00"}
  size: {type: int, min: 1, unit: bytes, ask: "Size of the backup", default: 1}
  rows: {type: int, min: 0, unit: rows, ask: "Rows that came back"}
  bucket_name: {type: string, ask: "Name of the bucket"}
steps:
  - {id: stop_writers, do: Stop the writers, command: "systemctl stop orders-api", skip: true,
     why: Each write makes the way back longer., max_visits: 5, go: {ok: which, problem: hold}}
  - id: which
    decide: Choose the line that matches
    max_visits: 9
    options:
      - {id: rows, label: Rows are wrong, when: A SELECT shows it., go: target}
      - {id: blocks, label: Blocks are bad, when: The log says so., go: hold}
    go: {unsure: hold}
  - {id: target, do: Type the target time, answer: {var: target_time}, max_visits: 9, go: {ok: read, problem: hold}}
  - id: read
    check: Read the size of the backup
    exec: {at: "{{ asset.host }}", argv: [backup, info]}
    capture: {size: {from: stdout, type: int}}
    expect: {all: [{var: size, gt: 10}]}
    max_visits: 9
    go: {ok: ask, fail: hold}
  - {id: ask, signoff: Approve the target, from: [data_owner], binds: {vars: [target_time, size], steps: [restore]},
     readback: target_time, timeout: 15m, max_visits: 9, go: {approved: restore, rejected: target, expired: hold}}
  - id: restore
    run: Restore the rows
    caution: Rows written since the target are lost.
    effect: destroy
    undo: {none: "The old rows are overwritten."}
    witness: peer
    timeout: 1h
    max_visits: 9
    exec: {at: "{{ asset.host }}", argv: [restore, "{{ vars.target_time }}"]}
    capture: {rows: {from: stdout, type: int}}
    go: {ok: quiet, fail: hold, timeout: look}
  - {id: look, check: Look whether the rows are there, exec: {at: "{{ asset.host }}", argv: [count]}, max_visits: 9,
     capture: {rows: {from: stdout, type: int}}, expect: {all: [{var: rows, gt: 0}]}, go: {ok: quiet, fail: hold}}
  - {id: quiet, wait: Let the caches run dry, for: 5m, timeout: 10m, max_visits: 9,
     go: {ok: open_bucket, fail: hold, timeout: hold}}
  - {id: open_bucket, call: Have the bucket opened again, runbook: open-bucket,
     with: {asset: bucket, reason: "for {{ run.ref }}"},
     capture: {bucket_name: {output: bucket_name}}, max_visits: 9, go: {recovered: how_many, else: hold}}
  - id: how_many
    branch: See how many rows came back
    max_visits: 9
    cases: [{when: {all: [{var: rows, gt: 0}]}, go: tell}]
    else: hold
  - {id: tell, notify: Tell the leads, to: [incident, "team:leads"], max_visits: 9,
     say: "{{ vars.rows }} rows are back, the bucket is {{ vars.bucket_name }}.", go: {ok: accept}}
  - {id: accept, signoff: Accept the data, from: [data_owner], mode: after, binds: {vars: [target_time]}, max_visits: 9,
     go: {approved: good, rejected: hold, expired: hold}}
  - {id: good, end: Close the run, outcome: recovered}
"""
OPEN_BUCKET = """
inputs:
  reason: {type: text, max: 200, ask: "What for?", required: true}
vars:
  bucket_name: {type: string, ask: "Name of the bucket"}
steps:
  - {id: unlock, do: Unlock the bucket, answer: {var: bucket_name}, max_visits: 9, go: {ok: confirm, problem: hold}}
  - {id: confirm, signoff: Confirm that it is open, from: [lead], mode: after, binds: {vars: [bucket_name]},
     readback: bucket_name, max_visits: 9, go: {approved: open, rejected: hold, expired: hold}}
  - {id: open, end: Hand the bucket back, outcome: recovered}
"""


def book(id_: str, title: str, sign: str, steps: str, **how: str) -> str:
    """A runbook: its head, its steps, and the exception that each of them has."""
    named = {"id": id_, "title": title, "sign": sign, "status": "active", "operator": "rotation:dba", **how}
    again = named.pop("again", "ask")
    return _HEAD.format(**named) + steps.strip("\n") + _HOLD.replace("AGAIN", again)


BOOKS = {
    "rows-gone": book("rows-gone", "Rows are gone", "A table is empty.", ROWS_GONE),
    "trial": book("trial", "Blocks are bad", "The log shows bad blocks.", ROWS_GONE, status="draft"),
    "open-bucket": book(
        "open-bucket", "The bucket is locked", "Reads give 403.", OPEN_BUCKET, operator="team:storage-platform",
        again="unlock",
    ),
}  # fmt: skip


def write_folder(folder: Path) -> Path:
    """The catalogue and every runbook."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    for name, text in BOOKS.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder

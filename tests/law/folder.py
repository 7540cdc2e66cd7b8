"""The runbooks of the stories: one whose restore is signed, watched and followed by a call, one that only changes."""

from pathlib import Path

from tests.walks.folder import book, write_folder

ROWS_GONE = """
vars:
  rows: {type: int, min: 0, unit: rows, ask: "Rows that are gone"}
  bucket_name: {type: string, ask: "Name of the bucket", default: none}
steps:
  - {id: count, do: Count the rows, who: data_owner, answer: {var: rows}, max_visits: 9, go: {ok: ask, problem: hold}}
  - {id: ask, signoff: Approve the restore, from: [data_owner, lead], binds: {vars: [rows], steps: [restore]},
     readback: rows, timeout: 15m, max_visits: 9, go: {approved: restore, rejected: hold, expired: hold}}
  - id: restore
    run: Restore the rows
    effect: destroy
    undo: {none: "The old rows are overwritten."}
    witness: peer
    timeout: 1h
    max_visits: 9
    exec: {at: "{{ asset.host }}", argv: [restore, "{{ vars.rows }}"]}
    go: {ok: bucket, fail: hold, timeout: hold}
  - {id: bucket, call: Have the bucket opened again, runbook: open-bucket, with: {asset: bucket, reason: "x"},
     capture: {bucket_name: {output: bucket_name}}, max_visits: 9, go: {recovered: accept, else: hold}}
  - {id: accept, signoff: Accept what was done, from: [data_owner, lead], mode: after, binds: {vars: [bucket_name]},
     max_visits: 9, go: {approved: good, rejected: hold, expired: hold}}
  - {id: good, end: Close the run, outcome: recovered}
"""
FEW = """
vars:
  target_time: {type: timestamp, ask: "Recovery target, with offset", default: "2026-01-01T00:00:00+00:00"}
steps:
  - {id: target, do: Type the target time, answer: {var: target_time}, max_visits: 9, go: {ok: ask, problem: hold}}
  - {id: ask, signoff: Approve the target, from: [data_owner], binds: {vars: [target_time], steps: [restore]},
     readback: target_time, timeout: 15m, max_visits: 9, go: {approved: restore, rejected: target, expired: hold}}
  - {id: restore, run: Restore the rows, effect: change, undo: {none: "They stay."}, timeout: 1h, max_visits: 9,
     exec: {at: "{{ asset.host }}", argv: [restore, "{{ vars.target_time }}"]},
     go: {ok: look, fail: hold, timeout: hold}}
  - {id: look, do: Look at the rows, who: lead, evidence: required, go: {ok: good, problem: hold}}
  - {id: good, end: Close the run, outcome: recovered}
"""


def write_books(folder: Path) -> Path:
    """Orders and its archive take the first; billing, of which Chen alone owns the data, the second."""
    write_folder(folder)
    (folder / "rows-gone.yaml").write_text(
        book("rows-gone", "Rows are gone", "A table is empty.", ROWS_GONE, again="count"), "utf-8"
    )
    few = book("few-left", "Few are left", "A table is empty.", FEW)
    people = 'lead: "team:owners", peer: "team:billers", data_owner: "team:owners"}'
    few = few.replace('lead: "team:leads", peer: "team:data-platform", data_owner: "team:orders"}', people)
    (folder / "few-left.yaml").write_text(few.replace('"rotation:dba"', '"team:billers"'), "utf-8")
    catalogue = folder / "catalogue.yaml"
    text = catalogue.read_text("utf-8").replace("runbooks: [rows-gone, trial]", "runbooks: [rows-gone]")
    (folder / "trial.yaml").unlink()
    asset = """
  - {id: billing-db, name: Billing database, aliases: [billing], type: postgres, tier: 3, owner: billers, rpo: 1d,
     rto: 1d, runbooks: [few-left], facts: {host: pg-billing-1, bucket: b-billing}, depends_on: [vault]}
---
schema: resources/v1"""
    teams = """teams:
  - {id: billers, name: Billers, members: [ana], channel: C0DATA}
  - {id: owners, name: Owners of the data, members: [chen]}"""
    text = text.replace("\n---\nschema: resources/v1", asset).replace("teams:", teams, 1)
    catalogue.write_text(text, "utf-8")
    return folder

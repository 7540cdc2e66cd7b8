"""A small firm with one database and one runbook, for commands that look at files and at the record together."""

from pathlib import Path

from click.testing import CliRunner, Result

from bot.cli import main
from bot.engine.opening import StartRequest, plan_start
from bot.run.state import Run
from bot.wiring.house import House

FILES = """
schema: assets/v1
assets:
  - {id: orders-db, name: Orders, type: postgres, tier: 1, owner: data, rpo: 2h, rto: 4h, runbooks: [rows-gone],
     ladder: database, depends_on: [vault], protection: [{id: full, method: pg_dump, every: 1h, target: vault}]}
  - {id: notes, name: Notes, type: wiki, tier: 3, owner: data, runbooks: []}
---
schema: resources/v1
resources: [{id: vault, kind: storage, name: Backup vault, owner: data, check: {tcp: "vault:443"}}]
---
schema: people/v1
people: [{id: ana, name: Ana Ruiz, slack: U0ANA}, {id: ben, name: Ben Okafor, slack: U0BEN}]
teams: [{id: data, name: Data, members: [ana, ben], channel: C0DATA}]
ladders: [{id: database, rungs: [{after: 0m, tell: ["person:ana"]}, {after: 10m, tell: ["team:data"]}]}]
"""
BOOK = """
schema: runbook/v1
id: rows-gone
title: Rows are gone
status: active
enter_when: ["A SELECT shows it."]
not_for: [{when: "The database does not start.", use: "a failover"}]
objective: Bring the rows back.
owner: data
review: {every: 180d, last_on: "2026-11-01", by: ana}
drill: {every: 90d, mode: tabletop}
failure_modes: [{mode: Too late, answer: hold}, {mode: No backup, answer: hold}, {mode: Nobody is there, answer: hold}]
roles: {operator: "team:data", lead: "team:data"}
exception: hold
steps:
  - {id: copy, do: Copy the rows back, typical: 10m, go: {ok: check, problem: hold}}
  - {id: check, signoff: Approve the rows, from: [lead], forbid: [operator], mode: after, binds: {},
     go: {approved: good, rejected: hold, expired: hold}}
  - {id: good, end: Close the run, outcome: recovered}
  - id: hold
    decide: Choose how to go on
    who: lead
    max_visits: 9
    options:
      - {id: again, label: Try again, when: It may help., go: copy}
      - {id: end, label: End it, when: Nothing helps., go: gone}
    go: {unsure: gone}
  - {id: gone, end: Stop the run, outcome: aborted}
"""


def settle_in(tmp_path: Path) -> dict[str, str]:
    """Its files in a folder, and the settings that name them and a database."""
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "catalogue.yaml").write_text(FILES, encoding="utf-8")
    (folder / "rows-gone.yaml").write_text(BOOK, encoding="utf-8")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "index.html").write_text("printed", encoding="utf-8")
    return {
        "DATABASE_URL": f"sqlite:///{tmp_path}/record.db", "HANDRAIL_RUNBOOKS": str(folder),
        "HANDRAIL_PACK": str(tmp_path / "pack"),
    }  # fmt: skip


def say(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=environment)


def start_drill(house: House, reason: str = "") -> Run:
    """By Ana; the reason is for a second one beside one that is open."""
    wish = StartRequest("orders-db", "rows-gone", "drill", "ana", {}, reason=reason, channel="C0DATA")
    return house.handler().start(plan_start(house.registry(), wish, house.now()), "ana", "slack").run

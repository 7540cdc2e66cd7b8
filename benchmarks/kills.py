"""kill -9 of the serving process, again and again under load: clicks that were acknowledged have to be on record."""

import json
import random
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measured import Measured, line
from bot.engine.opening import StartRequest, plan_start
from bot.journal.store import Journal
from bot.run.events import StepFinished
from bot.run.places import Over
from bot.wiring.house import House, utc_now
from bot.wiring.local import seed_of
from bot.workspace.delivery.parcel import Payload
from bot.workspace.serve import Options, Workspace
from tests.wiring.running import running

KILLS, CLICKERS, RUNS_EACH = 200, 8, 6
LIFE = (0.1, 0.9)
"""Seconds of load between the first connection and the kill, evenly spread."""
BOOK = """\
schema: people/v1
people: [{id: ana, name: Ana, slack: U0ANA}, {id: ben, name: Ben, slack: U0BEN}]
teams: [{id: data, members: [ana, ben], channel: C0DATA}]
---
schema: assets/v1
assets:
  - {id: orders-db, name: Orders, type: pg, tier: 1, owner: data, rpo: 5m, rto: 4h, runbooks: [round],
     depends_on: [vault], protection: [{id: wal, method: copies, every: 5m, target: vault}]}
---
schema: resources/v1
resources: [{id: vault, kind: storage, name: Vault, owner: data}]
---
schema: runbook/v1
id: round
title: Rows are missing
status: active
enter_when: [Rows are missing.]
not_for: [{when: The server is down., use: Call the lead.}]
objective: Bring the rows back.
owner: data
review: {every: 90d, last_on: "2026-11-01", by: ben}
drill: {every: 90d, mode: isolated}
roles: {operator: "team:data", lead: "team:data"}
failure_modes: [{mode: Old backup, answer: hold}, {mode: Disk full, answer: hold}, {mode: Nobody signs, answer: hold}]
exception: hold
steps:
  - {id: look, do: Look at the rows, max_visits: 1000, go: {ok: mend, problem: hold}}
  - {id: mend, do: Repair the rows, max_visits: 1000, go: {ok: look, problem: hold}}
  - id: hold
    decide: Choose how to go on
    options: [{id: again, label: Again, when: It may help., go: look}, {id: end, label: End it, when: No., go: gone}]
    max_visits: 1000
    go: {unsure: hold}
  - {id: gone, end: Stop the run, outcome: aborted}
"""

Click = tuple[str, str, int]
"""Run, step and visit: what a click finishes."""


@dataclass
class Load:
    """People who press Done without end, each on runs of their own, and every click that was acknowledged."""

    workspace: Workspace
    journal: Journal
    house: House
    acknowledged: set[Click] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    def press_on(self, runs: list[str]) -> None:
        """Press where each run stands, in turn, until it is over."""
        while not self.over.is_set():
            for run_id in runs:
                self._wait_for_the_app()
                here = self.house.handler().load(run_id).here
                assert not isinstance(here, Over), f"run {run_id} ended"
                click = (run_id, here.step, here.visit)
                if self.workspace.hub.send(Payload("interactive", self._payload(*click))).result(30).error == "":
                    self.acknowledged.add(click)

    def _wait_for_the_app(self) -> None:
        while self.workspace.hub.connections == 0 and not self.over.is_set():
            time.sleep(0.005)

    def _payload(self, run_id: str, step: str, visit: int) -> dict[str, object]:
        team, now = self.workspace.state.directory.team.id, f"{time.time():.6f}"
        value = json.dumps({"r": run_id, "s": step, "v": visit})
        return {
            "type": "block_actions", "team": {"id": team}, "user": {"id": "U0ANA", "team_id": team},
            "trigger_id": self.workspace.state.mint(), "channel": {"id": "C0INC"}, "message": {"ts": "1.1"},
            "actions": [{"type": "button", "action_id": "hr:done", "value": value, "action_ts": now}],
        }  # fmt: skip


def count_lost(kills: int) -> tuple[int, int]:
    """How many acknowledged clicks are not on record after so many kills, and how many there were."""
    with tempfile.TemporaryDirectory(prefix="handrail-kills-") as name:
        folder = Path(name)
        (folder / "books").mkdir()
        (folder / "books" / "round.yaml").write_text(BOOK, encoding="utf-8")
        environment = {"DATABASE_URL": f"sqlite:///{name}/handrail.db", "HANDRAIL_RUNBOOKS": f"{name}/books"}
        house = House(environment)
        workspace = Workspace.start(seed_of(house.registry().catalogue), Options(pacing=False))
        try:
            return _under_load(workspace, house, environment | _slack(workspace), kills)
        finally:
            workspace.stop()
            house.close()


def _slack(workspace: Workspace) -> dict[str, str]:
    return {
        "SLACK_API_URL": workspace.api_url,
        "SLACK_BOT_TOKEN": workspace.tokens.bot,
        "SLACK_APP_TOKEN": workspace.tokens.app,
        "HANDRAIL_HTTP": "127.0.0.1:0",
    }


def _under_load(workspace: Workspace, house: House, environment: dict[str, str], kills: int) -> tuple[int, int]:
    load = Load(workspace, house.journal(), house)
    runs = [[_start(house) for _ in range(RUNS_EACH)] for _ in range(CLICKERS)]
    people = [threading.Thread(target=load.press_on, args=(own,), daemon=True) for own in runs]
    for person in people:
        person.start()
    for _ in range(kills):
        _live_and_die(workspace, environment)
    load.over.set()
    for person in people:
        person.join(60)
    return len(load.acknowledged - _recorded(house.journal())), len(load.acknowledged)


def _start(house: House) -> str:
    wish = StartRequest("orders-db", "round", "live", "ana", channel="C0INC", reason="load")
    return house.handler().start(plan_start(house.registry(), wish, utc_now()), "ana", "slack").run.id


def _live_and_die(workspace: Workspace, environment: dict[str, str]) -> None:
    with running(["serve"], environment) as serve:
        while workspace.hub.connections == 0 and serve.process.poll() is None:
            time.sleep(0.005)
        time.sleep(random.uniform(*LIFE))
        serve.process.kill()
        serve.wait()
    with suppress(TimeoutError):
        _wait_until_alone(workspace)


def _wait_until_alone(workspace: Workspace) -> None:
    """Until Slack has noticed that the process is gone: a click would go to nobody, and wait."""
    ends = time.monotonic() + 5
    while workspace.hub.connections:
        if time.monotonic() > ends:
            raise TimeoutError
        time.sleep(0.005)


def _recorded(journal: Journal) -> set[Click]:
    found = set()
    for run_id in journal.run_ids():
        if (fault := journal.verify(run_id).fault) is not None:
            raise RuntimeError(fault)
        for _, event, _ in journal.history(run_id):
            if isinstance(event, StepFinished):
                found.add((run_id, event.step, event.visit))
    return found


def measure(kills: int = KILLS) -> list[Measured]:
    """Clicks that were acknowledged and are lost."""
    lost, acknowledged = count_lost(kills)
    if not acknowledged:
        raise RuntimeError("not one click was acknowledged")
    note = f"{acknowledged} clicks acknowledged over {kills} kills"
    return [
        Measured("acknowledged clicks that are not on record after kill -9 under load", lost, "clicks", 0, note=note)
    ]


if __name__ == "__main__":
    for one in measure():
        print(line(one))

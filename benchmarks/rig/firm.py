"""A catalogue, a runbook that never ends, runs of it, and the presses on its buttons as Slack sends them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from bot.engine.opening import StartRequest, plan_start
from bot.library.registry import Registry
from bot.render.step import step_message
from bot.run.commands import Finish
from bot.run.places import Over
from bot.run.state import Run
from bot.wiring.house import House, utc_now

STEPS, VISITS = 20, 1_000
TEAM, ANA, CHANNEL = "T0BENCH", "U0ANA", "C0INC"
Payload = dict[str, Any]

_CATALOGUE = """\
schema: people/v1
people: [{id: ana, name: Ana, slack: U0ANA}, {id: ben, name: Ben, slack: U0BEN}]
teams: [{id: data, members: [ana, ben], channel: C0INC}]
---
schema: resources/v1
resources: [{id: backups, kind: storage, name: Backups}]
---
schema: assets/v1
assets:
"""
_ASSET = """\
  - {{id: orders-{n}, name: Orders {n}, type: pg, tier: 3, owner: data, rto: 4h, rpo: 1h, runbooks: [round],
     depends_on: [backups], protection: [{{id: full, method: pg_dump, every: 1d, grace: 1h}}]}}
"""
_HEAD = """\
schema: runbook/v1
id: round
title: Rows are missing
status: active
enter_when: [A report shows fewer rows than yesterday.]
not_for: [{when: The server is down., use: Call the lead of the platform team.}]
objective: Bring the rows back and keep the good writes.
owner: data
review: {every: 3650d, last_on: "2026-11-01", by: ben}
drill: {every: 3650d, mode: isolated}
failure_modes:
  - {mode: The backup is too old, answer: hold}
  - {mode: The disk is full, answer: hold}
  - {mode: Nobody answers, answer: hold}
roles: {operator: "team:data", lead: "team:data"}
exception: hold
steps:
"""
_STEP = """\
  - id: part_{n}
    do: Copy part {n} of the table beside the live one
    phase: part_{phase}
    why: The live data stays untouched, so we can try again.
    caution: With archive mode left on, a promoted copy writes into the same repository.
    command: "pgbackrest --stanza=orders --set=20261122-040003F --part={n} restore"
    max_visits: 1000
    go: {{ok: part_{next}, problem: hold}}
"""
_TAIL = """\
  - id: hold
    decide: Hold here and call the lead
    who: lead
    max_visits: 20
    options:
      - {id: again, label: Go on, when: It can be tried again., go: part_0}
      - {id: stop, label: Stop the run, when: Going on would make it worse., go: stopped}
    go: {unsure: hold}
  - {id: stopped, end: Stop the run, outcome: aborted}
"""


def write_folder(folder: Path, assets: int) -> Path:
    """The catalogue with so many assets, and the runbook that all of them name."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = "".join(_STEP.format(n=n, phase=n // 5, next=(n + 1) % STEPS) for n in range(STEPS))
    (folder / "round.yaml").write_text(_HEAD + steps + _TAIL, encoding="utf-8")
    listed = "".join(_ASSET.format(n=n) for n in range(assets))
    (folder / "catalogue.yaml").write_text(_CATALOGUE + listed, encoding="utf-8")
    return folder


def start_runs(house: House, many: int, runbook: str = "round", channel: str | None = CHANNEL) -> list[Run]:
    """Runs that Ana started, one on each asset as far as there are enough."""
    registry, handler = house.registry(), house.handler()
    if any(problem.severity == "error" for problem in registry.problems):
        raise RuntimeError(f"the runbooks are not sound: {registry.problems[:5]}")
    assets = _assets_of(registry, runbook)
    wishes = (StartRequest(assets[n % len(assets)], runbook, "live", "ana", reason="One more.", channel=channel)
              for n in range(many))  # fmt: skip
    return [handler.start(plan_start(registry, wish, utc_now()), "ana", "slack").run for wish in wishes]


def _assets_of(registry: Registry, runbook: str) -> list[str]:
    return [asset.id for asset in registry.catalogue.assets.values() if runbook in asset.runbooks]


def grow(house: House, run: Run, events: int) -> Run:
    """The run after so many presses of Done that it has at least so many events."""
    handler = house.handler()
    while run.seq < events:
        if isinstance(run.here, Over):
            raise TypeError("a run that is over grows no more")
        run = handler.handle(run.id, Finish(run.here.step, run.here.visit, "ok"), "ana", "slack").run
    return run


_clicks = count(1)


@dataclass(eq=False)
class Walker:
    """Presses Done on one run, again and again, as if Slack had sent it; `pressed` counts.

    `before` is how many steps the record had as finished before.
    """

    run: Run
    before: int = 0
    pressed: int = 0
    _message: Payload = field(default_factory=dict)

    def __post_init__(self) -> None:
        here = self.run.here
        if isinstance(here, Over):
            raise TypeError("a run that is over has no button")
        self._at = (int(here.step.removeprefix("part_")), here.visit)
        blocks = list(step_message(self.run, here.step, here.visit).blocks)
        self._message = {"type": "message", "user": "U0HANDRAIL", "ts": "1763800000.000100", "team": TEAM,
                         "text": "A step", "bot_id": "B0HANDRAIL", "blocks": blocks}  # fmt: skip

    def press(self) -> Payload:
        """The payload of the next press of Done."""
        number, (step, visit) = next(_clicks), self._at
        self._at = ((step + 1) % STEPS, visit + (step + 1 == STEPS))
        self.pressed += 1
        value = json.dumps({"r": self.run.id, "s": f"part_{step}", "v": visit}, separators=(",", ":"))
        action = {"type": "button", "action_id": "hr:done", "block_id": "a1", "value": value, "style": "primary",
                  "text": {"type": "plain_text", "text": "Done", "emoji": True},
                  "action_ts": f"1763800001.{number:06d}"}  # fmt: skip
        return {
            "type": "block_actions", "token": "benchmark", "api_app_id": "A0BENCH", "enterprise": None,
            "team": {"id": TEAM, "domain": "bench"}, "is_enterprise_install": False,
            "user": {"id": ANA, "username": "ana", "name": "ana", "team_id": TEAM},
            "container": {"type": "message", "message_ts": "1763800000.000100", "channel_id": CHANNEL,
                          "is_ephemeral": False, "thread_ts": "1763799999.000100"},
            "channel": {"id": CHANNEL, "name": "incidents"}, "trigger_id": f"{number}.T0BENCH.benchmark",
            "message": self._message, "state": {"values": {}},
            "response_url": f"http://127.0.0.1:9/response/{number}", "actions": [action],
        }  # fmt: skip

    @property
    def next_key(self) -> str:
        """The key under which the step that is pressed next stands in Slack."""
        step, visit = self._at
        return f"step:part_{step}:{visit}"


def presses(walkers: list[Walker], many: int) -> Iterator[tuple[Walker, Payload]]:
    """So many presses, by the walkers in turn."""
    for number in range(many):
        walker = walkers[number % len(walkers)]
        yield walker, walker.press()

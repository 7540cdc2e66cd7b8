"""The messages of 40 runs while 28 % of Slack's calls fail in every way: what is wrong 10 s after the last change."""

import random
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.kills import BOOK
from benchmarks.measured import Measured, line
from bot.engine.opening import StartRequest, plan_start
from bot.run.commands import Finish
from bot.run.places import Over
from bot.wiring.house import utc_now
from bot.workspace.serve import Options
from bot.workspace.state import Seed
from tests.walks.firm import Firm, open_firm, seed_for
from tests.walks.truth import differences

RUNS, SHARE = 40, 0.28
STORM, OUTAGE, SETTLES = 15.0, 6.0, 10.0
"""Seconds of changes, of them in an outage, and after the last change."""
HANG = 1.0
"""Seconds that a call hangs before it is dropped; also what a limit asks for."""


def count_wrong(
    runs: int = RUNS, storm: float = STORM, outage: float = OUTAGE, settles: float = SETTLES
) -> tuple[list[str], int]:
    """Every message that is still wrong so many seconds after the last change, and how many changes there were.

    The storm goes on until the end; what is right earlier stays right, as nothing changes any more. Each run has a
    channel of its own: Slack takes one post a second in each, and runs that share one wait for Slack, not for us.
    """
    with tempfile.TemporaryDirectory(prefix="handrail-storm-") as name:
        folder = Path(name) / "books"
        folder.mkdir()
        (folder / "round.yaml").write_text(BOOK, encoding="utf-8")
        seed = _with_channels(seed_for(folder), runs)
        with open_firm(Path(name), folder, options=Options(pacing=False), seed=seed) as firm:
            begun = [_start(firm, seed.channels[number].id) for number in range(runs)]
            firm.settle()
            firm.workspace.dial.storm(SHARE, seconds=HANG)
            changes = _change_all_the_while(firm, begun, storm, outage)
            wrong = _wrong_after(firm, settles)
            firm.workspace.dial.clear()
            return wrong, changes


def _with_channels(seed: Seed, many: int) -> Seed:
    """As many channels as are wanted, everybody in each."""
    more = (replace(seed.channels[0], id=f"C0STORM{number}", name=f"storm-{number}") for number in range(many))
    return replace(seed, channels=(*more, *seed.channels))


def _wrong_after(firm: Firm, seconds: float) -> list[str]:
    ends = time.monotonic() + seconds
    while (wrong := differences(firm.house, firm.workspace)) and (left := ends - time.monotonic()) > 0:
        time.sleep(min(0.5, left))
    return wrong


def _start(firm: Firm, channel: str) -> str:
    house = firm.house
    wish = StartRequest("orders-db", "round", "live", "ana", channel=channel, reason="storm")
    return house.handler().start(plan_start(house.registry(), wish, utc_now()), "ana", "slack").run.id


def _change_all_the_while(firm: Firm, runs: list[str], seconds: float, outage: float) -> int:
    """Each run moves on about once in two seconds; in the middle Slack is gone for a while."""
    ends, changes = time.monotonic() + seconds, 0
    threading.Timer(seconds / 3, firm.workspace.outage, (outage,)).start()
    while time.monotonic() < ends:
        _move(firm, random.choice(runs))
        changes += 1
        time.sleep(2 / len(runs))
    for run_id in runs:
        _move(firm, run_id)
    return changes + len(runs)


def _move(firm: Firm, run_id: str) -> None:
    handler = firm.house.handler()
    here = handler.load(run_id).here
    if not isinstance(here, Over):
        handler.handle(run_id, Finish(here.step, here.visit, "ok"), "ana", "slack")


def measure() -> list[Measured]:
    """Messages that are wrong."""
    wrong, changes = count_wrong()
    name = f"messages of {RUNS} runs that are wrong {SETTLES:.0f} s after the last change"
    note = f"{changes} changes, {SHARE:.0%} of calls failing, {OUTAGE:.0f} s without Slack"
    return [Measured(name, len(wrong), "messages", 0, note=note)]


if __name__ == "__main__":
    for one in measure():
        print(line(one))

"""Many starts in one channel that takes a post a second, and one start with a Slack that is 150 ms away."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measured import Measured, line, load
from benchmarks.rig.databases import fresh_database
from benchmarks.rig.firm import CHANNEL, start_runs, write_folder
from benchmarks.rig.processes import SECRET, Running, environment, handrail_serve
from bot.library.shelf import load_shelf
from bot.wiring.house import House
from bot.wiring.local import seed_of
from bot.workspace.serve import Options, Workspace
from bot.workspace.state import Message

BURST = 5
BARS = {15: 12.0, 30: 28.0}
"""Starts at once -> seconds until the last of them has its card: one a second after the burst, and a little."""
REFUSED, PROCESSOR = 40, 3.0
AWAY, LAST_CALL = 0.15, 0.6
_PATIENCE = 120.0
_TOKEN = "xoxb-1-benchmark"


@dataclass
class Scene:
    """A workspace, Handrail as a process of its own, and a house of ours on the same database that starts runs."""

    workspace: Workspace
    served: Running
    house: House

    def cards(self) -> list[Message]:
        """The cards that stand in the channel."""
        return [one for one in self.workspace.state.talk.messages(CHANNEL) if key_of(one) == "card"]

    def processor(self) -> float:
        """Seconds of processor that Handrail has used."""
        fields = Path(f"/proc/{self.served.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100


def measure() -> Iterator[Measured]:
    """Each on a fresh SQLite file."""
    for many, bar in BARS.items():
        yield from _crowd(many, bar)
    yield from _far_away()


def _crowd(many: int, bar: float) -> Iterator[Measured]:
    with scene(Options(burst=BURST, signing_secret=SECRET, bot_token=_TOKEN)) as here:
        used, begun = here.processor(), time.monotonic()
        start_runs(here.house, many)
        _wait(lambda: len(here.cards()) >= many)
        took, used = time.monotonic() - begun, here.processor() - used
        limited = sum(one.error == "ratelimited" for one in here.workspace.state.ledger.refusals)
    name = f"{many} starts at once in a channel that takes {BURST} posts, then one a second"
    yield Measured(f"{name}: until the last card stands", took, "s", bar, note=load())
    yield Measured("the same: posts that Slack had to refuse", limited, "posts", REFUSED)
    yield Measured("the same: processor of Handrail", used, "s", PROCESSOR)


def _far_away() -> Iterator[Measured]:
    best = min((_one_start() for _ in range(3)), key=lambda one: one[-1])
    name = "a start, each call to Slack takes 150 ms"
    yield Measured(f"{name}: until the card stands", best[0], "s")
    yield Measured("the same: until the step stands beneath it", best[1], "s")
    yield Measured("the same: until the last call has its answer", best[2], "s", LAST_CALL, note=load())


def _one_start() -> tuple[float, float, float]:
    """Seconds from the answer to the form until the card, the step and the last call of all."""
    with scene(Options(pacing=False, signing_secret=SECRET, bot_token=_TOKEN)) as here:
        here.workspace.deliver_to(f"{here.served.said['http']}/slack/events")
        ana, state = here.workspace.person("ana"), here.workspace.state
        ana.type("/recover orders-0", CHANNEL)
        modal = ana.modal()
        here.workspace.dial.delay = AWAY
        before = sum(state.ledger.calls.values())
        begun, at = time.monotonic(), time.time()
        modal.submit()
        last, many = begun, before
        while time.monotonic() - last < 1.0 or many == before:
            if (now := sum(state.ledger.calls.values())) != many:
                last, many = time.monotonic(), now
            time.sleep(0.002)
        here.workspace.dial.delay = 0.0
        posts = {key_of(one): float(one.ts) - at for one in state.talk.messages(CHANNEL)}
        step = next(when for key, when in posts.items() if key.startswith("step:"))
        return posts["card"], step, last - begun + AWAY


def key_of(message: Message) -> str:
    """The key under which Handrail knows a message."""
    return str(((message.metadata or {}).get("event_payload") or {}).get("key", ""))


@contextmanager
def scene(options: Options) -> Iterator[Scene]:
    """A workspace, and Handrail serving on a fresh database."""
    with tempfile.TemporaryDirectory(prefix="handrail-bench-") as name:
        folder = write_folder(Path(name) / "runbooks", max(BARS))
        database = fresh_database("SQLite", Path(name), "")
        workspace = Workspace.start(seed_of(load_shelf(folder).catalogue), options)
        try:
            with handrail_serve("http", database, workspace.api_url, folder) as served:
                house = House(environment("http", database, workspace.api_url, folder))
                yield Scene(workspace, served, house)
                house.close()
        finally:
            workspace.stop()


def _wait(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > ends:
            raise RuntimeError("it did not come about")
        time.sleep(0.02)


if __name__ == "__main__":
    for one in measure():
        print(line(one), flush=True)

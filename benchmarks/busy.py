"""Many starts in one channel that takes a post a second, and one start with a Slack that is 150 ms away."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.measured import Measured, line, load
from benchmarks.rig.databases import fresh_database, postgres
from benchmarks.rig.firm import CHANNEL, start_runs, write_folder
from benchmarks.rig.processes import SECRET, Running, environment, handrail_serve
from bot.library.registry import load_shelf
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
    replicas: list[Running]
    house: House

    @property
    def served(self) -> Running:
        """The first replica, or the only one."""
        return self.replicas[0]

    def cards(self) -> list[Message]:
        """The cards that stand in the channel."""
        return [one for one in self.workspace.state.talk.messages(CHANNEL) if key_of(one) == "card"]

    def processor(self) -> float:
        """Seconds of processor that Handrail has used."""
        return sum(map(_processor_of, self.replicas))


def measure() -> Iterator[Measured]:
    """Each on a fresh SQLite file; then two replicas that share a channel, on PostgreSQL."""
    for many, bar in BARS.items():
        yield from _crowd(many, bar)
    with postgres() as url:
        yield from _crowd(*next(iter(BARS.items())), url)
    yield from _far_away()


def _crowd(many: int, bar: float, postgres_url: str = "") -> Iterator[Measured]:
    with scene(Options(burst=BURST, signing_secret=SECRET, bot_token=_TOKEN), postgres_url) as here:
        used, begun = here.processor(), time.monotonic()
        start_runs(here.house, many)
        _wait(lambda: len(here.cards()) >= many)
        took, used = time.monotonic() - begun, here.processor() - used
        limited = sum(one.error == "ratelimited" for one in here.workspace.state.ledger.refusals)
    where = ", two replicas on PostgreSQL" if postgres_url else ""
    name = f"{many} starts at once in a channel that takes {BURST} posts, then one a second{where}"
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


def _processor_of(one: Running) -> float:
    fields = Path(f"/proc/{one.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@contextmanager
def scene(options: Options, postgres_url: str = "") -> Iterator[Scene]:
    """A workspace, and Handrail serving on a fresh database: once on SQLite, twice on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="handrail-bench-") as name, ExitStack() as stack:
        folder = write_folder(Path(name) / "runbooks", max(BARS))
        database = fresh_database("PostgreSQL" if postgres_url else "SQLite", Path(name), postgres_url)
        workspace = Workspace.start(seed_of(load_shelf(folder).catalogue), options)
        try:
            serve = partial(handrail_serve, "http", database, workspace.api_url, folder)
            replicas = [stack.enter_context(serve()) for _ in range(2 if postgres_url else 1)]
            house = House(environment("http", database, workspace.api_url, folder))
            yield Scene(workspace, replicas, house)
            house.close()
            stack.close()
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

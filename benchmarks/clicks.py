"""A click, from Slack's request to its answer, the event committed in between; against bare Bolt and one INSERT."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from sqlalchemy import text

from benchmarks.measured import Measured, best_of, load
from benchmarks.rig.databases import Kind, fresh_database, postgres
from benchmarks.rig.firm import Walker, grow, start_runs, write_folder
from benchmarks.rig.pressing import Hand, HttpHand, Pressing, SocketHand, open_socket_hand, press_at_once, press_in_turn
from benchmarks.rig.processes import Way, environment, floor, handrail_serve, instant_slack
from bot.wiring.house import House

LATENCY = 1.8
RATE: dict[Kind, float] = {"SQLite": 0.55, "PostgreSQL": 0.35}
"""On SQLite clicks share commits; on PostgreSQL each is a transaction of its own, with six ways there and back."""
AT_ONCE = 50
_ROUNDS, _IN_TURN, _EACH = 5, 40, 10
_RUSHES = 9
"""Rounds of clicks at a time. On two cores one round of the floor is now and then half as fast again as the others."""
WAYS: dict[Way, str] = {"http": "signed HTTP", "sockets": "Socket Mode"}


@dataclass
class Side:
    """One of the two that are compared."""

    hand: Hand
    walkers: list[Walker]
    latencies: list[list[float]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


def measure() -> list[Measured]:
    """Both ways in, both databases."""
    with postgres() as server:
        return [one for way in WAYS for kind in ("SQLite", "PostgreSQL") for one in compare(way, kind, server)]


def compare(way: Way, kind: Kind, server: str) -> Iterator[Measured]:
    """Floor and Handrail take turns, so that a busy machine is busy for both."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handrail-bench-")))
        bench = stack.enter_context(open_bench(way, kind, server, home))
        for side in (bench.floor, bench.ours):
            bench.pressing.wait(press_at_once(side.hand, side.walkers, 1))
        for _ in range(_ROUNDS):
            _press_by_turns(bench)
        for _ in range(_RUSHES):
            for side in (bench.floor, bench.ours):
                bench.settle()
                side.rates.append(bench.pressing.wait(press_at_once(side.hand, side.walkers, _EACH)))
        bench.settle()
        bench.check_all_is_recorded()
        yield from _lines(f"{WAYS[way]}, {kind}", RATE[kind], bench.floor, bench.ours)


def _press_by_turns(bench: "Bench") -> None:
    """One click here, one there, and a pause until Slack has been told: nobody presses a hundred times a second."""
    for side in (bench.floor, bench.ours):
        side.latencies.append([])
    for number in range(_IN_TURN):
        for side in (bench.floor, bench.ours):
            walker = side.walkers[number % len(side.walkers)]
            side.latencies[-1] += bench.pressing.wait(press_in_turn(side.hand, [walker], 1))
        bench.settle()


def _lines(name: str, rate: float, floor_: Side, ours: Side) -> Iterator[Measured]:
    base, mine = best_of(floor_.latencies) * 1e3, best_of(ours.latencies) * 1e3
    note = f"{mine:.2f} ms against {base:.2f} ms; {load()}"
    yield Measured(f"click → committed → acked, {name}: median against the floor", mine / base, "×", LATENCY, note=note)
    slow, fast = median(ours.rates), median(floor_.rates)
    best = max(ours.rates) / max(floor_.rates)
    note = f"medians, {slow:.0f}/s against {fast:.0f}/s; the best round of each {best:.2f}×; {load()}"
    yield Measured(f"{AT_ONCE} clicks at a time on {AT_ONCE} runs, {name}: rate against the floor's", slow / fast, "×",
                   rate, "higher", note)  # fmt: skip


@dataclass
class Bench:
    """Both sides, ready to be pressed."""

    pressing: Pressing
    floor: Side
    ours: Side
    house: House
    api_url: str
    http: str = ""
    """Where our side answers over HTTP."""
    pages: str = ""
    """The address by which a browser comes in there."""

    def settle(self) -> None:
        """Wait until Slack was told everything, so that the next round begins on a quiet machine."""
        while self._untold():
            time.sleep(0.005)

    def _untold(self) -> int:
        with self.house.engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM run WHERE told < head")).scalar_one())

    def check_all_is_recorded(self) -> None:
        """Each click that was acked is an event, or what was measured is something else."""
        for walker in self.ours.walkers:
            done = count_finished(self.house, walker.run.id) - walker.before
            if done != walker.pressed:
                raise RuntimeError(f"{walker.pressed} clicks were acked, {done} are in the record")


def count_finished(house: House, run_id: str) -> int:
    """How many steps of a run were finished, as the record has it."""
    return sum(one.kind == "step-finished" for one in house.journal().records(run_id))


def _close(pressing: Pressing, context: AbstractAsyncContextManager[object]) -> None:
    pressing.wait(context.__aexit__(None, None, None))


@contextmanager
def open_bench(way: Way, kind: Kind, server: str, home: Path, sizes: Sequence[int] = (0,) * AT_ONCE) -> Iterator[Bench]:
    """A floor and a `handrail serve`, each on a database of its own; `sizes` are the events that each run has."""
    pressing = Pressing()
    with ExitStack() as stack:
        runbooks = write_folder(home / "runbooks", AT_ONCE)
        hands, addresses = {}, {}
        for side in ("floor", "ours"):
            context = open_socket_hand()
            hands[side], addresses[side] = pressing.wait(context.__aenter__())
            stack.callback(_close, pressing, context)
        slack = {side: stack.enter_context(instant_slack(address)) for side, address in addresses.items()}
        urls = {side: fresh_database(kind, home, server) for side in ("floor", "ours")}
        house = House(environment(way, urls["ours"], slack["ours"], runbooks))
        stack.callback(house.close)
        runs = [grow(house, run, size) for run, size in zip(start_runs(house, len(sizes)), sizes, strict=True)]
        base = stack.enter_context(floor(way, urls["floor"], slack["floor"]))
        serving = stack.enter_context(handrail_serve(way, urls["ours"], slack["ours"], runbooks))
        bench = Bench(
            pressing,
            Side(_hand(pressing, way, hands["floor"], base, 2), [Walker(run) for run in runs]),
            Side(_hand(pressing, way, hands["ours"], f"{serving.said['http']}/slack/events", 2),
                 [Walker(run, before=count_finished(house, run.id)) for run in runs]),
            house,
            slack["ours"],
            serving.said["http"],
            serving.said.get("pages", ""),
        )  # fmt: skip
        bench.settle()
        yield bench


def _hand(pressing: Pressing, way: Way, sockets: SocketHand, url: str, connections: int) -> Hand:
    if way == "http":
        return HttpHand(url)
    pressing.wait(sockets.wait_for(connections))
    return sockets

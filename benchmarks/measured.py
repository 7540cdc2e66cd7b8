"""What a benchmark hands back, and the table that `make bench` prints."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table; without a `bar` it is worth knowing, and nothing is promised. `note`: under what load."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    better: Literal["lower", "higher"] = "lower"
    note: str = ""

    @property
    def passes(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.better == "lower" else self.value >= self.bar


def percentile(times: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def best_of(rounds: Iterable[Sequence[float]]) -> float:
    """The median of the quietest round: a machine that is shared disturbs some rounds more than others."""
    return min(median(times) for times in rounds)


def load() -> str:
    """How busy this machine is: runnable processes over the last minute, and how many it can run at once."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def heading() -> str:
    return f"{'':4}  {'measured':>9}  {'bar':>9}  what"


def line(one: Measured) -> str:
    """One line of the table."""
    verdict = {True: "PASS", False: "MISS", None: "    "}[one.passes]
    sign = "≤" if one.better == "lower" else "≥"
    bar = f"{sign} {_number(one.bar)}{_unit(one)}" if one.bar is not None else ""
    note = f"  [{one.note}]" if one.note else ""
    return f"{verdict}  {_number(one.value) + _unit(one):>9}  {bar:>9}  {one.name}{note}"


def _number(value: float) -> str:
    if value == int(value) and abs(value) >= 1:
        return f"{int(value)}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def _unit(one: Measured) -> str:
    return one.unit if one.unit in ("×", "%") else f" {one.unit}" if one.unit else ""

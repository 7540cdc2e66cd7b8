"""Bars of processor time that hold on a slow machine too: ratios to a piece of work done beside what is measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time

ENOUGH = 0.5
"""Seconds of processor time that need no comparison on any machine."""


def stride() -> float:
    """What a fixed piece of plain Python takes just now, in seconds of processor time: 0.05 s on a machine of 2026."""
    began = process_time()
    words = {f"word {number}": number for number in range(60_000)}
    assert sum(words[f"word {number}"] for number in range(60_000)) == 1_799_970_000
    return process_time() - began


@contextmanager
def at_most(strides: float) -> Iterator[None]:
    """What is done inside takes no more processor time than so many strides do, whatever else the machine does."""
    began = process_time()
    yield
    taken = process_time() - began
    if taken > ENOUGH:
        assert taken < strides * max(stride() for _ in range(3)), f"{taken:.2f} s of processor time"

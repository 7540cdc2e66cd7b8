"""What has to be known of later records before the first one can be told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.run.events import Corrected, Event, Redacted, StepFinished
from bot.run.situation import Stamp

FORETELLING: Mapping[type[Event], tuple[str, ...]] = {
    Corrected: (), Redacted: (), StepFinished: ("blind", "compared"),
}  # fmt: skip
"""The events that `look_ahead` reads; it needs no others, and of some only those where one of these is not empty."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Which records are put right later and by which, whose words are erased, and what stays hidden to the end."""

    corrected: Mapping[int, tuple[int, ...]]
    erased: Mapping[int, int]
    hidden: frozenset[str]


def look_ahead(happened: Iterable[tuple[int, Event, Stamp]]) -> Ahead:
    """What the records of a run say of each other. Blind answers that nobody compared stay hidden in every entry."""
    corrected: dict[int, tuple[int, ...]] = {}
    erased: dict[int, int] = {}
    hidden: set[str] = set()
    for seq, event, _ in happened:
        match event:
            case Corrected(of=of):
                corrected[of] = (*corrected.get(of, ()), seq)
            case Redacted(of=of):
                erased[of] = seq
            case StepFinished(blind=blind, compared=compared):
                hidden = (hidden | set(blind)) - set(compared)
            case _:
                pass
    return Ahead(corrected, erased, frozenset(hidden))

"""How a run stands, in a word or two and a tone: what a lead sees before they read anything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.run.paging.ladder import still_holds
from bot.run.places import AwaitingReview, AwaitingRuns, AwaitingSignature, InCall, Over
from bot.run.state import Run
from bot.web.pages.views.clocks import Clocks

Tone = Literal["bad", "warn", "sign", "calm"]


@dataclass(frozen=True, slots=True)
class Status:
    """One thing that is so of an open run; the word says what the colour does."""

    word: str
    tone: Tone


def statuses_of(run: Run, clocks: Clocks) -> tuple[Status, ...]:
    """What is so of an open run, the worst first; ``going on`` when nothing is amiss; nothing once it is over."""
    if run.over:
        return ()
    return tuple(_found(run, clocks)) or (Status("going on", "calm"),)


def _found(run: Run, clocks: Clocks) -> Iterator[Status]:
    here, climb = run.here, run.pages.climb
    if clocks.tone == "late":
        yield Status("over RTO", "bad")
    if climb is not None and climb.answered_by is None and climb.stair >= 0 and still_holds(run, climb):
        yield Status("unanswered", "bad")
    elif run.operator is None:
        yield Status("without operator", "bad")
    if not isinstance(here, Over) and here.step == run.book.exception:
        yield Status("held", "warn")
    if run.paused is not None:
        yield Status("paused", "warn")
    match here:
        case AwaitingSignature():
            yield Status("waiting for a signature", "sign")
        case AwaitingReview():
            yield Status("waiting for a review", "sign")
        case InCall():
            yield Status("another run works", "calm")
        case AwaitingRuns():
            yield Status("other runs work", "calm")
        case _:
            pass
    if clocks.tone == "close":
        yield Status("near RTO", "warn")


def sum_up(live: Sequence[tuple[Status, ...]], practice: int, more: int) -> str:
    """What is going on, in a line, such as ``2 recoveries are open: 1 over RTO, 1 held``."""
    if not live and not practice and not more:
        return "No recovery is open."
    many = len(live) + more
    said = {0: "No recovery is open", 1: "One recovery is open"}.get(many, f"{many} recoveries are open")
    counted: dict[str, int] = {}
    for one in live:
        for status in one:
            if status.tone != "calm":
                counted[status.word] = counted.get(status.word, 0) + 1
    parts = ", ".join(f"{number} {word}" for word, number in counted.items())
    drills = f" {'A drill is' if practice == 1 else f'{practice} drills are'} under way." if practice else ""
    if not live:
        return f"{said}.{drills}"
    return f"{said}{f': {parts}' if parts else ', and nothing is amiss'}.{drills}"

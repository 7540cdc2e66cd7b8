"""Where walks of a runbook left what was written: places to look at, no patches."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from bot.format.runbook import Check, Runbook, Signoff, Step
from bot.learning.walks import RunWalk, StepWalk

OFTEN = 1 / 3
"""From this share of its visits on something is told of a step; once alone it is told of none."""
NEVER_FAILED = 10
"""Visits after which a check that always held is worth a question."""
SHARED = 2 / 3
"""From this share on two runbooks have most of their steps in common."""


@dataclass(frozen=True, slots=True)
class LearningFinding:
    """What happened again and again at a step; `step` is empty where it is of a whole runbook."""

    runbook: str
    step: str
    what: str
    todo: str


@dataclass(frozen=True, slots=True)
class _Advice:
    """What is said when something happens often, and what the author might do."""

    what: str
    todo: str


_ASTRAY: Mapping[str, _Advice] = {
    "skipped": _Advice("skipped", "Is it needed? Say why, make it critical, or take it out."),
    "went back": _Advice("gone back from", "What is missing before it? A step before it may have to find it out."),
    "back": _Advice("left for where people were before", "What did they look for here?"),
    "sent back": _Advice("reached without valid signatures", "Is the time between sign-off and step too long?"),
    "does not match": _Advice("not what people saw", "Say what may stand there, or answer it with an exit."),
}
_ASKED = _Advice("where people asked for help", "Say more in it: where to look, what is good, whom to ask.")


def findings(book: Runbook, walks: Iterable[RunWalk]) -> tuple[LearningFinding, ...]:
    """Of each step, in the order of the file, what happened often in its visits."""
    visits: dict[str, list[StepWalk]] = {}
    for walk in walks:
        for visit in walk.visits:
            visits.setdefault(visit.step, []).append(visit)
    return tuple(one for step in book.by_id.values() for one in _of_step(book, step, visits.get(step.id, [])))


def _of_step(book: Runbook, step: Step, visits: list[StepWalk]) -> Iterator[LearningFinding]:
    over = [one for one in visits if one.by_exit]
    exits = Counter(one.by_exit for one in over)
    for exit_, count in exits.items():
        told = _ASTRAY.get(exit_) or _unanswered(book, step, exit_)
        if told is not None and _is_often(count, len(over)):
            yield LearningFinding(book.id, step.id, f"{told.what}: {_of(count, len(over))}", told.todo)
    asked = sum(one.asked > 0 for one in visits)
    if _is_often(asked, len(visits)):
        yield LearningFinding(book.id, step.id, f"{_ASKED.what}: {_of(asked, len(visits))}", _ASKED.todo)
    yield from _of_kind(book, step, exits)


def _of_kind(book: Runbook, step: Step, exits: Counter[str]) -> Iterator[LearningFinding]:
    looked, ended = exits["ok"] + exits["fail"], exits.total()
    if isinstance(step, Check) and looked >= NEVER_FAILED and not exits["fail"]:
        what = f"held in all {looked} visits"
        yield LearningFinding(book.id, step.id, what, "Can it fail at all? Try it against something that is wrong.")
    if isinstance(step, Signoff) and ended > 1 and exits["expired"] == ended:
        what = f"expired each time, {ended} of {ended}"
        yield LearningFinding(book.id, step.id, what, "Are the signers there at night? Give it longer, or other roles.")


def _unanswered(book: Runbook, step: Step, exit_: str) -> _Advice | None:
    """An exit that people took, and that leads to `exception` because nobody wrote where."""
    ways = dict(book.exits(step))
    if exit_ not in ways or exit_ in step.written_exits or ways[exit_] != book.exception:
        return None
    return _Advice(f"left by “{exit_}”, which no line answers", f"Write where “{exit_}” leads.")


def _is_often(count: int, of: int) -> bool:
    return count > 1 and count >= of * OFTEN


def _of(count: int, of: int) -> str:
    return f"{count} of {of} visits"


def alike(books: Mapping[str, Runbook]) -> tuple[LearningFinding, ...]:
    """Pairs of runbooks that share most of their steps: what is mended in one is easily forgotten in the other."""
    words = {id_: frozenset(_said(step) for step in book.steps) for id_, book in books.items()}
    found = []
    for one, other in combinations(sorted(words), 2):
        fewer = min(len(words[one]), len(words[other]))
        shared = len(words[one] & words[other])
        if fewer > 2 and shared >= fewer * SHARED:  # noqa: PLR2004  (of two steps nothing is “most”)
            what = f"shares {shared} of {fewer} steps with {other}"
            found.append(LearningFinding(one, "", what, f"Keep them once: a runbook that both call. See {other}."))
    return tuple(found)


def _said(step: Step) -> str:
    """What a step is, wherever it leads: its kind, words and command."""
    return step.model_dump_json(exclude={"id", "phase", "go", "options", "cases", "else_", "typical", "why"})

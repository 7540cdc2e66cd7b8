"""Walks every exit at least once, and every path without a round, up to a bound that the report names."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.format.runbook import FAILURE_EXITS, Runbook
from bot.rehearsal.answers import Answers
from bot.rehearsal.moves import begin, exits_taken, mismatch, moves_at, take
from bot.rehearsal.samples import other_assets
from bot.run.commands import Refused
from bot.run.places import Over
from bot.run.situation import AssetAsItWas
from bot.run.state import Run

MOST_PATHS = 500
"""Paths that are walked to their end unless more are asked for. Every exit is walked beside them in any case."""
_MOST_MOVES = 3
"""Moves for each path that may be walked: paths share their beginnings, so that they need few moves each."""
_MOST_STATES = 8
"""Different states of what is known in which one step is tried."""
Taken = tuple[str, str]
"""A step and the exit that was taken."""


@dataclass(frozen=True, slots=True)
class Path:
    """A way from the start to an end; `outcome` is ``round`` when it came back to a step that it had passed."""

    taken: tuple[Taken, ...]
    outcome: str
    last: str

    @property
    def good(self) -> bool:
        """It recovers, and nothing failed on the way."""
        return self.outcome == "recovered" and all(is_good(exit_) for _, exit_ in self.taken)


@dataclass(slots=True)
class Walked:
    """What was seen on all walks."""

    book: Runbook
    paths: list[Path] = field(default_factory=list)
    complete: bool = True
    """No path was left out for the bound."""
    taken: dict[Taken, str] = field(default_factory=dict)
    """Every exit that was gone through, and the step that came next."""
    seen: dict[str, Run] = field(default_factory=dict)
    """Each step that was reached -> the first run that stood there or passed it."""
    refusals: dict[Taken, str] = field(default_factory=dict)
    """What was said when an exit could not be taken."""


def is_good(exit_: str) -> bool:
    """An exit that is no failure: not what goes wrong, not a way back, not a sub-run that did not recover."""
    return exit_ not in FAILURE_EXITS | {"back", "sent back", "partial", "aborted", "escalated"}


def rehearse(book: Runbook, asset: AssetAsItWas, most_paths: int = MOST_PATHS) -> Walked:
    """Walk a runbook in every way; Refused when it cannot even start."""
    walker = _Walker(book, asset)
    walker.try_every_exit()
    for other in other_assets(asset, walker.answers.tests):
        walker.try_other_start(other)
    walker.walk_paths(most_paths)
    return walker.walked


class _Walker:
    def __init__(self, book: Runbook, asset: AssetAsItWas) -> None:
        self.start = begin(book, asset)
        self.walked = Walked(book)
        self.answers = Answers(self.start.book)
        self.decisive = tuple(sorted(self.answers.decisive))
        self.opening = tuple((visit.step, visit.exit) for visit in self.start.done)
        """What the run went through by itself before anybody had to act."""
        self._note(self.opening, self.start)

    def try_every_exit(self) -> None:
        """From each step, in each state of knowledge that matters, every exit once."""
        known: dict[str, set[tuple[object, ...]]] = {}
        self._spread([self.start], known)
        if self.walked.book.exception not in self.walked.seen:
            held = mismatch(self.start)
            self._note((), held)
            self._spread([held], known)

    def try_other_start(self, asset: AssetAsItWas) -> None:
        """Every exit again, on an asset with other facts: a branch may go by them."""
        self._spread([begin(self.walked.book, asset)], {})

    def _spread(self, waiting: list[Run], known: dict[str, set[tuple[object, ...]]]) -> None:
        for run in waiting:
            if isinstance(run.here, Over):
                continue
            states = known.setdefault(run.here.step, set())
            state = tuple(run.vars.get(name) for name in self.decisive)
            if state in states or len(states) >= _MOST_STATES:
                continue
            states.add(state)
            waiting += [after for _, after in self._onward(run)]

    def walk_paths(self, most: int) -> None:
        """Depth first, good exits first; a path ends at an end, or where it would pass a step again."""
        pile: list[tuple[Run, tuple[Taken, ...]]] = [(self.start, self.opening)]
        found: dict[tuple[Taken, ...], Path] = {}
        budget = most * _MOST_MOVES + 500
        while pile and len(found) < most and budget > 0:
            run, taken = pile.pop()
            onward = []
            for path in self._rounds(run, taken):
                found.setdefault(path.taken, path)
            for passed, after in self._onward(run, {step for step, _ in taken}):
                budget -= 1
                ended = _ended((*taken, *passed), after)
                if ended is None:
                    onward.append((after, (*taken, *passed)))
                else:
                    found.setdefault(ended.taken, ended)
            pile += reversed(onward)
        self.walked.complete = not pile and len(found) <= most
        self.walked.paths = list(found.values())[:most]

    def _rounds(self, run: Run, taken: tuple[Taken, ...]) -> Iterator[Path]:
        """The paths that come back to a step by the next exit; the exits themselves were walked before."""
        if isinstance(run.here, Over):
            return
        here, passed = run.here.step, {step for step, _ in taken}
        for exit_ in dict.fromkeys(move.exit for move in moves_at(run, self.answers)):
            target = self._comes_back(run, exit_, passed)
            if target:
                yield Path((*taken, (here, exit_)), "round", target)

    def _comes_back(self, run: Run, exit_: str, passed: set[str]) -> str:
        """The step on the path that an exit leads back to, as it did when it was walked; empty when it goes on."""
        if isinstance(run.here, Over):
            return ""
        here = run.here.step
        known = self.walked.taken.get((here, exit_), "")
        if exit_ == "back":
            return run.held_from or ""
        return known if known in {*passed, here} and known == run.book.target(run.book.by_id[here], exit_) else ""

    def _onward(self, run: Run, passed_by: set[str] | None = None) -> Iterator[tuple[tuple[Taken, ...], Run]]:
        """Every way to leave the step where a run stands, with the exits that it takes.

        With the steps that a path has passed, only the ways that do not lead back to one of them.
        """
        for move in moves_at(run, self.answers):
            if passed_by is not None and self._comes_back(run, move.exit, passed_by):
                continue
            here = "" if isinstance(run.here, Over) else run.here.step
            try:
                after = take(run, move)
            except Refused as refused:
                self.walked.refusals.setdefault((here, move.exit), refused.sentence)
                continue
            passed = exits_taken(run, after)
            self._note(passed, after)
            yield passed, after

    def _note(self, passed: tuple[Taken, ...], after: Run) -> None:
        """What was gone through, and which steps were seen: those that the run passed by itself too."""
        steps = [*(step for step, _ in passed), after.here.step or ""]
        for one, following in zip(passed, steps[1:], strict=True):
            self.walked.taken.setdefault(one, following)
        for step in filter(None, steps):
            self.walked.seen.setdefault(step, after)


def _ended(taken: tuple[Taken, ...], after: Run) -> Path | None:
    """The path that ends here; None when it goes on."""
    passed = [step for step, _ in taken]
    here = after.here
    if isinstance(here, Over):
        again = len(set(passed)) < len(passed)
        return Path(taken, "round" if again else here.outcome, here.step or "")
    if here.step in passed or len(set(passed)) < len(passed):
        return Path(taken, "round", here.step)
    return None

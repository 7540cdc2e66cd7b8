"""What a rehearsal found: paths by outcome, answers that nobody can give, the longest way, steps off the good ways."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.format.runbook import Alone, End, Runbook
from bot.format.ways import last_first, reached
from bot.rehearsal.answers import asked_names
from bot.rehearsal.samples import sample_text
from bot.rehearsal.walk import Path, Taken, Walked, is_good

_UNSAID = "No walk went through it."


@dataclass(frozen=True, slots=True)
class WalkedPath:
    """A way through the runbook: its steps in order, and the seconds that they usually take."""

    steps: tuple[str, ...]
    seconds: int
    untimed: tuple[str, ...]
    """Steps on it that say no `typical` and are no mere ends."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Everything that `handrail simulate` says about a runbook."""

    steps: int
    exits: int
    outcomes: Mapping[str, int]
    """Outcome -> paths that end so."""
    rounds: int
    """Paths that came back to a step; they are walked up to there."""
    complete: bool
    dead: tuple[tuple[Taken, str], ...]
    """Exits that no walk went through, with the reason as far as one is known."""
    unreached: tuple[str, ...]
    off_good: tuple[str, ...]
    """Steps on no way that recovers without a failure."""
    longest: WalkedPath | None
    longest_good: WalkedPath | None

    @property
    def paths(self) -> int:
        """Paths that were walked to an end."""
        return sum(self.outcomes.values())

    @property
    def sound(self) -> bool:
        """Everything can be reached, every answer can be given, and there is a good way."""
        return not self.dead and not self.unreached and self.longest_good is not None


def report_of(walked: Walked) -> Rehearsal:
    """The report of a rehearsal."""
    book = walked.book
    exits = [(step.id, exit_) for step in book.steps for exit_, _ in book.exits(step)]
    ended = [path for path in walked.paths if path.outcome != "round"]
    good = _on_good_ways(walked)
    return Rehearsal(
        steps=len(book.steps),
        exits=len(exits),
        outcomes=dict(Counter(path.outcome for path in ended).most_common()),
        rounds=len(walked.paths) - len(ended),
        complete=walked.complete,
        dead=tuple((one, _why(one, walked)) for one in exits if one not in walked.taken),
        unreached=tuple(step.id for step in book.steps if step.id not in walked.seen),
        off_good=tuple(step.id for step in book.steps if step.id not in good and step.id in walked.seen),
        longest=_longest(book, ended),
        longest_good=_longest_good(walked),
    )


def _why(one: Taken, walked: Walked) -> str:
    step, exit_ = one
    if step not in walked.seen:
        return "Its step is never reached."
    said = walked.refusals.get(one) or walked.refusals.get((step, "ok"))
    if said:
        return said
    if exit_.startswith("case ") or exit_ == "else":
        return "Nothing that can be answered before it leads here."
    if exit_ != "ok":
        return _UNSAID
    fields = walked.book.fields
    odd = [
        name for name in asked_names(walked.book.by_id[step]) if name in fields and sample_text(fields[name]) is None
    ]
    if odd:
        return f"No sample of {', '.join(odd)} could be thought of: a `default` would be one."
    return "No answer was found that leads here."


def _way(book: Runbook, steps: Iterable[str]) -> WalkedPath:
    passed = tuple(steps)
    held = [book.by_id[step] for step in passed]
    seconds = sum(int(step.typical.total_seconds()) for step in held if step.typical)
    untimed = tuple(step.id for step in held if step.typical is None and not isinstance(step, Alone | End))
    return WalkedPath(passed, seconds, untimed)


def _longest(book: Runbook, paths: list[Path]) -> WalkedPath | None:
    """The walked path with the most steps."""
    if not paths:
        return None
    longest = max(paths, key=lambda path: len(path.taken))
    return _way(book, [*(step for step, _ in longest.taken), longest.last])


def _good_edges(walked: Walked) -> dict[str, list[str]]:
    """Step -> the steps that follow by exits which are no failure, as they were walked."""
    edges: dict[str, list[str]] = {step.id: [] for step in walked.book.steps}
    for (step, exit_), following in walked.taken.items():
        if is_good(exit_) and following and following == walked.book.target(walked.book.by_id[step], exit_):
            edges[step].append(following)
    return edges


def _recoveries(book: Runbook) -> set[str]:
    return {step.id for step in book.steps if isinstance(step, End) and step.outcome == "recovered"}


def _on_good_ways(walked: Walked) -> set[str]:
    """Steps between the start and a recovery, by good exits only."""
    edges = _good_edges(walked)
    back: dict[str, list[str]] = {step: [] for step in edges}
    for step, following in edges.items():
        for one in following:
            back[one].append(step)
    come_to: set[str] = reached(edges, {walked.book.steps[0].id})
    leading: set[str] = reached(back, _recoveries(walked.book))
    return come_to & leading


def _longest_good(walked: Walked) -> WalkedPath | None:
    """The good way that takes the most time, then the most steps; exits that close a round are left aside."""
    book, edges, good = walked.book, _good_edges(walked), _on_good_ways(walked)
    start, ends = book.steps[0].id, _recoveries(book)
    best: dict[str, tuple[int, int, str]] = {}
    for step in last_first(edges, start):
        if step not in good:
            continue
        typical = book.by_id[step].typical
        own = int(typical.total_seconds()) if typical else 0
        onward = [(own + best[one][0], 1 + best[one][1], one) for one in edges[step] if one in best]
        if onward or step in ends:
            best[step] = max(onward) if onward else (own, 1, "")
    if start not in best:
        return None
    steps = [start]
    while best[steps[-1]][2]:
        steps.append(best[steps[-1]][2])
    return _way(book, steps)

"""Which variables certainly have a value when a step is entered, whatever way led there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.format.runbook import (
    Alone,
    Branch,
    Call,
    Check,
    Do,
    End,
    Join,
    Runbook,
    RunStep,
    Step,
    Wait,
    Work,
    captures_of,
)


def set_on(step: Step, exit_: str) -> tuple[str, ...]:
    """The variables that a step has certainly set when it is left by an exit.

    An answer and what is captured are kept on `ok` only; a call brings something back for certain only when the other
    runbook has recovered; a step that may be skipped is left by `ok` without having set anything.
    """
    skipped = step.skip and not step.critical and isinstance(step, Work)
    return () if skipped else _left_by(step, exit_)


def _left_by(step: Step, exit_: str) -> tuple[str, ...]:
    match step:
        case Do(answer=answer) if exit_ == "ok" and answer is not None:
            return (answer.var,)
        case Check() | Wait() if exit_ == "ok":
            return tuple(captures_of(step))
        case RunStep() if exit_ == "ok":
            return (*step.capture, *step.set)
        case Call() if exit_ == "recovered":
            return tuple(step.capture)
        case Branch() if exit_.startswith("case "):
            return tuple(_known_to_exist(step, int(exit_.removeprefix("case ")) - 1))
        case _:
            return ()


def _known_to_exist(step: Branch, case: int) -> Iterator[str]:
    """Variables that a case has looked for: on that way they are there."""
    for test in step.cases[case].when.all or ():
        if test.exists:
            yield test.var.removeprefix("vars.")


def set_by(step: Step) -> tuple[str, ...]:
    """The variables that a step sets itself, on whatever exit."""
    return (*_left_by(step, "ok"), *_left_by(step, "recovered"))


def brought_home(book: Runbook, step: Step) -> tuple[str, ...]:
    """What the calls that a `join` waits for have certainly brought home when it is left by `ok`."""
    calls = (book.by_id[one] for one in book.joined_by(step)) if isinstance(step, Join) else ()
    return tuple(name for call in calls if isinstance(call, Call) for name in call.capture)


class Flow:
    """The variables of a runbook along its ways, each a bit of a number."""

    def __init__(self, book: Runbook, number: Mapping[str, int], exits: Sequence[tuple[tuple[str, str], ...]]) -> None:
        """Take the number of each step id, and the exits of each step."""
        self._bits = {name: 1 << place for place, name in enumerate(book.fields)}
        self._book, self._number = book, number
        hold = number.get(book.exception)
        self._ways: list[list[tuple[int, int]]] = []
        """For each step: where an exit leads, and what it adds."""
        for step, leading in zip(book.steps, exits, strict=True):
            home = brought_home(book, step)
            ways = [
                (number[target], self._mask((*set_on(step, exit_), *(home if exit_ == "ok" else ()))))
                for exit_, target in leading
                if target in number
            ]
            if hold is not None and not isinstance(step, Alone | End):
                ways.append((hold, 0))
            self._ways.append(ways)
        self.at_start = self._mask(_given(book))
        self._entered = self._walk()

    def _mask(self, names: Iterable[str]) -> int:
        mask = 0
        for name in names:
            mask |= self._bits.get(name, 0)
        return mask

    def _walk(self) -> list[int | None]:
        """What is certain at each step: what every way to it has in common; None where no way leads."""
        entered: list[int | None] = [None] * len(self._ways)
        entered[0] = self.at_start
        waiting = [0]
        while waiting:
            here = waiting.pop()
            certain = entered[here] or 0
            for target, added in self._ways[here]:
                before = entered[target]
                now = certain | added if before is None else before & (certain | added)
                if now != before:
                    entered[target] = now
                    waiting.append(target)
        return entered

    def certain(self, name: str, at: int) -> bool:
        """Whether a variable has a value whenever a step is entered; one that nothing leads to is not judged."""
        entered = self._entered[at]
        return entered is None or bool(entered & self._bits.get(name, 0)) or name not in self._bits

    def certain_at_start(self, name: str) -> bool:
        """Whether a variable has a value from the first step on."""
        return bool(self.at_start & self._bits.get(name, 0)) or name not in self._bits

    def way_without(self, name: str, to: int) -> list[str]:
        """The shortest way to a step on which nothing sets the variable, as step ids."""
        bit, came = self._bits[name], {0: 0}
        waiting = [0]
        for here in waiting:
            if here == to:
                break
            for target, added in self._ways[here]:
                if target not in came and not added & bit:
                    came[target] = here
                    waiting.append(target)
        way, here = [to], to
        while here != 0 and here in came:
            here = came[here]
            way.append(here)
        return [self._book.steps[at].id for at in reversed(way)]


def _given(book: Runbook) -> Iterator[str]:
    """What has a value from the start: inputs that are asked for in earnest, and whatever has a default."""
    for name, field in book.fields.items():
        if field.default is not None or (field.required and name in book.inputs):
            yield name

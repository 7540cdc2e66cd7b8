"""What a run wants of hands now, and the command word by word as it would be executed."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bot.format.pieces import Exec
from bot.format.runbook import Check, RunStep, StepBase, Wait
from bot.format.text import Hole, TextProblem, fill, parse_text
from bot.run.law.scope import names_of, show_step
from bot.run.places import AtStep
from bot.run.state import Run

Want = Literal["read", "offer", "run"]
"""``read``: a check goes by itself. ``offer``: hands may say that they can run the step. ``run``: somebody pressed."""
ByHands = Check | RunStep | Wait
"""Steps that hands can do."""
CHECK_LIMIT = timedelta(seconds=60)
"""RUNBOOKS.md, section 4: people wait for an automatic check."""


class CannotOrder(Exception):
    """The command cannot be executed as it stands; the sentence is for people."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command as it would be executed now. `command` is how the card shows it; `limit` in seconds."""

    step: str
    visit: int
    attempt: int
    effect: str
    place: str
    command: str
    argv: tuple[str, ...]
    profile: str | None
    limit: int


def wanted(run: Run) -> Want | None:
    """What the run wants of hands; None when it wants nothing, or something still runs."""
    here, hands = run.here, run.hands
    if not isinstance(here, AtStep) or run.paused is not None or here.already:
        return None
    if hands.running or hands.by_hand or hands.declined:
        return None
    step = run.book.by_id[here.step]
    if not isinstance(step, ByHands) or (executed(step) is None and not is_timer(step)):
        return None
    if hands.asked is not None:
        return "run"
    if here.began is not None or hands.last is not None or hands.ready:
        return None
    return "read" if goes_by_itself(run, step) else "offer"


def goes_by_itself(run: Run, step: StepBase) -> bool:
    """Whether a step is started without a press: a check or a wait, unless its start is signed."""
    return isinstance(step, Check | Wait) and step.id not in run.book.signoffs_of


def executed(step: StepBase) -> Exec | None:
    """The command that a step is about, if it is a program."""
    match step:
        case Check(exec=how) | RunStep(exec=how):
            return how
        case Wait(poll=poll) if poll is not None:
            return poll.exec
        case _:
            return None


def is_timer(step: StepBase) -> bool:
    """Whether a step only lets time pass."""
    return isinstance(step, Wait) and step.for_ is not None


def limit_of(step: ByHands) -> timedelta | None:
    """How long the step may take; of a wait, how long it waits."""
    if isinstance(step, Wait) and step.for_ is not None:
        return step.for_
    return step.timeout or (CHECK_LIMIT if isinstance(step, Check) else None)


def order_of(run: Run) -> Order:
    """The command of the step where the run stands. CannotOrder when it has none, or it cannot be trusted."""
    here = run.here
    step = run.book.by_id[here.step] if isinstance(here, AtStep) else None
    how = None if step is None else executed(step)
    if not isinstance(here, AtStep) or not isinstance(step, ByHands) or (how is None and not is_timer(step)):
        raise CannotOrder("This step has no command.")
    shown, limit = show_step(run, step), limit_of(step)
    if limit is None:
        raise CannotOrder("The runbook sets no time limit for it (timeout).")
    argv, command = () if how is None else fill_arguments(run, how), shown.command or ""
    if not _shows(command, argv):
        raise CannotOrder("The card cannot show this command word by word, so nobody could know what runs.")
    return Order(
        step.id, here.visit, run.hands.attempts + 1, shown.effect or "read", shown.host or "bot", command, argv,
        None if how is None else how.profile, int(limit.total_seconds()),
    )  # fmt: skip


def fill_arguments(run: Run, how: Exec) -> tuple[str, ...]:
    """The arguments, each template in its own; CannotOrder for one that is unknown or would be an option."""
    names = names_of(run)
    try:
        argv = tuple(fill(argument, names) for argument in how.argv)
    except TextProblem as unknown:
        raise CannotOrder(f"A value in it is not known: {unknown}.") from None
    for number, (template, argument) in enumerate(zip(how.argv, argv, strict=True)):
        if "\0" in argument:
            raise CannotOrder("A value in it holds a sign that no command can take.")
        if number and _is_value_first(template) and argument.startswith("-") and "--" not in how.argv[:number]:
            raise CannotOrder(f"The value “{argument[:60]}” begins with a dash and would be read as an option.")
    return argv


def _is_value_first(template: str) -> bool:
    return isinstance(next(iter(parse_text(template)), ""), Hole)


def _shows(command: str, argv: Sequence[str]) -> bool:
    """Whether a shell would read exactly these words in what stands on the card."""
    try:
        return tuple(shlex.split(command)) == tuple(argv)
    except ValueError:
        return False


def state_of_hands(run: Run) -> str | None:
    """What the index of runs says: ``wants`` hands, ``runs`` a command, or nothing."""
    if run.hands.running:
        return "runs"
    return "wants" if wanted(run) is not None else None

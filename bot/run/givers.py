"""Who gave a value: a person where somebody typed it, nobody where Handrail read it or the file says it.

A value that is made of others has the givers of those.
"""

from collections.abc import Iterable, Mapping

from bot.format.catalogue import CLOCK
from bot.format.runbook import RunStep, StepBase
from bot.format.shapes import Value
from bot.format.text import TextProblem, names_in
from bot.run.places import Given

Givers = tuple[str, ...]


def givers_by(person: str) -> Givers:
    """The givers of what somebody typed."""
    return () if person == CLOCK else (person,)


def givers_within(value: Value, known: Mapping[str, Givers]) -> Givers:
    """The givers of the variables of which a template is made."""
    try:
        names = names_in(value) if isinstance(value, str) else ()
    except TextProblem:
        return ()
    return together(known.get(name.removeprefix("vars."), ()) for name in names if name.startswith("vars."))


def together(givers: Iterable[Givers]) -> Givers:
    """All of them, in order, so that records of it are alike."""
    return tuple(sorted({person for some in givers for person in some}))


def givers_of_answers(
    step: StepBase | None, answers: Iterable[str], by: str, exit_: str, given: Mapping[str, Given]
) -> dict[str, Givers]:
    """Who gave each answer of a step that ended: whoever typed it, or the givers of what its `set` is made of."""
    names = tuple(answers)
    set_ = step.set if isinstance(step, RunStep) and exit_ == "ok" else {}
    typed = {name: givers_by(by) for name in names if name not in set_}
    known = {name: one.givers for name, one in given.items()} | dict(typed)
    captured = {name: givers_by(by) for name in step.capture} if isinstance(step, RunStep) else {}
    return typed | {name: givers_within(set_[name], known | captured) for name in names if name in set_}

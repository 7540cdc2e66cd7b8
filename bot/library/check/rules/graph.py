"""Rules about the ways through a runbook: everything can be reached, everything ends, nothing goes round for ever."""

from collections import deque
from collections.abc import Iterator

from bot.format.runbook import TRY_AGAIN, Alone, Branch, Call, Decide, End, RunStep, StepBase, forward_exit
from bot.format.ways import reached, rounds, turned
from bot.library.check.known import Outline, View
from bot.library.check.page import CheckedRunbook, named
from bot.library.problems import listed
from bot.library.reading.shape import near
from bot.library.rules import Found, rule

_OWN_BUTTONS = frozenset({"back", "unsure"})
"""Answers of a `decide` that are not the author’s."""


@rule("G1")
def ids_are_unique(page: CheckedRunbook) -> Iterator[Found]:
    """A step, an option and a probe have ids of their own. A record names them, and one name is one thing."""
    book = page.book
    for number, step in enumerate(book.steps):
        if page.number[step.id] != number:
            line = page.document.place(page.path(page.number[step.id])).line
            yield page.path(number, "id"), f"There is a step {named(step)} in line {line} already.", "another id"
        if isinstance(step, Decide):
            yield from _twice([option.id for option in step.options], ("steps", number, "options"), "option")
            for at, option in enumerate(step.options):
                if option.id in _OWN_BUTTONS:
                    way = page.path(number, "options", at, "id")
                    yield way, f"“{option.id}” is what Handrail’s own button is called.", "another id"
    yield from _twice([probe.id for probe in book.preflight], ("preflight",), "check")
    yield from _twice([probe.id for probe in book.stop_when], ("stop_when",), "check")


def _twice(ids: list[str], way: tuple[str | int, ...], called: str) -> Iterator[Found]:
    if len(set(ids)) == len(ids):
        return
    for at, id_ in enumerate(ids):
        if id_ in ids[:at]:
            yield (*way, at, "id"), f"There is another {called} “{id_}” beside this one.", "another id"


@rule("G2")
def targets_exist(page: CheckedRunbook) -> Iterator[Found]:
    """Every exit leads to a step of this runbook. In an outage nobody can guess where it was meant to go."""
    for number, exits in enumerate(page.exits):
        written = page.book.steps[number].written_exits
        for exit_, target in exits:
            if target not in page.number and exit_ in written:
                message = (
                    f"“{exit_}” of {named(page.book.steps[number])} leads to “{target}”, and there is no such step."
                )
                yield page.exit_path(number, exit_), message, _meant(page, target)
    if page.book.exception not in page.number:
        yield ("exception",), f"There is no step “{page.book.exception}” to hold at.", _meant(page, page.book.exception)


def _meant(page: CheckedRunbook, target: str) -> str:
    return near(target, page.number) or f"one of {listed(page.number)}"


@rule("G3", whole=True)
def steps_are_reachable(page: CheckedRunbook) -> Iterator[Found]:
    """Every step can be come to from the start or from `exception`. A step that nobody reaches is a forgotten exit."""
    seen = reached(page.edges, page.starts)
    for number, step in enumerate(page.book.steps):
        if number not in seen and page.number[step.id] == number:
            yield page.path(number, "id"), f"No way leads to {named(step)}.", f"an exit that leads here: {step.id}"


@rule("G4", whole=True)
def steps_can_end(page: CheckedRunbook) -> Iterator[Found]:
    """From every step an end can be come to. Otherwise a run can only be stopped by force."""
    ends = [number for number, step in enumerate(page.book.steps) if isinstance(step, End)]
    ending = reached(turned(page.edges), ends)
    for number, step in enumerate(page.book.steps):
        if number not in ending:
            yield page.path(number, "id"), f"No end can be reached from {named(step)}.", "a way from here to an `end`"


@rule("G5", whole=True)
def rounds_are_counted(page: CheckedRunbook) -> Iterator[Found]:
    """Every cycle holds a step with `max_visits`, also through `exception`. A tired team would go round for hours."""
    steps = page.book.steps
    uncounted = [number for number, step in enumerate(steps) if step.max_visits is None]
    lasting = [
        [page.number[to] for exit_, to in exits if to in page.number and exit_ != TRY_AGAIN] for exits in page.exits
    ]
    for knot in rounds(lasting, uncounted):
        through = listed((steps[number].id for number in knot), 8)
        yield (
            page.path(knot[0], "id"),
            f"One can go round here without a limit: {through}.",
            "max_visits: 3 on one of them",
        )


@rule("G6")
def choices_are_complete(page: CheckedRunbook) -> Iterator[Found]:
    """A `branch` has an `else`. What the author did not think of happens at night."""
    for number, step in enumerate(page.book.steps):
        if isinstance(step, Branch) and step.else_ is None:
            yield page.path(number, "branch"), f"{named(step)} has no `else`.", f"else: {page.book.exception}"


@rule("G7", "warning", whole=True)
def exits_differ(page: CheckedRunbook) -> Iterator[Found]:
    """The exits of a step lead to different steps. When all lead to one, the question or the check changes nothing."""
    for number, exits in enumerate(page.exits):
        step = page.book.steps[number]
        unsaid = page.document.short.fell.get(number, "") is None  # told by G8
        alike = len(exits) > 1 and len({target for _, target in exits}) == 1
        if alike and step.id != page.book.exception and not unsaid:
            message = f"All exits of {named(step)} lead to “{exits[0][1]}”."
            yield page.path(number, "id"), message, "different ways on, or a step of another kind"


@rule("G8", live=True)
def the_last_step_says_where_it_leads(page: CheckedRunbook) -> Iterator[Found]:
    """Behind the last step of the file nothing follows: its forward exit is written. In a draft it ends the drill."""
    for number, follower in page.document.short.fell.items():
        if follower is None and number == page.document.short.own - 1:
            step = page.book.steps[number]
            message = f"{named(step)} is the last step, and does not say where “{forward_exit(step)}” leads."
            yield page.path(number, step.kind), message, "go: and the step or the end that it leads to"


@rule("G13")
def nothing_falls_into_harm_or_an_end(page: CheckedRunbook) -> Iterator[Found]:
    """Where no forward exit is written, the step that follows comes next; a `destroy`, a bound step or an `end` never.

    The exit that leads there is written: moving a line in Git must not put a destruction next, or close a run.
    """
    for number, follower in page.document.short.fell.items():
        after = page.book.steps[page.number[follower]] if follower in page.number else None
        if after is None or (what := _never_fallen_into(page, after)) is None:
            continue
        step = page.book.steps[number]
        message = f"{named(step)} does not say where “{forward_exit(step)}” leads, and {named(after)} {what}."
        yield page.path(number, step.kind), message, f"go: {after.id}"


def _never_fallen_into(page: CheckedRunbook, step: StepBase) -> str | None:
    if isinstance(step, End):
        return "is an end"
    if isinstance(step, RunStep) and step.effect == "destroy":
        return "destroys"
    return "is bound by a sign-off" if step.id in page.book.signoffs_of else None


@rule("G9")
def calls_do_not_circle(page: CheckedRunbook) -> Iterator[Found]:
    """Runbooks do not call each other in a circle. Each run would wait for the next, and none would ever go on."""
    for number, step in enumerate(page.book.steps):
        chain = _circle(page.folder, page.book.id, step.runbook) if isinstance(step, Call) else None
        if chain is not None:
            yield (
                page.path(number, "runbook"),
                f"This is a circle of calls: {' → '.join(chain)}.",
                "a procedure that ends here",
            )


@rule("G12", "warning")
def calls_are_two_deep_at_most(page: CheckedRunbook) -> Iterator[Found]:
    """Runbooks do not call each other more than two deep. Nobody keeps a third thread in view."""
    for number, step in enumerate(page.book.steps):
        chain = _deep(page.folder, (page.book.id, step.runbook)) if isinstance(step, Call) else None
        if chain is not None:
            yield (
                page.path(number, "runbook"),
                f"This is more than two calls deep: {' → '.join(chain)}.",
                "a procedure that ends here",
            )


def _circle(folder: View, book: str, called: str) -> tuple[str, ...] | None:
    """The shortest chain of calls by which `called` comes back to `book`; each runbook is looked at once."""
    ways: deque[tuple[str, ...]] = deque([(book, called)])
    seen = {called}
    while ways:
        way = ways.popleft()
        if way[-1] == book:
            return way
        for one in _calls_of(folder, way[-1]):
            if one not in seen:
                seen.add(one)
                ways.append((*way, one))
    return None


def _deep(folder: View, chain: tuple[str, ...]) -> tuple[str, ...] | None:
    """A chain with a third call. One that comes back to a runbook is a circle, and told as that."""
    if chain[-1] in chain[:-1]:
        return None
    if len(chain) > len(("this", "first", "second")):
        return chain
    found = (_deep(folder, (*chain, one)) for one in _calls_of(folder, chain[-1]))
    return next((one for one in found if one is not None), None)


def _calls_of(folder: View, id_: str) -> tuple[str, ...]:
    book = folder.entry("runbook", id_)
    return tuple(dict.fromkeys(call.runbook for call in book.calls)) if isinstance(book, Outline) else ()


@rule("G10", whole=True)
def nothing_goes_round_alone(page: CheckedRunbook) -> Iterator[Found]:
    """No cycle is made of `branch` and `notify` alone. It would spin and post without anybody acting."""
    steps = page.book.steps
    alone = [number for number, step in enumerate(steps) if isinstance(step, Alone)]
    for knot in rounds(page.edges, alone):
        through = listed((steps[number].id for number in knot), 8)
        yield page.path(knot[0], "id"), f"The bot would go round alone here: {through}.", "a step where a person acts"


@rule("G11")
def a_person_can_hold(page: CheckedRunbook) -> Iterator[Found]:
    """`exception` is a `do` or a `decide`. Whatever happens, a run has to be able to wait there for a person."""
    number = page.number.get(page.book.exception)
    if number is not None and page.book.steps[number].kind not in {"do", "decide"}:
        step = page.book.steps[number]
        message = f"`exception` is {named(step)}, a `{step.kind}`, and nobody can hold a run there."
        yield ("exception",), message, "the id of a `decide` that calls the lead"

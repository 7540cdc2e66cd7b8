"""Rules about the ways through a runbook: everything can be reached, everything ends, nothing goes round for ever."""

from collections.abc import Iterator

from bot.core.runbook import Branch, Call, Decide, End, Notify, forward_exit
from bot.core.ways.graph import reached, rounds, turned
from bot.library.check.known import Outline
from bot.library.check.page import Page, named
from bot.library.problems import listed
from bot.library.reading.shape import near
from bot.library.rules import Found, rule


@rule("G1")
def ids_are_unique(page: Page) -> Iterator[Found]:
    """A step, an option and a probe have ids of their own. A record names them, and one name is one thing."""
    book = page.book
    for number, step in enumerate(book.steps):
        if page.number[step.id] != number:
            line = page.document.place(page.path(page.number[step.id])).line
            yield page.path(number, "id"), f"There is a step {named(step)} in line {line} already.", "another id"
        if isinstance(step, Decide):
            yield from _twice([option.id for option in step.options], ("steps", number, "options"), "option")
    yield from _twice([probe.id for probe in book.preflight], ("preflight",), "check")
    yield from _twice([probe.id for probe in book.stop_when], ("stop_when",), "check")


def _twice(ids: list[str], way: tuple[str | int, ...], called: str) -> Iterator[Found]:
    if len(set(ids)) == len(ids):
        return
    for at, id_ in enumerate(ids):
        if id_ in ids[:at]:
            yield (*way, at, "id"), f"There is another {called} “{id_}” beside this one.", "another id"


@rule("G2")
def targets_exist(page: Page) -> Iterator[Found]:
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


def _meant(page: Page, target: str) -> str:
    return near(target, page.number) or f"one of {listed(page.number)}"


@rule("G3", whole=True)
def steps_are_reachable(page: Page) -> Iterator[Found]:
    """Every step can be come to from the start or from `exception`. A step that nobody reaches is a forgotten exit."""
    seen = reached(page.edges, page.starts)
    for number, step in enumerate(page.book.steps):
        if number not in seen and page.number[step.id] == number:
            yield page.path(number, "id"), f"No way leads to {named(step)}.", f"an exit that leads here: {step.id}"


@rule("G4", whole=True)
def steps_can_end(page: Page) -> Iterator[Found]:
    """From every step an end can be come to. Otherwise a run can only be stopped by force."""
    ends = [number for number, step in enumerate(page.book.steps) if isinstance(step, End)]
    ending = reached(turned(page.edges), ends)
    for number, step in enumerate(page.book.steps):
        if number not in ending:
            yield page.path(number, "id"), f"No end can be reached from {named(step)}.", "a way from here to an `end`"


@rule("G5", whole=True)
def rounds_are_counted(page: Page) -> Iterator[Found]:
    """Every cycle holds a step with `max_visits`, also through `exception`. A tired team would go round for hours."""
    steps = page.book.steps
    uncounted = [number for number, step in enumerate(steps) if step.max_visits is None]
    for knot in rounds(page.edges, uncounted):
        through = listed((steps[number].id for number in knot), 8)
        yield (
            page.path(knot[0], "id"),
            f"One can go round here without a limit: {through}.",
            "max_visits: 3 on one of them",
        )


@rule("G6")
def choices_are_complete(page: Page) -> Iterator[Found]:
    """A `branch` has an `else`, a `decide` has an `unsure`. What the author did not think of happens at night."""
    for number, step in enumerate(page.book.steps):
        if isinstance(step, Branch) and step.else_ is None:
            yield page.path(number, "branch"), f"{named(step)} has no `else`.", f"else: {page.book.exception}"
        if isinstance(step, Decide) and "unsure" not in step.go:
            hint = f"go: {{unsure: {page.book.exception}}}"
            yield page.path(number, "decide"), f"{named(step)} has no way out for somebody who is unsure.", hint


@rule("G7", "warning", whole=True)
def exits_differ(page: Page) -> Iterator[Found]:
    """The exits of a step lead to different steps. When all lead to one, the question or the check changes nothing."""
    for number, exits in enumerate(page.exits):
        step = page.book.steps[number]
        if len(exits) > 1 and len({target for _, target in exits}) == 1 and step.id != page.book.exception:
            message = f"All exits of {named(step)} lead to “{exits[0][1]}”."
            yield page.path(number, "id"), message, "different ways on, or a step of another kind"


@rule("G8")
def ways_forward_are_written(page: Page) -> Iterator[Found]:
    """Every exit that moves forward is written down. Nothing falls through to the next item of the file."""
    for number, step in enumerate(page.book.steps):
        forward = forward_exit(step)
        if forward is not None and forward not in step.written_exits:
            yield (
                page.path(number, step.kind),
                f"{named(step)} does not say where “{forward}” leads.",
                f"go: {{{forward}: …}}",
            )
        if isinstance(step, Call) and not step.go:
            message = f"{named(step)} does not say where the outcomes of “{step.runbook}” lead."
            yield page.path(number, step.kind), message, f"go: {{recovered: …, else: {page.book.exception}}}"


@rule("G9", "warning")
def calls_do_not_circle(page: Page) -> Iterator[Found]:
    """Runbooks do not call each other in a circle, nor more than two deep. Nobody keeps a third thread in view."""
    for number, step in enumerate(page.book.steps):
        if isinstance(step, Call):
            for chain in _chains(page, (page.book.id, step.runbook)):
                circle = chain[-1] in chain[:-1]
                told = "a circle of calls" if circle else "more than two calls deep"
                yield (
                    page.path(number, "runbook"),
                    f"This is {told}: {' → '.join(chain)}.",
                    "a procedure that ends here",
                )
                break


def _chains(page: Page, chain: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Chains of calls that come back to a runbook, or have a third call."""
    if chain[-1] in chain[:-1] or len(chain) > len(("this", "first", "second")):
        yield chain
        return
    book = page.folder.entry("runbook", chain[-1])
    called = [call.runbook for call in book.calls] if isinstance(book, Outline) else []
    for one in dict.fromkeys(called):
        yield from _chains(page, (*chain, one))


@rule("G10", whole=True)
def nothing_goes_round_alone(page: Page) -> Iterator[Found]:
    """No cycle is made of `branch` and `notify` alone. It would spin and post without anybody acting."""
    steps = page.book.steps
    alone = [number for number, step in enumerate(steps) if isinstance(step, Branch | Notify)]
    for knot in rounds(page.edges, alone):
        through = listed((steps[number].id for number in knot), 8)
        yield page.path(knot[0], "id"), f"The bot would go round alone here: {through}.", "a step where a person acts"


@rule("G11")
def a_person_can_hold(page: Page) -> Iterator[Found]:
    """`exception` is a `do` or a `decide`. Whatever happens, a run has to be able to wait there for a person."""
    number = page.number.get(page.book.exception)
    if number is not None and page.book.steps[number].kind not in {"do", "decide"}:
        step = page.book.steps[number]
        message = f"`exception` is {named(step)}, a `{step.kind}`, and nobody can hold a run there."
        yield ("exception",), message, "the id of a `decide` that calls the lead"

"""Rules about several teams at once: what is opened meanwhile is waited for, and no two work on one thing."""

from collections.abc import Iterable, Iterator

from bot.format.runbook import Call, End, Join, StepBase
from bot.format.ways import reached
from bot.library.check.page import CheckedRunbook, named
from bot.library.problems import listed
from bot.library.rules import Found, rule


@rule("G14", whole=True)
def what_is_opened_is_joined(page: CheckedRunbook) -> Iterator[Found]:
    """No end comes before the `join` of a call with `meanwhile`, and `recovered` only once all of them have recovered.

    Otherwise a run would close over teams that still work, or say that all is well where nobody has heard from them.
    The ways through `exception` count for `recovered` alone: an end that is chosen there asks those runs to stop.
    """
    for number, step in enumerate(page.book.steps):
        if not isinstance(step, Call) or not step.meanwhile:
            continue
        joins = _joins_of(page, step.id)
        if not joins:
            message = f"{named(step)} opens a run, and no `join` waits for it."
            yield page.path(number, "call"), message, "a `join` before the end"
            continue
        for end in _ends(page, recovered=False):
            if end in reached(_without(page, joins), _after(page, number)):
                yield _too_early(page, end, step)
        hopeful = page.cut({(join, "ok") for join in joins})
        for end in _ends(page, recovered=True):
            if end in reached(hopeful, _after(page, number)):
                yield _too_early(page, end, step)


def _too_early(page: CheckedRunbook, end: int, call: StepBase) -> Found:
    last = page.book.steps[end]
    sure = "has recovered" if isinstance(last, End) and last.outcome == "recovered" else "was waited for"
    message = f"{named(last)} can be reached before the run that {named(call)} opens {sure}."
    return page.path(end, "end"), message, f"a `join` of {call.id} on every way here"


def _ends(page: CheckedRunbook, *, recovered: bool) -> list[int]:
    steps = enumerate(page.book.steps)
    return [at for at, step in steps if isinstance(step, End) and (step.outcome == "recovered") == recovered]


def _joins_of(page: CheckedRunbook, call: str) -> set[int]:
    return {at for at, step in enumerate(page.book.steps) if call in page.book.joined_by(step)}


def _after(page: CheckedRunbook, number: int) -> list[int]:
    return [page.number[target] for _, target in page.exits[number] if target in page.number]


def _without(page: CheckedRunbook, stops: Iterable[int]) -> list[list[int]]:
    """The ways that the author wrote, without those beyond some steps, and without what `exception` leads to."""
    closed = {*stops, page.number.get(page.book.exception, -1)}
    return [[] if at in closed else targets for at, targets in enumerate(page.edges)]


@rule("G15", whole=True)
def a_join_has_something_to_wait_for(page: CheckedRunbook) -> Iterator[Found]:
    """A `join` waits for calls with `meanwhile` that lead to it. One that waits for nothing is a forgotten call."""
    for number, step in enumerate(page.book.steps):
        if not isinstance(step, Join):
            continue
        opened = page.book.meanwhile
        for place, name in enumerate(step.of):
            if name not in opened:
                message = f"{named(step)} waits for “{name}”, which is no call with `meanwhile: true`."
                yield page.path(number, "of", place), message, f"one of {listed(opened)}" if opened else "another step"
        leading = [one for one in page.book.joined_by(step) if number in reached(page.edges, [page.number[one]])]
        stray = [one for one in step.of if one in opened and one not in leading]
        if stray:
            message = f"No way leads from {listed(f'“{one}”' for one in stray)} to {named(step)}, which waits for it."
            yield page.path(number, "of"), message, "an exit that leads here, or another call"
        elif not leading and not step.of:
            message = f"{named(step)} has nothing to wait for: no call with `meanwhile: true` leads here."
            yield page.path(number, "join"), message, "meanwhile: true at the calls before it"


@rule("G16", whole=True)
def no_two_runs_work_on_one_asset(page: CheckedRunbook) -> Iterator[Found]:
    """Two runs that are open at once work on different assets. Two teams on one thing undo each other's work.

    Assets that are known only in a run (a placeholder) are compared there, and the second call is not opened.
    """
    steps = page.book.steps
    for number, step in enumerate(steps):
        if not isinstance(step, Call) or not step.meanwhile:
            continue
        open_ = reached(page.cut({(join, "ok") for join in _joins_of(page, step.id)}), _after(page, number))
        for other in sorted(open_ - {number}):
            second = steps[other]
            if isinstance(second, Call) and _asset(second) == _asset(step):
                message = f"{named(second)} and {named(step)} can be open at once, and both work on {_said(step)}."
                yield page.path(other, "call"), message, "with: {asset: …}, or a `join` between them"


def _asset(call: Call) -> object:
    return call.with_.get("asset")


def _said(call: Call) -> str:
    return f"“{_asset(call)}”" if _asset(call) is not None else "the asset of this run"


@rule("G17")
def exits_fit_what_is_waited_for(page: CheckedRunbook) -> Iterator[Found]:
    """A call with `meanwhile` goes on by `ok` alone; `timeout` of a `join` is an exit where it says how long.

    The outcomes of what goes on meanwhile are the `join`’s. An exit that is never taken misleads whoever reads it.
    """
    for number, step in enumerate(page.book.steps):
        meanwhile = isinstance(step, Call) and step.meanwhile
        for exit_ in step.go if isinstance(step, Call) else ():
            if (exit_ == "ok") != meanwhile:
                message = f"“{exit_}” of {named(step)} is never taken."
                hint = "ok: and the step that comes next" if meanwhile else "recovered, or meanwhile: true"
                yield page.exit_path(number, exit_), message, hint
        if isinstance(step, Join) and "timeout" in step.go and step.timeout is None:
            message = f"{named(step)} does not say how long a run may be silent, so “timeout” is never taken."
            yield page.exit_path(number, "timeout"), message, "timeout: 2h"

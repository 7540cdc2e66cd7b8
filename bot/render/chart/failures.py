"""What can go wrong in a runbook: step × exit × its answer × when that way was last walked; and its failure modes."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from bot.format.runbook import FAILURE_EXITS, Runbook, failure_exits
from bot.render.message import one_line

Walked = Mapping[tuple[str, str], datetime]
"""Step and exit -> when somebody last went there."""
UNLIKELY = 10
"""As often as this a step was left otherwise: a way on that was never walked is unlikely then."""


def failure_lines(book: Runbook, walked: Walked | None, left: Mapping[str, int] | None = None) -> Iterator[str]:
    """A line for each way of failing; `walked` is None where no record can be asked. `left`: how often each step was.

    A way that was never walked, of a step that was left often, is one to be merged with another or cut.
    """
    yield f"{one_line(book.title)} ({book.id})"
    yield ""
    alone = 0
    for step in book.steps:
        written = [exit_ for exit_ in step.written_exits if exit_ in FAILURE_EXITS]
        for exit_ in dict.fromkeys([*failure_exits(step), *written]):
            target = book.target(step, exit_)
            to_lead = target == book.exception and step.id != book.exception
            alone += to_lead
            answer = f"the lead, at {target}" if to_lead else f"{target}, {one_line(book.by_id[target].title)}"
            yield f"{step.id} · {exit_} → {answer}  ({_last(walked, step.id, exit_, (left or {}).get(step.id, 0))})"
    yield ""
    for one in book.failure_modes:
        yield f"{one_line(one.mode)} → {one_line(one.answer)}"
    yield ""
    yield f"{alone} of these ways lead to the lead alone." if alone else "No way leads to the lead alone."


def _last(walked: Walked | None, step: str, exit_: str, times: int) -> str:
    if walked is None:
        return "not known: no record here"
    at = walked.get((step, exit_))
    if at is not None:
        return f"last walked {at:%Y-%m-%d}"
    return f"never walked in {times} times: merge or cut" if times >= UNLIKELY else "never walked"

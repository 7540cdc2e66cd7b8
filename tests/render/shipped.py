"""Every step of every runbook that is shipped, and of two more, as a live run stands there."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from bot.format.runbook import Runbook, RunStep, Signoff, StepBase
from bot.library.parse import parse_runbook
from bot.library.registry import load_shelf
from bot.rehearsal.samples import sample_asset
from bot.rehearsal.walk import rehearse
from bot.run.places import AwaitingSignature, Over
from bot.run.state import Run, but

SHELF = load_shelf(Path(__file__).parents[2] / "runbooks")
EXAMPLES = Path(__file__).parent / "examples"
"""Two longer runbooks, in the words of their authors; `check` has something to say of them."""
BOOKS = {
    **SHELF.runbooks,
    **{f"example {one.stem}": parse_runbook(one.read_text(encoding="utf-8")) for one in sorted(EXAMPLES.iterdir())},
}


@cache
def walked(name: str) -> tuple[tuple[StepBase, Run], ...]:
    """Each step that is reached, with the first run that stood there or passed it; live, though it is a rehearsal."""
    book: Runbook = BOOKS[name]
    seen = rehearse(book, sample_asset(book), 1).seen.items()
    return tuple((book.by_id[step], but(run, start=replace(run.start, mode="live"))) for step, run in seen)


@cache
def stops(name: str) -> tuple[tuple[StepBase, Run], ...]:
    """Those of `walked` where somebody has to act."""
    open_ones = ((step, run) for step, run in walked(name) if not isinstance(run.here, Over))
    return tuple((step, run) for step, run in open_ones if run.here.step == step.id)


def kind_of(step: StepBase) -> str:
    """``plain``, ``destroy`` or ``signoff``."""
    destroys = isinstance(step, RunStep) and step.effect == "destroy"
    return "signoff" if isinstance(step, Signoff) else "destroy" if destroys else "plain"


def waits_for_signatures(run: Run) -> bool:
    """Whether a sign-off is asked for there."""
    return isinstance(run.here, AwaitingSignature)
